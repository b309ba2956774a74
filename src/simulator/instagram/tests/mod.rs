//! The world over HTTP, as a client meets it. Time by hand, dice that repeat.

mod facebook;
mod grants;
mod limits;
mod push;

use super::{APP_ID, APP_SECRET, InstagramWorld};
use crate::{
    domain::{clock::ManualClock, dice::SeededDice},
    simulator::{Draft, NewAccount, PlatformWorld, Shared, Simulator},
};
use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Request},
};
use chrono::Duration;
use serde_json::{Value, json};
use std::sync::Arc;
use tower::ServiceExt;
use url::{Url, form_urlencoded};

const FIRST: &str = "17841400000000001";
const SECOND: &str = "17841400000000002";
const CALLBACK: &str = "https://chat.example.com/callback";

struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Value,
}

impl Answer {
    /// Code and subcode of a Graph error.
    fn error(&self) -> (u16, u64, Option<u64>) {
        let error = &self.body["error"];
        let code = error["code"].as_u64().unwrap_or_else(|| panic!("no error: {}", self.body));
        (self.status, code, error["error_subcode"].as_u64())
    }

    fn text(&self, name: &str) -> String {
        self.body[name].as_str().unwrap_or_else(|| panic!("no {name}: {}", self.body)).to_owned()
    }

    /// A parameter of the address the browser is sent to.
    fn sent_back(&self, name: &str) -> Option<String> {
        let location = Url::parse(self.headers.get("location")?.to_str().ok()?).ok()?;
        location.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }
}

/// Instagram with two accounts, on 2026-11-22 at noon.
struct Meta {
    world: Arc<InstagramWorld>,
    router: Router,
    clock: Arc<ManualClock>,
}

impl Meta {
    fn new() -> Self {
        let clock = Arc::new(ManualClock::at("2026-11-22T12:00:00Z".parse().expect("a time")));
        let shared = Shared::new(clock.clone(), Arc::new(SeededDice::new(3)), "http://127.0.0.1:8096");
        let world = super::new(shared.clone());
        for (id, handle, name) in [(FIRST, "acme_example", "Acme Example"), (SECOND, "acme_labs", "Acme Labs")] {
            let account = NewAccount { id: id.into(), handle: handle.into(), name: name.into() };
            assert_eq!(world.add_account(account).as_deref(), Ok(id));
        }
        let router = Simulator::new(shared, vec![world.clone()]).router();
        Self { world, router, clock }
    }

    fn switch(&self, name: &str, value: &str) {
        self.world.switch(name, value).expect("a known switch");
    }

    fn wait(&self, hours: i64) {
        self.clock.advance(Duration::hours(hours));
    }

    async fn send(&self, method: &str, path: &str, query: &[(&str, &str)]) -> Answer {
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
        let request = Request::builder().method(method).uri(format!("{path}?{query}"));
        let response = self.router.clone().oneshot(request.body(Body::empty()).expect("a request")).await;
        let (parts, body) = response.expect("an answer").into_parts();
        let bytes = to_bytes(body, 1 << 22).await.expect("a body");
        let body = serde_json::from_slice(&bytes).unwrap_or_else(|_| String::from_utf8_lossy(&bytes).into());
        Answer { status: parts.status.as_u16(), headers: parts.headers, body }
    }

    /// A call below graph.facebook.com/v26.0.
    async fn facebook(&self, path: &str, query: &[(&str, &str)]) -> Answer {
        self.send("GET", &format!("/facebook-graph/v26.0/{path}"), query).await
    }

    /// A call below graph.instagram.com.
    async fn instagram(&self, path: &str, query: &[(&str, &str)]) -> Answer {
        self.send("GET", &format!("/instagram/graph/{path}"), query).await
    }

    /// A long-lived token of Instagram Login for `account`.
    async fn login(&self, account: &str) -> String {
        let scope = "instagram_business_basic";
        let query = [
            ("client_id", APP_ID),
            ("redirect_uri", CALLBACK),
            ("response_type", "code"),
            ("scope", scope),
            ("account", account),
            ("auto", "1"),
        ];
        let code = self.send("GET", "/instagram/oauth/authorize", &query).await.sent_back("code").expect("a code");
        let form = [
            ("client_id", APP_ID),
            ("client_secret", APP_SECRET),
            ("grant_type", "authorization_code"),
            ("redirect_uri", CALLBACK),
            ("code", &code),
        ];
        let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let request = Request::post("/instagram/oauth/access_token").body(Body::from(form)).expect("a request");
        let response = self.router.clone().oneshot(request).await.expect("an answer");
        let body = to_bytes(response.into_body(), 1 << 20).await.expect("a body");
        let body: Value = serde_json::from_slice(&body).expect("JSON");
        let short = body["access_token"].as_str().expect("a short-lived token");
        let query = [("grant_type", "ig_exchange_token"), ("client_secret", APP_SECRET), ("access_token", short)];
        self.instagram("access_token", &query).await.text("access_token")
    }
}
