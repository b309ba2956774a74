//! The simulated X as a client meets it.

mod oauth;
mod posts;
mod reads;
mod timeline;

use super::{BEARER_TOKEN, CLIENT_ID, CLIENT_SECRET, TwitterWorld, new};
use crate::{
    domain::{Timestamp, clock::ManualClock, dice::SeededDice},
    simulator::world::{Draft, NewAccount, PlatformWorld, Shared},
};
use axum::{
    body::{Body, to_bytes},
    http::{HeaderMap, Request, header},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::Duration;
use serde_json::Value;
use std::sync::Arc;
use tower::ServiceExt;
use url::{Url, form_urlencoded};

const ACME: &str = "1700000000000000001";
const CALLBACK: &str = "http://127.0.0.1:8095/api/social/twitter/callback";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const SCOPES: &str = "tweet.read users.read offline.access";

/// X with one account, on 2026-10-19 at noon.
struct X {
    world: Arc<TwitterWorld>,
    clock: Arc<ManualClock>,
}

struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Value,
    text: String,
}

impl X {
    fn new() -> Self {
        let start: Timestamp = "2026-10-19T12:00:00Z".parse().expect("a time");
        let clock = Arc::new(ManualClock::at(start));
        let dice = Arc::new(SeededDice::new(1));
        let world = new(Shared::new(clock.clone(), dice, "http://127.0.0.1:8096"));
        let account = NewAccount { id: ACME.into(), handle: "acme_example".into(), name: "Acme Example".into() };
        assert_eq!(world.add_account(account), Ok(ACME.to_owned()));
        Self { world, clock }
    }

    fn wait(&self, seconds: i64) {
        self.clock.advance(Duration::seconds(seconds));
    }

    /// Publishes a text, a second after the last one.
    fn post(&self, text: &str) -> String {
        self.publish(Draft::text(text))
    }

    fn publish(&self, draft: Draft) -> String {
        self.wait(1);
        self.world.publish(ACME, draft).expect("published")
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.world.clone().router().oneshot(request).await.expect("an answer");
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, 10_000_000).await.expect("a body");
        let text = String::from_utf8(bytes.to_vec()).expect("text");
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        Answer { status: parts.status.as_u16(), headers: parts.headers, body, text }
    }

    async fn get(&self, token: &str, path: &str) -> Answer {
        let request = Request::get(path).header(header::AUTHORIZATION, format!("Bearer {token}"));
        self.send(request.body(Body::empty()).expect("a request")).await
    }

    async fn form(&self, path: &str, basic: Option<(&str, &str)>, fields: &[(&str, &str)]) -> Answer {
        let mut request = Request::post(path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        if let Some((id, secret)) = basic {
            let value = format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")));
            request = request.header(header::AUTHORIZATION, value);
        }
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.send(request.body(Body::from(body)).expect("a request")).await
    }

    /// The authorize page, asked as a program would.
    async fn authorize(&self, changes: &[(&str, &str)]) -> Answer {
        let mut fields = vec![
            ("response_type", "code"),
            ("client_id", CLIENT_ID),
            ("redirect_uri", CALLBACK),
            ("scope", SCOPES),
            ("state", "st&te"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ];
        fields.retain(|(name, _)| !changes.iter().any(|(changed, _)| changed == name));
        fields.extend(changes.iter().filter(|(_, value)| !value.is_empty()));
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish().replace('+', "%20");
        self.send(Request::get(format!("/i/oauth2/authorize?{query}")).body(Body::empty()).expect("a request")).await
    }

    /// A code for [`ACME`] with `scope`.
    async fn code(&self, scope: &str) -> String {
        let answer = self.authorize(&[("scope", scope), ("auto", "1")]).await;
        answer.sent_back("code").expect("a code")
    }

    async fn exchange(&self, code: &str) -> Answer {
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
        ];
        self.form("/2/oauth2/token", Some((CLIENT_ID, CLIENT_SECRET)), &fields).await
    }

    async fn refresh(&self, token: &str) -> Answer {
        let fields = [("grant_type", "refresh_token"), ("refresh_token", token)];
        self.form("/2/oauth2/token", Some((CLIENT_ID, CLIENT_SECRET)), &fields).await
    }

    /// An access token of [`ACME`].
    async fn token(&self) -> String {
        self.exchange(&self.code(SCOPES).await).await.body["access_token"].as_str().expect("a token").to_owned()
    }

    /// The timeline of [`ACME`], read with the app's own token.
    async fn timeline(&self, query: &str) -> Answer {
        self.get(BEARER_TOKEN, &format!("/2/users/{ACME}/tweets?{query}")).await
    }
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// A parameter of the address the browser is sent to.
    fn sent_back(&self, name: &str) -> Option<String> {
        let location = Url::parse(self.header("location")?).ok()?;
        location.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }

    /// The ids in `data`.
    fn ids(&self) -> Vec<&str> {
        self.body["data"].as_array().into_iter().flatten().filter_map(|post| post["id"].as_str()).collect()
    }

    /// The first complaint of a 400.
    fn message(&self) -> &str {
        self.body["errors"][0]["message"].as_str().unwrap_or_default()
    }
}
