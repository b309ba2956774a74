//! Everything the world remembers, and where its ids come from.

use super::{account::Account, facebook, grants::Grants, media::Media, switches::Switches, usage::Calls};
use crate::domain::Dice;

/// More accounts or posts than this are a mistake of the caller.
pub(super) const MAX_ACCOUNTS: usize = 10_000;
pub(super) const MAX_POSTS_PER_ACCOUNT: usize = 20_000;

/// Beginnings of media ids, taken in turn: newer posts often have smaller ids, as recordings show.
const ID_BEGINNINGS: [u64; 4] = [1801, 1793, 1812, 1785];

/// The world's memory.
#[derive(Default)]
pub(super) struct State {
    /// In the order they were added.
    pub accounts: Vec<Account>,
    pub grants: Grants,
    /// Those of Facebook Login.
    pub facebook: facebook::Grants,
    pub switches: Switches,
    pub calls: Calls,
    sequence: u64,
}

impl State {
    /// The account with the professional id `id`.
    pub(super) fn account(&self, id: &str) -> Option<&Account> {
        self.accounts.iter().find(|account| account.user_id == id)
    }

    /// The same, to change it; the error names it.
    pub(super) fn account_mut(&mut self, id: &str) -> Result<&mut Account, String> {
        let account = self.accounts.iter_mut().find(|account| account.user_id == id);
        account.ok_or_else(|| format!("no Instagram account {id:?}"))
    }

    /// The post `id`, to change it; the error names it.
    pub(super) fn post_mut(&mut self, id: &str) -> Result<&mut Media, String> {
        let mut posts = self.accounts.iter_mut().flat_map(|account| &mut account.media);
        posts.find(|media| media.id == id).ok_or_else(|| no_post(id))
    }

    /// Forgets the post `id`.
    pub(super) fn remove_post(&mut self, id: &str) -> Result<(), String> {
        for account in &mut self.accounts {
            if let Some(index) = account.media.iter().position(|media| media.id == id) {
                account.media.remove(index);
                return Ok(());
            }
        }
        Err(no_post(id))
    }

    /// Whether any post or profile still shows the file at `path`.
    pub(super) fn has_file(&self, path: &str) -> bool {
        let shows = |media: &Media| [&media.file, &media.thumbnail].into_iter().flatten().any(|file| file.path == path);
        self.accounts.iter().any(|account| {
            account.picture.path == path
                || account.media.iter().any(|media| shows(media) || media.children.iter().any(shows))
        })
    }

    /// The next publication's number.
    pub(super) fn next_sequence(&mut self) -> u64 {
        self.sequence += 1;
        self.sequence
    }

    /// A new media id: 17 digits, odd, so that reading it as a double shows.
    pub(super) fn next_media_id(&mut self, dice: &dyn Dice) -> String {
        let turn = usize::try_from(self.next_sequence()).unwrap_or(0) % ID_BEGINNINGS.len();
        (ID_BEGINNINGS[turn] * 10_u64.pow(13) + random_odd(dice, 13)).to_string()
    }
}

fn no_post(id: &str) -> String {
    format!("no Instagram post {id:?}")
}

/// A random odd number of at most `digits` digits.
pub(super) fn random_odd(dice: &dyn Dice, digits: u32) -> u64 {
    let mut random = [0; 8];
    dice.fill(&mut random);
    (u64::from_le_bytes(random) % 10_u64.pow(digits)) | 1
}
