//! GET /oauth/v2/authorization: asks the member, sends the browser back.
//! `<https://learn.microsoft.com/linkedin/shared/authentication/authorization-code-flow>`

use super::switches::{Consent, words};
use super::{CLIENT_ID, LinkedinWorld};
use crate::simulator::page;
use axum::extract::{RawQuery, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::collections::HashMap;
use std::sync::Arc;
use url::{Url, form_urlencoded};

pub(super) async fn authorize(State(world): State<Arc<LinkedinWorld>>, RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    let params: HashMap<String, String> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let given = |name: &str| params.get(name).map(String::as_str).unwrap_or_default();
    let mut state = world.state();
    let Some(callback) = registered(given("redirect_uri"), state.switches.redirect_uri.as_deref()) else {
        return bummer();
    };
    if given("client_id") != CLIENT_ID {
        return bummer();
    }
    let back = |answer: &[(&str, &str)]| redirect(callback.clone(), answer, params.get("state"));
    let refuse = |error: &str, description: &str| back(&[("error", error), ("error_description", description)]);
    if given("response_type") != "code" {
        return refuse("invalid_request", "A required parameter \"response_type\" is missing or not \"code\"");
    }
    let scopes = words(given("scope"));
    if scopes.is_empty() {
        return refuse("invalid_scope_error", "A required parameter \"scope\" is missing");
    }
    if let Some(stranger) = scopes.difference(&state.switches.scopes).next() {
        // Really HTML-escaped inside a URL parameter.
        let description = format!("Scope &quot;{stranger}&quot; is not authorized for your application");
        return refuse("unauthorized_scope_error", &description);
    }
    let decision = match state.switches.consent {
        Consent::Ask => given("decision"),
        Consent::Cancel => page::DENY,
        Consent::CancelLogin => "cancel_login",
    };
    let now = world.now();
    match decision {
        page::DENY | "cancel" => refuse("user_cancelled_authorize", "The user cancelled the authorization"),
        "cancel_login" => refuse("user_cancelled_login", "The user cancelled LinkedIn login"),
        decision if decision == page::APPROVE || given("auto") == "1" || state.grants.covers(&scopes, now) => {
            let code = world.mint("AQ", 100);
            state.grants.offer(code.clone(), scopes, given("redirect_uri").to_owned(), now);
            back(&[("code", &code)])
        }
        _ => {
            let scopes: Vec<&str> = scopes.iter().map(String::as_str).collect();
            let carry: Vec<(String, String)> = params.clone().into_iter().collect();
            page::consent(&page::Consent {
                platform: "LinkedIn",
                app: CLIENT_ID,
                scopes: &scopes,
                // One member, whose pages the app asks for afterwards.
                accounts: &[("member".to_owned(), "the administrator of the pages".to_owned())],
                carry: &carry,
            })
        }
    }
}

/// What LinkedIn shows, with status 200, instead of sending the browser to an address it does not know.
fn bummer() -> Response {
    let sentence = "Bummer. The client id or the redirect URI does not match a registered value.";
    page::refusal(StatusCode::OK, "LinkedIn", sentence)
}

/// The callback as a URL if it may be sent to: without fragment, and the pinned one (its query left aside) or, when
/// none is pinned, https or this machine.
fn registered(redirect_uri: &str, pinned: Option<&str>) -> Option<Url> {
    let callback = Url::parse(redirect_uri).ok().filter(|callback| callback.fragment().is_none())?;
    let local = matches!(callback.host_str(), Some("127.0.0.1" | "localhost"));
    let known = match pinned {
        Some(pinned) => redirect_uri.split('?').next() == pinned.split('?').next(),
        None => callback.scheme() == "https" || (callback.scheme() == "http" && local),
    };
    known.then_some(callback)
}

fn redirect(mut callback: Url, answer: &[(&str, &str)], state: Option<&String>) -> Response {
    callback.query_pairs_mut().extend_pairs(answer).extend_pairs(state.map(|state| ("state", state)));
    (StatusCode::FOUND, [(header::LOCATION, String::from(callback))]).into_response()
}

#[cfg(test)]
mod tests {
    use super::registered;

    #[test]
    fn only_registered_callbacks_are_sent_to() {
        for (redirect_uri, pinned, sent) in [
            ("http://127.0.0.1:8095/cb", None, true),
            ("http://localhost:3000/cb?x=1", None, true),
            ("https://chat.example.com/cb", None, true),
            ("http://chat.example.com/cb", None, false),
            ("https://chat.example.com/cb#part", None, false),
            ("javascript:alert(1)", None, false),
            ("", None, false),
            ("https://a.example.com/cb?x=1", Some("https://a.example.com/cb"), true),
            ("https://a.example.com/cb/other", Some("https://a.example.com/cb"), false),
        ] {
            assert_eq!(registered(redirect_uri, pinned).is_some(), sent, "{redirect_uri}");
        }
    }
}
