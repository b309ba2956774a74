//! Reads a page's posts. The finder knows no "since": it is sorted by creation, and pages are read until one reaches
//! what was read before. A page may be short and still have a successor, so only the links count.
//! `<https://learn.microsoft.com/linkedin/marketing/community-management/shares/posts-api>`, "Find posts by authors".

use super::{
    COUNTERS_SCOPE, MAX_PAGES,
    api::{Api, Call},
    counts,
    map::{self, Draft, Element},
    media,
    memory::{Memory, Recalled},
    restli, version, wire,
};
use crate::{
    domain::Timestamp,
    platforms::{FetchRequest, Fetched, PlatformError, Skipped, Want},
};
use chrono::Duration;
use std::collections::HashSet;
use url::Url;

const POSTS: &str = "/rest/posts";
/// Of a poll: more than a page publishes between two polls.
const POLL_COUNT: usize = 20;
/// The finder's own limit, for the pages behind the first one, which only a backlog needs. An answer with more is cut.
const MAX_ELEMENTS: usize = 100;
/// A first reading's smallest and largest page.
const BASELINE_COUNT: (usize, usize) = (10, 50);
/// A picture or video still being processed after this is given up.
const MEDIA_PATIENCE: Duration = Duration::hours(24);

/// One reading.
pub(super) async fn read(api: &Api<'_>, request: &FetchRequest<'_>) -> Result<Fetched, PlatformError> {
    let mut fetched = Fetched::default();
    fetched.notices.extend(version::warning(&api.config.version, request.now));
    let mut memory = match (request.want, request.cursor) {
        (Want::Baseline { .. }, _) | (Want::New, None) => Memory::since(0),
        (Want::New, Some(cursor)) => Memory::of(cursor).unwrap_or_else(|| {
            fetched
                .notices
                .push("the stored reading position could not be read: only posts from now on are new".into());
            Memory::since(request.now.timestamp_millis())
        }),
    };
    let elements = read_pages(api, request, &memory, &mut fetched).await?;
    sort(api, request, elements, &mut memory, &mut fetched).await?;
    if matches!(request.want, Want::Baseline { .. }) {
        memory.close_past(request.now.timestamp_millis());
        if !counters_asked(api) {
            fetched.notices.push(format!("without the scope {COUNTERS_SCOPE} LinkedIn tells no reactions or comments"));
        } else if !api.may_batch() {
            fetched.notices.push(
                "on the development tier reactions and comments are read for posts that wait for them alone".into(),
            );
        }
    }
    memory.trim();
    fetched.cursor = memory.cursor();
    Ok(fetched)
}

/// The elements of as many pages as needed, each URN once.
async fn read_pages(
    api: &Api<'_>,
    request: &FetchRequest<'_>,
    memory: &Memory,
    fetched: &mut Fetched,
) -> Result<Vec<Element>, PlatformError> {
    let count = match request.want {
        Want::Baseline { newest } => newest.clamp(BASELINE_COUNT.0, BASELINE_COUNT.1),
        Want::New => POLL_COUNT,
    };
    let author = restli::value(request.remote_id);
    let mut url = api.url(&format!("{POSTS}?author={author}&q=author&count={count}&start=0&sortBy=CREATED"))?;
    let mut elements: Vec<Element> = Vec::new();
    let mut urns = HashSet::new();
    let mut nameless = 0;
    for page_number in 1.. {
        let page: wire::Page = api.get_url(Call::Posts, &url).await?;
        let read = u32::try_from(page.elements.len()).unwrap_or(u32::MAX);
        request.meter.note(|reads| reads.posts = reads.posts.saturating_add(read));
        let (mut brought, mut reached) = (false, false);
        for raw in page.elements.iter().take(MAX_ELEMENTS) {
            let Some(element) = map::element(raw, request.profile) else {
                nameless += 1;
                continue;
            };
            reached |= memory.reaches(&element.urn, element.created_ms);
            if urns.insert(element.urn.clone()) {
                brought = true;
                elements.push(element);
            }
        }
        let Some(next) = page.paging.next() else { break };
        if !brought || reached || matches!(request.want, Want::Baseline { .. }) {
            break;
        }
        if page_number == MAX_PAGES {
            fetched.notices.push(format!("{MAX_PAGES} pages read, older posts were left unread"));
            break;
        }
        url = next_page(api, next)?;
    }
    if nameless > 0 {
        fetched.notices.push(format!("posts without a usable id or time were left out: {nameless}"));
    }
    Ok(elements)
}

/// The address of the next page: it must be the same finder on the same host, for the token goes there.
fn next_page(api: &Api<'_>, href: &str) -> Result<Url, PlatformError> {
    let finder = api.url(POSTS)?;
    let next =
        if href.starts_with('/') && !href.starts_with("//") { api.url(href).ok() } else { finder.join(href).ok() };
    next.filter(|next| {
        next.origin() == finder.origin()
            && next.path() == finder.path()
            && next.username().is_empty()
            && next.password().is_none()
    })
    .map(enlarged)
    .ok_or_else(|| PlatformError::Unreadable {
        at: "paging.links[rel=next].href".into(),
        detail: "the next page is not at the address LinkedIn's API has".into(),
    })
}

/// The same address with the largest page; one that names no size stays as it is.
fn enlarged(mut next: Url) -> Url {
    let query = next.query().map(|query| {
        let parts = query.split('&');
        let parts = parts.map(|part| match part.split_once('=') {
            Some(("count", _)) => format!("count={MAX_ELEMENTS}"),
            _ => part.to_owned(),
        });
        parts.collect::<Vec<_>>().join("&")
    });
    next.set_query(query.as_deref());
    next
}

/// Tells new from known, adds media and counters, and notes everything in `memory`.
async fn sort(
    api: &Api<'_>,
    request: &FetchRequest<'_>,
    elements: Vec<Element>,
    memory: &mut Memory,
    fetched: &mut Fetched,
) -> Result<(), PlatformError> {
    // A time in the future must not make what is published until then look old.
    let noted_ms = |posted_at: Timestamp| posted_at.min(request.now).timestamp_millis();
    let mut drafts: Vec<(Recalled, u32, Box<Draft>)> = Vec::new();
    for element in elements {
        let Element { urn, posted_at, fingerprint, verdict, .. } = element;
        let recalled = memory.recall(&urn, fingerprint, posted_at.timestamp_millis());
        match verdict {
            _ if recalled == Recalled::Old => {}
            Ok(draft) => drafts.push((recalled, fingerprint, draft)),
            Err(reason) => {
                memory.note(&urn, fingerprint, noted_ms(posted_at), false);
                // Told once, not at every poll.
                if recalled != Recalled::Same {
                    fetched.skipped.push(Skipped { post_id: urn, reason });
                }
            }
        }
    }

    // Media of known posts would cost calls: they come back with counters alone.
    let wanted = drafts.iter().filter(|(recalled, ..)| *recalled != Recalled::Same);
    let links = media::resolve(api, wanted.flat_map(|(_, _, draft)| &draft.attachments)).await?;
    // One by one they would use up the development tier's calls.
    let counters = if counters_asked(api) && api.may_batch() {
        let urns: Vec<&str> = drafts.iter().map(|(_, _, draft)| draft.post.post_id.as_str()).collect();
        counts::read(api, &urns).await?
    } else {
        counts::Counters::default()
    };

    for (recalled, fingerprint, draft) in drafts {
        let Draft { mut post, attachments } = *draft;
        let patient = request.now.signed_duration_since(post.posted_at) < MEDIA_PATIENCE;
        let media_due = recalled != Recalled::Same && patient && links.any_due(&attachments);
        memory.note(&post.post_id, fingerprint, noted_ms(post.posted_at), media_due);
        post.media = links.media(&attachments);
        post.engagement = counters.by_urn.get(&post.post_id).copied().unwrap_or_default();
        // Media that come late come all together, so that the post is not an edit at every poll until then.
        let still_waiting = recalled == Recalled::MediaDue && (media_due || post.media.is_empty());
        let unchanged = recalled == Recalled::Same || still_waiting;
        if unchanged { &mut fetched.seen_again } else { &mut fetched.posts }.push(post);
    }
    fetched.notices.extend(links.notices);
    fetched.notices.extend(counters.notice);
    Ok(())
}

/// Counters cost a call for each reading, so they are only asked for where the operator asks for their scope.
pub(super) fn counters_asked(api: &Api<'_>) -> bool {
    api.config.scopes.iter().any(|scope| scope == COUNTERS_SCOPE)
}

#[cfg(test)]
#[path = "tests/fetch.rs"]
mod tests;
