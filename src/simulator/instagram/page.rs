//! The consent page: a form that sends the browser back to the same address by GET, with a `decision` and an
//! `account` beside the original parameters. No scripts, everything escaped.

use axum::{
    http::{StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use std::fmt::Write;

/// What a consent page shows.
#[derive(Clone, Copy, Debug)]
pub struct Consent<'a> {
    /// The platform's name for people.
    pub platform: &'a str,
    /// The app that asks.
    pub app: &'a str,
    /// What it asks for.
    pub scopes: &'a [&'a str],
    /// Whom the person can log in as: id and label. The first is chosen beforehand.
    pub accounts: &'a [(String, String)],
    /// Parameters of the request, sent along unchanged.
    pub carry: &'a [(String, String)],
}

/// The value of `decision` when the person agrees.
pub const APPROVE: &str = "approve";
/// The value of `decision` when the person refuses.
pub const DENY: &str = "deny";

/// The page on which the person allows or refuses.
pub fn consent(page: &Consent<'_>) -> Response {
    let mut body = format!("<h1>{} asks for your {} account</h1><form>", escape(page.app), escape(page.platform));
    for (name, value) in page.carry {
        if !["decision", "account", "auto"].contains(&name.as_str()) {
            let _ = write!(body, "<input type=hidden name=\"{}\" value=\"{}\">", escape(name), escape(value));
        }
    }
    for (index, (id, label)) in page.accounts.iter().enumerate() {
        let checked = if index == 0 { " checked" } else { "" };
        let (id, label) = (escape(id), escape(label));
        let _ = write!(body, "<p><label><input type=radio name=account value=\"{id}\"{checked}> {label}</label>");
    }
    if page.accounts.is_empty() {
        body.push_str("<p>There is no account yet: add one through the control routes.");
    }
    for scope in page.scopes {
        let _ = write!(body, "<li><code>{}</code></li>", escape(scope));
    }
    let _ = write!(
        body,
        "<p><button name=decision value={APPROVE}>Approve</button> <button name=decision value={DENY}>Cancel</button></form>"
    );
    html(StatusCode::OK, page.platform, &body)
}

/// A page that says what went wrong instead of sending the browser anywhere.
pub fn refusal(status: StatusCode, platform: &str, sentence: &str) -> Response {
    html(status, platform, &format!("<h1>Something went wrong</h1><p>{}", escape(sentence)))
}

/// Text safe inside HTML elements and quoted attributes.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}

fn html(status: StatusCode, title: &str, body: &str) -> Response {
    let page = format!("<!doctype html><meta charset=utf-8><title>{} (simulated)</title>{body}", escape(title));
    (status, [(header::CACHE_CONTROL, "no-store")], Html(page)).into_response()
}
