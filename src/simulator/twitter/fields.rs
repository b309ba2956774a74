//! X's two vocabularies and what a request asks for in either.
//!
//! Since the summer of 2026 X's published specification (`<https://api.x.com/2/openapi.json>`, 2.167 and later) says
//! "posts" where the server goes on to say "tweets" too: the fields parameter of the request picks the words of the answer.

use super::{
    params::{Params, Problems},
    words::{self, older_word},
};
use std::collections::BTreeSet;

/// Which words an answer uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Vocabulary {
    /// `tweet.fields`, or no fields parameter.
    Legacy,
    /// `post.fields`.
    Posts,
}

/// The parameters that choose fields.
pub(super) const PARAMETERS: &[&str] =
    &["tweet.fields", "post.fields", "expansions", "media.fields", "user.fields", "poll.fields", "place.fields"];

/// What a request asks for, in the older words whichever it used.
#[derive(Clone, Debug)]
pub(super) struct Ask {
    pub(super) vocabulary: Vocabulary,
    pub(super) post: BTreeSet<&'static str>,
    pub(super) expansions: BTreeSet<&'static str>,
    pub(super) user: BTreeSet<&'static str>,
    pub(super) media: BTreeSet<&'static str>,
}

impl Ask {
    /// Reads the field parameters of a request for posts.
    pub(super) fn of_posts(params: &Params, problems: &mut Problems) -> Self {
        Self::read(params, problems, (words::LEGACY_EXPANSIONS, words::NEW_EXPANSIONS))
    }

    /// Reads the field parameters of a request for users.
    pub(super) fn of_users(params: &Params, problems: &mut Problems) -> Self {
        Self::read(params, problems, (words::USER_EXPANSIONS, words::NEW_USER_EXPANSIONS))
    }

    fn read(params: &Params, problems: &mut Problems, expansions: (&'static [&str], &'static [&str])) -> Self {
        let legacy =
            params.choice("tweet.fields", words::LEGACY_POST, &[words::NEW_POST, words::NEW_ONLY_EXPANDED], problems);
        let new =
            params.choice("post.fields", words::NEW_POST, &[words::LEGACY_POST, words::NEW_ONLY_EXPANDED], problems);
        let vocabulary = if params.has("post.fields") { Vocabulary::Posts } else { Vocabulary::Legacy };
        let (named, defaults, expanded): (_, &[&'static str], _) = match vocabulary {
            Vocabulary::Legacy => {
                let mut expanded =
                    params.choice("expansions", expansions.0, &[words::DOTTED_EXPANSIONS, expansions.1], problems);
                expanded.extend(params.named("expansions", words::DOTTED_EXPANSIONS));
                (legacy, &["id", "text", "edit_history_tweet_ids"], expanded)
            }
            Vocabulary::Posts => {
                let others: &[&[&str]] = &[words::DOTTED_EXPANSIONS, expansions.0];
                (new, &["id", "text"], params.choice("expansions", expansions.1, others, problems))
            }
        };
        let expansions: BTreeSet<_> = expanded.into_iter().map(older_word).collect();
        // An expansion shows the field that it expands.
        let shown = expansions.iter().map(|expansion| expansion.split('.').next().unwrap_or(expansion));
        let post = defaults.iter().copied().chain(named.into_iter().map(older_word)).chain(shown).collect();
        let user = params.choice("user.fields", words::USER, &[words::NEW_USER], problems);
        let media = params.choice("media.fields", words::MEDIA, &[], problems);
        params.choice("poll.fields", words::POLL, &[], problems);
        params.choice("place.fields", words::PLACE, &[], problems);
        Self {
            vocabulary,
            post,
            expansions,
            user: ["id", "name", "username"].into_iter().chain(user).collect(),
            media: ["media_key", "type"].into_iter().chain(media).collect(),
        }
    }

    /// Whether posts that a post refers to are hydrated: the dotted forms imply it.
    pub(super) fn hydrates_references(&self) -> bool {
        self.expansions.iter().any(|expansion| expansion.starts_with("referenced_tweets"))
    }

    /// Whether `expansion`, in the older words, was asked for.
    pub(super) fn expands(&self, expansion: &str) -> bool {
        self.expansions.contains(expansion)
    }
}
