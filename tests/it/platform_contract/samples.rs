//! Recorded answers: served by the simulator's world they must become the same posts as when they are served as they are.

use super::bench::{Bench, CALLBACK, IsExpected, Reader, media};
use crate::app::world::{INSTAGRAM_ACCOUNT, LINKEDIN_PAGE, account_of};
use nchat_social::{
    domain::{Clock, Engagement, Platform, Post},
    platforms::{LimitScope, PlatformError, Skipped, Want},
    simulator::{Draft, Fault, FaultKind},
};
use secrecy::ExposeSecret;
use serde_json::Value;

macro_rules! sample {
    ($path:literal) => {
        serde_json::from_str::<Value>(include_str!(concat!("../../fixtures/", $path))).expect($path)
    };
}

const ALL: Want = Want::Baseline { newest: 50 };

fn posts_path(platform: Platform) -> &'static str {
    match platform {
        Platform::Twitter => "/2/users/",
        Platform::Linkedin => "/rest/posts",
        // The version is part of the path.
        Platform::Instagram => "/",
    }
}

fn serve(reader: &Reader, status: u16, body: Value) {
    let kind = FaultKind::Status { status, headers: Default::default(), body };
    let platform = reader.bench.platform;
    let fault = Fault::new(platform.as_str(), posts_path(platform), kind).times(1);
    reader.bench.simulator.fault(fault).expect("a fault");
}

/// What the account, not the page, decides (counters are LinkedIn's other calls, signed links are new each time).
fn comparable(mut post: Post) -> Post {
    post.engagement = Engagement::default();
    for media in &mut post.media {
        for link in [Some(&mut media.url), media.thumbnail_url.as_mut()].into_iter().flatten() {
            link.truncate(link.find('?').unwrap_or(link.len()));
        }
    }
    post
}

#[tokio::test]
async fn a_recorded_page_reads_the_same_from_the_world() {
    for (platform, page) in [
        (Platform::Twitter, sample!("twitter/timeline_tweet_words.json")),
        (Platform::Twitter, sample!("twitter/timeline_post_words.json")),
        (Platform::Instagram, sample!("instagram/media-page-last.json")),
        (Platform::Linkedin, sample!("linkedin/posts-finder-page1.json")),
    ] {
        let reader = Reader::connected(platform).await;
        let account = account_of(platform);
        let loaded = reader.bench.world().load(account, &page).unwrap_or_else(|why| panic!("{platform}: {why}"));
        serve(&reader, 200, page.clone());
        let direct = reader.try_read(ALL).await.unwrap_or_else(|error| panic!("{platform}: {error}"));
        let read = reader.try_read(ALL).await.unwrap_or_else(|error| panic!("{platform}: {error}"));
        assert_eq!(direct.posts.len() + direct.skipped.len(), loaded, "{platform}: {:?}", direct.notices);
        assert!(!direct.posts.is_empty(), "{platform}");
        let sorted = |posts: Vec<Post>| {
            let mut posts: Vec<Post> = posts.into_iter().map(comparable).collect();
            posts.sort_by(|a, b| a.post_id.cmp(&b.post_id));
            posts
        };
        if platform != Platform::Linkedin {
            let counted = |posts: &[Post]| posts.iter().map(|post| post.engagement.total()).sum::<u64>();
            assert_eq!(counted(&direct.posts), counted(&read.posts), "{platform}: counters");
        }
        for (direct, read) in sorted(direct.posts).into_iter().zip(sorted(read.posts)) {
            assert_eq!(direct, read, "{platform}");
        }
        let reasons = |skipped: &[Skipped]| {
            let mut told: Vec<_> = skipped.iter().map(|skip| (skip.post_id.clone(), skip.reason)).collect();
            told.sort();
            told
        };
        assert_eq!(reasons(&direct.skipped), reasons(&read.skipped), "{platform}");
    }
}

#[tokio::test]
async fn the_last_page_of_linkedin_is_no_fault() {
    let reader = Reader::connected(Platform::Linkedin).await;
    serve(&reader, 200, sample!("linkedin/posts-finder-last.json"));
    let fetched = reader.try_read(ALL).await.expect("an empty page");
    assert!(fetched.posts.is_empty() && fetched.cursor.is_some());
    // A draft is not for the channel.
    let draft = sample!("linkedin/post-draft.json");
    serve(&reader, 200, serde_json::json!({"elements": [draft], "paging": {"start": 0, "count": 10, "links": []}}));
    let fetched = reader.try_read(ALL).await.expect("a page");
    assert!(fetched.posts.is_empty(), "{:?}", fetched.posts);
    assert_eq!(fetched.skipped.len(), 1);
}

#[tokio::test]
async fn recorded_refusals_of_instagram_have_their_class() {
    let table: [(Value, IsExpected); 4] = [
        (sample!("instagram/error-190-expired.json"), |e| matches!(e, PlatformError::TokenRejected { .. })),
        (sample!("instagram/error-80002.json"), |e| {
            matches!(e, PlatformError::RateLimited { scope: LimitScope::Account, until: Some(_), .. })
        }),
        (sample!("instagram/error-nonexistent-field.json"), |e| matches!(e, PlatformError::Unreadable { .. })),
        (sample!("instagram/error-unsupported-request.json"), |e| matches!(e, PlatformError::MissingScope { .. })),
    ];
    for (body, is_expected) in table {
        let reader = Reader::connected(Platform::Instagram).await;
        serve(&reader, 400, body.clone());
        let error = reader.try_read(ALL).await.expect_err("a refusal");
        assert!(is_expected(&error), "{body}: {error:?}");
    }
}

/// Serves `body` for every call under `path`.
fn always(bench: &Bench, path: &str, status: u16, body: Value) {
    let kind = FaultKind::Status { status, headers: Default::default(), body };
    bench.simulator.fault(Fault::new(bench.platform.as_str(), path, kind)).expect("a fault");
}

#[tokio::test]
async fn recorded_answers_of_linkedin_connect_and_show_pictures() {
    let bench = Bench::new(Platform::Linkedin).await;
    let (first, second) = (bench.code().await, bench.code().await);
    let token = "/oauth/v2/accessToken";
    always(&bench, token, 200, sample!("linkedin/token-no-refresh.json"));
    let tokens = bench.exchange(&first, CALLBACK).await.expect("tokens");
    assert!(tokens.refresh_token.is_none() && tokens.refresh_expires_at.is_none());
    bench.simulator.clear_faults();
    always(&bench, token, 200, sample!("linkedin/token.json"));
    let tokens = bench.exchange(&second, CALLBACK).await.expect("tokens");
    let scopes = ["r_basicprofile", "r_organization_social", "rw_organization_admin"].map(str::to_owned);
    assert_eq!(tokens.scopes.as_deref(), Some(&scopes[..]));
    let lives = |end: Option<nchat_social::domain::Timestamp>| end.map(|end| (end - bench.clock.now()).num_days());
    assert_eq!((lives(tokens.access_expires_at), lives(tokens.refresh_expires_at)), (Some(59), Some(365)));

    always(&bench, "/v2/me", 200, sample!("linkedin/me.json"));
    always(&bench, "/v2/userinfo", 200, sample!("linkedin/userinfo.json"));
    always(&bench, "/v2/organization", 404, Value::Null);
    always(&bench, "/rest/organizationAcls", 200, sample!("linkedin/organizationAcls.json"));
    always(&bench, "/rest/organization", 200, sample!("linkedin/organization.json"));
    let login = bench.login(&tokens).await;
    assert_eq!((&*login.subject, &*login.subject_name), ("urn:li:person:aBcD_12-3", "Ada Example"));
    let pages: Vec<&str> = login.identities.iter().map(|identity| identity.remote_id.as_str()).collect();
    assert_eq!(pages, ["urn:li:organization:5590506", "urn:li:organizationBrand:106536255"]);
    assert_eq!(login.identities[0].profile.name, "Acme Robotics");
    assert_eq!(login.identities[0].profile.handle.as_deref(), Some("acme-robotics"));

    always(&bench, "/rest/posts", 200, sample!("linkedin/posts-finder-page1.json"));
    always(&bench, "/rest/images", 200, sample!("linkedin/images-batch.json"));
    always(&bench, "/rest/videos", 404, Value::Null);
    always(&bench, "/rest/socialMetadata", 404, Value::Null);
    let fetched = bench.read_with(&tokens.access_token, &login.identities[0], ALL, None).await.expect("posts");
    let links: Vec<&str> = fetched.posts.iter().flat_map(|post| &post.media).map(|media| media.url.as_str()).collect();
    assert_eq!(links, ["https://media.licdn.com/dms/image/v2/x?e=1796860800&v=beta&t=FAKE"], "one of a batch is gone");
}

#[tokio::test]
async fn recorded_answers_of_instagram_connect() {
    for code_answer in
        [sample!("instagram/token-code-exchange-flat.json"), sample!("instagram/token-code-exchange-wrapped.json")]
    {
        let bench = Bench::new(Platform::Instagram).await;
        let code = bench.code().await;
        always(&bench, "/oauth/access_token", 200, code_answer);
        always(&bench, "/graph/refresh_access_token", 200, sample!("instagram/token-refresh.json"));
        always(&bench, "/graph/access_token", 200, sample!("instagram/token-long-lived.json"));
        let tokens = bench.exchange(&code, CALLBACK).await.expect("tokens");
        assert_eq!(tokens.access_token.expose_secret(), "IGAAfakeLong");
        assert_eq!(tokens.scopes.as_deref(), Some(&["instagram_business_basic".to_owned()][..]));
        let renewed = bench.client.refresh(&tokens, bench.clock.now()).await.expect("renewed");
        assert_eq!(renewed.access_token.expose_secret(), "IGAAfakeLong2");
        assert!(renewed.access_expires_at > tokens.access_expires_at);
        for (me, name) in [
            (sample!("instagram/me-flat.json"), "Acme Example"),
            (sample!("instagram/me-wrapped.json"), "acme_example"),
        ] {
            bench.simulator.clear_faults();
            always(&bench, "/graph", 200, me);
            let login = bench.login(&tokens).await;
            let identity = &login.identities[0];
            assert_eq!(identity.remote_id, "17841400000000001");
            assert_eq!(identity.callback_id.as_deref(), Some("27561000000000001"));
            assert_eq!(identity.profile.name, name);
        }
    }
    let bench = Bench::new(Platform::Instagram).await;
    let code = bench.code().await;
    always(&bench, "/oauth/access_token", 400, sample!("instagram/token-code-exchange-error.json"));
    let refused = bench.exchange(&code, CALLBACK).await;
    assert!(matches!(refused, Err(PlatformError::Refused { .. })), "{refused:?}");
}

/// Two shapes of the same answers are documented or were seen; all must do.
#[tokio::test]
async fn every_known_shape_of_instagrams_answers_connects() {
    for (name, value) in [
        ("token_form", "wrapped"),
        ("user_id", "string"),
        ("token_user_id", "professional"),
        ("permissions", "string"),
        ("me_form", "wrapped"),
        ("me_user_id", "number"),
        ("content_type", "javascript"),
        ("usage_headers", "both"),
        ("usage_headers", "none"),
        ("subcode", "facebook"),
    ] {
        let bench = Bench::new(Platform::Instagram).await;
        bench.switch(name, value);
        let tokens = bench.grant().await;
        let identity = bench.login(&tokens).await.identities.remove(0);
        assert_eq!(identity.remote_id, INSTAGRAM_ACCOUNT, "{name} {value}");
        bench.publish(Draft::text("Hello"));
        let fetched = bench.read_with(&tokens.access_token, &identity, ALL, None).await;
        assert_eq!(fetched.map(|fetched| fetched.posts.len()), Ok(1), "{name} {value}");
    }
}

#[tokio::test]
async fn every_known_shape_of_linkedins_answers_connects() {
    for (name, value) in [
        ("acl_key", "organizationTarget"),
        ("acl_key", "organizationalTarget"),
        ("locale", "string"),
        ("token_length", "1500"),
        ("role", "CONTENT_ADMIN"),
        ("role", "CONTENT_ADMINISTRATOR"),
        ("tier", "development"),
        ("links", "absolute"),
    ] {
        let bench = Bench::new(Platform::Linkedin).await;
        bench.switch(name, value);
        let tokens = bench.grant().await;
        let identity = bench.login(&tokens).await.identities.remove(0);
        assert_eq!(identity.remote_id, LINKEDIN_PAGE, "{name} {value}");
        let pictures = vec![media("image"), media("image")];
        bench.publish(Draft { media: pictures, ..Draft::text("Hello") });
        let fetched = bench.read_with(&tokens.access_token, &identity, ALL, None).await.expect("a page");
        assert_eq!(fetched.posts.len(), 1, "{name} {value}");
        assert_eq!(fetched.posts[0].media.len(), 2, "{name} {value}: {:?}", fetched.notices);
    }
}
