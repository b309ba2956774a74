//! Tells administrators in a channel when somebody is needed, when it is over, and before a login ends.

use super::{Service, ServiceError, import::Chain};
use crate::{
    domain::{
        Platform, Timestamp,
        alert::{Alert, Named, REMINDER_DAYS, account_codes, platform_codes},
    },
    platforms::RefreshRule,
    store::{
        accounts::LoginEnds,
        channels,
        incidents::{self, EndingLogin, NeedyAccount, Opened, Over, Place, StoppedPlatform, Untold, Watch},
        messages,
    },
};
use chrono::Duration;
use std::collections::{BTreeMap, HashSet};
use uuid::Uuid;

/// What a reminder is stored under.
const LOGIN_ENDS: &str = "login_ends";

/// What a round of telling did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// Messages written.
    pub messages: usize,
    /// Channels that are not there, archived, or not to be written to; what belongs there is told once they are.
    pub unreachable: Vec<Place>,
}

impl Service {
    /// Tells what was not told yet, each channel in a transaction of its own.
    ///
    /// # Errors
    /// [`ServiceError`] of the database, before anything was told.
    pub async fn tell_administrators(&self) -> Result<Told, ServiceError> {
        let renews = |rule: RefreshRule| matches!(rule, RefreshRule::Renew { .. });
        let renewing = self.platforms.iter().map(|client| client.spec()).filter(|spec| renews(spec.refresh));
        let renewing: Vec<&'static str> = renewing.map(|spec| spec.platform.as_str()).collect();
        let untold = self
            .store
            .untold(&Watch {
                now: self.clock.now(),
                default_tenant: &self.settings.default_tenant,
                channel: self.settings.alert_channel,
                account_codes: &account_codes(),
                platform_codes: &platform_codes(),
                renewing: &renewing,
                days: &REMINDER_DAYS,
            })
            .await?;
        let mut told = Told::default();
        for (place, news) in by_place(untold) {
            match self.tell(&place, &news).await {
                Ok(Some(messages)) => told.messages += messages,
                Ok(None) => told.unreachable.push(place),
                Err(error) => {
                    tracing::warn!(channel = %place.channel, error = %Chain(&error), "an alert has to wait");
                    told.unreachable.push(place);
                }
            }
        }
        Ok(told)
    }

    /// Tells what belongs into one channel; `None`: nothing can be said there.
    async fn tell(&self, place: &Place, news: &Untold) -> Result<Option<usize>, ServiceError> {
        let now = self.clock.now();
        let mut connection = self.store.connection().await?;
        let transaction = connection.begin(&place.tenant).await?;
        let channel = channels::by_ids(&transaction, &place.tenant, &[place.channel]).await?.pop();
        let is_open = channel.is_some_and(|channel| !channel.is_archived);
        let over: Vec<Uuid> = news.over.iter().map(|over| over.id).collect();
        let closed: HashSet<Uuid> = incidents::close(&transaction, &over, now).await?.into_iter().collect();
        let mut messages = 0;
        if is_open {
            let new = self.opened(news, now);
            let opened: Vec<Opened<'_>> = new.iter().map(|(opened, _)| *opened).collect();
            let opened = incidents::open(&transaction, place, now, &opened).await?;
            let opened: HashSet<Uuid> = opened.into_iter().collect();
            let new = new.iter().filter(|(of, _)| opened.contains(&of.id)).map(|(_, what)| *what);
            let over = news.over.iter().filter(|over| over.is_solved && closed.contains(&over.id));
            let page = format!("{}/admin/social", self.settings.app_url);
            let texts: Vec<String> = alerts(new, over).iter().map(|alert| alert.text(now, &page)).collect();
            messages = texts.len();
            let messages: Vec<(Uuid, Timestamp, String)> = (0..)
                .zip(texts)
                .map(|(n, text)| (self.dice.uuid(now), now + Duration::microseconds(n), text))
                .collect();
            messages::announce(&transaction, &place.tenant, place.channel, &messages).await?;
        }
        transaction.commit().await?;
        Ok(is_open.then_some(messages))
    }

    /// The incidents to open, each with what it is about.
    fn opened<'a>(&self, news: &'a Untold, now: Timestamp) -> Vec<(Opened<'a>, New<'a>)> {
        let id = || self.dice.uuid(now);
        let accounts = news.accounts.iter().map(|of| {
            let (platform, code) = (of.platform, of.code.as_str());
            (Opened { id: id(), platform, code, account_id: Some(of.id), login: None }, New::Account(of))
        });
        let platforms = news.platforms.iter().map(|of| {
            let (platform, code) = (of.platform, of.code.as_str());
            (Opened { id: id(), platform, code, account_id: None, login: None }, New::Platform(of))
        });
        let logins = news.logins.iter().map(|of| {
            let login = Some((of.id, of.ends_at, of.days_before));
            (Opened { id: id(), platform: of.platform, code: LOGIN_ENDS, account_id: None, login }, New::Login(of))
        });
        accounts.chain(platforms).chain(logins).collect()
    }

    /// When a login at `platform` ends for good; `None`: the service renews it as long as the platform lets it.
    pub fn login_ends_at(&self, platform: Platform, login: LoginEnds) -> Option<Timestamp> {
        match self.platforms.get(platform)?.spec().refresh {
            RefreshRule::Renew { .. } => None,
            RefreshRule::RefreshToken { .. } if login.has_refresh_token => login.refresh_expires_at,
            RefreshRule::RefreshToken { .. } => login.access_expires_at,
        }
    }
}

/// Something new, with what is said of it.
#[derive(Clone, Copy)]
enum New<'a> {
    Account(&'a NeedyAccount),
    Platform(&'a StoppedPlatform),
    Login(&'a EndingLogin),
}

fn by_place(untold: Untold) -> BTreeMap<Place, Untold> {
    let mut places: BTreeMap<Place, Untold> = BTreeMap::new();
    for of in untold.accounts {
        places.entry(of.place.clone()).or_default().accounts.push(of);
    }
    for of in untold.platforms {
        places.entry(of.place.clone()).or_default().platforms.push(of);
    }
    for of in untold.over {
        places.entry(of.place.clone()).or_default().over.push(of);
    }
    for of in untold.logins {
        places.entry(of.place.clone()).or_default().logins.push(of);
    }
    places
}

/// One message for all accounts with the same trouble: a hundred that break at once are no hundred messages.
fn alerts<'a>(new: impl Iterator<Item = New<'a>>, over: impl Iterator<Item = &'a Over>) -> Vec<Alert> {
    let mut needy: BTreeMap<(Platform, &str), (Option<&str>, Vec<Named>)> = BTreeMap::new();
    let mut solved: BTreeMap<Platform, Vec<Named>> = BTreeMap::new();
    let mut alerts = Vec::new();
    for of in over {
        match &of.account {
            Some(account) => solved.entry(of.platform).or_default().push(account.clone()),
            None => alerts.push(Alert::PlatformSolved { platform: of.platform }),
        }
    }
    for of in new {
        match of {
            New::Account(of) => {
                let (why, accounts) =
                    needy.entry((of.platform, &of.code)).or_insert_with(|| (of.why.as_deref(), Vec::new()));
                if *why != of.why.as_deref() {
                    *why = None;
                }
                accounts.push(of.named.clone());
            }
            New::Platform(of) => {
                let (code, why) = (of.code.clone(), of.why.clone());
                alerts.push(Alert::Platform { platform: of.platform, code, why });
            }
            New::Login(of) => {
                let (platform, ends_at, accounts) = (of.platform, of.ends_at, of.accounts.clone());
                alerts.push(Alert::Reminder { platform, ends_at, accounts });
            }
        }
    }
    alerts.extend(solved.into_iter().map(|(platform, accounts)| Alert::AccountsSolved { platform, accounts }));
    alerts.extend(needy.into_iter().map(|((platform, code), (why, accounts))| Alert::Accounts {
        platform,
        code: code.to_owned(),
        why: why.map(str::to_owned),
        accounts,
    }));
    alerts
}
