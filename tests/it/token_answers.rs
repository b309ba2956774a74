//! Every answer a token endpoint is known to give, and what must become of the connection: driven through the whole
//! program, with the endpoint scripted to answer exactly that.

mod exchange;
mod renewal;

use nchat_social::{domain::Platform, simulator::FaultKind};
use serde_json::{Value, json};

/// Where tokens are handed out.
const fn token_path(platform: Platform) -> &'static str {
    match platform {
        Platform::Twitter => "/2/oauth2/token",
        Platform::Instagram => "/oauth/access_token",
        Platform::Linkedin => "/oauth/v2/accessToken",
    }
}

/// An answer with a JSON body.
fn says(status: u16, body: Value) -> FaultKind {
    FaultKind::Status { status, headers: Default::default(), body }
}

/// An error as OAuth writes it.
fn oauth(status: u16, error: &str, description: &str) -> FaultKind {
    says(status, json!({ "error": error, "error_description": description }))
}

/// An error as the Graph API writes it.
fn graph(status: u16, code: u32, message: &str) -> FaultKind {
    says(status, json!({"error": {"message": message, "type": "OAuthException", "code": code, "fbtrace_id": "Atest"}}))
}

/// Answers of an edge server, an overloaded or a broken platform, and connections that end: all alike.
fn passing() -> Vec<(&'static str, FaultKind)> {
    vec![
        ("429 without a body", says(429, Value::Null)),
        ("429 in HTML", FaultKind::Html(429)),
        ("500 without a body", says(500, Value::Null)),
        ("500 in JSON", says(500, json!({ "errors": [{ "message": "Internal error" }] }))),
        ("502 in HTML", FaultKind::Html(502)),
        ("503 in HTML", FaultKind::Html(503)),
        ("504 in HTML", FaultKind::Html(504)),
        ("half the JSON", FaultKind::Status { status: 200, headers: Default::default(), body: json!("{\"access_tok") }),
        ("an HTML page with status 200", FaultKind::Html(200)),
        ("a connection that ends before the platform is asked", FaultKind::Cut),
    ]
}
