//! The world over HTTP, as a client meets it. Time by hand, dice that repeat.

mod engagement;
mod gate;
mod limits;
mod media;
mod oauth;
mod pages;
mod paging;
mod posts;
mod tokens;

use super::{CLIENT_ID, CLIENT_SECRET, LinkedinWorld};
use crate::domain::clock::ManualClock;
use crate::domain::dice::SeededDice;
use crate::simulator::{Draft, NewAccount, PlatformWorld, Shared};
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request};
use chrono::{DateTime, Duration};
use serde_json::{Map, Value, json};
use std::sync::Arc;
use tower::ServiceExt;
use url::{Url, form_urlencoded};

const PAGE: &str = "urn:li:organization:5590506";
const BRAND: &str = "urn:li:organizationBrand:106536255";
const CALLBACK: &str = "http://127.0.0.1:8095/callback";
const READ: &str = "r_organization_social rw_organization_admin r_basicprofile";
const READ_ALL: &str = "r_organization_social r_organization_social_feed rw_organization_admin";

/// An answer.
struct Reply {
    status: u16,
    headers: HeaderMap,
    text: String,
}

impl Reply {
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }

    /// The `id`s of a collection.
    fn ids(&self) -> Vec<String> {
        let body = self.json();
        let elements = body["elements"].as_array().expect("a collection");
        elements.iter().map(|element| element["id"].as_str().expect("an id").to_owned()).collect()
    }

    /// The path of the `next` link.
    fn next(&self) -> Option<String> {
        let body = self.json();
        let links = body["paging"]["links"].as_array()?.clone();
        let next = links.into_iter().find(|link| link["rel"] == "next")?;
        next["href"].as_str().map(str::to_owned)
    }

    /// Status, code and service error code of a refusal.
    fn refusal(&self) -> (u16, Value, Value) {
        let body = self.json();
        assert!(body["message"].is_string(), "{}", self.text);
        assert_eq!(body["status"], self.status);
        (self.status, body["code"].clone(), body["serviceErrorCode"].clone())
    }
}

struct Bench {
    world: Arc<LinkedinWorld>,
    clock: Arc<ManualClock>,
}

impl Bench {
    /// One page, on 2026-11-22 at noon.
    fn new() -> Self {
        let noon = DateTime::from_timestamp(1_795_348_800, 0).expect("a time");
        let clock = Arc::new(ManualClock::at(noon));
        let dice = Arc::new(SeededDice::new(7));
        let base_url = "http://127.0.0.1:8096".to_owned();
        let world = super::new(Shared::new(clock.clone(), dice, base_url));
        let page = NewAccount { id: PAGE.into(), handle: "acme-robotics".into(), name: "Acme Robotics".into() };
        assert_eq!(world.add_account(page), Ok(PAGE.to_owned()));
        Self { world, clock }
    }

    fn switch(&self, name: &str, value: &str) {
        self.world.switch(name, value).expect("a known switch");
    }

    fn advance(&self, seconds: i64) {
        self.clock.advance(Duration::seconds(seconds));
    }

    /// Publishes, then lets a minute pass.
    fn publish(&self, draft: Draft) -> String {
        let id = self.world.publish(PAGE, draft).expect("published");
        self.advance(60);
        id
    }

    async fn send(&self, request: Request<Body>) -> Reply {
        let response = Arc::clone(&self.world).router().oneshot(request).await.expect("an answer");
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, 1 << 22).await.expect("a body");
        assert!(parts.headers.contains_key("x-li-uuid"));
        Reply {
            status: parts.status.as_u16(),
            headers: parts.headers,
            text: String::from_utf8_lossy(&bytes).into_owned(),
        }
    }

    /// A call with all the headers that `/rest` asks for.
    async fn rest(&self, token: &str, path: &str) -> Reply {
        let headers = [("LinkedIn-Version", "202609"), ("X-Restli-Protocol-Version", "2.0.0")];
        self.get(path, token, &headers).await
    }

    async fn get(&self, path: &str, token: &str, headers: &[(&str, &str)]) -> Reply {
        let mut request = Request::get(path).header("Authorization", format!("Bearer {token}"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(Body::empty()).expect("a request")).await
    }

    async fn form(&self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = Request::post(path).header("Content-Type", "application/x-www-form-urlencoded");
        self.send(request.body(Body::from(body)).expect("a request")).await
    }

    async fn authorize(&self, scope: &str, more: &[(&str, &str)]) -> Reply {
        let fields = [
            ("response_type", "code"),
            ("client_id", CLIENT_ID),
            ("redirect_uri", CALLBACK),
            ("state", "st&te"),
            ("scope", scope),
        ];
        let fields = fields.iter().filter(|(name, _)| !more.iter().any(|(other, _)| name == other)).chain(more);
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = Request::get(format!("/oauth/v2/authorization?{query}"));
        self.send(request.body(Body::empty()).expect("a request")).await
    }

    async fn code(&self, scope: &str) -> String {
        let reply = self.authorize(scope, &[("auto", "1")]).await;
        sent_back(&reply, "code").expect("a code")
    }

    async fn exchange(&self, code: &str, more: &[(&str, &str)]) -> Reply {
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", CALLBACK),
            ("client_id", CLIENT_ID),
            ("client_secret", CLIENT_SECRET),
        ];
        let fields: Vec<_> = fields.iter().chain(more).copied().collect();
        self.form("/oauth/v2/accessToken", &fields).await
    }

    async fn refresh(&self, refresh_token: &str) -> Reply {
        let fields = [
            ("grant_type", "refresh_token"),
            ("refresh_token", refresh_token),
            ("client_id", CLIENT_ID),
            ("client_secret", CLIENT_SECRET),
        ];
        self.form("/oauth/v2/accessToken", &fields).await
    }

    /// An access token with these scopes.
    async fn token(&self, scope: &str) -> String {
        let reply = self.exchange(&self.code(scope).await, &[]).await;
        reply.json()["access_token"].as_str().expect("a token").to_owned()
    }
}

/// A parameter of the callback that a redirect goes to.
fn sent_back(reply: &Reply, name: &str) -> Option<String> {
    assert_eq!(reply.status, 302, "{}", reply.text);
    let location = reply.headers["location"].to_str().expect("ascii");
    assert!(location.starts_with(CALLBACK), "{location}");
    let location = Url::parse(location).expect("a URL");
    location.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
}

/// Every syntax character of a URN encoded.
fn enc(urn: &str) -> String {
    urn.replace(':', "%3A")
}

fn finder(author: &str, more: &str) -> String {
    format!("/rest/posts?author={}&q=author{more}", enc(author))
}

fn extra(value: Value) -> Map<String, Value> {
    value.as_object().expect("an object").clone()
}

fn denied(permission: &str) -> Value {
    let message = format!("Not enough permissions to access: {permission}");
    json!({"status": 403, "serviceErrorCode": 100, "code": "ACCESS_DENIED", "message": message})
}
