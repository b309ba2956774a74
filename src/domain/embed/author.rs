//! What people are called.

use crate::domain::Author;
use crate::domain::text::{one_line, shorten};

/// A name's or handle's greatest length, in Unicode scalar values.
const MAX_NAME_CHARS: usize = 100;

/// The display name, else the handle with its `@`.
pub(super) fn name_of(author: &Author) -> Option<String> {
    display_name(author).or_else(|| handle_of(author).map(|handle| shorten(&format!("@{handle}"), MAX_NAME_CHARS)))
}

/// The display name with the handle behind it: `Acme Example (@acme)`.
pub(super) fn byline(author: &Author) -> Option<String> {
    match (display_name(author), handle_of(author)) {
        (Some(name), Some(handle)) => Some(shorten(&format!("{name} (@{handle})"), 2 * MAX_NAME_CHARS + 4)),
        (None, None) => None,
        _ => name_of(author),
    }
}

/// In one line.
pub(super) fn display_name(author: &Author) -> Option<String> {
    non_empty(shorten(&one_line(&author.name), MAX_NAME_CHARS))
}

/// Without `@`, whether or not it came with one.
pub(super) fn handle_of(author: &Author) -> Option<String> {
    let handle = one_line(author.handle.as_deref()?);
    non_empty(shorten(handle.trim_start_matches(['@', '＠', ' ']), MAX_NAME_CHARS))
}

fn non_empty(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}
