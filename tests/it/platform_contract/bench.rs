//! A platform's client and its simulated platform, without the rest of the program.

use crate::app::world::{self, account_of};
use nchat_social::{
    domain::{
        Clock, Cursor, Identity, Platform, TokenSet,
        account::Login,
        clock::{ManualClock, SystemClock},
    },
    platforms::{
        AuthorizeRequest, CodeGrant, FetchRequest, Fetched, LoginRequest, Meter, PlatformError, SocialPlatform, Want,
    },
    simulator::{Draft, DraftMedia, PlatformWorld, Simulator},
};
use secrecy::SecretString;
use std::sync::Arc;

/// Our callback.
pub const CALLBACK: &str = "http://127.0.0.1:9/api/social/callback";
/// The pair of RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// Whether an error is of the class it must be of.
pub type IsExpected = fn(&PlatformError) -> bool;

/// A platform, by one of the logins through which accounts are connected to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Face {
    /// The platform's own login.
    Own(Platform),
    /// Instagram through Facebook Login.
    Facebook,
}

/// Every face there is: what a platform must do, it must do through each.
pub fn faces() -> Vec<Face> {
    Platform::ALL.into_iter().map(Face::Own).chain(facebook()).collect()
}

/// Facebook's face, where the simulator has one.
pub fn facebook() -> Option<Face> {
    let simulated = nchat_social::cli::simulator_settings("http://127.0.0.1:9");
    simulated.iter().any(|(name, _)| *name == "FACEBOOK_APP_ID").then_some(Face::Facebook)
}

impl Face {
    /// Whose posts it brings.
    pub const fn platform(self) -> Platform {
        match self {
            Self::Own(platform) => platform,
            Self::Facebook => Platform::Instagram,
        }
    }

    /// The client for the simulator at `base`.
    pub fn client(self, base: &str) -> Arc<dyn SocialPlatform> {
        let more: &[(&'static str, &str)] = match self {
            Self::Own(_) => &[],
            Self::Facebook => &[("INSTAGRAM_LOGIN", "facebook")],
        };
        world::platforms_with(base, more).get(self.platform()).expect("a client").clone()
    }
}

impl From<Platform> for Face {
    fn from(platform: Platform) -> Self {
        Self::Own(platform)
    }
}

impl std::fmt::Display for Face {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Own(platform) => platform.fmt(f),
            Self::Facebook => f.write_str("instagram through facebook"),
        }
    }
}

/// A client and its platform.
pub struct Bench {
    pub face: Face,
    pub platform: Platform,
    pub clock: Arc<ManualClock>,
    pub simulator: Arc<Simulator>,
    pub client: Arc<dyn SocialPlatform>,
    /// What its calls used.
    pub meter: Meter,
}

impl Bench {
    pub async fn new(face: impl Into<Face>) -> Self {
        let face = face.into();
        let _ = rustls::crypto::ring::default_provider().install_default();
        let clock = Arc::new(ManualClock::at(SystemClock.now()));
        let simulator = world::start(clock.clone()).await;
        let client = face.client(&simulator.shared().base_url);
        Self { face, platform: face.platform(), clock, simulator, client, meter: Meter::default() }
    }

    pub fn world(&self) -> &Arc<dyn PlatformWorld> {
        self.simulator.world(self.platform.as_str()).expect("a world")
    }

    pub fn switch(&self, name: &str, value: &str) {
        self.world().switch(name, value).unwrap_or_else(|why| panic!("{}: {why}", self.platform));
    }

    /// Publishes on the platform's account.
    pub fn publish(&self, draft: Draft) -> String {
        let account = account_of(self.platform);
        self.world().publish(account, draft).unwrap_or_else(|why| panic!("{}: {why}", self.platform))
    }

    /// Publishes `count` posts called `{name} {n}`, `gap` apart.
    pub fn publish_many(&self, name: &str, count: usize, gap: chrono::Duration) -> Vec<String> {
        let publish = |n| {
            self.clock.advance(gap);
            self.publish(Draft::text(format!("{name} {n}")))
        };
        (0..count).map(publish).collect()
    }

    pub fn minutes(&self, minutes: i64) {
        self.clock.advance(chrono::Duration::minutes(minutes));
    }

    /// The person approves: the code that comes back.
    pub async fn code(&self) -> SecretString {
        let pkce_challenge = self.client.spec().pkce.then_some(CHALLENGE);
        let request = AuthorizeRequest { state: "state-1", redirect_uri: CALLBACK, pkce_challenge };
        let back = world::consent(&self.client.authorize_url(&request)).await;
        assert_eq!(world::query(&back, "state").as_deref(), Some("state-1"), "{back}");
        SecretString::from(world::query(&back, "code").expect("a code"))
    }

    pub async fn exchange(&self, code: &SecretString, redirect_uri: &str) -> Result<TokenSet, PlatformError> {
        let verifier = SecretString::from(VERIFIER);
        let pkce_verifier = self.client.spec().pkce.then_some(&verifier);
        self.client.exchange(&CodeGrant { code, redirect_uri, pkce_verifier, now: self.clock.now() }).await
    }

    /// Tokens of a person who approved.
    pub async fn grant(&self) -> TokenSet {
        let code = self.code().await;
        self.exchange(&code, CALLBACK).await.unwrap_or_else(|error| panic!("{}: {error}", self.platform))
    }

    pub async fn login(&self, tokens: &TokenSet) -> Login {
        self.try_login(tokens).await.unwrap_or_else(|error| panic!("{}: {error}", self.platform))
    }

    pub async fn try_login(&self, tokens: &TokenSet) -> Result<Login, PlatformError> {
        let (access_token, now) = (&tokens.access_token, self.clock.now());
        self.client.login(&LoginRequest { access_token, now, meter: &self.meter }).await
    }

    /// The tokens of the identity itself, where it has some.
    pub async fn own_tokens(&self, login: &TokenSet, identity: &Identity) -> Option<TokenSet> {
        let chosen = std::slice::from_ref(identity);
        let mut tokens = self
            .client
            .identity_tokens(login, chosen, self.clock.now())
            .await
            .unwrap_or_else(|error| panic!("{}: {error}", self.face));
        tokens.remove(&identity.remote_id)
    }

    pub async fn read_with(
        &self,
        access_token: &SecretString,
        identity: &Identity,
        want: Want,
        cursor: Option<&Cursor>,
    ) -> Result<Fetched, PlatformError> {
        let request = FetchRequest {
            access_token,
            remote_id: &identity.remote_id,
            profile: &identity.profile,
            cursor,
            want,
            exclude_reposts: false,
            exclude_replies: false,
            now: self.clock.now(),
            meter: &self.meter,
        };
        self.client.fetch(&request).await
    }
}

/// A connected account and how far it has been read.
pub struct Reader {
    pub bench: Bench,
    /// The tokens with which it is read: its own where it has some, else the login's.
    pub tokens: TokenSet,
    pub identity: Identity,
    pub cursor: Option<Cursor>,
}

impl Reader {
    /// Connects; nothing is read yet.
    pub async fn connected(face: impl Into<Face>) -> Self {
        let bench = Bench::new(face).await;
        let login = bench.grant().await;
        let identity = bench.login(&login).await.identities.remove(0);
        let tokens = bench.own_tokens(&login, &identity).await.unwrap_or(login);
        Self { bench, tokens, identity, cursor: None }
    }

    /// Connects and takes stock.
    pub async fn following(face: impl Into<Face>) -> Self {
        let mut reader = Self::connected(face).await;
        reader.read(Want::Baseline { newest: 0 }).await;
        reader
    }

    pub async fn try_read(&self, want: Want) -> Result<Fetched, PlatformError> {
        self.bench.read_with(&self.tokens.access_token, &self.identity, want, self.cursor.as_ref()).await
    }

    /// Reads and keeps the cursor as the program would: through JSON.
    pub async fn read(&mut self, want: Want) -> Fetched {
        let fetched = self.try_read(want).await.unwrap_or_else(|error| panic!("{}: {error}", self.bench.platform));
        if let Some(cursor) = &fetched.cursor {
            let stored = cursor.0.to_string();
            self.cursor = Some(Cursor(serde_json::from_str(&stored).expect("a cursor is JSON")));
        }
        fetched
    }

    pub async fn read_new(&mut self) -> Fetched {
        self.read(Want::New).await
    }
}

/// The texts, newest first.
pub fn texts(fetched: &Fetched) -> Vec<&str> {
    fetched.posts.iter().map(|post| post.text.as_str()).collect()
}

/// Media of a kind, with a description.
pub fn media(kind: &str) -> DraftMedia {
    DraftMedia { kind: kind.into(), alt_text: Some(format!("A {kind} of a cake")) }
}
