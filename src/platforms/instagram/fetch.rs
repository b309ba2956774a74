//! One reading of an account's posts.
//! `<https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/ig-user/media>`

use super::{
    MAX_PAGES,
    ask::Ask,
    graph::{Graph, VERSION, other_version},
    map::{self, Mapped},
    usage::Usage,
    window::{Index, MAX_SEEN, Place, Seen, Sight, Window, reaches_known},
    wire,
};
use crate::{
    domain::Post,
    platforms::{FetchRequest, Fetched, PlatformError, Skipped, Want},
};
use std::collections::HashSet;

/// Instagram's own page size; also the smallest first page.
const PAGE: usize = 25;
/// Of the pages behind the first one, which only a backlog needs.
const BACKLOG_PAGE: usize = 100;

/// `children` is expanded, or every carousel would cost a request of its own.
const FIELDS: [&str; 12] = [
    "id",
    "caption",
    "media_type",
    "media_product_type",
    "media_url",
    "thumbnail_url",
    "permalink",
    "timestamp",
    "username",
    "like_count",
    "comments_count",
    "alt_text",
];
const CHILD_FIELDS: [&str; 4] = ["id", "media_type", "media_url", "thumbnail_url"];

/// Reads the newest page of `node`'s media, and those behind it until one reaches what is known.
pub(super) async fn fetch(graph: &Graph, node: &str, request: &FetchRequest<'_>) -> Result<Fetched, PlatformError> {
    let (window, baseline, limit, lost) = match (request.want, request.cursor.map(Window::read)) {
        (Want::Baseline { newest }, _) => (Window::starting(request.now), true, newest.clamp(PAGE, MAX_SEEN), false),
        (Want::New, Some(Some(window))) => (window, false, PAGE, false),
        // Without a window nothing tells new from old: start one, rather than pour the whole page into a channel.
        (Want::New, unreadable) => (Window::starting(request.now), false, PAGE, unreadable.is_some()),
    };
    let path = [node, "media"];
    let mut ask = Ask::new(&path, &FIELDS);
    ask.child_fields = CHILD_FIELDS.to_vec();
    ask.limit = Some(limit);

    let index = window.index();
    let mut reading =
        Reading { request, index, baseline, met: Vec::new(), ids: HashSet::new(), out: Fetched::default() };
    let mut after: Option<String> = None;
    for number in 1.. {
        let asked = ask.requests;
        let reply = ask.put(graph, request.access_token, after.as_deref(), Some(request.now)).await;
        request.meter.note(|reads| reads.requests += ask.requests - asked);
        let reply = reply?;
        reading.note(Usage::of(&reply), other_version(&reply));
        let page = wire::page(&reply.body)?;
        let go_on = reading.take(page.items, ask.dropped != Some("caption"));
        // A mark that does not move would be a circle.
        let next = page.after.filter(|next| after.as_ref() != Some(next));
        if baseline || !go_on || next.is_none() {
            break;
        }
        if number == MAX_PAGES {
            reading.notice(format!("more than {MAX_PAGES} pages of new posts: the older ones were not read"));
            break;
        }
        after = next;
        ask.enlarge(BACKLOG_PAGE);
    }

    let Reading { met, mut out, .. } = reading;
    if let Some(field) = ask.dropped {
        out.notices.push(format!("Instagram does not give the field {field}: posts were read without it"));
    }
    if lost {
        out.notices.push("the reading position could not be understood: reading starts anew from here".to_owned());
    }
    out.cursor = Some(window.after(met));
    Ok(out)
}

/// A reading under way.
struct Reading<'a> {
    request: &'a FetchRequest<'a>,
    index: Index<'a>,
    baseline: bool,
    /// For the next window, in the order of the pages.
    met: Vec<Seen>,
    /// The same post can stand on two pages when something is published in between.
    ids: HashSet<String>,
    out: Fetched,
}

impl Reading<'_> {
    /// Takes a page in and tells whether the next one can hold anything new: not if this one reaches a known post or one
    /// from before the first reading. `captions` is false when the field had to be given up.
    fn take(&mut self, items: Vec<wire::Media>, captions: bool) -> bool {
        let mut places: Vec<Place> = Vec::new();
        let mut unreadable = 0_usize;
        let count = u32::try_from(items.len()).unwrap_or(u32::MAX);
        self.request.meter.note(|reads| reads.posts = reads.posts.saturating_add(count));
        for item in items {
            let (posted_at, is_new) = match map::item(item, self.request.profile) {
                Mapped::Post(post, fingerprint) => {
                    (Some(post.posted_at), self.take_post(*post, captions.then_some(fingerprint)))
                }
                Mapped::LeftOut { post_id, reason } => (None, self.leave_out(post_id, reason)),
                Mapped::Unreadable => {
                    unreadable += 1;
                    continue;
                }
            };
            places.push((posted_at, !is_new));
        }
        if unreadable > 0 {
            self.notice(format!("{unreadable} posts had no readable id or time and were left out"));
        }
        !reaches_known(&places)
    }

    /// Tells whether the post was new.
    fn take_post(&mut self, post: Post, fingerprint: Option<u32>) -> bool {
        let sight =
            if self.baseline { Sight::New } else { self.index.judge(&post.post_id, fingerprint, post.posted_at) };
        if sight == Sight::Old {
            self.leave_out(post.post_id, "published before the account was connected");
            return false;
        }
        if self.ids.insert(post.post_id.clone()) {
            let noted = match sight {
                Sight::LeftOut => None,
                // Without a caption: what was noted before, else 0, so that it counts as edited once captions are back.
                _ => fingerprint.or_else(|| self.index.get(&post.post_id).flatten()).or(Some(0)),
            };
            self.met.push((post.post_id.clone(), noted));
            match sight {
                Sight::New | Sight::Edited => self.out.posts.push(post),
                // Without its caption it would overwrite the text that is stored.
                Sight::Unchanged if fingerprint.is_some() => self.out.seen_again.push(post),
                Sight::Unchanged | Sight::LeftOut | Sight::Old => {}
            }
        }
        sight == Sight::New
    }

    /// Notes a post that is not for import; it is reported when it is met first. Tells whether it was new.
    fn leave_out(&mut self, post_id: String, reason: &'static str) -> bool {
        let is_new = self.index.get(&post_id).is_none();
        if self.ids.insert(post_id.clone()) {
            self.met.push((post_id.clone(), None));
            if is_new {
                self.out.skipped.push(Skipped { post_id, reason });
            }
        }
        is_new
    }

    fn note(&mut self, usage: Usage, version: Option<String>) {
        self.request.meter.note(|reads| {
            reads.usage_percent = usage.percent.or(reads.usage_percent);
            reads.app_usage_percent = usage.app_percent.or(reads.app_usage_percent);
        });
        if let Some(version) = version {
            self.notice(format!("Instagram answered as {version} instead of {VERSION}: this program needs an update"));
        }
    }

    /// Says it once, however many pages say the same.
    fn notice(&mut self, text: String) {
        if !self.out.notices.contains(&text) {
            self.out.notices.push(text);
        }
    }
}
