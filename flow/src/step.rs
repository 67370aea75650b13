//! The catalogue of steps, and the three questions asked of each: is it reversible, does judgement change the
//! outcome, what does being wrong cost.

use serde::{Deserialize, Serialize};

/// A kind of thing the system may do. The catalogue is closed; the answers to the three questions are the
/// workspace's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Step {
    /// Give a new lead an owner.
    #[serde(rename = "lead.assign")]
    Assign,
    /// Give a lead another owner.
    #[serde(rename = "lead.reassign")]
    Reassign,
    /// Tell the owner that something is due.
    #[serde(rename = "owner.remind")]
    Remind,
    /// Bring a lead before somebody else.
    #[serde(rename = "lead.escalate")]
    Escalate,
    /// Move a lead to another stage.
    #[serde(rename = "stage.change")]
    ChangeStage,
    /// Start a follow-up sequence.
    #[serde(rename = "sequence.enrol")]
    Enrol,
    /// Make two leads one.
    #[serde(rename = "lead.merge")]
    Merge,
    /// Say that the enquiry arrived; a fixed text without a promise.
    #[serde(rename = "message.acknowledge")]
    Acknowledge,
    /// Answer.
    #[serde(rename = "message.reply")]
    Reply,
    /// Write again after silence.
    #[serde(rename = "message.follow_up")]
    FollowUp,
    /// Suggest a meeting.
    #[serde(rename = "meeting.propose")]
    ProposeMeeting,
    /// Send a price.
    #[serde(rename = "quote.send")]
    SendQuote,
    /// Offer a discount.
    #[serde(rename = "discount.offer")]
    OfferDiscount,
    /// Send a contract.
    #[serde(rename = "contract.send")]
    SendContract,
    /// Give up on a lead.
    #[serde(rename = "lead.disqualify")]
    Disqualify,
    /// Erase a person's data.
    #[serde(rename = "lead.erase")]
    Erase,
    /// Put another playbook in force.
    #[serde(rename = "playbook.adopt")]
    AdoptPlaybook,
    /// Let a step class run by itself.
    #[serde(rename = "boundary.widen")]
    WidenBoundary,
}

impl Step {
    /// The whole catalogue.
    pub const ALL: [Step; 18] = [
        Step::Assign,
        Step::Reassign,
        Step::Remind,
        Step::Escalate,
        Step::ChangeStage,
        Step::Enrol,
        Step::Merge,
        Step::Acknowledge,
        Step::Reply,
        Step::FollowUp,
        Step::ProposeMeeting,
        Step::SendQuote,
        Step::OfferDiscount,
        Step::SendContract,
        Step::Disqualify,
        Step::Erase,
        Step::AdoptPlaybook,
        Step::WidenBoundary,
    ];

    /// The name used in playbooks, API and record.
    pub const fn name(self) -> &'static str {
        match self {
            Step::Assign => "lead.assign",
            Step::Reassign => "lead.reassign",
            Step::Remind => "owner.remind",
            Step::Escalate => "lead.escalate",
            Step::ChangeStage => "stage.change",
            Step::Enrol => "sequence.enrol",
            Step::Merge => "lead.merge",
            Step::Acknowledge => "message.acknowledge",
            Step::Reply => "message.reply",
            Step::FollowUp => "message.follow_up",
            Step::ProposeMeeting => "meeting.propose",
            Step::SendQuote => "quote.send",
            Step::OfferDiscount => "discount.offer",
            Step::SendContract => "contract.send",
            Step::Disqualify => "lead.disqualify",
            Step::Erase => "lead.erase",
            Step::AdoptPlaybook => "playbook.adopt",
            Step::WidenBoundary => "boundary.widen",
        }
    }

    /// Reads a step from its name.
    pub fn from_name(name: &str) -> Option<Step> {
        Step::ALL.into_iter().find(|step| step.name() == name)
    }

    /// Whether this step sends something to a customer.
    pub const fn sends(self) -> bool {
        matches!(
            self,
            Step::Acknowledge
                | Step::Reply
                | Step::FollowUp
                | Step::ProposeMeeting
                | Step::SendQuote
                | Step::OfferDiscount
                | Step::SendContract
        )
    }

    /// What would happen, in one sentence with `{who}` for the person concerned.
    pub const fn consequence(self) -> &'static str {
        match self {
            Step::Assign => "The lead gets this owner.",
            Step::Reassign => "The lead changes owner.",
            Step::Remind => "The owner is reminded.",
            Step::Escalate => "The lead is brought before the next rung.",
            Step::ChangeStage => "The lead moves to another stage.",
            Step::Enrol => "The follow-up sequence starts.",
            Step::Merge => "The two leads become one; this can be undone.",
            Step::Acknowledge | Step::Reply | Step::FollowUp => {
                "This message is sent to {who} at once and cannot be taken back."
            }
            Step::ProposeMeeting => {
                "This invitation is sent to {who} at once; a meeting can be called off later."
            }
            Step::SendQuote => "This price is sent to {who} at once and commits the company.",
            Step::OfferDiscount => "This discount is offered to {who} at once and commits the company.",
            Step::SendContract => "This contract is sent to {who} at once and commits the company.",
            Step::Disqualify => "The lead is closed as disqualified; nobody will answer it.",
            Step::Erase => "All personal data of {who} is erased for good.",
            Step::AdoptPlaybook => "The new playbook is in force at once.",
            Step::WidenBoundary => "This step class runs by itself from now on.",
        }
    }
}

/// Can it be taken back?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reversible {
    /// Undone with no outside trace.
    Internal,
    /// Seen outside, can be taken back.
    Retractable,
    /// Cannot be taken back.
    Irreversible,
}

/// Does judgement change the outcome, or only the path to it?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Judgement {
    /// One right outcome, many ways.
    Path,
    /// Judgement changes the outcome.
    Outcome,
}

/// What does being wrong cost?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Cost {
    /// Corrects itself.
    Small,
    /// Hurts.
    Large,
    /// Hurts, and is hard to notice.
    Hidden,
}

impl Reversible {
    /// The word in the playbook.
    pub const fn word(self) -> &'static str {
        match self {
            Reversible::Internal => "internal",
            Reversible::Retractable => "retractable",
            Reversible::Irreversible => "irreversible",
        }
    }
}

impl Judgement {
    /// The word in the playbook.
    pub const fn word(self) -> &'static str {
        match self {
            Judgement::Path => "path",
            Judgement::Outcome => "outcome",
        }
    }
}

impl Cost {
    /// The word in the playbook.
    pub const fn word(self) -> &'static str {
        match self {
            Cost::Small => "small",
            Cost::Large => "large",
            Cost::Hidden => "hidden",
        }
    }
}

/// The three answers for a step, and whether it commits the company (price, discount, contract, deadline).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// First question.
    pub reversible: Reversible,
    /// Second question.
    pub judgement: Judgement,
    /// Third question.
    pub cost_of_error: Cost,
    /// Commits the company.
    #[serde(default)]
    pub commits: bool,
}

/// Where the three answers put a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Place {
    /// Runs by itself.
    Automated,
    /// Asks a person, and may graduate on evidence.
    Gated,
    /// Asks a person, whatever the evidence.
    Floor,
}

impl Place {
    /// The word in pages, API and playbook.
    pub const fn word(self) -> &'static str {
        match self {
            Place::Automated => "automated",
            Place::Gated => "gated",
            Place::Floor => "floor",
        }
    }
}

impl Profile {
    const fn new(reversible: Reversible, judgement: Judgement, cost_of_error: Cost) -> Profile {
        Profile { reversible, judgement, cost_of_error, commits: false }
    }

    const fn committing(self) -> Profile {
        Profile { commits: true, ..self }
    }

    /// The shipped answers for a step; a playbook may give its own.
    pub const fn shipped(step: Step) -> Profile {
        use {Cost::*, Judgement::*, Reversible::*};
        match step {
            Step::Assign
            | Step::Reassign
            | Step::Remind
            | Step::Escalate
            | Step::ChangeStage
            | Step::Enrol
            | Step::Merge => Profile::new(Internal, Path, Small),
            Step::Acknowledge => Profile::new(Irreversible, Path, Small),
            Step::Reply | Step::FollowUp => Profile::new(Irreversible, Outcome, Large),
            Step::ProposeMeeting => Profile::new(Retractable, Outcome, Small),
            Step::SendQuote | Step::OfferDiscount | Step::SendContract => {
                Profile::new(Irreversible, Outcome, Large).committing()
            }
            Step::Disqualify => Profile::new(Internal, Outcome, Hidden),
            Step::Erase => Profile::new(Irreversible, Outcome, Large),
            Step::AdoptPlaybook | Step::WidenBoundary => Profile::new(Internal, Outcome, Large),
        }
    }

    /// The framework's rule: automate what is internal, a matter of path only, and cheap to get wrong; gate the rest;
    /// never automate what is irreversible and commits the company.
    pub const fn place(&self) -> Place {
        match (self.reversible, self.judgement, self.cost_of_error, self.commits) {
            (Reversible::Irreversible, _, _, true) => Place::Floor,
            (Reversible::Internal, Judgement::Path, Cost::Small, false) => Place::Automated,
            _ => Place::Gated,
        }
    }

    /// The reasons for [`Profile::place`], one plain sentence an answer that decided it.
    pub fn reasons(&self) -> Vec<(&'static str, &'static str)> {
        let mut reasons = Vec::new();
        match self.reversible {
            Reversible::Internal => {}
            Reversible::Retractable => {
                reasons.push(("question.reversible", "It is seen outside, though it can be taken back."));
            }
            Reversible::Irreversible => reasons.push(("question.reversible", "It cannot be taken back.")),
        }
        if self.judgement == Judgement::Outcome {
            reasons
                .push(("question.judgement", "Judgement changes the outcome here, not only the path to it."));
        }
        match self.cost_of_error {
            Cost::Small => {}
            Cost::Large => reasons.push(("question.cost", "Being wrong here is costly.")),
            Cost::Hidden => reasons.push(("question.cost", "Being wrong here costs, and is hard to notice.")),
        }
        if self.commits {
            reasons.push(("question.commits", "It commits the company."));
        }
        if reasons.is_empty() {
            reasons.push((
                "question.none",
                "It can be undone without a trace, judgement does not change the outcome, and a mistake corrects itself.",
            ));
        }
        reasons
    }
}

/// Whether a step is a floor by its nature, beyond what its profile says: erasure, and changes to the gate itself.
pub const fn is_floor_by_nature(step: Step) -> bool {
    matches!(step, Step::Erase | Step::AdoptPlaybook | Step::WidenBoundary)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back_and_match_their_serialised_form() {
        for step in Step::ALL {
            assert_eq!(Step::from_name(step.name()), Some(step));
            assert_eq!(serde_json::to_value(step).unwrap(), step.name());
        }
    }

    #[test]
    fn shipped_profiles_stand_where_the_framework_puts_them() {
        let at = |step| Profile::shipped(step).place();
        assert_eq!(at(Step::Assign), Place::Automated);
        assert_eq!(at(Step::Reply), Place::Gated);
        assert_eq!(at(Step::Acknowledge), Place::Gated);
        assert_eq!(at(Step::Disqualify), Place::Gated);
        assert_eq!(at(Step::SendQuote), Place::Floor);
        assert_eq!(at(Step::OfferDiscount), Place::Floor);
    }

    #[test]
    fn every_gated_profile_says_why() {
        for step in Step::ALL {
            let profile = Profile::shipped(step);
            assert!(!profile.reasons().is_empty());
            if profile.place() != Place::Automated {
                assert!(profile.reasons().iter().all(|(id, _)| *id != "question.none"), "{}", step.name());
            }
        }
    }
}
