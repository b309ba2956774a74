//! Reading one account at its platform: token, request, one repetition with a fresh token. No transaction is open.

use crate::{
    domain::{Engagement, Post, Timestamp, plan::Look},
    platforms::{FetchRequest, Fetched, LookupRequest, Meter, PlatformError, SocialPlatform, Want},
    service::{Service, tokens::TokenFault},
    store::{claims::LeasedAccount, credentials::Credential},
};
use secrecy::SecretString;
use std::{
    collections::{BTreeSet, HashSet},
    sync::Arc,
};

/// No poll makes more look-ups than this; what is left is due at the next one.
const MAX_LOOKUPS: usize = 2;

/// What was read of an account.
#[derive(Debug)]
pub struct Brought {
    /// Its new posts.
    pub fetched: Fetched,
    /// Its waiting posts that were looked at beside them.
    pub looks: Looks,
    /// So many older posts were asked for, for integrations that are owed some.
    pub older: usize,
}

/// Looks at waiting posts.
#[derive(Debug, Default)]
pub struct Looks {
    /// The posts, with what is told of their counters.
    pub looked_up: Vec<Look>,
    /// Those that the platform does not show any more.
    pub gone: Vec<String>,
}

/// Reads what is new of `account`, the older posts that an integration is owed, and how its waiting posts are doing.
///
/// # Errors
/// [`TokenFault`], the platform's word included.
pub async fn fetch(
    service: &Service,
    platform: &Arc<dyn SocialPlatform>,
    account: &LeasedAccount,
    credential: &Credential,
    meter: &Meter,
) -> Result<Brought, TokenFault> {
    let token = service.access_token(platform, credential).await?;
    match read(service, &**platform, account, &token, meter).await {
        Err(PlatformError::TokenRejected { .. }) => {
            let fresh = service.replace_token(platform, credential).await?;
            Ok(read(service, &**platform, account, &fresh, meter).await?)
        }
        answer => Ok(answer?),
    }
}

async fn read(
    service: &Service,
    platform: &dyn SocialPlatform,
    account: &LeasedAccount,
    access_token: &SecretString,
    meter: &Meter,
) -> Result<Brought, PlatformError> {
    let owed = account.backfill.unwrap_or(0);
    let want = if account.has_baseline { Want::New } else { Want::Baseline { newest: owed } };
    let request = FetchRequest {
        access_token,
        remote_id: &account.remote_id,
        profile: &account.profile,
        cursor: account.cursor.as_ref(),
        want,
        exclude_reposts: account.exclude_reposts,
        exclude_replies: account.exclude_replies,
        now: service.clock.now(),
        meter,
    };
    let mut fetched = platform.fetch(&request).await?;
    let mut older = if account.has_baseline { 0 } else { owed };
    if account.has_baseline && owed > 0 {
        match platform.fetch(&FetchRequest { want: Want::Baseline { newest: owed }, ..request }).await {
            Ok(posts) => {
                add_older(&mut fetched, posts);
                older = owed;
            }
            // The new posts are there, and may have cost money; the older ones stay owed.
            Err(error) => fetched.notices.push(format!("older posts could not be read: {error}")),
        }
    }
    let (looks, fault) = look(platform, account, access_token, (service.clock.now(), meter), &fetched).await;
    // The new posts are there, and what could not be looked at is due again at the next poll.
    fetched.notices.extend(fault.map(|error| format!("the counters of waiting posts could not be read: {error}")));
    Ok(Brought { fetched, looks, older })
}

/// Looks at the waiting posts that are due and whose likes the pages did not bring. What was read before a fault is
/// kept: it may have cost money.
async fn look(
    platform: &dyn SocialPlatform,
    account: &LeasedAccount,
    access_token: &SecretString,
    (now, meter): (Timestamp, &Meter),
    fetched: &Fetched,
) -> (Looks, Option<PlatformError>) {
    let paged: HashSet<&str> = fetched.posts.iter().chain(&fetched.seen_again).filter_map(counted).collect();
    let due = account.waiting.iter().filter(|waiting| waiting.is_due && !paged.contains(waiting.post_id.as_str()));
    let (counted, as_stored): (Vec<_>, Vec<_>) = due.partition(|waiting| waiting.is_counted);
    let counted: BTreeSet<&str> = counted.into_iter().map(|waiting| waiting.post_id.as_str()).collect();
    let nothing_told = |post_id: &str| Look { post_id: post_id.to_owned(), engagement: Engagement::default() };
    let mut looks = Looks {
        looked_up: as_stored
            .into_iter()
            .filter(|waiting| !counted.contains(waiting.post_id.as_str()))
            .map(|waiting| nothing_told(&waiting.post_id))
            .collect(),
        ..Looks::default()
    };
    let post_ids: Vec<String> = counted.into_iter().map(str::to_owned).collect();
    for post_ids in post_ids.chunks(platform.spec().lookup_batch).take(MAX_LOOKUPS) {
        let request = LookupRequest { access_token, remote_id: &account.remote_id, post_ids, now, meter };
        let looked = match platform.lookup(&request).await {
            Ok(looked) => looked,
            Err(error) => return (looks, Some(error)),
        };
        let told: HashSet<&str> = looked.counters.iter().map(|(id, _)| id.as_str()).collect();
        let untold = post_ids.iter().filter(|id| !told.contains(id.as_str()) && !looked.gone.contains(id));
        looks.looked_up.extend(untold.map(|id| nothing_told(id)));
        looks.looked_up.extend(looked.counters.into_iter().map(|(post_id, engagement)| Look { post_id, engagement }));
        looks.gone.extend(looked.gone);
    }
    (looks, None)
}

/// The post's id, if the page told how often it is liked.
fn counted(post: &Post) -> Option<&str> {
    post.engagement.tell_likes().then_some(post.post_id.as_str())
}

/// Older posts join the new ones; where the reading stands is what the reading of the new ones says.
fn add_older(fetched: &mut Fetched, older: Fetched) {
    let there: HashSet<String> = fetched.posts.iter().map(|post| post.post_id.clone()).collect();
    fetched.posts.extend(older.posts.into_iter().filter(|post| !there.contains(&post.post_id)));
    fetched.notices.extend(older.notices);
}
