//! Download links: on LinkedIn's media hosts, signed, over after a while. No promise of how long is published; about
//! three weeks for images and one for the rest was measured.

use super::LinkedinWorld;
use crate::domain::Timestamp;
use axum::extract::{RawQuery, State};
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::Arc;
use url::form_urlencoded;

const IMAGE_DAYS: i64 = 21;
const OTHER_DAYS: i64 = 7;

/// A GIF of one pixel.
const PIXEL: &[u8] = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x0a\x66\xc2\xff\xff\xff\x2c\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02\x44\x01\x00\x3b";

/// A link and its end.
#[derive(Clone, Debug)]
pub(super) struct Link {
    pub url: String,
    /// Epoch milliseconds.
    pub expires_at_ms: i64,
}

/// A picture's link.
pub(super) fn image(key: &str, id: &str, uploaded_at: Timestamp, now: Timestamp) -> Link {
    let path = format!("/dms/image/v2/{id}/feedshare-shrink_2048_1536/0/{}", uploaded_at.timestamp_millis());
    sign(key, "media.licdn.com", &path, now, IMAGE_DAYS)
}

/// The still picture of a video.
pub(super) fn video_cover(key: &str, id: &str, uploaded_at: Timestamp, now: Timestamp) -> Link {
    let path = format!("/dms/image/v2/{id}/videocover-high/0/{}", uploaded_at.timestamp_millis());
    sign(key, "media.licdn.com", &path, now, OTHER_DAYS)
}

/// A video's link.
pub(super) fn video(key: &str, id: &str, uploaded_at: Timestamp, now: Timestamp) -> Link {
    let path = format!("/playlist/vid/v2/{id}/mp4-720p-30fp-crf28/0/{}", uploaded_at.timestamp_millis());
    sign(key, "dms.licdn.com", &path, now, OTHER_DAYS)
}

/// A document's link.
pub(super) fn document(key: &str, id: &str, uploaded_at: Timestamp, now: Timestamp) -> Link {
    let path =
        format!("/dms/document/media/v2/{id}/feedshare-document-pdf-analyzed/0/{}", uploaded_at.timestamp_millis());
    sign(key, "media.licdn.com", &path, now, OTHER_DAYS)
}

fn sign(key: &str, host: &str, path: &str, now: Timestamp, days: i64) -> Link {
    let expires_at = now.timestamp() + days * 86_400;
    let signature = signature(key, path, &expires_at.to_string());
    let url = format!("https://{host}{path}?e={expires_at}&v=beta&t={signature}");
    Link { url, expires_at_ms: expires_at * 1000 }
}

fn signature(key: &str, path: &str, expires_at: &str) -> String {
    let digest =
        Sha256::new().chain_update(key).chain_update(path).chain_update("?").chain_update(expires_at).finalize();
    URL_SAFE_NO_PAD.encode(digest)
}

/// The media hosts' side, for who sends their paths here: 403 once the link is over or was tampered with.
pub(super) async fn serve(State(world): State<Arc<LinkedinWorld>>, uri: Uri, RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    let params: HashMap<_, _> = form_urlencoded::parse(query.as_bytes()).collect();
    let given = |name: &str| params.get(name).map(std::convert::AsRef::as_ref).unwrap_or_default();
    let alive = given("e").parse::<i64>().is_ok_and(|end| end > world.now().timestamp());
    if !alive || given("t") != signature(world.link_key(), uri.path(), given("e")) {
        return StatusCode::FORBIDDEN.into_response();
    }
    ([(header::CONTENT_TYPE, "image/gif")], PIXEL).into_response()
}
