//! The simulated X: OAuth 2.0 with PKCE, `/2/users/me`, `/2/users/{id}/tweets`, `/2/tweets`, with its two vocabularies
//! (posts as "tweets" and as "posts"), its limits, its bill and its peculiar errors. `<https://docs.x.com/x-api>`

mod access;
mod compose;
mod fields;
mod grants;
mod ledger;
mod load;
mod lookup;
mod oauth;
mod params;
mod partial;
mod problem;
mod render;
mod snowflake;
mod state;
mod switches;
#[cfg(test)]
mod tests;
mod text;
mod timeline;
mod token;
mod words;

pub use token::{BEARER_TOKEN, CLIENT_ID, CLIENT_SECRET};

use super::world::{Counters, Draft, GrantState, NewAccount, PlatformWorld, Shared};
use crate::{domain::Timestamp, simulator::Preset};
use axum::{
    Router,
    routing::{get, post},
};
use grants::Mint;
use state::State;
use std::sync::{Arc, Mutex, MutexGuard};

/// X as a small world with memory.
pub struct TwitterWorld {
    shared: Shared,
    state: Mutex<State>,
}

/// An empty X. The only app known to it is [`CLIENT_ID`].
pub fn new(shared: Shared) -> Arc<TwitterWorld> {
    Arc::new(TwitterWorld { shared, state: Mutex::new(State::default()) })
}

impl TwitterWorld {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("the world's lock is never held over a panic")
    }

    fn now(&self) -> Timestamp {
        self.shared.clock.now()
    }

    fn mint(&self, seconds: i64) -> Mint<'_> {
        Mint { dice: &*self.shared.dice, now: self.now(), seconds }
    }
}

impl PlatformWorld for TwitterWorld {
    fn name(&self) -> &'static str {
        "twitter"
    }

    fn router(self: Arc<Self>) -> Router {
        Router::new()
            .route("/i/oauth2/authorize", get(oauth::authorize))
            .route("/2/oauth2/token", post(token::token))
            .route("/2/oauth2/revoke", post(token::revoke))
            .route("/2/users/me", get(lookup::me))
            .route("/2/users/{id}/tweets", get(timeline::timeline))
            .route("/2/tweets", get(lookup::tweets))
            .route("/2/tweets/{id}", get(lookup::tweet))
            .fallback(access::unknown_path)
            .with_state(self)
    }

    fn add_account(&self, account: NewAccount) -> Result<String, String> {
        self.state().add_account(&account, self.now()).map(|id| id.to_string())
    }

    fn accounts(&self) -> Vec<String> {
        self.state().accounts.iter().map(u64::to_string).collect()
    }

    fn publish(&self, account: &str, draft: Draft) -> Result<String, String> {
        compose::publish(&mut self.state(), account, &draft, self.now()).map(|id| id.to_string())
    }

    fn edit(&self, post_id: &str, text: &str) -> Result<String, String> {
        compose::edit(&mut self.state(), post_id, text, self.now()).map(|id| id.to_string())
    }

    fn delete(&self, post_id: &str) -> Result<(), String> {
        self.state().delete(post_id)
    }

    fn count(&self, post_id: &str, counters: Counters) -> Result<(), String> {
        self.state().count(post_id, counters)
    }

    fn revoke(&self, account: &str) -> Result<(), String> {
        let mut state = self.state();
        let user = state.account(account)?;
        state.grants.revoke_user(user);
        Ok(())
    }

    fn expire(&self, account: &str) -> Result<(), String> {
        let mut state = self.state();
        let user = state.account(account)?;
        state.grants.expire_user(user);
        Ok(())
    }

    fn withdraw(&self, account: &str, scope: &str) -> Result<(), String> {
        let mut state = self.state();
        let user = state.account(account)?;
        state.grants.withdraw(user, scope);
        Ok(())
    }

    fn rotate(&self, account: &str) -> Result<(), String> {
        let mut state = self.state();
        let (user, seconds) = (state.account(account)?, state.switches.token_seconds());
        state.grants.rotate_elsewhere(user, self.mint(seconds))
    }

    fn grants(&self) -> Vec<GrantState> {
        self.state().grants.list(self.now())
    }

    /// By UTC day, oldest first: a poll that finds nothing new costs nothing.
    fn ledger(&self) -> Option<serde_json::Value> {
        serde_json::to_value(self.state().ledger.days()).ok()
    }

    fn preset(&self, name: &str) -> Option<Preset> {
        problem::preset(name, self.now())
    }

    fn presets(&self) -> Vec<(&'static str, bool)> {
        let passing = ["rate_limited", "rate_limited_documented", "rate_limited_old", "unavailable"];
        problem::PRESETS.into_iter().map(|name| (name, passing.contains(&name))).collect()
    }

    fn switch(&self, name: &str, value: &str) -> Result<(), String> {
        let mut state = self.state();
        let accounts =
            value.split([',', ' ']).filter(|part| !part.is_empty()).map(|part| state.account(part)).collect();
        state.switches.set(name, value, accounts)?;
        state.mark_protected();
        Ok(())
    }

    fn load(&self, account: &str, page: &serde_json::Value) -> Result<usize, String> {
        load::load(&mut self.state(), account, page, self.now())
    }
}
