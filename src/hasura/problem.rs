//! Why Hasura did not do what it was asked, and what to do about it.

use super::{SECRET_VARIABLE, URL_VARIABLE, text};
use crate::outbound::OutboundError;
use http::StatusCode;
use serde_json::Value;

/// Why Hasura did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// It cannot be reached.
    #[error("Hasura cannot be reached ({0}): check HASURA_GRAPHQL_ENDPOINT and that Hasura runs")]
    Unreachable(OutboundError),
    /// Something else answered.
    #[error(
        "what answers at HASURA_GRAPHQL_ENDPOINT is no Hasura 2 (status {status} for {path}): the setting is Hasura's \
         address without /v1, such as http://hasura:8080"
    )]
    NotHasura {
        /// The answer's status.
        status: u16,
        /// What was asked for.
        path: &'static str,
    },
    /// The admin secret is wrong.
    #[error("Hasura refuses the admin secret: set HASURA_GRAPHQL_ADMIN_SECRET to the one that Hasura has")]
    Secret,
    /// Somebody else changed the metadata in the meantime.
    #[error("somebody else changed Hasura's metadata in the meantime, and nothing was done: try again")]
    Outrun,
    /// It refused a call; a bulk is refused as a whole.
    #[error("Hasura refused{at}: {message} ({code}){advice}", at = place(.call), advice = advice(.message))]
    Refused {
        /// Hasura's word for the kind of error.
        code: String,
        /// Hasura's words.
        message: String,
        /// The call of the bulk that was refused.
        call: Option<String>,
    },
}

impl Problem {
    /// A part of the remote schema does not fit what Hasura knows of it, which may be what it was before an update.
    pub fn is_of_remote_schema(&self) -> bool {
        let of = [
            "add_remote_schema_permissions",
            "create_remote_schema_remote_relationship",
            "pg_create_remote_relationship",
        ];
        matches!(self, Self::Refused { call: Some(call), .. } if of.iter().any(|kind| call.starts_with(kind)))
    }

    /// From an answer that is no success; `sent` is what was asked.
    pub fn of(status: StatusCode, body: &[u8], path: &'static str, sent: &Value) -> Self {
        let Some(body) = serde_json::from_slice::<Value>(body).ok().filter(|body| body["error"].is_string()) else {
            return Self::NotHasura { status: status.as_u16(), path };
        };
        let (code, message) = (text(&body, "code"), text(&body, "error"));
        match code {
            "access-denied" => return Self::Secret,
            "conflict" => return Self::Outrun,
            _ if status == StatusCode::UNAUTHORIZED => return Self::Secret,
            _ if status == StatusCode::CONFLICT => return Self::Outrun,
            _ => {}
        }
        Self::Refused { code: code.to_owned(), message: message.to_owned(), call: call_at(text(&body, "path"), sent) }
    }
}

/// The call of a bulk to which a path such as `$.args[12].args` leads.
fn call_at(path: &str, sent: &Value) -> Option<String> {
    let index: usize = path.strip_prefix("$.args[")?.split(']').next()?.parse().ok()?;
    let call = sent["args"].get(index)?;
    let args = &call["args"];
    let on = [&args["table"]["name"], &args["remote_schema"], &args["name"]].into_iter().find_map(Value::as_str);
    Some(format!("{} {}", text(call, "type"), on.unwrap_or_default()).trim_end().to_owned())
}

/// A call of a bulk takes all others with it.
fn place(call: &Option<String>) -> String {
    call.as_ref().map(|call| format!(" {call}, and nothing was done")).unwrap_or_default()
}

/// What a person can do about Hasura's own words.
fn advice(message: &str) -> String {
    let says = |words: &str| message.contains(words);
    if says("HTTP exception occurred") {
        format!(
            "\nHasura cannot reach nchat-social: check {URL_VARIABLE} where Hasura runs (as Hasura sees it, such as \
             http://nchat-social:8095/graphql) and that the service answers /readyz"
        )
    } else if says("environment variable") && [URL_VARIABLE, SECRET_VARIABLE].into_iter().any(says) {
        format!("\nset {URL_VARIABLE} and {SECRET_VARIABLE} where Hasura runs, and restart it")
    } else if says("key \"data\" not found") || says("Error in $") {
        format!(
            "\nwhat answers at {URL_VARIABLE} does not let Hasura in: {SECRET_VARIABLE} must be the same where Hasura \
             runs and where nchat-social runs, and the address must end in /graphql"
        )
    } else if says("conflicting definitions") || says("Conflicting types") {
        "\na type of nchat-social (all are called Social…) has the name of another: give that one another name, or give \
         the remote schema type_names.prefix"
            .to_owned()
    } else if says("Duplicate remote field") || says("overwritten by remote field") {
        "\na root field of nchat-social (all are called social…) is there already, from another remote schema, table or \
         action: is the service added under another name as well?"
            .to_owned()
    } else if says("remote schema permissions") {
        "\nset HASURA_GRAPHQL_ENABLE_REMOTE_SCHEMA_PERMISSIONS=true where Hasura runs, and restart it".to_owned()
    } else if says("no such table") {
        "\nthe tables are not in Hasura's database: run `nchat-social migrate` with the DATABASE_URL of the database that \
         Hasura uses"
            .to_owned()
    } else {
        String::new()
    }
}
