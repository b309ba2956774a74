//! Watching imports: also those of other processes, never those of other tenants.

use crate::app::{App, world::X_ACCOUNT};
use futures_util::StreamExt;
use nchat_social::{domain::Platform, graphql, service::Actor, simulator::Draft};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use uuid::Uuid;

/// Watches as an administrator of `tenant`; what it sees.
pub async fn watch(app: &App, tenant: &str, account: Option<Uuid>) -> UnboundedReceiver<Value> {
    let schema = graphql::schema_with_news_every(app.service.clone(), Duration::from_millis(10));
    let document = "subscription ($a: uuid) { socialImportActivity(account_id: $a) { account_id import_type status \
                    posts_imported messages_posted account { account_name } } }";
    let variables = async_graphql::Variables::from_json(json!({"a": account}));
    let request = async_graphql::Request::new(document).variables(variables);
    let actor = Actor::Admin(app.admin_of(tenant).await);
    let request = graphql::prepare(request, &app.service, actor);
    let (seen, receiver) = unbounded_channel();
    tokio::spawn(async move {
        let mut news = schema.execute_stream(request);
        while let Some(item) = news.next().await {
            if seen.send(serde_json::to_value(item).expect("JSON")).is_err() {
                return;
            }
        }
    });
    receiver
}

/// Lets `work` happen until a watcher sees it: it may have begun to watch only just then.
pub async fn until_seen(watcher: &mut UnboundedReceiver<Value>, mut work: impl AsyncFnMut()) -> Value {
    for _ in 0..50 {
        work().await;
        if let Ok(item) = tokio::time::timeout(Duration::from_millis(300), watcher.recv()).await {
            return item.expect("the watching goes on");
        }
    }
    panic!("nothing was seen");
}

#[tokio::test]
async fn a_poll_of_another_process_is_seen_by_those_who_watch_its_account() {
    let app = App::start().await;
    let account = app.following(Platform::Twitter, json!({})).await;
    let other = App::beside(&app).await;
    let mut all = watch(&app, "primary", None).await;
    let mut of_account = watch(&app, "primary", Some(account)).await;
    let mut of_another = watch(&app, "primary", Some(Uuid::from_u128(7))).await;
    let mut of_tenant = watch(&app, "other", None).await;
    let world = app.simulator.world("twitter").expect("X");
    let publish_and_poll = async || {
        world.publish(X_ACCOUNT, Draft::text("News")).expect("published");
        other.poll_after(5).await;
    };
    let expected = json!({"data": {"socialImportActivity": {
        "account_id": account, "import_type": "scheduled", "status": "completed", "posts_imported": 1,
        "messages_posted": 1, "account": {"account_name": "Acme Example"}
    }}});
    assert_eq!(until_seen(&mut all, publish_and_poll).await, expected);
    assert_eq!(until_seen(&mut of_account, publish_and_poll).await, expected);
    // All of them watch by now, and have seen as much as these two.
    publish_and_poll().await;
    assert_eq!(all.recv().await.as_ref(), Some(&expected));
    assert_eq!(of_account.recv().await.as_ref(), Some(&expected));
    assert!(of_another.try_recv().is_err() && of_tenant.try_recv().is_err());
    // A quiet poll is no news.
    while all.try_recv().is_ok() {}
    other.poll_after(5).await;
    publish_and_poll().await;
    assert_eq!(all.recv().await.as_ref(), Some(&expected), "the news and not the quiet poll");
}

#[tokio::test]
async fn a_subscription_by_http_is_refused_in_words() {
    let app = App::start().await;
    let (_, answer) =
        super::http::post(&app, &super::http::AS_ADMIN, "subscription { socialImportActivity { id } }", Value::Null)
            .await;
    assert!(answer["errors"][0]["message"].is_string() && answer["data"].is_null(), "{answer:#}");
}
