//! `/admin/social/plain`: how a connection ended, without any script. It stands in for `/admin/social` in a program that
//! was built without the console. What it shows of the query is words of ours or a checked id.

use super::{WebState, actor, console, query};
use crate::domain::Platform;
use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue, Method, Uri, header},
    response::{Html, IntoResponse, Response},
};
use uuid::Uuid;

const MOST_WORD_BYTES: usize = 64;
const STYLE: &str = "body{font:1rem/1.5 system-ui,sans-serif;max-width:40rem;margin:4rem auto;padding:0 1rem}";

pub(super) async fn show(State(state): State<WebState>, uri: Uri, headers: HeaderMap) -> Response {
    // Relative, for whoever serves us below a path of their own.
    let up = if uri.path().ends_with("/plain") { "../.." } else { ".." };
    let explorer =
        if state.web.graphiql { format!(r#"<p><a href="{up}/graphiql">Open GraphiQL</a></p>"#) } else { String::new() };
    let rest = if console::is_built() {
        format!(r#"<p><a href="{up}/admin/social">Open the whole page</a></p>"#)
    } else {
        "<p>This program was built without its own page: <code>make console</code>, then build again.</p>".to_owned()
    };
    let told = told(&state, &uri, &headers).await;
    let message = escape(&told.unwrap_or_else(|| message(uri.query())));
    let page = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width\"><title>nchat social</title><style>{STYLE}</style>\
         <h1>Social accounts</h1><p role=\"status\">{message}</p>{rest}{explorer}</html>"
    );
    let policy =
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    ([(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy))], Html(page)).into_response()
}

/// Why the connection that the query names failed, in its own words: they hold names, so only for who may read them.
async fn told(state: &WebState, uri: &Uri, headers: &HeaderMap) -> Option<String> {
    let id = query::one(uri.query(), "connection", MOST_WORD_BYTES)?;
    let id = Uuid::try_parse(&id).ok()?;
    let caller = actor::identify(state, &Method::GET, headers).await.ok()?;
    let connection = state.service.connection(caller.actor.admin().ok()?, id).await.ok()??;
    connection.message.map(|message| format!("The connection failed: {message}."))
}

/// What the query says, in a sentence.
fn message(query: Option<&str>) -> String {
    let word = |name| query::one(query, name, MOST_WORD_BYTES);
    if let Some(success) = word("success") {
        let platform = success.strip_suffix("_connected").and_then(|word| word.parse::<Platform>().ok());
        return platform.map_or_else(
            || "The account is connected.".to_owned(),
            |platform| format!("Your {} account is connected: its posts are read from now on.", platform.brand().name),
        );
    }
    if let Some(id) = word("choose").and_then(|id| Uuid::try_parse(&id).ok()) {
        return format!(
            "This login can read several accounts. Choose which to connect with socialChooseIdentities, connection {id}, \
             within ten minutes."
        );
    }
    match word("error") {
        Some(code) => reason(&code).map_or_else(
            || "The connection failed. The log of nchat-social says why.".to_owned(),
            |reason| format!("The connection failed: {reason} ({code})"),
        ),
        None => "Connect an account with socialStartConnection.".to_owned(),
    }
}

/// A code of ours in words.
fn reason(code: &str) -> Option<&'static str> {
    Some(match code {
        "not_signed_in" | "unauthenticated" => "sign in to nchat as an administrator first.",
        "not_admin" | "forbidden" => "only an administrator may connect accounts.",
        "not_configured" => "this platform has no credentials in the settings of nchat-social.",
        "bad_return_path" => "the path to return to is not one of nchat.",
        "bad_ticket" => "this address was used already or is too old. Start again.",
        "invalid_state" => "it took more than ten minutes, or ended in another browser than it began in. Start again.",
        "invalid_answer" => "the platform sent no code back. Start again.",
        "access_denied" => "it was declined at the platform.",
        "scope_not_authorized" => "the platform does not allow this app a permission it asks for.",
        "missing_scope" => "a permission was not granted. Connect again and allow everything asked for.",
        "platform_refused" | "refused" | "token_rejected" | "revoked" => "the platform refused it. Start again.",
        "no_accounts" => "this login has no account whose posts can be read.",
        "no_account" => "the account to be reconnected is not here any more. Connect it as a new one.",
        "wrong_account" => "the login was of another account than was to be reconnected. Nothing was changed.",
        "account_gone" => "the account is suspended, protected or deleted.",
        "app_rejected" => "the platform rejects this app: its credentials or products are wrong.",
        "rate_limited" | "usage_capped" => "the platform's limit is reached. Try again later.",
        "upstream" | "network" | "unreadable" => "the platform does not answer as it should. Try again later.",
        "unavailable" => "the database is not available. Try again in a moment.",
        "internal" => "an internal fault. The log of nchat-social says more.",
        _ => return None,
    })
}

/// Text for HTML, also inside attributes.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_told_in_words() {
        assert!(message(Some("success=twitter_connected")).starts_with("Your X account is connected"));
        let id = "6f9619ff-8b86-4d01-b42d-00cf4fc964ff";
        assert!(message(Some(&format!("choose={id}&platform=linkedin"))).contains(id));
        assert!(message(Some("error=access_denied")).contains("declined at the platform"));
        assert!(message(None).contains("socialStartConnection"));
    }

    #[test]
    fn nothing_foreign_is_repeated() {
        for query in ["error=%3Cscript%3E", "success=%3Cscript%3E", "choose=%3Cscript%3E", "error=made_up"] {
            let message = message(Some(query));
            assert!(!message.contains("script") && !message.contains("made_up"), "{message}");
        }
        assert_eq!(escape(r#"<a b="c">&'"#), "&lt;a b=&quot;c&quot;&gt;&amp;&#39;");
    }
}
