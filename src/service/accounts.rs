//! What administrators do with connected accounts.

use super::{AdminActor, Service, ServiceError, import::Chain, tokens};
use crate::{
    domain::Step,
    platforms::{Revocation, SocialPlatform, StorageDuty},
    store::{
        accounts::{self, RequestedPoll},
        audit, channels,
        credentials::{self, Credential},
    },
};
use chrono::Duration;
use serde_json::json;
use uuid::Uuid;

/// What disconnecting did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Disconnected {
    /// There is no such account in this workspace.
    NotFound,
    /// Tokens are gone.
    Done {
        /// A sentence about the grant at the platform: what happened to it, or what the person must still do.
        at_platform: String,
        /// What the platform's terms ask of whoever keeps its posts; `None`: the platform is not configured.
        storage_duty: Option<StorageDuty>,
    },
}

/// What setting an account's interval did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IntervalSet {
    /// It is this now.
    Done(Duration),
    /// Shorter than this is not allowed.
    TooShort(Duration),
    /// Longer than this is not allowed.
    TooLong(Duration),
    /// There is no such account in this workspace.
    NotFound,
}

/// What choosing an account's channel for alerts did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlertChannelSet {
    /// It is told there from now on.
    Done,
    /// There is no such account in this workspace.
    NotFound,
    /// There is no such channel in this workspace.
    NoChannel,
    /// The channel is archived, or people's own: a direct message or a group of them.
    Unfit,
}

/// The longest interval.
const LONGEST_INTERVAL: Duration = Duration::days(1);

impl Service {
    /// Sets how often an account is polled; `None`: as its platform's accounts are.
    ///
    /// # Errors
    /// [`ServiceError`] of the database.
    pub async fn set_poll_interval(
        &self,
        admin: &AdminActor,
        id: Uuid,
        seconds: Option<i32>,
    ) -> Result<IntervalSet, ServiceError> {
        let mut connection = self.store.connection().await?;
        let transaction = connection.begin(admin.tenant()).await?;
        let Some(account) = accounts::list(&transaction, admin.tenant(), Some(&[id]), None).await?.pop() else {
            return Ok(IntervalSet::NotFound);
        };
        let floor = self.least_interval(account.platform);
        match seconds.map(|seconds| Duration::seconds(seconds.into())) {
            Some(asked) if asked < floor => return Ok(IntervalSet::TooShort(floor)),
            Some(asked) if asked > LONGEST_INTERVAL => return Ok(IntervalSet::TooLong(LONGEST_INTERVAL)),
            _ => {}
        }
        let interval = self.poll_interval(account.platform, seconds);
        let latest = self.clock.now() + interval;
        accounts::set_poll_interval(&transaction, admin.tenant(), id, seconds, latest).await?;
        transaction.commit().await?;
        Ok(IntervalSet::Done(interval))
    }

    /// Chooses where it is told that somebody must act on an account; `None`: where it is told by default.
    ///
    /// # Errors
    /// [`ServiceError`] of the database.
    pub async fn set_alert_channel(
        &self,
        admin: &AdminActor,
        id: Uuid,
        channel: Option<Uuid>,
    ) -> Result<AlertChannelSet, ServiceError> {
        let tenant = admin.tenant();
        let mut connection = self.store.connection().await?;
        let transaction = connection.begin(tenant).await?;
        if accounts::list(&transaction, tenant, Some(&[id]), None).await?.is_empty() {
            return Ok(AlertChannelSet::NotFound);
        }
        if let Some(channel) = channel {
            let Some(channel) = channels::by_ids(&transaction, tenant, &[channel]).await?.pop() else {
                return Ok(AlertChannelSet::NoChannel);
            };
            if channel.is_archived || channel.is_conversation() {
                return Ok(AlertChannelSet::Unfit);
            }
        }
        accounts::set_alert_channel(&transaction, tenant, id, channel, self.clock.now()).await?;
        let detail = json!({ "channel_id": channel });
        audit::record(&transaction, &self.audit_entry_of(admin, "alert_channel_set", id, detail)).await?;
        transaction.commit().await?;
        Ok(AlertChannelSet::Done)
    }

    /// Forgets an account's tokens and stops its polls; `purge` deletes the account with its imported posts as well.
    /// The grant at the platform is ended where the platform can and no other account of the login needs it.
    ///
    /// # Errors
    /// [`ServiceError`] of the database.
    pub async fn disconnect(&self, admin: &AdminActor, id: Uuid, purge: bool) -> Result<Disconnected, ServiceError> {
        let tenant = admin.tenant();
        let mut connection = self.store.connection().await?;
        let transaction = connection.begin(tenant).await?;
        let Some(account) = accounts::list(&transaction, tenant, Some(&[id]), None).await?.pop() else {
            return Ok(Disconnected::NotFound);
        };
        // Read before they are deleted, ended at the platform after: a dead platform must not keep an account alive.
        // A renewal under way ends first, so that what is read is what the platform knows.
        let credential = match account.credential_id {
            Some(credential) => credentials::hold(&transaction, credential).await?,
            None => None,
        };
        let detail = json!({ "posts_deleted": purge });
        audit::record(&transaction, &self.audit_entry_of(admin, "account_disconnected", id, detail)).await?;
        if purge {
            accounts::delete(&transaction, tenant, id).await?;
        } else {
            accounts::disconnect(&transaction, tenant, id, self.clock.now()).await?;
        }
        transaction.commit().await?;
        drop(connection);
        tracing::info!(account = %id, platform = %account.platform, by = ?admin.user_id(), purge, "disconnected");

        self.steps.pass(Step::TokensDeleted);

        let client = self.platforms.get(account.platform);
        let name = account.platform.brand().name;
        let at_platform = match (credential, client) {
            (Some(credential), Some(client)) => self.end_at_platform(&**client, id, &credential).await?,
            (Some(_), None) => {
                format!("{name} is not set up here any more: remove the app in the account's settings there.")
            }
            (None, _) => format!("Nothing was left to end at {name}."),
        };
        self.steps.pass(Step::GrantEnded);
        Ok(Disconnected::Done { at_platform, storage_duty: client.map(|client| client.spec().storage_duty) })
    }

    /// Ends the grant of tokens that are deleted here, unless others need it. No transaction is open meanwhile.
    async fn end_at_platform(
        &self,
        client: &dyn SocialPlatform,
        account: Uuid,
        credential: &Credential,
    ) -> Result<String, ServiceError> {
        let name = client.spec().platform.brand().name;
        if !self.store.credentials(&[credential.id]).await?.is_empty() {
            return Ok("Other accounts of the same login stay connected.".to_owned());
        }
        let Ok(tokens) = tokens::open(&self.sealer, credential) else {
            return Ok(format!("The tokens could not be opened: remove the app in the account's settings at {name}."));
        };
        Ok(match client.revoke(&tokens).await {
            Ok(Revocation::Done) => format!("The access is ended at {name} too."),
            Ok(Revocation::ByPerson { where_to }) => format!("To end the access at {name} too: {where_to}."),
            Err(error) => {
                tracing::warn!(%account, error = %Chain(&error), "the grant could not be ended");
                format!("{name} did not answer as it should: remove the app in the account's settings there.")
            }
        })
    }

    /// Switches an account on or off; `false` when there is no such account.
    ///
    /// # Errors
    /// [`ServiceError`] of the database.
    pub async fn set_account_active(
        &self,
        admin: &AdminActor,
        id: Uuid,
        is_active: bool,
        catch_up: bool,
    ) -> Result<bool, ServiceError> {
        let mut connection = self.store.connection().await?;
        let transaction = connection.begin(admin.tenant()).await?;
        let found = accounts::set_active(&transaction, admin.tenant(), id, is_active, catch_up).await?;
        if found {
            let action = if is_active { "account_switched_on" } else { "account_switched_off" };
            let detail = if is_active { json!({ "catch_up": catch_up }) } else { json!({}) };
            audit::record(&transaction, &self.audit_entry_of(admin, action, id, detail)).await?;
        }
        transaction.commit().await?;
        Ok(found)
    }

    /// Asks for polls at once, of one account or all.
    ///
    /// # Errors
    /// [`ServiceError`] of the database.
    pub async fn request_polls(
        &self,
        admin: &AdminActor,
        id: Option<Uuid>,
    ) -> Result<Vec<RequestedPoll>, ServiceError> {
        let mut connection = self.store.connection().await?;
        let transaction = connection.begin(admin.tenant()).await?;
        let now = self.clock.now();
        let polls = accounts::request_polls(&transaction, admin.tenant(), id, admin.user_id(), now).await?;
        transaction.commit().await?;
        Ok(polls)
    }
}
