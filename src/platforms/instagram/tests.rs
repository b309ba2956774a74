//! The client against scripted answers over real HTTP.

mod connect;
mod facebook;
mod lookup;
mod reading;
mod script;

use super::Instagram;
use crate::{
    config::{FacebookLoginConfig, InstagramConfig, InstagramLogin, InstagramLoginConfig},
    domain::{AccountProfile, Cursor, Timestamp},
    outbound::{Limits, Outbound},
    platforms::{FetchRequest, Fetched, LoginRequest, PlatformError, SocialPlatform, Want},
};
use chrono::Duration;
use script::{Answer, Script};
use secrecy::SecretString;

/// Minutes after noon.
fn at(minute: i64) -> Timestamp {
    "2026-11-22T12:00:00Z".parse::<Timestamp>().unwrap() + Duration::minutes(minute)
}

fn instagram(base: &str) -> Instagram {
    rustls::crypto::ring::default_provider().install_default().ok();
    let login = InstagramLogin::Instagram(InstagramLoginConfig {
        app_id: "1234567890".to_owned(),
        app_secret: SecretString::from("canary-app-secret"),
        authorize_url: format!("{base}/oauth/authorize").parse().unwrap(),
        token_url: format!("{base}/oauth/access_token").parse().unwrap(),
    });
    let graph_url = format!("{base}/graph/").parse().unwrap();
    let config = InstagramConfig { login, graph_url, facebook: None, app_secrets: Vec::new() };
    Instagram::new(config, Outbound::new(Limits::default()).unwrap())
}

/// The same through Facebook Login.
fn through_facebook(base: &str) -> Instagram {
    rustls::crypto::ring::default_provider().install_default().ok();
    let app = FacebookLoginConfig {
        app_id: "9876543210".to_owned(),
        app_secret: SecretString::from("canary-app-secret"),
        config_id: None,
        authorize_url: format!("{base}/v26.0/dialog/oauth").parse().unwrap(),
        graph_url: format!("{base}/facebook").parse().unwrap(),
    };
    let config = InstagramConfig {
        login: InstagramLogin::Facebook(app.clone()),
        graph_url: format!("{base}/graph").parse().unwrap(),
        facebook: Some(app),
        app_secrets: Vec::new(),
    };
    Instagram::new(config, Outbound::new(Limits::default()).unwrap())
}

/// One reading against `answers`.
async fn read(
    answers: Vec<Answer>,
    want: Want,
    cursor: Option<&Cursor>,
    now: Timestamp,
) -> (Result<Fetched, PlatformError>, Script) {
    let script = Script::serve(answers).await;
    let profile = AccountProfile { name: "Acme".into(), handle: Some("acme_example".into()), ..Default::default() };
    let request = FetchRequest {
        access_token: &SecretString::from("canary-token"),
        remote_id: "17841400000000001",
        profile: &profile,
        cursor,
        want,
        exclude_reposts: false,
        exclude_replies: false,
        now,
        meter: &script.meter,
    };
    let fetched = instagram(&script.base_url).fetch(&request).await;
    (fetched, script)
}
