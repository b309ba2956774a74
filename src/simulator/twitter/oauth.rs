//! The page on which a person allows the app.

use super::{TwitterWorld, grants::Challenge, params::Params, token::CLIENT_ID};
use crate::simulator::page::{self, Consent};
use axum::{
    extract::{RawQuery, State as World},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use std::sync::Arc;
use url::{Url, form_urlencoded};

/// X's scopes. `<https://docs.x.com/fundamentals/authentication/oauth-2-0/authorization-code>`
const SCOPES: [&str; 23] = [
    "tweet.read",
    "tweet.write",
    "tweet.moderate.write",
    "users.email",
    "users.read",
    "follows.read",
    "follows.write",
    "offline.access",
    "space.read",
    "mute.read",
    "mute.write",
    "like.read",
    "like.write",
    "list.read",
    "list.write",
    "block.read",
    "block.write",
    "bookmark.read",
    "bookmark.write",
    "dm.read",
    "dm.write",
    "media.write",
    "timeline.read",
];

/// What X's page says to every mistake of the app; nothing is sent back to it.
const FAILED: &str = "You weren't able to give access to the App. Go back and try logging in again.";

/// `GET /i/oauth2/authorize`. `auto=1` approves at once, as `account` (id or handle) or else as the first one.
pub(super) async fn authorize(World(world): World<Arc<TwitterWorld>>, RawQuery(query): RawQuery) -> Response {
    let params = Params::parse(query.as_deref());
    let decision = params.get("decision");
    // Sent by a program and not by the page's form, a scope list joined with `+` breaks X's page.
    let plus =
        query.iter().flat_map(|query| query.split('&')).any(|part| part.starts_with("scope=") && part.contains('+'));
    let mut state = world.state();
    let request = match Request::read(&params, &state.switches.redirect_uris) {
        Ok(request) if decision.is_some() || !plus => request,
        Ok(_) => return refuse("scopes joined with `+` instead of `%20`"),
        Err(why) => return refuse(why),
    };
    let auto = params.get("auto") == Some("1");
    if decision == Some(page::DENY) {
        return request.back(&[("error", "access_denied")]);
    }
    if !auto && decision != Some(page::APPROVE) {
        let label = |id: &u64| (id.to_string(), format!("@{}", state.handle(*id)));
        let accounts: Vec<_> = state.accounts.iter().map(label).collect();
        return page::consent(&Consent {
            platform: "X",
            app: CLIENT_ID,
            scopes: &request.scopes,
            accounts: &accounts,
            carry: params.pairs(),
        });
    }
    let account = match params.get("account") {
        Some(name) => state.account(name).ok(),
        None => state.accounts.first().copied(),
    };
    let Some(user) = account else { return refuse("no such account to log in as") };
    let mint = world.mint(0);
    let scopes = request.scopes.iter().map(|scope| (*scope).to_owned()).collect();
    let code = state.grants.allow(user, scopes, request.redirect_uri.to_owned(), request.challenge.clone(), mint);
    request.back(&[("code", &code)])
}

/// A correct request.
struct Request<'a> {
    redirect_uri: &'a str,
    state: Option<&'a str>,
    scopes: Vec<&'a str>,
    challenge: Challenge,
}

impl<'a> Request<'a> {
    fn read(params: &'a Params, registered: &[String]) -> Result<Self, &'static str> {
        if params.get("client_id") != Some(CLIENT_ID) {
            return Err("unknown client_id");
        }
        let redirect_uri = params.get("redirect_uri").filter(|uri| is_registered(uri, registered));
        let redirect_uri = redirect_uri.ok_or("redirect_uri is not registered")?;
        if params.get("response_type") != Some("code") {
            return Err("response_type is not code");
        }
        let scopes: Vec<_> =
            params.get("scope").unwrap_or_default().split(' ').filter(|scope| !scope.is_empty()).collect();
        if scopes.is_empty() || scopes.iter().any(|scope| !SCOPES.contains(scope)) {
            return Err("scope is missing or names an unknown one");
        }
        let state = params.get("state");
        if state.is_some_and(|state| state.chars().count() > 500) {
            return Err("state is longer than 500 characters");
        }
        let challenge = params.get("code_challenge").filter(|challenge| !challenge.is_empty());
        let challenge = challenge.ok_or("code_challenge is missing")?.to_owned();
        let challenge = match params.get("code_challenge_method") {
            Some("S256") => Challenge::S256(challenge),
            Some("plain") => Challenge::Plain(challenge),
            _ => return Err("code_challenge_method is neither S256 nor plain"),
        };
        Ok(Self { redirect_uri, state, scopes, challenge })
    }

    /// Sends the browser back to the app.
    fn back(&self, result: &[(&str, &str)]) -> Response {
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(self.state.map(|state| ("state", state)))
            .extend_pairs(result)
            .finish();
        let joint = if self.redirect_uri.contains('?') { '&' } else { '?' };
        (StatusCode::FOUND, [(header::LOCATION, format!("{}{joint}{query}", self.redirect_uri))]).into_response()
    }
}

/// One of the registered addresses to the letter; where none are registered, any https or `http://127.0.0.1` one.
fn is_registered(uri: &str, registered: &[String]) -> bool {
    if !registered.is_empty() {
        return registered.iter().any(|known| known == uri);
    }
    let Ok(url) = Url::parse(uri) else { return false };
    url.fragment().is_none()
        && (url.scheme() == "https" || (url.scheme() == "http" && url.host_str() == Some("127.0.0.1")))
}

fn refuse(why: &str) -> Response {
    page::refusal(StatusCode::BAD_REQUEST, "X", &format!("{FAILED} (simulator: {why})"))
}
