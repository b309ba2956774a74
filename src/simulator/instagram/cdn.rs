//! Signed media URLs: another one at every read, dead after a while.
//! Lifetimes and the answer afterwards as seen in `<https://github.com/aaronpk/OwnYourGram/issues/80>`.

use super::{InstagramWorld, params::Params};
use crate::{
    domain::{Dice, Timestamp},
    simulator::Shared,
};
use axum::{
    extract::State,
    http::{StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use chrono::Duration;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::sync::Arc;
use subtle::ConstantTimeEq;

/// Hosts whose paths a loaded page may keep.
const HOSTS: [&str; 2] = [".cdninstagram.com", ".fbcdn.net"];
/// Where made-up media lie.
pub(super) const IMAGE_HOST: &str = "scontent-sim1-1.cdninstagram.com";
pub(super) const VIDEO_HOST: &str = "video-sim1-1.cdninstagram.com";

/// A PNG of one red pixel.
const PNG: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR42mN44hAPAAOPAYSozvaoAAAAAElFTkSuQmCC";
/// The first box of an MP4, which is all that sniffers look at, and an empty `mdat`.
const MP4: &[u8] = b"\0\0\0\x18ftypisom\0\0\x02\0isommp41\0\0\0\x08mdat";

/// A file of the CDN.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct File {
    pub host: String,
    /// With a leading slash.
    pub path: String,
}

impl File {
    /// A made-up picture.
    pub(super) fn image(name: &str) -> Self {
        Self { host: IMAGE_HOST.into(), path: format!("/v/t51.29350-15/{name}_n.jpg") }
    }

    /// A made-up video.
    pub(super) fn video(name: &str) -> Self {
        Self { host: VIDEO_HOST.into(), path: format!("/o1/v/t16/{name}.mp4") }
    }

    /// The file a recorded URL points at; `None` for hosts that are not the platform's.
    pub(super) fn recorded(url: &str) -> Option<Self> {
        let url = url::Url::parse(url).ok()?;
        let host = url.host_str()?;
        let known = url.scheme() == "https" && HOSTS.iter().any(|suffix| host.ends_with(suffix));
        known.then(|| Self { host: host.to_owned(), path: url.path().to_owned() })
    }

    fn is_video(path: &str) -> bool {
        path.ends_with(".mp4")
    }

    /// Recorded lifetimes: pictures three to four days, videos eleven hours.
    fn lifetime(&self) -> Duration {
        if Self::is_video(&self.path) { Duration::hours(11) } else { Duration::days(4) }
    }
}

/// Writes and checks the signatures of media URLs.
#[derive(Clone)]
pub(super) struct Signer {
    key: [u8; 32],
}

impl Signer {
    pub(super) fn new(dice: &dyn Dice) -> Self {
        let mut key = [0; 32];
        dice.fill(&mut key);
        Self { key }
    }

    /// A fresh link to `file`: the platform's host, or the simulator's when `local`.
    pub(super) fn sign(&self, file: &File, shared: &Shared, local: bool) -> String {
        let expires = format!("{:X}", (shared.clock.now() + file.lifetime()).timestamp());
        let reading = &shared.dice.token()[..22];
        let hash = self.hash(&file.path, reading, &expires);
        let (path, host) = (&file.path, &file.host);
        let base = if local { format!("{}/instagram/cdn", shared.base_url) } else { format!("https://{host}") };
        format!("{base}{path}?_nc_ht={host}&_nc_rid={reading}&ccb=1-7&oh=00_{hash}&oe={expires}")
    }

    fn hash(&self, path: &str, reading: &str, expires: &str) -> String {
        // HMAC takes keys of any length.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.key) else { return String::new() };
        mac.update(format!("{path}\n{reading}\n{expires}").as_bytes());
        URL_SAFE_NO_PAD.encode(&mac.finalize().into_bytes()[..21])
    }

    /// Refuses with the words of the CDN (the first are ours).
    fn check(&self, path: &str, query: &Params, now: Timestamp) -> Result<(), &'static str> {
        let expires = query.text("oe");
        let hash = format!("00_{}", self.hash(path, query.text("_nc_rid"), expires));
        if !bool::from(hash.as_bytes().ct_eq(query.text("oh").as_bytes())) {
            return Err("Bad URL hash");
        }
        match i64::from_str_radix(expires, 16) {
            Ok(until) if now.timestamp() < until => Ok(()),
            _ => Err("URL signature expired"),
        }
    }
}

/// `GET /cdn/{path}`: the file while its link lives; then 403, and 404 once the post is gone.
pub(super) async fn serve(State(world): State<Arc<InstagramWorld>>, uri: Uri) -> Response {
    // As sent, not decoded: the signature is over these characters.
    let path = uri.path().strip_prefix("/cdn").unwrap_or_default();
    let query = Params::urlencoded(uri.query().unwrap_or_default().as_bytes());
    if let Err(sentence) = world.signer.check(path, &query, world.shared.clock.now()) {
        return (StatusCode::FORBIDDEN, [(header::CONTENT_TYPE, "text/plain")], sentence).into_response();
    }
    if !world.state().has_file(path) {
        return (StatusCode::NOT_FOUND, [(header::CONTENT_TYPE, "text/plain")], "Not Found").into_response();
    }
    let (kind, bytes) = if File::is_video(path) {
        ("video/mp4", MP4.to_vec())
    } else {
        ("image/png", STANDARD.decode(PNG).unwrap_or_default())
    };
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "max-age=1209600, no-transform")], bytes).into_response()
}
