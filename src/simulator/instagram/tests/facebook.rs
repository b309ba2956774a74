//! Facebook Login: the dialog, its tokens, the pages, and what ends them.

use super::super::{FACEBOOK_APP_ID, FACEBOOK_APP_SECRET, facebook::SCOPES};
use super::*;

const READ: &str = "instagram_basic,pages_show_list,pages_read_engagement";
const MANAGED: &str = "instagram_basic,pages_show_list,pages_read_engagement,business_management";
const PAGE_FIELDS: &str = "id,name,access_token,tasks,instagram_business_account{id,username,name}";

impl Meta {
    async fn dialog(&self, changes: &[(&str, &str)]) -> Answer {
        let usual = [
            ("client_id", FACEBOOK_APP_ID),
            ("redirect_uri", CALLBACK),
            ("response_type", "code"),
            ("scope", READ),
            ("state", "st&te"),
        ];
        let kept = usual.iter().filter(|(name, _)| changes.iter().all(|(other, _)| other != name));
        let query: Vec<_> = kept.chain(changes).copied().collect();
        self.send("GET", "/facebook/v26.0/dialog/oauth", &query).await
    }

    async fn exchange(&self, code: &str, redirect_uri: &str) -> Answer {
        let query = [
            ("client_id", FACEBOOK_APP_ID),
            ("client_secret", FACEBOOK_APP_SECRET),
            ("redirect_uri", redirect_uri),
            ("code", code),
        ];
        self.facebook("oauth/access_token", &query).await
    }

    async fn lengthen(&self, token: &str) -> Answer {
        let query = [
            ("grant_type", "fb_exchange_token"),
            ("client_id", FACEBOOK_APP_ID),
            ("client_secret", FACEBOOK_APP_SECRET),
            ("fb_exchange_token", token),
        ];
        self.facebook("oauth/access_token", &query).await
    }

    async fn short_token(&self, scope: &str) -> String {
        let code = self.dialog(&[("scope", scope), ("auto", "1")]).await.sent_back("code").expect("a code");
        self.exchange(&code, CALLBACK).await.text("access_token")
    }

    async fn long_token(&self, scope: &str) -> String {
        self.lengthen(&self.short_token(scope).await).await.text("access_token")
    }

    async fn pages(&self, token: &str) -> Vec<Value> {
        let answer = self.facebook("me/accounts", &[("access_token", token), ("fields", PAGE_FIELDS)]).await;
        answer.body["data"].as_array().unwrap_or_else(|| panic!("{}", answer.body)).clone()
    }

    /// The first account's page token.
    async fn page_token(&self, user: &str) -> String {
        let pages = self.pages(user).await;
        let page = pages.iter().find(|page| page["instagram_business_account"]["id"] == FIRST).expect("its page");
        page["access_token"].as_str().expect("a page token").to_owned()
    }

    async fn media(&self, token: &str, account: &str) -> Answer {
        self.facebook(&format!("{account}/media"), &[("access_token", token), ("fields", "id,caption")]).await
    }

    async fn debug(&self, token: &str) -> Value {
        let app = format!("{FACEBOOK_APP_ID}|{FACEBOOK_APP_SECRET}");
        let answer = self.facebook("debug_token", &[("input_token", token), ("access_token", &app)]).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.body["data"].clone()
    }
}

#[tokio::test]
async fn the_dialog_sends_back_a_code_a_refusal_or_nothing() {
    let meta = Meta::new();
    let page = meta.dialog(&[]).await;
    assert!(page.status == 200 && page.body.as_str().expect("a page").contains("instagram_basic"));
    let back = meta.dialog(&[("auto", "1")]).await;
    assert_eq!((back.status, back.sent_back("state").as_deref()), (302, Some("st&te")));
    let denied = meta.dialog(&[("decision", "deny")]).await;
    for (name, value) in
        [("error", "access_denied"), ("error_code", "200"), ("error_reason", "user_denied"), ("state", "st&te")]
    {
        assert_eq!(denied.sent_back(name).as_deref(), Some(value));
    }
    for wrong in [
        ("client_id", "sim-instagram-app"),
        ("redirect_uri", "http://chat.example.com/callback"),
        ("response_type", "token"),
        ("scope", "instagram_business_basic"),
        ("scope", ""),
    ] {
        let refused = meta.dialog(&[wrong, ("auto", "1")]).await;
        assert_eq!((refused.status, refused.headers.get("location")), (400, None), "{wrong:?}");
    }
    assert!(meta.dialog(&[("config_id", "1"), ("scope", ""), ("auto", "1")]).await.sent_back("code").is_some());
}

#[tokio::test]
async fn a_code_is_refused_with_the_subcode_of_its_fault() {
    let meta = Meta::new();
    let code = async || meta.dialog(&[("auto", "1")]).await.sent_back("code").expect("a code");
    let used = code().await;
    let answer = meta.exchange(&used, CALLBACK).await;
    assert_eq!((answer.body["token_type"].as_str(), answer.body["expires_in"].as_i64()), (Some("bearer"), Some(5400)));
    assert_eq!(meta.exchange(&used, CALLBACK).await.error(), (400, 100, Some(36_009)));
    assert_eq!(meta.exchange(&code().await, "https://chat.example.com/other").await.error(), (400, 100, Some(36_008)));
    let old = code().await;
    meta.wait(1);
    assert_eq!(meta.exchange(&old, CALLBACK).await.error(), (400, 100, Some(36_007)));
    assert_eq!(meta.exchange("guess", CALLBACK).await.error(), (400, 100, None));
    meta.switch("client_secret", "changed");
    let refused = meta.exchange(&code().await, CALLBACK).await;
    assert_eq!(refused.body["error"]["message"], "Error validating client secret.");
    meta.switch("client_secret", "known");
    meta.switch("user_token", "long");
    assert_eq!(meta.exchange(&code().await, CALLBACK).await.body["expires_in"], 5_183_999);
}

#[tokio::test]
async fn a_longer_token_may_not_say_when_it_ends_and_the_inspection_does() {
    let meta = Meta::new();
    let short = meta.short_token(READ).await;
    meta.switch("expires_in", "absent");
    let long = meta.lengthen(&short).await;
    assert_eq!(long.body["expires_in"], Value::Null);
    let long = long.text("access_token");
    let now = 1_795_348_800;
    let seen = meta.debug(&long).await;
    assert_eq!((&seen["type"], &seen["is_valid"]), (&json!("USER"), &json!(true)));
    assert_eq!(
        (&seen["expires_at"], &seen["data_access_expires_at"]),
        (&json!(now + 5_183_999), &json!(now + 90 * 86_400))
    );
    assert_eq!(seen["app_id"], FACEBOOK_APP_ID);

    let page = meta.debug(&meta.page_token(&long).await).await;
    assert_eq!((&page["type"], &page["expires_at"]), (&json!("PAGE"), &json!(0)));
    assert!(page["profile_id"].is_string());
    meta.wait(2);
    assert_eq!(meta.debug(&short).await["is_valid"], false, "its hour and a half are over");
    assert_eq!(meta.debug("guess").await["error"]["code"], 190);
    let wrong = [("input_token", &*long), ("access_token", "sim-facebook-app|guess")];
    assert_eq!(meta.facebook("debug_token", &wrong).await.error().1, 190);
    assert_eq!(meta.lengthen(&short).await.error(), (400, 190, Some(463)));
}

#[tokio::test]
async fn every_page_of_pages_is_reached_by_its_links() {
    let meta = Meta::new();
    meta.switch("lone_pages", "30");
    let token = meta.long_token(READ).await;
    let (mut names, mut query) = (Vec::new(), vec![("access_token".to_owned(), token.clone())]);
    query.push(("fields".into(), PAGE_FIELDS.into()));
    let mut asked = 0;
    loop {
        let pairs: Vec<_> = query.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let answer = meta.facebook("me/accounts", &pairs).await;
        asked += 1;
        for page in answer.body["data"].as_array().expect("pages") {
            let named = page.as_object().expect("a page");
            assert_eq!(
                named.contains_key("instagram_business_account"),
                !named["name"].as_str().unwrap().starts_with("Page without")
            );
            names.push(page["name"].clone());
        }
        let Some(next) = answer.body["paging"]["next"].as_str() else { break };
        let next = Url::parse(next).expect("a link");
        assert_eq!(next.path(), "/facebook-graph/v26.0/122000000000001/accounts");
        query = next.query_pairs().into_owned().collect();
        assert!(query.contains(&("access_token".into(), token.clone())), "a link carries the token");
    }
    assert_eq!((names.len(), asked), (32, 2), "25 at a time");
    assert_eq!(names[30], "Acme Example");
}

#[tokio::test]
async fn a_page_token_reads_its_own_account_and_dies_with_the_grant() {
    let meta = Meta::new();
    let post = meta.world.publish(FIRST, Draft::text("Hello")).expect("published");
    let user = meta.long_token(READ).await;
    let page = meta.page_token(&user).await;
    assert_eq!(meta.page_token(&user).await, page, "the same consent sees the same token");
    assert_eq!(meta.media(&page, FIRST).await.body["data"], json!([{ "id": post, "caption": "Hello" }]));
    assert_eq!(meta.media(&page, SECOND).await.error(), (400, 100, Some(33)));
    assert_eq!(meta.media(&user, SECOND).await.status, 200, "the person's own reaches all");
    let fields = [("access_token", &*page), ("fields", "id,username,media_count")];
    let profile = meta.facebook(FIRST, &fields).await.body;
    assert_eq!(profile, json!({ "id": FIRST, "username": "acme_example", "media_count": 1 }));
    let wrong = meta.facebook(FIRST, &[("access_token", &*page), ("fields", "id,account_type")]).await;
    assert!(
        wrong.body["error"]["message"]
            .as_str()
            .unwrap()
            .starts_with("(#100) Tried accessing nonexisting field (account_type)")
    );
    assert_eq!(meta.facebook(&post, &[("access_token", &*page), ("fields", "caption")]).await.body["caption"], "Hello");

    // 80 days later the person's token is over and the page's is not.
    meta.wait(80 * 24);
    assert_eq!(meta.media(&user, FIRST).await.error(), (400, 190, Some(463)));
    assert_eq!(meta.media(&page, FIRST).await.status, 200);
    meta.wait(10 * 24);
    assert_eq!(meta.media(&page, FIRST).await.error().1, 190, "90 days without the person");
    assert_eq!(meta.debug(&page).await["is_valid"], true, "though the token is valid");

    let user = meta.long_token(READ).await;
    let page = meta.page_token(&user).await;
    let path = "/facebook-graph/v26.0/me/permissions";
    let gone = meta.send("DELETE", path, &[("access_token", &user)]).await;
    assert_eq!(gone.body, json!({ "success": true }));
    for token in [&user, &page] {
        let refused = meta.media(token, FIRST).await;
        assert_eq!(refused.error(), (400, 190, Some(458)));
        assert!(refused.headers["www-authenticate"].to_str().unwrap().contains("invalid_token"));
    }
}

#[tokio::test]
async fn a_page_token_seen_by_a_short_lived_one_ends_with_it() {
    let meta = Meta::new();
    let short = meta.short_token(READ).await;
    let page = meta.page_token(&short).await;
    assert_eq!(meta.media(&page, FIRST).await.status, 200);
    meta.wait(2);
    assert_eq!(meta.media(&page, FIRST).await.error(), (400, 190, Some(463)));
}

#[tokio::test]
async fn a_page_missing_from_the_list_is_in_the_granular_scopes_and_in_the_portfolio() {
    let meta = Meta::new();
    meta.switch("hidden_pages", SECOND);
    let user = meta.long_token(MANAGED).await;
    assert_eq!(meta.pages(&user).await.len(), 1);
    let seen = meta.debug(&user).await;
    let targets = |scope: &str| -> Vec<String> {
        let scopes = seen["granular_scopes"].as_array().expect("granular scopes");
        let entry = scopes.iter().find(|entry| entry["scope"] == scope).expect("the scope");
        serde_json::from_value(entry["target_ids"].clone()).expect("ids")
    };
    assert_eq!(targets("instagram_basic"), [FIRST, SECOND]);
    let pages = targets("pages_show_list");
    assert_eq!(pages.len(), 2);
    let query = [("access_token", &*user), ("fields", "id,name,access_token,instagram_business_account")];
    let hidden = meta.facebook(&pages[1], &query).await.body;
    assert_eq!((&hidden["name"], &hidden["instagram_business_account"]["id"]), (&json!("Acme Labs"), &json!(SECOND)));
    assert_eq!(meta.media(hidden["access_token"].as_str().expect("its token"), SECOND).await.status, 200);
    let tasks = [("access_token", &*user), ("fields", "id,tasks")];
    assert_eq!(meta.facebook(&pages[1], &tasks).await.error().1, 100, "tasks are in the list alone");

    let businesses = meta.facebook("me/businesses", &[("access_token", &user)]).await.body;
    let business = businesses["data"][0]["id"].as_str().expect("a portfolio");
    let owned = meta.facebook(&format!("{business}/owned_pages"), &query).await.body;
    assert_eq!(owned["data"].as_array().map(Vec::len), Some(2));
    let without = meta.long_token(READ).await;
    assert_eq!(meta.facebook("me/businesses", &[("access_token", &without)]).await.error().1, 200);
    meta.switch("granular", "absent");
    assert!(meta.debug(&user).await["granular_scopes"][0].get("target_ids").is_none());
}

#[tokio::test]
async fn roles_and_scopes_that_are_lost_show() {
    let meta = Meta::new();
    let user = meta.long_token(READ).await;
    let page = meta.page_token(&user).await;
    meta.switch("tokenless_pages", SECOND);
    let pages = meta.pages(&user).await;
    assert_eq!((pages.len(), pages[1].get("access_token")), (2, None));

    meta.switch("lost_pages", FIRST);
    assert_eq!(meta.media(&page, FIRST).await.error(), (400, 190, Some(492)));
    assert_eq!(meta.pages(&user).await.len(), 1);
    assert!(!meta.world.grants()[0].alive && meta.world.grants()[1].alive);
    meta.switch("lost_pages", "none");
    assert_eq!(meta.media(&page, FIRST).await.status, 200);

    meta.world.withdraw(FIRST, "instagram_basic").expect("an account");
    assert_eq!(meta.media(&page, FIRST).await.error(), (400, 10, None));
    let granted = meta.facebook("me/permissions", &[("access_token", &user)]).await.body;
    assert_eq!(granted["data"][0], json!({ "permission": "instagram_basic", "status": "declined" }));
    meta.switch("untick", "pages_show_list");
    assert!(meta.pages(&meta.long_token(READ).await).await.is_empty());
    meta.world.revoke(FIRST).expect("an account");
    assert_eq!(meta.media(&page, FIRST).await.error(), (400, 190, Some(458)));
}

#[tokio::test]
async fn a_proof_is_demanded_where_required_and_checked_always() {
    let meta = Meta::new();
    let token = meta.long_token(READ).await;
    let me = async |proof: Option<&str>| {
        let query = [("access_token", &*token), ("appsecret_proof", proof.unwrap_or_default())];
        meta.facebook("me", &query[..if proof.is_some() { 2 } else { 1 }]).await
    };
    let proof = super::super::facebook::proof(FACEBOOK_APP_SECRET, &token);
    assert_eq!(me(None).await.status, 200);
    assert_eq!(me(Some("00")).await.body["error"]["type"], "GraphMethodException");
    meta.switch("proof", "required");
    let missing = me(None).await.body;
    assert_eq!(missing["error"]["message"], "API calls from the server require an appsecret_proof argument");
    assert_eq!(me(Some(&proof)).await.body, json!({ "id": "122000000000001", "name": "Page Admin" }));
    assert_eq!(meta.debug(&token).await["is_valid"], true, "the app's own token needs none");
}

#[tokio::test]
async fn every_scope_can_be_asked_for() {
    let meta = Meta::new();
    let token = meta.long_token(&SCOPES.join(" ")).await;
    assert_eq!(meta.debug(&token).await["scopes"].as_array().map(Vec::len), Some(SCOPES.len()));
    let outdated = meta.send("GET", "/facebook-graph/v18.0/me", &[("access_token", &token)]).await;
    assert_eq!(outdated.headers["facebook-api-version"], "v21.0");
    assert_eq!(meta.facebook("me", &[]).await.error().1, 2500);
    let unknown = meta.send("GET", "/facebook-graph/v99.0/me", &[("access_token", &token)]).await;
    assert_eq!(unknown.body["error"]["message"], "Unknown path components: /me");
}
