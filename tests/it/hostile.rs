//! Posts that were written to break things, in each platform's own pages between two ordinary posts: they are stored or
//! left out, in bounded time and space, and neither their neighbours nor their messages break.

use crate::app::{App, world::account_of};
use nchat_social::{
    domain::{Clock, Platform, Timestamp},
    simulator::{Draft, Fault, FaultKind},
};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// A page of a dozen hostile posts is worked within this, in a debug build on a busy machine.
const BOUND: Duration = Duration::from_secs(20);

/// A text that somebody might post, and a picture's address.
struct Hostile {
    name: &'static str,
    text: String,
    media: String,
}

const PICTURE: &str = "https://example.org/picture.jpg";

fn hostile() -> Vec<Hostile> {
    let text = |name, text: String| Hostile { name, text, media: PICTURE.into() };
    let media = |name, media: &str| Hostile { name, text: format!("A picture: {name}"), media: media.into() };
    vec![
        text("a megabyte", "wörd ".repeat(175_000)),
        text("a megabyte without a space", "x".repeat(1_000_000)),
        text("ten thousand hashtags", (0..10_000).map(|n| format!("#tag{n} ")).collect()),
        text("ten thousand mentions", (0..10_000).map(|n| format!("@some{n} ")).collect()),
        text("NUL", "before\0after".into()),
        text("turned round", "\u{202e}elif\u{2066}\u{2067}\u{2068}txt.exe\u{200f}".repeat(500)),
        text("joined without end", "👩\u{200d}".repeat(30_000)),
        text("marks upon marks", format!("Z{}", "\u{0335}".repeat(60_000))),
        text("markdown and pings", "@everyone <@1> [click](javascript:alert(1)) ![x](file:///etc/passwd) `".repeat(50)),
        text(
            "links that are none",
            "javascript:alert(1) data:text/html;base64,PHNjcmlwdD4= file:///etc/passwd http://169.254.169.254/latest/"
                .into(),
        ),
        text("<script>", "<script>alert(1)</script><img src=x onerror=alert(1)>".into()),
        media("a metadata service", "http://169.254.169.254/latest/meta-data/iam/"),
        media("a file", "file:///etc/passwd"),
        media("a script", "javascript:alert(document.cookie)"),
        media("a megabyte of data", &format!("data:image/png;base64,{}", "A".repeat(1_000_000))),
        media("this machine", "https://127.0.0.1:5432/"),
        media("this machine by number", "https://2130706433/"),
        media("this machine by name", "https://localhost/a.png"),
        media("a metadata service over TLS", "https://169.254.169.254/latest/meta-data/"),
        media("this network", "https://[::ffff:10.0.0.1]/a.png"),
        media("no address", "\u{0}\u{202e}://"),
    ]
}

/// A post in the platform's own words, the `n`th after `at`.
fn item(platform: Platform, n: u64, at: Timestamp, text: &str, media: &str, more: &Value) -> Value {
    let at = at + chrono::Duration::milliseconds(i64::try_from(n).expect("few"));
    let millis = u64::try_from(at.timestamp_millis()).expect("a time");
    let account = account_of(platform);
    let part: String = text.chars().take(300).collect();
    let mut item = match platform {
        Platform::Twitter => {
            let id = ((millis - 1_288_834_974_657) << 22).to_string();
            json!({"id": id, "text": text, "author_id": account, "created_at": at.to_rfc3339(),
                "edit_history_tweet_ids": [id], "attachments": {"media_keys": [format!("3_{n}")]},
                "entities": {"urls": [{"start": 0, "end": 4, "url": "https://t.co/a", "expanded_url": media, "display_url": part}],
                    "hashtags": [{"start": 3, "end": 1, "tag": part}], "mentions": [{"start": -1, "end": 1_099_511_627_776_i64}]},
                "public_metrics": {"like_count": -5, "retweet_count": 1e300}})
        }
        Platform::Instagram => json!({"id": (17_900_000_000_000_000 + n).to_string(), "caption": text,
            "media_type": "IMAGE", "media_product_type": "FEED", "media_url": media, "permalink": if media.len() < 1_000 { media } else { PICTURE },
            "timestamp": at.format("%Y-%m-%dT%H:%M:%S+0000").to_string(), "username": part, "like_count": -1}),
        Platform::Linkedin => {
            json!({"id": format!("urn:li:share:{}", 7_400_000_000_000_000_000 + n), "author": account,
            "commentary": text, "createdAt": millis, "publishedAt": millis, "lastModifiedAt": millis,
            "visibility": "PUBLIC", "lifecycleState": "PUBLISHED",
            "distribution": {"feedDistribution": "MAIN_FEED", "thirdPartyDistributionChannels": []},
            "content": {"article": {"source": media, "title": part, "description": part, "thumbnail": media}}})
        }
    };
    for (name, value) in more.as_object().into_iter().flatten() {
        item[name] = value.clone();
    }
    item
}

/// A page of `posts`, given oldest first.
fn page(platform: Platform, mut posts: Vec<Value>, media: &[String]) -> Value {
    posts.reverse();
    match platform {
        Platform::Twitter => {
            let media: Vec<Value> = media
                .iter()
                .enumerate()
                .map(|(n, url)| json!({"media_key": format!("3_{n}"), "type": "photo", "url": url, "alt_text": n}))
                .collect();
            let users = json!([{"id": account_of(platform), "username": "acme_example", "name": "Acme Example"}]);
            json!({"meta": {"result_count": posts.len(), "newest_id": posts[0]["id"],
                    "oldest_id": posts[posts.len() - 1]["id"]},
                "data": posts, "includes": {"users": users, "media": media}})
        }
        Platform::Instagram => json!({"data": posts, "paging": {"cursors": {"before": "b", "after": "a"}}}),
        Platform::Linkedin => {
            let count = posts.len();
            json!({"elements": posts, "paging": {"start": 0, "count": count.max(100), "links": []}})
        }
    }
}

fn reading(platform: Platform) -> String {
    match platform {
        Platform::Twitter => format!("/2/users/{}/tweets", account_of(platform)),
        Platform::Instagram => "/graph/v26.0/me/media".to_owned(),
        Platform::Linkedin => "/rest/posts".to_owned(),
    }
}

fn answer(app: &App, platform: Platform, body: Value) {
    let headers = [("content-type".to_owned(), "application/json".to_owned())].into();
    let kind = FaultKind::Status { status: 200, headers, body };
    app.simulator.fault(Fault::new(platform.as_str(), &reading(platform), kind).times(1)).expect("armed");
}

/// Whatever in a message is an address leads to the web, pictures to public names; nothing in it is large.
fn assert_harmless(name: &str, embed: &Value) {
    let mut links = vec![&embed["url"], &embed["author"]["url"]];
    let mut pictures = vec![&embed["author"]["avatar_url"]];
    for media in embed["media"].as_array().into_iter().flatten() {
        pictures.extend([&media["url"], &media["thumbnail_url"]]);
    }
    links.extend(&pictures);
    for link in links.into_iter().filter_map(Value::as_str) {
        let url: url::Url = link.parse().unwrap_or_else(|error| panic!("{name}: {link}: {error}"));
        assert!(url.scheme() == "https" && url.username().is_empty(), "{name}: {link}");
    }
    for picture in pictures.into_iter().filter_map(Value::as_str) {
        let url: url::Url = picture.parse().expect("an address");
        let is_public = url.domain().is_some_and(|domain| domain.contains('.') && !domain.ends_with(".local"));
        assert!(is_public, "{name}: {picture}");
    }
    assert!(embed.to_string().len() < 30_000, "{name}: {} bytes", embed.to_string().len());
}

async fn among_neighbours(platform: Platform) {
    let app = App::start().await;
    app.following(platform, json!({})).await;
    // Another account of the same lease, and of the same channel.
    let other = Platform::ALL.into_iter().find(|other| *other != platform).expect("another platform");
    app.following(other, json!({})).await;
    app.clock.advance(chrono::Duration::minutes(30));
    let (at, hostile) = (app.clock.now() - chrono::Duration::minutes(1), hostile());
    let mut posts = vec![item(platform, 0, at, "Before", PICTURE, &json!({}))];
    let mut media = vec![PICTURE.to_owned()];
    for (n, post) in (1..).zip(&hostile) {
        let depth = (0..90).fold(json!(1), |inner, _| json!([inner]));
        posts.push(item(platform, n, at, &post.text, &post.media, &json!({"context_annotations": depth})));
        media.push(post.media.clone());
    }
    media.push(PICTURE.to_owned());
    posts.push(item(platform, 49, at, "After", PICTURE, &json!({})));
    answer(&app, platform, page(platform, posts, &media));
    let neighbour = app.simulator.world(other.as_str()).expect("a world");
    neighbour.publish(account_of(other), Draft::text("Elsewhere")).expect("published");
    let began = Instant::now();
    app.poll().await;
    assert!(began.elapsed() < BOUND, "{platform}: {:?}", began.elapsed());

    let messages = app.chat.messages(app.chat.announcements).await;
    let texts = app.chat.texts().await;
    for neighbour in ["Before", "After", "Elsewhere"] {
        let found = texts.iter().filter(|text| text.starts_with(neighbour)).count();
        assert_eq!(found, 1, "{platform}: {neighbour}");
    }
    let place = |wanted: &str| texts.iter().position(|text| text.starts_with(wanted)).expect("a place");
    assert!(place("Before") < place("After"), "{platform}: in order");
    for message in &messages {
        let name = format!("{platform}: {:.60}", message.content);
        assert_harmless(&name, &message.embeds[0]);
        assert!(message.content.chars().count() <= 4_000 && !message.content.contains('\0'), "{name}");
    }
    // All of them were taken or left out with a word; the account goes on.
    let log = app
        .chat
        .value("SELECT posts_fetched, posts_imported, cardinality(errors) AS errors FROM nchat_social_import_logs WHERE posts_fetched > 5")
        .await;
    let number = |name: &str| log[0][name].as_u64().expect("a number");
    assert_eq!(number("posts_fetched"), hostile.len() as u64 + 2, "{platform}: {log}");
    let healths = app.chat.value("SELECT DISTINCT health FROM nchat_social_accounts").await;
    assert_eq!(healths, json!([{"health": "connected"}]), "{platform}");
    // What administrators read holds together, too.
    let large = "SELECT count(*) FROM nchat_social_posts WHERE octet_length(content) > 200000 \
                 OR cardinality(hashtags) > 1000 OR cardinality(mentions) > 1000 OR pg_column_size(details) > 2000000";
    assert_eq!(app.chat.count(large).await, 0, "{platform}: bounded space");
    // Hasura's administrators may write into our rows.
    let deep = format!("{}1{}", "[".repeat(3_000), "]".repeat(3_000));
    let write = "UPDATE nchat_social_posts SET details = $1::text::jsonb, engagement = jsonb_build_object('a', $1::text::jsonb)";
    app.chat.run(write, &[&deep]).await;
    let page = app
        .ask("{ socialPosts(first: 50) { nodes { content post_url media_urls hashtags engagement } } }", json!({}))
        .await;
    assert_eq!(page["socialPosts"]["nodes"].as_array().map(Vec::len), Some(texts.len()), "{platform}");
    let names: Vec<&str> = hostile.iter().map(|post| post.name).collect();
    println!("{platform}: {} of {} became messages in {:?}", messages.len(), names.len() + 3, began.elapsed());
    app.assert_at_rest().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_posts_of_x_leave_their_neighbours_alone() {
    among_neighbours(Platform::Twitter).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_posts_of_instagram_leave_their_neighbours_alone() {
    among_neighbours(Platform::Instagram).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_posts_of_linkedin_leave_their_neighbours_alone() {
    among_neighbours(Platform::Linkedin).await;
}

/// JSON so deep that readers run out of stack: the page is refused as a whole, and the next one is read.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_nested_without_end_is_refused_and_the_next_one_read() {
    let app = App::start().await;
    for platform in Platform::ALL {
        app.following(platform, json!({})).await;
    }
    app.clock.advance(chrono::Duration::minutes(30));
    for platform in Platform::ALL {
        let headers = [("content-type".to_owned(), "application/json".to_owned())].into();
        let body = Value::String(format!("{}{}", "[".repeat(500_000), "]".repeat(500_000)));
        let kind = FaultKind::Status { status: 200, headers, body };
        app.simulator.fault(Fault::new(platform.as_str(), &reading(platform), kind).times(1)).expect("armed");
        let world = app.simulator.world(platform.as_str()).expect("a world");
        world.publish(account_of(platform), Draft::text(format!("From {platform}"))).expect("published");
    }
    app.poll().await;
    let refused = "SELECT count(*) FROM nchat_social_accounts WHERE health_code = 'unreadable'";
    assert_eq!(app.chat.count(refused).await, 3);
    for _ in 0..4 {
        app.poll_after(30).await;
    }
    let mut texts = app.chat.texts().await;
    texts.sort();
    assert_eq!(texts, ["From instagram", "From linkedin", "From twitter"]);
}

/// A cursor is what we wrote ourselves, unless somebody else wrote into the row.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cursor_that_is_none_stops_nobody_else_and_repeats_nothing() {
    let deep = format!("{}1{}", "[".repeat(3_000), "]".repeat(3_000));
    for cursor in ["null", "17", "\"\\u202e\"", "{\"since_id\": [], \"newest\": {}, \"seen\": \"x\"}", &*deep] {
        let app = App::start().await;
        for platform in Platform::ALL {
            app.following(platform, json!({})).await;
            let world = app.simulator.world(platform.as_str()).expect("a world");
            world.publish(account_of(platform), Draft::text(format!("Known {platform}"))).expect("published");
        }
        app.poll_after(30).await;
        assert_eq!(app.chat.texts().await.len(), 3);
        app.chat
            .run("UPDATE nchat_social_accounts SET cursor = $1::text::jsonb WHERE platform = 'twitter'", &[&cursor])
            .await;
        for platform in Platform::ALL {
            let world = app.simulator.world(platform.as_str()).expect("a world");
            world.publish(account_of(platform), Draft::text(format!("New {platform}"))).expect("published");
        }
        app.poll_after(30).await;
        app.poll_after(30).await;
        let mut texts = app.chat.texts().await;
        texts.sort();
        for platform in Platform::ALL {
            let known = format!("Known {platform}");
            assert_eq!(texts.iter().filter(|text| **text == known).count(), 1, "{cursor:.40}: {texts:?}");
        }
        for platform in [Platform::Instagram, Platform::Linkedin] {
            assert!(texts.contains(&format!("New {platform}")), "{cursor:.40}: {texts:?}");
        }
    }
}
