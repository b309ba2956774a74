//! Who sees and changes which rows through Hasura: two tenants that share an administrator, a platform's account and a
//! channel's name.

use super::{Engine, Session, hasura, person, server};
use crate::app::App;
use serde_json::{Value, json};
use uuid::Uuid;

const ADMIN: Uuid = Uuid::from_u128(0xad);
const BANNED: Uuid = Uuid::from_u128(0xba);
const FLAGGED: Uuid = Uuid::from_u128(0xf1);
const ELSEWHERE: Uuid = Uuid::from_u128(0x77);

/// A second tenant with a workspace, and in both an account, an integration, a post and a log.
async fn two_tenants() -> (App, Engine) {
    let app = App::start().await;
    app.chat.channel(ELSEWHERE, "announcements", "other").await;
    app.chat
        .script(&format!(
            "INSERT INTO nchat_users (id, email, display_name, email_verified) VALUES \
               ('{ADMIN}', 'admin@example.com', 'Admin', true), ('{BANNED}', 'banned@example.com', 'Banned', true), \
               ('{FLAGGED}', 'flagged@example.com', 'Flagged', true); \
             INSERT INTO nchat_workspaces (id, name, slug, source_account_id) VALUES ('{other}', 'Other', 'other', 'other'); \
             INSERT INTO nchat_workspace_members (workspace_id, user_id, role, is_banned, is_owner) VALUES \
               ('{primary}', '{ADMIN}', 'admin', false, NULL), ('{primary}', '{BANNED}', 'admin', true, NULL), \
               ('{primary}', '{FLAGGED}', 'member', NULL, true), \
               ('{other}', '{owner}', 'owner', NULL, NULL), ('{other}', '{BANNED}', 'admin', false, NULL); \
             INSERT INTO nchat_social_accounts (platform, account_id, account_name, source_account_id) VALUES \
               ('twitter', '1', 'Ours', 'primary'), ('twitter', '1', 'Theirs', 'other'); \
             INSERT INTO nchat_social_integrations (account_id, channel_id) SELECT a.id, c.id \
               FROM nchat_social_accounts a JOIN nchat_channels c USING (source_account_id); \
             INSERT INTO nchat_social_posts (account_id, post_id, posted_at) SELECT id, 'p', now() FROM nchat_social_accounts; \
             INSERT INTO nchat_social_import_logs (account_id) SELECT id FROM nchat_social_accounts",
            primary = Uuid::from_u128(1),
            other = Uuid::from_u128(2),
            owner = app.chat.owner,
        ))
        .await;
    let hasura = hasura(&app).await;
    (app, hasura)
}

/// The names of the accounts that the session sees.
async fn seen(hasura: &mut Engine, session: &Session) -> Result<Vec<String>, String> {
    let rows = hasura.run("GetSocialAccounts", json!({}), session).await?;
    let names = rows.as_array().expect("rows").iter();
    Ok(names.map(|row| row["account_name"].as_str().expect("a name").to_owned()).collect())
}

async fn id(app: &App, query: &str) -> Value {
    app.chat.value(query).await[0]["id"].clone()
}

#[tokio::test]
async fn rows_are_the_administrators_of_their_tenant() {
    let (app, mut hasura) = two_tenants().await;
    let (owner, member) = (app.chat.owner, app.chat.member);
    let of_other = |role, user| Session { tenant: Some("other"), ..person(role, user) };
    for (session, expected) in [
        (person("user", owner), vec!["Ours"]),
        (person("user", ADMIN), vec!["Ours"]),
        (person("user", FLAGGED), vec!["Ours"]),
        (person("user", member), vec![]),
        (person("user", BANNED), vec![]),
        (person("user", Uuid::from_u128(0xdead)), vec![]),
        (of_other("user", owner), vec!["Theirs"]),
        (of_other("user", BANNED), vec!["Theirs"]),
        (of_other("user", ADMIN), vec![]),
        (Session { tenant: Some("third"), ..person("user", owner) }, vec![]),
        (person("owner", owner), vec!["Ours"]),
        (of_other("owner", owner), vec!["Theirs"]),
    ] {
        assert_eq!(seen(&mut hasura, &session).await.as_deref(), Ok(&expected.map_str()[..]), "{session:?}");
    }
    for role in ["moderator", "member", "guest", "me", "anonymous", "public"] {
        let error = seen(&mut hasura, &person(role, owner)).await.expect_err(role);
        assert!(error.contains("not found"), "{error}");
    }
    let nobody = Session { user: None, ..person("user", owner) };
    assert!(seen(&mut hasura, &nobody).await.is_err_and(|error| error.contains("missing session variable")));
    let nowhere = Session { tenant: None, ..person("owner", owner) };
    assert!(seen(&mut hasura, &nowhere).await.is_err_and(|error| error.contains("missing session variable")));
}

trait MapStr {
    fn map_str(self) -> Vec<String>;
}

impl MapStr for Vec<&str> {
    fn map_str(self) -> Vec<String> {
        self.into_iter().map(str::to_owned).collect()
    }
}

/// Where sessions name no tenant, the metadata can name it for them.
#[tokio::test]
async fn a_fixed_tenant_needs_no_session_variable() {
    let (app, _) = two_tenants().await;
    let catalog = app.service.store.catalog().await.expect("the tables");
    let fixed = nchat_social::hasura::Tenant::Fixed("other".into());
    let mut hasura = Engine::new(app.database.client().await, catalog, &fixed);
    let session = Session { tenant: None, ..person("user", app.chat.owner) };
    assert_eq!(seen(&mut hasura, &session).await.as_deref(), Ok(&["Theirs".to_owned()][..]));
    let session = Session { tenant: None, ..person("user", ADMIN) };
    assert_eq!(seen(&mut hasura, &session).await.as_deref(), Ok(&[][..]), "no administrator there");
}

#[tokio::test]
async fn nobody_changes_rows_of_another_tenant_or_without_the_right() {
    let (app, mut hasura) = two_tenants().await;
    let ours = id(&app, "SELECT id FROM nchat_social_accounts WHERE source_account_id = 'primary'").await;
    let theirs = id(&app, "SELECT id FROM nchat_social_accounts WHERE source_account_id = 'other'").await;
    let rule = id(&app, "SELECT id FROM nchat_social_integrations WHERE source_account_id = 'other'").await;
    let before = app.chat.value("SELECT * FROM nchat_social_integrations ORDER BY id").await;
    for session in [person("user", app.chat.owner), person("owner", app.chat.owner), person("user", app.chat.member)] {
        for (name, variables) in [
            ("ToggleAccountStatus", json!({"id": theirs, "isActive": false})),
            ("DeleteSocialAccount", json!({"id": theirs})),
            ("UpdateSocialIntegration", json!({"id": rule, "updates": {"auto_post": false}})),
            ("DeleteSocialIntegration", json!({"id": rule})),
        ] {
            assert_eq!(hasura.run(name, variables, &session).await, Ok(Value::Null), "{name} as {session:?}");
        }
        let insert =
            json!({"integration": {"account_id": theirs, "channel_id": ELSEWHERE, "created_by": session.user}});
        let error = hasura.run("CreateSocialIntegration", insert, &session).await.expect_err("of another tenant");
        assert!(error.contains("check constraint"), "{error}");
        let across = json!({"integration": {"account_id": ours, "channel_id": ELSEWHERE, "created_by": session.user}});
        let error = hasura.run("CreateSocialIntegration", across, &session).await.expect_err("a channel of another");
        assert!(error.contains("another workspace"), "{error}");
    }
    let member = person("user", app.chat.member);
    let insert =
        json!({"integration": {"account_id": ours, "channel_id": app.chat.announcements, "created_by": member.user}});
    let error = hasura.run("CreateSocialIntegration", insert, &member).await.expect_err("no administrator");
    assert!(error.contains("check constraint"), "{error}");
    assert_eq!(app.chat.value("SELECT * FROM nchat_social_integrations ORDER BY id").await, before);
    assert_eq!(app.chat.count("SELECT count(*) FROM nchat_social_accounts WHERE is_active").await, 2);
}

/// nchat's hook sends who made an integration; whoever leaves it out is known by the session, and nobody can name another.
#[tokio::test]
async fn an_integration_is_by_who_asks() {
    let (app, mut hasura) = two_tenants().await;
    let ours = id(&app, "SELECT id FROM nchat_social_accounts WHERE source_account_id = 'primary'").await;
    let admin = person("user", ADMIN);
    let rule = |created_by: Value| {
        let mut rule = json!({"account_id": ours, "channel_id": app.chat.announcements});
        if !created_by.is_null() {
            rule["created_by"] = created_by;
        }
        json!({"integration": rule})
    };
    for given in [Value::Null, json!(ADMIN)] {
        let made = hasura.run("CreateSocialIntegration", rule(given), &admin).await.expect("created");
        let by = format!(
            "SELECT created_by FROM nchat_social_integrations WHERE id = {}",
            made["id"].to_string().replace('"', "'")
        );
        assert_eq!(app.chat.value(&by).await, json!([{"created_by": ADMIN}]));
    }
    let error = hasura.run("CreateSocialIntegration", rule(json!(app.chat.owner)), &admin).await.expect_err("another");
    assert!(error.contains("check constraint"), "{error}");
    let by_nobody = hasura.run("CreateSocialIntegration", rule(Value::Null), &server()).await.expect("created");
    assert!(by_nobody["id"].is_string());
}

/// What nobody but Hasura's administrator may read or write.
#[tokio::test]
async fn tokens_and_the_schedule_are_nobodys() {
    let (app, mut hasura) = two_tenants().await;
    let ours = id(&app, "SELECT id FROM nchat_social_accounts WHERE source_account_id = 'primary'").await;
    for session in [person("user", app.chat.owner), person("owner", app.chat.owner)] {
        for name in ["GetActiveSocialAccounts", "GetSocialAccount", "GetSocialAccountById"] {
            let error = hasura.run(name, json!({"id": ours}), &session).await.expect_err(name);
            assert!(error.contains("'access_token_encrypted' not found"), "{name}: {error}");
        }
        for column in ["next_poll_at", "credential_id", "source_account_id", "cursor", "lease_id", "health", "platform"]
        {
            let set = json!({"id": ours, "updates": {column: null}});
            let error = hasura.run("UpdateSocialAccount", set, &session).await.expect_err(column);
            assert!(error.contains("not found in type: 'nchat_social_accounts_set_input'"), "{error}");
        }
        for name in ["CreateSocialAccount", "SavePost", "MarkPostAsPosted", "CreateImportLog", "PostToChannel"] {
            let variables = json!({"account": {}, "post": {}, "postId": ours, "channelId": ours, "accountId": ours,
                "importType": "manual", "message": {}});
            assert!(hasura.run(name, variables, &session).await.is_err(), "{name}");
        }
    }
}
