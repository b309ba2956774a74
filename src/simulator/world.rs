//! What every simulated platform can be told, and what they share. Tests and the control routes speak these words;
//! each platform renders them in its own shapes.

use super::{faults::Preset, push::Push};
use crate::domain::{Clock, Dice, Timestamp};
use axum::Router;
use chrono::Duration;
use serde::{Deserialize, Serialize};
use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

/// What the simulated platforms share.
#[derive(Clone)]
pub struct Shared {
    /// Codes, tokens and limits age by this clock.
    pub clock: Arc<WorldClock>,
    /// Ids and tokens come from these dice.
    pub dice: Arc<dyn Dice>,
    /// Where the simulator answers, without a slash at the end: `http://127.0.0.1:8096`.
    pub base_url: String,
}

impl Shared {
    /// Platforms that answer at `base_url`, with a clock that is right to begin with.
    pub fn new(clock: Arc<dyn Clock>, dice: Arc<dyn Dice>, base_url: impl Into<String>) -> Self {
        let clock = Arc::new(WorldClock { clock, ahead_ms: AtomicI64::new(0) });
        Self { clock, dice, base_url: base_url.into() }
    }
}

/// The platforms' clock, which need not agree with that of the service.
pub struct WorldClock {
    clock: Arc<dyn Clock>,
    ahead_ms: AtomicI64,
}

impl WorldClock {
    /// The time as the platforms see it.
    pub fn now(&self) -> Timestamp {
        self.clock.now() + Duration::milliseconds(self.ahead_ms.load(Ordering::Relaxed))
    }

    /// Puts the platforms' clock so far ahead of the given one (negative: behind it).
    pub fn put_ahead(&self, by: Duration) {
        self.ahead_ms.store(by.num_milliseconds(), Ordering::Relaxed);
    }
}

/// One platform's small world with memory.
pub trait PlatformWorld: Send + Sync + 'static {
    /// `twitter`, `instagram`, `linkedin`: also the first part of its paths.
    fn name(&self) -> &'static str;

    /// Its real paths, without the leading `/{name}`.
    fn router(self: Arc<Self>) -> Router;

    /// Hosts of the platform that have a name of their own in front of their paths instead of its name.
    fn hosts(self: Arc<Self>) -> Vec<(&'static str, Router)> {
        Vec::new()
    }

    /// Adds an account that can publish and log in (LinkedIn: a page that the one simulated member administers).
    /// Returns the platform's id of it.
    fn add_account(&self, account: NewAccount) -> Result<String, String>;

    /// Every account's id, in the order they were added.
    fn accounts(&self) -> Vec<String>;

    /// Publishes a post. Returns its id.
    fn publish(&self, account: &str, draft: Draft) -> Result<String, String>;

    /// Changes a post's text. Returns the id of the new version.
    fn edit(&self, post_id: &str, text: &str) -> Result<String, String>;

    /// Deletes a post with all its versions.
    fn delete(&self, post_id: &str) -> Result<(), String>;

    /// Sets a post's counters; those not given stay.
    fn count(&self, post_id: &str, counters: Counters) -> Result<(), String>;

    /// The person removes the app's access to the account: its tokens are dead.
    fn revoke(&self, account: &str) -> Result<(), String>;

    /// The account's access tokens end now; refresh tokens live on.
    fn expire(&self, account: &str) -> Result<(), String>;

    /// The person takes one scope away from the app and leaves it the others.
    fn withdraw(&self, account: &str, scope: &str) -> Result<(), String>;

    /// Somebody else who holds the account's newest refresh token uses it: where tokens rotate, ours is spent.
    fn rotate(&self, account: &str) -> Result<(), String> {
        let _ = account;
        Err(format!("{} rotates no tokens", self.name()))
    }

    /// How the consents that people gave stand, oldest first.
    fn grants(&self) -> Vec<GrantState>;

    /// What the platform would bill for reading, as its own page would list it.
    fn ledger(&self) -> Option<serde_json::Value> {
        None
    }

    /// An answer of this platform by name; see [`Self::presets`].
    fn preset(&self, name: &str) -> Option<Preset>;

    /// The names that [`Self::preset`] knows; `true` marks those that pass by themselves.
    fn presets(&self) -> Vec<(&'static str, bool)>;

    /// Writes the message that the platform pushes to a service.
    fn push(&self, push: &Push) -> Result<String, String> {
        let _ = push;
        Err(format!("{} pushes nothing", self.name()))
    }

    /// A switch of this platform alone, e.g. `token_form = wrapped`. Unknown names are an error that lists the known.
    fn switch(&self, name: &str, value: &str) -> Result<(), String>;

    /// Takes over the posts of a page in the platform's own response JSON, for `account`. Returns how many.
    fn load(&self, account: &str, page: &serde_json::Value) -> Result<usize, String>;
}

/// How a consent stands that a person gave for an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GrantState {
    /// The account, as the world calls it.
    pub account: String,
    /// The app holds a token by which it can go on without a person: living, and handed out in an answer that arrived.
    pub alive: bool,
    /// Renewals that the platform answered with tokens.
    pub renewals: u32,
    /// Refresh tokens used after they had been spent, although the app was told their successors.
    pub spent_uses: u32,
    /// The same where the answer with the successors never arrived, so that the app could not know.
    pub blind_uses: u32,
}

/// An account to be.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NewAccount {
    /// The platform's id; made up when empty.
    pub id: String,
    /// Without `@`.
    pub handle: String,
    /// Display name.
    pub name: String,
}

/// A post to be.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Draft {
    /// Plain text; the platform escapes it as it would (X `&amp;`, LinkedIn little text).
    pub text: String,
    /// When it was published; now when not given.
    pub at: Option<Timestamp>,
    /// Pictures, videos, GIFs.
    pub media: Vec<DraftMedia>,
    /// A repost of somebody's post (X, LinkedIn reshare).
    pub repost_of: Option<Other>,
    /// Quotes somebody's post (X).
    pub quote_of: Option<Other>,
    /// Answers a post (X): `self` for the author's own thread, else somebody's handle.
    pub reply_to: Option<String>,
    /// Counters at publication.
    pub counters: Counters,
    /// Anything only this platform knows, by its own names (`feedDistribution`, `media_product_type`, …).
    pub extra: serde_json::Map<String, serde_json::Value>,
}

impl Draft {
    /// A plain text post.
    pub fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }
}

/// Media to be.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DraftMedia {
    /// `image`, `video` or `gif`.
    pub kind: String,
    /// The author's description.
    pub alt_text: Option<String>,
}

/// Somebody else's post.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Other {
    /// Without `@`.
    pub handle: String,
    /// Display name.
    pub name: String,
    /// Plain text.
    pub text: String,
    /// The platform cannot show it (deleted, protected).
    pub unreadable: bool,
}

/// Counters, all platforms' together; each uses those it has.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Counters {
    pub likes: Option<u64>,
    pub reposts: Option<u64>,
    pub replies: Option<u64>,
    pub comments: Option<u64>,
    pub shares: Option<u64>,
    pub quotes: Option<u64>,
    pub views: Option<u64>,
}
