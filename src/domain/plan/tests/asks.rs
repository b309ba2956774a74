//! What administrators ask for a stored post.

use super::*;

fn person() -> Uuid {
    Uuid::from_u128(99)
}

fn ask(facts: &Facts, ask: Ask) -> Plan {
    plan_ask(facts, post("1", 1), ask, Some(person()), &SeededDice::new(2))
}

const RETRY: Ask = Ask::Retry { integration: None };

fn anyway(integration: u128) -> Ask {
    Ask::PostAnyway { integration: Uuid::from_u128(integration) }
}

/// Two integrations whose channels refused post 1 as often as it was tried.
fn failed() -> Facts {
    let mut first = facts(vec![integration(1), integration(2)]);
    first.refusals.channels.extend([integration(1).channel_id, integration(2).channel_id]);
    let mut then = after(&first, &decide(&first, new(vec![post("1", 1)])));
    then.refusals = Refusals::default();
    for delivery in &mut then.known.get_mut("1").expect("known").deliveries {
        delivery.attempts = MAX_ATTEMPTS;
    }
    then
}

#[test]
fn a_retry_tries_what_was_given_up_and_counts_from_one() {
    let plan = ask(&failed(), RETRY);
    assert_eq!(statuses(&plan), [(DeliveryStatus::Delivered, None); 2]);
    assert!(plan.deliveries.iter().all(|d| d.attempts == 1 && d.requested_by == Some(person())));
    assert_eq!(plan.messages.len(), 2);
    let one = ask(&failed(), Ask::Retry { integration: Some(Uuid::from_u128(2)) });
    assert_eq!((one.messages.len(), one.messages[0].channel), (1, integration(2).channel_id));
    let done = after(&failed(), &plan);
    let again = ask(&done, RETRY);
    assert!(again.deliveries.is_empty() && again.posts.is_empty() && again.messages.is_empty());
}

#[test]
fn a_retry_that_fails_again_is_tried_on_by_itself() {
    let mut facts = failed();
    facts.refusals.channels.extend([integration(1).channel_id, integration(2).channel_id]);
    let plan = ask(&facts, RETRY);
    assert_eq!(statuses(&plan), [(DeliveryStatus::Failed, Some("channel_refuses")); 2]);
    assert!(plan.retry);
}

#[test]
fn a_retry_obeys_the_rule() {
    let mut facts = failed();
    facts.integrations[0].rule = needing(3);
    facts.integrations[1].auto_post = false;
    let plan = ask(&facts, RETRY);
    assert_eq!(
        statuses(&plan),
        [(DeliveryStatus::Waiting, Some("low_engagement")), (DeliveryStatus::Filtered, Some("auto_post_off"))]
    );
    assert!(plan.deliveries[0].next_look_at.is_some());
}

#[test]
fn posting_anyway_asks_no_rule_and_no_switch() {
    let rule = Rule::parse(&RuleInput { exclude_replies: Some(true), min_engagement: Some(5), ..RuleInput::default() });
    let strict = Integration { auto_post: false, rule: rule.expect("a rule"), ..integration(1) };
    let first = facts(vec![strict, Integration { rule: needing(5), ..integration(2) }]);
    let then = after(&first, &decide(&first, new(vec![post("1", 1)])));
    for number in [1, 2] {
        let plan = ask(&then, anyway(number));
        assert_eq!(statuses(&plan), [(DeliveryStatus::Delivered, Some("posted_anyway"))]);
        assert_eq!(plan.deliveries[0].requested_by, Some(person()));
        assert_eq!(plan.messages[0].channel, Uuid::from_u128(1000 + number));
        assert!(plan.messages[0].created_at > then.last_message_at.unwrap_or(noon() - Duration::days(1)));
        let done = after(&then, &plan);
        assert!(ask(&done, anyway(number)).messages.is_empty(), "never twice");
        assert!(decide(&done, new(vec![post("1", 1)])).messages.is_empty());
    }
}

#[test]
fn an_integration_made_later_can_post_what_it_never_decided() {
    let first = facts(vec![]);
    let mut then = after(&first, &decide(&first, new(vec![post("1", 1)])));
    then.integrations.push(integration(3));
    assert_eq!(ask(&then, anyway(3)).messages.len(), 1);
    assert!(ask(&then, anyway(4)).deliveries.is_empty());
}

#[test]
fn a_channel_that_has_it_or_is_archived_gets_no_message() {
    let twin = Integration { channel_id: integration(1).channel_id, ..integration(2) };
    let first =
        facts(vec![integration(1), twin, Integration { is_archived: true, rule: needing(5), ..integration(3) }]);
    let then = after(&first, &decide(&first, new(vec![post("1", 1)])));
    assert!(ask(&then, anyway(2)).messages.is_empty());
    let archived = ask(&then, anyway(3));
    assert_eq!(statuses(&archived), [(DeliveryStatus::Failed, Some("channel_archived"))]);
}

#[test]
fn a_parked_post_is_decided_when_it_is_tried_again() {
    let mut first = facts(vec![integration(1)]);
    first.refusals.posts.insert("1".into(), RefusedPost::Parked);
    let then = after(&first, &decide(&first, new(vec![post("1", 1)])));
    let refused = ask(&then, RETRY);
    assert!(refused.messages.is_empty() && refused.errors.len() == 1);
    let mended = Facts { refusals: Refusals::default(), ..then.clone() };
    let plan = ask(&mended, RETRY);
    assert_eq!(statuses(&plan), [(DeliveryStatus::Delivered, None)]);
    assert!(!plan.posts[0].is_parked && plan.posts[0].error.is_none() && plan.corrections.is_empty());
    assert_eq!(ask(&mended, anyway(1)).messages.len(), 1);
    // Of the past before the connection it is no more news than the others.
    let old = Facts { baseline_at: Some(noon() + Duration::days(1)), ..mended };
    assert_eq!(statuses(&ask(&old, RETRY)), [(DeliveryStatus::Filtered, Some("before_connection"))]);
}

#[test]
fn a_preview_says_what_an_import_does() {
    let tried = Integration { rule: needing(3), ..integration(1) };
    let mut liked = post("2", 1);
    liked.engagement.likes = Some(3);
    let preview_of = |post: &Post| preview(noon(), post, &tried, Some(&integration(1)), |_| false);
    for (post, decision, change) in [
        (post("1", 1), Decision::Waiting { have: 0, need: 3 }, Some(Change::Lost)),
        (liked, Decision::Deliver, None),
        (
            post("3", 24 * 60),
            Decision::Filtered(crate::domain::filter::Reason::LowEngagement { have: 0, need: 3 }),
            Some(Change::Lost),
        ),
    ] {
        let previewed = preview_of(&post);
        assert_eq!((previewed.tried, previewed.change()), (decision, change));
        let mut facts = facts(vec![tried.clone()]);
        facts.baseline_at = Some(noon() - Duration::days(30));
        let imported = decide(&facts, new(vec![post]));
        assert_eq!(imported.deliveries[0].status, decision.status());
        assert_eq!(imported.deliveries[0].reason, decision.reason().map(crate::domain::filter::Reason::code));
    }
    assert_eq!(preview(noon(), &post("1", 1), &tried, None, |_| false).change(), None);
    let there = preview(noon(), &post("1", 1), &integration(1), None, |_| true);
    assert_eq!(there.tried, Decision::Filtered(crate::domain::filter::Reason::AlreadyInChannel));
}
