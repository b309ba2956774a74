//! What a reading brings, and what the cursor remembers.

use super::bench::{Reader, faces, texts};
use chrono::Duration;
use nchat_social::{
    domain::{Clock, Platform},
    platforms::Want,
    simulator::{Counters, Draft},
};
use std::collections::HashSet;

#[tokio::test]
async fn an_empty_account_gets_a_cursor_that_lets_nothing_old_in() {
    for platform in faces() {
        let mut reader = Reader::connected(platform).await;
        let first = reader.read(Want::Baseline { newest: 50 }).await;
        assert!(first.posts.is_empty() && first.seen_again.is_empty() && first.skipped.is_empty(), "{platform}");
        assert!(first.cursor.is_some(), "{platform}: a cursor although there is no post");
        let quiet = reader.read_new().await;
        assert!(quiet.posts.is_empty() && quiet.skipped.is_empty(), "{platform}: {quiet:?}");
        // Restored, or withheld by the platform until now.
        let at = Some(reader.bench.clock.now() - Duration::days(3));
        reader.bench.publish(Draft { at, ..Draft::text("Old") });
        reader.bench.minutes(1);
        reader.bench.publish(Draft::text("New"));
        let fetched = reader.read_new().await;
        assert_eq!(texts(&fetched), ["New"], "{platform}");
    }
}

#[tokio::test]
async fn the_first_reading_brings_the_newest_in_one_page() {
    for platform in faces() {
        for newest in [0, 12, 50] {
            let mut reader = Reader::connected(platform).await;
            reader.bench.publish_many("Old", 70, Duration::minutes(1));
            let fetched = reader.read(Want::Baseline { newest }).await;
            assert!(fetched.posts.len() >= newest, "{platform}: {} of {newest}", fetched.posts.len());
            let expected: Vec<String> = (0..70).rev().map(|n| format!("Old {n}")).collect();
            assert_eq!(texts(&fetched), expected[..fetched.posts.len()], "{platform}, {newest}: newest first");
            let quiet = reader.read_new().await;
            assert!(quiet.posts.is_empty(), "{platform}, {newest}: {:?}", texts(&quiet));
        }
    }
}

#[tokio::test]
async fn every_page_is_read_and_no_post_twice() {
    for (platform, count, switch) in [
        (Platform::Twitter, 220, None),
        (Platform::Instagram, 60, None),
        (Platform::Instagram, 30, Some(("short_pages", "on"))),
        (Platform::Instagram, 30, Some(("time_filter", "ignored"))),
        (Platform::Instagram, 30, Some(("heavy_above", "12"))),
        (Platform::Linkedin, 50, None),
        (Platform::Linkedin, 20, Some(("short_page", "7"))),
        (Platform::Linkedin, 50, Some(("links", "absolute"))),
        (Platform::Linkedin, 50, Some(("total", "on"))),
        // A backlog: what an outage of weeks leaves.
        (Platform::Twitter, 1000, None),
        (Platform::Instagram, 1000, None),
        (Platform::Linkedin, 1000, None),
    ] {
        let mut reader = Reader::following(platform).await;
        if let Some((name, value)) = switch {
            reader.bench.switch(name, value);
        }
        reader.bench.publish_many("Number", count, Duration::seconds(1));
        let (before, requests) = (reader.cursor.clone(), reader.bench.meter.reads().requests);
        let fetched = reader.read_new().await;
        let expected: Vec<String> = (0..count).rev().map(|n| format!("Number {n}")).collect();
        assert_eq!(texts(&fetched), expected, "{platform} {switch:?}");
        assert!(reader.bench.meter.reads().requests > requests + 1, "{platform} {switch:?}");
        let ids: HashSet<&str> = fetched.posts.iter().map(|post| post.post_id.as_str()).collect();
        assert_eq!(ids.len(), count, "{platform} {switch:?}");
        let quiet = reader.read_new().await;
        assert!(quiet.posts.is_empty(), "{platform} {switch:?}");
        // What was not written is read again: the cursor alone decides.
        reader.cursor = before;
        assert_eq!(texts(&reader.read_new().await), expected, "{platform} {switch:?}");
    }
}

/// A thread is published at once, and platforms tell whole seconds.
#[tokio::test]
async fn posts_of_the_same_moment_come_newest_first() {
    for platform in faces() {
        let mut reader = Reader::following(platform).await;
        reader.bench.minutes(1);
        reader.bench.publish_many("Part", 12, Duration::zero());
        let fetched = reader.read_new().await;
        let expected: Vec<String> = (0..12).rev().map(|n| format!("Part {n}")).collect();
        assert_eq!(texts(&fetched), expected, "{platform}");
    }
}

#[tokio::test]
async fn an_edit_is_noticed_once_under_the_same_id() {
    for platform in faces() {
        let mut reader = Reader::following(platform).await;
        reader.bench.minutes(1);
        let made = reader.bench.publish(Draft::text("Tpyo"));
        reader.bench.publish(Draft::text("Another"));
        let first = reader.read_new().await;
        let id = first.posts.iter().find(|post| post.text == "Tpyo").map(|post| post.post_id.clone()).expect("it");
        reader.bench.minutes(5);
        let made = reader.bench.world().edit(&made, "Typo").expect("edited");
        let second = reader.read_new().await;
        assert_eq!(texts(&second), ["Typo"], "{platform}");
        assert_eq!(second.posts[0].post_id, id, "{platform}");
        assert!(reader.read_new().await.posts.is_empty(), "{platform}: once");
        reader.bench.minutes(5);
        reader.bench.world().edit(&made, "Typo!").expect("edited");
        assert_eq!(texts(&reader.read_new().await), ["Typo!"], "{platform}: the next edit too");
    }
}

#[tokio::test]
async fn deleted_posts_do_not_disturb() {
    for platform in faces() {
        let mut reader = Reader::connected(platform).await;
        reader.bench.publish_many("Old", 60, Duration::minutes(1));
        reader.read(Want::Baseline { newest: 0 }).await;
        let made = reader.bench.publish_many("New", 30, Duration::seconds(30));
        assert_eq!(reader.read_new().await.posts.len(), 30, "{platform}");
        // Older ones move up to the first page.
        for id in &made {
            reader.bench.world().delete(id).expect("deleted");
        }
        for _ in 0..2 {
            let fetched = reader.read_new().await;
            assert!(fetched.posts.is_empty(), "{platform}: {:?}", texts(&fetched));
        }
        reader.bench.minutes(1);
        reader.bench.publish(Draft::text("After"));
        assert_eq!(texts(&reader.read_new().await), ["After"], "{platform}");
    }
}

#[tokio::test]
async fn counters_come_with_the_post_and_again_where_pages_hold_it() {
    let all = Counters {
        likes: Some(7),
        reposts: Some(6),
        replies: Some(5),
        comments: Some(4),
        quotes: Some(3),
        views: Some(900),
        ..Counters::default()
    };
    for platform in faces() {
        let mut reader = Reader::following(platform).await;
        reader.bench.minutes(1);
        let id = reader.bench.publish(Draft { counters: all, ..Draft::text("Counted") });
        let engagement = reader.read_new().await.posts[0].engagement;
        assert_eq!(engagement.likes, Some(7), "{platform}");
        match platform.platform() {
            Platform::Twitter => assert_eq!(
                (engagement.retweets, engagement.replies, engagement.quotes, engagement.views, engagement.comments),
                (Some(6), Some(5), Some(3), Some(900), None)
            ),
            Platform::Instagram | Platform::Linkedin => assert_eq!(
                (engagement.comments, engagement.retweets, engagement.replies, engagement.quotes),
                (Some(4), None, None, None),
                "{platform}"
            ),
        }
        reader.bench.world().count(&id, Counters { likes: Some(70), ..Counters::default() }).expect("counted");
        let again = reader.read_new().await;
        assert!(again.posts.is_empty(), "{platform}: counters are no edit");
        if platform.platform() != Platform::Twitter {
            assert_eq!(again.seen_again[0].engagement.likes, Some(70), "{platform}");
            assert_eq!(again.seen_again[0].engagement.comments, Some(4), "{platform}");
        }
    }
}

#[tokio::test]
async fn a_cursor_stays_small_and_still() {
    for platform in faces() {
        let mut reader = Reader::following(platform).await;
        for round in 0..5 {
            reader.bench.publish_many(&format!("Round {round}"), 100, Duration::seconds(2));
            assert_eq!(reader.read_new().await.posts.len(), 100, "{platform}");
        }
        let bytes = reader.cursor.as_ref().expect("a cursor").0.to_string().len();
        assert!(bytes < 8 * 1024, "{platform}: {bytes} bytes after 500 posts");
        reader.read_new().await;
        let still = reader.cursor.clone();
        reader.bench.minutes(30);
        reader.read_new().await;
        assert_eq!(reader.cursor, still, "{platform}: nothing new, nothing to write");
    }
}
