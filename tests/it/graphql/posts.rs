//! Imported posts: every filter, what hangs on a post, and what it costs to read.

use crate::app::{
    App,
    world::{X_ACCOUNT, account_of},
};
use nchat_social::{
    domain::Platform,
    simulator::{Counters, Draft},
};
use serde_json::{Value, json};

const DOCUMENT: &str = "query ($account_id: uuid, $channel_id: uuid, $status: SocialPostStatus, \
    $posted_after: timestamptz, $posted_before: timestamptz, $text: String, $first: Int, $after: String) { \
    socialPosts(account_id: $account_id, channel_id: $channel_id, status: $status, posted_after: $posted_after, \
    posted_before: $posted_before, text: $text, first: $first, after: $after) { nodes { content posted_at } } }";

/// The texts that fit, in the order answered.
async fn texts(app: &App, filter: Value) -> Vec<String> {
    let data = app.ask(DOCUMENT, filter).await;
    let nodes = data["socialPosts"]["nodes"].as_array().expect("a list").clone();
    nodes.iter().map(|node| node["content"].as_str().expect("text").to_owned()).collect()
}

fn publish(app: &App, platform: Platform, draft: Draft) {
    let world = app.simulator.world(platform.as_str()).expect("a world");
    world.publish(account_of(platform), draft).expect("published");
    app.clock.advance(chrono::Duration::seconds(1));
}

/// One post in every state, on two accounts and two channels, of which `broken` refuses.
#[tokio::test]
async fn every_filter_finds_what_it_says() {
    let app = App::start().await;
    let broken = app.chat.another_channel("broken").await;
    let x = app.connect_one(Platform::Twitter).await;
    app.poll().await;
    publish(&app, Platform::Twitter, Draft::text("Before any rule"));
    app.poll_after(5).await;
    app.integrate(x, app.chat.announcements, json!({"filter_keywords": ["launch"], "min_engagement": 2})).await;
    app.integrate(x, broken, json!({"filter_keywords": ["doomed"]})).await;
    app.chat
        .script(&format!(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
               IF NEW.channel_id = '{broken}' THEN RAISE EXCEPTION 'no'; END IF; RETURN NEW; END $$; \
             CREATE TRIGGER refuse BEFORE INSERT ON nchat_messages FOR EACH ROW EXECUTE FUNCTION refuse()"
        ))
        .await;
    let liked = Counters { likes: Some(2), ..Counters::default() };
    publish(&app, Platform::Twitter, Draft { counters: liked, ..Draft::text("A loud launch") });
    publish(&app, Platform::Twitter, Draft::text("A quiet launch"));
    publish(&app, Platform::Twitter, Draft::text("Doomed"));
    app.poll_after(5).await;
    let instagram = app.connect_one(Platform::Instagram).await;
    app.poll().await;
    publish(&app, Platform::Instagram, Draft::text("A picture"));
    app.poll_after(5).await;

    let all = ["A picture", "Doomed", "A quiet launch", "A loud launch", "Before any rule"];
    assert_eq!(texts(&app, json!({})).await, all, "newest first");
    assert_eq!(texts(&app, json!({"account_id": instagram})).await, ["A picture"]);
    assert_eq!(texts(&app, json!({"account_id": x})).await, all[1..]);
    assert_eq!(texts(&app, json!({"channel_id": broken})).await, all[1..4], "what was decided for it");
    assert_eq!(texts(&app, json!({"channel_id": uuid::Uuid::from_u128(7)})).await, [""; 0]);

    assert_eq!(texts(&app, json!({"status": "imported"})).await, ["A picture", "Before any rule"]);
    assert_eq!(texts(&app, json!({"status": "delivered"})).await, ["A loud launch"]);
    assert_eq!(texts(&app, json!({"status": "waiting"})).await, ["A quiet launch"]);
    assert_eq!(texts(&app, json!({"status": "failed"})).await, ["Doomed"]);
    assert_eq!(texts(&app, json!({"status": "filtered"})).await, all[1..4], "by either integration");
    let in_announcements = json!({"status": "filtered", "channel_id": app.chat.announcements});
    assert_eq!(texts(&app, in_announcements).await, ["Doomed"]);
    assert_eq!(texts(&app, json!({"status": "delivered", "channel_id": broken})).await, [""; 0]);
    assert_eq!(texts(&app, json!({"status": "imported", "account_id": x})).await, ["Before any rule"]);

    let data = app.ask(DOCUMENT, json!({"text": "A quiet launch"})).await;
    let at = data["socialPosts"]["nodes"][0]["posted_at"].clone();
    assert_eq!(texts(&app, json!({"posted_after": at})).await, all[..3], "at this time or later");
    assert_eq!(texts(&app, json!({"posted_before": at})).await, all[3..], "before this time");
    assert_eq!(texts(&app, json!({"posted_after": at, "posted_before": at})).await, [""; 0]);
    assert_eq!(texts(&app, json!({"text": "LAUNCH", "status": "waiting", "first": 1})).await, ["A quiet launch"]);
}

#[tokio::test]
async fn a_search_takes_wildcards_literally_and_finds_authors() {
    let app = App::start().await;
    app.connect_one(Platform::Twitter).await;
    app.poll().await;
    for text in ["50% off", "50 off", "snake_case", "snakeXcase", r"back\slash", "Grüße an alle"] {
        publish(&app, Platform::Twitter, Draft::text(text));
    }
    app.poll_after(5).await;
    for (search, found) in [
        ("50%", vec!["50% off"]),
        ("%", vec!["50% off"]),
        ("e_c", vec!["snake_case"]),
        ("_", vec!["snake_case"]),
        (r"\", vec![r"back\slash"]),
        (r"\%", vec![]),
        ("GRÜSSE", vec![]),
        ("grüße", vec!["Grüße an alle"]),
        ("  50 OFF ", vec!["50 off"]),
        ("' OR true --", vec![]),
    ] {
        assert_eq!(texts(&app, json!({"text": search})).await, found, "{search}");
    }
    for everything in ["", "   ", "acme ex"] {
        assert_eq!(texts(&app, json!({"text": everything})).await.len(), 6, "{everything:?}");
    }
}

#[tokio::test]
async fn a_post_tells_its_account_and_what_became_of_it() {
    let app = App::start().await;
    let account = app.following(Platform::Twitter, json!({})).await;
    let second = app.chat.another_channel("second").await;
    let gone = app.integrate(account, second, json!({"filter_keywords": ["never"]})).await;
    let counters = Counters { likes: Some(7), ..Counters::default() };
    publish(&app, Platform::Twitter, Draft { counters, ..Draft::text("All about #tea") });
    app.poll_after(5).await;
    let document = "{ socialPosts { nodes { id account_id platform post_id post_url author_name author_handle hashtags \
        mentions media_urls engagement was_posted_to_channel posted_to_channels import_error edited_at \
        account { id account_id } deliveries { post_id status reason detail attempts message_id delivered_at \
        integration_id integration { id } channel { name } } } } }";
    let data = app.ask(document, json!({})).await;
    let post = &data["socialPosts"]["nodes"][0];
    assert_eq!((&post["platform"], &post["author_name"]), (&json!("twitter"), &json!("Acme Example")));
    assert_eq!(post["hashtags"], json!(["tea"]));
    assert_eq!(post["engagement"]["likes"], 7, "an object, not a text: {post:#}");
    assert_eq!(post["posted_to_channels"], json!([app.chat.announcements]));
    assert_eq!(post["account"], json!({"id": account, "account_id": X_ACCOUNT}));
    let of = |post: &Value, name: &str| {
        let deliveries = post["deliveries"].as_array().expect("a list").clone();
        deliveries.into_iter().find(|delivery| delivery["channel"]["name"] == name).expect(name)
    };
    assert_eq!(post["deliveries"].as_array().map(Vec::len), Some(2));
    let delivered = of(post, "announcements");
    assert_eq!((&delivered["status"], &delivered["attempts"]), (&json!("delivered"), &json!(1)));
    assert_eq!(delivered["post_id"], post["id"]);
    assert!(delivered["message_id"].is_string() && delivered["delivered_at"].is_string());
    let filtered = of(post, "second");
    assert_eq!((&filtered["status"], &filtered["integration"]["id"]), (&json!("filtered"), &json!(gone)));
    assert!(filtered["reason"].is_string() && filtered["message_id"].is_null(), "{filtered:#}");

    // The record of a decision outlives its integration.
    app.ask(
        "mutation ($i: SocialDeleteIntegrationInput!) { socialDeleteIntegration(input: $i) { status } }",
        json!({"i": {"id": gone}}),
    )
    .await;
    let data = app.ask(document, json!({})).await;
    let filtered = of(&data["socialPosts"]["nodes"][0], "second");
    assert_eq!((&filtered["integration_id"], &filtered["integration"]), (&Value::Null, &Value::Null));
    assert_eq!(filtered["status"], "filtered");
}

/// Fifty posts of one account, and a database that counts its statements.
async fn fifty_posts() -> App {
    let app = App::start().await;
    app.following(Platform::Twitter, json!({})).await;
    let world = app.simulator.world("twitter").expect("X");
    for n in 0..50 {
        world.publish(X_ACCOUNT, Draft::text(format!("Number {n}"))).expect("published");
    }
    app.poll_after(5).await;
    app.chat.script("CREATE EXTENSION IF NOT EXISTS pg_stat_statements").await;
    app
}

async fn count_anew(app: &App) {
    app.chat
        .script("SELECT pg_stat_statements_reset(0, oid, 0) FROM pg_database WHERE datname = current_database()")
        .await;
}

/// How many statements like `pattern` were made since.
async fn calls(app: &App, pattern: &str) -> i64 {
    app.chat
        .count(&format!(
            "SELECT coalesce(sum(calls), 0)::bigint FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid \
             WHERE d.datname = current_database() AND toplevel AND query LIKE '{pattern}'"
        ))
        .await
}

/// A row's fields never ask the database by themselves.
#[tokio::test]
async fn fifty_posts_cost_no_statement_for_each_row() {
    let app = fifty_posts().await;
    let document = "query ($n: Int) { socialPosts(first: $n) { nodes { id account { id integrations { id } } \
                    deliveries { id channel { id name } integration { id account { id } } } } } }";
    let mut counts = Vec::new();
    // The first time opens connections and prepares statements.
    for first in [50, 1, 50] {
        count_anew(&app).await;
        let data = app.ask(document, json!({"n": first})).await;
        let nodes = data["socialPosts"]["nodes"].as_array().expect("a list");
        assert_eq!(nodes.len(), first);
        assert!(nodes.iter().all(|post| post["deliveries"][0]["integration"]["account"]["id"].is_string()));
        counts.push(calls(&app, "SELECT%FROM nchat_%").await);
    }
    assert!((4..=7).contains(&counts[1]), "one for each kind of row: {counts:?}");
    // A busy machine cuts a level into several reads, which is still far from one for each row.
    assert!(counts[2] <= 25, "{counts:?}");
}

/// What a page is nearly always asked for with is read with it: no level to be cut, no transaction of its own.
#[tokio::test]
async fn accounts_and_deliveries_are_read_with_their_page() {
    let app = fifty_posts().await;
    for document in [
        "{ socialPosts { nodes { id account { id } deliveries { id status } } } }",
        "{ socialPosts { edges { node { id account { id } deliveries { id status } } } } }",
        "{ socialPosts { ...on SocialPostConnection { nodes { id ...of } } } } \
         fragment of on SocialPost { account { id } deliveries { id } }",
    ] {
        app.ask(document, json!({})).await;
        count_anew(&app).await;
        let data = app.ask(document, json!({})).await;
        let posts = &data["socialPosts"];
        let post = if posts["nodes"].is_array() { &posts["nodes"][49] } else { &posts["edges"][49]["node"] };
        assert!(post["account"]["id"].is_string() && post["deliveries"][0]["id"].is_string(), "{post:#}");
        assert_eq!(calls(&app, "SELECT%FROM nchat_social_%").await, 3, "{document}");
        assert_eq!(calls(&app, "SELECT set_config%").await, 1, "{document}: one transaction");
    }
}
