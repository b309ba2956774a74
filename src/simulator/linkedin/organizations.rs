//! `/rest/organizations/{number}`, `/rest/organizationBrands/{number}`, and the older `/v2/organizations/{number}`, the
//! only one that decorates the logo with its links.
//! `<https://learn.microsoft.com/linkedin/marketing/community-management/organizations/organization-lookup-api>`

use super::call::{Call, Method};
use super::identity::pass;
use super::refusal::Refusal;
use super::state::{Page, State};
use super::{LinkedinWorld, signed_link};
use axum::Json;
use axum::extract::{self, Path, RawQuery};
use axum::http::HeaderMap;
use serde_json::{Value, json};
use std::sync::Arc;

/// Any of these shows a page.
const SCOPES: [&str; 3] = ["rw_organization_admin", "r_organization_admin", "r_organization_social"];

/// The page; what only administrators see is left out for others.
pub(super) fn answer(state: &State, call: &Call) -> Result<Value, Refusal> {
    call.caller.require(&SCOPES, &call.permission(&call.resource))?;
    if call.method != Method::Get {
        return Err(Refusal::missing_field("id"));
    }
    call.query.allow_only(&[])?;
    let key = call.key()?;
    let number = key.parse().map_err(|_| Refusal::illegal(format!("{key} is not a number")))?;
    let page = state.page_numbered(number).filter(|page| call.resource == "organizations" || page.is_brand());
    let page = page.ok_or_else(|| Refusal::not_found(format!("Could not find entity {key}")))?;
    Ok(describe(page))
}

/// With `projection=(…logoV2(original~:playableStreams)…)` the logo comes with its links; other projections are not
/// looked at.
pub(super) async fn decorated(
    extract::State(world): extract::State<Arc<LinkedinWorld>>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Json<Value>, Refusal> {
    pass(&world, &headers, "organizations")?.require(&SCOPES, "organizations.GET.NO_VERSION")?;
    let number = id.parse().map_err(|_| Refusal::illegal(format!("{id} is not a number")))?;
    let state = world.state();
    let page = state.page_numbered(number).ok_or_else(|| Refusal::not_found(format!("Could not find entity {id}")))?;
    let mut body = describe(page);
    if query.is_some_and(|query| query.contains("original~")) {
        let link = signed_link::image(world.link_key(), &page.logo, page.created_at, world.now());
        body["logoV2"]["original~"] = json!({"elements": [{"identifiers": [{"identifier": link.url}]}]});
    }
    Ok(Json(body))
}

fn describe(page: &Page) -> Value {
    let mut body = json!({
        // A number here, though URNs write it as text.
        "id": page.number,
        "localizedName": page.name,
        "vanityName": page.vanity,
        "name": {"localized": {"en_US": page.name}, "preferredLocale": {"country": "US", "language": "en"}},
        "logoV2": {
            "original": format!("urn:li:digitalmediaAsset:{}", page.logo),
            "cropped": format!("urn:li:digitalmediaAsset:{}", page.logo),
            "cropInfo": {"x": 0, "y": 0, "width": 0, "height": 0},
        },
        "primaryOrganizationType": if page.is_brand() { "BRAND" } else { "NONE" },
        "locations": [],
    });
    if page.is_administered() {
        let created = json!({"actor": super::identity::person_urn(), "time": page.created_at.timestamp_millis()});
        body["created"] = created.clone();
        body["lastModified"] = created;
        body["defaultLocale"] = json!({"country": "US", "language": "en"});
        body["versionTag"] = "1".into();
    }
    body
}
