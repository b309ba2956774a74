//! The schema as a whole, on a service whose database is away: whatever reaches it answers `unavailable`, so what is
//! refused before is told apart from what is let through.

mod access;
mod limits;
mod shape;

use super::{SocialSchema, prepare, schema};
use crate::{
    crypto::{KeyRing, Sealer},
    domain::{clock::ManualClock, dice::SeededDice},
    platforms::Platforms,
    service::{Actor, Claims, Service, Settings},
    store::{
        Store,
        connect::{PoolOptions, pool},
    },
};
use async_graphql::{Request, Response, Value};
use std::{sync::Arc, time::Duration};

/// A service whose database is away.
fn service() -> Service {
    rustls::crypto::ring::default_provider().install_default().ok();
    let dice = Arc::new(SeededDice::new(7));
    let keys = KeyRing::parse(&KeyRing::generate(&*dice).into()).expect("a generated key");
    let options = PoolOptions {
        url: "postgres://nobody@127.0.0.1:1/none?sslmode=disable".to_owned().into(),
        size: 1,
        statement_timeout: Duration::from_secs(1),
    };
    Service {
        store: Store::new(pool(&options).expect("an address")),
        platforms: Platforms::default(),
        sealer: Arc::new(Sealer::new(keys, dice.clone())),
        clock: Arc::new(ManualClock::at("2026-11-22T12:00:00Z".parse().expect("a time"))),
        dice,
        settings: Arc::new(Settings {
            app_url: "https://chat.example".into(),
            poll_interval: chrono::Duration::minutes(5),
            least_interval: chrono::Duration::minutes(1),
            interval_floor: None,
            default_tenant: "primary".into(),
            admin_roles: vec!["admin".into()],
            keep_audit: chrono::Duration::days(400),
            alert_channel: None,
        }),
        metrics: Arc::default(),
        steps: Default::default(),
    }
}

/// A schema on a service whose database is away.
pub(super) fn nobody_answers() -> SocialSchema {
    schema(service())
}

async fn admin() -> Actor {
    let claims = Claims { role: "admin".into(), user_id: None, tenant: None };
    service().actor(&claims).await.expect("a role that needs no database")
}

async fn ask(actor: Actor, request: impl Into<Request>) -> Response {
    let service = service();
    schema(service.clone()).execute(prepare(request.into(), &service, actor)).await
}

/// The `extensions.code` of each error.
fn codes(response: &Response) -> Vec<String> {
    let code = |error: &async_graphql::ServerError| match error.extensions.as_ref()?.get("code")? {
        Value::String(code) => Some(code.clone()),
        _ => None,
    };
    response.errors.iter().map(|error| code(error).unwrap_or_else(|| format!("no code: {error:?}"))).collect()
}

async fn introspect(actor: Actor) -> serde_json::Value {
    let answer = ask(actor, include_str!("../introspection.graphql")).await;
    assert!(answer.errors.is_empty(), "{:?}", answer.errors);
    answer.data.into_json().expect("JSON")["__schema"].take()
}
