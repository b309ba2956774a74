//! Texts: what people write, LinkedIn's little text, the cursors of our own lists.

use crate::{
    domain::{
        embed::laws::is_clean,
        filter::{canonical_hashtag, canonical_keyword},
        text::{clean, cut, disarm_pings, fold, hashtags, https_only, mentions, one_line, shorten},
    },
    platforms::linkedin::fuzzing::little_text as read,
    store::page::Position,
};
use url::Url;

/// The first byte tells a length to cut to.
pub fn text(input: &[u8]) {
    let Some((max, rest)) = input.split_first() else { return };
    let (max, text) = (usize::from(*max), super::text(rest));

    let cleaned = clean(&text).into_owned();
    is_clean(&cleaned);
    assert_eq!(clean(&cleaned), cleaned, "cleaning twice changes nothing more");
    let line = one_line(&text);
    assert!(!line.contains(['\n', '\t']) && one_line(&line) == line);
    let harmless = disarm_pings(&text).into_owned();
    assert_eq!(disarm_pings(&harmless), harmless);
    let folded = fold(&text);
    assert_eq!(fold(&folded), folded, "folding twice changes nothing more");

    let short = cut(&text, max, "…").into_owned();
    assert!(short.chars().count() <= max);
    assert!(short == text || text.starts_with(short.strip_suffix('…').unwrap_or(&short)));
    let short = shorten(&text, max);
    assert!(short.chars().count() <= max && disarm_pings(&short) == short);
    is_clean(&short);

    for found in hashtags(&text).into_iter().chain(mentions(&text)) {
        assert!(!found.is_empty() && text.contains(found));
    }
    if let Some(tag) = canonical_hashtag(&text) {
        assert_eq!(canonical_hashtag(&tag), Some(tag));
    }
    if let Some(keyword) = canonical_keyword(&text) {
        assert_eq!(canonical_keyword(&keyword), Some(keyword));
    }
    if let Some(link) = https_only(&text) {
        let parsed = Url::parse(link).expect("what passes is an address to others too");
        assert!(parsed.scheme() == "https" && parsed.has_host() && parsed.username().is_empty());
    }
}

/// Reading little text makes plain text of it, which never grows.
pub fn little_text(input: &[u8]) {
    const RESERVED: &str = "|{}@[]()<>#＃\\*_~";
    let source = super::text(input);
    let (plain, words) = read(&source);
    assert!(plain.len() <= source.len(), "marks are dropped, none are added");
    for word in &words {
        assert!(!word.is_empty() && plain.contains(word.as_str()), "{word:?} stands in the text");
    }
    if !source.contains(|c| RESERVED.contains(c)) {
        assert_eq!(plain, source);
    }
    let escaped: String =
        plain.chars().flat_map(|c| RESERVED.contains(c).then_some('\\').into_iter().chain([c])).collect();
    assert_eq!(read(&escaped), (plain, Vec::new()), "escaped text reads as itself");
}

/// A place in a list that was read is written as it was given.
pub fn page_cursor(input: &[u8]) {
    let text = super::text(input);
    if let Some(place) = Position::decode(&text) {
        assert_eq!(Position::decode(&place.encode()), Some(place));
        assert_eq!(place.encode(), text);
    }
}
