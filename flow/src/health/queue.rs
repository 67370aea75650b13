//! The bottleneck: what waits for people, how long, and what to narrow next.

use std::collections::BTreeMap;

use super::{About, Indicator, Level, Unit, share};
use crate::ledger::Week;
use crate::step::{Cost, Judgement, Profile, Reversible};

/// Time that an approver is taken to have for decisions, in seconds a week: an hour a working day.
pub const APPROVER_S_PER_WEEK: f64 = 5.0 * 3_600.0;
/// Time that is lost around each decision beyond its time in view, in seconds.
const AROUND_S: f64 = 15.0;

const fn bottleneck(id: &'static str, title: &'static str) -> Indicator {
    Indicator {
        id,
        title,
        about: About::Bottleneck,
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

/// The share of all actions that asked a person.
pub fn gate_share(week: &Week) -> Indicator {
    let all = u64::from(week.asked) + u64::from(week.ran);
    let value = share(u64::from(week.asked), all);
    Indicator {
        level: value.map_or(Level::Unknown, |value| Level::rising(value, 0.20, 0.40)),
        value,
        formula: "actions that asked / (actions that asked + actions that ran), four weeks",
        threshold: "amber from 20 %, red from 40 %",
        todo: "A well-kept gate asks for a small minority. What to narrow next stands at the top.",
        ..bottleneck("gate-share", "Share of actions that ask")
    }
}

/// How much of an approver's time decisions take.
pub fn utilisation(week: &Week, weeks: f64) -> Indicator {
    let value = (week.reviews > 0 && weeks > 0.0).then(|| {
        // Seconds of a few weeks are exact in a double.
        #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
        let seen = week.seen_s as f64;
        (seen + AROUND_S * f64::from(week.reviews)) / (weeks * APPROVER_S_PER_WEEK)
    });
    Indicator {
        level: value.map_or(Level::Unknown, |value| Level::rising(value, 0.80, 0.90)),
        value,
        formula: "(time in view + 15 s a decision) / 5 h a week, four weeks",
        threshold: "amber from 80 %, red from 90 %",
        todo: "Let somebody else decide too, or narrow what asks this person most.",
        ..bottleneck("utilisation", "Share of deciding time used up")
    }
}

/// One proposal that waits, in seconds.
#[derive(Debug, Clone, PartialEq)]
pub struct Waiting {
    /// Its class.
    pub class: String,
    /// How long it has waited.
    pub age_s: f64,
    /// How long it may wait.
    pub allowed_s: f64,
}

/// How old the backlog is against what is allowed: the ninth decile.
pub fn backlog_age(waiting: &[Waiting]) -> Indicator {
    let used: Vec<f64> =
        waiting.iter().filter(|one| one.allowed_s > 0.0).map(|one| one.age_s / one.allowed_s).collect();
    let value = percentile(&used, 0.9);
    Indicator {
        level: value.map_or(Level::Green, |value| Level::rising(value, 0.5, 1.0)),
        value,
        formula: "ninth decile of age / time allowed, over what waits now",
        threshold: "amber from half the time allowed, red when it is over",
        todo: "Reject or reassign what is stale; then narrow the class that holds most of it.",
        ..bottleneck("backlog-age", "Age of what waits")
    }
}

/// Waiting as a share of waiting and looking.
pub fn wait_share(week: &Week) -> Indicator {
    let value = share(week.waited_s, week.waited_s + week.seen_s).filter(|_| week.reviews >= 10);
    let mean = share(week.waited_s, u64::from(week.reviews));
    let level = match (value, mean) {
        // Minutes between two people are no bottleneck, whatever their share.
        (Some(_), Some(mean)) if mean < 900.0 => Level::Green,
        (Some(value), _) => Level::rising(value, 0.95, 0.995),
        _ => Level::Unknown,
    };
    Indicator {
        level,
        value,
        formula: "time waited / (time waited + time in view), four weeks",
        threshold: "amber from 95 %, red from 99.5 %, once the mean wait is over a quarter of an hour",
        todo: "The customer waits for the queue, not for the thinking. Look at the desk more often, or ask less.",
        ..bottleneck("wait-share", "Waiting as a share of the way through")
    }
}

/// A queue as it is forecast.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Queue {
    /// Decisions that come in a second.
    pub arrivals: f64,
    /// Seconds that one takes.
    pub service_s: f64,
    /// People who decide.
    pub people: u32,
    /// Share of a second that each has for it.
    pub available: f64,
}

/// The mean wait in a queue, in seconds, by Sakasegawa's approximation with arrivals and service as irregular as chance
/// (both coefficients of variation one); infinite when more comes in than can be decided.
pub fn wait_s(queue: &Queue) -> f64 {
    let people = f64::from(queue.people.max(1));
    let service = queue.service_s / queue.available.max(1e-9);
    let load = queue.arrivals * service / people;
    if load >= 1.0 {
        return f64::INFINITY;
    }
    let power = (2.0 * (people + 1.0)).sqrt() - 1.0;
    load.powf(power) / (people * (1.0 - load)) * service
}

/// The wait to be expected at this pace.
pub fn forecast(queue: Option<&Queue>, allowed_s: f64) -> Indicator {
    let value = queue.map(wait_s);
    Indicator {
        unit: Unit::Seconds,
        level: value.map_or(Level::Unknown, |wait| Level::rising(wait, allowed_s / 2.0, allowed_s)),
        value: value.filter(|wait| wait.is_finite()),
        formula: "Sakasegawa: ρ^(√(2(c+1)) − 1) / (c (1 − ρ)) · service time, c people, ρ their load, last four weeks",
        threshold: "amber from half the time allowed for a decision, red from all of it",
        todo: "At this pace the queue does not hold. Narrow a class, or let more people decide.",
        ..bottleneck("forecast", "Forecast wait for a decision")
    }
}

/// Which of the three questions stands in the way of narrowing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Question {
    /// Is it reversible?
    Reversible,
    /// Does judgement change the outcome?
    Judgement,
    /// What does being wrong cost?
    Cost,
    /// It commits the company: none of the three lets it go.
    Commits,
}

impl Question {
    /// The question in words, and what would change its answer.
    pub const fn advice(self) -> (&'static str, &'static str) {
        match self {
            Question::Reversible => (
                "Is it reversible?",
                "Hold such messages for a few minutes before they go, so that they can be taken back.",
            ),
            Question::Judgement => (
                "Does judgement change the outcome, or only the path?",
                "Nearly all were approved unchanged: let the evidence decide, with probes switched on, or narrow the template until nothing is left to judge.",
            ),
            Question::Cost => (
                "What does being wrong cost?",
                "Let it run where a mistake is cheap first: divide the class by tier and widen the standard one.",
            ),
            Question::Commits => (
                "It commits the company",
                "It stays with people. Make the decision smaller: a price list or a limit that nobody needs to ask about.",
            ),
        }
    }
}

/// What to narrow next.
#[derive(Debug, Clone, PartialEq)]
pub struct Narrow {
    /// Which class.
    pub class: String,
    /// Minutes of people's time that wait in it.
    pub queued_min: f64,
    /// The question that would let it be narrowed.
    pub question: Question,
}

/// The class that holds most of people's time in the queue. `seen_s` is the mean time in view of a decision, by class;
/// `unchanged` the share approved unchanged.
pub fn narrow_next(
    waiting: &[Waiting],
    seen_s: impl Fn(&str) -> f64,
    unchanged: impl Fn(&str) -> Option<f64>,
    profile: impl Fn(&str) -> Option<Profile>,
) -> Option<Narrow> {
    let mut queued: BTreeMap<&str, f64> = BTreeMap::new();
    for one in waiting {
        *queued.entry(&one.class).or_default() += (seen_s(&one.class) + AROUND_S) / 60.0;
    }
    let (class, queued_min) = queued.into_iter().max_by(|a, b| a.1.total_cmp(&b.1))?;
    let profile = profile(class)?;
    let question = if profile.commits {
        Question::Commits
    } else if profile.judgement == Judgement::Outcome && unchanged(class).is_none_or(|share| share >= 0.9) {
        Question::Judgement
    } else if profile.cost_of_error != Cost::Small {
        Question::Cost
    } else if profile.reversible != Reversible::Internal {
        Question::Reversible
    } else {
        Question::Judgement
    };
    Some(Narrow { class: class.to_owned(), queued_min, question })
}

/// The value under which a share of all values lies; none of nothing.
pub fn percentile(values: &[f64], part: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len().checked_sub(1)?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a place in a list"
    )]
    let place = (part.clamp(0.0, 1.0) * last as f64).round() as usize;
    sorted.get(place).copied()
}
