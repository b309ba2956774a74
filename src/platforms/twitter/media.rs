//! Pictures, videos and GIFs. `<https://docs.x.com/x-api/fundamentals/data-dictionary#media>`

use super::wire::{self, MediaType, Variant};
use crate::domain::{Media, MediaKind};

/// The media as nchat shows it; `None` for kinds and items without a file that can be linked.
pub(super) fn media(item: &wire::Media) -> Option<Media> {
    let alt_text = item.alt_text.clone().filter(|text| !text.trim().is_empty());
    let preview = https(item.preview_image_url.as_deref());
    let kind = match item.kind {
        MediaType::Photo => {
            return Some(Media {
                kind: MediaKind::Image,
                url: https(item.url.as_deref())?,
                thumbnail_url: None,
                alt_text,
            });
        }
        MediaType::Video => MediaKind::Video,
        MediaType::AnimatedGif => MediaKind::Gif,
        MediaType::Other => return None,
    };
    match best_file(&item.variants.items) {
        Some(url) => Some(Media { kind, url, thumbnail_url: preview, alt_text }),
        // A video that may only be streamed: its still picture is better than nothing.
        None => Some(Media { kind: MediaKind::Image, url: preview?, thumbnail_url: None, alt_text }),
    }
}

/// The mp4 with the highest bit rate; streaming playlists are no files.
fn best_file(variants: &[Variant]) -> Option<String> {
    variants
        .iter()
        .filter(|variant| variant.content_type.eq_ignore_ascii_case("video/mp4"))
        .filter_map(|variant| Some((variant.bit_rate, https(Some(&variant.url))?)))
        .max_by_key(|(bit_rate, _)| *bit_rate)
        .map(|(_, url)| url)
}

/// Addresses other than https are not passed on.
pub(super) fn https(url: Option<&str>) -> Option<String> {
    url.filter(|url| url.starts_with("https://")).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn read(value: Value) -> Option<Media> {
        media(&serde_json::from_value(value).expect("a readable media item"))
    }

    #[test]
    fn each_kind_gets_its_file() {
        let photo = json!({"media_key": "3_1", "type": "photo", "url": "https://p/1.jpg", "alt_text": "A cake"});
        let video = json!({"media_key": "7_1", "type": "video", "preview_image_url": "https://p/v.jpg", "variants": [
            {"content_type": "application/x-mpegURL", "url": "https://v/x.m3u8"},
            {"content_type": "video/mp4", "bit_rate": 2_176_000, "url": "https://v/large.mp4"},
            {"content_type": "video/mp4", "bit_rate": 832_000, "url": "https://v/small.mp4"}]});
        let gif = json!({"media_key": "16_1", "type": "animated_gif", "preview_image_url": "https://p/g.jpg",
            "alt_text": " ", "variants": [{"content_type": "video/mp4", "bit_rate": 0, "url": "https://v/g.mp4"}]});
        let text = |text: &str| Some(text.to_owned());
        for (value, kind, url, thumbnail_url, alt_text) in [
            (photo, MediaKind::Image, "https://p/1.jpg", None, text("A cake")),
            (video, MediaKind::Video, "https://v/large.mp4", text("https://p/v.jpg"), None),
            (gif, MediaKind::Gif, "https://v/g.mp4", text("https://p/g.jpg"), None),
        ] {
            assert_eq!(read(value), Some(Media { kind, url: url.to_owned(), thumbnail_url, alt_text }));
        }
    }

    #[test]
    fn what_has_no_file_shows_its_picture_or_nothing() {
        let stream = json!({"media_key": "7_1", "type": "video", "preview_image_url": "https://p/v.jpg", "variants": [
            {"content_type": "application/x-mpegURL", "url": "https://v/x.m3u8"}]});
        assert_eq!(
            read(stream).map(|media| (media.kind, media.url)),
            Some((MediaKind::Image, "https://p/v.jpg".to_owned()))
        );
        for nothing in [
            json!({"media_key": "7_1", "type": "video"}),
            json!({"media_key": "3_1", "type": "photo"}),
            json!({"media_key": "3_1", "type": "photo", "url": "http://p/1.jpg"}),
            json!({"media_key": "9_1", "type": "hologram", "url": "https://p/1"}),
        ] {
            assert_eq!(read(nothing), None);
        }
    }
}
