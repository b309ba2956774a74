//! Posts: how they look in a channel, and what rules make of them.

use crate::domain::{
    Author, Engagement, Media, MediaKind, Platform, Post, Quoted, Timestamp,
    embed::laws::shows_well,
    filter::{PreparedPost, Rule, RuleInput, Verdict},
    text,
};

/// The fields of a post, each ended by a line of `--`: text, link, name, handle, profile, picture, quoted text, quoted
/// link, then media.
pub fn embed(input: &[u8]) {
    let input = super::text(input);
    let mut fields = input.split("\n--\n").map(str::to_owned);
    let mut next = || fields.next().unwrap_or_default();
    let mut post = post(next());
    post.url = next();
    post.author = Author { name: next(), handle: Some(next()), url: Some(next()), avatar_url: Some(next()) };
    let quoted = Quoted { text: next(), url: next(), author: post.author.clone() };
    post.quoted = Some(quoted).filter(|quoted| !quoted.text.is_empty());
    post.media = fields
        .map(|url| Media { kind: MediaKind::Image, thumbnail_url: Some(url.clone()), alt_text: Some(url.clone()), url })
        .collect();
    shows_well(Platform::Instagram, &post);
    post.reposted_by = Some(post.author.clone());
    shows_well(Platform::Twitter, &post);
}

/// Lines with `#` are a rule's hashtags, with `+` its keywords, with `!` its other filters; the others are the text.
pub fn filters(input: &[u8]) {
    let input = super::text(input);
    let (mut hashtags, mut keywords, mut words) = (Vec::new(), Vec::new(), Vec::new());
    let mut rule = RuleInput::default();
    for line in input.split('\n') {
        match line.split_at_checked(1) {
            Some(("#", tag)) => hashtags.push(tag.to_owned()),
            Some(("+", keyword)) => keywords.push(keyword.to_owned()),
            Some(("!", "retweets")) => rule.exclude_retweets = Some(true),
            Some(("!", "replies")) => rule.exclude_replies = Some(true),
            Some(("!", least)) => rule.min_engagement = least.parse().ok(),
            _ => words.push(line),
        }
    }
    rule.filter_hashtags = Some(hashtags);
    rule.filter_keywords = Some(keywords);
    let mut post = post(words.join("\n"));
    post.hashtags = text::hashtags(&post.text).into_iter().map(str::to_owned).collect();
    post.relation.reply = post.text.starts_with('@');
    post.relation.repost = post.text.starts_with("RT ");
    let prepared = PreparedPost::new(&post);

    let decide = |rule: &RuleInput| Rule::from_stored(rule).decide(&prepared);
    assert_eq!(decide(&rule), Rule::from_stored(&rule).decide(&PreparedPost::new(&post)), "the same again");
    assert_eq!(decide(&RuleInput::default()), Verdict::Pass, "a rule without filters wants all");
    let none = RuleInput::default();
    let each = [
        RuleInput { filter_hashtags: rule.filter_hashtags.clone(), ..none.clone() },
        RuleInput { filter_keywords: rule.filter_keywords.clone(), ..none.clone() },
        RuleInput { exclude_retweets: rule.exclude_retweets, ..none.clone() },
        RuleInput { exclude_replies: rule.exclude_replies, ..none.clone() },
        RuleInput { min_engagement: rule.min_engagement, ..none },
    ];
    let all = each.iter().all(|filter| decide(filter) == Verdict::Pass);
    assert_eq!(decide(&rule) == Verdict::Pass, all, "a rule passes what each of its filters passes");
    match Rule::parse(&rule) {
        Ok(parsed) => {
            assert_eq!(Rule::from_stored(&rule), parsed, "what was typed well is read back the same");
            let stored = RuleInput {
                filter_hashtags: Some(parsed.hashtags().to_vec()),
                filter_keywords: Some(parsed.stored_keywords()),
                ..rule
            };
            assert_eq!(Rule::parse(&stored), Ok(parsed));
        }
        Err(problems) => {
            assert!(!problems.is_empty());
            for problem in problems {
                assert!(problem.to_string().chars().count() < 400, "{problem}");
            }
        }
    }
}

fn post(text: String) -> Post {
    let posted_at = Timestamp::from_timestamp(1_790_000_000, 0).expect("a time of our days");
    let engagement = Engagement { likes: Some(text.len() as u64), ..Engagement::default() };
    Post { version_id: "1".to_owned(), engagement, text, ..Post::bare("1", posted_at) }
}
