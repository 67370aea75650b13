//! Rows of what is due: the numbers of the queues, and what a key names.

use flow::effect::{Effect, Timer};
use flow::ids::ActionId;
use jiff::Timestamp;

use crate::{Queue, StoreError, Task};

/// Most rows handed out at once.
pub(crate) const CLAIM_LIMIT: usize = 1_000;

/// A queue's number in its column.
pub(crate) const fn number(queue: Queue) -> i64 {
    match queue {
        Queue::Outbox => 0,
        Queue::Timers => 1,
    }
}

/// What an effect does to what is due: in which queue, under which key, and when it is due, or that it is taken out.
pub(crate) fn row(effect: &Effect) -> Option<(Queue, String, Option<Timestamp>)> {
    match effect {
        Effect::Dispatch { action, not_before } => {
            Some((Queue::Outbox, action.to_string(), Some(*not_before)))
        }
        Effect::Recall { action } => Some((Queue::Outbox, action.to_string(), None)),
        Effect::SetTimer { timer, due } => Some((Queue::Timers, timer.key(), Some(*due))),
        Effect::DropTimer { timer } => Some((Queue::Timers, timer.key(), None)),
        // An erasure takes all rows of the lead.
        Effect::Erase | Effect::Send(_) => None,
    }
}

/// What a row is about, from its key.
pub(crate) fn task(queue: Queue, key: &str) -> Result<Task, StoreError> {
    let unknown = || StoreError::Value(format!("`{key}` names nothing that can be due"));
    match queue {
        Queue::Outbox => key.parse::<ActionId>().map(Task::Dispatch).map_err(|_| unknown()),
        Queue::Timers => Timer::from_key(key).map(Task::Fire).ok_or_else(unknown),
    }
}
