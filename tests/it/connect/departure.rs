//! Until the browser is at the platform: who may, what is asked for, tickets, the cookie.

use super::{below_origin, get, last_connection, send, start_connection, to_the_door};
use crate::app::{
    App, JWT_KEY, SHARED_SECRET,
    world::{arrive, consent, depart, query, web},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::Duration;
use hmac::{Hmac, KeyInit, Mac};
use nchat_social::{config::WebConfig, domain::Platform, web};
use serde_json::{Value, json};
use sha2::Sha256;
use std::{collections::BTreeSet, sync::Arc};

const HTML: (&str, &str) = ("accept", "text/html,application/xhtml+xml,*/*;q=0.8");
const ADMIN: [(&str, &str); 2] = [("x-nchat-social-secret", SHARED_SECRET), ("x-hasura-role", "admin")];

/// What each platform is asked for: to read, and nothing else.
fn asked_for(platform: Platform) -> BTreeSet<&'static str> {
    BTreeSet::from_iter(match platform {
        Platform::Twitter => ["tweet.read", "users.read", "offline.access"].as_slice(),
        Platform::Instagram => &["instagram_business_basic"],
        Platform::Linkedin => {
            &["r_organization_social", "r_organization_social_feed", "rw_organization_admin", "r_basicprofile"]
        }
    })
    .into_iter()
    .copied()
    .collect()
}

#[tokio::test]
async fn defect_22_each_platform_connects_with_the_scopes_that_reading_needs() {
    let app = App::start().await;
    for platform in Platform::ALL {
        let (_, page) = depart(&app, platform).await;
        let scopes = query(&page, "scope").expect("scopes");
        let asked: BTreeSet<&str> = scopes.split([' ', ',']).collect();
        assert_eq!(asked, asked_for(platform), "{platform}");

        app.connect_one(platform).await;
        let rows =
            app.chat.value(&format!("SELECT * FROM nchat_social_credentials WHERE platform = '{platform}'")).await;
        let granted: BTreeSet<&str> =
            rows[0]["scopes"].as_array().expect("scopes").iter().filter_map(Value::as_str).collect();
        assert_eq!(granted, asked_for(platform), "{platform}: what was granted is stored");

        let connection = last_connection(&app).await;
        assert_eq!(connection["status"], "connected", "{platform}");
        for column in ["ticket_hash", "state_hash", "browser_hash", "verifier_sealed", "login_sealed"] {
            assert!(connection[column].is_null(), "{platform}: {column} is kept");
        }
    }
}

#[tokio::test]
async fn defect_15_pkce_is_s256_with_a_new_verifier_each_time_and_for_x_alone() {
    let app = App::start().await;
    let mut challenges = BTreeSet::new();
    for _ in 0..2 {
        let (_, page) = depart(&app, Platform::Twitter).await;
        assert_eq!(query(&page, "code_challenge_method").as_deref(), Some("S256"));
        assert!(!page.as_str().contains("plain"), "{page}");
        let challenge = query(&page, "code_challenge").expect("a challenge");
        assert_eq!(URL_SAFE_NO_PAD.decode(&challenge).expect("base64url").len(), 32, "a SHA-256");
        challenges.insert(challenge);
    }
    assert_eq!(challenges.len(), 2);
    for platform in [Platform::Instagram, Platform::Linkedin] {
        let (_, page) = depart(&app, platform).await;
        assert!(page.query_pairs().all(|(name, _)| !name.contains("challenge")), "{page}");
    }

    // The verifier is what the platform checks: one that belongs to another connection does not even open.
    let (cookie, back) = to_the_door(&app, Platform::Twitter).await;
    app.chat
        .script(
            "UPDATE nchat_social_oauth_sessions s SET verifier_sealed = o.verifier_sealed \
             FROM nchat_social_oauth_sessions o WHERE o.id <> s.id AND o.verifier_sealed IS NOT NULL",
        )
        .await;
    let end = arrive(&app, &back, Some(&cookie)).await;
    assert_eq!(query(&end, "error").as_deref(), Some("internal"), "{end}");
    super::assert_nothing_stored(&app).await;
}

#[tokio::test]
async fn a_ticket_opens_once_at_its_platform_and_for_ten_minutes() {
    let app = App::start().await;
    let bad = async |uri: &str| {
        let answer = get(&app, uri, &[]).await;
        (answer.status, answer.json()["error"].as_str().unwrap_or_default().to_owned())
    };
    let refused = (400, "bad_ticket".to_owned());

    let started = start_connection(&app, Platform::Twitter, None).await;
    assert_eq!(started["status"], "started");
    let uri = below_origin(started["url"].as_str().expect("an address"));
    assert_eq!(bad(&uri.replace("twitter", "linkedin")).await, refused, "another platform");
    assert_eq!(bad("/api/social/twitter/auth?ticket=guessed").await, refused);

    // No header, no session: the ticket is the proof. The refusals before have not spent it.
    let answer = get(&app, &uri, &[]).await;
    assert_eq!(answer.status, 302);
    let cookie = answer.header("set-cookie").split(';').next().expect("a cookie").to_owned();
    assert_eq!(bad(&uri).await, refused, "a second time");
    let again = get(&app, &uri, &[HTML]).await;
    assert_eq!(again.location().as_str(), "http://127.0.0.1:9/admin/social?error=bad_ticket");
    assert_eq!(again.header("set-cookie"), "");

    let end = arrive(&app, &consent(&answer.location()).await, Some(&cookie)).await;
    assert_eq!(query(&end, "success").as_deref(), Some("twitter_connected"));
    let document = "query ($id: uuid!) { socialConnection(id: $id) { status accounts { platform } } }";
    let data = app.ask(document, json!({"id": started["connection_id"]})).await;
    assert_eq!(
        data["socialConnection"],
        json!({"status": "connected", "accounts": [{"platform": "twitter"}]}),
        "the connection that was started is the one that ended"
    );

    let started = start_connection(&app, Platform::Twitter, None).await;
    let uri = below_origin(started["url"].as_str().expect("an address"));
    app.clock.advance(Duration::minutes(10));
    assert_eq!(bad(&uri).await, refused, "after ten minutes");
    let document = "query ($id: uuid!) { socialConnection(id: $id) { status } }";
    let data = app.ask(document, json!({"id": started["connection_id"]})).await;
    assert_eq!(data["socialConnection"]["status"], "expired");
}

#[tokio::test]
async fn a_ticket_used_by_two_browsers_at_once_opens_for_one() {
    let app = App::start().await;
    let started = start_connection(&app, Platform::Instagram, None).await;
    let uri = below_origin(started["url"].as_str().expect("an address"));
    let (one, two) = tokio::join!(get(&app, &uri, &[]), get(&app, &uri, &[]));
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [302, 400]);
}

#[tokio::test]
async fn the_cookie_is_for_this_platforms_routes_and_no_script() {
    let app = App::start().await;
    let answer = get(&app, "/api/social/twitter/auth", &ADMIN).await;
    assert_eq!(answer.status, 302);
    let cookie = answer.header("set-cookie");
    let (pair, attributes) = cookie.split_once("; ").expect("attributes");
    assert_eq!(attributes, "Path=/api/social/twitter; HttpOnly; SameSite=Lax; Max-Age=600");
    assert_eq!(pair.strip_prefix("nchat_social_connect=").expect("the cookie").len(), 43, "256 random bits");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("referrer-policy"), "no-referrer");
    let state = query(&answer.location(), "state").expect("a state");
    assert!(!cookie.contains(&state), "state and cookie are two secrets");

    // Where nchat is reached by https, the cookie is too.
    let mut app = app;
    let https = WebConfig { app_url: "https://chat.example.com".parse().expect("an address"), ..web() };
    app.router = web::router(web::WebState {
        service: app.service.clone(),
        schema: app.schema.clone(),
        auth: Arc::new(crate::app::world::auth()),
        web: Arc::new(https),
        health: Arc::new(web::Health::new(false, nchat_social::domain::Clock::now(&*app.clock))),
    });
    let answer = get(&app, "/api/social/twitter/auth", &ADMIN).await;
    assert!(answer.header("set-cookie").contains("; Secure"), "{}", answer.header("set-cookie"));
}

#[tokio::test]
async fn defect_14_and_16_only_administrators_begin_a_connection() {
    let app = App::start().await;
    let (owner, member) = (app.chat.owner.to_string(), app.chat.member.to_string());
    let as_user = |id: &'static str| -> Vec<(&'static str, &'static str)> {
        vec![("x-nchat-social-secret", SHARED_SECRET), ("x-hasura-role", "user"), ("x-hasura-user-id", id)]
    };
    let (owner, member): (&'static str, &'static str) = (owner.leak(), member.leak());
    let forged = format!("Bearer {}", jwt("user", owner, "another key, 0123456789-0123456789"));
    let cases = [
        ("nobody", vec![], 401, "not_signed_in"),
        ("session headers without the secret", ADMIN[1..].to_vec(), 401, "not_signed_in"),
        ("a wrong secret", vec![("x-nchat-social-secret", "guess"), ADMIN[1]], 401, "unauthenticated"),
        ("a forged token", vec![("authorization", &forged)], 401, "unauthenticated"),
        ("an unsigned session cookie", vec![("cookie", "nchat-session={\"role\":\"owner\"}")], 401, "not_signed_in"),
        ("the secret without a session", ADMIN[..1].to_vec(), 401, "not_signed_in"),
        ("a member", as_user(member), 403, "not_admin"),
    ];
    for (who, headers, status, code) in &cases {
        let answer = get(&app, "/api/social/twitter/auth", headers).await;
        assert_eq!((answer.status, answer.json()["error"].as_str()), (*status, Some(*code)), "{who}");
        assert_eq!((answer.header("set-cookie"), answer.header("location")), ("", ""), "{who}");

        let mut browser = headers.clone();
        browser.push(HTML);
        let answer = get(&app, "/api/social/twitter/auth", &browser).await;
        let page = format!("http://127.0.0.1:9/admin/social?error={code}");
        assert_eq!((answer.status, answer.header("location")), (302, &*page), "{who}, in a browser");
    }
    assert_eq!(app.chat.count("SELECT count(*) FROM nchat_social_oauth_sessions").await, 0);

    // nchat's browser asks as `user` whatever the person is; the workspace's own table knows its owner.
    let answer = get(&app, "/api/social/twitter/auth", &as_user(owner)).await;
    assert_eq!(answer.status, 302, "{}", answer.body);
    let bearer = format!("Bearer {}", jwt("user", owner, JWT_KEY));
    let answer = get(&app, "/api/social/twitter/auth", &[("authorization", &bearer)]).await;
    assert_eq!(answer.status, 302, "{}", answer.body);
    let cookie = answer.header("set-cookie").split(';').next().expect("a cookie").to_owned();
    arrive(&app, &consent(&answer.location()).await, Some(&cookie)).await;
    let row = app.chat.value("SELECT created_by, source_account_id FROM nchat_social_accounts").await;
    assert_eq!(row, json!([{"created_by": owner, "source_account_id": "primary"}]), "defect 26: the session says who");

    let banned = "UPDATE nchat_workspace_members SET is_banned = true WHERE role = 'owner'";
    app.chat.script(banned).await;
    assert_eq!(get(&app, "/api/social/twitter/auth", &as_user(owner)).await.status, 403, "a banned owner");
}

#[tokio::test]
async fn the_browser_returns_only_to_plain_paths_of_nchat() {
    let app = App::start().await;
    for path in
        ["//evil.example", "https://evil.example", "/\\evil.example", "/a?b=c", "/a#b", "/a%0d%0ab", "", "admin"]
    {
        let encoded: String = url::form_urlencoded::byte_serialize(path.as_bytes()).collect();
        let answer = get(&app, &format!("/api/social/twitter/auth?return_path={encoded}"), &ADMIN).await;
        assert_eq!((answer.status, answer.json()["error"].as_str()), (400, Some("bad_return_path")), "{path:?}");
        let payload = start_connection(&app, Platform::Twitter, Some(path)).await;
        assert_eq!((&payload["status"], &payload["url"]), (&json!("invalid"), &Value::Null), "{path:?}");
    }
    let twice = get(&app, "/api/social/twitter/auth?return_path=/a&return_path=/b", &ADMIN).await;
    assert_eq!(twice.status, 400);

    for refuses in [false, true] {
        let answer = get(&app, "/api/social/linkedin/auth?return_path=/settings/social", &ADMIN).await;
        let cookie = answer.header("set-cookie").split(';').next().expect("a cookie").to_owned();
        super::switch(&app, Platform::Linkedin, "consent", if refuses { "cancel" } else { "ask" });
        let end = arrive(&app, &consent(&answer.location()).await, Some(&cookie)).await;
        let expected = if refuses { "error=access_denied" } else { "success=linkedin_connected" };
        assert_eq!((end.path(), end.query()), ("/settings/social", Some(expected)));
    }
}

#[tokio::test]
async fn what_looks_at_the_routes_without_getting_them_changes_nothing() {
    let app = App::start().await;
    let started = start_connection(&app, Platform::Twitter, None).await;
    let uri = below_origin(started["url"].as_str().expect("an address"));
    for method in ["HEAD", "POST", "OPTIONS"] {
        assert_eq!(send(&app, method, &uri, &ADMIN, String::new()).await.status, 405, "{method}");
    }
    assert_eq!(get(&app, &uri, &[]).await.status, 302, "the ticket is unspent");

    let (cookie, back) = to_the_door(&app, Platform::Twitter).await;
    let head = send(&app, "HEAD", &below_origin(back.as_str()), &[("cookie", &cookie)], String::new()).await;
    assert_eq!(head.status, 405);
    let end = arrive(&app, &back, Some(&cookie)).await;
    assert_eq!(query(&end, "success").as_deref(), Some("twitter_connected"), "the code is unspent");
    assert_eq!(get(&app, "/api/social/myspace/auth", &ADMIN).await.json()["error"], "unknown_platform");
}

/// A session token as nchat's sign-in makes it.
fn jwt(role: &str, user: &str, key: &str) -> String {
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let claims = json!({"https://hasura.io/jwt/claims": {
        "x-hasura-default-role": role, "x-hasura-allowed-roles": [role], "x-hasura-user-id": user,
    }});
    let signed = format!("{}.{}", part(json!({"alg": "HS256", "typ": "JWT"})), part(claims));
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).expect("any length");
    mac.update(signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}
