//! Turns URNs of images and videos into links. Signed links end after days to weeks (`downloadUrlExpiresAt`), so the
//! URN is the truth and the link its present form.
//! `<https://learn.microsoft.com/linkedin/marketing/community-management/shares/images-api>`, `…/videos-api`.

use super::{
    api::{Api, Call},
    content::{AssetKind, Attachment},
    restli,
    wire::{Asset, Batch},
};
use crate::{
    domain::{Media, MediaKind},
    platforms::PlatformError,
};
use std::collections::{BTreeSet, HashMap};

/// Keeps a batch's query below LinkedIn's 4 KB.
const BATCH: usize = 50;
/// Batches of one kind in one reading: a picture for each of a thousand posts.
const MAX_BATCHES: usize = 20;
/// Single calls in one reading where batches are refused: an app of the development tier has 100 calls a day.
const MAX_SINGLES: usize = 8;

/// The links found.
#[derive(Debug, Default)]
pub(super) struct Links {
    ready: HashMap<String, (String, Option<String>)>,
    due: BTreeSet<String>,
    singles_left: usize,
    /// What an administrator should know.
    pub notices: Vec<String>,
}

impl Links {
    /// The media of a post in display order, without those that have no link.
    pub fn media(&self, attachments: &[Attachment]) -> Vec<Media> {
        let media = |attachment: &Attachment| {
            let (url, still) = self.ready.get(&attachment.urn)?;
            let (kind, thumbnail_url) = match attachment.kind {
                AssetKind::Image => (MediaKind::Image, None),
                // A video's still picture is a link or an image of its own.
                AssetKind::Video => (
                    MediaKind::Video,
                    still
                        .as_ref()
                        .and_then(|still| https(still).or_else(|| self.ready.get(still).map(|(link, _)| link.clone()))),
                ),
            };
            Some(Media { kind, url: url.clone(), thumbnail_url, alt_text: attachment.alt_text.clone() })
        };
        attachments.iter().filter_map(media).collect()
    }

    /// Whether one of them may get its link later.
    pub fn any_due(&self, attachments: &[Attachment]) -> bool {
        attachments.iter().any(|attachment| self.due.contains(&attachment.urn))
    }

    fn take(&mut self, urn: String, asset: Asset) {
        let waiting = matches!(asset.status.as_deref(), Some("PROCESSING" | "WAITING_UPLOAD"));
        match asset.download_url.as_deref().and_then(https) {
            Some(link) if !waiting => {
                self.ready.insert(urn, (link, asset.thumbnail));
            }
            _ if waiting => {
                self.due.insert(urn);
            }
            _ => {}
        }
    }

    fn notice(&mut self, text: String) {
        if !self.notices.contains(&text) {
            self.notices.push(text);
        }
    }
}

/// Finds the links of `attachments`. Media never cost a post: what fails is left out, with a notice.
///
/// # Errors
/// When the token or the API version is refused.
pub(super) async fn resolve(
    api: &Api<'_>,
    attachments: impl Iterator<Item = &Attachment>,
) -> Result<Links, PlatformError> {
    let mut links = Links { singles_left: MAX_SINGLES, ..Links::default() };
    let (mut images, mut videos) = (BTreeSet::new(), BTreeSet::new());
    for attachment in attachments {
        match attachment.kind {
            AssetKind::Image => images.insert(attachment.urn.clone()),
            AssetKind::Video => videos.insert(attachment.urn.clone()),
        };
    }
    collect(api, AssetKind::Video, videos, &mut links).await?;
    let stills = links.ready.values().filter_map(|(_, still)| still.clone());
    images.extend(stills.filter(|still| AssetKind::of(still) == Some(AssetKind::Image)));
    collect(api, AssetKind::Image, images, &mut links).await?;
    Ok(links)
}

async fn collect(
    api: &Api<'_>,
    kind: AssetKind,
    urns: BTreeSet<String>,
    links: &mut Links,
) -> Result<(), PlatformError> {
    let (call, path) = match kind {
        AssetKind::Image => (Call::Images, "/rest/images"),
        AssetKind::Video => (Call::Videos, "/rest/videos"),
    };
    let urns: Vec<String> = urns.into_iter().collect();
    if urns.len() == 1 || !api.may_batch() {
        return singles(api, call, path, &urns, links).await;
    }
    for (index, chunk) in urns.chunks(BATCH).enumerate() {
        if index == MAX_BATCHES {
            links.notice(format!("more than {} {} in one reading: the rest are left out", BATCH * index, call.what()));
            break;
        }
        let query = format!("{path}?ids={}", restli::list(chunk.iter().map(String::as_str)));
        match api.get::<Batch<Asset>>(call, &query).await {
            Ok(batch) => batch.results.into_iter().for_each(|(urn, asset)| links.take(urn, asset)),
            // An app of the development tier whose settings say otherwise.
            Err(error) if error.is_forbidden() => {
                links.notice(format!(
                    "LinkedIn refused {} in a batch (development tier?): at most {MAX_SINGLES} are read singly",
                    call.what()
                ));
                return singles(api, call, path, &urns[index * BATCH..], links).await;
            }
            Err(error) if error.stops_everything() => return Err(error.into()),
            Err(error) => {
                links.due.extend(urns[index * BATCH..].iter().cloned());
                links.notice(format!("{} left for later: {}", call.what(), PlatformError::from(error)));
                break;
            }
        }
    }
    Ok(())
}

async fn singles(
    api: &Api<'_>,
    call: Call,
    path: &str,
    urns: &[String],
    links: &mut Links,
) -> Result<(), PlatformError> {
    for (index, urn) in urns.iter().enumerate() {
        if links.singles_left == 0 {
            links.notice(format!("{} {} were left out to save calls", urns.len() - index, call.what()));
            break;
        }
        links.singles_left -= 1;
        match api.get::<Asset>(call, &format!("{path}/{}", restli::value(urn))).await {
            Ok(asset) => links.take(urn.clone(), asset),
            Err(error) if error.stops_everything() => return Err(error.into()),
            Err(error) if matches!(error.status(), Some(403 | 404)) => {}
            Err(error) => {
                links.due.extend(urns[index..].iter().cloned());
                links.notice(format!("{} left for later: {}", call.what(), PlatformError::from(error)));
                break;
            }
        }
    }
    Ok(())
}

/// `link`, if it is an https link.
fn https(link: &str) -> Option<String> {
    url::Url::parse(link).is_ok_and(|url| url.scheme() == "https").then(|| link.to_owned())
}

#[cfg(test)]
#[path = "tests/media.rs"]
mod tests;
