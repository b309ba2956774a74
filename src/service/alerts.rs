//! Telling people that they must act: what is wrong is found, kept as an incident, and told in the channel that an
//! administrator chose. Any number of processes may do it at once; each incident is told once.

use super::{Service, import::Chain};
use crate::{
    domain::{
        Platform, Timestamp,
        alert::{Alert, News},
        health::{TROUBLES, Who, trouble_of},
    },
    platforms::RefreshRule,
    store::{
        StoreError,
        channels::{self, Channel},
        incidents::{self, Addressee, Told, Turned, Untold, Watch},
        messages::{self, Notice},
    },
};
use chrono::Duration;
use serde_json::{Value, json};
use uuid::Uuid;

/// What may still pass is told after this long.
const LASTS: Duration = Duration::hours(6);

/// A channel that could not be told is tried again after this long.
const TRY_AGAIN: Duration = Duration::minutes(15);

impl Service {
    /// Logins at `platform` end unless they have a refresh token.
    pub fn needs_refresh_token(&self, platform: Platform) -> bool {
        let client = self.platforms.get(platform);
        client.is_some_and(|client| matches!(client.spec().refresh, RefreshRule::RefreshToken { .. }))
    }

    /// Looks what somebody must act on, and tells what is new. Returns how many messages were written.
    ///
    /// # Errors
    /// [`StoreError`] of the database.
    pub async fn alert(&self) -> Result<usize, StoreError> {
        let now = self.clock.now();
        let of = |who: Who| {
            let troubles = TROUBLES.iter().filter(|trouble| trouble.alarms() && trouble.who == who);
            troubles.map(|trouble| (trouble.code, trouble.health)).collect::<Vec<Told<'_>>>()
        };
        let platforms = self.platforms.iter().map(|client| client.spec().platform);
        let refreshing: Vec<&str> =
            platforms.filter(|platform| self.needs_refresh_token(*platform)).map(Platform::as_str).collect();
        let watch = Watch {
            now,
            tenant: &self.settings.default_tenant,
            of_accounts: &of(Who::Administrator),
            of_platforms: &of(Who::Operator),
            lasting_since: now - LASTS,
            refreshing: &refreshing,
        };
        for turned in self.store.watch_incidents(watch).await? {
            log(&turned);
        }
        let mut written = 0;
        let (tenant, channel) = (&self.settings.default_tenant, self.settings.alert_channel);
        for to in self.store.untold(tenant, channel, now).await? {
            match self.tell(&to, now).await {
                Ok(Some(messages)) => written += messages,
                Ok(None) => self.put_off(&to, now, "it is archived, or the workspace has no such channel").await?,
                Err(error) if error.is_temporary() => return Err(error),
                // A channel that cannot be told must not keep the others from it.
                Err(error) => self.put_off(&to, now, &Chain(&error).to_string()).await?,
            }
        }
        Ok(written)
    }

    /// Tells a channel what is due, in one transaction: a message is written together with the note of it. `None`: the
    /// channel is of no use.
    async fn tell(&self, to: &Addressee, now: Timestamp) -> Result<Option<usize>, StoreError> {
        let mut connection = self.store.connection().await?;
        let transaction = connection.begin(&to.tenant).await?;
        let channel = channels::by_ids(&transaction, &to.tenant, &[to.channel]).await?.pop();
        if channel.is_none_or(|channel| channel.is_archived) {
            return Ok(None);
        }
        let untold = incidents::hold(&transaction, &to.tenant, to.channel, self.is_default(to), now).await?;
        let (stale, fresh): (Vec<Untold>, Vec<Untold>) = untold.into_iter().partition(|incident| incident.is_stale);
        let mut told: Vec<(Uuid, Option<Uuid>)> = stale.iter().map(|incident| (incident.id, None)).collect();
        let page = self.settings.admin_page();
        let mut notices = Vec::new();
        for group in groups(fresh) {
            let id = self.dice.uuid(now);
            told.extend(group.iter().map(|incident| (incident.id, Some(id))));
            notices.push(notice(id, &group, &page));
        }
        messages::notify(&transaction, &to.tenant, to.channel, now, &notices).await?;
        incidents::told(&transaction, &told).await?;
        transaction.commit().await?;
        Ok(Some(notices.len()))
    }

    /// Nothing is lost: it is told when the channel is there again, or another one was chosen.
    async fn put_off(&self, to: &Addressee, now: Timestamp, why: &str) -> Result<(), StoreError> {
        let is_default = self.is_default(to);
        let setting = if is_default { "SOCIAL_ALERT_CHANNEL" } else { "alert_channel_id of its accounts" };
        tracing::warn!(channel = %to.channel, tenant = to.tenant, setting, why, "a channel cannot be told of trouble");
        let mut connection = self.store.connection().await?;
        let transaction = connection.begin(&to.tenant).await?;
        let untold = incidents::hold(&transaction, &to.tenant, to.channel, is_default, now).await?;
        let ids: Vec<Uuid> = untold.iter().map(|incident| incident.id).collect();
        incidents::put_off(&transaction, &ids, now + TRY_AGAIN).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// The channel of SOCIAL_ALERT_CHANNEL; `None`: it is not set, or the default tenant has no such channel.
    ///
    /// # Errors
    /// [`StoreError`] of the database.
    pub async fn alert_channel(&self) -> Result<Option<Channel>, StoreError> {
        let ids: Vec<Uuid> = self.settings.alert_channel.into_iter().collect();
        let tenant = &self.settings.default_tenant;
        let mut connection = self.store.connection().await?;
        let transaction = connection.begin(tenant).await?;
        Ok(channels::by_ids(&transaction, tenant, &ids).await?.pop())
    }

    fn is_default(&self, to: &Addressee) -> bool {
        to.tenant == self.settings.default_tenant && self.settings.alert_channel == Some(to.channel)
    }
}

/// What one message tells: the same trouble of one platform's accounts; a reminder is of one login.
fn groups(untold: Vec<Untold>) -> Vec<Vec<Untold>> {
    let mut groups: Vec<Vec<Untold>> = Vec::new();
    for incident in untold {
        let same = |group: &&mut Vec<Untold>| {
            let first = &group[0];
            let kind = |of: &Untold| (of.platform, of.is_over, of.account_id.is_none(), of.ends_at);
            let is_reminder = incident.ends_at.is_some();
            kind(first) == kind(&incident)
                && first.code == incident.code
                && (!is_reminder || first.credential_id == incident.credential_id)
        };
        match groups.iter_mut().find(same) {
            Some(group) => group.push(incident),
            None => groups.push(vec![incident]),
        }
    }
    groups
}

/// The message of a group, which is never empty.
fn notice(id: Uuid, group: &[Untold], page: &str) -> Notice {
    let first = &group[0];
    let accounts: Vec<String> = group.iter().filter(|incident| incident.account_id.is_some()).map(name).collect();
    let news = match first.ends_at {
        Some(ends_at) => News::Ends(ends_at),
        None if first.is_over => News::Over,
        None => News::Begun,
    };
    let alert =
        Alert { news, platform: first.platform, code: &first.code, accounts: &accounts, why: &first.message, page };
    Notice { id, content: alert.text(), metadata: metadata(first, news) }
}

/// For programs that read the channel.
fn metadata(of: &Untold, news: News) -> Value {
    let news = match news {
        News::Begun => "begun",
        News::Over => "over",
        News::Ends(_) => "ends",
    };
    json!({ "social_alert": { "news": news, "platform": of.platform, "code": of.code, "ends_at": of.ends_at } })
}

/// An account as people call it.
fn name(of: &Untold) -> String {
    match of.account_handle.as_deref() {
        Some(handle) if of.account_name.is_empty() => format!("@{handle}"),
        Some(handle) => format!("{} (@{handle})", of.account_name),
        None => of.account_name.clone(),
    }
}

/// The one line for an incident, with who must act.
fn log(turned: &Turned) {
    let Turned { is_open, account_id, platform, code } = turned;
    let account = account_id.map(tracing::field::display);
    if !is_open {
        return tracing::info!(%platform, account, code, "nobody need act any more");
    }
    let trouble = trouble_of(code);
    let what_to_do = trouble.map(|trouble| trouble.what_to_do);
    match trouble.map(|trouble| trouble.who) {
        Some(Who::Operator) => tracing::error!(%platform, code, what_to_do, "the operator must act"),
        _ => tracing::warn!(%platform, account, code, what_to_do, "an administrator must act"),
    }
}
