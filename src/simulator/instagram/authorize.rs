//! The authorize page of www.instagram.com.
//! `<https://developers.facebook.com/docs/instagram-platform/instagram-api-with-instagram-login/business-login>`

use super::{
    APP_ID, InstagramWorld,
    grants::{BASIC, Grant, SCOPES},
    params::Params,
    state::State as Memory,
};
use crate::simulator::page::{self, Consent};
use axum::{
    extract::{RawQuery, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use std::sync::Arc;
use url::Url;

const PLATFORM: &str = "Instagram";

/// A request the page takes.
struct Asked {
    redirect: Url,
    redirect_text: String,
    scopes: Vec<&'static str>,
}

/// `GET /oauth/authorize`: the consent page; the redirect after a decision, or at once with `auto=1`; an error page
/// that leads nowhere for a request that cannot be trusted.
pub(super) async fn authorize(State(world): State<Arc<InstagramWorld>>, RawQuery(query): RawQuery) -> Response {
    let params = Params::urlencoded(query.unwrap_or_default().as_bytes());
    let mut state = world.state();
    let asked = match check(&params, state.switches.redirect_uri.as_deref()) {
        Ok(asked) => asked,
        Err(sentence) => return page::refusal(StatusCode::BAD_REQUEST, PLATFORM, sentence),
    };
    match (params.text("decision"), params.text("auto")) {
        (page::DENY, _) => {
            let answer = [
                ("error", "access_denied"),
                ("error_reason", "user_denied"),
                ("error_description", "The user denied your request"),
            ];
            redirect(asked.redirect, &answer, params.get("state"))
        }
        (page::APPROVE, _) | (_, "1") => approve(&world, &mut state, &params, asked),
        _ => {
            let label = |account: &super::account::Account| format!("@{} ({})", account.username, account.name);
            let accounts: Vec<_> =
                state.accounts.iter().map(|account| (account.user_id.clone(), label(account))).collect();
            page::consent(&Consent {
                platform: PLATFORM,
                app: APP_ID,
                scopes: &asked.scopes,
                accounts: &accounts,
                carry: params.pairs(),
            })
        }
    }
}

fn approve(world: &InstagramWorld, state: &mut Memory, params: &Params, asked: Asked) -> Response {
    let chosen = match params.get("account") {
        Some(id) => state.account(id),
        None => state.accounts.first(),
    };
    let Some(account) = chosen.map(|account| account.user_id.clone()) else {
        return page::refusal(StatusCode::BAD_REQUEST, PLATFORM, "There is no such account to continue as.");
    };
    let scopes = asked.scopes.into_iter().filter(|scope| !state.switches.untick.contains(scope)).collect();
    let code = state.grants.issue_code(&world.shared, Grant { account, scopes }, &asked.redirect_text);
    let mut redirect_to = asked.redirect;
    // What follows the answer in the browser's address line; servers never see it.
    redirect_to.set_fragment(Some("_"));
    redirect(redirect_to, &[("code", &code)], params.get("state"))
}

/// The error is a sentence for the page.
fn check(params: &Params, registered: Option<&str>) -> Result<Asked, &'static str> {
    if params.text("client_id") != APP_ID {
        return Err("Invalid platform app");
    }
    let redirect_text = params.text("redirect_uri").to_owned();
    let redirect = Url::parse(&redirect_text).ok().filter(|url| match registered {
        // To the letter: not even a slash at the end may differ.
        Some(registered) => registered == redirect_text,
        None => is_acceptable(url),
    });
    let redirect = redirect.ok_or("Invalid redirect_uri")?;
    if params.text("response_type") != "code" {
        return Err("Invalid response_type");
    }
    let names = params.text("scope").split([',', ' ']).filter(|name| !name.is_empty());
    let scopes: Option<Vec<_>> = names.map(|name| SCOPES.into_iter().find(|scope| *scope == name)).collect();
    match scopes {
        Some(scopes) if scopes.contains(&BASIC) => Ok(Asked { redirect, redirect_text, scopes }),
        _ => Err("Invalid Scopes"),
    }
}

/// Where nothing is registered: https anywhere, http on this machine.
fn is_acceptable(url: &Url) -> bool {
    let here = matches!(url.host_str(), Some("127.0.0.1" | "localhost"));
    url.fragment().is_none() && (url.scheme() == "https" || url.scheme() == "http" && here)
}

fn redirect(mut to: Url, answer: &[(&str, &str)], state: Option<&str>) -> Response {
    {
        let mut query = to.query_pairs_mut();
        query.extend_pairs(answer);
        query.extend_pairs(state.map(|state| ("state", state)));
    }
    (StatusCode::FOUND, [(header::LOCATION, to.to_string())]).into_response()
}
