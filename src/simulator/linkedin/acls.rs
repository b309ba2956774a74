//! `/rest/organizationAcls?q=roleAssignee`: the member's pages.
//! `<https://learn.microsoft.com/linkedin/marketing/community-management/organizations/organization-access-control-by-role>`

use super::LinkedinWorld;
use super::call::{Call, Method};
use super::identity::person_urn;
use super::paging::{Links, Window, page};
use super::refusal::Refusal;
use super::state::{Page, State};
use super::switches::AclKey;
use serde_json::{Value, json};

pub(super) fn answer(world: &LinkedinWorld, state: &State, call: &Call) -> Result<Value, Refusal> {
    call.caller.require(&["rw_organization_admin", "r_organization_admin"], &call.permission("organizationAcls"))?;
    if call.method != Method::Finder("roleAssignee".to_owned()) {
        return Err(Refusal::missing_field("q"));
    }
    call.query.allow_only(&["q", "role", "state", "start", "count"])?;
    let window = Window::read(call)?;
    let (role, status) = (call.query.text("role")?, call.query.text("state")?);
    let approved = status.is_none_or(|status| status == "APPROVED");
    let asked = |page: &&Page| match (&page.role, &role) {
        (None, _) => false,
        (Some(_), None) => approved,
        (Some(held), Some(role)) => approved && held == role,
    };
    let pages: Vec<&Page> = state.pages.iter().filter(asked).collect();
    let key = match state.switches.acl_key {
        AclKey::Organization => "organization",
        AclKey::OrganizationTarget => "organizationTarget",
        AclKey::OrganizationalTarget => "organizationalTarget",
    };
    let links = Links { absolute: state.switches.absolute_links, ..Links::default() };
    Ok(page(world, call, links, window, pages, |page| {
        let mut element = json!({"role": page.role, "state": "APPROVED", "roleAssignee": person_urn()});
        element[key] = page.urn.as_str().into();
        element
    }))
}
