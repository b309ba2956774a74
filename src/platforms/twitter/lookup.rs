//! The present counters of known posts, up to a hundred in one request.
//! `<https://docs.x.com/x-api/posts/lookup/introduction>`

use super::{
    Twitter,
    cursor::post_number,
    errors::{decode, refusal, window},
    map,
    wire::Page,
};
use crate::platforms::{BilledKind, LookedUp, LookupRequest, PlatformError};
use std::collections::HashMap;

/// The kind of call, for the bill.
const ENDPOINT: &str = "lookup";

/// How `errors` says that a post cannot be seen any more.
const GONE: [&str; 4] =
    ["resource-not-found", "not-authorized-for-resource", "resource-unavailable", "disallowed-resource"];

impl Twitter {
    /// See [`crate::platforms::SocialPlatform::lookup`].
    ///
    /// An edit makes a post of its own with counters of its own, and posts are known by their first version: what was
    /// edited since is asked for once more, by its last one.
    /// `<https://docs.x.com/x-api/fundamentals/edit-posts>`
    pub(super) async fn read_counters(&self, request: &LookupRequest<'_>) -> Result<LookedUp, PlatformError> {
        let mut looked = LookedUp::default();
        // Ids become part of an address; what is no id of X's is no post of X's.
        let (asked, strange): (Vec<&String>, Vec<&String>) =
            request.post_ids.iter().partition(|id| post_number(id).is_some());
        looked.gone.extend(strange.into_iter().cloned());
        let asked: HashMap<&str, &str> = asked.into_iter().map(|id| (id.as_str(), id.as_str())).collect();
        let first = self.read_versions(request, &asked, &mut looked).await?;
        let newer: HashMap<&str, &str> = first.iter().map(|(id, version)| (version.as_str(), id.as_str())).collect();
        self.read_versions(request, &newer, &mut looked).await?;
        Ok(looked)
    }

    /// Reads the versions that are keys of `wanted`, for the posts that are its values. Returns the posts of which there
    /// is a newer version.
    async fn read_versions(
        &self,
        request: &LookupRequest<'_>,
        wanted: &HashMap<&str, &str>,
        looked: &mut LookedUp,
    ) -> Result<Vec<(String, String)>, PlatformError> {
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let mut ids: Vec<&str> = wanted.keys().copied().collect();
        ids.sort_unstable();
        let mut url = self.endpoint(&["tweets"]);
        url.query_pairs_mut().append_pair("ids", &ids.join(","));
        self.vocabulary.ask_for_counters(&mut url);
        let meter = request.meter;
        let count = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        meter.allow(BilledKind::Post, count(ids.len()), count(ids.len())).await?;
        meter.note(|reads| reads.requests += 1);
        let reply = self.http.get(&url, Some(request.access_token), &[]).await?;
        // The window of a poll's pages is the narrower one, and the one that decides how often there can be polls.
        meter.note(|reads| reads.window = reads.window.or_else(|| window(&reply)));
        if !reply.status.is_success() {
            meter.answered(Vec::new());
            return Err(refusal(&reply));
        }
        let page: Page = decode(&reply)?;
        meter.note(|reads| reads.posts += count(page.data.items.len() + page.data.unreadable.len()));
        meter.answered(self.billed(&page, ENDPOINT));
        if page.data.items.is_empty() && page.data.unreadable.is_empty() && page.errors.items.is_empty() {
            return Err(PlatformError::Unreadable { at: "data".into(), detail: "neither posts nor errors".into() });
        }
        Ok(take(&page, wanted, looked))
    }
}

/// Takes a page's counters over.
fn take(page: &Page, wanted: &HashMap<&str, &str>, looked: &mut LookedUp) -> Vec<(String, String)> {
    let included = map::Included::of(page);
    let mut newer = Vec::new();
    for post in &page.data.items {
        let Some(known) = wanted.get(post.id.as_str()) else { continue };
        match post.edit_history().last().filter(|last| post_number(last) > post_number(&post.id)) {
            Some(last) => newer.push(((*known).to_owned(), last.clone())),
            None => looked.counters.push(((*known).to_owned(), map::counters(post, &included))),
        }
    }
    let gone = page.errors.items.iter().filter(|problem| GONE.contains(&problem.kind()));
    for id in gone.flat_map(|problem| [&problem.resource_id, &problem.value]).flatten() {
        let known = wanted.get(id.as_str()).map(|known| (*known).to_owned());
        if let Some(known) = known.filter(|known| !looked.gone.contains(known)) {
            looked.gone.push(known);
        }
    }
    newer
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::limits::Window;
    use crate::platforms::{
        SocialPlatform,
        twitter::{
            Vocabulary,
            fake::{Answer, FakeX, token},
        },
    };
    use serde_json::{Value, json};

    async fn look_up(x: &FakeX, ids: &[&str]) -> Result<LookedUp, PlatformError> {
        let post_ids: Vec<String> = ids.iter().map(|id| (*id).to_owned()).collect();
        let now = "2026-11-22T10:00:00Z".parse().expect("a time");
        let (access_token, remote_id) = (&token(), "1700000000000000001");
        let request = LookupRequest { access_token, remote_id, post_ids: &post_ids, now, meter: &x.meter };
        x.client().lookup(&request).await
    }

    fn post(id: &str, likes: u64, history: &[&str]) -> Value {
        json!({"id": id, "text": "", "edit_history_tweet_ids": history, "public_metrics": {"like_count": likes}})
    }

    fn missing(id: &str, kind: &str) -> Value {
        json!({"type": format!("https://api.x.com/2/problems/{kind}"), "resource_type": "tweet", "resource_id": id,
               "parameter": "ids", "value": id, "title": "x", "detail": "x"})
    }

    fn likes(looked: &LookedUp) -> Vec<(&str, Option<u64>)> {
        let mut likes: Vec<_> = looked.counters.iter().map(|(id, of)| (id.as_str(), of.likes)).collect();
        likes.sort_unstable();
        likes
    }

    #[tokio::test]
    async fn counters_come_in_one_request_and_what_is_missing_is_gone() {
        let answer = json!({
            "data": [post("12", 5, &["12"]), post("11", 3, &["11"])],
            "errors": [missing("13", "resource-not-found"), missing("14", "not-authorized-for-resource"),
                       missing("15", "internal-error")]
        });
        let answer =
            Answer::from(answer).with("x-rate-limit-remaining", 4_999).with("x-rate-limit-reset", 1_795_341_600);
        let x = FakeX::answering([answer]).await;
        let looked = look_up(&x, &["11", "12", "13", "14", "15", "../me"]).await.expect("an answer");
        assert_eq!(likes(&looked), [("11", Some(3)), ("12", Some(5))]);
        assert_eq!(looked.gone, ["../me", "13", "14"], "15 may be there");
        let reads = x.meter.reads();
        assert_eq!((reads.requests, reads.posts), (1, 2));
        assert!(reads.billed.iter().all(|thing| (thing.kind, thing.endpoint) == (BilledKind::Post, "lookup")));
        assert_eq!((reads.billed.len(), reads.window.map(|window| window.remaining)), (2, Some(4_999)));
        let seen = x.seen();
        assert_eq!((seen.len(), seen[0].path.as_str()), (1, "/2/tweets"));
        assert_eq!(seen[0].query["ids"], "11,12,13,14,15");
        assert!(!seen[0].query["expansions"].contains("author"), "no user is billed");
    }

    #[tokio::test]
    async fn defect_a_look_up_hides_no_window_of_the_timeline() {
        let answer = Answer::from(json!({"data": [post("11", 3, &["11"])]}));
        let x = FakeX::answering([answer.with("x-rate-limit-remaining", 4_999).with("x-rate-limit-reset", 1)]).await;
        let resets_at = "2026-11-22T10:15:00Z".parse().expect("a time");
        let window = Window { remaining: 2, resets_at };
        x.meter.note(|reads| reads.window = Some(window));
        look_up(&x, &["11"]).await.expect("an answer");
        assert_eq!(x.meter.reads().window, Some(window));
    }

    #[tokio::test]
    async fn an_edited_post_is_counted_by_its_last_version() {
        let first = json!({"data": [post("11", 3, &["11", "21", "31"]), post("12", 1, &["12"])]});
        let x = FakeX::answering([first, json!({"data": [post("31", 9, &["11", "21", "31"])]})]).await;
        let looked = look_up(&x, &["11", "12"]).await.expect("an answer");
        assert_eq!(likes(&looked), [("11", Some(9)), ("12", Some(1))]);
        assert_eq!((x.meter.reads().requests, x.meter.reads().billed.len()), (2, 3));
        assert_eq!(x.seen()[1].query["ids"], "31");
    }

    #[tokio::test]
    async fn a_repost_counts_as_its_original() {
        let answer = json!({
            "data": [{"id": "11", "text": "RT @bo: x", "referenced_tweets": [{"type": "retweeted", "id": "5"}],
                      "public_metrics": {"like_count": 0}}],
            "includes": {"tweets": [{"id": "5", "text": "x", "public_metrics": {"like_count": 70}}]}
        });
        let looked = look_up(&FakeX::answering([answer]).await, &["11"]).await.expect("an answer");
        assert_eq!(likes(&looked), [("11", Some(70))]);
    }

    #[tokio::test]
    async fn refusals_are_told_and_an_empty_answer_is_no_answer() {
        let x = FakeX::answering([Answer::new(429, "{}"), Answer::new(200, "{}")]).await;
        assert!(matches!(look_up(&x, &["11"]).await, Err(PlatformError::RateLimited { .. })));
        assert!(matches!(look_up(&x, &["11"]).await, Err(PlatformError::Unreadable { .. })));
        assert_eq!(look_up(&x, &[]).await, Ok(LookedUp::default()), "nothing asked, nothing sent");
        let all_gone = FakeX::answering([json!({"errors": [missing("11", "resource-not-found")]})]).await;
        assert_eq!(look_up(&all_gone, &["11"]).await.expect("an answer").gone, ["11"]);
    }

    #[tokio::test]
    async fn the_other_words_are_understood_too() {
        let answer = json!({"data": [{"id": "11", "text": "", "edit_history_post_ids": ["11"],
                                      "public_metrics": {"like_count": 1, "repost_count": 2}}]});
        let x = FakeX::answering([answer]).await;
        let ids = ["11".to_owned()];
        let now = "2026-11-22T10:00:00Z".parse().expect("a time");
        let request = LookupRequest { access_token: &token(), remote_id: "1", post_ids: &ids, now, meter: &x.meter };
        let looked = x.client().speaking(Vocabulary::Post).lookup(&request).await.expect("an answer");
        assert_eq!(looked.counters[0].1.total(), 3);
        let asked = &x.seen()[0].query;
        assert!(asked.contains_key("post.fields") && !asked.contains_key("tweet.fields"));
    }
}
