//! Asking for polls.

use crate::{
    graphql::{
        access::{admin, admin_only},
        fault::{OrFault, service},
        scalar::{Id, Time},
    },
    store::accounts::{Account, RequestedPoll},
};
use async_graphql::{Context, Enum, InputObject, Object, Result, SimpleObject};

/// Mutations that ask for polls.
#[derive(Default)]
pub struct Polls;

#[Object(rename_args = "snake_case", guard = "admin_only")]
impl Polls {
    /// Asks for a poll at once, of one account or all. What it brings appears in socialImportLogs and
    /// socialImportActivity.
    async fn social_trigger_import(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to poll.")] input: SocialTriggerImportInput,
    ) -> Result<SocialTriggerImportPayload> {
        let (service, admin) = (service(ctx)?, admin(ctx)?);
        let id = input.account_id.map(|id| id.0);
        let polls = service.request_polls(admin, id).await.or_fault(ctx)?;
        if !polls.is_empty() {
            return Ok(SocialTriggerImportPayload::of(&polls));
        }
        let account = match id {
            Some(id) => service.accounts(admin, None, Some(&[id])).await.or_fault(ctx)?.pop(),
            None => None,
        };
        Ok(SocialTriggerImportPayload::nothing(id.is_some(), account.as_ref()))
    }
}

/// What to poll.
#[derive(InputObject)]
#[graphql(rename_fields = "snake_case")]
struct SocialTriggerImportInput {
    /// The account; every account that is switched on when not given.
    account_id: Option<Id>,
    /// Given again within a day, with the same input, it answers the same and changes nothing; at most 128 characters.
    client_key: Option<String>,
}

/// What will be polled.
#[derive(SimpleObject)]
#[graphql(rename_fields = "snake_case")]
struct SocialTriggerImportPayload {
    /// How it went.
    status: SocialTriggerImportStatus,
    /// The same for people.
    message: String,
    /// Accounts that are polled within seconds.
    account_ids: Vec<Id>,
    /// Accounts that their platform allows no poll of yet; they are polled by themselves when it does.
    held: Vec<SocialHeldAccount>,
}

/// How asking for a poll went.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(rename_items = "snake_case")]
enum SocialTriggerImportStatus {
    /// At least one account is polled within seconds.
    Requested,
    /// The platform allows no poll yet: see `held`.
    Held,
    /// The account is switched off or must be connected again; or no account can be polled.
    NotPollable,
    /// There is no such account in this workspace.
    NotFound,
}

/// An account that must not be polled yet.
#[derive(SimpleObject)]
#[graphql(rename_fields = "snake_case")]
struct SocialHeldAccount {
    /// The account.
    account_id: Id,
    /// When the platform allows the next poll.
    until: Time,
}

impl SocialTriggerImportPayload {
    fn of(polls: &[RequestedPoll]) -> Self {
        let held = polls.iter().filter_map(|poll| {
            Some(SocialHeldAccount { account_id: poll.account_id.into(), until: poll.held_until?.into() })
        });
        let held: Vec<SocialHeldAccount> = held.collect();
        let asked = polls.iter().filter(|poll| poll.held_until.is_none());
        let account_ids: Vec<Id> = asked.map(|poll| poll.account_id.into()).collect();
        let soonest = held.iter().map(|held| held.until.0).min();
        let (status, message) = match (account_ids.len(), soonest) {
            (0, Some(until)) => (
                SocialTriggerImportStatus::Held,
                format!(
                    "The platform allows no poll before {}; the next one is then.",
                    until.format("%Y-%m-%d %H:%M UTC")
                ),
            ),
            (count, None) => (SocialTriggerImportStatus::Requested, format!("Accounts being polled: {count}.")),
            (count, Some(_)) => (
                SocialTriggerImportStatus::Requested,
                format!("Accounts being polled: {count}; held back by their platform: {}.", held.len()),
            ),
        };
        Self { status, message, account_ids, held }
    }

    fn nothing(one_was_named: bool, account: Option<&Account>) -> Self {
        use SocialTriggerImportStatus::{NotFound, NotPollable};
        let (status, message) = match account {
            Some(account) if !account.is_active => (NotPollable, "The account is switched off: switch it on first."),
            Some(_) => (NotPollable, "The account must be connected again first."),
            None if one_was_named => (NotFound, "There is no such account in this workspace."),
            None => (NotPollable, "No account is connected and switched on."),
        };
        Self { status, message: message.into(), account_ids: Vec::new(), held: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn poll(id: u128, held_until: Option<&str>) -> RequestedPoll {
        let held_until = held_until.map(|at| at.parse().unwrap());
        RequestedPoll { account_id: Uuid::from_u128(id), held_until, is_polling: false }
    }

    #[test]
    fn the_status_tells_what_happens_and_the_lists_tell_to_whom() {
        let (free, held) = (poll(1, None), poll(2, Some("2026-11-22T12:15:00Z")));
        let payload = SocialTriggerImportPayload::of(&[free]);
        assert_eq!((payload.status, payload.account_ids.len()), (SocialTriggerImportStatus::Requested, 1));
        let payload = SocialTriggerImportPayload::of(&[free, held]);
        assert_eq!(payload.status, SocialTriggerImportStatus::Requested);
        assert_eq!(payload.message, "Accounts being polled: 1; held back by their platform: 1.");
        let payload = SocialTriggerImportPayload::of(&[held, poll(3, Some("2026-11-22T12:05:00Z"))]);
        assert_eq!((payload.status, payload.held.len()), (SocialTriggerImportStatus::Held, 2));
        assert!(payload.message.contains("2026-11-22 12:05 UTC"), "{}", payload.message);
    }

    #[test]
    fn nothing_to_poll_says_why() {
        assert_eq!(SocialTriggerImportPayload::nothing(true, None).status, SocialTriggerImportStatus::NotFound);
        assert_eq!(SocialTriggerImportPayload::nothing(false, None).status, SocialTriggerImportStatus::NotPollable);
    }
}
