//! Administrators are told in a channel: once that somebody is needed, once that it is over, and before a login ends.

use crate::app::App;
use nchat_social::{
    domain::Platform,
    service::{Service, Settings},
};
use serde_json::json;
use std::sync::Arc;
use uuid::Uuid;

/// Alerts go to a channel of their own.
async fn alarmed() -> (App, Uuid) {
    let mut app = App::start().await;
    let channel = app.chat.another_channel("operations").await;
    let settings = Settings { alert_channel: Some(channel), ..(*app.service.settings).clone() };
    app.use_service(Service { settings: Arc::new(settings), ..app.service.clone() });
    (app, channel)
}

async fn told(app: &App, channel: Uuid) -> Vec<String> {
    app.service.tell_administrators().await.expect("told");
    app.service.tell_administrators().await.expect("told");
    let rows = app
        .chat
        .value(&format!("SELECT content FROM nchat_messages WHERE channel_id = '{channel}' ORDER BY created_at"))
        .await;
    let rows = rows.as_array().expect("rows").iter();
    rows.map(|row| row["content"].as_str().expect("text").to_owned()).collect()
}

#[tokio::test]
async fn a_lost_connection_is_told_once_and_its_return_once() {
    let (app, channel) = alarmed().await;
    let id = app.following(Platform::Instagram, json!({})).await;
    assert!(told(&app, channel).await.is_empty());
    app.simulator.world("instagram").expect("a world").revoke(crate::app::world::INSTAGRAM_ACCOUNT).expect("revoked");
    for _ in 0..4 {
        app.poll_after(20).await;
    }
    let texts = told(&app, channel).await;
    assert_eq!(texts.len(), 1, "{texts:?} {}", app.only_account().await);
    assert!(texts[0].starts_with("⚠️ Instagram “Acme Example”"), "{texts:?}");
    let row = "SELECT type::text, is_system, is_deleted, user_id FROM nchat_messages WHERE is_system";
    assert_eq!(
        app.chat.value(row).await,
        json!([{"type": "system", "is_system": true, "is_deleted": false, "user_id": null}])
    );
    app.connect_one(Platform::Instagram).await;
    let texts = told(&app, channel).await;
    assert_eq!(texts.len(), 2, "{texts:?}");
    assert!(texts[1].starts_with("✅ Instagram “Acme Example”"), "{texts:?}");
    let _ = id;
}
