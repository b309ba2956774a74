//! The control routes: what tests call in process, over HTTP for people and scripts. JSON in, JSON out.

use super::{Counters, Draft, Fault, Forecast, NewAccount, PlatformWorld, Push, Pushed, Simulator};
use axum::{
    Json, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, patch, post, put},
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};
use std::sync::Arc;
use url::Url;

/// Recorded pages can be large.
const MAX_BODY_BYTES: usize = 8 * 1024 * 1024;

/// Every route with its body and what it does; `GET /_control/` shows them.
const ROUTES: [(&str, &str, &str); 23] = [
    ("GET /_control/", "", "this list"),
    ("GET /_control/calls", "", "the latest calls to platforms, without secrets"),
    ("DELETE /_control/calls", "", "forgets them"),
    (
        "POST /_control/faults",
        r#"{"platform":"twitter","path_prefix":"/2/users","kind":{"slow":500},"times":1,"probability":1.0}"#,
        "kinds: {\"status\":{\"status\":429,\"headers\":{},\"body\":{}}}, {\"preset\":\"rate_limited\"}, {\"html\":502}, \
         {\"slow\":500}, {\"slow_after\":500}, \"cut\", \"cut_after\", \"truncated_json\", {\"patch\":{}}; \"seconds\" ends it by the \
         platforms' clock",
    ),
    ("DELETE /_control/faults", "", "disarms every fault, and the weather clears"),
    (
        "PUT /_control/weather",
        r#"{"share":0.01,"seed":7,"loses_tokens":false}"#,
        "this share of all answers is faulty, of every kind that passes by itself",
    ),
    ("PUT /_control/clock", r#"{"ahead_seconds":300}"#, "the platforms' clock is wrong by so much"),
    ("GET /_control/{platform}/presets", "", "the names of its refusals, for faults"),
    ("GET /_control/{platform}/accounts", "", "the ids of its accounts"),
    ("POST /_control/{platform}/accounts", r#"{"id":"","handle":"acme_example","name":"Acme Example"}"#, "adds one"),
    ("POST /_control/{platform}/posts", r#"{"account":"ID","draft":{"text":"Hello #news"}}"#, "publishes"),
    ("PATCH /_control/{platform}/posts/{id}", r#"{"text":"Hello again"}"#, "edits; answers the new version's id"),
    ("DELETE /_control/{platform}/posts/{id}", "", "deletes a post with all its versions"),
    ("PUT /_control/{platform}/posts/{id}/counters", r#"{"likes":3}"#, "sets counters; others stay"),
    ("POST /_control/{platform}/revoke", r#"{"account":"ID"}"#, "the person removes the app's access"),
    ("POST /_control/{platform}/expire", r#"{"account":"ID"}"#, "the access tokens end now"),
    ("POST /_control/{platform}/withdraw", r#"{"account":"ID","scope":"…"}"#, "the person takes back one scope"),
    ("POST /_control/{platform}/rotate", r#"{"account":"ID"}"#, "somebody else uses its refresh token (twitter)"),
    (
        "POST /_control/{platform}/push",
        r#"{"push":{"account":"ID","kind":"deauthorize"},"url":"http://127.0.0.1:8095/api/social/instagram/deauthorize"}"#,
        "the platform posts a signed message to a service on this machine (instagram: deauthorize, data_deletion; \
         login instagram or facebook; another secret)",
    ),
    ("GET /_control/{platform}/grants", "", "which consents are alive, and how their tokens were used"),
    ("POST /_control/{platform}/switch", r#"{"name":"…","value":"…"}"#, "a switch of that platform alone"),
    ("POST /_control/{platform}/load", r#"{"account":"ID","page":{…}}"#, "serves a recorded page's posts"),
    ("GET /_control/{platform}/ledger", "", "what the platform would bill, by UTC day (twitter)"),
];

/// The control routes over `simulator`.
pub(super) fn router(simulator: Arc<Simulator>) -> Router {
    Router::new()
        .route("/_control", get(describe))
        .route("/_control/", get(describe))
        .route("/_control/calls", get(calls).delete(clear_calls))
        .route("/_control/faults", post(arm).delete(disarm))
        .route("/_control/weather", put(weather))
        .route("/_control/clock", put(clock))
        .route("/_control/{platform}/presets", get(presets))
        .route("/_control/{platform}/accounts", get(accounts).post(add_account))
        .route("/_control/{platform}/posts", post(publish))
        .route("/_control/{platform}/posts/{id}", patch(edit).delete(delete))
        .route("/_control/{platform}/posts/{id}/counters", put(count))
        .route("/_control/{platform}/revoke", post(revoke))
        .route("/_control/{platform}/expire", post(expire))
        .route("/_control/{platform}/withdraw", post(withdraw))
        .route("/_control/{platform}/rotate", post(rotate))
        .route("/_control/{platform}/push", post(push))
        .route("/_control/{platform}/grants", get(grants))
        .route("/_control/{platform}/switch", post(switch))
        .route("/_control/{platform}/load", post(load))
        .route("/_control/{platform}/ledger", get(ledger))
        .fallback(unknown_route)
        .method_not_allowed_fallback(unknown_route)
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .with_state(simulator)
}

type Sim = State<Arc<Simulator>>;

/// A request the world cannot follow: `{"error": sentence}`.
struct Refusal(StatusCode, String);

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.0, Json(json!({ "error": self.1 }))).into_response()
    }
}

impl From<String> for Refusal {
    fn from(sentence: String) -> Self {
        Self(StatusCode::BAD_REQUEST, sentence)
    }
}

type Answer = Result<Json<Value>, Refusal>;

fn done() -> Answer {
    Ok(Json(json!({ "ok": true })))
}

fn parse<T: DeserializeOwned>(body: &Bytes) -> Result<T, Refusal> {
    serde_json::from_slice(body).map_err(|error| format!("the body is not what this route takes: {error}").into())
}

fn world<'a>(simulator: &'a Simulator, name: &str) -> Result<&'a Arc<dyn PlatformWorld>, Refusal> {
    simulator.world(name).ok_or_else(|| Refusal(StatusCode::NOT_FOUND, simulator.unknown_world(name)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OfAccount {
    account: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ScopeOf {
    account: String,
    scope: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pushing {
    push: Push,
    url: Url,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ahead {
    ahead_seconds: i32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Publication {
    account: String,
    draft: Draft,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewText {
    text: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Setting {
    name: String,
    value: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Recording {
    account: String,
    page: Value,
}

async fn describe(State(simulator): Sim) -> Json<Value> {
    let routes: Vec<_> =
        ROUTES.iter().map(|(route, body, what)| json!({ "route": route, "body": body, "what": what })).collect();
    let platforms: Vec<_> = simulator.worlds().iter().map(|world| world.name()).collect();
    Json(json!({ "platforms": platforms, "routes": routes }))
}

async fn calls(State(simulator): Sim) -> Json<Value> {
    Json(json!({ "calls": simulator.calls() }))
}

async fn clear_calls(State(simulator): Sim) -> Answer {
    simulator.clear_calls();
    done()
}

async fn arm(State(simulator): Sim, body: Bytes) -> Answer {
    simulator.fault(parse::<Fault>(&body)?)?;
    done()
}

async fn disarm(State(simulator): Sim) -> Answer {
    simulator.clear_faults();
    done()
}

async fn weather(State(simulator): Sim, body: Bytes) -> Answer {
    simulator.weather(parse::<Forecast>(&body)?)?;
    done()
}

async fn clock(State(simulator): Sim, body: Bytes) -> Answer {
    let ahead = chrono::Duration::seconds(parse::<Ahead>(&body)?.ahead_seconds.into());
    simulator.shared().clock.put_ahead(ahead);
    done()
}

async fn presets(State(simulator): Sim, Path(platform): Path<String>) -> Answer {
    let names: Vec<_> = world(&simulator, &platform)?.presets().into_iter().map(|(name, _)| name).collect();
    Ok(Json(json!({ "presets": names })))
}

async fn accounts(State(simulator): Sim, Path(platform): Path<String>) -> Answer {
    Ok(Json(json!({ "accounts": world(&simulator, &platform)?.accounts() })))
}

async fn add_account(State(simulator): Sim, Path(platform): Path<String>, body: Bytes) -> Answer {
    let id = world(&simulator, &platform)?.add_account(parse::<NewAccount>(&body)?)?;
    Ok(Json(json!({ "id": id })))
}

async fn publish(State(simulator): Sim, Path(platform): Path<String>, body: Bytes) -> Answer {
    let world = world(&simulator, &platform)?;
    let Publication { account, draft } = parse(&body)?;
    Ok(Json(json!({ "id": world.publish(&account, draft)? })))
}

async fn edit(State(simulator): Sim, Path((platform, id)): Path<(String, String)>, body: Bytes) -> Answer {
    let world = world(&simulator, &platform)?;
    let NewText { text } = parse(&body)?;
    Ok(Json(json!({ "id": world.edit(&id, &text)? })))
}

async fn delete(State(simulator): Sim, Path((platform, id)): Path<(String, String)>) -> Answer {
    world(&simulator, &platform)?.delete(&id)?;
    done()
}

async fn count(State(simulator): Sim, Path((platform, id)): Path<(String, String)>, body: Bytes) -> Answer {
    world(&simulator, &platform)?.count(&id, parse::<Counters>(&body)?)?;
    done()
}

async fn revoke(State(simulator): Sim, Path(platform): Path<String>, body: Bytes) -> Answer {
    world(&simulator, &platform)?.revoke(&parse::<OfAccount>(&body)?.account)?;
    done()
}

async fn expire(State(simulator): Sim, Path(platform): Path<String>, body: Bytes) -> Answer {
    world(&simulator, &platform)?.expire(&parse::<OfAccount>(&body)?.account)?;
    done()
}

async fn withdraw(State(simulator): Sim, Path(platform): Path<String>, body: Bytes) -> Answer {
    let world = world(&simulator, &platform)?;
    let ScopeOf { account, scope } = parse(&body)?;
    world.withdraw(&account, &scope)?;
    done()
}

async fn rotate(State(simulator): Sim, Path(platform): Path<String>, body: Bytes) -> Answer {
    world(&simulator, &platform)?.rotate(&parse::<OfAccount>(&body)?.account)?;
    done()
}

async fn push(State(simulator): Sim, Path(platform): Path<String>, body: Bytes) -> Result<Json<Pushed>, Refusal> {
    world(&simulator, &platform)?;
    let Pushing { push, url } = parse(&body)?;
    Ok(Json(simulator.push(&platform, &push, &url).await?))
}

async fn grants(State(simulator): Sim, Path(platform): Path<String>) -> Answer {
    Ok(Json(json!({ "grants": world(&simulator, &platform)?.grants() })))
}

async fn switch(State(simulator): Sim, Path(platform): Path<String>, body: Bytes) -> Answer {
    let world = world(&simulator, &platform)?;
    let Setting { name, value } = parse(&body)?;
    world.switch(&name, &value)?;
    done()
}

async fn load(State(simulator): Sim, Path(platform): Path<String>, body: Bytes) -> Answer {
    let world = world(&simulator, &platform)?;
    let Recording { account, page } = parse(&body)?;
    Ok(Json(json!({ "posts": world.load(&account, &page)? })))
}

async fn ledger(State(simulator): Sim, Path(platform): Path<String>) -> Answer {
    let ledger = world(&simulator, &platform)?.ledger();
    ledger.map(Json).ok_or_else(|| Refusal(StatusCode::NOT_FOUND, format!("{platform} keeps no ledger")))
}

async fn unknown_route() -> Refusal {
    Refusal(StatusCode::NOT_FOUND, "no such route or method: GET /_control/ lists them".into())
}
