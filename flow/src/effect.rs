//! The closed list of what the shell may be asked to do. All but [`Effect::Send`] are carried out inside the transaction that
//! writes the facts; [`Effect::Send`] is handed back to whoever asked, after the commit.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::gate::Cleared;
use crate::ids::{ActionId, ClockId, EnrolmentId, ProposalId};

/// One thing for the shell to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Put an action in the outbox, not to be tried before `not_before`.
    Dispatch {
        /// Which.
        action: ActionId,
        /// Earliest time.
        not_before: Timestamp,
    },
    /// Take an action out of the outbox.
    Recall {
        /// Which.
        action: ActionId,
    },
    /// Wake the lead at a time. Setting a timer again moves it.
    SetTimer {
        /// What for; also its key.
        timer: Timer,
        /// When.
        due: Timestamp,
    },
    /// Forget a timer.
    DropTimer {
        /// Which.
        timer: Timer,
    },
    /// Destroy everything that is known of the lead's person: what opens the commitments of the facts before
    /// `lead.erased`, and every row made from them but those of what is left. It goes with that fact and never without.
    Erase,
    /// Hand this content to its channel, once.
    Send(Box<Cleared>),
}

/// What a timer is for. A timer fires as a command and is decided on fresh state, so a late or needless one does
/// nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "timer", rename_all = "snake_case")]
pub enum Timer {
    /// A clock reaches its warning point, then its target.
    Clock {
        /// Which clock.
        clock: ClockId,
    },
    /// A proposal's reminder, then its expiry.
    Proposal {
        /// Which proposal.
        proposal: ProposalId,
    },
    /// The next step of a follow-up sequence.
    Enrolment {
        /// Which enrolment.
        enrolment: EnrolmentId,
    },
}

impl Timer {
    /// Unique within its lead; a short text that a store can key by.
    pub fn key(&self) -> String {
        match self {
            Timer::Clock { clock } => format!("clock/{clock}"),
            Timer::Proposal { proposal } => format!("proposal/{proposal}"),
            Timer::Enrolment { enrolment } => format!("enrolment/{enrolment}"),
        }
    }

    /// The inverse of [`Timer::key`].
    pub fn from_key(key: &str) -> Option<Timer> {
        let (kind, id) = key.split_once('/')?;
        match kind {
            "clock" => Some(Timer::Clock { clock: id.parse().ok()? }),
            "proposal" => Some(Timer::Proposal { proposal: id.parse().ok()? }),
            "enrolment" => Some(Timer::Enrolment { enrolment: id.parse().ok()? }),
            _ => None,
        }
    }
}
