//! What a fact's leaf shows of it: its kind, the decision, the ids it points to. No personal data.

use std::collections::BTreeMap;

use super::Fact;
use crate::approval::{Choice, PasskeySignature};
use crate::ledger::{Seen, Told, sign_word};
use crate::step::Step;

impl Fact {
    /// The `kind` that stands in the record.
    pub const fn kind(&self) -> &'static str {
        match self {
            Fact::LeadCaptured { .. } => "lead.captured",
            Fact::LeadJoined { .. } => "lead.joined",
            Fact::LeadMerged { .. } => "lead.merged",
            Fact::LeadMergedInto { .. } => "lead.merged_into",
            Fact::LeadUnmerged { .. } => "lead.unmerged",
            Fact::LeadRestored { .. } => "lead.restored",
            Fact::LeadToldApart { .. } => "lead.told_apart",
            Fact::MessageReceived { .. } => "message.received",
            Fact::LeadAssigned { .. } => "lead.assigned",
            Fact::ClockStarted { .. } => "clock.started",
            Fact::ClockWarned { .. } => "clock.warned",
            Fact::ClockBreached { .. } => "clock.breached",
            Fact::ClockMet { .. } => "clock.met",
            Fact::ClockCancelled { .. } => "clock.cancelled",
            Fact::ActionJudged { .. } => "action.judged",
            Fact::DraftFailed { .. } => "draft.failed",
            Fact::ProposalMade { .. } => "proposal.made",
            Fact::ProposalReminded { .. } => "proposal.reminded",
            Fact::ProposalWithdrawn { .. } => "proposal.withdrawn",
            Fact::ProposalExpired { .. } => "proposal.expired",
            Fact::ApprovalDecided { .. } => "approval.decided",
            Fact::ActionWithdrawn { .. } => "action.withdrawn",
            Fact::ActionHeld { .. } => "action.held",
            Fact::SequenceEnrolled { .. } => "sequence.enrolled",
            Fact::SequenceWaiting { .. } => "sequence.waiting",
            Fact::SequenceActed { .. } => "sequence.acted",
            Fact::SequencePaused { .. } => "sequence.paused",
            Fact::SequenceStopped { .. } => "sequence.stopped",
            Fact::SequenceFinished { .. } => "sequence.finished",
            Fact::SequenceFailed { .. } => "sequence.failed",
            Fact::DispatchAttempted { .. } => "dispatch.attempted",
            Fact::DispatchSettled { .. } => "dispatch.settled",
            Fact::StageChanged { .. } => "stage.changed",
            Fact::OwnerReminded { .. } => "owner.reminded",
            Fact::LeadEscalated { .. } => "lead.escalated",
            Fact::OptedOut { .. } => "lead.opted_out",
            Fact::LeadErased { .. } => "lead.erased",
            Fact::ExceptionReported { .. } => "exception.reported",
            Fact::PlaybookAdopted { .. } => "playbook.adopted",
            Fact::BoundaryMoved { .. } => "boundary.moved",
            Fact::ProbesSwitched { .. } => "probes.switched",
            Fact::ProbePlanted { .. } => "probe.planted",
            Fact::ProbeDecided { .. } => "probe.decided",
            Fact::MemberAdded { .. } => "member.added",
            Fact::CredentialEnrolled { .. } => "credential.enrolled",
            Fact::CredentialRevoked { .. } => "credential.revoked",
            Fact::TokenCreated { .. } => "token.created",
            Fact::AccountRecorded { .. } => "account.recorded",
        }
    }

    /// The decision a leaf shows, for an approval.
    pub const fn decision(&self) -> Option<Choice> {
        match self {
            Fact::ApprovalDecided { choice, .. } => Some(*choice),
            _ => None,
        }
    }

    /// The signature over a decision, for its leaf.
    pub fn signature(&self) -> Option<&PasskeySignature> {
        match self {
            Fact::ApprovalDecided { signature, .. } => signature.as_deref(),
            _ => None,
        }
    }

    /// The ids this fact points to, as they stand in its leaf. No personal data.
    pub fn refs(&self) -> BTreeMap<&'static str, String> {
        let mut refs = BTreeMap::new();
        let mut put = |name, value: String| {
            refs.insert(name, value);
        };
        match self {
            Fact::LeadCaptured { account: Some(account), .. } => put("account", account.id.to_string()),
            Fact::MessageReceived { message, .. } => put("message", message.to_string()),
            Fact::LeadMerged { action, other, .. } | Fact::LeadMergedInto { action, into: other } => {
                put("action", action.to_string());
                put("other", other.to_string());
            }
            Fact::LeadUnmerged { other, .. }
            | Fact::LeadRestored { from: other, .. }
            | Fact::LeadToldApart { other } => put("other", other.to_string()),
            Fact::LeadAssigned { action, owner, .. } => {
                put("action", action.to_string());
                if let Some(owner) = owner {
                    put("member", owner.to_string());
                }
            }
            Fact::ClockStarted { clock, .. }
            | Fact::ClockWarned { clock }
            | Fact::ClockBreached { clock }
            | Fact::ClockCancelled { clock } => put("clock", clock.to_string()),
            Fact::ClockMet { clock, action } => {
                put("clock", clock.to_string());
                put("action", action.to_string());
            }
            Fact::ActionJudged { action, step, class, verdict, .. } => {
                put("action", action.to_string());
                put("step", step.name().to_owned());
                put("class", class.clone());
                put("verdict", verdict.kind.word().to_owned());
            }
            Fact::ProposalMade { proposal, action, step, .. } => {
                put("proposal", proposal.to_string());
                put("action", action.to_string());
                put("step", step.name().to_owned());
            }
            Fact::ApprovalDecided { proposal, action, step, weighed, attention, .. } => {
                put("proposal", proposal.to_string());
                put("action", action.to_string());
                put("step", step.name().to_owned());
                let seen = Seen { ms: attention.seen_ms, thread: attention.thread_opened };
                for (name, word) in weighed.iter().flat_map(|weighed| Told::decision_refs(weighed, seen)) {
                    put(name, word);
                }
            }
            Fact::LeadErased { action, residue } => {
                put("action", action.to_string());
                put("step", Step::Erase.name().to_owned());
                if let Some(proposal) = &residue.proposal {
                    put("proposal", proposal.id.to_string());
                }
            }
            Fact::DraftFailed { step, .. } => put("step", step.name().to_owned()),
            Fact::ProposalReminded { proposal } => put("proposal", proposal.to_string()),
            Fact::ProposalWithdrawn { proposal, action, .. } | Fact::ProposalExpired { proposal, action } => {
                put("proposal", proposal.to_string());
                put("action", action.to_string());
            }
            Fact::DispatchAttempted { action, proposal, message, .. }
            | Fact::DispatchSettled { action, proposal, message, .. } => {
                put("action", action.to_string());
                put("message", message.to_string());
                if let Some(proposal) = proposal {
                    put("proposal", proposal.to_string());
                }
                if let Fact::DispatchSettled { outcome, class, .. } = self {
                    put("outcome", outcome.word().to_owned());
                    if let Some(class) = class {
                        put("class", class.clone());
                    }
                }
            }
            Fact::SequenceEnrolled { enrolment, action, .. }
            | Fact::SequenceActed { enrolment, action, .. } => {
                put("enrolment", enrolment.to_string());
                put("action", action.to_string());
            }
            Fact::SequenceWaiting { enrolment, .. }
            | Fact::SequencePaused { enrolment, .. }
            | Fact::SequenceStopped { enrolment, .. }
            | Fact::SequenceFinished { enrolment }
            | Fact::SequenceFailed { enrolment, .. } => put("enrolment", enrolment.to_string()),
            Fact::ActionWithdrawn { action, .. }
            | Fact::ActionHeld { action, .. }
            | Fact::StageChanged { action, .. }
            | Fact::OwnerReminded { action, .. }
            | Fact::LeadEscalated { action, .. } => put("action", action.to_string()),
            Fact::ExceptionReported { action, sign, critical, class, ran_at, .. } => {
                put("action", action.to_string());
                put("sign", sign_word(*sign).to_owned());
                put("critical", if *critical { "yes" } else { "no" }.to_owned());
                if let Some(class) = class {
                    put("class", class.clone());
                }
                if let Some(ran_at) = ran_at {
                    put("ran_ms", ran_at.as_millisecond().to_string());
                }
            }
            Fact::BoundaryMoved { moved } => {
                put("class", moved.class.clone());
                put("move", moved.how.word().to_owned());
                if let Some(proposal) = moved.proposal {
                    put("proposal", proposal.to_string());
                }
            }
            Fact::ProbesSwitched { on, .. } => put("probes", if *on { "on" } else { "off" }.to_owned()),
            Fact::ProbePlanted { member, class, .. } => {
                put("member", member.to_string());
                put("class", class.clone());
            }
            Fact::ProbeDecided { proposal, class, caught, .. } => {
                put("proposal", proposal.to_string());
                put("class", class.clone());
                put("probe", if *caught { "caught" } else { "missed" }.to_owned());
            }
            Fact::PlaybookAdopted { digest, .. } => put("playbook", format!("sha256:{digest}")),
            Fact::MemberAdded { member } => put("member", member.id.to_string()),
            Fact::CredentialEnrolled { member, .. } | Fact::CredentialRevoked { member, .. } => {
                put("member", member.to_string());
            }
            Fact::TokenCreated { mark, agent, member } => {
                put("token", mark.clone());
                if let Some((agent, _)) = agent {
                    put("agent", agent.to_string());
                }
                if let Some(member) = member {
                    put("member", member.to_string());
                }
            }
            Fact::AccountRecorded { account } => put("account", account.id.to_string()),
            Fact::LeadCaptured { account: None, .. } | Fact::LeadJoined { .. } | Fact::OptedOut { .. } => {}
        }
        refs
    }
}
