//! Who logged in and which pages the member may read. Sources:
//! `<https://learn.microsoft.com/linkedin/marketing/community-management/organizations/organization-access-control-by-role>`,
//! `…/organizations/organization-lookup-api`.

use super::{
    api::{Api, Call, CallError},
    restli,
    wire::{Acl, Me, Organization, Page, UserInfo},
};
use crate::{
    domain::{AccountProfile, Identity, account::Login},
    platforms::PlatformError,
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use std::{collections::BTreeSet, time::Duration};

/// The roles that may read a page's posts; the second is spelled in two ways.
const ROLES: [&str; 4] = ["ADMINISTRATOR", "CONTENT_ADMINISTRATOR", "CONTENT_ADMIN", "DIRECT_SPONSORED_CONTENT_POSTER"];
const ACLS_A_PAGE: usize = 100;
const MAX_ACL_PAGES: usize = 10;
/// Pages whose name is looked up, and those whose logo is too: an agency's member can have hundreds.
const MAX_NAMES: usize = 50;
const MAX_LOGOS: usize = 10;
const RACE_TRIES: u32 = 3;

/// The member and the member's pages. `race_delay` is waited before a fresh token is tried again.
pub(super) async fn read(api: &Api<'_>, race_delay: Duration) -> Result<Login, PlatformError> {
    let member = member(api, race_delay).await?;
    let (assignee, pages) = pages(api, race_delay).await?;
    if pages.is_empty() {
        return Err(PlatformError::Refused {
            detail: "this LinkedIn member administers no page: a page's administrator or content administrator must \
                     connect it"
                .into(),
        });
    }
    let (subject, subject_name) = member
        .or_else(|| assignee.map(|urn| (urn, "LinkedIn member".to_owned())))
        .ok_or_else(|| PlatformError::Unreadable {
            at: "elements[].roleAssignee".into(),
            detail: "LinkedIn does not say who logged in".into(),
        })?;
    let mut identities = Vec::new();
    for (index, page) in pages.into_iter().enumerate() {
        let profile = profile(api, &page, index).await?;
        identities.push(Identity { remote_id: page.urn, profile, ..Identity::default() });
    }
    Ok(Login { subject, subject_name, identities })
}

/// The member's URN and name by the profile call the asked scopes allow; `None` when none of them is allowed.
async fn member(api: &Api<'_>, race_delay: Duration) -> Result<Option<(String, String)>, PlatformError> {
    let asked = |scope: &str| api.config.scopes.iter().any(|asked| asked == scope);
    if asked("r_basicprofile") {
        match patiently::<Me>(api, Call::Me, "/v2/me", race_delay).await {
            Ok(me) => {
                let names = [me.localized_first_name, me.localized_last_name];
                let name = names.into_iter().flatten().collect::<Vec<_>>().join(" ");
                return Ok(Some((person(&me.id), named(Some(name)))));
            }
            Err(error) if error.is_forbidden() => {}
            Err(error) => return Err(error.into()),
        }
    }
    if asked("openid") {
        match patiently::<UserInfo>(api, Call::UserInfo, "/v2/userinfo", race_delay).await {
            Ok(info) => return Ok(Some((person(&info.sub), named(info.name)))),
            Err(error) if error.is_forbidden() => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(None)
}

fn person(id: &str) -> String {
    if id.starts_with("urn:") { id.to_owned() } else { format!("urn:li:person:{id}") }
}

fn named(name: Option<String>) -> String {
    name.filter(|name| !name.trim().is_empty()).unwrap_or_else(|| "LinkedIn member".to_owned())
}

/// A token can be called revoked for some seconds after it was issued (omniauth-linkedin-openid issue 6): wait a little
/// longer each time before that is believed.
async fn patiently<T: DeserializeOwned>(
    api: &Api<'_>,
    call: Call,
    path_and_query: &str,
    race_delay: Duration,
) -> Result<T, CallError> {
    let mut waited = 0;
    loop {
        match api.get(call, path_and_query).await {
            Err(error) if error.says_revoked_token() && waited < RACE_TRIES => {
                waited += 1;
                tokio::time::sleep(race_delay * waited).await;
            }
            other => return other,
        }
    }
}

/// A page the member may read.
struct PageRef {
    urn: String,
    /// The path of its description.
    path: String,
}

/// The member's URN as the roles tell it, and the pages with a role that may read posts, each once.
async fn pages(api: &Api<'_>, race_delay: Duration) -> Result<(Option<String>, Vec<PageRef>), PlatformError> {
    let (mut assignee, mut urns, mut pages) = (None, BTreeSet::new(), Vec::new());
    let mut start = 0;
    for _ in 0..MAX_ACL_PAGES {
        let query = format!("/rest/organizationAcls?q=roleAssignee&state=APPROVED&count={ACLS_A_PAGE}&start={start}");
        let answer: Page = patiently(api, Call::Roles, &query, race_delay).await?;
        for acl in answer.elements.iter().filter_map(|raw| Acl::deserialize(raw).ok()) {
            let approved = acl.state.as_deref().is_none_or(|state| state == "APPROVED");
            let reads = acl.role.as_deref().is_some_and(|role| ROLES.contains(&role));
            let target = acl.organization.or(acl.organization_target).or(acl.organizational_target);
            let Some(page) = target.filter(|_| approved && reads).and_then(page_ref) else { continue };
            assignee = assignee.or(acl.role_assignee);
            if urns.insert(page.urn.clone()) {
                pages.push(page);
            }
        }
        // Offsets may jump, so the link tells the next one; only its number is taken.
        match answer.paging.next().and_then(start_of) {
            Some(next) if next > start => start = next,
            _ => break,
        }
    }
    Ok((assignee, pages))
}

/// The `start` parameter of a link.
fn start_of(href: &str) -> Option<usize> {
    let (_, query) = href.split_once('?')?;
    let (_, start) = url::form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == "start")?;
    start.parse().ok()
}

fn page_ref(urn: String) -> Option<PageRef> {
    let (kind, number) = urn.strip_prefix("urn:li:")?.split_once(':')?;
    let resource = match kind {
        "organization" => "organizations",
        "organizationBrand" => "organizationBrands",
        _ => return None,
    };
    if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let path = format!("{resource}/{}", restli::value(number));
    Some(PageRef { urn, path })
}

/// Name, link and logo; a page that does not show them is offered by its number.
async fn profile(api: &Api<'_>, page: &PageRef, index: usize) -> Result<AccountProfile, PlatformError> {
    let organization = if index < MAX_NAMES {
        match api.get::<Organization>(Call::Organization, &format!("/rest/{}", page.path)).await {
            Ok(organization) => organization,
            Err(error) if matches!(error.status(), Some(403 | 404)) => Organization::default(),
            Err(error) => return Err(error.into()),
        }
    } else {
        Organization::default()
    };
    let avatar_url = match organization.logo_v2 {
        Some(Value::Object(_)) if index < MAX_LOGOS => logo(api, page).await,
        _ => None,
    };
    let number = page.urn.rsplit(':').next().unwrap_or_default();
    let vanity_name = organization.vanity_name.filter(|name| !name.is_empty());
    Ok(AccountProfile {
        name: organization
            .localized_name
            .filter(|name| !name.trim().is_empty())
            .unwrap_or_else(|| format!("LinkedIn page {number}")),
        url: Some(format!(
            "https://www.linkedin.com/company/{}",
            vanity_name.as_deref().map_or_else(|| number.to_owned(), restli::value)
        )),
        handle: vanity_name,
        avatar_url,
    })
}

/// The logo's link; only the unversioned API expands it, and its end has been announced: a logo is welcome, not needed.
async fn logo(api: &Api<'_>, page: &PageRef) -> Option<String> {
    let query = format!("/v2/{}?projection=(logoV2(original~:playableStreams))", page.path);
    let answer: Value = api.get(Call::Logo, &query).await.ok()?;
    let link = answer.pointer("/logoV2/original~/elements/0/identifiers/0/identifier")?.as_str()?;
    url::Url::parse(link).is_ok_and(|url| url.scheme() == "https").then(|| link.to_owned())
}

#[cfg(test)]
#[path = "tests/login.rs"]
mod tests;
