//! A post goes through the schema's door unchanged.

use super::{input::SocialPostInput, *};
use crate::{
    domain::{
        Author, Cursor, Engagement, Media, MediaKind, Post, Quoted, Relation, Timestamp,
        plan::{Import, Look},
    },
    graphql::tests::nobody_answers,
    service::{import::ImportPosts, limits::NextPoll},
};
use async_graphql::{InputType, Response, Value};
use proptest::{collection::vec, option, prelude::*};
use serde_json::json;
use uuid::Uuid;

fn author() -> impl Strategy<Value = Author> {
    (".{0,20}", option::of("[a-z0-9_]{1,15}"), option::of("https://x/[a-z]{0,9}"), option::of("https://p/[a-z]{0,9}"))
        .prop_map(|(name, handle, url, avatar_url)| Author { name, handle, url, avatar_url })
}

fn quoted() -> impl Strategy<Value = Quoted> {
    (author(), ".{0,40}", "https://x/[a-z]{0,9}").prop_map(|(author, text, url)| Quoted { author, text, url })
}

fn media() -> impl Strategy<Value = Media> {
    let kind = prop_oneof![Just(MediaKind::Image), Just(MediaKind::Video), Just(MediaKind::Gif)];
    (kind, "https://m/[a-z]{0,9}", option::of("https://t/[a-z]{0,9}"), option::of(".{0,20}"))
        .prop_map(|(kind, url, thumbnail_url, alt_text)| Media { kind, url, thumbnail_url, alt_text })
}

fn engagement() -> impl Strategy<Value = Engagement> {
    vec(option::of(0..=i64::MAX.unsigned_abs()), 7).prop_map(|n| Engagement {
        likes: n[0],
        retweets: n[1],
        replies: n[2],
        shares: n[3],
        comments: n[4],
        quotes: n[5],
        views: n[6],
    })
}

prop_compose! {
    fn post()(
        (post_id, version_id, url, text) in ("[0-9]{1,19}", "[0-9]{1,19}", "https://x/[0-9]{1,9}", "(?s).{0,80}"),
        (author, reposted_by, quoted) in (author(), option::of(author()), option::of(quoted())),
        (media, hashtags, mentions) in (vec(media(), 0..5), vec(".{1,10}", 0..4), vec(".{1,10}", 0..4)),
        (engagement, repost, reply, quote) in (engagement(), any::<bool>(), any::<bool>(), any::<bool>()),
        micros in 0_i64..4_000_000_000_000_000, sensitive in any::<bool>(),
    ) -> Post {
        Post {
            post_id, version_id, url, text, author, reposted_by, quoted, media, hashtags, mentions, engagement,
            relation: Relation { repost, reply, quote },
            posted_at: Timestamp::from_timestamp_micros(micros).unwrap(),
            sensitive,
        }
    }
}

proptest! {
    #[test]
    fn a_posts_own_json_is_its_input(post in post()) {
        let value = Value::from_json(serde_json::to_value(&post).unwrap()).unwrap();
        let input = <SocialPostInput as InputType>::parse(Some(value)).map_err(|e| e.into_server_error(Default::default()));
        prop_assert_eq!(Post::from(input.unwrap()), post);
    }
}

fn import() -> ImportPosts {
    let at: Timestamp = "2026-11-22T12:00:00.5Z".parse().unwrap();
    ImportPosts {
        tenant: "primary".into(),
        account_id: Uuid::from_u128(1),
        lease_id: Uuid::from_u128(2),
        import_type: "scheduled".into(),
        started_at: at,
        import: Import {
            looked_up: vec![Look { post_id: "7".into(), engagement: Engagement::default() }],
            gone: vec!["8".into()],
            baseline: true,
            ..Import::default()
        },
        fetched: 0,
        cursor: Some(Cursor(json!({"since_id": "1"}))),
        next: NextPoll { at, reason: "interval", hold_until: None },
        notices: vec!["Something was left out.".into()],
    }
}

#[tokio::test]
async fn the_workers_document_is_valid_and_a_database_that_is_away_is_named() {
    let schema = nobody_answers();
    let fault = read_import(schema.execute(import_request(&import())).await).unwrap_err();
    assert!(matches!(&fault, ImportFault::Failed { code, .. } if code == "UNAVAILABLE"), "{fault}");
}

#[test]
fn answers_are_read_as_what_they_say() {
    let log = json!({
        "id": Uuid::from_u128(9), "status": "completed", "code": null, "posts_fetched": 3, "posts_imported": 2,
        "posts_filtered": 1, "posts_posted": 1, "posts_waiting": 0, "messages_posted": 2, "errors": ["x"]
    });
    let response = |payload| Response::new(Value::from_json(json!({ "socialImportPosts": payload })).unwrap());
    let answer = read_import(response(json!({ "status": "imported", "log": log }))).unwrap();
    assert!(matches!(answer, ImportAnswer::Imported(log) if log.posts_fetched == 3 && log.messages_posted == 2));
    let answer = read_import(response(json!({ "status": "lease_lost", "log": null }))).unwrap();
    assert_eq!(answer, ImportAnswer::LeaseLost);
    assert!(matches!(read_import(response(json!({ "status": "odd" }))), Err(ImportFault::Unreadable(_))));
    assert!(matches!(read_import(Response::new(Value::Null)), Err(ImportFault::Unreadable(_))));
}
