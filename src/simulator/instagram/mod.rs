//! The simulated Instagram: Instagram API with Instagram Login, as a professional account sees it, and the same accounts
//! by [Facebook Login](facebook).
//!
//! Its hosts are prefixes here: `www.instagram.com` and `api.instagram.com` are `/oauth`, `graph.instagram.com` is
//! `/graph`, the media hosts are `/cdn`. Whatever sources disagree about, or can go wrong, is a [switch](switches).

mod account;
mod answer;
mod authorize;
mod cdn;
mod edge;
mod errors;
mod facebook;
mod fields;
mod grants;
mod graph;
mod limits;
mod load;
mod media;
mod params;
mod publish;
mod push;
mod state;
mod switches;
#[cfg(test)]
mod tests;
mod token;
mod trouble;
mod usage;
mod version;

pub use facebook::{APP_ID as FACEBOOK_APP_ID, APP_SECRET as FACEBOOK_APP_SECRET};

use super::{Counters, Draft, GrantState, NewAccount, PlatformWorld, Preset, Push, Shared};
use account::Account;
use axum::{
    Router,
    extract::DefaultBodyLimit,
    routing::{any, get, post},
};
use state::{MAX_ACCOUNTS, State, random_odd};
use std::sync::{Arc, Mutex, MutexGuard};

/// The one app that may log in by Instagram Login.
pub const APP_ID: &str = "sim-instagram-app";
/// Its secret.
pub const APP_SECRET: &str = "sim-instagram-secret";

/// A token request is far below this.
const MAX_FORM_BYTES: usize = 64 * 1024;

/// Instagram as a small world with memory.
pub struct InstagramWorld {
    shared: Shared,
    signer: cdn::Signer,
    state: Mutex<State>,
}

/// An empty world.
pub fn new(shared: Shared) -> Arc<InstagramWorld> {
    let signer = cdn::Signer::new(&*shared.dice);
    Arc::new(InstagramWorld { shared, signer, state: Mutex::new(State::default()) })
}

impl InstagramWorld {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("the world's lock is never held over a panic")
    }
}

impl PlatformWorld for InstagramWorld {
    fn name(&self) -> &'static str {
        "instagram"
    }

    fn router(self: Arc<Self>) -> Router {
        Router::new()
            .route("/oauth/authorize", get(authorize::authorize))
            .route("/oauth/access_token", post(token::exchange_code))
            .route("/graph/access_token", any(token::exchange_for_long))
            .route("/graph/refresh_access_token", any(token::refresh))
            .route("/graph/", any(graph::answer))
            .route("/graph/{*path}", any(graph::answer))
            .route("/cdn/{*path}", get(cdn::serve))
            .layer(DefaultBodyLimit::max(MAX_FORM_BYTES))
            .with_state(self)
    }

    fn hosts(self: Arc<Self>) -> Vec<(&'static str, Router)> {
        facebook::hosts(&self)
    }

    /// The id is the professional one, `user_id` of `/me`: a number.
    fn add_account(&self, account: NewAccount) -> Result<String, String> {
        let mut state = self.state();
        if state.accounts.len() >= MAX_ACCOUNTS {
            return Err(format!("the world holds at most {MAX_ACCOUNTS} accounts"));
        }
        let user_id = match account.id.as_str() {
            "" => 17_841_400_000_000_000 + random_odd(&*self.shared.dice, 11),
            id => id.parse::<u64>().map_err(|_| format!("{id:?} is not an Instagram id"))?,
        };
        let user_id = user_id.to_string();
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'_';
        if account.handle.is_empty() || account.handle.len() > 30 || !account.handle.bytes().all(allowed) {
            return Err(format!("{:?} is not an Instagram username", account.handle));
        }
        if state.accounts.iter().any(|known| known.user_id == user_id || known.username == account.handle) {
            return Err(format!("there is an account {user_id} or @{} already", account.handle));
        }
        state.accounts.push(Account {
            user_id: user_id.clone(),
            scoped_id: (27_561_000_000_000_000 + random_odd(&*self.shared.dice, 12)).to_string(),
            username: account.handle,
            name: account.name,
            picture: cdn::File::image(&user_id),
            media: Vec::new(),
        });
        Ok(user_id)
    }

    fn accounts(&self) -> Vec<String> {
        self.state().accounts.iter().map(|account| account.user_id.clone()).collect()
    }

    fn publish(&self, account: &str, draft: Draft) -> Result<String, String> {
        publish::publish(&mut self.state(), &self.shared, account, draft)
    }

    /// The caption changes in place: the id stays.
    fn edit(&self, post_id: &str, text: &str) -> Result<String, String> {
        let mut state = self.state();
        state.post_mut(post_id)?.caption = Some(text.to_owned()).filter(|text| !text.is_empty());
        Ok(post_id.to_owned())
    }

    fn delete(&self, post_id: &str) -> Result<(), String> {
        self.state().remove_post(post_id)
    }

    /// Likes and comments: Instagram Login shows no others.
    fn count(&self, post_id: &str, counters: Counters) -> Result<(), String> {
        let mut state = self.state();
        let post = state.post_mut(post_id)?;
        post.likes = counters.likes.unwrap_or(post.likes);
        post.comments = counters.comments.unwrap_or(post.comments);
        Ok(())
    }

    /// By Facebook Login it was one consent for every page.
    fn revoke(&self, account: &str) -> Result<(), String> {
        let mut state = self.state();
        state.account_mut(account)?;
        state.grants.revoke(account);
        state.facebook.revoke();
        Ok(())
    }

    fn expire(&self, account: &str) -> Result<(), String> {
        let mut state = self.state();
        state.account_mut(account)?;
        let now = self.shared.clock.now();
        state.grants.expire(account, now);
        state.facebook.expire(now);
        Ok(())
    }

    fn withdraw(&self, account: &str, scope: &str) -> Result<(), String> {
        let mut state = self.state();
        state.account_mut(account)?;
        state.grants.withdraw(account, scope);
        state.facebook.withdraw(scope);
        Ok(())
    }

    /// One for each account; alive by either login.
    fn grants(&self) -> Vec<GrantState> {
        let (state, now) = (self.state(), self.shared.clock.now());
        let (facebook_alive, exchanges) = state.facebook.standing(now);
        let of = |account: &Account| {
            let (alive, renewals) = state.grants.standing(&account.user_id, now);
            let has_role = !state.switches.pages.lost.contains(&account.user_id);
            GrantState {
                account: account.user_id.clone(),
                alive: alive || facebook_alive && has_role,
                renewals: renewals + exchanges,
                spent_uses: 0,
                blind_uses: 0,
            }
        };
        state.accounts.iter().map(of).collect()
    }

    fn preset(&self, name: &str) -> Option<Preset> {
        let (_, trouble) = trouble::TROUBLES.iter().find(|(known, _)| *known == name)?;
        Some(trouble.preset(self.shared.clock.now()))
    }

    fn presets(&self) -> Vec<(&'static str, bool)> {
        trouble::TROUBLES.iter().map(|(name, trouble)| (*name, trouble.passes())).collect()
    }

    /// The person removed the app, and the platform tells the service.
    fn push(&self, push: &Push) -> Result<String, String> {
        let form = push::form(&self.state(), &self.shared, push)?;
        self.revoke(&push.account)?;
        Ok(form)
    }

    /// The switches are listed in the error that an unknown name gets.
    fn switch(&self, name: &str, value: &str) -> Result<(), String> {
        self.state().switches.set(name, value)
    }

    fn load(&self, account: &str, page: &serde_json::Value) -> Result<usize, String> {
        load::load(&mut self.state(), &self.shared, account, page)
    }
}
