//! Reading a timeline: newest first, page by page, down to the cursor.
//! `<https://docs.x.com/x-api/posts/timelines/integrate>`
//!
//! `since_id` stays the same while paging, and the cursor moves only after the last page: a reading that ends early
//! loses nothing, because the next one starts at the same place (X bills a post once a day).

use super::{
    Twitter, cursor,
    errors::{decode, nothing_shown, refusal, window},
    map::{self, Included, Owner},
    wire::{Meta, Page},
};
use crate::{
    domain::Post,
    platforms::{Billed, BilledKind, FetchRequest, Fetched, PlatformError, Skipped, Want},
};
use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashSet},
};
use url::Url;

/// The largest page.
pub(super) const FULL_PAGE: u32 = 100;
/// The smallest page X gives.
pub(super) const SMALLEST_PAGE: u32 = 5;

impl Twitter {
    /// See [`crate::platforms::SocialPlatform::fetch`].
    pub(super) async fn read_posts(&self, request: &FetchRequest<'_>) -> Result<Fetched, PlatformError> {
        // The id becomes part of an address.
        if cursor::post_number(request.remote_id).is_none() {
            return Err(PlatformError::Unreadable { at: "remote_id".to_owned(), detail: "not a user id".to_owned() });
        }
        let since_id = match (cursor::since_id(request.cursor), request.want) {
            // A baseline is how a cursor that cannot be read is replaced.
            (Err(_), Want::Baseline { .. }) => None,
            (since_id, _) => since_id?,
        };
        let gap = cursor::gap(request.cursor).filter(|_| request.want == Want::New);
        let mut reading = Reading::default();
        // First what was left unread, for it is older.
        let (complete, left) = match gap {
            Some((since, until)) => match self.read_range(request, Some(since), Some(until), &mut reading).await? {
                Some(oldest) => (true, Some((since, oldest))),
                None => self.read_newest(request, since_id, &mut reading).await?,
            },
            None => self.read_newest(request, since_id, &mut reading).await?,
        };
        Ok(reading.finish(request, since_id, complete, left))
    }

    /// Reads what is above the cursor. Tells whether the cursor may pass it, and what was left unread for want of money or
    /// pages.
    async fn read_newest(
        &self,
        request: &FetchRequest<'_>,
        since_id: Option<u64>,
        reading: &mut Reading,
    ) -> Result<(bool, Option<cursor::Gap>), PlatformError> {
        reading.newest = None;
        let stopped = self.read_range(request, since_id, None, reading).await;
        match (stopped, since_id) {
            // The gap was read, and there is nothing left for what is new: that is where the next reading begins.
            (Err(PlatformError::OverBudget { .. }), Some(_)) if reading.pages > 0 => {
                reading.over_budget = true;
                Ok((true, None))
            }
            (Err(error), _) => Err(error),
            (Ok(None), _) if reading.cut_short => Ok((false, None)),
            (Ok(None), _) => Ok((true, None)),
            (Ok(Some(oldest)), since) => Ok((true, since.map(|since| (since, oldest)))),
        }
    }

    /// Reads pages from `until_id` down to `since_id`; the oldest id read, if money or pages ended before.
    async fn read_range(
        &self,
        request: &FetchRequest<'_>,
        since_id: Option<u64>,
        until_id: Option<u64>,
        reading: &mut Reading,
    ) -> Result<Option<u64>, PlatformError> {
        // Without a bound X would give, and bill, up to 3,200 posts: one page must do.
        let one_page = matches!(request.want, Want::Baseline { .. }) || since_id.is_none();
        let base = self.first_page(request, since_id, until_id);
        let mut url = base.clone();
        let mut oldest = None;
        loop {
            if reading.pages >= self.spec.max_pages {
                reading.cut_short = true;
                return Ok(oldest);
            }
            let page = match self.read_page(request, &mut url).await {
                // What was read is imported; what is left is read another day.
                Err(PlatformError::OverBudget { .. }) if oldest.is_some() => {
                    reading.over_budget = true;
                    return Ok(oldest);
                }
                page => page?,
            };
            let added = reading.take(&page, request)?;
            oldest = page.lowest_id().into_iter().chain(oldest).min();
            let next = page.meta.as_ref().and_then(|meta| meta.next_token.as_deref());
            match next {
                Some(token) if !one_page && reading.goes_on(token, &page, added) => {
                    url = base.clone();
                    url.query_pairs_mut().append_pair("pagination_token", token);
                }
                _ => return Ok(None),
            }
        }
    }

    /// The address of the first page; the others add a token.
    fn first_page(&self, request: &FetchRequest<'_>, since_id: Option<u64>, until_id: Option<u64>) -> Url {
        let mut url = self.endpoint(&["users", request.remote_id, "tweets"]);
        if request.want == Want::New {
            if let Some(id) = since_id {
                url.query_pairs_mut().append_pair("since_id", &id.to_string());
            }
            if let Some(id) = until_id {
                url.query_pairs_mut().append_pair("until_id", &id.to_string());
            }
            let excluded = [(request.exclude_reposts, "retweets"), (request.exclude_replies, "replies")];
            let excluded: Vec<_> = excluded.into_iter().filter_map(|(asked, word)| asked.then_some(word)).collect();
            if !excluded.is_empty() {
                url.query_pairs_mut().append_pair("exclude", &excluded.join(","));
            }
        }
        self.vocabulary.ask_for_posts(&mut url);
        url
    }

    /// Reads the page at `url`, as large as the budget allows.
    async fn read_page(&self, request: &FetchRequest<'_>, url: &mut Url) -> Result<Page, PlatformError> {
        let wanted = match request.want {
            Want::Baseline { newest } => u32::try_from(newest).unwrap_or(FULL_PAGE).clamp(SMALLEST_PAGE, FULL_PAGE),
            Want::New => FULL_PAGE,
        };
        let meter = request.meter;
        let size = meter.allow(BilledKind::Post, SMALLEST_PAGE, wanted).await?;
        url.query_pairs_mut().append_pair("max_results", &size.to_string());
        meter.note(|reads| reads.requests += 1);
        let reply = self.http.get(url, Some(request.access_token), &[]).await?;
        meter.note(|reads| reads.window = window(&reply).or(reads.window));
        if !reply.status.is_success() {
            meter.answered(Vec::new());
            return Err(refusal(&reply));
        }
        let page: Page = decode(&reply)?;
        meter.note(|reads| reads.posts += count(page.data.items.len() + page.data.unreadable.len()));
        meter.answered(self.billed(&page, ENDPOINT));
        Ok(page)
    }

    /// What X bills for a page: posts in `data`, and their authors where the request expands them. Posts that come along
    /// were seen to be free. `<https://docs.x.com/x-api/getting-started/pricing>`
    pub(super) fn billed(&self, page: &Page, endpoint: &'static str) -> Vec<Billed> {
        let ids = page.data.items.iter().map(|post| &post.id).chain(&page.data.unreadable);
        let posts = ids.filter(|id| !id.is_empty()).map(|id| billed(BilledKind::Post, endpoint, id));
        let expanded = page.data.items.iter().filter(|_| self.vocabulary.expands_authors());
        let authors = expanded.filter_map(|post| post.author_id.as_deref());
        posts.chain(authors.map(|id| billed(BilledKind::User, endpoint, id))).collect()
    }
}

/// The kind of call, for the bill.
const ENDPOINT: &str = "timeline";

/// A thing on the bill.
pub(super) fn billed(kind: BilledKind, endpoint: &'static str, id: &str) -> Billed {
    Billed { kind, endpoint, id: id.to_owned() }
}

/// What the pages brought so far.
#[derive(Debug, Default)]
struct Reading {
    /// By stable id, the newest version of each.
    posts: BTreeMap<String, (u64, Post)>,
    skipped: BTreeMap<String, Skipped>,
    /// Version ids on the pages so far.
    seen: HashSet<String>,
    tokens: HashSet<String>,
    /// The newest id of the first page that names one.
    newest: Option<u64>,
    unreadable: usize,
    pages: usize,
    /// The budget ended before the pages did.
    over_budget: bool,
    /// So did the pages that a reading may have.
    cut_short: bool,
}

impl Reading {
    /// Adds a page; says how many posts on it are new.
    fn take(&mut self, page: &Page, request: &FetchRequest<'_>) -> Result<usize, PlatformError> {
        let included = Included::of(page);
        let meta = meta_of(page, request, &included)?;
        let owner = Owner { id: request.remote_id, profile: request.profile };
        let mut added = 0;
        for wire in &page.data.items {
            if !self.seen.insert(wire.id.clone()) {
                continue;
            }
            added += 1;
            let version = cursor::post_number(&wire.id).unwrap_or(0);
            match map::post(wire, &included, &owner) {
                Ok(post) => match self.posts.get(&post.post_id) {
                    Some((newer, _)) if *newer >= version => {}
                    _ => drop(self.posts.insert(post.post_id.clone(), (version, post))),
                },
                Err(skipped) => drop(self.skipped.insert(skipped.post_id.clone(), skipped)),
            }
        }
        for id in &page.data.unreadable {
            let known = id.is_empty() || !self.seen.insert(id.clone());
            if !known {
                added += 1;
                self.skipped.insert(id.clone(), Skipped { post_id: id.clone(), reason: "unreadable" });
            }
        }
        self.unreadable += page.data.unreadable.len();
        let ids =
            page.data.items.iter().map(|post| post.id.as_str()).chain(page.data.unreadable.iter().map(String::as_str));
        let newest = meta.newest_id.as_deref().into_iter().chain(ids).filter_map(cursor::post_number).max();
        self.newest = self.newest.or(newest);
        self.pages += 1;
        Ok(added)
    }

    /// Whether the page after this one is worth asking for. A page that `exclude` has emptied goes on; one that only
    /// repeats what is known, or names a token again, is where some timelines turn in a circle.
    fn goes_on(&mut self, token: &str, page: &Page, added: usize) -> bool {
        let repeats = added == 0 && !page.data.items.is_empty();
        !repeats && self.tokens.insert(token.to_owned())
    }

    fn finish(
        self,
        request: &FetchRequest<'_>,
        since_id: Option<u64>,
        complete: bool,
        gap: Option<cursor::Gap>,
    ) -> Fetched {
        let mut notices = Vec::new();
        if self.cut_short {
            notices.push(format!(
                "stopped after {} pages with posts left unread; the next reading goes on there",
                self.pages
            ));
        }
        if self.over_budget {
            notices.push(
                "the daily budget ended before the new posts did; the rest is read once there is money again"
                    .to_owned(),
            );
        }
        if request.want == Want::New && since_id.is_none() {
            notices.push("no cursor: only the newest page was read".to_owned());
        }
        if self.unreadable > 0 {
            notices.push(format!("{} posts could not be read and were left out", self.unreadable));
        }
        let newest = self.newest.filter(|_| complete);
        let cursor = match since_id.max(newest) {
            Some(id) => cursor::after_with(id, gap),
            None => cursor::after(cursor::nothing_before(request.now)),
        };
        // Newest first, by number: ids cross digit lengths, and `created_at` knows whole seconds only.
        let mut posts: Vec<Post> = self.posts.into_values().map(|(_, post)| post).collect();
        posts.sort_by_key(|post| Reverse(cursor::post_number(&post.post_id)));
        Fetched {
            posts,
            seen_again: Vec::new(),
            skipped: self.skipped.into_values().collect(),
            cursor: Some(cursor),
            notices,
        }
    }
}

/// The `meta` of a page that can be relied on.
fn meta_of<'a>(page: &'a Page, request: &FetchRequest<'_>, included: &Included<'_>) -> Result<&'a Meta, PlatformError> {
    let about_owner = page.errors.items.iter().any(|problem| {
        problem.resource_type.as_deref() == Some("user")
            && [&problem.resource_id, &problem.value].into_iter().any(|id| id.as_deref() == Some(request.remote_id))
    });
    let empty = page.data.items.is_empty() && page.data.unreadable.is_empty();
    // `meta` is on every page of a timeline, also an empty one; without it nothing was read.
    let Some(meta) = page.meta.as_ref().filter(|_| !(empty && about_owner)) else {
        return Err(nothing_shown(&page.errors));
    };
    if included.is_protected(request.remote_id) {
        return Err(PlatformError::Gone { detail: "the account is protected now".to_owned() });
    }
    // X drops fields it does not know without a word; every post has this one. Without the others a repost would
    // pass for a post, and the cursor would pass them all.
    if !page.data.items.is_empty() && page.data.items.iter().all(|post| post.created_at.is_none()) {
        return Err(PlatformError::Unreadable {
            at: "data[].created_at".to_owned(),
            detail: "X left out the fields that were asked for".to_owned(),
        });
    }
    Ok(meta)
}

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
