//! Ids of another tenant: as unknown as any, and nothing happens to what they name.

use super::world::{OTHER, TwoTenants, ask_in};
use nchat_social::domain::Platform;
use serde_json::{Value, json};

/// Everything of the tenant that a mutation could touch.
const OF_OTHER: &str = "SELECT (SELECT jsonb_agg(to_jsonb(a) ORDER BY a.id) FROM nchat_social_accounts a \
        WHERE a.source_account_id = 'other') AS accounts, \
    (SELECT jsonb_agg(to_jsonb(i) ORDER BY i.id) FROM nchat_social_integrations i \
        WHERE i.source_account_id = 'other') AS integrations, \
    (SELECT count(*) FROM nchat_social_credentials c WHERE c.source_account_id = 'other') AS logins";

#[tokio::test]
async fn mutations_do_not_find_the_other_tenants_rows() {
    let two = TwoTenants::start(Platform::Twitter).await;
    let (account, integration) = (two.accounts[1], two.integrations[1]);
    let before = two.app.chat.value(OF_OTHER).await;
    assert!(before[0]["accounts"].is_array() && before[0]["logins"] == 1);
    for (field, input, input_type) in [
        ("socialDisconnectAccount", json!({"id": account}), "SocialDisconnectAccountInput"),
        ("socialDisconnectAccount", json!({"id": account, "purge_posts": true}), "SocialDisconnectAccountInput"),
        ("socialSetAccountActive", json!({"id": account, "is_active": false}), "SocialSetAccountActiveInput"),
        (
            "socialSetAccountActive",
            json!({"id": account, "is_active": true, "catch_up": true}),
            "SocialSetAccountActiveInput",
        ),
        (
            "socialCreateIntegration",
            json!({"account_id": account, "channel_id": two.channels[0]}),
            "SocialCreateIntegrationInput",
        ),
        ("socialUpdateIntegration", json!({"id": integration, "auto_post": false}), "SocialUpdateIntegrationInput"),
        (
            "socialUpdateIntegration",
            json!({"id": integration, "channel_id": two.channels[0]}),
            "SocialUpdateIntegrationInput",
        ),
        ("socialDeleteIntegration", json!({"id": integration}), "SocialDeleteIntegrationInput"),
        ("socialTriggerImport", json!({"account_id": account}), "SocialTriggerImportInput"),
        ("socialReconnectAccount", json!({"account_id": account}), "SocialReconnectAccountInput"),
    ] {
        let document = format!("mutation ($i: {input_type}!) {{ {field}(input: $i) {{ status message }} }}");
        let data = ask_in(&two.app, "primary", &document, json!({"i": input})).await;
        assert_eq!(data[field]["status"], "not_found", "{field} {input}");
        assert!(!data.to_string().contains("other"), "nothing tells that it is there: {data}");
        assert_eq!(two.app.chat.value(OF_OTHER).await, before, "{field} {input}");
    }
    assert_eq!(two.app.poll().await, 0, "no poll was asked for");
}

#[tokio::test]
async fn queries_do_not_find_the_other_tenants_rows() {
    let two = TwoTenants::start(Platform::Twitter).await;
    let document = "query ($account: uuid!, $channel: uuid!) { socialAccount(id: $account) { id } \
        socialAccounts(ids: [$account]) { id } socialIntegrations(account_id: $account) { id } \
        a: socialPosts(account_id: $account) { nodes { id } } b: socialPosts(channel_id: $channel) { nodes { id } } \
        socialImportLogs(account_id: $account) { nodes { id } } }";
    let variables = json!({"account": two.accounts[1], "channel": two.channels[1]});
    let data = ask_in(&two.app, "primary", document, variables).await;
    assert_eq!(
        data,
        json!({"socialAccount": null, "socialAccounts": [], "socialIntegrations": [], "a": {"nodes": []},
               "b": {"nodes": []}, "socialImportLogs": {"nodes": []}})
    );
}

#[tokio::test]
async fn no_integration_reaches_into_the_other_tenants_channel() {
    let two = TwoTenants::start(Platform::Twitter).await;
    let before = two.app.chat.value("SELECT * FROM nchat_social_integrations ORDER BY id").await;
    let create = "mutation ($i: SocialCreateIntegrationInput!) { socialCreateIntegration(input: $i) \
                  { status problems { field message } } }";
    let update = "mutation ($i: SocialUpdateIntegrationInput!) { socialUpdateIntegration(input: $i) \
                  { status problems { field message } } }";
    for (n, tenant) in ["primary", OTHER].into_iter().enumerate() {
        let foreign = two.channels[1 - n];
        let created = json!({"i": {"account_id": two.accounts[n], "channel_id": foreign}});
        let changed = json!({"i": {"id": two.integrations[n], "channel_id": foreign}});
        for (document, input, field) in
            [(create, created, "socialCreateIntegration"), (update, changed, "socialUpdateIntegration")]
        {
            let data = ask_in(&two.app, tenant, document, input).await;
            let problem = json!([{"field": "channel_id", "message": "there is no such channel in this workspace"}]);
            assert_eq!(data[field], json!({"status": "invalid", "problems": problem}), "{tenant}");
        }
    }
    // Nor does one that is written without this service, as nchat's own page does through Hasura.
    let by_hand = format!(
        "DO $$ BEGIN INSERT INTO nchat_social_integrations (account_id, channel_id) VALUES ('{}', '{}'); \
         RAISE EXCEPTION 'it was written'; EXCEPTION WHEN check_violation THEN NULL; END $$",
        two.accounts[0], two.channels[1]
    );
    two.app.chat.script(&by_hand).await;
    assert_eq!(two.app.chat.value("SELECT * FROM nchat_social_integrations ORDER BY id").await, before);
}

/// Row level security binds a login that is not the tables' owner, whatever our own statements ask for.
#[tokio::test]
async fn the_database_itself_keeps_tenants_apart() {
    let two = TwoTenants::start(Platform::Twitter).await;
    let role = format!(
        "fenced_{}",
        Value::from(two.app.database.url()).as_str().expect("text").rsplit('_').next().expect("a name")
    );
    let mut client = two.app.database.client().await;
    client
        .batch_execute(&format!(
            "CREATE ROLE {role} NOLOGIN; GRANT USAGE ON SCHEMA public TO {role}; \
             GRANT SELECT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}"
        ))
        .await
        .expect("a role");
    let tables = ["accounts", "integrations", "import_logs", "credentials", "oauth_sessions"];
    for tenant in ["primary", OTHER] {
        let transaction = client.transaction().await.expect("a transaction");
        let settings =
            format!("SELECT set_config('app.current_source_account_id', '{tenant}', true); SET LOCAL ROLE {role}");
        transaction.batch_execute(&settings).await.expect("bound");
        for table in tables {
            let statement = format!("SELECT DISTINCT source_account_id FROM nchat_social_{table}");
            let seen = transaction.query(&statement, &[]).await.expect("rows");
            assert_eq!(seen.iter().map(|row| row.get::<_, &str>(0)).collect::<Vec<_>>(), [tenant], "{table}");
        }
        let foreign = two.accounts[usize::from(tenant == "primary")];
        let changed = transaction.execute("DELETE FROM nchat_social_accounts WHERE id = $1", &[&foreign]).await;
        assert_eq!(changed.expect("a statement"), 0, "{tenant}");
    }
    client.batch_execute(&format!("DROP OWNED BY {role}; DROP ROLE {role}")).await.expect("dropped");
}
