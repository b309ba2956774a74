//! `/rest/images`, `/rest/videos`, `/rest/documents`: from a URN to a link.
//! `<https://learn.microsoft.com/linkedin/marketing/community-management/shares/images-api>` and its siblings.

use super::call::{Call, Method};
use super::refusal::Refusal;
use super::state::{Page, State};
use super::{LinkedinWorld, signed_link, urn};
use crate::domain::Timestamp;
use chrono::Duration;
use serde_json::{Value, json};

/// An uploaded picture, video or document.
#[derive(Clone, Debug)]
pub(super) struct Asset {
    /// The page that owns it.
    pub page: u64,
    pub uploaded_at: Timestamp,
}

/// `D4E10AQ` and eleven more characters.
pub(super) fn new_id(prefix: &str, world: &LinkedinWorld) -> String {
    world.mint(prefix, prefix.len() + 11)
}

pub(super) fn answer(world: &LinkedinWorld, state: &State, call: &Call) -> Result<Value, Refusal> {
    let kind = call.resource.trim_end_matches('s');
    if !call.caller.has_any(&["r_organization_social"]) {
        return Err(Refusal::media_forbidden(kind));
    }
    match call.method {
        Method::Get => {
            call.query.allow_only(&[])?;
            one(world, state, call, kind, &call.key()?)
        }
        Method::BatchGet => {
            call.query.allow_only(&["ids"])?;
            call.batch(&call.resource, |id| one(world, state, call, kind, id))
        }
        Method::Finder(_) | Method::GetAll => Err(Refusal::missing_field("ids")),
    }
}

fn one(world: &LinkedinWorld, state: &State, call: &Call, kind: &str, asset_urn: &str) -> Result<Value, Refusal> {
    let id = match urn::split(asset_urn) {
        Some((found, id)) if found == kind => id,
        _ => return Err(Refusal::urn_kind(asset_urn)),
    };
    let asset = state.media.get(asset_urn).ok_or_else(|| Refusal::not_found("Not found"))?;
    let owner = state.page_numbered(asset.page).filter(|page| Page::shows_posts(page));
    let owner = owner.ok_or_else(|| Refusal::media_forbidden(kind))?;
    let mut body = json!({"id": asset_urn, "owner": owner.urn});
    if call.now < asset.uploaded_at + Duration::seconds(state.switches.processing_seconds) {
        body["status"] = "PROCESSING".into();
        return Ok(body);
    }
    let (key, uploaded_at) = (world.link_key(), asset.uploaded_at);
    let link = match kind {
        "video" => {
            body["duration"] = 12_345.into();
            body["aspectRatioWidth"] = 1920.into();
            body["aspectRatioHeight"] = 1080.into();
            body["thumbnail"] = signed_link::video_cover(key, id, uploaded_at, call.now).url.into();
            signed_link::video(key, id, uploaded_at, call.now)
        }
        "document" => signed_link::document(key, id, uploaded_at, call.now),
        _ => signed_link::image(key, id, uploaded_at, call.now),
    };
    body["status"] = "AVAILABLE".into();
    body["downloadUrl"] = link.url.into();
    body["downloadUrlExpiresAt"] = link.expires_at_ms.into();
    Ok(body)
}
