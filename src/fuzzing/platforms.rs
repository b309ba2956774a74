//! The platforms' clients, whole, against whatever could answer them. An input is what is asked, on the first line, a
//! cursor on the second, and then the answers:
//!
//! ```text
//! fetch
//! {"since_id": "1"}
//! === 200 x-rate-limit-remaining: 5; x-rate-limit-reset: 1795348800
//! {"data": []}
//! === 429
//! ```

use super::{first_line, laws, wait, world};
use crate::{
    domain::{
        AccountProfile, Cursor, Identity, Platform, Post, TokenSet,
        embed::laws::shows_well,
        limits::{Pace, Signals, pace},
        standing::{Standing, judge},
    },
    graphql::{ImportFault, import_request, read_import},
    outbound::{Reply, Script},
    platforms::{
        CodeGrant, FetchRequest, Fetched, LoginRequest, LookupRequest, Meter, PlatformError, Reads, SocialPlatform,
        Want,
    },
    service::{
        import::ImportPosts,
        limits::NextPoll,
        outcome::{Past, PollFault},
    },
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use secrecy::ExposeSecret;
use std::{collections::HashSet, sync::LazyLock};
use uuid::Uuid;

/// No operation asks a platform more often than this, whatever the platform answers.
const MOST_REQUESTS: usize = 1_200;
/// A cursor has "a few kilobytes".
const MOST_CURSOR_BYTES: usize = 16 * 1024;

/// A day, an hour for clocks that differ, and a spread.
const LONGEST_WAIT: chrono::Duration = chrono::Duration::hours(26);

const X_TOKEN: &str = "canary-7c9e66797425de944be07fc1f9-x-token";
const INSTAGRAM_TOKEN: &str = "IGAAcanary-7c9e66797425de944be07fc1f9-instagram-token";
const FACEBOOK_TOKEN: &str = "facebook-user:EAAcanary-7c9e66797425de944be07fc1f9-facebook-token";
const LINKEDIN_TOKEN: &str = "AQXcanary-7c9e66797425de944be07fc1f9-linkedin-token";

/// X.
pub fn twitter(input: &[u8]) {
    play(Platform::Twitter, "1700000000000000001", X_TOKEN, input);
}

/// Instagram Login.
pub fn instagram(input: &[u8]) {
    play(Platform::Instagram, "17841400000000001", INSTAGRAM_TOKEN, input);
}

/// Instagram through Facebook Login.
pub fn facebook(input: &[u8]) {
    play(Platform::Instagram, "17841400000000001", FACEBOOK_TOKEN, input);
}

/// LinkedIn.
pub fn linkedin(input: &[u8]) {
    play(Platform::Linkedin, "urn:li:organization:2414183", LINKEDIN_TOKEN, input);
}

/// One question to a platform.
struct Question<'a> {
    platform: Platform,
    remote_id: &'a str,
    tokens: TokenSet,
    cursor: Option<Cursor>,
}

fn play(platform: Platform, remote_id: &str, token: &str, input: &[u8]) {
    let (head, replies) = replies(input);
    let (asked, rest) = first_line(head);
    let question = Question {
        platform,
        remote_id,
        tokens: TokenSet {
            access_token: token.into(),
            access_expires_at: None,
            refresh_token: Some("canary-7c9e66797425de944be07fc1f9-refresh-token".into()),
            refresh_expires_at: None,
            scopes: None,
        },
        cursor: serde_json::from_slice(rest).ok().map(Cursor),
    };
    let script = Script::new(replies);
    let facebook = token == FACEBOOK_TOKEN;
    static CONFIGS: LazyLock<[crate::config::Config; 2]> = LazyLock::new(|| {
        [None, Some(("INSTAGRAM_LOGIN", "facebook"))]
            .map(|changed| world::config(changed).unwrap_or_else(|problems| panic!("{problems}")))
    });
    let platforms = world::platforms(&CONFIGS[usize::from(facebook)], &script);
    let client = platforms.get(platform).expect("it is configured").as_ref();
    let answer = match asked.trim() {
        "first" => wait(read(client, &question, Want::Baseline { newest: 10 })),
        "lookup" => wait(look_up(client, &question)),
        "exchange" => wait(exchange(client)),
        "refresh" => wait(client.refresh(&question.tokens, world::now())).map(|tokens| grants(&tokens)),
        "login" => wait(log_in(client, &question)),
        "revoke" => wait(client.revoke(&question.tokens)).map(drop),
        _ => wait(read(client, &question, Want::New)),
    };
    if let Err(error) = answer {
        laws::is_discreet(&error);
        ends_some_day(error);
    }
    let asked = script.asked();
    assert!(asked.len() <= MOST_REQUESTS, "{} requests", asked.len());
    for url in asked {
        let host = url.parse::<url::Url>().ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
        let known = ["x.com", "instagram.com", "facebook.com", "linkedin.com"];
        assert!(known.iter().any(|known| host == *known || host.ends_with(&format!(".{known}"))), "{url}");
    }
}

async fn read(client: &dyn SocialPlatform, question: &Question<'_>, want: Want) -> Result<(), PlatformError> {
    let meter = Meter::default();
    let profile = profile();
    let request = FetchRequest {
        access_token: &question.tokens.access_token,
        remote_id: question.remote_id,
        profile: &profile,
        cursor: question.cursor.as_ref(),
        want,
        exclude_reposts: false,
        exclude_replies: true,
        now: world::now(),
        meter: &meter,
    };
    let fetched = client.fetch(&request).await;
    is_booked(&meter.reads());
    let fetched = fetched?;
    holds(question.platform, &fetched);
    let Some(cursor) = &fetched.cursor else { return Ok(()) };
    assert!(cursor.0.to_string().len() <= MOST_CURSOR_BYTES, "a cursor of {} bytes", cursor.0.to_string().len());
    // What a client wrote it reads back: it does not start anew.
    let again = client.fetch(&FetchRequest { cursor: Some(cursor), want: Want::New, ..request }).await;
    match again {
        Err(PlatformError::Unreadable { at, .. }) => assert!(!at.starts_with("cursor"), "{at}"),
        Err(_) => {}
        Ok(again) => {
            holds(question.platform, &again);
            let is_lost = |notice: &&String| {
                let is_new = !fetched.notices.contains(notice);
                notice.contains("reading position") || (notice.contains("could not be") && is_new)
            };
            assert_eq!(again.notices.iter().find(is_lost), None, "{:?}", fetched.notices);
        }
    }
    enters(&fetched.posts).await;
    Ok(())
}

/// What every reading brings.
fn holds(platform: Platform, fetched: &Fetched) {
    let posts = fetched.posts.iter().chain(&fetched.seen_again);
    let ids: Vec<&str> = posts.clone().map(|post| post.post_id.as_str()).collect();
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), ids.len(), "no post twice: {ids:?}");
    for post in posts {
        is_an_id(&post.post_id);
        is_an_id(&post.version_id);
        assert!(post.url.starts_with("https://"), "{}", post.url);
        for media in &post.media {
            assert!(media.url.starts_with("https://"), "{}", media.url);
        }
        shows_well(platform, post);
    }
    for skipped in &fetched.skipped {
        is_an_id(&skipped.post_id);
    }
    fetched.notices.iter().for_each(|notice| laws::is_a_notice(notice));
    assert!(fetched.notices.len() < 100, "{} notices", fetched.notices.len());
}

/// An id that every row and every index takes.
fn is_an_id(id: &str) {
    assert!((1..=128).contains(&id.len()) && !id.contains(char::is_control), "{id:?}");
}

/// What a reading used can be booked, and leaves the account a pace.
fn is_booked(reads: &Reads) {
    reads.billed.iter().for_each(|thing| is_an_id(&thing.id));
    let now = world::now();
    let (window, usage_percent) = (reads.window, reads.usage_percent);
    let signals = Signals { requests: reads.requests, window, usage_percent, quotas: Vec::new() };
    match pace(now, chrono::Duration::minutes(5), &signals) {
        Pace::Even => {}
        Pace::Slower(longer) => assert!(longer <= LONGEST_WAIT, "{longer}"),
        Pace::Rest(until) => assert!(until <= now + LONGEST_WAIT, "{until}"),
    }
}

/// Whatever is refused is asked for again within a day or so, of the account and of the platform.
fn ends_some_day(error: PlatformError) {
    let (now, code) = (world::now(), error.code());
    let fault = PollFault::Read(error);
    for failures in [0, 40] {
        let settled = fault.settle(Past { failures, code: Some(code), since: Some(now) }, now, now, 0.999);
        for at in [Some(settled.next_poll_at), settled.hold_until].into_iter().flatten() {
            assert!(at >= now && at <= now + LONGEST_WAIT, "{at} after {fault:?}");
        }
        let mut stands = Standing::default();
        for probing in [false, true, true] {
            stands = judge(&stands, probing, &fault.evidence(&settled, now), now, 0.999);
            let until = stands.open_stop().map_or(now, |stop| stop.until);
            assert!(until <= now + LONGEST_WAIT, "{until} after {fault:?}");
        }
    }
}

/// Posts are input that the schema takes; nobody answers for the database behind it.
async fn enters(posts: &[Post]) {
    if posts.is_empty() {
        return;
    }
    let at = world::now();
    let import = ImportPosts {
        tenant: "primary".into(),
        account_id: Uuid::from_u128(1),
        lease_id: Uuid::from_u128(2),
        import_type: "scheduled".into(),
        started_at: at,
        import: crate::domain::plan::Import { posts: posts.to_vec(), ..Default::default() },
        fetched: 0,
        cursor: None,
        next: NextPoll { at, reason: "interval", hold_until: None },
        notices: Vec::new(),
    };
    match read_import(world::state().schema.execute(import_request(&import)).await) {
        Err(ImportFault::Failed { code, .. }) if code == "UNAVAILABLE" => {}
        other => panic!("{other:?}"),
    }
}

async fn look_up(client: &dyn SocialPlatform, question: &Question<'_>) -> Result<(), PlatformError> {
    let post_ids = ["1", "1346889436626259968", "17900000000000003", "urn:li:share:7000000000000000001", "../?x"];
    let post_ids = post_ids.map(str::to_owned);
    let meter = Meter::default();
    let request = LookupRequest {
        access_token: &question.tokens.access_token,
        remote_id: question.remote_id,
        post_ids: &post_ids,
        now: world::now(),
        meter: &meter,
    };
    let looked = client.lookup(&request).await;
    is_booked(&meter.reads());
    let looked = looked?;
    let told = looked.counters.iter().map(|(id, _)| id).chain(&looked.gone);
    assert!(told.clone().all(|id| post_ids.contains(id)), "only what was asked about: {looked:?}");
    Ok(())
}

async fn exchange(client: &dyn SocialPlatform) -> Result<(), PlatformError> {
    let code = "canary-7c9e66797425de944be07fc1f9-code".into();
    let verifier = "canary-7c9e66797425de944be07fc1f9-verifier".into();
    let grant = CodeGrant {
        code: &code,
        redirect_uri: "https://chat.example.com/api/social/x/callback",
        pkce_verifier: client.spec().pkce.then_some(&verifier),
        now: world::now(),
    };
    client.exchange(&grant).await.map(|tokens| grants(&tokens))
}

/// Tokens are of use, and debug output shows none.
fn grants(tokens: &TokenSet) {
    assert!(!tokens.access_token.expose_secret().is_empty());
    assert!(tokens.refresh_token.as_ref().is_none_or(|token| !token.expose_secret().is_empty()));
    laws::keeps_quiet(&format!("{:?} {:?}", tokens.access_token, tokens.refresh_token));
}

async fn log_in(client: &dyn SocialPlatform, question: &Question<'_>) -> Result<(), PlatformError> {
    let meter = Meter::default();
    let request = LoginRequest { access_token: &question.tokens.access_token, now: world::now(), meter: &meter };
    let login = client.login(&request).await;
    is_booked(&meter.reads());
    let login = login?;
    assert!(!login.subject.is_empty());
    let ids: HashSet<&str> = login.identities.iter().map(|identity| identity.remote_id.as_str()).collect();
    assert_eq!(ids.len(), login.identities.len(), "no account twice");
    for Identity { remote_id, profile, .. } in &login.identities {
        assert!((1..=256).contains(&remote_id.len()), "{remote_id:?}");
        for link in [&profile.url, &profile.avatar_url].into_iter().flatten() {
            assert!(link.starts_with("https://"), "{link}");
        }
    }
    client.identity_tokens(&question.tokens, &login.identities, world::now()).await.map(drop)
}

fn profile() -> AccountProfile {
    AccountProfile {
        name: "Acme Robotics".into(),
        handle: Some("acme".into()),
        url: Some("https://example.com/acme".into()),
        avatar_url: None,
    }
}

/// What is before the answers, and the answers.
fn replies(input: &[u8]) -> (&[u8], Vec<Reply>) {
    const MARK: &[u8] = b"\n=== ";
    let mut starts: Vec<usize> =
        input.windows(MARK.len()).enumerate().filter(|(_, part)| *part == MARK).map(|(at, _)| at).collect();
    let head = &input[..starts.first().copied().unwrap_or(input.len())];
    starts.push(input.len());
    let replies = starts.windows(2).map(|ends| {
        let (line, body) = first_line(&input[ends[0] + MARK.len()..ends[1]]);
        let (status, headers) = line.split_once(' ').unwrap_or((&line, ""));
        let status = status.parse().ok().and_then(|status| StatusCode::from_u16(status).ok());
        Reply { status: status.unwrap_or_default(), headers: headers_of(headers), body: body.to_vec() }
    });
    (head, replies.collect())
}

fn headers_of(line: &str) -> HeaderMap {
    let pairs = line.split(';').filter_map(|pair| pair.split_once(':'));
    pairs
        .filter_map(|(name, value)| {
            Some((HeaderName::try_from(name.trim()).ok()?, HeaderValue::try_from(value.trim()).ok()?))
        })
        .collect()
}
