//! How the worker calls the mutation in this process: the document, its variables, and what the answer means.

use crate::service::{Actor, import::ImportPosts};
use async_graphql::{Request, Response, ServerError, Variables};
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

const DOCUMENT: &str = "mutation ImportPosts($input: SocialImportPostsInput!) {
  socialImportPosts(input: $input) {
    status
    log {
      id status code posts_fetched posts_imported posts_filtered posts_posted posts_waiting messages_posted errors
    }
  }
}";

/// The request that imports `posts`, asked by this service itself.
pub fn import_request(posts: &ImportPosts) -> Request {
    let variables = json!({ "input": {
        "source_account_id": posts.tenant,
        "account_id": posts.account_id,
        "lease_id": posts.lease_id,
        "import_type": posts.import_type,
        "started_at": posts.started_at,
        "baseline": posts.import.baseline,
        "posts": posts.import.posts,
        "seen_again": posts.import.seen_again,
        "looked_up": posts.import.looked_up,
        "gone": posts.import.gone,
        "older": posts.import.older,
        "fetched": posts.fetched,
        "cursor": posts.cursor,
        "next_poll_at": posts.next.at,
        "next_poll_reason": posts.next.reason,
        "hold_until": posts.next.hold_until,
        "notices": posts.notices,
    }});
    Request::new(DOCUMENT).variables(Variables::from_json(variables)).data(Actor::System)
}

/// What an import did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImportAnswer {
    /// It is written; the log says what.
    Imported(ImportSummary),
    /// Nothing but counters moved: written, without a line in the log.
    Quiet,
    /// The lease is over: nothing was written.
    LeaseLost,
}

/// The log of an import, as far as the worker reads it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ImportSummary {
    /// The log's row.
    pub id: Uuid,
    /// `completed`, or `failed` when nothing of what should be in a channel got there.
    pub status: String,
    /// A stable word for why it failed.
    pub code: Option<String>,
    /// Posts the platform returned.
    pub posts_fetched: i32,
    /// Posts not known before.
    pub posts_imported: i32,
    /// New posts that no integration let through.
    pub posts_filtered: i32,
    /// Posts that went to at least one channel.
    pub posts_posted: i32,
    /// Posts waiting for more engagement.
    pub posts_waiting: i32,
    /// Messages written.
    pub messages_posted: i32,
    /// What an administrator should know.
    pub errors: Vec<String>,
}

/// Why an import is not written.
#[derive(Debug, thiserror::Error)]
pub enum ImportFault {
    /// The schema answered with an error; the log has its causes.
    #[error("the import failed ({code}): {message}")]
    Failed {
        /// A stable word, see [`code`](crate::graphql::code).
        code: String,
        /// A sentence.
        message: String,
    },
    /// The answer is not what the document asks for.
    #[error("the import's answer is not understood")]
    Unreadable(#[source] serde_json::Error),
}

#[derive(Deserialize)]
struct Data {
    #[serde(rename = "socialImportPosts")]
    payload: Payload,
}

#[derive(Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
enum Payload {
    Imported { log: ImportSummary },
    Quiet,
    LeaseLost,
}

/// What the answer to [`import_request`] means.
///
/// # Errors
/// [`ImportFault`]: nothing was written.
pub fn read_import(response: Response) -> Result<ImportAnswer, ImportFault> {
    if let Some(error) = response.errors.into_iter().next() {
        return Err(ImportFault::Failed { code: code(&error), message: error.message });
    }
    let data = response.data.into_json().and_then(serde_json::from_value::<Data>).map_err(ImportFault::Unreadable)?;
    Ok(match data.payload {
        Payload::Imported { log } => ImportAnswer::Imported(log),
        Payload::Quiet => ImportAnswer::Quiet,
        Payload::LeaseLost => ImportAnswer::LeaseLost,
    })
}

fn code(error: &ServerError) -> String {
    match error.extensions.as_ref().and_then(|extensions| extensions.get("code")) {
        Some(async_graphql::Value::String(code)) => code.clone(),
        _ => "unknown".into(),
    }
}
