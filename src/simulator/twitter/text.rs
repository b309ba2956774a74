//! X's text: `& < >` escaped and nothing else, links shortened, entities counted in code points of the escaped text.
//! `<https://docs.x.com/x-api/fundamentals/data-dictionary>`

use super::state::Object;
use regex::Regex;
use serde_json::{Value, json};
use std::{iter, sync::LazyLock};

/// Every short link is this long.
const LINK_CHARS: usize = 23;
/// Texts longer than this become notes.
const SHORT_CHARS: usize = 280;
/// How much of a note the short text keeps.
const CUT_CHARS: usize = 274;

/// A link in a text: where it leads and how it is shown. Several targets share one place (attachments).
#[derive(Clone, Debug)]
pub(super) struct Link {
    pub(super) url: String,
    pub(super) targets: Vec<Object>,
}

/// A text with what is in it.
#[derive(Clone, Debug, Default)]
pub(super) struct Text {
    /// Escaped.
    pub(super) text: String,
    /// `hashtags`, `cashtags`, `mentions`, `urls`; only those that are there.
    pub(super) entities: Object,
    chars: usize,
}

/// A post's text, and its whole text if it is a long one.
pub(super) struct Composed {
    pub(super) short: Text,
    pub(super) note: Option<Text>,
    /// Code points before the links that belong to attachments and quotes.
    pub(super) visible: usize,
}

enum Token<'a> {
    Plain(&'a str),
    Hashtag(&'a str),
    Cashtag(&'a str),
    Mention(&'a str),
    Url(&'a str),
}

/// Writes `plain` as X would for the post `id`, with `trailing` links at the end.
pub(super) fn compose(plain: &str, id: u64, trailing: &[Link], user_id: &dyn Fn(&str) -> Option<u64>) -> Composed {
    let tokens = tokens(plain);
    let long = tokens.iter().map(Token::chars).sum::<usize>() > SHORT_CHARS;
    let mut short = Text::default();
    let mut note = None;
    if long {
        short.write(&cut(&tokens), id, user_id);
        short.plain("…");
        note = Some(Text::default()).map(|mut note| {
            note.write(&tokens, id, user_id);
            note
        });
    } else {
        short.write(&tokens, id, user_id);
    }
    let visible = short.chars;
    let own = [Link::to(short_link(id, usize::MAX), &format!("https://x.com/i/web/status/{id}"))];
    for link in if long && trailing.is_empty() { &own } else { trailing } {
        if !short.text.is_empty() {
            short.plain(" ");
        }
        short.link(link);
    }
    Composed { short, note, visible }
}

/// `RT @handle: ` and the original, cut at 140 code points before escaping.
pub(super) fn repost(handle: &str, user: u64, original: &str) -> Text {
    let whole = format!("RT @{handle}: {}", unescape(original));
    let mut text = Text::default();
    text.plain("RT ");
    text.mention(&whole[3..4 + handle.len()], Some(user));
    let rest = &whole[4 + handle.len()..];
    if whole.chars().count() <= 140 {
        text.plain(rest);
    } else {
        let kept: String = rest.chars().take(139_usize.saturating_sub(text.chars)).collect();
        text.plain(&kept);
        text.plain("…");
    }
    text
}

impl Link {
    /// A link to one address.
    pub(super) fn to(url: String, expanded: &str) -> Self {
        let target = json!({ "expanded_url": expanded, "display_url": display(expanded) });
        Self { url, targets: vec![super::state::into_object(target)] }
    }
}

impl Text {
    fn write(&mut self, tokens: &[Token<'_>], id: u64, user_id: &dyn Fn(&str) -> Option<u64>) {
        for (index, token) in tokens.iter().enumerate() {
            match token {
                Token::Plain(text) => self.plain(text),
                Token::Hashtag(text) => self.tag("hashtags", text),
                Token::Cashtag(text) => self.tag("cashtags", text),
                Token::Mention(text) => self.mention(text, user_id(&text[1..])),
                Token::Url(url) => self.link(&Link::to(short_link(id, index), url)),
            }
        }
    }

    fn plain(&mut self, text: &str) {
        let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        self.chars += escaped.chars().count();
        self.text.push_str(&escaped);
    }

    fn tag(&mut self, kind: &str, text: &str) {
        let start = self.chars;
        self.plain(text);
        let tag: String = text.chars().skip(1).collect();
        self.entity(kind, json!({ "start": start, "end": self.chars, "tag": tag }));
    }

    fn mention(&mut self, text: &str, id: Option<u64>) {
        let start = self.chars;
        self.plain(text);
        let mut mention = json!({ "start": start, "end": self.chars, "username": text[1..] });
        if let Some(id) = id {
            mention["id"] = json!(id.to_string());
        }
        self.entity("mentions", mention);
    }

    fn link(&mut self, link: &Link) {
        let start = self.chars;
        self.plain(&link.url);
        for target in &link.targets {
            let mut entity = Value::Object(target.clone());
            entity["start"] = json!(start);
            entity["end"] = json!(self.chars);
            entity["url"] = json!(link.url);
            self.entity("urls", entity);
        }
    }

    fn entity(&mut self, kind: &str, entity: Value) {
        if let Value::Array(list) = self.entities.entry(kind).or_insert_with(|| json!([])) {
            list.push(entity);
        }
    }

    /// Code points.
    pub(super) const fn chars(&self) -> usize {
        self.chars
    }
}

impl<'a> Token<'a> {
    /// Code points that count against the limit.
    fn chars(&self) -> usize {
        match self {
            Self::Url(_) => LINK_CHARS,
            Self::Plain(text) | Self::Hashtag(text) | Self::Cashtag(text) | Self::Mention(text) => text.chars().count(),
        }
    }

    fn of(text: &'a str, before: Option<char>) -> Option<Self> {
        let glued = before.is_some_and(|before| before.is_alphanumeric() || matches!(before, '_' | '&' | '@' | '#'));
        match text.chars().next()? {
            'h' | 'H' => Some(Self::Url(text)),
            _ if glued => None,
            '@' => Some(Self::Mention(text)),
            '$' => Some(Self::Cashtag(text)),
            _ if text.chars().skip(1).all(char::is_numeric) => None,
            _ => Some(Self::Hashtag(text)),
        }
    }
}

fn tokens(plain: &str) -> Vec<Token<'_>> {
    static PATTERN: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"(?i)https?://\S*[\p{L}\p{N}/=#&_-]|[#＃][\p{L}\p{M}\p{N}_]+|\$[A-Za-z]{1,6}\b|@[A-Za-z0-9_]{1,15}\b",
        )
        .expect("the pattern is a valid one")
    });
    let mut tokens = Vec::new();
    let mut done = 0;
    for found in PATTERN.find_iter(plain) {
        let Some(token) = Token::of(found.as_str(), plain[..found.start()].chars().next_back()) else { continue };
        tokens.extend((done < found.start()).then(|| Token::Plain(&plain[done..found.start()])));
        tokens.push(token);
        done = found.end();
    }
    tokens.extend((done < plain.len()).then(|| Token::Plain(&plain[done..])));
    tokens
}

/// The beginning that a long post's short text keeps. Only plain text is cut inside.
fn cut<'a>(tokens: &[Token<'a>]) -> Vec<Token<'a>> {
    let mut left = CUT_CHARS;
    let mut kept = Vec::new();
    for token in tokens {
        let whole = token.chars() <= left;
        left = left.saturating_sub(token.chars());
        match *token {
            Token::Plain(text) if !whole => {
                let room = CUT_CHARS - kept.iter().map(Token::chars).sum::<usize>();
                let end = text.char_indices().nth(room).map_or(text.len(), |(end, _)| end);
                kept.push(Token::Plain(&text[..end]));
            }
            Token::Plain(text) => kept.push(Token::Plain(text)),
            Token::Hashtag(text) if whole => kept.push(Token::Hashtag(text)),
            Token::Cashtag(text) if whole => kept.push(Token::Cashtag(text)),
            Token::Mention(text) if whole => kept.push(Token::Mention(text)),
            Token::Url(text) if whole => kept.push(Token::Url(text)),
            _ => {}
        }
        if !whole {
            break;
        }
    }
    kept
}

/// The link X puts in place of the `index`-th piece of post `id`: always the same for the same piece.
pub(super) fn short_link(id: u64, index: usize) -> String {
    const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    let mut number = (id ^ (index as u64).rotate_left(40)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let code = iter::repeat_with(|| {
        number = number.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        char::from(LETTERS[(number >> 33) as usize % LETTERS.len()])
    });
    format!("https://t.co/{}", code.take(10).collect::<String>())
}

/// An address as X shows it: no scheme, no `www.`, cut after 26 characters of it.
fn display(expanded: &str) -> String {
    let bare = expanded.split_once("://").map_or(expanded, |(_, rest)| rest);
    let bare = bare.strip_prefix("www.").unwrap_or(bare);
    match bare.char_indices().nth(26) {
        Some((end, _)) => format!("{}…", &bare[..end]),
        None => bare.to_owned(),
    }
}

fn unescape(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(plain: &str) -> Text {
        compose(plain, 7, &[], &|handle| (handle == "bo_example").then_some(5)).short
    }

    #[test]
    fn only_three_characters_are_escaped() {
        assert_eq!(of("a & b < c > d \" ' é").text, "a &amp; b &lt; c &gt; d \" ' é");
    }

    #[test]
    fn entities_count_code_points_of_the_escaped_text() {
        let text = of("Tea & cake 🍰 at #nself with @bo_example <3 $ACME");
        let slice = |entity: &Value| -> String {
            let (start, end) = (entity["start"].as_u64().unwrap() as usize, entity["end"].as_u64().unwrap() as usize);
            text.text.chars().skip(start).take(end - start).collect()
        };
        assert_eq!(text.entities["hashtags"][0], json!({ "start": 20, "end": 26, "tag": "nself" }));
        assert_eq!(
            text.entities["mentions"][0],
            json!({ "start": 32, "end": 43, "username": "bo_example", "id": "5" })
        );
        assert_eq!(slice(&text.entities["cashtags"][0]), "$ACME");
        assert_eq!(text.chars(), text.text.chars().count());
    }

    #[test]
    fn links_are_shortened_and_keep_their_address() {
        let text = of("See (https://www.example.org/menu?x=1&y=2&long=something), twice: https://example.org/a.");
        let urls = text.entities["urls"].as_array().unwrap();
        assert_eq!(urls.len(), 2);
        assert_eq!(urls[0]["expanded_url"], "https://www.example.org/menu?x=1&y=2&long=something");
        assert_eq!(urls[0]["display_url"], "example.org/menu?x=1&y=2&l…");
        assert_eq!(urls[0]["url"].as_str().unwrap().len(), LINK_CHARS);
        assert_ne!(urls[0]["url"], urls[1]["url"]);
        assert!(text.text.starts_with("See (https://t.co/") && text.text.ends_with('.'), "{}", text.text);
    }

    #[test]
    fn what_is_no_tag_stays_text() {
        for plain in ["a#b", "#1", "mail@example.org", "&#x27;", "$5", "# "] {
            assert!(of(plain).entities.is_empty(), "{plain}: {:?}", of(plain).entities);
        }
        assert_eq!(of("#日本 ＃été_2026").entities["hashtags"].as_array().unwrap().len(), 2);
    }

    #[test]
    fn long_texts_become_notes() {
        let plain = format!("{} #end & https://example.org/long", "word ".repeat(70));
        let composed = compose(&plain, 7, &[], &|_| None);
        let note = composed.note.expect("it is long");
        assert!(note.text.contains("&amp;") && note.entities["hashtags"].is_array());
        assert!(!composed.short.entities.contains_key("hashtags"), "the short text ends before it");
        assert_eq!(composed.visible, CUT_CHARS + 1);
        let cut: String = composed.short.text.chars().skip(CUT_CHARS).take(15).collect();
        assert!(cut.starts_with("… https://t.co/"), "{}", composed.short.text);
        assert!(compose(&"é".repeat(280), 7, &[], &|_| None).note.is_none());
    }

    #[test]
    fn reposts_are_cut_at_140_before_escaping() {
        let original = format!("&amp;{}", "x".repeat(200));
        let text = repost("bo_example", 5, &original);
        assert!(text.text.starts_with("RT @bo_example: &amp;xxx") && text.text.ends_with("x…"));
        assert_eq!(unescape(&text.text).chars().count(), 140);
        assert_eq!(text.entities["mentions"][0], json!({ "start": 3, "end": 14, "username": "bo_example", "id": "5" }));
        assert_eq!(repost("bo_example", 5, "short").text, "RT @bo_example: short");
    }
}
