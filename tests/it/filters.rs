//! Filters from what an administrator types to what the channel shows: GraphQL, tables, import.

mod input;
mod rules;

use crate::app::{App, world::account_of};
use nchat_social::{
    domain::Platform,
    simulator::{Draft, Other},
};
use serde_json::{Value, json};
use uuid::Uuid;

fn publish(app: &App, platform: Platform, draft: Draft) -> String {
    // One after another, so that the channel's order is theirs.
    app.clock.advance(chrono::Duration::seconds(2));
    let world = app.simulator.world(platform.as_str()).expect("a world");
    world.publish(account_of(platform), draft).unwrap_or_else(|why| panic!("{platform}: {why}"))
}

fn publish_all(app: &App, platform: Platform, texts: &[&str]) {
    for text in texts {
        publish(app, platform, Draft::text(*text));
    }
}

/// What of `texts` gets through `rule`.
async fn passing(platform: Platform, rule: Value, texts: &[&str]) -> Vec<String> {
    let app = App::start().await;
    app.following(platform, rule).await;
    publish_all(&app, platform, texts);
    app.poll_after(20).await;
    app.chat.texts().await
}

fn somebody(text: &str) -> Other {
    Other { handle: "bo_example".into(), name: "Bo Example".into(), text: text.into(), unreadable: false }
}

/// The texts of the posts an integration left out, with the reason.
async fn left_out(app: &App, integration: Uuid) -> Value {
    app.chat
        .value(&format!(
            "SELECT p.content, d.status, d.reason FROM nchat_social_deliveries d \
             JOIN nchat_social_posts p ON p.id = d.post_id \
             WHERE d.integration_id = '{integration}' AND d.status <> 'delivered' ORDER BY p.posted_at"
        ))
        .await
}

async fn update(app: &App, input: Value) -> Value {
    let document = "mutation ($i: SocialUpdateIntegrationInput!) { socialUpdateIntegration(input: $i) { status message \
                    problems { field message } integration { channel_id auto_post filter_hashtags filter_keywords \
                    exclude_retweets exclude_replies min_engagement } } }";
    app.ask(document, json!({"i": input})).await["socialUpdateIntegration"].clone()
}
