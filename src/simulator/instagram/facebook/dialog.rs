//! The login dialog of www.facebook.com.
//! `<https://developers.facebook.com/docs/facebook-login/guides/advanced/manual-flow>`

use super::super::{InstagramWorld, params::Params, version};
use super::{APP_ID, PERSON_ID, PERSON_NAME, SCOPES};
use crate::simulator::page::{self, Consent};
use axum::{
    extract::{Path, RawQuery, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use std::sync::Arc;
use url::Url;

const PLATFORM: &str = "Facebook";

/// `GET /facebook/{version}/dialog/oauth`: the consent page; the redirect after a decision, or at once with `auto=1`; a
/// page that leads nowhere for a request that cannot be trusted.
pub(super) async fn authorize(
    State(world): State<Arc<InstagramWorld>>,
    Path(asked_version): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let params = Params::urlencoded(query.unwrap_or_default().as_bytes());
    let mut state = world.state();
    let refuse = |sentence| page::refusal(StatusCode::BAD_REQUEST, PLATFORM, sentence);
    if version::resolve(&asked_version, world.shared.clock.now()).is_err() {
        return refuse("Unknown path");
    }
    let (redirect, scopes) = match check(&params, state.switches.redirect_uri.as_deref()) {
        Ok(asked) => asked,
        Err(sentence) => return refuse(sentence),
    };
    match (params.text("decision"), params.text("auto")) {
        (page::DENY, _) => {
            let answer = [
                ("error", "access_denied"),
                ("error_code", "200"),
                ("error_description", "Permissions error"),
                ("error_reason", "user_denied"),
            ];
            back(redirect, &answer, params.get("state"))
        }
        (page::APPROVE, _) | (_, "1") => {
            let granted = scopes.iter().copied().filter(|scope| !state.switches.untick.contains(scope)).collect();
            let code = state.facebook.allow(&world.shared, scopes, granted, params.text("redirect_uri"));
            let mut redirect = redirect;
            redirect.set_fragment(Some("_=_"));
            back(redirect, &[("code", &code)], params.get("state"))
        }
        _ => page::consent(&Consent {
            platform: PLATFORM,
            app: APP_ID,
            scopes: &scopes,
            accounts: &[(PERSON_ID.to_owned(), format!("{PERSON_NAME}, with every page"))],
            carry: params.pairs(),
        }),
    }
}

/// Where the browser goes back to, and what was asked for. The error is a sentence for the page.
fn check(params: &Params, registered: Option<&str>) -> Result<(Url, Vec<&'static str>), &'static str> {
    if params.text("client_id") != APP_ID {
        return Err("Invalid App ID");
    }
    let text = params.text("redirect_uri");
    let known = |url: &Url| match registered {
        Some(registered) => registered == text,
        None => url.scheme() == "https" || matches!(url.host_str(), Some("127.0.0.1" | "localhost")),
    };
    let redirect = Url::parse(text).ok().filter(|url| url.fragment().is_none() && known(url));
    let redirect = redirect.ok_or("URL blocked: the redirect URI is not on the app's list")?;
    if params.text("response_type") != "code" {
        return Err("Invalid response_type");
    }
    // A configuration of Facebook Login for Business stands for a list of scopes.
    if params.get("config_id").is_some() {
        return Ok((redirect, SCOPES[..4].to_vec()));
    }
    let names = params.text("scope").split([',', ' ']).filter(|name| !name.is_empty());
    let scopes: Option<Vec<_>> = names.map(|name| SCOPES.into_iter().find(|scope| *scope == name)).collect();
    Ok((redirect, scopes.filter(|scopes| !scopes.is_empty()).ok_or("Invalid Scopes")?))
}

fn back(mut to: Url, answer: &[(&str, &str)], state: Option<&str>) -> Response {
    to.query_pairs_mut().extend_pairs(answer).extend_pairs(state.map(|state| ("state", state)));
    (StatusCode::FOUND, [(header::LOCATION, to.to_string())]).into_response()
}
