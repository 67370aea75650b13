//! Approval theatre: approvals that look like control and prove nothing.

use super::{About, Indicator, Level, Unit, share};
use crate::boundary::Reviewer;
use crate::ledger::{Look, Week};

/// The share under the reading floor at which the good standing is lost, and the half of it that warns.
const HASTY_RED: f64 = 0.40;
const HASTY_AMBER: f64 = 0.25;
/// The odds at which the reviewer watch speaks.
const WATCH_RED: f64 = 20.0;
/// A streak so unlikely under half the peers' rate of changes is no chance any more.
const STREAK_CHANCE: f64 = 0.01;
/// Least looks for a correlation.
const LEAST_LOOKS: usize = 20;
/// Who takes longer over longer texts has at least this rank correlation.
const READING_AMBER: f64 = 0.1;
/// Share of decisions without the conversation opened.
const UNOPENED_AMBER: f64 = 0.5;
const UNOPENED_RED: f64 = 0.8;

const fn theatre(id: &'static str, title: &'static str) -> Indicator {
    Indicator {
        id,
        title,
        about: About::Theatre,
        whom: None,
        value: None,
        unit: Unit::Share,
        level: Level::Unknown,
        formula: "",
        threshold: "",
        trend: Vec::new(),
        todo: "",
    }
}

/// The share of decisions faster than one can read, recent ones weighing more.
pub fn hasty(reviewer: &Reviewer, reviews: u32) -> Indicator {
    let value = (reviews > 0).then(|| reviewer.hasty_share());
    Indicator {
        level: value.map_or(Level::Unknown, |value| Level::rising(value, HASTY_AMBER, HASTY_RED)),
        value,
        formula: "moving average (weight 2 %) of decisions under 2 s + 60 s · new words / 450",
        threshold: "amber from 25 %, red from 40 %: approvals earn no credit then",
        todo: "Take the time the text needs, or let the gate ask less: decisions this fast decide nothing.",
        ..theatre("hasty", "Faster than one can read")
    }
}

/// The odds that planted proposals go through unnoticed.
pub fn watch(reviewer: &Reviewer, probes: u32) -> Indicator {
    let value = (probes > 0).then(|| reviewer.watch().exp());
    Indicator {
        unit: Unit::Number,
        level: value.map_or(Level::Unknown, |value| Level::rising(value, WATCH_RED / 4.0, WATCH_RED)),
        value,
        formula: "odds for carelessness: times 7/3 for each planted mistake missed, times 3/7 for each caught",
        threshold: "amber from 5, red from 20: approvals earn no credit then",
        todo: "Look at what was missed together; catching the next ones brings the odds down.",
        ..theatre("watch", "Planted mistakes missed")
    }
}

/// How unlikely a streak of unchanged approvals is, if this reviewer changed half as much as the others.
pub fn streak(unchanged: u32, peers_changed: u64, peers_decided: u64) -> Indicator {
    let chance = share(peers_changed, peers_decided)
        .filter(|_| peers_decided >= 20)
        .map(|rate| (f64::from(unchanged) * (1.0 - rate / 2.0).ln()).exp());
    Indicator {
        value: chance,
        level: chance.map_or(Level::Unknown, |chance| match chance {
            chance if chance < STREAK_CHANCE / 10.0 => Level::Red,
            chance if chance < STREAK_CHANCE => Level::Amber,
            _ => Level::Green,
        }),
        formula: "(1 − half the others’ rate of changes) to the power of approvals unchanged in a row",
        threshold: "amber under 1 %, red under 0.1 %",
        todo: "Either the drafts are that good, and the class should graduate; or nobody looks. Switch probes on to know.",
        ..theatre("streak", "Chance of this streak of unchanged approvals")
    }
}

/// Whether longer texts take longer.
pub fn reading(looks: &[Look]) -> Indicator {
    let pairs: Vec<(f64, f64)> =
        looks.iter().map(|look| (f64::from(look.seen_ds), f64::from(look.words))).collect();
    let value = (pairs.len() >= LEAST_LOOKS).then(|| rank_correlation(&pairs)).flatten();
    Indicator {
        unit: Unit::Number,
        level: value.map_or(
            Level::Unknown,
            |value| {
                if value < READING_AMBER { Level::Amber } else { Level::Green }
            },
        ),
        value,
        formula: "Spearman’s rank correlation of time in view and new words, over the last 50 decisions",
        threshold: "amber under 0.1",
        todo: "Time that does not depend on the text is not reading time. Decide fewer in a row, or the short ones first.",
        ..theatre("reading", "Time in view follows length")
    }
}

/// Decisions without the conversation opened.
pub fn unopened(week: &Week) -> Indicator {
    let unopened = week.reviews.saturating_sub(week.opened);
    let value = share(u64::from(unopened), u64::from(week.reviews)).filter(|_| week.reviews >= 10);
    Indicator {
        level: value.map_or(Level::Unknown, |value| Level::rising(value, UNOPENED_AMBER, UNOPENED_RED)),
        value,
        formula: "decisions without the conversation opened / decisions, four weeks",
        threshold: "amber from 50 %, red from 80 %",
        todo: "If the conversation is not needed to decide, ask whether judgement changes the outcome here at all.",
        ..theatre("unopened", "Decided without the conversation")
    }
}

/// Less time for each while more wait: the last week against the four before.
pub fn dwell_against_backlog(weeks: &[Week]) -> Indicator {
    let mean = |week: &Week| share(week.seen_s, u64::from(week.reviews));
    let value = match weeks {
        [before @ .., last] if before.len() >= 2 && last.reviews >= 10 => {
            let sum = before.iter().rev().take(4).fold(Week::default(), |sum, week| sum.plus(week));
            mean(&sum).zip(mean(last)).filter(|(then, _)| *then > 0.0).map(|(then, now)| 1.0 - now / then)
        }
        _ => None,
    };
    let grows = match weeks {
        [.., last] => last.asked > last.reviews,
        [] => false,
    };
    Indicator {
        level: value.map_or(Level::Unknown, |fell| match fell {
            fell if fell >= 0.5 && grows => Level::Red,
            fell if fell >= 0.25 && grows => Level::Amber,
            _ => Level::Green,
        }),
        value,
        formula: "1 − mean time in view this week / in the four weeks before; counts while more asks than is decided",
        threshold: "amber when it fell by 25 %, red by 50 %, while the backlog grows",
        todo: "The queue is being worked off, not decided. Narrow the gate where it asks most, or ask more people.",
        ..theatre("haste-under-load", "Less time for each while more wait")
    }
}

/// The share of wrong actions that goes out although a person approved: what is flagged, times what was missed for each
/// that was caught.
pub fn leak(defects: u32, reviews: u32, catch_rate: f64, probes: u32) -> Indicator {
    let value = share(u64::from(defects), u64::from(reviews))
        .filter(|_| reviews >= 20 && probes > 0 && catch_rate > 0.0)
        .map(|flagged| flagged * (1.0 - catch_rate) / catch_rate);
    Indicator {
        level: value.map_or(Level::Unknown, |value| Level::rising(value, 0.02, 0.05)),
        value,
        formula: "rate of flagged decisions · (1 − d) / d, with d the share of planted mistakes caught",
        threshold: "amber from 2 %, red from 5 %",
        todo: "People miss what they are asked to catch. Ask fewer questions, so that each is looked at.",
        ..theatre("leak", "Wrong, and approved all the same")
    }
}

/// Spearman's rank correlation; none when one side never changes.
pub fn rank_correlation(pairs: &[(f64, f64)]) -> Option<f64> {
    let ranks = |values: Vec<f64>| -> Vec<f64> {
        let rank = |value: &f64| {
            let below = values.iter().filter(|other| *other < value).count();
            let alike = values.iter().filter(|other| *other == value).count();
            // Those alike share the mean of their places.
            (2 * below + alike + 1) as f64 / 2.0
        };
        values.iter().map(rank).collect()
    };
    let (x, y) =
        (ranks(pairs.iter().map(|pair| pair.0).collect()), ranks(pairs.iter().map(|pair| pair.1).collect()));
    let mean = (pairs.len() as f64 + 1.0) / 2.0;
    let sum = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| (a - mean) * (b - mean)).sum::<f64>();
    let scale = (sum(&x, &x) * sum(&y, &y)).sqrt();
    (scale > 0.0).then(|| sum(&x, &y) / scale)
}
