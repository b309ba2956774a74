//! Laws and cases of the decision.

mod asks;
mod waiting;

use super::*;
use crate::domain::{
    Author, Engagement, Relation,
    dice::SeededDice,
    filter::{Rule, RuleInput},
};
use chrono::Duration;
use proptest::prelude::*;

fn noon() -> Timestamp {
    "2026-11-22T12:00:00Z".parse().expect("a time")
}

fn post(id: &str, minutes_ago: i64) -> Post {
    Post {
        post_id: id.into(),
        version_id: id.into(),
        url: format!("https://x.com/acme/status/{id}"),
        text: format!("Post {id}"),
        author: Author { name: "Acme".into(), ..Author::default() },
        reposted_by: None,
        quoted: None,
        media: Vec::new(),
        hashtags: Vec::new(),
        mentions: Vec::new(),
        engagement: Engagement::default(),
        relation: Relation::default(),
        posted_at: noon() - Duration::minutes(minutes_ago),
        sensitive: false,
    }
}

fn integration(id: u128) -> Integration {
    Integration {
        id: Uuid::from_u128(id),
        channel_id: Uuid::from_u128(1000 + id),
        is_archived: false,
        auto_post: true,
        rule: Rule::default(),
        engagement_window: Duration::hours(24),
        backfill: None,
    }
}

fn needing(likes: i64) -> Rule {
    Rule::parse(&RuleInput { min_engagement: Some(likes), ..RuleInput::default() }).expect("a rule")
}

fn facts(integrations: Vec<Integration>) -> Facts {
    Facts {
        now: noon(),
        platform: Platform::Twitter,
        account_id: Uuid::from_u128(7),
        baseline_at: Some(noon() - Duration::days(1)),
        last_message_at: None,
        integrations,
        known: HashMap::new(),
        day_margin: None,
        refusals: Refusals::default(),
    }
}

/// With all older posts that anybody is owed.
fn new(posts: Vec<Post>) -> Import {
    Import { posts, older: 100, ..Import::default() }
}

fn decide(facts: &Facts, import: Import) -> Plan {
    plan(facts, import, &SeededDice::new(1))
}

/// The facts as they are once `plan` is written.
fn after(facts: &Facts, plan: &Plan) -> Facts {
    let mut facts = facts.clone();
    facts.baseline_at.get_or_insert(facts.now);
    facts.last_message_at = plan.last_message_at;
    for integration in &mut facts.integrations {
        integration.backfill = None;
    }
    for planned in &plan.posts {
        let known = facts.known.entry(planned.post.post_id.clone()).or_insert_with(|| Known {
            id: planned.id,
            stored: None,
            is_parked: planned.is_parked,
            deliveries: Vec::new(),
        });
        known.is_parked &= planned.is_parked;
    }
    for delivery in &plan.deliveries {
        let known = facts.known.values_mut().find(|known| known.id == delivery.post).expect("a post's decision");
        known.deliveries.retain(|known| known.id != delivery.id);
        known.deliveries.push(KnownDelivery {
            id: delivery.id,
            integration_id: Some(delivery.integration),
            channel_id: delivery.channel,
            status: delivery.status,
            message_id: delivery.message,
            attempts: delivery.attempts,
            looks: delivery.looks,
            next_look_at: delivery.next_look_at,
        });
    }
    facts
}

fn statuses(plan: &Plan) -> Vec<(DeliveryStatus, Option<&'static str>)> {
    plan.deliveries.iter().map(|delivery| (delivery.status, delivery.reason)).collect()
}

#[test]
fn messages_are_oldest_first_at_rising_times() {
    let plan = decide(&facts(vec![integration(1)]), new(vec![post("3", 1), post("1", 3), post("2", 2)]));
    let urls: Vec<_> = plan.messages.iter().map(|m| m.embed["url"].as_str().expect("a url").to_owned()).collect();
    assert_eq!(urls, ["1", "2", "3"].map(|id| format!("https://x.com/acme/status/{id}")));
    assert!(plan.messages.is_sorted_by(|a, b| a.created_at < b.created_at));
    assert_eq!(plan.counts, Counts { imported: 3, posted: 3, messages: 3, ..Counts::default() });
}

#[test]
fn a_clock_that_stands_still_or_goes_back_keeps_the_order() {
    let mut facts = facts(vec![integration(1)]);
    facts.last_message_at = Some(noon() + Duration::minutes(5));
    let plan = decide(&facts, new(vec![post("1", 1)]));
    assert!(plan.messages[0].created_at > noon() + Duration::minutes(5));
}

#[test]
fn taking_stock_posts_nothing_and_says_why() {
    let mut facts = facts(vec![integration(1)]);
    facts.baseline_at = None;
    let plan = decide(&facts, new(vec![post("1", 60), post("2", 30)]));
    assert_eq!(plan.messages.len(), 0);
    assert_eq!(statuses(&plan), [(DeliveryStatus::Filtered, Some("before_connection")); 2]);
    assert_eq!(plan.counts, Counts { imported: 2, filtered: 2, ..Counts::default() });
}

#[test]
fn taking_stock_posts_what_was_asked_for_of_the_past() {
    let mut facts = facts(vec![Integration { backfill: Some(2), ..integration(1) }, integration(2)]);
    facts.baseline_at = None;
    let plan = decide(&facts, new((1..=5).map(|n| post(&n.to_string(), 60 - n)).collect()));
    let posted: Vec<_> = plan.messages.iter().map(|m| m.embed["description"].as_str().expect("text")).collect();
    assert_eq!(posted, ["Post 4", "Post 5"]);
    assert_eq!(plan.backfilled, [Uuid::from_u128(1)]);
}

#[test]
fn a_later_integration_gets_older_posts_without_doubling_the_others() {
    let first = facts(vec![integration(1)]);
    let posts = vec![post("1", 3), post("2", 2)];
    let first_plan = decide(&first, new(posts.clone()));
    let mut second = after(&first, &first_plan);
    second.integrations.push(Integration { backfill: Some(1), ..integration(2) });
    let plan = decide(&second, new(posts));
    assert_eq!(plan.messages.len(), 1);
    assert_eq!(plan.messages[0].channel, Uuid::from_u128(1002));
    assert_eq!(plan.messages[0].embed["description"], "Post 2");
}

/// The integration came while a poll was under way that had not asked for its older posts: they were written off.
#[test]
fn defect_older_posts_that_nobody_asked_for_stay_owed() {
    for (baseline_at, news) in [(Some(noon() - Duration::minutes(90)), 1), (None, 0)] {
        let mut first = facts(vec![Integration { backfill: Some(3), ..integration(1) }]);
        first.baseline_at = baseline_at;
        let posts: Vec<Post> = [("1", 300), ("2", 200), ("3", 1)].map(|(id, age)| post(id, age)).to_vec();
        let plan = decide(&first, Import { posts: posts.clone(), older: 2, ..Import::default() });
        assert_eq!(
            (plan.messages.len(), plan.deliveries.len()),
            (news, news),
            "what is news is posted, nothing else decided"
        );
        assert!(plan.backfilled.is_empty());
        let mut then = after(&first, &plan);
        then.integrations[0].backfill = Some(3);
        let plan = decide(&then, Import { posts, older: 3, ..Import::default() });
        assert_eq!(plan.messages.len(), 3 - news);
        assert_eq!(plan.backfilled, [Uuid::from_u128(1)]);
    }
}

#[test]
fn a_post_from_before_the_connection_that_turns_up_later_is_not_news() {
    let plan = decide(&facts(vec![integration(1)]), new(vec![post("1", 60 * 24 * 400)]));
    assert_eq!(statuses(&plan), [(DeliveryStatus::Filtered, Some("before_connection"))]);
}

#[test]
fn defect_52_below_the_minimum_a_post_waits_and_passes_later() {
    let facts_then = facts(vec![Integration { rule: needing(3), ..integration(1) }]);
    let plan = decide(&facts_then, new(vec![post("1", 1)]));
    assert_eq!(statuses(&plan), [(DeliveryStatus::Waiting, Some("low_engagement"))]);
    assert_eq!(plan.counts, Counts { imported: 1, waiting: 1, ..Counts::default() });

    let mut later = after(&facts_then, &plan);
    later.known.get_mut("1").expect("known").stored = Some(post("1", 1));
    let mut liked = post("1", 1);
    liked.engagement.likes = Some(2);
    let still = decide(&later, Import { seen_again: vec![liked.clone()], ..Import::default() });
    assert!(still.messages.is_empty() && still.deliveries.is_empty() && still.is_quiet());
    assert_eq!(still.posts.len(), 1, "the counters are kept");

    liked.engagement.likes = Some(3);
    let passed = decide(&later, Import { seen_again: vec![liked], ..Import::default() });
    assert_eq!(statuses(&passed), [(DeliveryStatus::Delivered, None)]);
    assert_eq!(passed.counts, Counts { posted: 1, messages: 1, ..Counts::default() });
}

#[test]
fn defect_44_an_edit_corrects_the_message_instead_of_adding_one() {
    let first = facts(vec![integration(1)]);
    let plan_then = decide(&first, new(vec![post("1", 1)]));
    let mut edited = post("1", 1);
    edited.text = "Post 1, corrected".into();
    edited.version_id = "9".into();
    let plan = decide(&after(&first, &plan_then), new(vec![edited]));
    assert!(plan.messages.is_empty() && plan.deliveries.is_empty());
    assert_eq!(plan.corrections.len(), 1);
    assert_eq!(plan.corrections[0].id, plan_then.messages[0].id);
    assert_eq!(plan.corrections[0].embed["description"], "Post 1, corrected");
}

#[test]
fn defect_57_one_bad_channel_fails_alone_and_is_tried_again() {
    let mut first = facts(vec![integration(1), integration(2)]);
    first.refusals.channels.insert(integration(1).channel_id);
    let plan = decide(&first, new(vec![post("1", 1)]));
    assert_eq!(statuses(&plan), [(DeliveryStatus::Failed, Some("channel_refuses")), (DeliveryStatus::Delivered, None)]);
    assert!(plan.posts[0].error.as_deref().is_some_and(|why| why.contains("in this channel")));
    assert!(plan.retry);

    let mut mended = after(&first, &plan);
    mended.refusals = Refusals::default();
    mended.known.get_mut("1").expect("known").stored = Some(post("1", 1));
    let again = decide(&mended, Import::default());
    assert_eq!(statuses(&again), [(DeliveryStatus::Delivered, None)]);
    assert_eq!(again.messages[0].channel, Uuid::from_u128(1001));
    assert!(!again.retry);
}

#[test]
fn a_failed_delivery_is_given_up_at_last() {
    let first = facts(vec![Integration { is_archived: true, ..integration(1) }]);
    let plan = decide(&first, new(vec![post("1", 1)]));
    let mut facts = after(&first, &plan);
    facts.known.get_mut("1").expect("known").stored = Some(post("1", 1));
    facts.known.get_mut("1").expect("known").deliveries[0].attempts = MAX_ATTEMPTS;
    assert!(decide(&facts, Import::default()).deliveries.is_empty());
}

#[test]
fn two_rules_into_one_channel_post_once() {
    let twin = Integration { channel_id: integration(1).channel_id, ..integration(2) };
    let plan = decide(&facts(vec![integration(1), twin]), new(vec![post("1", 1)]));
    assert_eq!(plan.messages.len(), 1);
    assert_eq!(
        statuses(&plan),
        [(DeliveryStatus::Delivered, None), (DeliveryStatus::Filtered, Some("already_in_channel"))]
    );
}

#[test]
fn without_auto_post_a_match_is_only_recorded() {
    let plan = decide(&facts(vec![Integration { auto_post: false, ..integration(1) }]), new(vec![post("1", 1)]));
    assert_eq!(statuses(&plan), [(DeliveryStatus::Filtered, Some("auto_post_off"))]);
}

#[test]
fn a_post_deleted_here_does_not_come_back_with_its_counters() {
    let plan = decide(&facts(vec![integration(1)]), Import { seen_again: vec![post("1", 1)], ..Import::default() });
    assert!(plan.messages.is_empty() && plan.posts.is_empty() && plan.is_quiet());
}

#[test]
fn nul_characters_never_reach_the_database() {
    let mut bad = post("1", 1);
    bad.text = "a\0b".into();
    bad.author.name = "\0".into();
    bad.hashtags = vec!["x\0".into()];
    let plan = decide(&facts(vec![integration(1)]), new(vec![bad]));
    assert!(!serde_json::to_string(&plan.posts[0].post).expect("JSON").contains("\\u0000"));
    assert!(!plan.messages[0].content.contains('\0'));
}

proptest! {
    /// Planning again after the plan is written writes nothing: whatever a poll brings twice is posted once.
    #[test]
    fn planning_twice_is_planning_once(
        ages in proptest::collection::btree_map(0_u8..40, 0_i64..3000, 0..20),
        needs in proptest::collection::vec((0_i64..3, any::<bool>(), proptest::option::of(0_usize..6)), 0..4),
        baseline in any::<bool>(),
    ) {
        let integrations = needs.iter().enumerate().map(|(n, (need, auto_post, backfill))| Integration {
            rule: needing(*need), auto_post: *auto_post, backfill: *backfill, ..integration(n as u128 + 1)
        }).collect();
        let mut first = facts(integrations);
        if baseline {
            first.baseline_at = None;
        }
        let posts: Vec<Post> = ages.iter().map(|(id, age)| post(&id.to_string(), *age)).collect();
        let plan_then = decide(&first, new(posts.clone()));
        prop_assert_eq!(plan_then.counts.imported as usize, posts.len());
        let counts = plan_then.counts;
        let decided = counts.posted + counts.waiting + counts.filtered + counts.failed;
        prop_assert_eq!(decided, if needs.is_empty() { 0 } else { counts.imported }, "every post counts once");
        prop_assert_eq!(plan_then.messages.len() as u32, counts.messages);

        let again = decide(&after(&first, &plan_then), new(posts));
        prop_assert!(again.messages.is_empty(), "{:?}", again.messages);
        prop_assert!(again.deliveries.iter().all(|d| d.status != DeliveryStatus::Delivered));
        prop_assert_eq!(again.counts.imported, 0);
    }
}
