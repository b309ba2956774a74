//! The consent page the simulated platforms share: a form that sends the browser back to the same address by GET,
//! with a `decision` and an `account` beside the original parameters. No scripts, everything escaped.

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

/// The person pressed this button: the value of `decision`.
pub const APPROVE: &str = "approve";
/// The person pressed the other one.
pub const DENY: &str = "deny";

/// The page on which the person allows or refuses.
pub fn consent(page: &Consent<'_>) -> Response {
    let mut body = format!(
        "<h1>{app} wants to access your {platform} account</h1><form method=\"get\">",
        app = escape(page.app),
        platform = escape(page.platform)
    );
    for (name, value) in page.carry.iter().filter(|(name, _)| !matches!(name.as_str(), "decision" | "account" | "auto"))
    {
        let _ = write!(body, "<input type=\"hidden\" name=\"{}\" value=\"{}\">", escape(name), escape(value));
    }
    body.push_str("<fieldset><legend>Continue as</legend>");
    for (index, (id, label)) in page.accounts.iter().enumerate() {
        let checked = if index == 0 { " checked" } else { "" };
        let (id, label) = (escape(id), escape(label));
        let _ = write!(body, "<label><input type=\"radio\" name=\"account\" value=\"{id}\"{checked}> {label}</label>");
    }
    if page.accounts.is_empty() {
        body.push_str("<p>This world has no account yet. Add one through the control routes.</p>");
    }
    body.push_str("</fieldset><p>It will be able to:</p><ul>");
    for scope in page.scopes {
        let _ = write!(body, "<li><code>{}</code></li>", escape(scope));
    }
    let _ = write!(
        body,
        "</ul><button name=\"decision\" value=\"{APPROVE}\">Approve</button> \
         <button name=\"decision\" value=\"{DENY}\">Cancel</button></form>"
    );
    html(StatusCode::OK, &format!("{} (simulated)", page.platform), &body)
}

/// A page that says what went wrong instead of sending the browser anywhere.
pub fn refusal(status: StatusCode, platform: &str, sentence: &str) -> Response {
    html(
        status,
        &format!("{platform} (simulated)"),
        &format!("<h1>Something went wrong</h1><p>{}</p>", escape(sentence)),
    )
}

/// Text safe inside HTML elements and quoted attributes.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

fn html(status: StatusCode, title: &str, body: &str) -> Response {
    let page = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{}</title>\
         <meta name=\"viewport\" content=\"width=device-width\"><style>body{{font:1rem/1.5 system-ui;max-width:34rem;\
         margin:3rem auto;padding:0 1rem}}label{{display:block}}button{{font:inherit;padding:.4rem 1rem}}</style>\
         </head><body>{body}</body></html>",
        escape(title)
    );
    let headers = [
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    (status, headers, Html(page)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::to_bytes;

    #[tokio::test]
    async fn nothing_given_becomes_markup() {
        let evil = "\"><script>alert('x')</script>&";
        let response = consent(&Consent {
            platform: evil,
            app: evil,
            scopes: &[evil],
            accounts: &[(evil.to_owned(), evil.to_owned())],
            carry: &[(evil.to_owned(), evil.to_owned()), ("decision".into(), "approve".into())],
        });
        let page = String::from_utf8(to_bytes(response.into_body(), 100_000).await.unwrap().to_vec()).unwrap();
        assert!(!page.contains("<script"), "{page}");
        assert_eq!(page.matches("name=\"decision\"").count(), 2, "the buttons alone decide");
        assert_eq!(page.matches("&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;").count(), 8);
    }
}
