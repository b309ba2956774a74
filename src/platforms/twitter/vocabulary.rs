//! The words a request for posts is made of. X renamed "tweet" to "post" in its published API in summer 2026 and answers
//! in the words it was asked in; a name of the other vocabulary is dropped without an error. So one vocabulary is spoken
//! at a time, here and nowhere else, while [`super::wire`] understands both.
//! `<https://github.com/xdevplatform/docs/blob/main/openapi.json>`, `<https://github.com/usadamasa/twigpui>`

use url::Url;

/// The words of the API's requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vocabulary {
    /// `tweet.fields` and dotted expansions. Here `author_id` is a plain field, which costs nothing.
    Tweet,
    /// `post.fields`. Here `author_id` is an expansion: every page also brings (and may bill) users.
    Post,
}

impl Vocabulary {
    /// The one in use.
    pub const SPOKEN: Self = Self::Tweet;

    /// Whether a page of posts also brings their authors as users.
    pub(super) fn expands_authors(self) -> bool {
        self == Self::Post
    }

    /// Adds the fields and expansions of a page of posts to `url`: nothing that is not read afterwards.
    pub(super) fn ask_for_posts(self, url: &mut Url) {
        let mut query = url.query_pairs_mut();
        match self {
            Self::Tweet => query
                .append_pair(
                    "tweet.fields",
                    "id,text,author_id,created_at,referenced_tweets,attachments,entities,public_metrics,\
                     possibly_sensitive,withheld,note_tweet,scopes,article",
                )
                .append_pair(
                    "expansions",
                    "attachments.media_keys,referenced_tweets.id,referenced_tweets.id.author_id,\
                     referenced_tweets.id.attachments.media_keys",
                ),
            Self::Post => query
                .append_pair(
                    "post.fields",
                    "id,text,created_at,attachments,entities,public_metrics,possibly_sensitive,withheld,note_post,\
                     scopes,article",
                )
                .append_pair("expansions", "author_id,edit_history_post_ids,referenced_posts,attachments.media_keys"),
        };
        query
            .append_pair("media.fields", "media_key,type,url,preview_image_url,alt_text,variants")
            .append_pair("user.fields", "id,name,username,profile_image_url,protected");
    }

    /// Adds the fields and expansions of posts whose counters alone matter. Nothing here brings users, who are billed.
    pub(super) fn ask_for_counters(self, url: &mut Url) {
        let mut query = url.query_pairs_mut();
        match self {
            Self::Tweet => query
                .append_pair("tweet.fields", "id,public_metrics,referenced_tweets,edit_history_tweet_ids")
                .append_pair("expansions", "referenced_tweets.id"),
            Self::Post => query
                .append_pair("post.fields", "id,public_metrics")
                .append_pair("expansions", "edit_history_post_ids,referenced_posts"),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_request_never_mixes_vocabularies() {
        for (vocabulary, foreign) in [(Vocabulary::Tweet, "post"), (Vocabulary::Post, "tweet")] {
            let mut url = Url::parse("https://api.x.com/2/users/1/tweets").expect("a valid address");
            vocabulary.ask_for_posts(&mut url);
            assert!(!url.query().is_some_and(|query| query.contains(foreign)), "{url}");
            url.set_query(None);
            vocabulary.ask_for_counters(&mut url);
            assert!(!url.query().is_some_and(|query| query.contains(foreign)), "{url}");
        }
    }

    #[test]
    fn the_owner_is_not_expanded_at_the_top_level() {
        let mut url = Url::parse("https://api.x.com/").expect("a valid address");
        Vocabulary::SPOKEN.ask_for_posts(&mut url);
        let (_, expansions) =
            url.query_pairs().find(|(name, _)| name == "expansions").expect("expansions are asked for");
        assert!(!expansions.split(',').any(|word| word == "author_id"), "{expansions}");
    }
}
