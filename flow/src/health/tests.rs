//! The indicators, each at its thresholds.

use super::*;
use crate::boundary::{Outcome, Review, Reviewer};
use crate::ledger::{Look, Week};
use crate::step::{Profile, Step};

fn week(asked: u32, ran: u32, reviews: u32, seen_s: u64) -> Week {
    Week { asked, ran, reviews, seen_s, ..Week::default() }
}

fn near(value: Option<f64>, expected: f64) {
    let value = value.unwrap();
    assert!((value - expected).abs() < 1e-9, "{value} is not {expected}");
}

#[test]
fn the_gates_share_is_amber_over_a_fifth() {
    for (asked, level) in [(0, Level::Green), (19, Level::Green), (20, Level::Amber), (40, Level::Red)] {
        assert_eq!(gate_share(&week(asked, 100 - asked, 0, 0)).level, level, "{asked} %");
    }
    assert_eq!(gate_share(&Week::default()).level, Level::Unknown);
}

#[test]
fn an_approver_has_five_hours_a_week() {
    let hours = |hours: u64| utilisation(&week(0, 0, 240, hours * 3_600 * 4), 4.0);
    near(hours(4).value, (4.0 * 4.0 + 1.0) / 20.0);
    assert_eq!(hours(3).level, Level::Green);
    assert_eq!(hours(4).level, Level::Amber);
    assert_eq!(hours(5).level, Level::Red);
}

#[test]
fn haste_and_missed_probes_are_seen_as_the_boundary_sees_them() {
    let mut reviewer = Reviewer::default();
    assert_eq!((hasty(&reviewer, 0).level, watch(&reviewer, 0).level), (Level::Unknown, Level::Unknown));
    assert_eq!(hasty(&reviewer, 1).level, Level::Green);
    let review =
        |dwell_s| Review { reviewer: "r", outcome: Outcome::Approved, words_new: 75, dwell_s, bulk: false };
    for _ in 0..15 {
        reviewer.reviewed(&review(1.0));
    }
    assert_eq!(hasty(&reviewer, 15).level, Level::Amber);
    for _ in 0..15 {
        reviewer.reviewed(&review(1.0));
    }
    assert_eq!(hasty(&reviewer, 30).level, Level::Red);
    for (missed, level) in [(1, Level::Green), (2, Level::Amber), (3, Level::Amber), (4, Level::Red)] {
        let mut reviewer = Reviewer::default();
        for _ in 0..missed {
            reviewer.probed(false);
        }
        assert_eq!(watch(&reviewer, missed).level, level, "{missed} missed");
    }
}

#[test]
fn a_streak_is_held_against_what_the_others_change() {
    // The others change one in five: with half of that, 44 unchanged in a row have a chance under one in a hundred.
    assert_eq!(streak(43, 20, 100).level, Level::Green);
    assert_eq!(streak(44, 20, 100).level, Level::Amber);
    assert_eq!(streak(70, 20, 100).level, Level::Red);
    assert_eq!(streak(500, 0, 100).level, Level::Green, "nobody changes anything");
    assert_eq!(streak(500, 2, 10).level, Level::Unknown, "too few others");
}

#[test]
fn time_that_does_not_follow_length_is_amber() {
    let looks = |of: fn(u32) -> u32| -> Vec<Look> {
        (0..50).map(|n| Look { seen_ds: of(n), words: n, thread: true }).collect()
    };
    near(reading(&looks(|n| 3 * n + 7)).value, 1.0);
    assert_eq!(reading(&looks(|n| 3 * n + 7)).level, Level::Green);
    assert_eq!(reading(&looks(|n| (n * 7919) % 13)).level, Level::Amber);
    assert_eq!(reading(&looks(|_| 4)).level, Level::Unknown, "always the same time");
    assert_eq!(reading(&looks(|n| n)[..10]).level, Level::Unknown, "too few");
}

#[test]
fn equal_ranks_share_their_place() {
    near(rank_correlation(&[(1.0, 1.0), (2.0, 2.0), (2.0, 2.0), (3.0, 3.0)]), 1.0);
    near(rank_correlation(&[(1.0, 3.0), (2.0, 2.0), (3.0, 1.0)]), -1.0);
    assert_eq!(rank_correlation(&[(1.0, 1.0), (1.0, 2.0)]), None);
}

#[test]
fn less_time_for_each_counts_while_the_backlog_grows() {
    let weeks = |asked, seen_s| {
        let mut weeks: Vec<Week> = (0..4).map(|n| Week { week: n, ..week(20, 0, 20, 600) }).collect();
        weeks.push(Week { week: 4, ..week(asked, 0, 20, seen_s) });
        weeks
    };
    assert_eq!(dwell_against_backlog(&weeks(30, 600)).level, Level::Green);
    assert_eq!(dwell_against_backlog(&weeks(30, 440)).level, Level::Amber);
    assert_eq!(dwell_against_backlog(&weeks(30, 200)).level, Level::Red);
    assert_eq!(dwell_against_backlog(&weeks(20, 200)).level, Level::Green, "nothing piles up");
    assert_eq!(dwell_against_backlog(&[]).level, Level::Unknown);
}

#[test]
fn the_leak_follows_from_what_is_flagged_and_what_is_caught() {
    near(leak(10, 100, 0.8, 20).value, 0.1 * 0.2 / 0.8);
    assert_eq!(leak(10, 100, 0.8, 20).level, Level::Amber);
    assert_eq!(leak(10, 100, 0.5, 20).level, Level::Red);
    assert_eq!(leak(10, 100, 0.5, 0).level, Level::Unknown, "nobody knows without probes");
}

#[test]
fn one_server_waits_as_the_textbook_says() {
    // M/M/1: wait = ρ/(1−ρ) · service.
    let queue = Queue { arrivals: 0.5, service_s: 1.0, people: 1, available: 1.0 };
    assert!((wait_s(&queue) - 1.0).abs() < 1e-9, "{}", wait_s(&queue));
    // M/M/2 at the same load for each waits less; Erlang's formula says 1/3.
    let two = Queue { arrivals: 1.0, people: 2, ..queue };
    assert!((wait_s(&two) - 1.0 / 3.0).abs() < 0.05, "{}", wait_s(&two));
    let busy = Queue { arrivals: 1.0, ..queue };
    assert!(wait_s(&busy).is_infinite());
    let waits = forecast(Some(&busy), 3_600.0);
    assert_eq!((waits.level, waits.value), (Level::Red, None));
    assert_eq!(forecast(None, 3_600.0).level, Level::Unknown);
}

#[test]
fn the_backlog_is_as_old_as_its_ninth_decile() {
    let waiting = |ages: &[f64]| -> Vec<Waiting> {
        let one = |age: &f64| Waiting { class: "c".into(), age_s: *age, allowed_s: 100.0 };
        ages.iter().map(one).collect()
    };
    assert_eq!(backlog_age(&[]).level, Level::Green, "nothing waits");
    assert_eq!(backlog_age(&waiting(&[10.0, 20.0, 40.0])).level, Level::Green);
    assert_eq!(backlog_age(&waiting(&[10.0, 20.0, 60.0])).level, Level::Amber);
    assert_eq!(backlog_age(&waiting(&[10.0, 20.0, 120.0])).level, Level::Red);
    assert_eq!(percentile(&[3.0, 1.0, 2.0], 0.5), Some(2.0));
}

#[test]
fn what_to_narrow_next_is_what_holds_most_minutes() {
    let one = |class: &str| Waiting { class: class.into(), age_s: 1.0, allowed_s: 2.0 };
    let waiting = [one("message.reply/a"), one("message.reply/a"), one("quote.send/b")];
    let profile = |class: &str| Step::from_name(class.split('/').next()?).map(Profile::shipped);
    let slow = |class: &str| if class.starts_with("quote") { 600.0 } else { 30.0 };
    let next = narrow_next(&waiting, slow, |_| None, profile).unwrap();
    assert_eq!((next.class.as_str(), next.question), ("quote.send/b", Question::Commits));
    let next = narrow_next(&waiting, |_| 30.0, |_| Some(0.95), profile).unwrap();
    assert_eq!((next.class.as_str(), next.question), ("message.reply/a", Question::Judgement));
    let next = narrow_next(&waiting, |_| 30.0, |_| Some(0.5), profile).unwrap();
    assert_eq!(next.question, Question::Cost, "judgement is used, so it matters");
    assert_eq!(narrow_next(&[], |_| 30.0, |_| None, profile), None);
}
