//! Answers as the platform writes them: escaped slashes, ASCII only, its headers.

use super::{
    errors::{GraphError, Subcodes},
    grants::alphanumeric,
    switches::Switches,
    usage::Usage,
};
use crate::{domain::Dice, simulator::Shared};
use axum::{
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use serde::Serialize;
use serde_json::{Serializer, Value, ser::Formatter};
use std::io;

/// JSON with `\/` for a slash and `\uXXXX` for everything beyond ASCII, as recordings have it.
pub(super) fn to_text(value: &Value) -> String {
    let mut bytes = Vec::new();
    // Writing a `Value` into memory does not fail; an empty answer would show it.
    let _ = value.serialize(&mut Serializer::with_formatter(&mut bytes, Escaping));
    String::from_utf8(bytes).unwrap_or_default()
}

struct Escaping;

impl Formatter for Escaping {
    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        for character in fragment.chars() {
            match character {
                '/' => writer.write_all(b"\\/")?,
                ascii if ascii.is_ascii() => write!(writer, "{ascii}")?,
                other => {
                    for unit in other.encode_utf16(&mut [0; 2]) {
                        write!(writer, "\\u{unit:04x}")?;
                    }
                }
            }
        }
        Ok(())
    }
}

/// An answer of the Graph API or the token endpoints, with the headers common to all. There is no ETag: conditional
/// requests ended with v26.0.
pub(super) fn json(shared: &Shared, switches: &Switches, status: StatusCode, body: &Value) -> Response {
    let media_type = if switches.javascript { "text/javascript" } else { "application/json" };
    let mut response = (status, to_text(body)).into_response();
    let headers = response.headers_mut();
    set(headers, header::CONTENT_TYPE, &format!("{media_type}; charset=UTF-8"));
    set(headers, header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");
    set(headers, header::CACHE_CONTROL, "private, no-cache, no-store, must-revalidate");
    set(headers, header::PRAGMA, "no-cache");
    set(headers, header::EXPIRES, "Sat, 01 Jan 2000 00:00:00 GMT");
    set(headers, HeaderName::from_static("x-fb-trace-id"), &trace(&*shared.dice));
    set(headers, HeaderName::from_static("x-fb-rev"), "1030000000");
    response
}

/// A Graph error of graph.instagram.com.
pub(super) fn error(shared: &Shared, switches: &Switches, error: &GraphError) -> Response {
    error_with(shared, switches, error, switches.subcodes)
}

/// A Graph error whose 190s carry subcodes in this form.
pub(super) fn error_with(shared: &Shared, switches: &Switches, error: &GraphError, subcodes: Subcodes) -> Response {
    json(shared, switches, error.status, &error.body(subcodes, &trace(&*shared.dice)))
}

/// The text of [`html_500`].
pub(super) const HTML_500: &str = "<!DOCTYPE html><html lang=\"en\"><head><title>Error</title></head>\
                                   <body><h1>Sorry, something went wrong.</h1></body></html>";

/// The page that an edge server sends when the API behind it is gone.
pub(super) fn html_500() -> Response {
    (StatusCode::INTERNAL_SERVER_ERROR, Html(HTML_500)).into_response()
}

/// Says which version answered.
pub(super) fn set_version(response: &mut Response, version: &str) {
    set(response.headers_mut(), HeaderName::from_static("facebook-api-version"), version);
}

/// Says how much was used: as the switches want it, and always on a throttle.
pub(super) fn set_usage(response: &mut Response, switches: &Switches, account: &str, usage: Usage) {
    let blocked = usage.minutes > 0;
    let usage = Usage { percent: switches.usage.filter(|_| !blocked).unwrap_or(usage.percent), ..usage };
    let wanted = switches.usage_headers();
    if wanted.app {
        usage.app_header(response.headers_mut());
    }
    if wanted.business || blocked {
        usage.business_header(account, response.headers_mut());
    }
}

fn set(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

fn trace(dice: &dyn Dice) -> String {
    format!("A{}", &alphanumeric(dice)[..22])
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn slashes_and_everything_beyond_ascii_are_escaped() {
        let value = json!({ "a/b": "é 😁 \"\\\n</p>" });
        let text = to_text(&value);
        assert_eq!(text, r#"{"a\/b":"\u00e9 \ud83d\ude01 \"\\\n<\/p>"}"#);
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
    }
}
