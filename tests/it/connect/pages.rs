//! Several pages from one login: over all pages of the list, and with tokens of their own where the platform has them.

use super::{calls, credential, disconnect::disconnect, switch, to_the_door};
use crate::app::{
    App,
    world::{LINKEDIN_PAGE, arrive, query},
};
use nchat_social::{
    domain::{Identity, Platform, Timestamp, TokenSet, account::Login},
    outbound::OutboundError,
    platforms::{
        AuthorizeRequest, CodeGrant, FetchRequest, Fetched, LoginRequest, LookedUp, LookupRequest, PlatformError,
        PlatformSpec, Platforms, Revocation, SocialPlatform,
    },
    service::{Service, tokens::open},
    simulator::{Draft, NewAccount},
};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};
use url::Url;

const SECOND: &str = "urn:li:organization:7000001";

/// LinkedIn, were its pages read with tokens of their own, as Facebook's are: all but one's.
struct WithPageTokens {
    linkedin: Arc<dyn SocialPlatform>,
    /// Reads with the login's tokens.
    without: &'static str,
    fails: AtomicBool,
    revoked: AtomicUsize,
    /// Tells whether the connection's row is free: no transaction may be open over a call.
    database: tokio_postgres::Client,
}

#[async_trait::async_trait]
impl SocialPlatform for WithPageTokens {
    fn spec(&self) -> &PlatformSpec {
        self.linkedin.spec()
    }

    fn authorize_url(&self, request: &AuthorizeRequest<'_>) -> Url {
        self.linkedin.authorize_url(request)
    }

    async fn exchange(&self, grant: &CodeGrant<'_>) -> Result<TokenSet, PlatformError> {
        self.linkedin.exchange(grant).await
    }

    async fn refresh(&self, tokens: &TokenSet, now: Timestamp) -> Result<TokenSet, PlatformError> {
        self.linkedin.refresh(tokens, now).await
    }

    async fn login(&self, request: &LoginRequest<'_>) -> Result<Login, PlatformError> {
        self.linkedin.login(request).await
    }

    async fn fetch(&self, request: &FetchRequest<'_>) -> Result<Fetched, PlatformError> {
        self.linkedin.fetch(request).await
    }

    async fn lookup(&self, request: &LookupRequest<'_>) -> Result<LookedUp, PlatformError> {
        self.linkedin.lookup(request).await
    }

    async fn revoke(&self, _: &TokenSet) -> Result<Revocation, PlatformError> {
        self.revoked.fetch_add(1, Ordering::SeqCst);
        Ok(Revocation::Done)
    }

    async fn identity_tokens(
        &self,
        login: &TokenSet,
        chosen: &[Identity],
        _: Timestamp,
    ) -> Result<HashMap<String, TokenSet>, PlatformError> {
        let free = "SELECT count(*) FROM (SELECT 1 FROM nchat_social_oauth_sessions FOR UPDATE NOWAIT) rows";
        self.database.query_one(free, &[]).await.expect("no row is locked while the platform is asked");
        if self.fails.load(Ordering::SeqCst) {
            return Err(PlatformError::Network(OutboundError::Timeout));
        }
        let own = |identity: &Identity| {
            let tokens = TokenSet {
                access_expires_at: None,
                refresh_expires_at: None,
                refresh_token: None,
                scopes: None,
                ..login.clone()
            };
            (identity.remote_id.clone(), tokens)
        };
        Ok(chosen.iter().filter(|identity| identity.remote_id != self.without).map(own).collect())
    }
}

/// A world with a second page, whose platform hands out tokens for pages.
async fn with_page_tokens(without: &'static str) -> (App, Arc<WithPageTokens>) {
    let mut app = App::start().await;
    let page = NewAccount { id: SECOND.into(), handle: "second".into(), name: "Second Example".into() };
    app.simulator.world("linkedin").expect("LinkedIn").add_account(page).expect("a page");
    let linkedin = app.service.platforms.get(Platform::Linkedin).expect("LinkedIn").clone();
    let platform = Arc::new(WithPageTokens {
        linkedin,
        without,
        fails: AtomicBool::new(false),
        revoked: AtomicUsize::new(0),
        database: app.database.client().await,
    });
    let mut platforms = Platforms::default();
    platforms.insert(platform.clone());
    let service = Service { platforms, ..app.service.clone() };
    app.use_service(service);
    (app, platform)
}

async fn up_to_the_choice(app: &App) -> String {
    let (cookie, back) = to_the_door(app, Platform::Linkedin).await;
    let end = arrive(app, &back, Some(&cookie)).await;
    query(&end, "choose").unwrap_or_else(|| panic!("a choice, not {end}"))
}

async fn choose(app: &App, connection: &str, ids: &[&str]) -> Value {
    let document = "mutation ($i: SocialChooseIdentitiesInput!) { socialChooseIdentities(input: $i) \
                    { status message accounts { id account_id token_expires_at } } }";
    let input = json!({"connection_id": connection, "identity_ids": ids});
    app.ask(document, json!({ "i": input })).await["socialChooseIdentities"].clone()
}

fn id_of(accounts: &Value, page: &str) -> uuid::Uuid {
    let account = accounts.as_array().expect("a list").iter().find(|account| account["account_id"] == page);
    account.and_then(|account| account["id"].as_str()?.parse().ok()).expect("the page's account")
}

#[tokio::test]
async fn each_page_has_its_own_token_where_the_platform_has_one() {
    let (app, platform) = with_page_tokens(SECOND).await;
    let connection = up_to_the_choice(&app).await;
    let chosen = choose(&app, &connection, &[LINKEDIN_PAGE, SECOND]).await;
    assert_eq!(chosen["status"], "connected", "{chosen:#}");
    let (own, shared) = (id_of(&chosen["accounts"], LINKEDIN_PAGE), id_of(&chosen["accounts"], SECOND));
    let rows =
        app.chat.value("SELECT subject, subject_name, scopes FROM nchat_social_credentials ORDER BY subject").await;
    assert_eq!((&rows[0]["subject"], &rows[0]["subject_name"]), (&json!(LINKEDIN_PAGE), &json!("Acme Example")));
    assert_eq!(rows[1]["subject_name"], "Page Admin", "{rows:#}");
    assert_eq!((rows.as_array().map(Vec::len), &rows[0]["scopes"]), (Some(2), &rows[1]["scopes"]), "{rows:#}");

    let (own_row, login_row) = (credential(&app, own).await, credential(&app, shared).await);
    assert_ne!(own_row.id, login_row.id);
    let opened = open(&app.service.sealer, &own_row).expect("sealed to its own row");
    assert!(!opened.access_token.expose_secret().is_empty() && opened.refresh_token.is_none());
    let moved = nchat_social::store::credentials::Credential { id: login_row.id, ..own_row };
    assert!(open(&app.service.sealer, &moved).is_err(), "and to no other");
    let ends = app
        .chat
        .value(
            "SELECT account_id, token_expires_at IS NULL AS endless FROM nchat_social_accounts \
        ORDER BY account_id",
        )
        .await;
    assert_eq!(ends, json!([{"account_id": LINKEDIN_PAGE, "endless": true}, {"account_id": SECOND, "endless": false}]));

    // Both are read.
    app.poll().await;
    let world = app.simulator.world("linkedin").expect("LinkedIn");
    for page in [LINKEDIN_PAGE, SECOND] {
        world.publish(page, Draft::text(format!("From {page}"))).expect("published");
    }
    app.poll_after(20).await;
    assert_eq!(app.chat.count("SELECT count(*) FROM nchat_social_posts").await, 2);

    // Each ends by itself.
    for (account, left) in [(own, 1), (shared, 0)] {
        let message = disconnect(&app, account, None).await["message"].clone();
        assert!(message.as_str().expect("a sentence").contains("ended at LinkedIn"), "{message}");
        assert_eq!(app.chat.count("SELECT count(*) FROM nchat_social_credentials").await, left);
    }
    assert_eq!(platform.revoked.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_login_that_nothing_is_read_with_is_not_kept() {
    let (app, _) = with_page_tokens("none").await;
    let connection = up_to_the_choice(&app).await;
    choose(&app, &connection, &[LINKEDIN_PAGE, SECOND]).await;
    let subjects = app.chat.value("SELECT subject FROM nchat_social_credentials ORDER BY subject").await;
    assert_eq!(subjects, json!([{ "subject": LINKEDIN_PAGE }, { "subject": SECOND }]));

    // Reconnected, a page gets a new token in its own row; the other keeps what it has.
    let page = app.chat.value(&format!("SELECT id FROM nchat_social_accounts WHERE account_id = '{SECOND}'")).await;
    let page: uuid::Uuid = page[0]["id"].as_str().and_then(|id| id.parse().ok()).expect("an id");
    let rows = "SELECT id, subject, access_token_sealed FROM nchat_social_credentials ORDER BY subject";
    let before = app.chat.value(rows).await;
    let document = "mutation ($i: SocialReconnectAccountInput!) { socialReconnectAccount(input: $i) { url } }";
    let started = app.ask(document, json!({"i": {"account_id": page}})).await["socialReconnectAccount"].clone();
    let answer = super::get(&app, &super::below_origin(started["url"].as_str().expect("an address")), &[]).await;
    let cookie = answer.header("set-cookie").split(';').next().expect("a cookie").to_owned();
    let back = crate::app::world::consent(&answer.location()).await;
    let end = arrive(&app, &back, Some(&cookie)).await;
    assert_eq!(query(&end, "success").as_deref(), Some("linkedin_connected"));
    let after = app.chat.value(rows).await;
    assert_eq!(after[0], before[0], "the other page's");
    assert_eq!((&after[1]["id"], &after[1]["subject"]), (&before[1]["id"], &json!(SECOND)));
    assert_ne!(after[1]["access_token_sealed"], before[1]["access_token_sealed"]);
    assert_eq!(app.poll().await, 2);
}

#[tokio::test]
async fn a_platform_that_hands_out_no_tokens_lets_the_choice_be_repeated() {
    let (app, platform) = with_page_tokens("none").await;
    let connection = up_to_the_choice(&app).await;
    platform.fails.store(true, Ordering::SeqCst);
    let refused = choose(&app, &connection, &[LINKEDIN_PAGE]).await;
    assert_eq!((&refused["status"], &refused["accounts"]), (&json!("platform_failed"), &json!([])), "{refused:#}");
    super::assert_nothing_stored(&app).await;
    platform.fails.store(false, Ordering::SeqCst);
    assert_eq!(choose(&app, &connection, &[LINKEDIN_PAGE]).await["status"], "connected");
    assert_eq!(platform.revoked.load(Ordering::SeqCst), 0, "the grant waits for the next choice");
}

/// The list of a member's roles comes in pages of a hundred.
#[tokio::test]
async fn every_page_of_a_member_with_many_is_offered_however_its_key_is_spelled() {
    for key in ["organization", "organizationTarget", "organizationalTarget"] {
        let app = App::start().await;
        let world = app.simulator.world("linkedin").expect("LinkedIn");
        for number in 0..119 {
            let id = format!("urn:li:organization:{}", 8_000_000 + number);
            let page = NewAccount { id, handle: format!("page-{number}"), name: format!("Page {number}") };
            world.add_account(page).expect("a page");
        }
        switch(&app, Platform::Linkedin, "acl_key", key);
        let connection = up_to_the_choice(&app).await;
        assert_eq!(calls(&app, "linkedin", "GET", "/rest/organizationAcls"), 2, "{key}");
        let document = "query ($id: uuid!) { socialConnection(id: $id) { identities { identity_id name } } }";
        let offered = app.ask(document, json!({ "id": connection })).await;
        let offered = offered["socialConnection"]["identities"].as_array().expect("identities").clone();
        assert_eq!(offered.len(), 120, "{key}");

        let last = "urn:li:organization:8000118";
        let chosen = choose(&app, &connection, &[LINKEDIN_PAGE, last]).await;
        assert_eq!(chosen["status"], "connected", "{key}: {chosen:#}");
        assert_eq!(chosen["accounts"].as_array().map(Vec::len), Some(2), "{key}");
        app.poll().await;
        world.publish(last, Draft::text("From the last page")).expect("published");
        app.poll_after(20).await;
        assert_eq!(app.chat.count("SELECT count(*) FROM nchat_social_posts").await, 1, "{key}");
    }
}
