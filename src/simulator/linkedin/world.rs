//! The world as its caretakers see it.

use super::state::{Page, State};
use super::{
    authorize, draft, identity, introspect, little_text, load, media, organizations, refusal, reply, rest, signed_link,
    token, urn,
};
use crate::domain::Timestamp;
use crate::simulator::{Counters, Draft, GrantState, NewAccount, PlatformWorld, Preset, Shared};
use axum::Router;
use axum::routing::{any, get, post};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// LinkedIn with one member.
pub struct LinkedinWorld {
    shared: Shared,
    state: Mutex<State>,
    /// Signs media links.
    link_key: String,
}

impl LinkedinWorld {
    pub(super) fn new(shared: Shared) -> Self {
        let link_key = shared.dice.token();
        Self { shared, state: Mutex::default(), link_key }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn now(&self) -> Timestamp {
        self.shared.clock.now()
    }

    pub(super) fn base_url(&self) -> &str {
        &self.shared.base_url
    }

    pub(super) fn link_key(&self) -> &str {
        &self.link_key
    }

    /// A secret of `length` characters that begins with `prefix`.
    pub(super) fn mint(&self, prefix: &str, length: usize) -> String {
        let mut secret = prefix.to_owned();
        while secret.len() < length {
            secret.push_str(&self.shared.dice.token());
        }
        secret.truncate(length);
        secret
    }
}

impl PlatformWorld for LinkedinWorld {
    fn name(&self) -> &'static str {
        "linkedin"
    }

    fn router(self: Arc<Self>) -> Router {
        Router::new()
            .route("/oauth/v2/authorization", get(authorize::authorize))
            .route("/oauth/v2/accessToken", post(token::exchange))
            .route("/oauth/v2/introspectToken", post(introspect::introspect))
            .route("/oauth/.well-known/openid-configuration", get(introspect::discovery))
            .route("/v2/userinfo", get(identity::userinfo))
            .route("/v2/me", get(identity::me))
            .route("/v2/organizations/{id}", get(organizations::decorated))
            .route("/rest/{*path}", any(rest::answer))
            .route("/dms/{*path}", get(signed_link::serve))
            .route("/playlist/{*path}", get(signed_link::serve))
            .fallback(reply::no_resource)
            .layer(axum::middleware::map_response_with_state(Arc::clone(&self), reply::sign))
            .with_state(self)
    }

    fn add_account(&self, account: NewAccount) -> Result<String, String> {
        let now = self.now();
        let mut state = self.state();
        let page_urn = match account.id.as_str() {
            "" => format!("urn:li:organization:{}", 5_590_000 + state.next_made()),
            id if id.bytes().all(|byte| byte.is_ascii_digit()) => format!("urn:li:organization:{id}"),
            id => id.to_owned(),
        };
        let number = urn::page_number(&page_urn)
            .ok_or_else(|| format!("{page_urn}: give a number, urn:li:organization:N or urn:li:organizationBrand:N"))?;
        if state.page_numbered(number).is_some() {
            return Err(format!("there is already a page {number}"));
        }
        let logo = media::new_id("C4E0BAQ", self);
        let name = if account.name.is_empty() { format!("Page {number}") } else { account.name };
        let vanity = if account.handle.is_empty() { format!("page-{number}") } else { account.handle };
        let role = state.switches.role.clone();
        state.media.insert(format!("urn:li:image:{logo}"), media::Asset { page: number, uploaded_at: now });
        state.pages.push(Page { urn: page_urn.clone(), number, name, vanity, logo, role, created_at: now });
        Ok(page_urn)
    }

    fn accounts(&self) -> Vec<String> {
        self.state().pages.iter().map(|page| page.urn.clone()).collect()
    }

    fn publish(&self, account: &str, draft: Draft) -> Result<String, String> {
        draft::publish(self, account, draft)
    }

    /// The URN stays; LinkedIn has no versions.
    fn edit(&self, post_id: &str, text: &str) -> Result<String, String> {
        draft::check_length(text)?;
        let now = self.now();
        let mut state = self.state();
        let post = state.posts.get_mut(post_id).ok_or_else(|| unknown(post_id))?;
        let commentary = little_text::write(text, &post.mentions, post.hashtag_templates);
        post.body.insert("commentary".to_owned(), commentary.into());
        post.body.insert("lastModifiedAt".to_owned(), now.timestamp_millis().into());
        post.body.insert("lifecycleStateInfo".to_owned(), json!({"isEditedByAuthor": true}));
        Ok(post_id.to_owned())
    }

    fn delete(&self, post_id: &str) -> Result<(), String> {
        self.state().posts.remove(post_id).map(|_| ()).ok_or_else(|| unknown(post_id))
    }

    fn count(&self, post_id: &str, counters: Counters) -> Result<(), String> {
        let mut state = self.state();
        let post = state.posts.get_mut(post_id).ok_or_else(|| unknown(post_id))?;
        draft::count(&mut post.tally, counters);
        Ok(())
    }

    /// One member administers every page, so the app loses them all.
    fn revoke(&self, account: &str) -> Result<(), String> {
        let mut state = self.state();
        state.page(account).ok_or_else(|| unknown(account))?;
        state.grants.revoke_all();
        Ok(())
    }

    fn expire(&self, account: &str) -> Result<(), String> {
        let now = self.now();
        let mut state = self.state();
        state.page(account).ok_or_else(|| unknown(account))?;
        state.grants.expire_all(now);
        Ok(())
    }

    fn withdraw(&self, account: &str, scope: &str) -> Result<(), String> {
        let mut state = self.state();
        state.page(account).ok_or_else(|| unknown(account))?;
        state.grants.withdraw(scope);
        Ok(())
    }

    /// One member's consent reaches every page on which the member has a role that shows posts.
    fn grants(&self) -> Vec<GrantState> {
        let state = self.state();
        let (alive, renewals) = state.grants.standing(self.now());
        let of = |page: &Page| GrantState {
            account: page.urn.clone(),
            alive: alive && page.shows_posts(),
            renewals,
            spent_uses: 0,
            blind_uses: 0,
        };
        state.pages.iter().map(of).collect()
    }

    fn preset(&self, name: &str) -> Option<Preset> {
        refusal::preset(name)
    }

    fn presets(&self) -> Vec<(&'static str, bool)> {
        refusal::PRESETS.to_vec()
    }

    fn switch(&self, name: &str, value: &str) -> Result<(), String> {
        let mut state = self.state();
        if name != "role" {
            return state.switches.set(name, value);
        }
        let (page, role) = value.split_once('=').map_or((None, value), |(page, role)| (Some(page), role));
        let role = (role != "none").then(|| role.to_owned());
        match page {
            Some(page) => {
                let page = state.pages.iter_mut().find(|known| known.urn == page).ok_or_else(|| unknown(page))?;
                page.role = role;
            }
            None => {
                state.pages.iter_mut().for_each(|page| page.role.clone_from(&role));
                state.switches.role = role;
            }
        }
        Ok(())
    }

    fn load(&self, account: &str, page: &Value) -> Result<usize, String> {
        load::take_over(&mut self.state(), account, page, self.now())
    }
}

pub(super) fn unknown(id: &str) -> String {
    format!("linkedin does not know {id}")
}
