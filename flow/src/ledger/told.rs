//! What a fact tells the ledger. It is read from the leaf's references alone (for facts about the workspace also from the
//! body, which is never erased), so that evidence outlives the erasure of a lead.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::boundary::{Asked, Outcome};
use crate::fact::{ExceptionKind, Fact, VerdictKind};
use crate::ids::{ActionId, MemberId, ProposalId};
use crate::step::Step;

/// The kinds of facts that tell the ledger something.
pub const KINDS: [&str; 9] = [
    "action.judged",
    "approval.decided",
    "dispatch.settled",
    "exception.reported",
    "playbook.adopted",
    "boundary.moved",
    "probes.switched",
    "probe.planted",
    "probe.decided",
];

/// One fact of the record, as far as the ledger listens.
#[derive(Debug, Clone, PartialEq)]
pub struct Note {
    /// Its place in the record.
    pub index: u64,
    /// When.
    pub at: Timestamp,
    /// The member who did it, if one did.
    pub by: Option<MemberId>,
    /// What it says.
    pub told: Told,
}

/// What a fact says.
#[derive(Debug, Clone, PartialEq)]
pub enum Told {
    /// The gate judged an action.
    Judged {
        /// Class and segment.
        class: String,
        /// The answer.
        verdict: VerdictKind,
        /// Whether it goes outside, and so is carried out later.
        sends: bool,
    },
    /// A person decided on a proposal.
    Decided {
        /// On which.
        proposal: ProposalId,
        /// What the decision says.
        weighed: Weighed,
        /// How it was looked at.
        seen: Seen,
    },
    /// An action ran by itself and arrived.
    Ran {
        /// Class and segment.
        class: String,
    },
    /// An action turned out wrong.
    Excepted {
        /// Class and segment.
        class: String,
        /// Which.
        action: ActionId,
        /// When it ran; none when a person had approved it.
        ran_at: Option<Timestamp>,
        /// Whether it alone must stop the class.
        critical: bool,
    },
    /// Something about the workspace.
    Workspace(Box<Fact>),
}

/// A decision as evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Weighed {
    /// Class and segment.
    pub class: String,
    /// Why a person was asked.
    pub asked: Asked,
    /// What the decision says of the proposal.
    pub outcome: Outcome,
    /// Words in the proposal that no template put there.
    pub words_new: u32,
    /// Seconds from the proposal to the decision.
    pub waited_s: u64,
    /// Why a clean decision proves nothing, in words, as it was told to whoever decided; none when it proves something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_credit: Option<String>,
}

/// How a proposal was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Seen {
    /// Time in view, in milliseconds.
    pub ms: u64,
    /// Whether the conversation was opened.
    pub thread: bool,
}

impl Told {
    /// Reads what a fact tells; none for a fact of another kind, or one of a release that did not say it yet. `workspace`
    /// is the fact itself, where it is about the workspace.
    pub fn read(kind: &str, refs: &BTreeMap<String, String>, workspace: Option<Fact>) -> Option<Told> {
        let get = |name: &str| refs.get(name).map(String::as_str);
        let class = || get("class").map(str::to_owned);
        match kind {
            "action.judged" => {
                let step = Step::from_name(get("step")?)?;
                Some(Told::Judged {
                    class: class()?,
                    verdict: verdict(get("verdict")?)?,
                    sends: step.sends(),
                })
            }
            "approval.decided" => Some(Told::Decided {
                proposal: get("proposal")?.parse().ok()?,
                weighed: Weighed {
                    class: class()?,
                    asked: Asked::from_word(get("asked")?)?,
                    outcome: Outcome::from_word(get("outcome")?)?,
                    words_new: get("words")?.parse().ok()?,
                    waited_s: get("waited_s")?.parse().ok()?,
                    no_credit: None,
                },
                seen: Seen { ms: get("seen_ms")?.parse().ok()?, thread: get("thread") == Some("opened") },
            }),
            "dispatch.settled" => {
                (get("outcome") == Some("done")).then(class).flatten().map(|class| Told::Ran { class })
            }
            "exception.reported" => Some(Told::Excepted {
                class: class()?,
                action: get("action")?.parse().ok()?,
                ran_at: get("ran_ms").and_then(|ms| Timestamp::from_millisecond(ms.parse().ok()?).ok()),
                critical: get("critical") == Some("yes"),
            }),
            _ => workspace.map(|fact| Told::Workspace(Box::new(fact))),
        }
    }

    /// What to put into the references of a decision's leaf.
    pub fn decision_refs(weighed: &Weighed, seen: Seen) -> [(&'static str, String); 7] {
        [
            ("class", weighed.class.clone()),
            ("asked", weighed.asked.word().to_owned()),
            ("outcome", weighed.outcome.word().to_owned()),
            ("words", weighed.words_new.to_string()),
            ("waited_s", weighed.waited_s.to_string()),
            ("seen_ms", seen.ms.to_string()),
            ("thread", if seen.thread { "opened" } else { "closed" }.to_owned()),
        ]
    }
}

fn verdict(word: &str) -> Option<VerdictKind> {
    use VerdictKind::{Ask, Hold, Refuse, Run};
    [Run, Ask, Hold, Refuse].into_iter().find(|kind| kind.word() == word)
}

/// The sign of an exception as a leaf carries it.
pub const fn sign_word(sign: ExceptionKind) -> &'static str {
    match sign {
        ExceptionKind::Undo => "undo",
        ExceptionKind::Correction => "correction",
        ExceptionKind::Complaint => "complaint",
        ExceptionKind::Bounce => "bounce",
        ExceptionKind::Override => "override",
    }
}
