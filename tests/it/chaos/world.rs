//! The accounts that publish, the person who connects them again, and what the database says in the end.

use super::{below, verdict::Verdict};
use crate::{
    app::{
        App,
        world::{arrive, consent_as, depart, query},
    },
    costs::{bill, ledger},
    long_run::crowd::{connect, settle},
};
use nchat_social::{
    domain::{Clock, Dice, Platform, clock::SystemClock, dice::SeededDice},
    simulator::Draft,
};
use serde_json::json;
use std::collections::HashMap;
use uuid::Uuid;

/// Accounts of each platform.
const ACCOUNTS: usize = 4;
/// How likely an account is made due in a turn: each about every other second.
const DUE: f64 = 0.02;
/// How likely one of all accounts publishes in a turn.
const PUBLISHES: f64 = 0.5;
/// How likely a login's tokens are made due in a turn.
const RENEWS: f64 = 0.25;

/// Counts what is stored of renewals, by login.
const COUNT_RENEWALS: &str = "\
    CREATE TABLE chaos_renewals (login uuid NOT NULL); \
    CREATE FUNCTION chaos_count() RETURNS trigger LANGUAGE plpgsql AS \
      $$ BEGIN INSERT INTO chaos_renewals VALUES (NEW.id); RETURN NULL; END $$; \
    CREATE TRIGGER chaos_count AFTER UPDATE ON nchat_social_credentials FOR EACH ROW \
      WHEN (OLD.access_token_sealed IS DISTINCT FROM NEW.access_token_sealed) EXECUTE FUNCTION chaos_count()";

/// An account that publishes.
struct Member {
    platform: Platform,
    /// Its id in the world.
    id: String,
    /// Its row.
    row: Uuid,
    /// Posts so far.
    posts: usize,
}

/// The accounts.
pub struct World<'a> {
    app: &'a App,
    members: Vec<Member>,
    channels: HashMap<Platform, Uuid>,
    /// Connections made again.
    pub helped: usize,
    tokens_lost: usize,
}

impl<'a> World<'a> {
    /// Accounts connected, with stock taken, each posting to its platform's channel.
    pub async fn make(app: &'a App) -> Self {
        let (mut members, mut channels) = (Vec::new(), HashMap::new());
        for platform in Platform::ALL {
            let channel = app.chat.another_channel(platform.as_str()).await;
            channels.insert(platform, channel);
            let ids = settle(app, platform, ACCOUNTS);
            for account in connect(app, platform, &ids).await {
                app.integrate(account, channel, json!({})).await;
            }
            for id in ids {
                let row = format!("SELECT id FROM nchat_social_accounts WHERE account_id = '{id}'");
                let row = app.chat.value(&row).await[0]["id"].as_str().and_then(|id| id.parse().ok()).expect("an id");
                members.push(Member { platform, id, row, posts: 0 });
            }
        }
        app.poll().await;
        app.chat.script(COUNT_RENEWALS).await;
        Self { app, members, channels, helped: 0, tokens_lost: 0 }
    }

    /// Posts so far.
    pub fn published(&self) -> usize {
        self.members.iter().map(|member| member.posts).sum()
    }

    /// Somebody publishes, accounts become due, tokens grow old.
    pub async fn turn(&mut self, dice: &SeededDice) {
        // The world's time moves by hand, the processes' by itself.
        self.app.clock.set(SystemClock.now());
        let number = below(dice, self.members.len());
        if dice.fraction() < PUBLISHES {
            let member = &mut self.members[number];
            let world = self.app.simulator.world(member.platform.as_str()).expect("a world");
            let text = format!("{} says {}", member.id, member.posts);
            world.publish(&member.id, Draft::text(text)).expect("published");
            member.posts += 1;
        }
        if dice.fraction() < RENEWS {
            let member = &self.members[below(dice, self.members.len())];
            if member.platform != Platform::Instagram {
                self.app
                    .chat
                    .run(
                        "UPDATE nchat_social_credentials SET access_expires_at = now() - interval '1 second' \
                         WHERE id = (SELECT c.id FROM nchat_social_credentials c JOIN nchat_social_accounts a \
                           ON a.credential_id = c.id WHERE a.id = $1 FOR UPDATE OF c SKIP LOCKED)",
                        &[&member.row],
                    )
                    .await;
            }
        }
        self.make_due(|| dice.fraction() < DUE).await;
    }

    /// Accounts that nobody holds are due now, as the throws say, and no pause of a login holds them.
    pub async fn make_due(&self, mut throw: impl FnMut() -> bool) {
        self.app.clock.set(SystemClock.now());
        let rows: Vec<Uuid> = self.members.iter().filter(|_| throw()).map(|member| member.row).collect();
        if rows.is_empty() {
            return;
        }
        self.app
            .chat
            .run(
                "WITH free AS (UPDATE nchat_social_credentials SET refresh_not_before = NULL WHERE id IN ( \
                   SELECT id FROM nchat_social_credentials WHERE refresh_not_before IS NOT NULL \
                   FOR UPDATE SKIP LOCKED)) \
                 UPDATE nchat_social_accounts SET next_poll_at = now(), hold_until = NULL WHERE id IN ( \
                   SELECT id FROM nchat_social_accounts WHERE id = ANY($1) AND lease_id IS NULL AND is_active \
                   FOR UPDATE SKIP LOCKED)",
                &[&rows],
            )
            .await;
    }

    /// What only the dead hold has run out; no lease is longer than it may be. A lease's job tells who has it, and one
    /// that has none after a second died with whoever claimed it.
    pub async fn bury(&self, living: &[i32]) {
        let too_long = "SELECT count(*) FROM nchat_social_accounts WHERE lease_until > now() + interval '5 minutes'";
        assert_eq!(self.app.chat.count(too_long).await, 0, "a lease is longer than its limit");
        self.app
            .chat
            .run(
                "UPDATE nchat_social_accounts SET lease_until = now(), next_poll_at = now() WHERE id IN ( \
                   SELECT a.id FROM nchat_social_accounts a \
                   LEFT JOIN apalis.jobs j ON j.idempotency_key = a.lease_id::text \
                   WHERE a.lease_until > now() AND CASE \
                     WHEN j.id IS NULL THEN a.lease_until < now() + interval '5 minutes' - interval '1 second' \
                     ELSE j.status <> 'Pending' AND NOT EXISTS ( \
                       SELECT FROM unnest($1::int[]) AS pid WHERE j.lock_by LIKE '%-' || pid || '-%') END \
                   FOR UPDATE OF a SKIP LOCKED)",
                &[&living],
            )
            .await;
    }

    /// Connects again, as a person would, whoever asks for it. A connection that ended although everything that the
    /// platform had granted was stored was lost by us.
    pub async fn help(&mut self) {
        let asking = "SELECT account_id FROM nchat_social_accounts WHERE health = 'needs_reconnect'";
        let asking = self.app.chat.value(asking).await;
        for row in asking.as_array().expect("rows") {
            let id = row["account_id"].as_str().expect("an id");
            let member = self.members.iter().find(|member| member.id == id).expect("a member");
            let (platform, account) = (member.platform, member.row);
            self.app.clock.set(SystemClock.now());
            let grants = self.app.simulator.world(platform.as_str()).expect("a world").grants();
            let granted = grants.iter().rfind(|grant| grant.account == id).map_or(0, |grant| grant.renewals);
            let stored = self.stored(account).await;
            if platform != Platform::Twitter || i64::from(granted) <= stored {
                self.tokens_lost += 1;
            }
            if platform == Platform::Linkedin {
                self.app.connect(platform).await;
            } else {
                let (cookie, page) = depart(self.app, platform).await;
                let back = consent_as(&page, id).await;
                let end = arrive(self.app, &back, Some(&cookie)).await;
                assert!(query(&end, "success").is_some(), "{end}");
            }
            // A new consent: its renewals are counted from here.
            self.app
                .chat
                .run(
                    "DELETE FROM chaos_renewals WHERE login = \
                       (SELECT credential_id FROM nchat_social_accounts WHERE id = $1)",
                    &[&account],
                )
                .await;
            self.helped += 1;
        }
    }

    /// Renewals of the account's login that were stored.
    async fn stored(&self, account: Uuid) -> i64 {
        let stored = format!(
            "SELECT count(*) FROM chaos_renewals r JOIN nchat_social_accounts a ON a.credential_id = r.login \
             WHERE a.id = '{account}'"
        );
        self.app.chat.count(&stored).await
    }

    /// Messages so far.
    pub async fn arrived(&self) -> usize {
        let channels: Vec<String> = self.channels.values().map(|channel| format!("'{channel}'")).collect();
        let channels = channels.join(", ");
        let arrived = format!("SELECT count(*) FROM nchat_messages WHERE channel_id IN ({channels})");
        usize::try_from(self.app.chat.count(&arrived).await).unwrap_or(0)
    }

    /// Counts what was lost, doubled or put out of order.
    pub async fn verdict(&self) -> Verdict {
        let mut verdict = Verdict { tokens_lost: self.tokens_lost, ..Verdict::default() };
        let mut arrived: HashMap<String, Vec<usize>> = HashMap::new();
        for channel in self.channels.values() {
            for message in self.app.chat.messages(*channel).await {
                let text = message.embeds[0]["description"].as_str().unwrap_or_default();
                let (author, number) = text.split_once(" says ").unwrap_or_else(|| panic!("{text:?}"));
                arrived.entry(author.to_owned()).or_default().push(number.parse().expect("a number"));
            }
        }
        for member in &self.members {
            verdict.add(member.posts, arrived.get(&member.id).map_or(&[], Vec::as_slice));
        }
        verdict
    }

    /// The log's sums are what happened, every account is well, and nothing is left over.
    pub async fn assert_the_books_are_true(&self) {
        let posts = self.published();
        let logged = "SELECT sum(posts_imported) AS imported, sum(posts_posted) AS posted, \
                      sum(messages_posted) AS messages FROM nchat_social_import_logs";
        let expected = json!([{"imported": posts, "posted": posts, "messages": posts}]);
        assert_eq!(self.app.chat.value(logged).await, expected, "the log's sums");
        let unwell = "SELECT platform, account_id, health, health_code FROM nchat_social_accounts \
                      WHERE health <> 'connected'";
        assert_eq!(self.app.chat.value(unwell).await, json!([]));
        let (booked, billed) = (ledger(self.app).await, bill(self.app).await);
        // What was read before midnight and not booked is read again after it, and billed again.
        if billed.len() == 1 {
            assert_eq!(booked, billed, "what X bills is what is booked");
        }
        self.app.assert_at_rest().await;
    }
}
