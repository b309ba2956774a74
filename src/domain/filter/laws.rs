//! What holds for every rule and every post.

use super::tests::{post, with_hashtags, with_keywords};
use super::{PreparedPost, Rule, RuleInput, Verdict, canonical_hashtag, canonical_keyword};
use crate::domain::{Engagement, Post, Relation};
use proptest::prelude::*;

fn any_words() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec(prop_oneof!["[a-c]{1,3}\\*?", "[a-cé日本 ﾆ'뉴#*]{0,6}", "\\PC{0,8}"], 0..4)
}

fn any_rule() -> impl Strategy<Value = RuleInput> {
    let optional = || prop::option::of(any_words());
    (optional(), optional(), any::<Option<bool>>(), any::<Option<bool>>(), prop::option::of(-2_i64..6)).prop_map(
        |(filter_hashtags, filter_keywords, exclude_retweets, exclude_replies, min_engagement)| RuleInput {
            filter_hashtags,
            filter_keywords,
            exclude_retweets,
            exclude_replies,
            min_engagement,
        },
    )
}

fn any_post() -> impl Strategy<Value = Post> {
    let text = prop_oneof!["[a-c ]{0,20}", "[a-cé日本 ニ'’뉴\\u{301}#]{0,20}", "\\PC{0,60}"];
    (text, any_words(), any::<(bool, bool)>(), 0_u64..6).prop_map(|(text, hashtags, (repost, reply), likes)| Post {
        hashtags,
        relation: Relation { repost, reply, quote: false },
        engagement: Engagement { likes: Some(likes), ..Engagement::default() },
        ..post(&text, &[])
    })
}

fn passes(input: &RuleInput, post: &PreparedPost) -> bool {
    Rule::from_stored(input).decide(post) == Verdict::Pass
}

proptest! {
    #[test]
    fn a_rule_passes_what_each_of_its_filters_passes(rule in any_rule(), post in any_post()) {
        let post = PreparedPost::new(&post);
        let none = RuleInput::default();
        let filters = [
            RuleInput { filter_hashtags: rule.filter_hashtags.clone(), ..none.clone() },
            RuleInput { filter_keywords: rule.filter_keywords.clone(), ..none.clone() },
            RuleInput { exclude_retweets: rule.exclude_retweets, ..none.clone() },
            RuleInput { exclude_replies: rule.exclude_replies, ..none.clone() },
            RuleInput { min_engagement: rule.min_engagement, ..none.clone() },
        ];
        // So adding a filter never lets more posts through.
        prop_assert_eq!(passes(&rule, &post), filters.iter().all(|filter| passes(filter, &post)));
        prop_assert!(passes(&none, &post));
    }

    #[test]
    fn a_rule_that_parses_is_read_back_the_same(input in any_rule()) {
        if let Ok(rule) = Rule::parse(&input) {
            prop_assert_eq!(&Rule::from_stored(&input), &rule);
            let stored = RuleInput {
                filter_hashtags: Some(rule.hashtags().to_vec()),
                filter_keywords: Some(rule.stored_keywords()),
                ..input
            };
            prop_assert_eq!(Rule::parse(&stored), Ok(rule));
        }
    }

    #[test]
    fn canonical_forms_are_canonical(typed in "[#＃a-cÉ日ß* ,]{0,8}|\\PC{0,12}") {
        if let Some(tag) = canonical_hashtag(&typed) {
            prop_assert_eq!(canonical_hashtag(&tag), Some(tag));
        }
        if let Some(keyword) = canonical_keyword(&typed) {
            prop_assert_eq!(canonical_keyword(&keyword), Some(keyword));
        }
    }

    #[test]
    fn case_and_width_make_no_difference(keyword in "[a-z]{1,3}( [a-z]{1,3})?\\*?", text in "[a-z]{1,3}( [a-z]{1,3}){0,6}") {
        let wide = |text: &str| -> String {
            text.chars().map(|c| match c {
                '!'..='~' => char::from_u32(u32::from(c) + 0xfee0).unwrap_or(c),
                ' ' => '\u{3000}',
                c => c,
            }).collect()
        };
        let find = |keyword: &str, text: &str| passes(&with_keywords(&[keyword]), &PreparedPost::new(&post(text, &[])));
        let found = find(&keyword, &text);
        prop_assert_eq!(find(&keyword.to_uppercase(), &text), found);
        prop_assert_eq!(find(&keyword, &text.to_uppercase()), found);
        prop_assert_eq!(find(&wide(&keyword), &text), found);
        prop_assert_eq!(find(&keyword, &wide(&text)), found);
        let tag = text.replace(' ', "");
        prop_assert!(passes(&with_hashtags(&[&wide(&tag)]), &PreparedPost::new(&post("", &[&tag.to_uppercase()]))));
    }

    /// The index of words against the plainest way to look.
    #[test]
    fn words_are_found_as_by_looking_at_each(
        keyword in "[ab]{1,3}( [ab]{1,12}){0,2}", star: bool, text in "[ab]{1,3}( [ab]{1,12}){0,12}",
    ) {
        let plain = format!(" {text} ").contains(&format!(" {keyword}{}", if star { "" } else { " " }));
        let typed = format!("{keyword}{}", if star { "*" } else { "" });
        prop_assert_eq!(passes(&with_keywords(&[&typed]), &PreparedPost::new(&post(&text, &[]))), plain);
    }
}
