//! Reading one account at its platform: token, request, one repetition with a fresh token. No transaction is open.

use crate::{
    platforms::{FetchRequest, Fetched, Meter, PlatformError, SocialPlatform, Want},
    service::{Service, tokens::TokenFault},
    store::{claims::LeasedAccount, credentials::Credential},
};
use secrecy::SecretString;
use std::{collections::HashSet, sync::Arc};

/// Reads what is new of `account`, and the older posts that an integration is owed.
///
/// # Errors
/// [`TokenFault`], the platform's word included.
pub async fn fetch(
    service: &Service,
    platform: &Arc<dyn SocialPlatform>,
    account: &LeasedAccount,
    credential: &Credential,
    meter: &Meter,
) -> Result<Fetched, TokenFault> {
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
) -> Result<Fetched, PlatformError> {
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
    if account.has_baseline && owed > 0 {
        let older = platform.fetch(&FetchRequest { want: Want::Baseline { newest: owed }, ..request }).await?;
        add_older(&mut fetched, older);
    }
    // A platform that is asked for new posts alone never shows how the waiting ones are doing.
    if !account.waiting.is_empty() && fetched.seen_again.is_empty() {
        match platform.fetch(&FetchRequest { want: Want::Baseline { newest: RECOUNTED }, ..request }).await {
            Ok(page) => add_counters(&mut fetched, page, &account.waiting),
            // The new posts are there, and the counters can wait for the next poll.
            Err(error) => fetched.notices.push(format!("the counters of waiting posts could not be read: {error}")),
        }
    }
    Ok(fetched)
}

/// The newest posts whose counters are read again while one waits for engagement. X bills a post once a day however
/// often it is read: `<https://docs.x.com/x-api/getting-started/pricing>`.
const RECOUNTED: usize = 20;

/// Waiting posts come back with their present counters; nothing else of the page counts.
fn add_counters(fetched: &mut Fetched, page: Fetched, waiting: &[String]) {
    let known: HashSet<&str> = fetched.posts.iter().map(|post| post.post_id.as_str()).collect();
    let again = page.posts.into_iter().chain(page.seen_again);
    let again = again.filter(|post| waiting.contains(&post.post_id) && !known.contains(post.post_id.as_str()));
    fetched.seen_again = again.collect();
}

/// Older posts join the new ones; where the reading stands is what the reading of the new ones says.
fn add_older(fetched: &mut Fetched, older: Fetched) {
    let there: HashSet<String> = fetched.posts.iter().map(|post| post.post_id.clone()).collect();
    fetched.posts.extend(older.posts.into_iter().filter(|post| !there.contains(&post.post_id)));
    fetched.notices.extend(older.notices);
}
