//! Why something prepared is not wanted any more.

use serde::{Deserialize, Serialize};

use super::Reason;
use crate::ids::{LeadId, MessageId};

/// Why a proposal or a waiting action was taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "because", rename_all = "snake_case")]
pub enum Overtaken {
    /// The customer wrote again.
    Reply {
        /// Which message.
        message: MessageId,
    },
    /// The lead was closed.
    Closed,
    /// Its person does not want messages any more.
    OptedOut,
    /// The gate judged again before sending, and more strictly.
    Stricter {
        /// Why.
        reasons: Vec<Reason>,
    },
    /// The owner answered in another way.
    Answered,
    /// The lead was merged with another.
    Merged {
        /// Into which.
        into: LeadId,
    },
    /// A merge was undone.
    Unmerged,
    /// The sequence it belonged to was stopped.
    SequenceStopped,
}

impl Overtaken {
    /// In one sentence.
    pub fn words(&self) -> String {
        match self {
            Overtaken::Reply { .. } => "The customer wrote again, so this text may no longer fit.".into(),
            Overtaken::Closed => "The lead was closed.".into(),
            Overtaken::OptedOut => "This person does not want messages any more.".into(),
            Overtaken::Stricter { reasons } => {
                let why: Vec<&str> = reasons.iter().map(|reason| reason.text.as_str()).collect();
                format!("Judged again before sending: {}", why.join(" "))
            }
            Overtaken::Answered => "The lead was answered in another way.".into(),
            Overtaken::Merged { .. } => "The lead was merged with another of the same person.".into(),
            Overtaken::Unmerged => "A merge was undone, so this text may no longer fit.".into(),
            Overtaken::SequenceStopped => "The sequence it belonged to was stopped.".into(),
        }
    }
}
