//! A page of each platform, read by its client over HTTP from a thread that always answers the same: decoding, texts,
//! mapping. What HTTP takes is the same every time and small beside a page.

use anyhow::Context;
use nchat_social::{
    cli::simulator_settings,
    config::Config,
    domain::{AccountProfile, Platform},
    outbound::{Limits, Outbound},
    platforms::{FetchRequest, Meter, Platforms, Want},
};
use secrecy::SecretString;
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader, Write},
    net::TcpListener,
};

/// Reads the page so many `times`.
pub fn read(platform: Platform, times: u32) -> anyhow::Result<()> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let base = answer(page(platform))?;
    let settings = simulator_settings(&base);
    let more = [
        ("DATABASE_URL", "postgres://unused/unused"),
        ("SOCIAL_MEDIA_ENCRYPTION_KEY", "YmVuY2gtZW5jcnlwdGlvbi1rZXktMDEyMzQ1Njc4OTA="),
        ("NEXT_PUBLIC_APP_URL", "http://127.0.0.1:9"),
        ("NCHAT_SOCIAL_SHARED_SECRET", "bench-shared-secret-0123456789-0123456789"),
    ];
    let setting = |name: &str| {
        let of_platforms = settings.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone());
        of_platforms.or_else(|| more.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned()))
    };
    let config = Config::from_env(&setting)?;
    let platforms = Platforms::configured(&config, &Outbound::new(Limits::default())?);
    let client = platforms.get(platform).context("the platform is configured")?;
    let profile = AccountProfile { name: "Acme Example".into(), ..AccountProfile::default() };
    let (token, remote_id) = (SecretString::from("bench-token".to_owned()), remote_id(platform));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    for _ in 0..times {
        let meter = Meter::default();
        let request = FetchRequest {
            access_token: &token,
            remote_id,
            profile: &profile,
            cursor: None,
            want: Want::Baseline { newest: 100 },
            exclude_reposts: false,
            exclude_replies: false,
            now: "2026-01-02T00:00:00Z".parse()?,
            meter: &meter,
        };
        let fetched = runtime.block_on(client.fetch(&request))?;
        anyhow::ensure!(fetched.posts.len() >= 50, "{platform}: {fetched:?}");
    }
    Ok(())
}

fn remote_id(platform: Platform) -> &'static str {
    match platform {
        Platform::Twitter => "2000001",
        Platform::Instagram => "17841400000000001",
        Platform::Linkedin => "urn:li:organization:5590506",
    }
}

/// The page as the platform would send it.
fn page(platform: Platform) -> Value {
    let text =
        "Our spring launch is here: it brings what you asked for, and a little more of it. Thank you to everybody";
    match platform {
        Platform::Twitter => {
            let posts = (0..100).map(|n| {
                json!({
                    "id": (1_900_000_000_000_000_000_u64 + n).to_string(), "author_id": "2000001",
                    "edit_history_tweet_ids": [(1_900_000_000_000_000_000_u64 + n).to_string()],
                    "created_at": "2026-01-01T00:00:00.000Z", "text": format!("{text} &amp; all #launch"),
                    "entities": {"hashtags": [{"start": 112, "end": 119, "tag": "launch"}]},
                    "public_metrics": {"retweet_count": 3, "reply_count": 1, "like_count": 27, "quote_count": 0},
                })
            });
            let author = json!({"id": "2000001", "username": "acme", "name": "Acme Example"});
            json!({"data": posts.collect::<Vec<_>>(), "includes": {"users": [author]}, "meta": {"result_count": 100}})
        }
        Platform::Instagram => {
            let posts = (0..50).map(|n| {
                json!({
                    "id": format!("1790{n:013}"), "caption": format!("{text} #launch @acme"), "media_type": "IMAGE",
                    "media_product_type": "FEED", "media_url": format!("https://scontent.cdninstagram.com/{n}.jpg"),
                    "permalink": format!("https://www.instagram.com/p/{n}/"), "timestamp": "2026-01-01T00:00:00+0000",
                    "username": "acme", "like_count": 27, "comments_count": 3,
                })
            });
            json!({"data": posts.collect::<Vec<_>>(), "paging": {"cursors": {"before": "B", "after": "A"}}})
        }
        Platform::Linkedin => {
            let posts = (0..50_i64).map(|n| {
                json!({
                    "id": format!("urn:li:share:7{n:018}"), "author": "urn:li:organization:5590506",
                    "commentary": format!("{text} \\(all of you\\) {{hashtag|\\#|launch}} with @[Acme](urn:li:organization:1)"),
                    "visibility": "PUBLIC", "lifecycleState": "PUBLISHED", "isReshareDisabledByAuthor": false,
                    "distribution": {"feedDistribution": "MAIN_FEED"},
                    "createdAt": 1_767_225_600_000_i64 + n, "publishedAt": 1_767_225_600_000_i64 + n,
                    "lastModifiedAt": 1_767_225_600_000_i64 + n,
                })
            });
            json!({"elements": posts.collect::<Vec<_>>(), "paging": {"start": 0, "count": 50, "links": []}})
        }
    }
}

/// Answers every request on this machine with `page`. Returns the address.
fn answer(page: Value) -> anyhow::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let base = format!("http://{}", listener.local_addr()?);
    let body = page.to_string();
    let reply =
        format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut lines = BufReader::new(&stream).lines();
            while let Some(Ok(line)) = lines.next() {
                if line.is_empty() && (&stream).write_all(reply.as_bytes()).is_err() {
                    break;
                }
            }
        }
    });
    Ok(base)
}
