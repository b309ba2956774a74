//! Taking over the tokens that an nchat installation stored before this service was there.

use super::{ServiceError, tokens::seal};
use crate::{
    crypto::{NchatKeys, Sealer},
    domain::{Dice, Timestamp, TokenSet},
    store::{
        ALL_TENANTS, Store, StoreError,
        adoption::{self, AdoptedLogin, OldTokens},
    },
};
use std::collections::HashSet;
use uuid::Uuid;

/// What came of the old tokens.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Adoption {
    /// Accounts that go on with them.
    pub adopted: usize,
    /// Accounts that have a login of their own: what nchat had stored is deleted.
    pub superseded: usize,
    /// Accounts whose tokens no key opens; they are left as they are.
    pub unreadable: Vec<String>,
}

/// Moves every old token into a login, sealed anew, and empties the columns it was in. What cannot be opened stays.
/// Doing it again finds what nchat has stored since.
///
/// # Errors
/// [`ServiceError`] of the database; batches before it are done.
pub async fn adopt(
    store: &Store,
    sealer: &Sealer,
    dice: &dyn Dice,
    keys: &NchatKeys,
    now: Timestamp,
) -> Result<Adoption, ServiceError> {
    let mut adoption = Adoption::default();
    let mut after = Uuid::nil();
    loop {
        let mut connection = store.connection().await?;
        let transaction = connection.begin(ALL_TENANTS).await?;
        let old = adoption::lock_next(&transaction, after).await?;
        let Some(last) = old.last() else { return Ok(adoption) };
        after = last.id;
        let (with_login, without): (Vec<&OldTokens>, Vec<&OldTokens>) = old.iter().partition(|old| old.has_login);
        let logins: Vec<AdoptedLogin<'_>> = without
            .iter()
            .filter_map(|account| {
                let (id, tokens) = (dice.uuid(now), open(keys, account)?);
                let sealed = seal(sealer, id, &tokens);
                let (access_token, refresh_token) = (sealed.access_token, sealed.refresh_token);
                Some(AdoptedLogin { account, id, access_token, refresh_token })
            })
            .collect();
        let adopted: HashSet<Uuid> = adoption::adopt(&transaction, &logins, now).await?.into_iter().collect();
        adoption::empty(&transaction, &with_login.iter().map(|old| old.id).collect::<Vec<_>>()).await?;
        transaction.commit().await.map_err(StoreError::from)?;
        adoption.adopted += adopted.len();
        adoption.superseded += with_login.len();
        let left = without.into_iter().filter(|old| !adopted.contains(&old.id));
        adoption.unreadable.extend(left.map(|old| format!("{} account {:?}", old.platform.brand().name, old.name)));
    }
}

/// Both tokens; `None` when there is no access token or one of them does not open.
fn open(keys: &NchatKeys, old: &OldTokens) -> Option<TokenSet> {
    let refresh_token = match &old.refresh_token {
        Some(sealed) => Some(keys.open(sealed)?),
        None => None,
    };
    Some(TokenSet {
        access_token: keys.open(old.access_token.as_deref()?)?,
        access_expires_at: old.expires_at,
        refresh_token,
        refresh_expires_at: None,
        scopes: None,
    })
}
