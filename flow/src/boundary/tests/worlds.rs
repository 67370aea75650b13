//! Worlds in which it is known what is wrong: how long a safe class waits, how soon a bad one is taken back, and how often a
//! class at its limit slips through.

use super::{Answer, Chance, Config, Move, Replay};

/// How a world is made.
#[derive(Clone, Copy)]
struct World {
    /// The share of actions that are wrong, and from `turns_at` on.
    wrong: f64,
    wrong_later: f64,
    turns_at: u64,
    /// The shares of wrong actions, and of probes, that reviewers catch.
    catch: f64,
    catch_probes: f64,
    /// The share of reviews under the reading floor.
    hasty: f64,
    bulk: bool,
    actions: u64,
}

/// Reviewers who read; nothing changes.
const SOUND: World = World {
    wrong: 0.01,
    wrong_later: 0.01,
    turns_at: 0,
    catch: 0.85,
    catch_probes: 0.85,
    hasty: 0.08,
    bulk: false,
    actions: 3000,
};

const DAY_S: f64 = 86_400.0;
const ACTIONS_A_DAY: f64 = 20.0;

impl World {
    fn tape(self, seed: u64) -> impl Iterator<Item = String> {
        let mut chance = Chance(seed);
        (0..self.actions).map(move |i| self.action(i, &mut chance))
    }

    fn action(self, i: u64, chance: &mut Chance) -> String {
        let wrong = chance.happens(if i < self.turns_at { self.wrong } else { self.wrong_later });
        let words_new = 10 + chance.below(70);
        let pace = if chance.happens(self.hasty) { 0.3 } else { 1.0 + chance.part() };
        let dwell_s = pace * (2.0 + words_new as f64 / 7.5);
        let outcome = match (wrong && chance.happens(self.catch), chance.below(100)) {
            (true, 0..50) => "rejected",
            (true, _) => "substantive",
            (false, 0..8) => "cosmetic",
            (false, _) => "approved",
        };
        let after_s = -3.0 * DAY_S * (1.0 - chance.part()).ln();
        let exception = match wrong && chance.happens(0.3) {
            true => format!(r#"{{"after_s":{after_s},"kind":"complaint","critical":false}}"#),
            false => "null".to_owned(),
        };
        let caught = chance.happens(self.catch_probes);
        let probe = match chance.happens(0.05) {
            true => format!(r#"{{"reviewer":"{}","caught":{caught},"dwell_s":9.0}}"#, reviewer(chance)),
            false => "null".to_owned(),
        };
        let (ts, u_audit, bulk) = (i as f64 * DAY_S / ACTIONS_A_DAY, chance.part(), self.bulk);
        let by = reviewer(chance);
        format!(
            r#"{{"i":{i},"ts":{ts},"class":"reply","segment":"-","words_new":{words_new},"u_audit":{u_audit},"review":{{"reviewer":"{by}","outcome":"{outcome}","dwell_s":{dwell_s},"bulk":{bulk}}},"auto":{{"exception":{exception}}},"probe":{probe}}}"#
        )
    }

    /// The line of the first event of this name, if there is one; the tape is not played further.
    fn first(self, name: &str, seed: u64) -> Option<u64> {
        let mut replay = Replay::new(Config::default());
        self.tape(seed).find_map(|line| {
            replay.line(&line).unwrap().into_iter().find_map(|answer| match answer {
                Answer::Event { what: Move::Graduated(_), i } if name == "graduated" => Some(i),
                Answer::Event { what: Move::PulledBack { .. }, i } if name == "pulled_back" => Some(i),
                _ => None,
            })
        })
    }

    /// How many of so many runs graduate.
    fn graduations(self, runs: u64) -> usize {
        (0..runs).filter_map(|seed| self.first("graduated", seed)).count()
    }

    /// The median line at which a run graduates.
    fn median_to_graduate(self, runs: u64) -> u64 {
        median((0..runs).map(|seed| self.first("graduated", seed).unwrap_or(u64::MAX)))
    }

    /// The median number of actions from the turn until the class is taken back, of the runs that had graduated by then.
    fn median_to_pull_back(self, runs: u64) -> u64 {
        let graduated =
            (0..runs).filter(|&seed| self.first("graduated", seed).is_some_and(|i| i < self.turns_at));
        let taken_back = |seed| self.first("pulled_back", seed).unwrap_or(u64::MAX);
        // What is taken back before the turn is a false alarm, and none of this.
        median(graduated.map(taken_back).filter(|&i| i >= self.turns_at)) - self.turns_at
    }
}

fn reviewer(chance: &mut Chance) -> &'static str {
    if chance.happens(0.5) { "ana" } else { "bo" }
}

fn median(lines: impl Iterator<Item = u64>) -> u64 {
    let mut lines: Vec<u64> = lines.collect();
    lines.sort_unstable();
    lines[lines.len() / 2]
}

const DRIFT: World = World { wrong_later: 0.20, turns_at: 700, actions: 1200, ..SOUND };
/// Exactly as bad as the limit.
const AT_LIMIT: World = World { wrong: 0.05, wrong_later: 0.05, actions: 5000, ..SOUND };
/// As bad as the limit, and real mistakes are harder to see than planted ones.
const AT_LIMIT_HARD_TO_SEE: World = World { catch: 0.8 * 0.85, ..AT_LIMIT };
/// Approves everything in no time.
const RUBBER_STAMP: World = World { hasty: 0.95, catch: 0.1, catch_probes: 0.1, ..AT_LIMIT };
/// Leaves the page open, and approves everything.
const SLOW_RUBBER_STAMP: World = World { hasty: 0.0, ..RUBBER_STAMP };
/// Ticks the whole list.
const BULK: World = World { bulk: true, ..SOUND };

#[test]
fn a_safe_class_waits_for_some_hundred_reviews() {
    let median = SOUND.median_to_graduate(15);
    assert!((120..650).contains(&median), "median {median}");
}

#[test]
fn a_class_that_turns_bad_is_taken_back_within_some_dozen_actions() {
    let median = DRIFT.median_to_pull_back(11);
    assert!((20..130).contains(&median), "median {median}");
}

#[test]
fn a_class_at_its_limit_hardly_ever_graduates() {
    let graduated = World { actions: 1000, ..AT_LIMIT_HARD_TO_SEE }.graduations(25);
    assert!(graduated <= 2, "{graduated} of 25");
}

#[test]
fn rubber_stamping_never_graduates() {
    for stamp in [RUBBER_STAMP, SLOW_RUBBER_STAMP, BULK] {
        assert_eq!(World { actions: 1000, ..stamp }.graduations(5), 0);
    }
}

/// The figures that the small tests above stand for, on enough runs to mean something; minutes in a debug build.
#[test]
#[ignore = "slow: a million tape lines"]
fn error_rates_hold_over_many_runs() {
    let safe = SOUND.median_to_graduate(300);
    let drift = DRIFT.median_to_pull_back(300);
    let limit = AT_LIMIT.graduations(400);
    let hard = AT_LIMIT_HARD_TO_SEE.graduations(400);
    let stamps = [RUBBER_STAMP, SLOW_RUBBER_STAMP, BULK].map(|stamp| stamp.graduations(50));
    println!("safe class graduates after a median of {safe} reviews");
    println!("drift to four times the limit is taken back after a median of {drift} actions");
    println!("at the limit graduate {limit} of 400, with real mistakes harder to see {hard} of 400");
    assert!((120..650).contains(&safe));
    assert!((20..130).contains(&drift));
    // 4 % of 400.
    assert!(limit <= 16 && hard <= 16);
    assert_eq!(stamps, [0, 0, 0]);
}
