//! What a token is: its end, its permissions, the Pages it was granted for.
//! `<https://developers.facebook.com/docs/graph-api/reference/debug_token>`

use super::{Facebook, wire};
use crate::{
    domain::Timestamp,
    platforms::{
        PlatformError,
        instagram::{proof::proof, wire as shared},
    },
};
use chrono::DateTime;
use secrecy::ExposeSecret;
use zeroize::Zeroizing;

/// Permissions that are granted Page by Page.
const PAGE_SCOPES: [&str; 2] = ["pages_show_list", "pages_read_engagement"];

/// What is known of a token.
#[derive(Debug)]
pub(super) struct Inspection {
    /// When it ends; `None`: not at a fixed time.
    pub ends_at: Option<Timestamp>,
    /// When data is refused until the person consents anew, 90 days after they last did.
    pub data_ends_at: Option<Timestamp>,
    pub scopes: Vec<String>,
    /// Pages it was granted for by name.
    pub pages: Vec<String>,
}

/// Asks about `user_token`, as the app.
pub(super) async fn inspect(
    facebook: &Facebook,
    user_token: &str,
    now: Option<Timestamp>,
) -> Result<Inspection, PlatformError> {
    let secret = &facebook.config.app_secret;
    // The documented form of an app's own token.
    let app_token = Zeroizing::new(format!("{}|{}", facebook.config.app_id, secret.expose_secret()));
    let signature = proof(secret, &app_token);
    let query = [("input_token", user_token), ("access_token", &app_token), ("appsecret_proof", &signature)];
    let reply = facebook.token_endpoint(&["debug_token"], &query, now).await?;
    understand(shared::object(&reply.body)?)
}

fn understand(told: wire::Inspected) -> Result<Inspection, PlatformError> {
    if told.is_valid == Some(false) {
        return Err(PlatformError::TokenRejected { detail: "Facebook says that the login is not valid".into() });
    }
    let time = |seconds: Option<i64>| {
        seconds.filter(|seconds| *seconds > 0).and_then(|seconds| DateTime::from_timestamp(seconds, 0))
    };
    let granted_by_name = told
        .granular_scopes
        .into_iter()
        .filter(|granular| granular.scope.as_deref().is_some_and(|scope| PAGE_SCOPES.contains(&scope)));
    let mut pages: Vec<String> = granted_by_name.flat_map(|granular| granular.target_ids).filter_map(|t| t.0).collect();
    pages.sort_unstable();
    pages.dedup();
    Ok(Inspection {
        ends_at: time(told.expires_at),
        data_ends_at: time(told.data_access_expires_at),
        scopes: told.scopes,
        pages,
    })
}

impl Inspection {
    pub(super) fn grants(&self, scope: &str) -> bool {
        self.scopes.iter().any(|granted| granted == scope)
    }
}
