//! The two pages a browser sees.

use axum::response::Html;
use std::fmt::Write;

/// Asks for consent; both answers are links back to the same address.
pub(super) fn consent<'a>(scopes: impl Iterator<Item = &'a String>, query: &str) -> Html<String> {
    let mut list = String::new();
    for scope in scopes {
        // Writing to a String cannot fail.
        let _ = write!(list, "<li><code>{}</code></li>", escape(scope));
    }
    let query = escape(query);
    Html(format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Simulated LinkedIn</title>\
         <h1>Simulated LinkedIn</h1><p>The app asks for:</p><ul>{list}</ul>\
         <p><a href=\"?{query}&amp;decision=approve\">Allow</a> <a href=\"?{query}&amp;decision=cancel\">Cancel</a></p>"
    ))
}

/// What LinkedIn shows, with status 200, instead of sending the browser to an address it does not know.
pub(super) fn bummer() -> Html<&'static str> {
    Html(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>LinkedIn</title>\
         <h1>Bummer, something went wrong.</h1><p>The client id or the redirect URI does not match a registered value.</p>",
    )
}

/// For text and double-quoted attributes.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
