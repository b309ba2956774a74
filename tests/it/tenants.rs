//! Two tenants in one database that share everything they can: the platform's accounts, the names of channels, the ids
//! of administrators. Nothing crosses.

mod fence;
pub mod world;

use crate::{
    app::{App, world::account_of},
    graphql::http::{self, AS_ADMIN},
};
use nchat_social::{
    domain::Platform,
    simulator::{Draft, NewAccount},
};
use serde_json::{Value, json};
use world::{OTHER, TwoTenants, ask_in};

fn publish(app: &App, platform: Platform, text: &str) {
    let world = app.simulator.world(platform.as_str()).expect("a world");
    world.publish(account_of(platform), Draft::text(text)).expect("published");
}

#[tokio::test]
async fn one_tick_polls_both_and_each_posts_into_its_own_channel() {
    for platform in Platform::ALL {
        let two = TwoTenants::start(platform).await;
        let app = &two.app;
        assert_ne!(two.accounts[0], two.accounts[1], "one account of the platform is a row for each tenant");
        publish(app, platform, "For both");
        app.clock.advance(chrono::Duration::minutes(20));
        assert_eq!(app.ticker.tick().await.expect("a tick").accounts, 2);
        app.poller.work(app.queue.take().expect("a job")).await;
        assert!(app.queue.take().is_none(), "one lease for both");
        let messages = app
            .chat
            .value(
                "SELECT m.channel_id, m.source_account_id, m.metadata->'social'->>'account_id' AS account \
                 FROM nchat_messages m ORDER BY m.source_account_id DESC",
            )
            .await;
        assert_eq!(
            messages,
            json!([
                {"channel_id": two.channels[0], "source_account_id": "primary", "account": two.accounts[0]},
                {"channel_id": two.channels[1], "source_account_id": OTHER, "account": two.accounts[1]},
            ]),
            "{platform}"
        );
        for table in ["posts", "deliveries", "import_logs", "integrations", "credentials"] {
            let tenants = app
                .chat
                .value(&format!("SELECT DISTINCT source_account_id AS t FROM nchat_social_{table} ORDER BY t DESC"))
                .await;
            assert_eq!(tenants, json!([{"t": "primary"}, {"t": OTHER}]), "{table}");
        }
        app.assert_at_rest().await;
    }
}

#[tokio::test]
async fn every_list_is_the_tenants_own() {
    let two = TwoTenants::start(Platform::Twitter).await;
    publish(&two.app, Platform::Twitter, "For both");
    two.app.poll_after(5).await;
    let document = "{ socialAccounts { id integrations { id channel { id } } } socialIntegrations { id account { id } } \
        socialPosts { nodes { account_id account { id } deliveries { channel { id } integration { id } } } } \
        socialImportLogs { nodes { account_id account { id } } } }";
    for (n, tenant) in ["primary", OTHER].into_iter().enumerate() {
        let data = ask_in(&two.app, tenant, document, json!({})).await;
        let (account, channel, integration) = (two.accounts[n], two.channels[n], two.integrations[n]);
        assert_eq!(
            data["socialAccounts"],
            json!([{"id": account, "integrations": [{"id": integration, "channel": {"id": channel}}]}])
        );
        assert_eq!(data["socialIntegrations"], json!([{"id": integration, "account": {"id": account}}]));
        assert_eq!(
            data["socialPosts"]["nodes"],
            json!([{"account_id": account, "account": {"id": account},
                    "deliveries": [{"channel": {"id": channel}, "integration": {"id": integration}}]}])
        );
        let logs = data["socialImportLogs"]["nodes"].as_array().expect("a list");
        assert!(!logs.is_empty() && logs.iter().all(|log| log["account"]["id"] == json!(account)), "{logs:#?}");
    }
    let nobodys = ask_in(&two.app, "third", document, json!({})).await;
    assert!(!nobodys.to_string().contains("\"id\""), "{nobodys:#}");
}

#[tokio::test]
async fn the_session_decides_the_tenant() {
    let two = TwoTenants::start(Platform::Twitter).await;
    let ask = async |tenant: Option<&str>| {
        let mut headers = AS_ADMIN.to_vec();
        headers.extend(tenant.map(|tenant| ("x-hasura-source-account-id", tenant)));
        http::post(&two.app, &headers, "{ socialAccounts { id } }", Value::Null).await
    };
    for (tenant, account) in [(None, 0), (Some("primary"), 0), (Some(OTHER), 1)] {
        let (_, answer) = ask(tenant).await;
        assert_eq!(answer, json!({"data": {"socialAccounts": [{"id": two.accounts[account]}]}}), "{tenant:?}");
    }
    for none in ["*", ""] {
        let (status, answer) = ask(Some(none)).await;
        assert_eq!((status.as_u16(), http::code(&answer)), (401, "UNAUTHENTICATED"), "{none:?}");
    }
    let (_, answer) = ask(Some("nobody's")).await;
    assert_eq!(answer, json!({"data": {"socialAccounts": []}}));
    // A person of the default tenant's workspace administers no other tenant.
    let owner = two.app.chat.owner.to_string();
    for (tenant, is_admin) in [("primary", true), (OTHER, false)] {
        let headers = [
            http::SECRET,
            ("x-hasura-role", "user"),
            ("x-hasura-user-id", owner.as_str()),
            ("x-hasura-source-account-id", tenant),
        ];
        let (_, answer) = http::post(&two.app, &headers, "{ socialAccounts { id } }", Value::Null).await;
        assert_eq!(answer.get("errors").is_none(), is_admin, "{tenant}: {answer:#}");
    }
}

#[tokio::test]
async fn disconnecting_in_one_tenant_leaves_the_other_connected() {
    for platform in Platform::ALL {
        let two = TwoTenants::start(platform).await;
        let document = "mutation ($i: SocialDisconnectAccountInput!) { socialDisconnectAccount(input: $i) { status } }";
        let input = json!({"i": {"id": two.accounts[0], "purge_posts": true}});
        let data = ask_in(&two.app, "primary", document, input).await;
        assert_eq!(data["socialDisconnectAccount"]["status"], "disconnected");
        publish(&two.app, platform, "For one");
        assert_eq!(two.app.poll_after(20).await, 1, "{platform}");
        assert!(two.app.chat.messages(two.channels[0]).await.is_empty());
        assert_eq!(two.app.chat.messages(two.channels[1]).await.len(), 1, "{platform}: its login still works");
    }
}

#[tokio::test]
async fn a_trigger_without_account_asks_for_its_own_tenants() {
    let two = TwoTenants::start(Platform::Twitter).await;
    let document = "mutation { socialTriggerImport(input: {}) { account_ids } }";
    for n in [1, 0] {
        let tenant = ["primary", OTHER][n];
        let data = ask_in(&two.app, tenant, document, json!({})).await;
        assert_eq!(data["socialTriggerImport"]["account_ids"], json!([two.accounts[n]]));
        assert_eq!(two.app.poll().await, 1, "{tenant}");
        let polled = ask_in(&two.app, tenant, "{ socialAccounts { last_poll_time } }", json!({})).await;
        assert!(polled["socialAccounts"][0]["last_poll_time"].is_string());
    }
}

#[tokio::test]
async fn what_one_tenant_may_choose_from_the_other_may_not() {
    let app = App::start().await;
    let page = NewAccount { id: "urn:li:organization:9000001".into(), handle: "second".into(), name: "Second".into() };
    app.simulator.world("linkedin").expect("LinkedIn").add_account(page).expect("a page");
    let connection = world::offer(&app, OTHER, Platform::Linkedin).await;
    let find = "query ($id: uuid!) { socialConnection(id: $id) { status identities { identity_id } } }";
    let id = json!({"id": connection});
    assert_eq!(ask_in(&app, "primary", find, id.clone()).await["socialConnection"], Value::Null);
    let choose =
        "mutation ($i: SocialChooseIdentitiesInput!) { socialChooseIdentities(input: $i) { status accounts { id } } }";
    let input = json!({"i": {"connection_id": connection, "identity_ids": ["urn:li:organization:9000001"]}});
    let data = ask_in(&app, "primary", choose, input.clone()).await;
    assert_eq!(data["socialChooseIdentities"], json!({"status": "not_found", "accounts": []}));
    assert_eq!(ask_in(&app, OTHER, find, id).await["socialConnection"]["status"], "choosing", "nothing was changed");
    let data = ask_in(&app, OTHER, choose, input).await;
    assert_eq!(data["socialChooseIdentities"]["status"], "connected");
    let rows = app.chat.value("SELECT source_account_id AS t, account_id FROM nchat_social_accounts").await;
    assert_eq!(rows, json!([{"t": OTHER, "account_id": "urn:li:organization:9000001"}]));
}

#[tokio::test]
async fn watchers_see_their_own_tenants_imports() {
    use crate::graphql::activity::{until_seen, watch};
    let two = TwoTenants::start(Platform::Twitter).await;
    let mut watchers = Vec::new();
    for tenant in ["primary", OTHER] {
        watchers.push(watch(&two.app, tenant, None).await);
    }
    // To name the other tenant's account shows nothing of it.
    let mut curious = watch(&two.app, "primary", Some(two.accounts[1])).await;
    let both = async || {
        publish(&two.app, Platform::Twitter, "For both");
        two.app.poll_after(5).await;
    };
    for (watcher, account) in watchers.iter_mut().zip(two.accounts) {
        let item = until_seen(watcher, both).await;
        assert_eq!(item["data"]["socialImportActivity"]["account_id"], json!(account), "{item:#}");
    }
    both().await;
    for (watcher, account) in watchers.iter_mut().zip(two.accounts) {
        let mut items = vec![watcher.recv().await.expect("news")];
        items.extend(std::iter::from_fn(|| watcher.try_recv().ok()));
        for item in items {
            assert_eq!(item["data"]["socialImportActivity"]["account_id"], json!(account), "{item:#}");
        }
    }
    assert!(curious.try_recv().is_err());
}

/// A job names a lease, and a lease may hold both: what fails in one tenant shows in that one alone.
#[tokio::test]
async fn one_job_for_both_ends_for_each_by_itself() {
    let two = TwoTenants::start(Platform::Twitter).await;
    publish(&two.app, Platform::Twitter, "For both");
    // The other tenant's tokens cannot be opened any more.
    let damage = "UPDATE nchat_social_credentials SET access_token_sealed = '\\x00' WHERE source_account_id = 'other'";
    two.app.chat.script(damage).await;
    two.app.clock.advance(chrono::Duration::minutes(6));
    assert_eq!(two.app.ticker.tick().await.expect("a tick").accounts, 2);
    two.app.poller.work(two.app.queue.take().expect("a job")).await;
    for (tenant, health, errors, messages) in [("primary", "connected", 0, 1), (OTHER, "degraded", 1, 0)] {
        let at = usize::from(tenant == OTHER);
        let data = ask_in(
            &two.app,
            tenant,
            "{ socialAccounts { health } socialImportLogs { nodes { errors account_id } } }",
            json!({}),
        )
        .await;
        assert_eq!(data["socialAccounts"], json!([{ "health": health }]), "{tenant}");
        let logs = data["socialImportLogs"]["nodes"].as_array().expect("logs");
        let failed = logs.iter().filter(|log| log["errors"].as_array().is_some_and(|errors| !errors.is_empty()));
        assert_eq!(failed.count(), errors, "{tenant}: {logs:#?}");
        assert!(logs.iter().all(|log| log["account_id"] == json!(two.accounts[at])), "{tenant}");
        assert_eq!(two.app.chat.messages(two.channels[at]).await.len(), messages, "{tenant}");
    }
    two.app.assert_at_rest().await;
}

/// A request that waits for polls gets its own tenant's counts, although both are polled by the same job.
#[tokio::test]
async fn who_waits_for_polls_gets_the_own_tenants_counts() {
    let two = TwoTenants::start(Platform::Twitter).await;
    let app = &two.app;
    publish(app, Platform::Twitter, "For both");
    let poll = async |tenant: &'static str| {
        let headers = [AS_ADMIN[0], AS_ADMIN[1], ("x-hasura-source-account-id", tenant)];
        crate::connect::send(app, "POST", "/api/social/poll", &headers, String::new()).await.json()
    };
    let work = async {
        let asked = "SELECT count(*) FROM nchat_social_accounts WHERE poll_requested_at IS NOT NULL";
        while app.chat.count(asked).await < 2 {
            tokio::task::yield_now().await;
        }
        app.poll().await;
    };
    let (primary, other, ()) = tokio::join!(poll("primary"), poll(OTHER), work);
    for answer in [primary, other] {
        let result = json!({"fetched": 1, "imported": 1, "filtered": 0, "posted": 1, "errors": []});
        assert_eq!(answer, json!({"success": true, "result": result}));
    }
}
