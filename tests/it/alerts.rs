//! What somebody must act on is told in the channel that was chosen: once, and once more when it is over; and before a
//! login ends for good.

mod ends;

use crate::{
    app::{
        App,
        chat::Message,
        world::{self, account_of},
    },
    tenants::world::{OTHER, TwoTenants, ask_in},
};
use chrono::Duration;
use nchat_social::{
    domain::{Platform, Timestamp},
    service::{Service, Settings},
    simulator::{Fault, FaultKind, NewAccount},
    store::incidents,
};
use serde_json::{Value, json};
use std::sync::Arc;
use uuid::Uuid;

/// SOCIAL_ALERT_CHANNEL.
fn tell_in(app: &mut App, channel: Uuid) {
    let settings = Settings { alert_channel: Some(channel), ..(*app.service.settings).clone() };
    app.use_service(Service { settings: Arc::new(settings), ..app.service.clone() });
}

/// A program whose trouble is told in a channel of its own.
async fn start() -> (App, Uuid) {
    let mut app = App::start().await;
    let channel = app.chat.another_channel("alerts").await;
    tell_in(&mut app, channel);
    (app, channel)
}

async fn alert(app: &App) -> usize {
    app.service.alert().await.expect("the database answers")
}

async fn texts(app: &App, channel: Uuid) -> Vec<String> {
    app.chat.messages(channel).await.into_iter().map(|message| message.content).collect()
}

/// The platform ends the login, and says so until it is believed.
async fn lose(app: &App, platform: Platform) {
    app.simulator.world(platform.as_str()).expect("a world").revoke(account_of(platform)).expect("revoked");
    for _ in 0..3 {
        app.poll_after(20).await;
        alert(app).await;
    }
}

async fn set_channel(app: &App, tenant: &str, account: Uuid, channel: Option<Uuid>) -> Value {
    let document = "mutation ($i: SocialSetAlertChannelInput!) { socialSetAlertChannel(input: $i) \
                    { status message account { id alert_channel_id } } }";
    let input = json!({"account_id": account, "channel_id": channel});
    ask_in(app, tenant, document, json!({ "i": input })).await["socialSetAlertChannel"].clone()
}

#[tokio::test]
async fn a_lost_login_is_told_once_and_once_more_when_it_is_connected_again() {
    let (app, channel) = start().await;
    let id = app.connect_one(Platform::Twitter).await;
    app.poll().await;
    assert_eq!(alert(&app).await, 0, "all is well");
    lose(&app, Platform::Twitter).await;
    let second = App::beside(&app).await;
    for _ in 0..3 {
        app.poll_after(60).await;
        assert_eq!(alert(&app).await + alert(&second).await, 0, "it was told");
    }
    let messages: Vec<Message> = app.chat.messages(channel).await;
    let [told] = &messages[..] else { panic!("one message: {messages:#?}") };
    for part in [
        "X, Acme Example (@acme_example): ",
        "Why: ",
        "Who acts: an administrator. Reconnect the account.",
        "http://127.0.0.1:9/admin/social",
    ] {
        assert!(told.content.contains(part), "{part} is not in {}", told.content);
    }
    assert_eq!(told.kind, "system");
    assert_eq!(told.metadata["social_alert"]["news"], "begun");
    let flags = app
        .chat
        .value(&format!(
            "SELECT user_id, is_system, is_edited, is_pinned, is_deleted, reaction_count, reply_count, embeds \
             FROM nchat_messages WHERE channel_id = '{channel}'"
        ))
        .await;
    assert_eq!(
        flags,
        json!([{"user_id": null, "is_system": true, "is_edited": false, "is_pinned": false, "is_deleted": false,
                "reaction_count": 0, "reply_count": 0, "embeds": []}])
    );

    assert_eq!(app.connect(Platform::Twitter).await, [id]);
    assert_eq!(alert(&app).await, 1);
    app.poll_after(5).await;
    assert_eq!(alert(&app).await, 0);
    let told = texts(&app, channel).await;
    assert_eq!(told[1..], ["X, Acme Example (@acme_example): solved. Posts are imported again."]);

    // The next time is another incident.
    lose(&app, Platform::Twitter).await;
    assert_eq!(texts(&app, channel).await.len(), 3);
    assert_eq!(texts(&app, app.chat.announcements).await.len(), 0, "nothing goes elsewhere");
}

#[tokio::test]
async fn two_processes_at_once_tell_it_once() {
    let (app, channel) = start().await;
    app.connect_one(Platform::Twitter).await;
    app.poll().await;
    app.simulator.world("twitter").expect("X").revoke(account_of(Platform::Twitter)).expect("revoked");
    for _ in 0..3 {
        app.poll_after(20).await;
    }
    let mut others = Vec::new();
    for _ in 0..3 {
        let mut other = App::beside(&app).await;
        tell_in(&mut other, channel);
        others.push(other);
    }
    let told = tokio::join!(alert(&app), alert(&others[0]), alert(&others[1]), alert(&others[2]));
    assert_eq!(told.0 + told.1 + told.2 + told.3, 1, "{told:?}");
    assert_eq!(texts(&app, channel).await.len(), 1);
}

/// What the person did is known to the person.
#[tokio::test]
async fn what_an_administrator_ends_or_switches_off_is_not_told() {
    let (app, channel) = start().await;
    let id = app.connect_one(Platform::Twitter).await;
    app.poll().await;
    let disconnect = "mutation ($i: SocialDisconnectAccountInput!) { socialDisconnectAccount(input: $i) { status } }";
    app.ask(disconnect, json!({"i": {"id": id}})).await;
    assert_eq!(alert(&app).await, 0);

    app.connect_one(Platform::Linkedin).await;
    app.poll().await;
    lose(&app, Platform::Linkedin).await;
    assert_eq!(texts(&app, channel).await.len(), 1);
    app.chat.script("UPDATE nchat_social_accounts SET is_active = false").await;
    assert_eq!(alert(&app).await, 0, "switched off is not solved");
    let open = app.chat.count("SELECT count(*) FROM nchat_social_incidents WHERE closed_at IS NULL").await;
    assert_eq!(open, 0);
}

#[tokio::test]
async fn a_platform_out_of_money_is_one_message_however_many_accounts_wait() {
    let (app, channel) = start().await;
    app.connect_one(Platform::Twitter).await;
    for n in 0..2_u64 {
        let id = format!("{}", 1_700_000_000_000_000_100 + n);
        let account = NewAccount { id: id.clone(), handle: format!("acme_{n}"), name: format!("Acme {n}") };
        app.simulator.world("twitter").expect("X").add_account(account).expect("an account");
        let (cookie, page) = world::depart(&app, Platform::Twitter).await;
        let end = world::arrive(&app, &world::consent_as(&page, &id).await, Some(&cookie)).await;
        assert!(world::query(&end, "success").is_some(), "{end}");
    }
    assert_eq!(app.poll().await, 3);
    let credits = Fault::new("twitter", "/2/users", FaultKind::Preset("credits_depleted".into()));
    app.simulator.fault(credits).expect("a fault");
    for _ in 0..8 {
        app.poll_after(30).await;
        alert(&app).await;
    }
    let told = texts(&app, channel).await;
    let [told] = &told[..] else { panic!("one message: {told:#?}") };
    assert!(told.starts_with("X: no posts are imported for now (usage_capped)."), "{told}");
    assert!(told.contains("Who acts: the operator. Buy credits") && !told.contains("Acme"), "{told}");

    app.simulator.clear_faults();
    for _ in 0..4 {
        app.poll_after(60).await;
        alert(&app).await;
    }
    assert_eq!(texts(&app, channel).await[1..], ["X: solved. Posts are imported again."]);
}

#[tokio::test]
async fn a_tenant_is_told_of_its_own_accounts_in_its_own_channel_alone() {
    let TwoTenants { mut app, accounts, channels, .. } = TwoTenants::start(Platform::Twitter).await;
    let alerts = app.chat.another_channel("alerts").await;
    tell_in(&mut app, alerts);
    lose(&app, Platform::Twitter).await;
    assert_eq!(texts(&app, alerts).await.len(), 1, "the default tenant's account");
    assert_eq!(texts(&app, channels[1]).await.len(), 0, "nobody chose a channel");

    let crossed = set_channel(&app, OTHER, accounts[1], Some(alerts)).await;
    assert_eq!(crossed["status"], "channel_not_found", "{crossed:#}");
    assert_eq!(set_channel(&app, OTHER, accounts[0], Some(channels[1])).await["status"], "not_found");
    let set = set_channel(&app, OTHER, accounts[1], Some(channels[1])).await;
    assert_eq!((&set["status"], &set["account"]["alert_channel_id"]), (&json!("set"), &json!(channels[1])));
    assert_eq!(alert(&app).await, 1, "what is still open is told where it was not yet");
    assert_eq!((texts(&app, alerts).await.len(), texts(&app, channels[1]).await.len()), (1, 1));
    let audited = ask_in(&app, OTHER, "{ socialAuditLog { nodes { action detail } } }", json!({})).await;
    let line = &audited["socialAuditLog"]["nodes"][0];
    assert_eq!((&line["action"], &line["detail"]["channel_id"]), (&json!("alert_channel_set"), &json!(channels[1])));
}

#[tokio::test]
async fn an_accounts_own_channel_comes_first_and_must_be_fit() {
    let (app, channel) = start().await;
    let id = app.connect_one(Platform::Twitter).await;
    app.poll().await;
    let (own, old) = (app.chat.another_channel("own").await, app.chat.another_channel("old").await);
    app.chat.script(&format!("UPDATE nchat_channels SET is_archived = true WHERE id = '{old}'")).await;
    assert_eq!(set_channel(&app, "primary", id, Some(old)).await["status"], "channel_unfit");
    assert_eq!(set_channel(&app, "primary", id, Some(Uuid::from_u128(7))).await["status"], "channel_not_found");
    assert_eq!(set_channel(&app, "primary", id, Some(own)).await["status"], "set");
    lose(&app, Platform::Twitter).await;
    assert_eq!((texts(&app, own).await.len(), texts(&app, channel).await.len()), (1, 0));

    // With the channel goes the choice.
    app.chat.script(&format!("DELETE FROM nchat_messages; DELETE FROM nchat_channels WHERE id = '{own}'")).await;
    app.connect(Platform::Twitter).await;
    assert_eq!(alert(&app).await, 1);
    assert_eq!(texts(&app, channel).await.len(), 1);
    assert_eq!(set_channel(&app, "primary", id, None).await["account"]["alert_channel_id"], Value::Null);
}

#[tokio::test]
async fn a_channel_that_takes_no_message_keeps_nobody_else_from_it_and_is_told_later() {
    let (mut app, channel) = start().await;
    let own = app.chat.another_channel("own").await;
    tell_in(&mut app, Uuid::from_u128(0xdead));
    let x = app.connect_one(Platform::Twitter).await;
    app.connect_one(Platform::Linkedin).await;
    app.poll().await;
    set_channel(&app, "primary", x, Some(own)).await;
    lose(&app, Platform::Linkedin).await;
    lose(&app, Platform::Twitter).await;
    assert_eq!(texts(&app, own).await.len(), 1, "the others are told");
    let waiting = "SELECT count(*) FROM nchat_social_incidents WHERE tell_at IS NOT NULL AND message_id IS NULL";
    assert_eq!(app.chat.count(waiting).await, 1, "nothing is lost");

    // The operator mends the setting; a channel that refuses is the same.
    tell_in(&mut app, channel);
    app.chat
        .script(&format!(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
               IF NEW.channel_id = '{channel}' THEN RAISE EXCEPTION 'no'; END IF; RETURN NEW; END $$; \
             CREATE TRIGGER refuse BEFORE INSERT ON nchat_messages FOR EACH ROW EXECUTE FUNCTION refuse()"
        ))
        .await;
    app.clock.advance(Duration::minutes(16));
    assert_eq!(alert(&app).await, 0);
    app.chat.script("DROP TRIGGER refuse ON nchat_messages").await;
    assert_eq!(alert(&app).await, 0, "not every minute");
    app.clock.advance(Duration::minutes(16));
    assert_eq!(alert(&app).await, 1);
    assert!(texts(&app, channel).await[0].starts_with("LinkedIn, "));
    assert_eq!(app.chat.count(waiting).await, 0);
}

/// Two pages of one login that LinkedIn does not prolong.
#[tokio::test]
async fn a_login_that_ends_is_reminded_of_at_fourteen_seven_and_one_days() {
    let (app, channel) = start().await;
    let linkedin = app.simulator.world("linkedin").expect("LinkedIn");
    let second =
        NewAccount { id: "urn:li:organization:7000001".into(), handle: "second".into(), name: "Second".into() };
    linkedin.add_account(second).expect("a page");
    linkedin.switch("refresh", "off").expect("a switch");
    assert_eq!(app.connect(Platform::Linkedin).await.len(), 2);
    // Logins that renew themselves are nobody's care.
    app.connect_one(Platform::Twitter).await;
    app.connect_one(Platform::Instagram).await;
    app.poll().await;
    let ends = async |app: &App| -> Timestamp {
        let row = app
            .chat
            .value("SELECT DISTINCT token_expires_at FROM nchat_social_accounts WHERE platform = 'linkedin'")
            .await;
        row[0]["token_expires_at"].as_str().and_then(|at| at.parse().ok()).expect("an end")
    };
    let end = ends(&app).await;
    let mut reminded = Vec::new();
    for (days_left, messages) in [(20, 0), (13, 1), (12, 1), (6, 2), (5, 2), (1, 3)] {
        app.clock.set(end - Duration::days(days_left));
        alert(&app).await;
        alert(&app).await;
        reminded = texts(&app, channel).await;
        assert_eq!(reminded.len(), messages, "{days_left} days before: {reminded:#?}");
    }
    for told in &reminded {
        assert!(told.starts_with("LinkedIn, ") && told.contains("Second") && told.contains("Acme Example"), "{told}");
        assert!(told.contains(&end.format("%-d %B %Y").to_string()), "{told}");
    }

    // Connected again, it starts anew; after a long rest the nearest threshold alone is told.
    assert_eq!(app.connect(Platform::Linkedin).await.len(), 2);
    let later = ends(&app).await;
    assert!(later > end);
    assert_eq!(alert(&app).await, 0);
    app.clock.set(later - Duration::hours(20));
    assert_eq!(alert(&app).await, 1);
    assert_eq!(alert(&app).await, 0);
    assert_eq!(texts(&app, channel).await.len(), 4);
}

#[tokio::test]
async fn a_reminder_that_came_too_late_to_be_told_is_not_told() {
    let mut app = App::start().await;
    let linkedin = app.simulator.world("linkedin").expect("LinkedIn");
    linkedin.switch("refresh", "off").expect("a switch");
    app.connect_one(Platform::Linkedin).await;
    app.poll().await;
    app.clock.advance(Duration::days(50));
    assert_eq!(alert(&app).await, 0, "nobody chose a channel");
    assert_eq!(app.chat.count("SELECT count(*) FROM nchat_social_incidents WHERE tell_at IS NOT NULL").await, 1);
    assert_eq!(app.connect(Platform::Linkedin).await.len(), 1);
    let channel = app.chat.another_channel("alerts").await;
    tell_in(&mut app, channel);
    assert_eq!(alert(&app).await, 0);
    assert_eq!(app.chat.count("SELECT count(*) FROM nchat_social_incidents WHERE tell_at IS NOT NULL").await, 0);
}

/// A person who wants the data gone is named by no alert either.
#[tokio::test]
async fn alerts_that_name_a_person_go_with_the_persons_data() {
    let (app, channel) = start().await;
    app.connect_one(Platform::Instagram).await;
    app.poll().await;
    let person = crate::callbacks::person(&app).await;
    lose(&app, Platform::Instagram).await;
    assert_eq!(texts(&app, channel).await.len(), 1);
    let request = crate::callbacks::about(&app, &person);
    assert_eq!(crate::callbacks::post(&app, "data-deletion", &request).await.status, 200);
    assert_eq!(texts(&app, channel).await.len(), 0);
    assert_eq!(app.chat.count("SELECT count(*) FROM nchat_social_incidents").await, 0);
    let named = "SELECT count(*) FROM nchat_messages WHERE content LIKE '%Acme%' OR metadata::text LIKE '%Acme%'";
    assert_eq!(app.chat.count(named).await, 0);
}

#[tokio::test]
async fn incidents_that_are_long_over_are_forgotten() {
    let (app, _) = start().await;
    app.connect_one(Platform::Twitter).await;
    app.poll().await;
    lose(&app, Platform::Twitter).await;
    app.connect(Platform::Twitter).await;
    alert(&app).await;
    let count = async || app.chat.count("SELECT count(*) FROM nchat_social_incidents").await;
    app.service.clean_up().await.expect("cleaned");
    assert_eq!(count().await, 1);
    app.clock.advance(Duration::days(401));
    app.service.clean_up().await.expect("cleaned");
    assert_eq!(count().await, 0);
}

/// Every process looks every minute.
#[tokio::test]
async fn healthy_accounts_are_not_read_to_find_those_that_are_not() {
    let app = App::start().await;
    app.chat
        .script(
            "INSERT INTO nchat_social_credentials (id, platform, subject, access_token_sealed, refresh_token_sealed, \
               obtained_at, granted_at, access_expires_at) \
             SELECT gen_random_uuid(), 'twitter', n::text, '', '', now(), now(), now() \
             FROM generate_series(1, 5000) n; \
             INSERT INTO nchat_social_accounts (platform, account_id, credential_id) \
             SELECT platform, subject, id FROM nchat_social_credentials; \
             ANALYZE nchat_social_accounts; ANALYZE nchat_social_credentials",
        )
        .await;
    let client = app.database.client().await;
    client.batch_execute("SET plan_cache_mode = force_generic_plan").await.expect("set");
    let reminders = incidents::reminders();
    for (name, statement, values) in [
        ("accounts", incidents::OPEN_OF_ACCOUNTS, "now(), ARRAY['revoked'], ARRAY['needs_reconnect'], 500"),
        ("platforms", incidents::OF_PLATFORMS, "now(), 'primary', ARRAY['usage_capped'], ARRAY['paused'], now()"),
        ("logins", &reminders, "now(), now(), now(), now(), 1, 7, 14, ARRAY['twitter'], 500"),
    ] {
        client.batch_execute(&format!("PREPARE {name} AS {statement}")).await.expect("a statement");
        let rows = client.query(&format!("EXPLAIN EXECUTE {name}({values})"), &[]).await.expect("a plan");
        let plan: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
        let plan = plan.join("\n");
        assert!(plan.contains("nchat_social_accounts"), "{name}: {plan}");
        for table in ["accounts", "credentials"] {
            assert!(!plan.contains(&format!("Seq Scan on nchat_social_{table}")), "{name}: {plan}");
        }
    }
}
