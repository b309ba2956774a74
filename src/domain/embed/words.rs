//! A post's text with the post it quotes.

use super::author::byline;
use crate::domain::text::shorten;
use crate::domain::{Post, Quoted};

/// A quoted text is left out where it would be cut to less than this, in Unicode scalar values.
const MIN_QUOTE_CHARS: usize = 40;

/// The post's text in at most `max` Unicode scalar values, followed by `↪ Name (@handle): text` of what it quotes if
/// there is room.
pub(super) fn words_of(post: &Post, max: usize) -> String {
    let mut words = shorten(&post.text, max);
    if let Some(quote) = post.quoted.as_ref().and_then(|quoted| quote(quoted, &words, max)) {
        words.push_str(&quote);
    }
    words
}

/// What is put behind `words`.
fn quote(quoted: &Quoted, words: &str, max: usize) -> Option<String> {
    let gap = if words.is_empty() { "" } else { "\n\n" };
    let lead = match byline(&quoted.author) {
        Some(author) => format!("{gap}↪ {author}: "),
        None => format!("{gap}↪ "),
    };
    let room = max.checked_sub(words.chars().count() + lead.chars().count())?;
    let text = shorten(&quoted.text, room);
    let fits = !text.is_empty() && (room >= MIN_QUOTE_CHARS || !text.ends_with('…'));
    fits.then(|| lead + &text)
}
