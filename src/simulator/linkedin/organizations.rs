//! `/rest/organizations/{number}` and `/rest/organizationBrands/{number}`.
//! `<https://learn.microsoft.com/linkedin/marketing/community-management/organizations/organization-lookup-api>`

use super::call::{Call, Method};
use super::refusal::Refusal;
use super::state::State;
use serde_json::{Value, json};

/// The page; what only administrators see is left out for others.
pub(super) fn answer(state: &State, call: &Call) -> Result<Value, Refusal> {
    let scopes = ["rw_organization_admin", "r_organization_admin", "r_organization_social"];
    call.caller.require(&scopes, &call.permission(&call.resource))?;
    if call.method != Method::Get {
        return Err(Refusal::missing_field("id"));
    }
    call.query.allow_only(&[])?;
    let key = call.key()?;
    let number = key.parse().map_err(|_| Refusal::illegal(format!("{key} is not a number")))?;
    let page = state.page_numbered(number).filter(|page| call.resource == "organizations" || page.is_brand());
    let page = page.ok_or_else(|| Refusal::not_found(format!("Could not find entity {key}")))?;
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
    Ok(body)
}
