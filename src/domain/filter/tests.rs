use super::{MAX_HASHTAG_CHARS, MAX_KEYWORD_CHARS, PreparedPost, Reason, Rule, RuleInput, Verdict};
use crate::domain::{Author, Engagement, Post, Relation, Timestamp};

pub(super) fn post(text: &str, hashtags: &[&str]) -> Post {
    Post {
        post_id: "1".to_owned(),
        version_id: "1".to_owned(),
        url: "https://x.com/acme/status/1".to_owned(),
        text: text.to_owned(),
        author: Author::default(),
        reposted_by: None,
        quoted: None,
        media: Vec::new(),
        hashtags: strings(hashtags),
        mentions: Vec::new(),
        engagement: Engagement::default(),
        relation: Relation::default(),
        posted_at: Timestamp::UNIX_EPOCH,
        sensitive: false,
    }
}

fn strings(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

pub(super) fn with_hashtags(words: &[&str]) -> RuleInput {
    RuleInput { filter_hashtags: Some(strings(words)), ..RuleInput::default() }
}

pub(super) fn with_keywords(words: &[&str]) -> RuleInput {
    RuleInput { filter_keywords: Some(strings(words)), ..RuleInput::default() }
}

fn rule(input: &RuleInput) -> Rule {
    Rule::parse(input).expect("a good rule")
}

fn decide(input: &RuleInput, post: &Post) -> Verdict {
    rule(input).decide(&PreparedPost::new(post))
}

fn finds(keyword: &str, text: &str) -> bool {
    decide(&with_keywords(&[keyword]), &post(text, &[])) == Verdict::Pass
}

#[test]
fn no_filter_wants_everything() {
    let repost = Post { relation: Relation { repost: true, reply: true, quote: true }, ..post("", &[]) };
    assert_eq!(decide(&RuleInput::default(), &repost), Verdict::Pass);
    let empty = RuleInput { filter_hashtags: Some(vec![]), filter_keywords: Some(vec![]), ..RuleInput::default() };
    assert_eq!(decide(&empty, &repost), Verdict::Pass);
}

#[test]
fn defect_48_hash_sign_in_filter_matches() {
    for typed in ["#news", "news", "News", "##NEWS", "＃ＮＥＷＳ", " # news "] {
        for written in ["news", "News", "ＮＥＷＳ", "#news"] {
            assert_eq!(decide(&with_hashtags(&[typed]), &post("", &[written])), Verdict::Pass, "{typed} {written}");
        }
        assert_eq!(rule(&with_hashtags(&[typed])).hashtags(), ["news"]);
    }
    let other = post("news", &["newsroom"]);
    assert_eq!(decide(&with_hashtags(&["news"]), &other), Verdict::Filtered(Reason::Hashtag));
    assert_eq!(decide(&with_hashtags(&["launch", "newsroom"]), &other), Verdict::Pass, "any one will do");
}

#[test]
fn defect_49_letters_are_not_only_ascii() {
    assert_eq!(decide(&with_hashtags(&["#CAFÉ"]), &post("", &["cafe\u{301}"])), Verdict::Pass);
    assert_eq!(decide(&with_hashtags(&["#日本"]), &post("", &["日本"])), Verdict::Pass);
    assert_ne!(decide(&with_hashtags(&["caf"]), &post("", &["café"])), Verdict::Pass);
    assert!(finds("Größe", "die GRÖSSE zählt"));
    assert!(!finds("caf", "un café"));
    assert!(!finds("na", "naïve"));
}

#[test]
fn defect_50_keywords_are_words_and_not_parts_of_words() {
    for (keyword, text) in [
        ("art", "modern art"),
        ("ART", "Art!"),
        ("art", "l’art pour l'art"),
        ("acme", "Acme’s new office"),
        ("don't", "DON’T panic"),
        ("big news", "Big\n  NEWS today"),
        ("big news", "big\u{a0}news"),
        ("launch*", "Launching soon"),
        ("launch*", "the launch"),
        ("big launch*", "a big launchpad"),
        ("c++", "C++ and more"),
        ("v2.0", "now v2.0!"),
        ("#launch", "our #launch"),
        ("🚀", "up🚀up"),
        ("naïve", "nai\u{308}ve"),
        ("recommendation", "a recommendation"),
        ("3", "version 3"),
    ] {
        assert!(finds(keyword, text), "{keyword:?} in {text:?}");
    }
    for (keyword, text) in [
        ("art", "party"),
        ("art", "artist"),
        ("art", "smart"),
        ("art", ""),
        ("launch*", "relaunch"),
        ("big news", "bignews"),
        ("big news", "big, news"),
        ("can", "can't"),
        ("3", "3.5 and 13 and 3rd"),
        ("recommendation", "recommendations"),
        ("recommendation", "recommended"),
        ("snake", "snake_case"),
    ] {
        assert!(!finds(keyword, text), "{keyword:?} in {text:?}");
    }
}

#[test]
fn defect_50_an_empty_keyword_is_refused_and_never_matches() {
    for typed in ["", "  ", "\u{200b}", "*", " ** "] {
        let problems = Rule::parse(&with_keywords(&["art", typed])).expect_err("no keyword");
        assert_eq!(problems.len(), 1);
        assert_eq!(problems[0].field, "filter_keywords");
    }
    let stored = Rule::from_stored(&with_keywords(&["", "art", " * "]));
    assert_eq!(stored.stored_keywords(), ["art"]);
    assert_ne!(stored.decide(&PreparedPost::new(&post("party", &[]))), Verdict::Pass);
}

#[test]
fn scripts_without_spaces_match_anywhere_and_korean_at_beginnings() {
    for (keyword, text) in [
        ("日本", "今日本語を話す"),
        ("ニュース", "最新ニュース速報"),
        ("ﾆｭｰｽ", "最新ニュース速報"),
        ("ース", "ニュース"),
        ("新品", "我们的新品发布"),
        ("ข่าว", "อ่านข่าววันนี้"),
        ("ຂ່າວ", "ອ່ານຂ່າວ"),
        ("ព័ត៌មាន", "អានព័ត៌មានថ្មី"),
        ("သတင်း", "ဒီနေ့သတင်းများ"),
        ("ai", "最新AI技術"),
        ("뉴스", "오늘 뉴스를 봅니다"),
        ("뉴스", "뉴스"),
        ("ai", "AI를 씁니다"),
        ("2026", "2026년"),
    ] {
        assert!(finds(keyword, text), "{keyword:?} in {text:?}");
    }
    assert!(!finds("뉴스", "새뉴스"));
    assert!(!finds("ai", "最新AIR技術"));
}

#[test]
fn defect_51_reposts_and_replies_are_told_by_the_platform_and_not_by_the_text() {
    let input = RuleInput { exclude_retweets: Some(true), exclude_replies: Some(true), ..RuleInput::default() };
    assert_eq!(decide(&input, &post("@bo thanks!", &[])), Verdict::Pass, "a mention makes no reply");
    assert_eq!(decide(&input, &post("RT @bo: hello", &[])), Verdict::Pass, "two letters make no repost");
    let self_reply = Post { relation: Relation { reply: true, ..Relation::default() }, ..post("2/2", &[]) };
    assert_eq!(decide(&input, &self_reply), Verdict::Filtered(Reason::Reply));
    let repost = Post { relation: Relation { repost: true, ..Relation::default() }, ..post("hello", &[]) };
    assert_eq!(decide(&input, &repost), Verdict::Filtered(Reason::Repost));
    let quote = Post { relation: Relation { quote: true, ..Relation::default() }, ..post("hello", &[]) };
    assert_eq!(decide(&input, &quote), Verdict::Pass, "a quote says something of its own");
}

#[test]
fn defect_52_every_reaction_counts_and_too_few_wait() {
    let input = RuleInput { min_engagement: Some(6), ..RuleInput::default() };
    let one = Some(1);
    let full =
        Engagement { likes: one, retweets: one, replies: one, shares: one, comments: one, quotes: one, views: None };
    assert_eq!(decide(&input, &Post { engagement: full, ..post("", &[]) }), Verdict::Pass);
    let seen = Engagement { quotes: None, views: Some(1_000), ..full };
    assert_eq!(decide(&input, &Post { engagement: seen, ..post("", &[]) }), Verdict::Waiting { have: 5, need: 6 });
    assert_eq!(decide(&input, &post("", &[])), Verdict::Waiting { have: 0, need: 6 });
}

#[test]
fn waiting_means_that_everything_else_passed() {
    let input = RuleInput { min_engagement: Some(5), ..with_keywords(&["launch"]) };
    assert_eq!(decide(&input, &post("party", &[])), Verdict::Filtered(Reason::Keyword));
    assert_eq!(decide(&input, &post("launch", &[])), Verdict::Waiting { have: 0, need: 5 });
}

#[test]
fn a_typed_rule_is_stored_in_canonical_form() {
    let input = RuleInput {
        filter_keywords: Some(strings(&["Big  News", "big news", "Launch*"])),
        ..with_hashtags(&["#A", "a", "B"])
    };
    let rule = rule(&input);
    assert_eq!(rule.hashtags(), ["a", "b"]);
    assert_eq!(rule.stored_keywords(), ["big news", "launch*"]);
    let stored = RuleInput {
        filter_hashtags: Some(rule.hashtags().to_vec()),
        filter_keywords: Some(rule.stored_keywords()),
        ..input
    };
    assert_eq!(Rule::from_stored(&stored), rule, "what is stored is read as the same rule");
}

#[test]
fn all_problems_are_told_at_once() {
    let many: Vec<String> = (0..51).map(|n| format!("word{n}")).collect();
    let input = RuleInput {
        filter_hashtags: Some(vec!["#big news".to_owned(), "#".to_owned(), "x".repeat(MAX_HASHTAG_CHARS + 1)]),
        filter_keywords: Some([many, vec!["*art".to_owned(), "y".repeat(MAX_KEYWORD_CHARS + 1)]].concat()),
        min_engagement: Some(-1),
        ..RuleInput::default()
    };
    let problems = Rule::parse(&input).expect_err("nothing is right");
    let told: Vec<(&str, &str)> = problems.iter().map(|problem| (problem.field, problem.value.as_str())).collect();
    let (long_x, long_y) = (format!("{}…", "x".repeat(59)), format!("{}…", "y".repeat(59)));
    let expected = [
        ("filter_hashtags", "#big news"),
        ("filter_hashtags", "#"),
        ("filter_hashtags", long_x.as_str()),
        ("filter_keywords", "*art"),
        ("filter_keywords", long_y.as_str()),
        ("filter_keywords", "51 entries"),
        ("min_engagement", "-1"),
    ];
    assert_eq!(told, expected);
    let too_much = RuleInput { min_engagement: Some(i64::from(i32::MAX) + 1), ..RuleInput::default() };
    assert!(Rule::parse(&too_much).is_err());
    let most = RuleInput { min_engagement: Some(i64::from(i32::MAX)), ..RuleInput::default() };
    assert!(Rule::parse(&most).is_ok());
    let longest = RuleInput { filter_keywords: Some(vec!["é".repeat(MAX_KEYWORD_CHARS)]), ..RuleInput::default() };
    assert!(Rule::parse(&longest).is_ok());
}

#[test]
fn a_dirty_stored_rule_is_cleaned() {
    let stored = RuleInput {
        filter_keywords: Some(strings(&["", " Art ", "ART", "*"])),
        min_engagement: Some(-5),
        ..with_hashtags(&["", "#News, #Launch", "news"])
    };
    let rule = Rule::from_stored(&stored);
    assert_eq!(rule.hashtags(), ["news", "launch"]);
    assert_eq!(rule.stored_keywords(), ["art"]);
    assert_eq!(rule.min_engagement(), 0);
}

#[test]
fn codes_are_stable_and_sentences_are_sentences() {
    let reasons = [
        (Reason::Repost, "repost"),
        (Reason::Reply, "reply"),
        (Reason::Hashtag, "hashtag"),
        (Reason::Keyword, "keyword"),
        (Reason::LowEngagement { have: 3, need: 10 }, "low_engagement"),
        (Reason::AutoPostOff, "auto_post_off"),
        (Reason::BeforeConnection, "before_connection"),
        (Reason::NoBackfill, "no_backfill"),
        (Reason::AlreadyInChannel, "already_in_channel"),
        (Reason::ChannelArchived, "channel_archived"),
        (Reason::ChannelRefuses, "channel_refuses"),
        (Reason::MessageRefused, "message_refused"),
        (Reason::Waiting { have: 3, need: 10 }, "low_engagement"),
        (Reason::PostGone, "post_gone"),
        (Reason::TooOld, "too_old"),
        (Reason::PostedAnyway, "posted_anyway"),
    ];
    for (reason, code) in reasons {
        assert_eq!(reason.code(), code);
        assert!(reason.sentence().ends_with('.'));
    }
    assert!(reasons[4].0.sentence().contains("engagement of 3") && reasons[4].0.sentence().contains("10"));
}
