//! The Pages of a person. The plain list is paged and not complete: Pages of business portfolios can be missing from it,
//! all or some. So the portfolios are asked too where that is granted, and then every Page for which a permission was
//! given by name: `<https://developers.facebook.com/docs/graph-api/reference/user/accounts>`,
//! `<https://developers.facebook.com/docs/graph-api/reference/business/owned_pages>`;
//! Pages missing from the list: `<https://github.com/trypostit/trypost/pull/292>`.

use super::{BUSINESS_SCOPE, Facebook, inspect::Inspection, wire};
use crate::platforms::{
    PlatformError,
    instagram::{ask::Ask, wire as shared},
};
use secrecy::SecretString;
use serde::de::DeserializeOwned;
use std::collections::HashMap;

const FIELDS: [&str; 4] =
    ["id", "name", "access_token", "instagram_business_account{id,username,name,profile_picture_url}"];

/// Asked at a time; Facebook's own page has 25.
const PAGE: usize = 100;

/// No more requests than these for the lists of one person, whatever they announce.
const MAX_REQUESTS: usize = 300;

/// No more Pages than these are asked for singly.
const MAX_SINGLE: usize = 200;

/// Every Page of the person, each once, in the order of the lists.
pub(super) async fn of(
    facebook: &Facebook,
    user_token: &SecretString,
    inspection: &Inspection,
) -> Result<Vec<wire::Page>, PlatformError> {
    let mut found = Found::default();
    let mut left = MAX_REQUESTS;
    found.add(list(facebook, user_token, &["me", "accounts"], &FIELDS, &mut left).await?);
    if inspection.grants(BUSINESS_SCOPE) {
        let businesses: Vec<wire::Node> =
            tolerated(list(facebook, user_token, &["me", "businesses"], &["id"], &mut left).await)?;
        for business in businesses.into_iter().filter_map(|business| business.id) {
            for edge in ["owned_pages", "client_pages"] {
                found.add(tolerated(list(facebook, user_token, &[&business, edge], &FIELDS, &mut left).await)?);
            }
        }
    }
    let missing = inspection.pages.iter().filter(|id| !found.has(id)).take(MAX_SINGLE).cloned().collect::<Vec<_>>();
    for id in missing {
        let answer = Ask::new(&[&id], &FIELDS).put(&facebook.graph, user_token, None, None).await;
        let pages = answer.and_then(|reply| shared::object(&reply.body)).map(|page: wire::Page| vec![page]);
        found.add(tolerated(pages)?);
    }
    Ok(found.pages)
}

/// A whole list, page by page until no further one is announced or no request is left.
async fn list<T: DeserializeOwned + Default>(
    facebook: &Facebook,
    user_token: &SecretString,
    path: &[&str],
    fields: &[&'static str],
    left: &mut usize,
) -> Result<Vec<T>, PlatformError> {
    let mut ask = Ask::new(path, fields);
    ask.limit = Some(PAGE);
    let (mut all, mut after) = (Vec::new(), None::<String>);
    while *left > 0 {
        *left -= 1;
        let reply = ask.put(&facebook.graph, user_token, after.as_deref(), None).await?;
        let page = shared::list(&reply.body)?;
        all.extend(page.items);
        // A mark that does not move would be a circle.
        match page.after.filter(|next| after.as_ref() != Some(next)) {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    Ok(all)
}

/// A further place to look that is closed to this person has nothing to add; an outage is another matter, for a Page
/// would be missing without anybody knowing why.
fn tolerated<T>(answer: Result<Vec<T>, PlatformError>) -> Result<Vec<T>, PlatformError> {
    match answer {
        Err(PlatformError::MissingScope { .. } | PlatformError::Gone { .. } | PlatformError::Unreadable { .. }) => {
            Ok(Vec::new())
        }
        answer => answer,
    }
}

/// Pages found so far.
#[derive(Default)]
struct Found {
    pages: Vec<wire::Page>,
    places: HashMap<String, usize>,
}

impl Found {
    fn has(&self, id: &str) -> bool {
        self.places.contains_key(id)
    }

    /// Adds what is new, and completes what was told in part.
    fn add(&mut self, pages: Vec<wire::Page>) {
        for page in pages {
            let Some(id) = page.id.clone() else { continue };
            match self.places.get(&id) {
                Some(place) => {
                    let known = &mut self.pages[*place];
                    known.access_token = known.access_token.take().or(page.access_token);
                    known.instagram_business_account =
                        known.instagram_business_account.take().or(page.instagram_business_account);
                }
                None => {
                    self.places.insert(id, self.pages.len());
                    self.pages.push(page);
                }
            }
        }
    }
}
