//! A post's `content`: pictures and videos by URN, everything else as lines of text. Kinds:
//! `<https://learn.microsoft.com/linkedin/marketing/community-management/shares/posts-api>`, "Post content".

use super::wire::{Article, Celebration, MediaContent, MultiImage, Poll};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value};

/// LinkedIn's own limit for galleries.
const MAX_ATTACHMENTS: usize = 20;
/// More than LinkedIn's polls have (four).
const MAX_OPTIONS: usize = 10;
/// LinkedIn's own limit for URNs.
const MAX_URN_BYTES: usize = 255;

/// A picture or video that the media calls turn into a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Attachment {
    /// `urn:li:image:…` or `urn:li:video:…`
    pub urn: String,
    pub kind: AssetKind,
    pub alt_text: Option<String>,
}

/// What can be resolved to a link that a chat can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum AssetKind {
    Image,
    Video,
}

impl AssetKind {
    /// The kind named inside the URN. Documents are files to download, nothing a chat shows beside text.
    pub fn of(urn: &str) -> Option<Self> {
        match urn.strip_prefix("urn:li:")?.split_once(':')? {
            ("image", id) if !id.is_empty() => Some(Self::Image),
            ("video", id) if !id.is_empty() => Some(Self::Video),
            _ => None,
        }
    }
}

/// What a post shows besides its commentary.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Content {
    pub attachments: Vec<Attachment>,
    lines: Vec<String>,
}

/// Reads `content`. Unknown or malformed kinds add nothing: the post's text and link remain.
pub(super) fn read(content: &Map<String, Value>) -> Content {
    let mut read = Content::default();
    if let Some(media) = part::<MediaContent>(content, "media") {
        if AssetKind::of(&media.id).is_none() {
            read.line(media.title.as_deref());
        }
        read.attach(&media.id, media.alt_text);
    }
    if let Some(gallery) = part::<MultiImage>(content, "multiImage") {
        for image in gallery.images {
            read.attach(&image.id, image.alt_text);
        }
    }
    if let Some(article) = part::<Article>(content, "article") {
        read.line(article.title.as_deref());
        read.line(article.source.as_deref().filter(|source| is_web_link(source)));
        if let Some(thumbnail) = article.thumbnail {
            read.attach(&thumbnail, article.thumbnail_alt_text);
        }
    }
    if let Some(poll) = part::<Poll>(content, "poll") {
        read.line(poll.question.as_deref());
        for option in poll.options.into_iter().take(MAX_OPTIONS) {
            read.line(option.text.map(|text| format!("• {text}")).as_deref());
        }
    }
    if let Some(celebration) = part::<Celebration>(content, "celebration") {
        read.line(celebration.text.as_deref());
        if let Some(media) = celebration.media.and_then(|media| MediaContent::deserialize(&media).ok()) {
            read.attach(&media.id, media.alt_text);
        }
    }
    read
}

impl Content {
    /// `text`, followed by the lines it does not hold yet.
    pub fn append_to(&self, text: &str) -> String {
        let mut whole = text.to_owned();
        for line in &self.lines {
            if whole.contains(line.as_str()) {
                continue;
            }
            if !whole.is_empty() {
                whole.push('\n');
            }
            whole.push_str(line);
        }
        whole
    }

    fn line(&mut self, text: Option<&str>) {
        self.lines.extend(text.map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned));
    }

    fn attach(&mut self, urn: &str, alt_text: Option<String>) {
        let Some(kind) = AssetKind::of(urn).filter(|_| urn.len() <= MAX_URN_BYTES) else { return };
        if self.attachments.len() < MAX_ATTACHMENTS && self.attachments.iter().all(|known| known.urn != urn) {
            let alt_text = alt_text.filter(|text| !text.trim().is_empty());
            self.attachments.push(Attachment { urn: urn.to_owned(), kind, alt_text });
        }
    }
}

fn part<T: DeserializeOwned>(content: &Map<String, Value>, key: &str) -> Option<T> {
    content.get(key).and_then(|value| T::deserialize(value).ok())
}

fn is_web_link(source: &str) -> bool {
    url::Url::parse(source).is_ok_and(|url| matches!(url.scheme(), "https" | "http"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn text_of(content: Value, commentary: &str) -> String {
        read(content.as_object().expect("an object")).append_to(commentary)
    }

    #[test]
    fn what_is_no_media_becomes_text() {
        for (content, commentary, text) in [
            (
                json!({"article": {"source": "https://example.com/a", "title": "T"}}),
                "Read",
                "Read\nT\nhttps://example.com/a",
            ),
            (
                json!({"article": {"source": "https://example.com/a", "title": "Read"}}),
                "Read https://example.com/a",
                "Read https://example.com/a",
            ),
            (json!({"article": {"source": "javascript:alert(1)", "title": ""}}), "Read", "Read"),
            (
                json!({"poll": {"question": "Q?", "options": [{"text": "A"}, {"text": "B", "voteCount": 3}]}}),
                "",
                "Q?\n• A\n• B",
            ),
            (json!({"media": {"id": "urn:li:document:D1", "title": "Paper.pdf"}}), "", "Paper.pdf"),
            (json!({"media": {"id": "urn:li:video:V1", "title": "Demo"}}), "Video", "Video"),
            (json!({"celebration": {"type": "WELCOME", "text": "Hello Ada", "recipient": []}}), "Hi", "Hi\nHello Ada"),
            (json!({"reference": {"id": "urn:li:event:1"}}), "Come", "Come"),
            (json!({"carousel": {"cards": []}}), "Ad", "Ad"),
            (json!({"hologram": {"x": 1}}), "New", "New"),
            (json!({"poll": "strange"}), "Odd", "Odd"),
            (json!({}), "Plain", "Plain"),
        ] {
            assert_eq!(text_of(content.clone(), commentary), text, "{content}");
        }
    }

    #[test]
    fn attachments_are_pictures_and_videos_only() {
        for (content, urns) in [
            (json!({"media": {"id": "urn:li:image:A"}}), vec!["urn:li:image:A"]),
            (json!({"media": {"id": "urn:li:video:A"}}), vec!["urn:li:video:A"]),
            (json!({"media": {"id": "urn:li:document:A"}}), vec![]),
            (json!({"media": {"id": "urn:li:image:"}}), vec![]),
            (
                json!({"multiImage": {"images": [{"id": "urn:li:image:A"}, {"id": "urn:li:image:B"}, {"id": "urn:li:image:A"}]}}),
                vec!["urn:li:image:A", "urn:li:image:B"],
            ),
            (json!({"article": {"thumbnail": "urn:li:image:T"}}), vec!["urn:li:image:T"]),
            (json!({"celebration": {"media": {"id": "urn:li:image:C"}}}), vec!["urn:li:image:C"]),
        ] {
            let found = read(content.as_object().expect("an object")).attachments;
            assert_eq!(found.iter().map(|found| found.urn.as_str()).collect::<Vec<_>>(), urns, "{content}");
        }
    }
}
