//! Who logged in, and which Instagram accounts their Pages open.

use super::{Facebook, inspect::inspect, pages, wire};
use crate::{
    domain::{Identity, TokenSet, account::Login},
    platforms::{
        PlatformError,
        instagram::{
            ask::Ask,
            me,
            token::{self, Kind},
            wire as shared,
        },
    },
};
use secrecy::{ExposeSecret, SecretString};
use std::collections::{HashMap, HashSet};

/// Every professional account linked to a Page of the person, each once.
pub(super) async fn login(facebook: &Facebook, user_token: &SecretString) -> Result<Login, PlatformError> {
    let reply = Ask::new(&["me"], &["id", "name"]).put(&facebook.graph, user_token, None, None).await?;
    let person: wire::Node = shared::object(&reply.body)?;
    let Some(subject) = person.id else { return Err(shared::missing("id", "the answer does not name the person")) };
    let inspection = inspect(facebook, user_token.expose_secret(), None).await?;
    let pages = pages::of(facebook, user_token, &inspection).await?;
    let count = pages.len();
    let identities = identities(pages, &subject);
    if identities.is_empty() {
        return Err(PlatformError::Refused { detail: nothing_linked(count) });
    }
    let name = person.name.filter(|name| !name.trim().is_empty());
    Ok(Login { subject_name: name.unwrap_or_else(|| format!("Facebook user {subject}")), subject, identities })
}

/// Meta's callbacks name a person, not an account: all accounts of the login have the person's id.
fn identities(pages: Vec<wire::Page>, subject: &str) -> Vec<Identity> {
    let mut seen = HashSet::new();
    let accounts = pages.into_iter().filter_map(|page| page.instagram_business_account);
    let mut identities = Vec::new();
    for account in accounts {
        let Some(remote_id) = account.id.filter(|id| seen.insert(id.clone())) else { continue };
        let profile = me::profile(&remote_id, account.username, account.name, account.profile_picture_url.as_deref());
        identities.push(Identity { remote_id, callback_id: Some(subject.to_owned()), profile, ..Identity::default() });
    }
    identities
}

fn nothing_linked(pages: usize) -> String {
    if pages == 0 {
        "this Facebook login opened no Page. The person needs full control of the Page that the Instagram account is \
         linked to, and must tick that Page and the Instagram account in Facebook's dialog: connect again and choose \
         \"Edit settings\" there"
            .to_owned()
    } else {
        let these = if pages == 1 { "the one Page".to_owned() } else { format!("none of the {pages} Pages") };
        let verb = if pages == 1 { "has no" } else { "has a" };
        format!(
            "{these} that this Facebook login opened {verb} professional Instagram account linked to it. Make the \
             account a Business or Creator account, link it in the Page's settings (Linked accounts), then connect \
             again and tick the Page and the account in Facebook's dialog"
        )
    }
}

/// The Pages' own tokens for the `chosen` accounts. Asked for with a long-lived token they have no end of their own; they
/// die with the person's grant: `<https://developers.facebook.com/docs/pages-api/getting-started>`. An account whose
/// Page gives no token is read with the person's.
pub(super) async fn page_tokens(
    facebook: &Facebook,
    user_token: &SecretString,
    login: &TokenSet,
    chosen: &[Identity],
) -> Result<HashMap<String, TokenSet>, PlatformError> {
    let inspection = inspect(facebook, user_token.expose_secret(), None).await?;
    let pages = pages::of(facebook, user_token, &inspection).await?;
    let mut tokens = HashMap::new();
    for page in pages {
        let (Some(text), Some(account)) = (page.access_token, page.instagram_business_account) else { continue };
        let Some(remote_id) = account.id.filter(|_| !text.is_empty()) else { continue };
        if chosen.iter().any(|identity| identity.remote_id == remote_id) {
            tokens.entry(remote_id).or_insert_with(|| TokenSet {
                access_token: token::marked(Kind::FacebookPage, &text),
                access_expires_at: None,
                refresh_token: None,
                refresh_expires_at: inspection.data_ends_at.or(login.refresh_expires_at),
                scopes: login.scopes.clone(),
            });
        }
    }
    Ok(tokens)
}
