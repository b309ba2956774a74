//! A running Hasura, by its metadata API: `<https://hasura.io/docs/2.0/api-reference/metadata-api/index/>`

use super::{REMOTE_SCHEMA, calls, difference::Difference, list, problem::Problem, text};
use crate::{
    config::HasuraConfig,
    outbound::{Limits, Outbound, Reply},
};
use http::{HeaderValue, Method, Request, StatusCode};
use secrecy::ExposeSecret;
use serde::Serialize;
use serde_json::{Value, json};
use std::time::Duration;

/// Hasura builds its schema anew for every call of a bulk.
const LONGEST: Duration = Duration::from_secs(300);

const METADATA: &str = "/v1/metadata";
const CONFIG: &str = "/v1alpha1/config";

/// A running Hasura.
pub struct Hasura {
    http: Outbound,
    config: HasuraConfig,
}

/// The metadata as Hasura holds it.
#[derive(Clone, Debug)]
pub struct Held {
    /// The metadata.
    pub metadata: Value,
    /// Which version of it.
    pub resource_version: Value,
    /// Hasura takes permissions for remote schemas.
    pub remote_permissions: bool,
}

/// Something that Hasura holds and cannot use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Inconsistency {
    /// What it is.
    pub what: String,
    /// Hasura's reason.
    pub reason: String,
    /// It concerns this service; otherwise it is somebody else's.
    pub is_ours: bool,
}

impl Held {
    /// The remote schema is there already.
    pub fn has_remote_schema(&self) -> bool {
        list(&self.metadata, "remote_schemas").iter().any(|schema| schema["name"] == REMOTE_SCHEMA)
    }
}

impl Hasura {
    /// The Hasura that `config` names.
    ///
    /// # Errors
    /// When the machine's TLS roots cannot be read.
    pub fn new(config: HasuraConfig) -> anyhow::Result<Self> {
        let limits = Limits { total: LONGEST, ..Limits::default() };
        Ok(Self { http: Outbound::new(limits)?, config })
    }

    /// What Hasura holds now.
    ///
    /// # Errors
    /// [`Problem`].
    pub async fn export(&self) -> Result<Held, Problem> {
        let answer = self.call(&json!({"type": "export_metadata", "version": 2, "args": {}})).await?;
        if !answer["metadata"].is_object() {
            return Err(Problem::NotHasura { status: StatusCode::OK.as_u16(), path: METADATA });
        }
        let config = self.send(Method::GET, CONFIG, &Value::Null).await?;
        // Where Hasura does not tell, its answer to the call will.
        let config: Value = serde_json::from_slice(&config.body).unwrap_or_default();
        Ok(Held {
            metadata: answer["metadata"].clone(),
            resource_version: answer["resource_version"].clone(),
            remote_permissions: config["is_remote_schema_permissions_enabled"].as_bool().unwrap_or(true),
        })
    }

    /// Takes the steps, all or none.
    ///
    /// # Errors
    /// [`Problem`].
    pub async fn take(&self, difference: &Difference, held: &Held) -> Result<(), Problem> {
        self.call(&difference.bulk(&held.resource_version)).await.map(|_| ())
    }

    /// Has Hasura read this service's schema again: it notices no change by itself.
    ///
    /// # Errors
    /// [`Problem`].
    pub async fn reload(&self) -> Result<(), Problem> {
        self.call(&calls::reload_remote_schema(REMOTE_SCHEMA)).await.map(|_| ())
    }

    /// What Hasura holds and cannot use.
    ///
    /// # Errors
    /// [`Problem`].
    pub async fn inconsistencies(&self) -> Result<Vec<Inconsistency>, Problem> {
        let answer = self.call(&json!({"type": "get_inconsistent_metadata", "args": {}})).await?;
        let objects = list(&answer, "inconsistent_objects").iter().map(|object| {
            let reason = match &object["reason"] {
                Value::String(reason) => reason.clone(),
                other => other.to_string(),
            };
            let what = match text(object, "name") {
                "" => format!("{} {}", text(object, "type"), object["definition"]),
                name => name.to_owned(),
            };
            Inconsistency { is_ours: object.to_string().contains(REMOTE_SCHEMA), what, reason }
        });
        Ok(objects.collect())
    }

    async fn call(&self, body: &Value) -> Result<Value, Problem> {
        let reply = self.send(Method::POST, METADATA, body).await?;
        let answer = serde_json::from_slice(&reply.body).ok();
        match answer {
            Some(answer) if reply.status.is_success() => Ok(answer),
            _ => Err(Problem::of(reply.status, &reply.body, METADATA, body)),
        }
    }

    async fn send(&self, method: Method, path: &'static str, body: &Value) -> Result<Reply, Problem> {
        let invalid = || Problem::Unreachable(crate::outbound::OutboundError::Invalid);
        let mut secret =
            HeaderValue::from_str(self.config.admin_secret.expose_secret()).map_err(|_| Problem::Secret)?;
        secret.set_sensitive(true);
        let base = self.config.endpoint.as_str().trim_end_matches('/');
        let request = Request::builder()
            .method(method)
            .uri(format!("{base}{path}"))
            .header(http::header::CONTENT_TYPE, "application/json")
            .header("x-hasura-admin-secret", secret)
            .body(if body.is_null() { Vec::new() } else { body.to_string().into_bytes() })
            .map_err(|_| invalid())?;
        self.http.send(request).await.map_err(Problem::Unreachable)
    }
}
