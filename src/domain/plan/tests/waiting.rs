//! Posts that wait for engagement, posts that are too old, and what the database refuses.

use super::*;
use crate::domain::filter::Reason;

/// Published at noon, waiting for ten likes since `minutes` later.
fn waiting_since(minutes: i64) -> Facts {
    let mut first = facts(vec![Integration { rule: needing(10), ..integration(1) }]);
    first.now = noon() + Duration::minutes(minutes);
    let plan = decide(&first, new(vec![post("1", 0)]));
    let mut waiting = after(&first, &plan);
    waiting.known.get_mut("1").expect("known").stored = Some(post("1", 0));
    waiting
}

fn liked(likes: u64) -> Engagement {
    Engagement { likes: Some(likes), ..Engagement::default() }
}

fn look(likes: u64) -> Import {
    Import { looked_up: vec![Look { post_id: "1".into(), engagement: liked(likes) }], ..Import::default() }
}

fn seen(likes: u64) -> Import {
    Import { seen_again: vec![Post { engagement: liked(likes), ..post("1", 0) }], ..Import::default() }
}

fn at(facts: &Facts, minutes: i64) -> Facts {
    Facts { now: noon() + Duration::minutes(minutes), ..facts.clone() }
}

#[test]
fn a_look_that_finds_too_little_plans_the_next_one_without_news() {
    let waiting = waiting_since(2);
    assert_eq!(waiting.known["1"].deliveries[0].next_look_at, Some(noon() + Duration::minutes(15)));
    let plan = decide(&at(&waiting, 17), look(4));
    let [delivery] = plan.deliveries.as_slice() else { panic!("one decision") };
    assert_eq!((delivery.status, delivery.looks), (DeliveryStatus::Waiting, 1));
    assert_eq!(delivery.next_look_at, Some(noon() + Duration::hours(1)));
    assert!(delivery.detail.as_deref().is_some_and(|detail| detail.contains("engagement of 4")));
    assert!(plan.is_quiet(), "no line in the log");
    assert_eq!(plan.posts[0].post.engagement, liked(4), "the counters are kept");
    assert_eq!(plan.counts, Counts { waiting: 1, ..Counts::default() });
}

#[test]
fn it_is_posted_the_moment_it_passes_by_whatever_brings_its_counters() {
    let waiting = waiting_since(2);
    for (minutes, import, looks) in [(17, look(10), 1), (17, seen(10), 1), (5, seen(10), 0)] {
        let plan = decide(&at(&waiting, minutes), import);
        assert_eq!(statuses(&plan), [(DeliveryStatus::Delivered, None)]);
        assert_eq!((plan.deliveries[0].looks, plan.deliveries[0].next_look_at), (looks, None));
        assert_eq!(plan.messages[0].embed["engagement"]["likes"], 10);
    }
}

#[test]
fn the_last_look_ends_the_waiting_with_what_was_reached() {
    let waiting = waiting_since(2);
    let nearly = decide(&at(&waiting, 24 * 60 - 1), look(9));
    assert_eq!(statuses(&nearly), [(DeliveryStatus::Waiting, Some("low_engagement"))]);
    let plan = decide(&at(&after(&waiting, &nearly), 24 * 60), look(9));
    assert_eq!(statuses(&plan), [(DeliveryStatus::Filtered, Some("low_engagement"))]);
    let sentence = Reason::LowEngagement { have: 9, need: 10 }.sentence();
    assert_eq!(plan.deliveries[0].detail.as_deref(), Some(&*sentence));
    assert_eq!(plan.deliveries[0].looks, 2);
    assert!(!plan.is_quiet());
}

#[test]
fn a_post_imported_when_its_time_is_over_does_not_wait() {
    let waiting = waiting_since(24 * 60);
    assert_eq!(waiting.known["1"].deliveries[0].status, DeliveryStatus::Filtered);
    let longer = Integration { engagement_window: Duration::hours(48), rule: needing(10), ..integration(1) };
    let facts = Facts { now: noon() + Duration::hours(25), ..facts(vec![longer]) };
    let plan = decide(&facts, new(vec![post("1", 0)]));
    assert_eq!(plan.deliveries[0].next_look_at, Some(noon() + Duration::hours(48)));
}

#[test]
fn without_a_look_it_goes_on_waiting() {
    let waiting = waiting_since(2);
    for (minutes, import) in [
        (17, Import::default()),                                              // the look-up failed
        (17, Import { seen_again: vec![post("1", 0)], ..Import::default() }), // a page without counters
        (12, look(9)),                                                        // not due
        (12, seen(9)),
    ] {
        assert!(decide(&at(&waiting, minutes), import).deliveries.is_empty());
    }
    // Looked at, and nothing told: what is stored counts.
    let untold = Import {
        looked_up: vec![Look { post_id: "1".into(), engagement: Engagement::default() }],
        ..Import::default()
    };
    assert_eq!(decide(&at(&waiting, 17), untold).deliveries[0].looks, 1);
}

/// A list leaves out the likes that their owner hides, and has the comments.
#[test]
fn defect_a_page_without_likes_is_no_look_and_hides_none() {
    let waiting = at(&waiting_since(2), 17);
    let comments = |comments| Engagement { comments: Some(comments), ..Engagement::default() };
    let page = || vec![Post { engagement: comments(1), ..post("1", 0) }];
    let plan = decide(&waiting, Import { seen_again: page(), ..Import::default() });
    assert!(plan.deliveries.is_empty(), "the look is still to be made");
    assert_eq!(plan.posts[0].post.engagement.comments, Some(1), "but what is told is stored");
    let plan = decide(&waiting, Import { seen_again: page(), ..look(10) });
    assert_eq!(statuses(&plan), [(DeliveryStatus::Delivered, None)]);
}

#[test]
fn what_was_never_planned_is_due_at_once() {
    let mut waiting = waiting_since(2);
    waiting.known.get_mut("1").expect("known").deliveries[0].next_look_at = None;
    let plan = decide(&at(&waiting, 5), look(3));
    assert_eq!(plan.deliveries[0].next_look_at, Some(noon() + Duration::minutes(15)));
}

#[test]
fn a_changed_integration_decides_about_what_waits() {
    let change = |change: fn(&mut Integration)| {
        let mut waiting = at(&waiting_since(2), 17);
        change(&mut waiting.integrations[0]);
        statuses(&decide(&waiting, look(5)))
    };
    assert_eq!(change(|i| i.rule = needing(5)), [(DeliveryStatus::Delivered, None)]);
    assert_eq!(change(|i| i.auto_post = false), [(DeliveryStatus::Filtered, Some("auto_post_off"))]);
    let with_hashtag = RuleInput { filter_hashtags: Some(vec!["x".into()]), ..RuleInput::default() };
    let rule = Rule::parse(&with_hashtag).expect("a rule");
    let mut waiting = at(&waiting_since(2), 17);
    waiting.integrations[0].rule = rule;
    assert_eq!(statuses(&decide(&waiting, look(5))), [(DeliveryStatus::Filtered, Some("hashtag"))]);
}

#[test]
fn what_the_platform_does_not_show_any_more_waits_no_more() {
    let waiting = at(&waiting_since(2), 17);
    let plan = decide(&waiting, Import { gone: vec!["1".into()], ..Import::default() });
    assert_eq!(statuses(&plan), [(DeliveryStatus::Filtered, Some("post_gone"))]);
    let again = decide(&after(&waiting, &plan), Import { gone: vec!["1".into(), "2".into()], ..Import::default() });
    assert!(again.deliveries.is_empty());
}

#[test]
fn those_that_pass_in_the_same_look_are_posted_in_their_order() {
    let mut first = facts(vec![Integration { rule: needing(10), ..integration(1) }]);
    let plan = decide(&first, new(vec![post("3", 1), post("2", 2), post("1", 3)]));
    first = after(&first, &plan);
    for (id, minutes) in [("1", 3), ("2", 2), ("3", 1)] {
        first.known.get_mut(id).expect("known").stored = Some(post(id, minutes));
    }
    let looked_up = ["3", "1"].map(|id| Look { post_id: id.into(), engagement: liked(10) }).to_vec();
    let plan = decide(&at(&first, 15), Import { looked_up, ..Import::default() });
    let ids: Vec<_> = plan.messages.iter().map(|message| message.post_id.as_str()).collect();
    assert_eq!(ids, ["1", "3"]);
    assert!(plan.messages.is_sorted_by(|a, b| a.created_at < b.created_at));
}

#[test]
fn looks_are_kept_inside_the_day_where_that_saves_money() {
    let mut first = facts(vec![Integration { rule: needing(10), ..integration(1) }]);
    first.day_margin = Some(Duration::minutes(6));
    first.now = noon() + Duration::hours(5);
    let plan = decide(&first, new(vec![post("1", 0)]));
    assert_eq!(plan.deliveries[0].next_look_at, Some(noon() + Duration::minutes(12 * 60 - 6)));
}

#[test]
fn weeks_without_polls_do_not_flood_a_channel_unless_somebody_asked() {
    let mut first = facts(vec![integration(1), Integration { backfill: Some(1), ..integration(2) }]);
    first.baseline_at = Some(noon() - Duration::days(60));
    let week = 7 * 24 * 60;
    let plan = decide(&first, new(vec![post("1", week + 2), post("2", week + 1), post("3", week - 1)]));
    assert_eq!(
        statuses(&plan),
        [
            (DeliveryStatus::Filtered, Some("too_old")),
            (DeliveryStatus::Filtered, Some("too_old")),
            (DeliveryStatus::Filtered, Some("too_old")),
            (DeliveryStatus::Filtered, Some("too_old")),
            (DeliveryStatus::Delivered, None),
            (DeliveryStatus::Delivered, None),
        ]
    );
    let asked = decide(&first, new(vec![post("1", week + 2)]));
    assert_eq!(
        statuses(&asked),
        [(DeliveryStatus::Filtered, Some("too_old")), (DeliveryStatus::Delivered, None)],
        "what an administrator asked for comes at any age"
    );
    assert_eq!(plan.counts, Counts { imported: 3, filtered: 2, posted: 1, messages: 2, ..Counts::default() });
}

#[test]
fn one_post_the_database_refuses_leaves_the_others_alone() {
    let mut first = facts(vec![integration(1)]);
    first.refusals.posts.insert("2".into(), RefusedPost::Parked);
    first.refusals.posts.insert("3".into(), RefusedPost::LeftOut);
    let posts = vec![post("1", 3), post("2", 2), post("3", 1)];
    let plan = decide(&first, new(posts.clone()));
    assert_eq!(statuses(&plan), [(DeliveryStatus::Delivered, None)]);
    let kept: Vec<_> = plan.posts.iter().map(|p| (p.post.post_id.as_str(), p.is_parked, p.error.is_some())).collect();
    assert_eq!(kept, [("1", false, false), ("2", true, true)]);
    assert_eq!(plan.errors.len(), 2);
    assert_eq!(plan.counts, Counts { imported: 2, posted: 1, failed: 2, messages: 1, ..Counts::default() });

    // Brought again whole, the parked one is decided as a new one, once.
    let mut then = after(&first, &plan);
    then.refusals = Refusals::default();
    let again = decide(&then, new(posts));
    let ids: Vec<_> = again.messages.iter().map(|message| message.post_id.as_str()).collect();
    assert_eq!(ids, ["2", "3"]);
    assert!(decide(&after(&then, &again), new(vec![post("2", 2)])).messages.is_empty());
}

#[test]
fn one_message_the_database_refuses_leaves_the_others_of_its_channel_alone() {
    let mut first = facts(vec![integration(1), integration(2)]);
    first.refusals.messages.insert(("2".into(), integration(1).channel_id));
    let plan = decide(&first, new(vec![post("1", 3), post("2", 2)]));
    assert_eq!(plan.messages.len(), 3);
    assert_eq!(statuses(&plan)[2], (DeliveryStatus::Failed, Some("message_refused")));
    assert!(plan.retry && plan.errors[0].starts_with("post 2: "));
}

#[test]
fn a_correction_the_database_refuses_is_left_out() {
    let first = facts(vec![integration(1)]);
    let plan = decide(&first, new(vec![post("1", 1)]));
    let mut then = after(&first, &plan);
    then.refusals.corrections.insert(plan.messages[0].id);
    let edited = decide(&then, new(vec![Post { text: "Edited".into(), ..post("1", 1) }]));
    assert!(edited.corrections.is_empty());
    assert_eq!((edited.posts.len(), edited.errors.len()), (1, 1));
}

proptest! {
    /// Polls every five minutes, looks when they are due: waiting ends with the window, posted if a look found enough.
    #[test]
    fn waiting_always_ends(
        hours in 1_i64..=168, growth in 0_u64..4, missed in proptest::collection::hash_set(0_i64..2016, 0..200),
    ) {
        let window = Duration::hours(hours);
        let mut facts = facts(vec![Integration { engagement_window: window, rule: needing(10), ..integration(1) }]);
        facts = after(&facts, &decide(&facts, new(vec![post("1", 0)])));
        facts.known.get_mut("1").expect("known").stored = Some(post("1", 0));
        let (mut looks, mut last) = (0, 0);
        for poll in (1..=hours * 12).filter(|poll| !missed.contains(poll)).chain([hours * 12 + 1]) {
            facts.now = noon() + Duration::minutes(5 * poll);
            let delivery = &facts.known["1"].deliveries[0];
            let due = delivery.next_look_at.is_none_or(|at| at <= facts.now);
            if delivery.status != DeliveryStatus::Waiting || !due {
                continue;
            }
            looks += 1;
            last = growth * u64::try_from(poll).unwrap() / 12;
            let plan = decide(&facts, look(last));
            facts = after(&facts, &plan);
        }
        let delivery = &facts.known["1"].deliveries[0];
        let expected = if last >= 10 { DeliveryStatus::Delivered } else { DeliveryStatus::Filtered };
        prop_assert_eq!(delivery.status, expected);
        prop_assert_eq!(delivery.looks, looks);
        prop_assert!((1..=11).contains(&looks));
    }
}
