//! An integration's filters, checked or cleaned.

use super::canonical::{canonical_hashtag, canonical_keyword, split_hashtags};
use super::keyword::Keyword;
use crate::domain::text::{cut, fold, one_line};
use std::collections::HashSet;
use std::fmt;

/// At most so many hashtags, and so many keywords.
pub const MAX_OF_EACH: usize = 50;
/// A hashtag's greatest length, in Unicode scalar values.
pub const MAX_HASHTAG_CHARS: usize = 100;
/// A keyword's greatest length, in Unicode scalar values, its `*` included.
pub const MAX_KEYWORD_CHARS: usize = 200;

/// So many entries of a stored list count; what else could write the columns is not bound by [`MAX_OF_EACH`].
const MAX_STORED: usize = 1_000;
/// The column is an int4.
const MAX_ENGAGEMENT: i64 = i32::MAX as i64;

/// The filters of an integration. All that are set must let a post pass.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rule {
    hashtags: Vec<String>,
    keywords: Vec<Keyword>,
    exclude_retweets: bool,
    exclude_replies: bool,
    min_engagement: u64,
}

/// The filters as they were typed or stored. `None` and the empty list mean: no such filter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleInput {
    /// Any one of them must be on the post; with or without `#`.
    pub filter_hashtags: Option<Vec<String>>,
    /// Any one of them must stand in the text: a word, a phrase, or with `*` at the end the beginning of one.
    pub filter_keywords: Option<Vec<String>>,
    /// No reposts.
    pub exclude_retweets: Option<bool>,
    /// No replies.
    pub exclude_replies: Option<bool>,
    /// The least sum of likes, reposts, replies, comments, shares and quotes.
    pub min_engagement: Option<i64>,
}

/// Something about a typed rule that its author must change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleProblem {
    /// The field's name, as in [`RuleInput`].
    pub field: &'static str,
    /// What was typed, shortened.
    pub value: String,
    /// What is wrong and what to do.
    pub advice: String,
}

impl fmt::Display for RuleProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: “{}”: {}", self.field, self.value, self.advice)
    }
}

impl Rule {
    /// The rule that was typed, or everything that is wrong with it.
    pub fn parse(input: &RuleInput) -> Result<Self, Vec<RuleProblem>> {
        let mut problems = Vec::new();
        let hashtags = parse_list("filter_hashtags", input.filter_hashtags.as_deref(), parse_hashtag, &mut problems);
        let keywords = parse_list("filter_keywords", input.filter_keywords.as_deref(), parse_keyword, &mut problems);
        let min_engagement = input.min_engagement.unwrap_or(0);
        if !(0..=MAX_ENGAGEMENT).contains(&min_engagement) {
            let advice = format!("use a number from 0 (no minimum) to {MAX_ENGAGEMENT}");
            problems.push(RuleProblem { field: "min_engagement", value: min_engagement.to_string(), advice });
        }
        if problems.is_empty() { Ok(Self::of(input, hashtags, keywords)) } else { Err(problems) }
    }

    /// The rule that is stored. The columns can be written past this service, so they may hold anything: what can be
    /// cleaned is cleaned (several hashtags in one entry become several), what is empty does not count.
    pub fn from_stored(stored: &RuleInput) -> Self {
        let hashtags = stored.filter_hashtags.iter().flatten().flat_map(|entry| split_hashtags(entry));
        let keywords = stored.filter_keywords.iter().flatten().filter_map(|entry| canonical_keyword(entry));
        Self::of(stored, distinct(hashtags.take(MAX_STORED)), distinct(keywords.take(MAX_STORED)))
    }

    fn of(input: &RuleInput, hashtags: Vec<String>, keywords: Vec<String>) -> Self {
        Self {
            hashtags,
            keywords: keywords.iter().filter_map(|keyword| Keyword::new(keyword)).collect(),
            exclude_retweets: input.exclude_retweets.unwrap_or(false),
            exclude_replies: input.exclude_replies.unwrap_or(false),
            min_engagement: u64::try_from(input.min_engagement.unwrap_or(0)).unwrap_or(0),
        }
    }

    /// Canonical, in the order typed, each once: fit to be stored.
    pub fn hashtags(&self) -> &[String] {
        &self.hashtags
    }

    /// Canonical, in the order typed, each once: fit to be stored.
    pub fn stored_keywords(&self) -> Vec<String> {
        self.keywords.iter().map(|keyword| keyword.as_str().to_owned()).collect()
    }

    pub(super) fn keywords(&self) -> &[Keyword] {
        &self.keywords
    }

    /// Reposts are left out.
    pub fn excludes_retweets(&self) -> bool {
        self.exclude_retweets
    }

    /// Replies are left out.
    pub fn excludes_replies(&self) -> bool {
        self.exclude_replies
    }

    /// The least engagement; 0 for none.
    pub fn min_engagement(&self) -> u64 {
        self.min_engagement
    }
}

/// The canonical form, or what to do about it.
type Parsed = Result<String, String>;

fn parse_list(
    field: &'static str,
    typed: Option<&[String]>,
    parse: impl Fn(&str) -> Parsed,
    problems: &mut Vec<RuleProblem>,
) -> Vec<String> {
    let mut canonical = Vec::new();
    for value in typed.unwrap_or_default() {
        match parse(value) {
            Ok(entry) => canonical.push(entry),
            Err(advice) => problems.push(RuleProblem { field, value: shown(value), advice }),
        }
    }
    let canonical = distinct(canonical.into_iter());
    if canonical.len() > MAX_OF_EACH {
        let advice = format!("use at most {MAX_OF_EACH}, or a second integration for the same channel");
        problems.push(RuleProblem { field, value: format!("{} entries", canonical.len()), advice });
    }
    canonical
}

fn parse_hashtag(typed: &str) -> Parsed {
    match canonical_hashtag(typed) {
        Some(tag) if tag.chars().count() > MAX_HASHTAG_CHARS => {
            Err(format!("a hashtag has at most {MAX_HASHTAG_CHARS} characters: shorten it"))
        }
        Some(tag) => Ok(tag),
        None if fold(typed).trim_start_matches(['#', ' ']).is_empty() => {
            Err("there is no word behind the sign: write one or remove the entry".to_owned())
        }
        None => Err("a hashtag is one word: write several as entries of their own, a phrase as a keyword".to_owned()),
    }
}

fn parse_keyword(typed: &str) -> Parsed {
    match canonical_keyword(typed) {
        Some(keyword) if keyword.chars().count() > MAX_KEYWORD_CHARS => {
            Err(format!("a keyword has at most {MAX_KEYWORD_CHARS} characters: shorten it"))
        }
        Some(keyword) if keyword.starts_with('*') => {
            Err("* stands only at the end of a keyword, for words that begin with it: remove it here".to_owned())
        }
        Some(keyword) => Ok(keyword),
        None if fold(typed).is_empty() => Err("a keyword cannot be empty: write one or remove the entry".to_owned()),
        None => {
            Err("* needs the beginning of a word before it, as in launch*; for all posts use no keyword".to_owned())
        }
    }
}

fn shown(value: &str) -> String {
    cut(&one_line(value), 60, "…").into_owned()
}

fn distinct(entries: impl Iterator<Item = String>) -> Vec<String> {
    let mut seen = HashSet::new();
    entries.filter(|entry| seen.insert(entry.clone())).collect()
}
