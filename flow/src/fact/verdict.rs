//! What the gate said, as facts keep it.

use serde::{Deserialize, Serialize};

use crate::draft::Finding;

/// What the gate said, in the form that is frozen in facts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Judged {
    /// The answer.
    pub kind: VerdictKind,
    /// Every reason that contributed, in the order of judging.
    pub reasons: Vec<Reason>,
    /// What was found in the content.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
    /// How many distinct people must agree.
    pub quorum: u8,
    /// Whether each must sign with a passkey.
    #[serde(default)]
    pub passkey: bool,
    /// For an action that asks: under the workspace's key, why a person is asked, so that an audit looks like any other
    /// proposal until it is decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mark: Option<String>,
}

/// Run, ask, hold or refuse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum VerdictKind {
    /// May be carried out without a person.
    Run,
    /// A person decides.
    Ask,
    /// May be carried out later.
    Hold,
    /// May not be carried out.
    Refuse,
}

impl VerdictKind {
    /// The word in pages, API and record.
    pub const fn word(self) -> &'static str {
        match self {
            VerdictKind::Run => "run",
            VerdictKind::Ask => "ask",
            VerdictKind::Hold => "hold",
            VerdictKind::Refuse => "refuse",
        }
    }
}

/// One reason of a verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// Stable name, e.g. `question.judgement` or a policy's `@id`.
    pub id: String,
    /// The same in plain words.
    pub text: String,
}

impl Reason {
    /// A reason from its name and words.
    pub fn new(id: impl Into<String>, text: impl Into<String>) -> Reason {
        Reason { id: id.into(), text: text.into() }
    }
}
