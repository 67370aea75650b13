//! Follow-up sequences: what is said to a lead over days when no answer comes, and what stops it.
//!
//! A sequence is part of the playbook. An enrolment of a lead carries the sequence's steps with it, so that a playbook
//! that changes later changes nothing for those who are under way. What happens on a lead is decided in
//! [`crate::lead`]; here is what a sequence is, and what may begin.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::clock::{BusinessTime, Calendar, ClockError};
use crate::ids::{ActionId, EnrolmentId, MemberId, MessageId};

/// Most steps of one sequence.
pub const STEPS_LIMIT: usize = 20;
/// Most enrolments that a lead remembers; the record keeps all.
pub const ENROLMENTS_KEPT: usize = 10;
/// Open days for which an out-of-office answer without a date pauses an enrolment.
pub const AWAY_DAYS: i64 = 5;

/// A sequence of the playbook.
#[derive(Debug, Clone)]
pub struct Sequence {
    /// Its name.
    pub name: String,
    /// By which calendar open time is waited for.
    pub calendar: String,
    /// How long nobody is enrolled again who was.
    pub gap: SignedDuration,
    /// What is done, in order.
    pub steps: Vec<SequenceStep>,
}

/// One step of a sequence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum SequenceStep {
    /// Wait for so much open time.
    Wait {
        /// In seconds of open time.
        open_secs: i64,
    },
    /// Wait for so many days, open or not.
    Days {
        /// How many.
        days: u16,
    },
    /// Prepare a message and bring it before the gate; go on when it was sent.
    Message {
        /// The template's name.
        template: String,
    },
    /// Give the owner something to do, and go on.
    Task {
        /// What.
        about: String,
    },
    /// Go on only if this holds of the lead.
    When {
        /// A condition in CEL.
        condition: String,
    },
}

impl SequenceStep {
    /// In a few words.
    pub fn words(&self) -> String {
        match self {
            SequenceStep::Wait { open_secs } => format!("wait {} of open time", time_words(*open_secs)),
            SequenceStep::Days { days: 1 } => "wait 1 day".into(),
            SequenceStep::Days { days } => format!("wait {days} days"),
            SequenceStep::Message { template } => format!("send “{template}”"),
            SequenceStep::Task { about } => format!("task: {about}"),
            SequenceStep::When { condition } => format!("go on if {condition}"),
        }
    }
}

fn time_words(secs: i64) -> String {
    match (secs / 3_600, secs % 3_600 / 60) {
        (0, minutes) => format!("{minutes} min"),
        (hours, 0) => format!("{hours} h"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

/// A lead in a sequence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enrolment {
    /// Which.
    pub id: EnrolmentId,
    /// The sequence's name.
    pub sequence: String,
    /// By which calendar it waits.
    pub calendar: String,
    /// Its steps, as they were when it began.
    pub steps: Vec<SequenceStep>,
    /// On whose behalf.
    pub sender: Option<MemberId>,
    /// When it began.
    pub began: Timestamp,
    /// The next step, counted from 0.
    pub next: usize,
    /// Where it stands.
    pub state: EnrolmentState,
}

/// Where an enrolment stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum EnrolmentState {
    /// Its next step comes at this time.
    Active {
        /// When.
        until: Timestamp,
    },
    /// A message of it waits: for a person, for sending hours, or for its channel.
    Waiting {
        /// Which action.
        action: ActionId,
    },
    /// The lead is away.
    Paused {
        /// Until when.
        until: Timestamp,
    },
    /// Through.
    Finished {
        /// When.
        at: Timestamp,
    },
    /// Ended before its end.
    Stopped {
        /// When.
        at: Timestamp,
        /// Why.
        why: Stop,
    },
    /// A step could not be carried out.
    Failed {
        /// When.
        at: Timestamp,
        /// Why.
        why: String,
    },
}

impl EnrolmentState {
    /// The word in pages and API.
    pub const fn word(&self) -> &'static str {
        match self {
            EnrolmentState::Active { .. } => "active",
            EnrolmentState::Waiting { .. } => "waiting",
            EnrolmentState::Paused { .. } => "paused",
            EnrolmentState::Finished { .. } => "finished",
            EnrolmentState::Stopped { .. } => "stopped",
            EnrolmentState::Failed { .. } => "failed",
        }
    }

    /// Whether more is to come.
    pub const fn is_open(&self) -> bool {
        matches!(
            self,
            EnrolmentState::Active { .. } | EnrolmentState::Waiting { .. } | EnrolmentState::Paused { .. }
        )
    }

    const fn ended(&self) -> Option<Timestamp> {
        match self {
            EnrolmentState::Finished { at }
            | EnrolmentState::Stopped { at, .. }
            | EnrolmentState::Failed { at, .. } => Some(*at),
            _ => None,
        }
    }
}

/// What stops an enrolment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "because", rename_all = "snake_case")]
pub enum Stop {
    /// The lead wrote; so did anyone in the thread.
    Reply {
        /// Which message.
        message: MessageId,
    },
    /// A message could not be delivered for good.
    Bounce,
    /// The lead wants no messages.
    OptedOut,
    /// The lead was closed.
    Closed,
    /// The lead was merged into another.
    Merged,
    /// A member stopped it.
    ByHand,
    /// A person decided against its message.
    Rejected,
    /// Nobody decided on its message in time.
    Undecided,
    /// The gate refused its message.
    Refused,
    /// Its message was taken back.
    Withdrawn,
}

impl Stop {
    /// In one sentence.
    pub const fn words(self) -> &'static str {
        match self {
            Stop::Reply { .. } => "The lead wrote.",
            Stop::Bounce => "A message came back as undeliverable.",
            Stop::OptedOut => "The lead wants no messages.",
            Stop::Closed => "The lead was closed.",
            Stop::Merged => "The lead was merged into another.",
            Stop::ByHand => "Somebody stopped it.",
            Stop::Rejected => "A person decided against its message.",
            Stop::Undecided => "Nobody decided on its message in time.",
            Stop::Refused => "The gate refused its message.",
            Stop::Withdrawn => "Its message was taken back.",
        }
    }
}

/// Why a lead is not enrolled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotNow {
    /// It is in a sequence already.
    #[error("the lead is in the sequence `{0}` already; stop that one first")]
    Already(String),
    /// It was in this one not long ago.
    #[error("the lead was in `{sequence}` until {ended}; it may be enrolled again from {from}")]
    TooSoon {
        /// Which sequence.
        sequence: String,
        /// When that ended.
        ended: Timestamp,
        /// The end of the gap.
        from: Timestamp,
    },
}

impl Sequence {
    /// Whether a lead with these enrolments may begin: one at a time, and the same one not within its gap.
    ///
    /// # Errors
    /// Why not.
    pub fn may_begin(&self, enrolments: &[Enrolment], now: Timestamp) -> Result<(), NotNow> {
        if let Some(open) = enrolments.iter().find(|enrolment| enrolment.state.is_open()) {
            return Err(NotNow::Already(open.sequence.clone()));
        }
        let last = enrolments.iter().filter(|enrolment| enrolment.sequence == self.name);
        let Some(ended) = last.filter_map(|enrolment| enrolment.state.ended()).max() else { return Ok(()) };
        let from = ended.saturating_add(self.gap).unwrap_or(Timestamp::MAX);
        if now < from {
            return Err(NotNow::TooSoon { sequence: self.name.clone(), ended, from });
        }
        Ok(())
    }
}

/// When a wait that begins now is over; none for a step that is no wait. Without its calendar open time passes like any
/// other: late rather than never.
///
/// # Errors
/// What the calendar says.
pub fn wait_until(
    step: &SequenceStep,
    now: Timestamp,
    calendar: Option<&Calendar>,
) -> Result<Option<Timestamp>, ClockError> {
    let plain = |secs: i64| now.saturating_add(SignedDuration::from_secs(secs)).unwrap_or(Timestamp::MAX);
    match (step, calendar) {
        (SequenceStep::Wait { open_secs }, Some(calendar)) => {
            let Ok(amount) = BusinessTime::from_micros(open_secs.saturating_mul(1_000_000)) else {
                return Ok(Some(plain(*open_secs)));
            };
            Ok(Some(calendar.due(now, amount, &[])?.unwrap_or(now)))
        }
        (SequenceStep::Wait { open_secs }, None) => Ok(Some(plain(*open_secs))),
        (SequenceStep::Days { days }, _) => Ok(Some(plain(i64::from(*days) * 86_400))),
        _ => Ok(None),
    }
}

/// When an absence without a date is taken to be over: so many days later, at the next opening.
pub fn back_from_absence(now: Timestamp, calendar: Option<&Calendar>) -> Timestamp {
    // Seven days hold five open ones, whatever the day.
    let days = AWAY_DAYS + 2;
    let until = now.saturating_add(SignedDuration::from_hours(24 * days)).unwrap_or(Timestamp::MAX);
    let opening =
        calendar.and_then(|calendar| calendar.due(until, BusinessTime::default(), &[]).ok().flatten());
    opening.unwrap_or(until)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn sequence() -> Sequence {
        Sequence {
            name: "nudge".into(),
            calendar: "office".into(),
            gap: SignedDuration::from_hours(24 * 30),
            steps: vec![
                SequenceStep::Days { days: 3 },
                SequenceStep::Message { template: "follow_up".into() },
            ],
        }
    }

    fn enrolment(sequence: &str, state: EnrolmentState) -> Enrolment {
        Enrolment {
            id: EnrolmentId(uuid::Uuid::nil()),
            sequence: sequence.into(),
            calendar: "office".into(),
            steps: Vec::new(),
            sender: None,
            began: at("2026-11-01T09:00:00Z"),
            next: 0,
            state,
        }
    }

    #[test]
    fn one_at_a_time_and_the_same_one_not_within_its_gap() {
        let now = at("2026-11-20T09:00:00Z");
        let sequence = sequence();
        assert_eq!(sequence.may_begin(&[], now), Ok(()));
        let open = enrolment("other", EnrolmentState::Active { until: now });
        assert_eq!(sequence.may_begin(&[open], now), Err(NotNow::Already("other".into())));
        let ended = at("2026-11-10T09:00:00Z");
        let past = enrolment("nudge", EnrolmentState::Finished { at: ended });
        let from = at("2026-12-10T09:00:00Z");
        let refused = sequence.may_begin(std::slice::from_ref(&past), now);
        assert_eq!(refused, Err(NotNow::TooSoon { sequence: "nudge".into(), ended, from }));
        assert_eq!(sequence.may_begin(&[past], from), Ok(()));
        let other = enrolment("other", EnrolmentState::Finished { at: ended });
        assert_eq!(sequence.may_begin(&[other], now), Ok(()));
    }

    #[test]
    fn open_time_is_waited_for_by_the_calendar_and_days_by_the_sun() {
        let hours = "zone = \"Europe/Berlin\"\n[hours]\nmon = [\"09:00-17:00\"]\nfri = [\"09:00-17:00\"]\n";
        let calendar = Calendar::parse("office.toml", hours, &mut |_| Err(String::new())).unwrap();
        // A Friday, an hour before closing.
        let friday = at("2026-11-20T15:00:00Z");
        let wait = SequenceStep::Wait { open_secs: 2 * 3_600 };
        assert_eq!(wait_until(&wait, friday, Some(&calendar)).unwrap(), Some(at("2026-11-23T09:00:00Z")));
        assert_eq!(wait_until(&wait, friday, None).unwrap(), Some(at("2026-11-20T17:00:00Z")));
        let days = SequenceStep::Days { days: 3 };
        assert_eq!(wait_until(&days, friday, Some(&calendar)).unwrap(), Some(at("2026-11-23T15:00:00Z")));
        let message = SequenceStep::Message { template: "x".into() };
        assert_eq!(wait_until(&message, friday, None).unwrap(), None);
        assert_eq!(back_from_absence(friday, Some(&calendar)), at("2026-11-27T15:00:00Z"));
    }
}
