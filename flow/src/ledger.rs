//! The ledger: the boundary of a living workspace, folded from its record.
//!
//! The record's order is the one order that all nodes agree on; so the ledger takes facts in that order, and whoever folds
//! the same facts has the same ledger, incrementally or anew. Narrowing happens in the fold. Widening does not: when the
//! evidence of a class reaches its bar, the ledger holds a [`Widening`] for an admin, and only the fact of a person's
//! decision moves the class. What followed from a fact is told as [`Notice`]s, to be written as facts; the fold itself does
//! not depend on those.
//!
//! Besides the boundary it keeps what the pages show: a picture of each class, the last weeks in numbers, each reviewer's
//! last decisions. All of it is bounded for a class and for a member.

mod declared;
mod fold;
mod moved;
mod story;
pub mod tape;
mod told;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::boundary::{Boundary, ClassEvidence, Config, Reviewer, Settings};
use crate::ids::{MemberId, ProposalId};
use crate::step::{Place, Step};

pub use declared::{Address, Declared, Dimension, Kind, StepRules, Words, as_text};
pub use moved::{Grounds, How, Moved, Notice, Widening};
pub use story::{
    ClassStory, Happened, LOOKS, Look, Mark, MemberStory, Point, Trace, WEEKS, Week, Weeks, week_of,
};
pub use told::{KINDS, Note, Seen, Told, Weighed, sign_word};

/// Reviews after a refusal during which the same widening is not proposed again.
pub const DECLINED_FOR_REVIEWS: u32 = 50;

/// What the record says of a workspace's boundary.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Ledger {
    boundary: Boundary,
    declared: Declared,
    /// Digests of the templates in force, by path.
    templates: BTreeMap<String, String>,
    /// The first fact not taken yet.
    next: u64,
    /// The latest time of a fact, in milliseconds since 1970. Times do not go back.
    latest_ms: i64,
    classes: BTreeMap<String, ClassStory>,
    members: BTreeMap<MemberId, MemberStory>,
    /// By class.
    widenings: BTreeMap<String, Widening>,
    probing: bool,
    /// Verdicts by week, over all classes.
    weeks: Weeks,
    /// Lines of the tape, when somebody wants it.
    #[serde(skip)]
    tape: Option<Vec<serde_json::Value>>,
}

/// Where a class stands, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stands {
    /// Never automated.
    Floor,
    /// Locked until an admin unlocks it.
    Locked,
    /// Gated again after it ran by itself.
    PulledBack,
    /// Asks a person.
    Gated,
    /// Its evidence reached the bar; an admin is asked.
    Ready,
    /// Runs by itself, in one segment at least.
    Automated,
}

impl Stands {
    /// The word in pages and API.
    pub const fn word(self) -> &'static str {
        match self {
            Stands::Floor => "floor",
            Stands::Locked => "locked",
            Stands::PulledBack => "pulled_back",
            Stands::Gated => "gated",
            Stands::Ready => "ready",
            Stands::Automated => "automated",
        }
    }
}

impl Ledger {
    /// The place in the record of the first fact not taken yet.
    pub fn next(&self) -> u64 {
        self.next
    }

    /// The boundary as it stands.
    pub fn boundary(&self) -> &Boundary {
        &self.boundary
    }

    /// What the playbook in force declares.
    pub fn declared(&self) -> &Declared {
        &self.declared
    }

    /// The latest time of a fact, in seconds since 1970.
    pub fn latest(&self) -> f64 {
        fold::seconds(self.latest_ms)
    }

    /// Whether probes are switched on.
    pub fn is_probing(&self) -> bool {
        self.probing
    }

    /// The classes that were seen, by name.
    pub fn classes(&self) -> impl Iterator<Item = (&str, &ClassStory)> {
        self.classes.iter().map(|(name, story)| (name.as_str(), story))
    }

    /// One class.
    pub fn class(&self, class: &str) -> Option<&ClassStory> {
        self.classes.get(class)
    }

    /// The members who decided something.
    pub fn members(&self) -> impl Iterator<Item = (MemberId, &MemberStory)> {
        self.members.iter().map(|(id, story)| (*id, story))
    }

    /// One member as a reviewer.
    pub fn member(&self, member: MemberId) -> Option<&MemberStory> {
        self.members.get(&member)
    }

    /// The standing of a member as a reviewer.
    pub fn reviewer(&self, member: MemberId) -> Reviewer {
        self.boundary.reviewer(&member.to_string())
    }

    /// All classes together, by week.
    pub fn weeks(&self) -> &Weeks {
        &self.weeks
    }

    /// The proposals to widen that wait for an admin.
    pub fn widenings(&self) -> impl Iterator<Item = &Widening> {
        self.widenings.values()
    }

    /// One of them.
    pub fn widening(&self, id: ProposalId) -> Option<&Widening> {
        self.widenings.values().find(|widening| widening.id == id)
    }

    /// The settings of a class.
    pub fn settings(&self, class: &str) -> Settings {
        if self.boundary.knows(class) {
            self.boundary.config().of(class).clone()
        } else {
            self.declared.settings(class)
        }
    }

    /// The evidence of a class.
    pub fn evidence(&self, class: &str) -> ClassEvidence {
        if self.boundary.knows(class) {
            return self.boundary.evidence(class);
        }
        let settings = self.declared.settings(class);
        let classes = [(class.to_owned(), settings)].into();
        Boundary::new(Config { classes, ..Config::default() }).evidence(class)
    }

    /// Whether actions of this address run by themselves. `starts` is where the playbook in force puts the step; it decides
    /// of classes that were never seen.
    pub fn is_automated(&self, address: &str, starts: Place) -> bool {
        let Address { class, segment } = Address::of(address);
        if self.boundary.knows(class) {
            // A segment that the class does not declare is in doubt, and doubt asks.
            return self.boundary.is_automated(class, segment).unwrap_or(false);
        }
        starts == Place::Automated
    }

    /// The share of this address's automated actions that a person looks at as if they were gated.
    pub fn audit_share(&self, address: &str) -> f64 {
        self.boundary.audit_share(Address::of(address).class)
    }

    /// Where a class stands.
    pub fn stands(&self, class: &str) -> Stands {
        use crate::boundary::Standing;
        let pulled_back = self.classes.get(class).is_some_and(|story| story.pulled_back);
        match self.evidence(class).standing {
            Standing::Floor => Stands::Floor,
            Standing::Locked => Stands::Locked,
            Standing::Automated => Stands::Automated,
            Standing::Gated if self.widenings.contains_key(class) => Stands::Ready,
            Standing::Gated if pulled_back => Stands::PulledBack,
            Standing::Gated => Stands::Gated,
        }
    }

    /// The step of a class.
    pub fn step(class: &str) -> Option<Step> {
        Address::of(class).step()
    }
}
