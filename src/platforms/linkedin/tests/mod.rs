//! A LinkedIn of a few lines for the tests of this folder: answers by a function, and remembers what was asked.

pub(super) mod finder;
mod lookup;

use super::Linkedin;
use crate::{
    config::{LinkedinConfig, platforms::LinkedinTier},
    domain::{AccountProfile, Timestamp, TokenSet, account::Login},
    outbound::{Limits, Outbound},
    platforms::{LoginRequest, Meter, PlatformError, Revocation, SocialPlatform},
};
use axum::{
    Router,
    body::Bytes,
    http::{HeaderMap, StatusCode, Uri},
    response::IntoResponse,
};
use serde_json::Value;
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

/// A request that was made.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub path_and_query: String,
    pub headers: HeaderMap,
    pub body: String,
}

impl Asked {
    pub fn path(&self) -> &str {
        self.path_and_query.split('?').next().unwrap_or_default()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().expect("text")).unwrap_or_default()
    }
}

/// A server on a free port of this machine; it ends with the test.
pub(super) struct Fake {
    pub base: String,
    pub meter: Meter,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Fake {
    /// Starts it; `answer` gives status and body.
    pub async fn start(answer: impl Fn(&Asked) -> (u16, Value) + Clone + Send + Sync + 'static) -> Self {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let heard = asked.clone();
        let router = Router::new().fallback(move |uri: Uri, headers: HeaderMap, body: Bytes| {
            let request = Asked {
                path_and_query: uri.path_and_query().map(ToString::to_string).unwrap_or_default(),
                headers,
                body: String::from_utf8_lossy(&body).into_owned(),
            };
            let (status, body) = answer(&request);
            heard.lock().expect("asked").push(request);
            async move { (StatusCode::from_u16(status).expect("a status"), axum::Json(body)).into_response() }
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { base, meter: Meter::default(), asked }
    }

    /// Who logs in, by a client with `scopes`.
    pub async fn login(&self, scopes: &str) -> Result<Login, PlatformError> {
        let now = at("2026-11-22T12:00:00Z");
        let request = LoginRequest { access_token: &"AQX".into(), now, meter: &self.meter };
        self.client(scopes).login(&request).await
    }

    /// How many requests came during `calls`.
    pub async fn requests_of<T>(&self, calls: impl Future<Output = T>) -> (T, usize) {
        let before = self.asked().len();
        let answer = calls.await;
        (answer, self.asked().len() - before)
    }

    /// What was asked so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().expect("asked").clone()
    }

    /// The paths and queries asked so far.
    pub fn asked_for(&self) -> Vec<String> {
        self.asked().into_iter().map(|asked| asked.path_and_query).collect()
    }

    /// A client of this server with `scopes`.
    pub fn client(&self, scopes: &str) -> Linkedin {
        rustls::crypto::ring::default_provider().install_default().ok();
        let http = Outbound::new(Limits { connect: Duration::from_secs(2), total: Duration::from_secs(5) });
        let mut client = Linkedin::new(config(&self.base, scopes), http.expect("TLS roots"));
        client.race_delay = Duration::ZERO;
        client
    }
}

/// Settings for a LinkedIn at `base`.
pub(super) fn config(base: &str, scopes: &str) -> LinkedinConfig {
    let at = |path: &str| format!("{base}{path}").parse().expect("a URL");
    LinkedinConfig {
        client_id: "86client".into(),
        client_secret: "WPL_AP1.secret==".into(),
        authorize_url: at("/oauth/v2/authorization"),
        token_url: at("/oauth/v2/accessToken"),
        api_url: at(""),
        scopes: scopes.split(' ').map(str::to_owned).collect(),
        version: "202609".into(),
        tier: LinkedinTier::Standard,
    }
}

pub(super) const SCOPES: &str = "r_organization_social rw_organization_admin r_basicprofile";

/// The page in the fixtures.
pub(super) fn acme() -> AccountProfile {
    AccountProfile {
        name: "Acme Robotics".into(),
        handle: Some("acme-robotics".into()),
        url: Some("https://www.linkedin.com/company/acme-robotics".into()),
        avatar_url: None,
    }
}

pub(super) fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

/// A file of tests/fixtures/linkedin.
pub(super) fn fixture(name: &str) -> Value {
    let path = format!("{}/tests/fixtures/linkedin/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).expect("a fixture")).expect("JSON")
}

#[test]
fn the_spec_says_what_is_needed() {
    let spec = super::spec(&config("http://127.0.0.1:1", SCOPES));
    let required: Vec<&str> = spec.scopes.iter().filter(|need| need.required).map(|need| need.scope.as_str()).collect();
    assert_eq!(required, ["r_organization_social", "rw_organization_admin"]);
    assert_eq!(spec.scopes.len(), 3, "nothing is asked that is not in the settings");
    assert!(!spec.pkce);
}

#[tokio::test]
async fn a_grant_is_ended_by_the_person() {
    let fake = Fake::start(|_| (500, Value::Null)).await;
    let tokens = TokenSet {
        access_token: "AQX".into(),
        access_expires_at: None,
        refresh_token: None,
        refresh_expires_at: None,
        scopes: None,
    };
    let ended = fake.client(SCOPES).revoke(&tokens).await.expect("no call is made");
    assert!(matches!(ended, Revocation::ByPerson { where_to } if where_to.contains("permitted-services")));
    assert!(fake.asked().is_empty());
}
