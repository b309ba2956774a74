//! The one member: `/v2/userinfo` (OpenID) and `/v2/me`. Neither asks for a version.
//! `<https://learn.microsoft.com/linkedin/consumer/integrations/self-serve/sign-in-with-linkedin-v2>`

use super::gate::{Caller, admit};
use super::refusal::Refusal;
use super::{LinkedinWorld, signed_link};
use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use serde_json::{Value, json};
use std::sync::Arc;

/// Person ids are made of letters, digits, `-` and `_`.
pub(super) const PERSON_ID: &str = "pA-ge_4dMiN";

/// The member's picture.
const PICTURE: &str = "C5603AQEpicture0000";

pub(super) fn person_urn() -> String {
    format!("urn:li:person:{PERSON_ID}")
}

pub(super) async fn userinfo(
    State(world): State<Arc<LinkedinWorld>>,
    headers: HeaderMap,
) -> Result<Json<Value>, Refusal> {
    let caller = pass(&world, &headers, "userinfo")?;
    let permission = "userinfo.GET.NO_VERSION";
    caller.require(&["openid"], permission)?;
    caller.require(&["profile"], permission)?;
    let locale = match world.state().switches.locale_object {
        true => json!({"country": "US", "language": "en"}),
        false => json!("en-US"),
    };
    let picture = signed_link::image(world.link_key(), PICTURE, world.now(), world.now());
    let mut body = json!({
        "sub": PERSON_ID, "name": "Page Admin", "given_name": "Page", "family_name": "Admin",
        "picture": picture.url, "locale": locale,
    });
    if caller.has_any(&["email"]) {
        body["email"] = "page.admin@example.com".into();
        body["email_verified"] = true.into();
    }
    Ok(Json(body))
}

pub(super) async fn me(State(world): State<Arc<LinkedinWorld>>, headers: HeaderMap) -> Result<Json<Value>, Refusal> {
    pass(&world, &headers, "me")?.require(&["r_basicprofile"], "me.GET.NO_VERSION")?;
    Ok(Json(json!({
        "id": PERSON_ID, "localizedFirstName": "Page", "localizedLastName": "Admin", "vanityName": "page-admin",
        "localizedHeadline": "Administers pages",
        "profilePicture": {"displayImage": format!("urn:li:digitalmediaAsset:{PICTURE}")},
    })))
}

/// Token and daily limit of the calls that ask for no version.
pub(super) fn pass(world: &LinkedinWorld, headers: &HeaderMap, endpoint: &str) -> Result<Caller, Refusal> {
    let now = world.now();
    let state = &mut *world.state();
    let caller = admit(state, headers, now)?;
    state.usage.count(endpoint, now, &state.switches)?;
    Ok(caller)
}
