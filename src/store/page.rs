//! Cursor paging: newest first by (time, id), so that rows added meanwhile neither repeat nor hide others.

use super::StoreError;
use crate::domain::Timestamp;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::Datelike;
use uuid::Uuid;

/// The largest page.
pub const MAX_PAGE: u32 = 200;

/// Which part of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageRequest {
    /// How many rows, 1 to [`MAX_PAGE`].
    pub first: u32,
    /// Rows behind this one.
    pub after: Option<Position>,
}

/// A row's place in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// The time it is ordered by.
    pub at: Timestamp,
    /// Its id.
    pub id: Uuid,
}

/// A part of a list.
#[derive(Clone, Debug)]
pub struct Page<T> {
    /// The rows with their places.
    pub rows: Vec<(Position, T)>,
    /// There are more behind the last.
    pub has_next: bool,
}

impl Position {
    /// An opaque text for clients.
    pub fn encode(self) -> String {
        let mut bytes = self.at.timestamp_micros().to_be_bytes().to_vec();
        bytes.extend_from_slice(self.id.as_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Reads what [`Self::encode`] wrote; `None` for anything else.
    pub fn decode(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (at, id) = bytes.split_first_chunk::<8>()?;
        let at = Timestamp::from_timestamp_micros(i64::from_be_bytes(*at))?;
        // A forged place of a time that Postgres does not know would be a fault instead of a refusal.
        (1..=9999).contains(&at.year()).then_some(())?;
        Some(Self { at, id: Uuid::from_slice(id).ok()? })
    }
}

impl PageRequest {
    /// How many rows to read: one more than asked, to know whether there are more.
    pub fn limit(&self) -> i64 {
        i64::from(self.first.clamp(1, MAX_PAGE)) + 1
    }

    /// Makes a page of the rows read with [`Self::limit`].
    pub fn page<T>(
        &self,
        rows: Vec<tokio_postgres::Row>,
        read: impl Fn(&tokio_postgres::Row) -> Result<(Position, T), StoreError>,
    ) -> Result<Page<T>, StoreError> {
        let wanted = self.first.clamp(1, MAX_PAGE) as usize;
        let has_next = rows.len() > wanted;
        let rows = rows.iter().take(wanted).map(read).collect::<Result<_, _>>()?;
        Ok(Page { rows, has_next })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_place_survives_its_text(micros in 0_i64..4_000_000_000_000_000, id in any::<u128>()) {
            let place = Position { at: Timestamp::from_timestamp_micros(micros).unwrap(), id: Uuid::from_u128(id) };
            prop_assert_eq!(Position::decode(&place.encode()), Some(place));
        }

        #[test]
        fn nonsense_is_no_place(text in ".{0,60}") {
            let _ = Position::decode(&text);
        }
    }
}
