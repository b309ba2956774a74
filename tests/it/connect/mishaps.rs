//! What goes wrong between code and token, and the forms in which it goes right.

use super::{assert_failed, assert_nothing_stored, calls, refusal, set_up, switch};
use crate::app::{App, world::INSTAGRAM_ACCOUNT};
use nchat_social::{
    domain::Platform,
    simulator::{Fault, FaultKind},
};
use serde_json::json;

/// Where the code is exchanged.
const TOKEN_PATHS: [(Platform, &str); 3] = [
    (Platform::Twitter, "/2/oauth2/token"),
    (Platform::Instagram, "/oauth/access_token"),
    (Platform::Linkedin, "/oauth/v2/accessToken"),
];

#[tokio::test]
async fn a_wrong_client_secret_is_the_operators_matter() {
    for (platform, variable) in [
        (Platform::Twitter, "TWITTER_CLIENT_SECRET"),
        (Platform::Linkedin, "LINKEDIN_CLIENT_SECRET"),
        (Platform::Instagram, "INSTAGRAM_APP_SECRET"),
    ] {
        let mut app = App::start().await;
        set_up(&mut app, &[(variable, "not-the-secret")]);
        // Instagram answers a wrong secret and a wrong callback with the same words.
        let expected = if platform == Platform::Instagram { "refused" } else { "app_rejected" };
        assert_eq!(refusal(&app, platform).await, expected, "{platform}");
        let message = assert_failed(&app, expected).await;
        assert!(!message.contains("not-the-secret"), "{message}");
        assert!(message.contains("secret") || message.contains(variable), "{platform}: {message}");
        assert_nothing_stored(&app).await;
    }
}

#[tokio::test]
async fn an_unusable_answer_of_a_token_endpoint_connects_nothing() {
    let status = |status, body| FaultKind::Status { status, headers: Default::default(), body };
    let cases = [
        (FaultKind::Html(502), "upstream"),
        (FaultKind::Cut, "network"),
        (FaultKind::CutAfter, "network"),
        (FaultKind::TruncatedJson, "unreadable"),
        (status(200, json!({})), "unreadable"),
        (status(200, json!({"access_token": "", "expires_in": 1, "token_type": "bearer"})), "unreadable"),
        (status(500, json!({"error": "canary-provider-text"})), "upstream"),
        (status(429, json!({"error": "canary-provider-text"})), "rate_limited"),
    ];
    for (platform, path) in TOKEN_PATHS {
        let app = App::start().await;
        for (kind, expected) in &cases {
            app.simulator.fault(Fault::new(platform.as_str(), path, kind.clone())).expect("a fault");
            assert_eq!(refusal(&app, platform).await, *expected, "{platform}: {kind:?}");
            let message = assert_failed(&app, expected).await;
            assert!(!message.contains("canary") && !message.contains('<'), "{platform}: {message}");
            assert_nothing_stored(&app).await;
            app.simulator.clear_faults();
        }
        app.connect_one(platform).await;
    }
}

#[tokio::test]
async fn a_login_that_cannot_be_read_connects_nothing_and_ends_its_grant() {
    for (platform, path) in
        [(Platform::Twitter, "/2/users/me"), (Platform::Instagram, "/graph"), (Platform::Linkedin, "/rest")]
    {
        let app = App::start().await;
        app.simulator.fault(Fault::new(platform.as_str(), path, FaultKind::Html(503))).expect("a fault");
        assert_eq!(refusal(&app, platform).await, "upstream", "{platform}");
        assert_failed(&app, "upstream").await;
        assert_nothing_stored(&app).await;
        if platform == Platform::Twitter {
            assert_eq!(calls(&app, "twitter", "POST", "/2/oauth2/revoke"), 2, "both of its tokens");
        }
    }
}

#[tokio::test]
async fn instagram_connects_in_every_form_its_answers_come_in() {
    for (form, user_id) in [("flat", "number"), ("flat", "string"), ("wrapped", "number"), ("wrapped", "string")] {
        let app = App::start().await;
        for permissions in ["array", "string", "absent"] {
            for (name, value) in [
                ("token_form", form),
                ("user_id", user_id),
                ("permissions", permissions),
                ("me_form", form),
                ("me_user_id", user_id),
            ] {
                switch(&app, Platform::Instagram, name, value);
            }
            app.connect_one(Platform::Instagram).await;
            let rows = app.chat.value("SELECT account_id, account_handle FROM nchat_social_accounts").await;
            let expected = json!([{"account_id": INSTAGRAM_ACCOUNT, "account_handle": "acme_example"}]);
            assert_eq!(rows, expected, "{form}, {user_id}, {permissions}: to the last digit");
            assert_eq!(app.poll_after(1).await, 1);
            let polled = "SELECT count(*) FROM nchat_social_accounts \
                          WHERE last_poll_time IS NOT NULL AND health = 'connected'";
            assert_eq!(app.chat.count(polled).await, 1, "{form}, {user_id}, {permissions}: its token works");
        }
    }
}
