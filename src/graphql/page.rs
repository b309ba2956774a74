//! Cursor paging, the shape that GraphQL clients know as connections.

use super::{
    fault::OrFault,
    types::{SocialAuditEntry, SocialImportLog, SocialPost},
};
use crate::{
    service::ServiceError,
    store::page::{MAX_PAGE, Page, PageRequest, Position},
};
use async_graphql::{ComplexObject, Context, OutputType, Result, SimpleObject};

/// The page's size when none is asked for.
const DEFAULT_PAGE: u32 = 50;

/// A part of a list, newest first.
#[derive(SimpleObject)]
#[graphql(
    complex,
    rename_fields = "snake_case",
    concrete(name = "SocialPostConnection", params(SocialPost)),
    concrete(name = "SocialImportLogConnection", params(SocialImportLog)),
    concrete(name = "SocialAuditEntryConnection", params(SocialAuditEntry))
)]
pub struct Connection<T: OutputType>
where
    Edge<T>: OutputType,
{
    /// The entries with their places.
    edges: Vec<Edge<T>>,
    /// How to go on.
    page_info: SocialPageInfo,
}

#[ComplexObject(rename_fields = "snake_case")]
impl<T: OutputType> Connection<T>
where
    Edge<T>: OutputType,
{
    /// The entries alone.
    async fn nodes(&self) -> Vec<&T> {
        self.edges.iter().map(|edge| &edge.node).collect()
    }
}

/// An entry and its place in the list.
#[derive(SimpleObject)]
#[graphql(
    rename_fields = "snake_case",
    concrete(name = "SocialPostEdge", params(SocialPost)),
    concrete(name = "SocialImportLogEdge", params(SocialImportLog)),
    concrete(name = "SocialAuditEntryEdge", params(SocialAuditEntry))
)]
pub struct Edge<T: OutputType> {
    /// The place: give it as `after` to read on behind it.
    cursor: String,
    /// The entry.
    node: T,
}

/// Where a page lies in its list.
#[derive(SimpleObject)]
#[graphql(rename_fields = "snake_case")]
pub struct SocialPageInfo {
    /// There are entries behind this page: read on with `after: end_cursor`.
    has_next_page: bool,
    /// There are entries before this page.
    has_previous_page: bool,
    /// The first entry's cursor; null on an empty page.
    start_cursor: Option<String>,
    /// The last entry's cursor; null on an empty page.
    end_cursor: Option<String>,
}

/// What to read for `first` and `after`.
///
/// # Errors
/// `invalid` for a size out of bounds and for a text that is no cursor.
pub fn request(ctx: &Context<'_>, first: Option<i32>, after: Option<&str>) -> Result<PageRequest> {
    parse(first, after).map_err(ServiceError::Invalid).or_fault(ctx)
}

fn parse(first: Option<i32>, after: Option<&str>) -> Result<PageRequest, String> {
    let first = first.map_or(Some(DEFAULT_PAGE), |first| u32::try_from(first).ok());
    let first = first.filter(|first| (1..=MAX_PAGE).contains(first));
    let first = first.ok_or_else(|| format!("first: ask for 1 to {MAX_PAGE} entries"))?;
    let after = after.map(|text| {
        let place = Position::decode(text);
        place.ok_or_else(|| "after: this is not a cursor; take end_cursor of the page before".to_owned())
    });
    Ok(PageRequest { first, after: after.transpose()? })
}

/// What a page costs: as many times its entry as are asked for.
pub fn cost(first: Option<i32>, entry: usize) -> usize {
    let first = first.and_then(|first| u32::try_from(first).ok()).unwrap_or(DEFAULT_PAGE).clamp(1, MAX_PAGE);
    entry.saturating_mul(first as usize).saturating_add(1)
}

/// The connection of a page that was read.
///
/// # Errors
/// Those of turning a row into an entry.
pub fn connection<R, T>(request: PageRequest, page: Page<R>) -> Result<Connection<T>, ServiceError>
where
    T: OutputType + TryFrom<R, Error = ServiceError>,
    Edge<T>: OutputType,
{
    let edge = |(place, row): (Position, R)| Ok(Edge { cursor: place.encode(), node: T::try_from(row)? });
    let edges = page.rows.into_iter().map(edge).collect::<Result<Vec<_>, ServiceError>>()?;
    let page_info = SocialPageInfo {
        has_next_page: page.has_next,
        has_previous_page: request.after.is_some(),
        start_cursor: edges.first().map(|edge| edge.cursor.clone()),
        end_cursor: edges.last().map(|edge| edge.cursor.clone()),
    };
    Ok(Connection { edges, page_info })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_bounded_and_nothing_given_means_fifty() {
        assert_eq!(parse(None, None).unwrap().first, 50);
        assert_eq!(parse(Some(1), None).unwrap().first, 1);
        assert_eq!(parse(Some(200), None).unwrap().first, 200);
        for first in [0, -1, 201, i32::MAX, i32::MIN] {
            assert_eq!(parse(Some(first), None).unwrap_err(), "first: ask for 1 to 200 entries");
        }
    }

    #[test]
    fn a_bad_cursor_is_said_to_be_one() {
        let place = Position { at: "2026-11-22T12:00:00Z".parse().unwrap(), id: uuid::Uuid::from_u128(7) };
        assert_eq!(parse(None, Some(&place.encode())).unwrap().after, Some(place));
        for text in ["", "x", "MTIz", "7c9e6679-7425-40de-944b-e07fc1f90ae7"] {
            assert!(parse(None, Some(text)).unwrap_err().starts_with("after: this is not a cursor"), "{text}");
        }
    }

    #[test]
    fn a_page_costs_its_entries_and_never_overflows() {
        assert_eq!(cost(None, 3), 151);
        assert_eq!(cost(Some(10), 3), 31);
        assert_eq!(cost(Some(i32::MAX), 3), 601);
        assert_eq!(cost(Some(-1), 3), 151);
        assert_eq!(cost(Some(200), usize::MAX), usize::MAX);
    }
}
