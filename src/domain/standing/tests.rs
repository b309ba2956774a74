use super::*;
use proptest::prelude::*;

fn noon() -> Timestamp {
    "2026-11-22T12:00:00Z".parse().expect("a time")
}

fn minutes(minutes: i64) -> Duration {
    Duration::minutes(minutes)
}

fn answers(successes: u32, failures: u32) -> Evidence {
    Evidence { successes, failures, ..Evidence::default() }
}

fn refused(code: &'static str, until: Timestamp, doubles: bool) -> Evidence {
    let refusal = Refusal { code, message: "why".into(), until, doubles };
    Evidence { failures: 0, refusal: Some(refusal), ..Evidence::default() }
}

/// What a row of evidence, a minute apart, makes of a platform that was well.
fn after(evidence: &[Evidence]) -> Standing {
    evidence.iter().enumerate().fold(Standing::default(), |standing, (n, evidence)| {
        judge(&standing, false, evidence, noon() + minutes(n as i64), 1.0)
    })
}

#[test]
fn five_failures_in_a_row_are_an_outage_and_mixed_ones_are_not() {
    for (evidence, opens) in [
        (vec![answers(0, 5)], true),
        (vec![answers(0, 1); 5], true),
        (vec![answers(0, 4)], false),
        (vec![answers(0, 2), answers(0, 2), answers(1, 0), answers(0, 2), answers(0, 2)], false),
        (vec![answers(60, 4); 20], false),
        (vec![answers(3, 61)], true),
        // An account that is refused for reasons of its own tells nothing.
        (vec![answers(0, 2), answers(0, 0), answers(0, 3)], true),
    ] {
        let standing = after(&evidence);
        assert_eq!(standing.open_stop().is_some(), opens, "{evidence:?}");
        assert_eq!(standing.turn(noon() + minutes(30)), if opens { Turn::Probe } else { Turn::All });
    }
    let slow = (0..9).fold(Standing::default(), |standing, n| {
        judge(&standing, false, &answers(0, 1), noon() + minutes(11 * n), 1.0)
    });
    assert_eq!((slow.failures, slow.open_stop()), (1, None), "too far apart to be one outage");
}

#[test]
fn a_probe_closes_the_stop_or_makes_the_pause_longer() {
    let mut standing = after(&[answers(0, 5)]);
    let opened_at = standing.open_stop().expect("a stop").opened_at;
    let mut now = noon();
    for pause in [30, 60, 120, 240, 480, 600, 600] {
        let stop = standing.open_stop().expect("it lasts");
        assert_eq!((stop.until - now, stop.opened_at), (Duration::seconds(pause), opened_at));
        assert_eq!(standing.turn(now), Turn::Nobody(stop.until));
        now = stop.until;
        assert_eq!(standing.turn(now), Turn::Probe);
        // Answers to calls from before are not the probe's.
        assert_eq!(judge(&standing, false, &answers(9, 0), now, 1.0), standing);
        standing = judge(&standing, true, &answers(0, 1), now, 1.0);
    }
    for evidence in [answers(1, 0), answers(0, 0)] {
        let closed = judge(&standing, true, &evidence, now, 1.0);
        assert_eq!(closed.turn(now), Turn::All, "also a refusal is an answer: {evidence:?}");
        assert_eq!(closed.stop.expect("remembered").closed_at, Some(now));
    }
}

#[test]
fn money_and_limits_are_not_proved_back_by_an_account_of_its_own_troubles() {
    let until = noon() + Duration::hours(1);
    let standing = after(&[refused("usage_capped", until, false)]);
    let probed = judge(&standing, true, &answers(0, 0), until, 1.0);
    assert_eq!(probed.turn(until), Turn::Nobody(until + minutes(1)), "another account is tried");
    let probed = judge(&probed, true, &refused("usage_capped", until + minutes(61), false), until + minutes(1), 1.0);
    let stop = probed.open_stop().expect("a stop");
    assert_eq!((stop.opened_at, stop.until), (noon(), until + minutes(61)), "one incident");
    assert_eq!(judge(&probed, true, &answers(1, 0), stop.until, 1.0).turn(stop.until), Turn::All);
}

#[test]
fn a_limit_that_is_met_again_is_waited_for_twice_as_long() {
    let mut standing = after(&[refused("rate_limited", noon() + minutes(15), true)]);
    let mut now = noon();
    for waited in [15, 30, 60, 120, 240, 480, 960, 1440, 1440] {
        let until = standing.open_stop().expect("a stop").until;
        assert_eq!(until - now, minutes(waited));
        now = until;
        standing = judge(&standing, true, &refused("rate_limited", now + minutes(15), true), now, 1.0);
    }
}

#[test]
fn the_same_trouble_again_soon_is_the_same_incident() {
    let stop = |code, at| refused(code, at + minutes(15), false);
    let first = after(&[stop("app_rejected", noon())]);
    let closed = judge(&first, true, &answers(1, 0), noon() + minutes(15), 1.0);
    for (again, code, opened_at) in [
        (20, "app_rejected", noon()),
        (20, "usage_capped", noon() + minutes(20)),
        (75, "app_rejected", noon() + minutes(75)),
    ] {
        let at = noon() + minutes(again);
        let reopened = judge(&closed, false, &stop(code, at), at, 1.0);
        assert_eq!(reopened.open_stop().expect("a stop").opened_at, opened_at, "{again} {code}");
    }
}

#[test]
fn a_rejection_stops_only_when_nobody_gets_through() {
    let refusal = Refusal { code: "app_rejected", message: "why".into(), until: noon() + minutes(15), doubles: false };
    for (successes, stops) in [(0, true), (1, false)] {
        let evidence = Evidence { successes, rejection: Some(refusal.clone()), ..Evidence::default() };
        assert_eq!(after(&[evidence]).open_stop().is_some(), stops);
    }
}

#[test]
fn the_longest_wait_of_several_workers_counts() {
    let until = noon() + Duration::hours(2);
    let standing = after(&[refused("rate_limited", until, false), refused("rate_limited", noon() + minutes(5), false)]);
    assert_eq!(standing.open_stop().expect("a stop").until, until);
}

#[test]
fn a_used_share_is_remembered_while_it_is_large_and_fresh() {
    let told = |percent| Evidence { usage_percent: Some(percent), ..answers(1, 0) };
    let standing = after(&[told(90.0)]);
    assert_eq!(standing.recent_usage(noon() + minutes(59)), Some(90.0));
    assert_eq!(standing.recent_usage(noon() + minutes(60)), None);
    assert_eq!(after(&[told(90.0), told(80.0)]).usage, None);
    let well = Standing::default();
    assert!(!well.is_touched_by(&told(80.0)) && well.is_touched_by(&told(81.0)) && standing.is_touched_by(&told(3.0)));
}

#[test]
fn a_platform_that_is_well_is_not_written() {
    let well = Standing::default();
    assert!(!well.is_touched_by(&answers(64, 0)));
    assert!(well.is_touched_by(&answers(64, 1)));
    assert_eq!(judge(&well, false, &answers(64, 0), noon(), 0.5), well);
}

proptest! {
    #[test]
    fn a_wait_is_never_longer_than_a_day_nor_shorter_than_asked(seconds in 0_i64..200_000, strikes: u32) {
        let asked = Duration::seconds(seconds);
        let wait = longer(asked, strikes);
        prop_assert!(wait >= asked && wait <= asked.max(Duration::days(1)));
    }

    #[test]
    fn every_stop_can_be_left_by_one_good_probe(
        rows in proptest::collection::vec((0_u32..5, 0_u32..9, any::<bool>(), any::<bool>()), 0..20),
        fraction in 0.0_f64..1.0,
    ) {
        let mut standing = Standing::default();
        for (n, (successes, failures, refuses, probing)) in rows.into_iter().enumerate() {
            let now = noon() + minutes(n as i64);
            let evidence = if refuses { refused("x", now + minutes(3), true) } else { answers(successes, failures) };
            standing = judge(&standing, probing, &evidence, now, fraction);
        }
        let late = noon() + Duration::days(9);
        if standing.turn(late) != Turn::All {
            prop_assert_eq!(standing.turn(late), Turn::Probe);
            prop_assert_eq!(judge(&standing, true, &answers(1, 0), late, fraction).turn(late), Turn::All);
        }
    }
}
