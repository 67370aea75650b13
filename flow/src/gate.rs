//! The gate: judges every action, says why, and is the only maker of [`Cleared`], without which no channel sends.
//!
//! Judging is pure and total. Whatever goes wrong in judging asks a person.

mod draw;
mod policy;

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::draft::{Finding, Level};
use crate::fact::{Judged, Reason, VerdictKind};
use crate::ids::{ActionId, LeadId, MemberId, MessageId, ProposalId};
use crate::step::{Place, Profile, Step, is_floor_by_nature};
use crate::terms::{Actor, Commitment, Content, Member, Sealed, Tier, Who};

pub use draw::{Draw, NoDraw};
pub use policy::{Policy, PolicyError, SCHEMA};

/// How one step is set up in the playbook: its answers to the three questions, and where it starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepSetup {
    /// The three answers.
    pub profile: Profile,
    /// Where its classes stand until evidence moves them.
    pub starts: Place,
}

impl StepSetup {
    /// The shipped answers, standing where the framework puts them.
    pub fn shipped(step: Step) -> StepSetup {
        let profile = Profile::shipped(step);
        let starts = if is_floor_by_nature(step) { Place::Floor } else { profile.place() };
        StepSetup { profile, starts }
    }

    /// Whether this step can never be automated.
    pub fn is_floor(&self, step: Step) -> bool {
        is_floor_by_nature(step) || self.profile.place() == Place::Floor || self.starts == Place::Floor
    }
}

/// The action to be judged, as far as the gate looks at it.
#[derive(Debug, Clone)]
pub struct Deed<'a> {
    /// Which action.
    pub id: ActionId,
    /// Its step.
    pub step: Step,
    /// Its class.
    pub class: &'a str,
    /// Who wants it.
    pub proposer: &'a Actor,
    /// Whether a person wrote the content in their own words.
    pub own_words: bool,
    /// The proposer's confidence in thousandths.
    pub confidence: Option<u16>,
    /// What it would send.
    pub content: Option<&'a Content>,
}

/// What the gate must know about the lead and the moment.
#[derive(Debug, Clone)]
pub struct Circumstances<'a> {
    /// On which lead.
    pub lead: LeadId,
    /// The lead's owner.
    pub owner: Option<MemberId>,
    /// The account: id as text, tier, value.
    pub account: Option<(String, Tier, u64)>,
    /// Tier that counts for this lead.
    pub tier: Tier,
    /// Its value in whole units of currency.
    pub value: u64,
    /// The person does not want messages.
    pub opted_out: bool,
    /// The lead is closed.
    pub closed: bool,
    /// Signs that tone matters: `complaint`, `cancellation`, `breach`.
    pub risk: Vec<&'static str>,
    /// What was found in the content.
    pub findings: Vec<Finding>,
    /// Whether the class stands as automated now.
    pub automated: bool,
    /// The members of the workspace.
    pub members: &'a [Member],
}

/// Judges an action. Pure and total: every reason that contributed is in the answer, in the order of judging, and
/// any doubt asks.
pub fn judge(
    deed: &Deed<'_>,
    circumstances: &Circumstances<'_>,
    setup: &StepSetup,
    policy: &Policy,
) -> Judged {
    let refusals = refusals(deed, circumstances);
    if !refusals.is_empty() {
        return verdict(VerdictKind::Refuse, refusals, circumstances, 1);
    }

    let mut reasons = Vec::new();
    let mut must_ask = false;
    if setup.is_floor(deed.step) {
        must_ask = true;
        reasons.push(Reason::new("floor", "This step is never automated, whatever the evidence."));
        reasons.extend(profile_reasons(&setup.profile));
    }
    for finding in circumstances.findings.iter().filter(|finding| finding.level >= Level::Ask) {
        must_ask = true;
        reasons.push(Reason::new(format!("finding.{}", finding_name(finding)), finding.words.clone()));
    }

    let ruling = policy.may_run(deed, circumstances, &setup.profile);
    must_ask |= !ruling.permitted;
    let person_wrote_it = deed.own_words && ruling.permitted;
    if !circumstances.automated && !person_wrote_it {
        must_ask = true;
        if !setup.is_floor(deed.step) {
            reasons.extend(profile_reasons(&setup.profile));
        }
    }
    reasons.extend(ruling.reasons);

    if must_ask {
        let demands = policy.demands(deed, circumstances, &setup.profile);
        reasons.extend(demands.reasons);
        let mut judged = verdict(VerdictKind::Ask, reasons, circumstances, demands.quorum);
        judged.passkey = demands.passkey;
        return judged;
    }
    if reasons.is_empty() {
        reasons.extend(profile_reasons(&setup.profile));
    }
    verdict(VerdictKind::Run, reasons, circumstances, 1)
}

fn verdict(kind: VerdictKind, reasons: Vec<Reason>, circumstances: &Circumstances<'_>, quorum: u8) -> Judged {
    let findings = circumstances.findings.clone();
    Judged { kind, reasons, findings, quorum, passkey: false, mark: None }
}

/// The verdict on an action that may run and was drawn for an audit: it asks, with the reasons and the demands of any other
/// proposal of its step.
pub fn ask_for_audit(
    deed: &Deed<'_>,
    circumstances: &Circumstances<'_>,
    setup: &StepSetup,
    policy: &Policy,
) -> Judged {
    let mut reasons: Vec<Reason> = profile_reasons(&setup.profile).collect();
    let demands = policy.demands(deed, circumstances, &setup.profile);
    reasons.extend(demands.reasons);
    let mut judged = verdict(VerdictKind::Ask, reasons, circumstances, demands.quorum);
    judged.passkey = demands.passkey;
    judged
}

fn profile_reasons(profile: &Profile) -> impl Iterator<Item = Reason> {
    profile.reasons().into_iter().map(|(id, text)| Reason::new(id, text))
}

fn refusals(deed: &Deed<'_>, circumstances: &Circumstances<'_>) -> Vec<Reason> {
    let mut reasons = Vec::new();
    if !deed.step.sends() {
        return reasons;
    }
    if circumstances.opted_out {
        reasons.push(Reason::new("refuse.opted_out", "This person does not want messages any more."));
    }
    if circumstances.closed {
        reasons.push(Reason::new("refuse.closed", "The lead is closed; open it again before writing."));
    }
    match deed.content {
        None => reasons.push(Reason::new("refuse.no_content", "There is nothing to send.")),
        Some(content) if content.to.is_empty() => {
            reasons.push(Reason::new("refuse.no_recipient", "There is no address to send to."));
        }
        Some(content) => {
            let bad =
                content.to.iter().chain(&content.cc).find(|address| !crate::capture::is_address(address));
            if let Some(bad) = bad {
                reasons.push(Reason::new("refuse.bad_recipient", format!("`{bad}` is not an address.")));
            }
        }
    }
    reasons
}

/// Who may decide on a proposal of this action, in the order of `members`.
pub fn eligible(
    deed: &Deed<'_>,
    circumstances: &Circumstances<'_>,
    setup: &StepSetup,
    policy: &Policy,
) -> Vec<MemberId> {
    // Members who look alike to the policy get one evaluation between them: most workspaces have four kinds.
    let mut known: BTreeMap<(&str, bool, bool), bool> = BTreeMap::new();
    let proposer = deed.proposer.member();
    let mut may = |member: &Member| {
        let judge = || policy.may_approve(member, deed, circumstances, &setup.profile).permitted;
        if policy.names_members() {
            return judge();
        }
        let alike = (member.role.word(), circumstances.owner == Some(member.id), proposer == Some(member.id));
        *known.entry(alike).or_insert_with(judge)
    };
    circumstances.members.iter().filter(|member| may(member)).map(|member| member.id).collect()
}

/// Whether this member may decide now, with the reason if not.
///
/// # Errors
/// Why not, in words.
pub fn may_approve(
    member: &Member,
    deed: &Deed<'_>,
    circumstances: &Circumstances<'_>,
    setup: &StepSetup,
    policy: &Policy,
) -> Result<(), String> {
    let ruling = policy.may_approve(member, deed, circumstances, &setup.profile);
    if ruling.permitted {
        return Ok(());
    }
    let words: Vec<&str> = ruling.reasons.iter().map(|reason| reason.text.as_str()).collect();
    Err(if words.is_empty() {
        format!("the policy does not let a {} decide this", member.role.word())
    } else {
        words.join(" ")
    })
}

/// Content that passed the gate for one dispatch. Nobody else can make one, and [`Cleared::into_parts`] is the only
/// way to its inside, so a channel cannot be handed anything that was not judged.
#[derive(Debug, Clone, PartialEq)]
pub struct Cleared {
    action: ActionId,
    step: Step,
    by_itself: bool,
    lead: LeadId,
    message: MessageId,
    external_id: String,
    sealed: Sealed,
}

impl Cleared {
    /// The action being carried out.
    pub fn action(&self) -> ActionId {
        self.action
    }

    /// Its step.
    pub fn step(&self) -> Step {
        self.step
    }

    /// Whether the gate let it run, so that no person saw it before it goes.
    pub fn ran_by_itself(&self) -> bool {
        self.by_itself
    }

    /// The lead it concerns.
    pub fn lead(&self) -> LeadId {
        self.lead
    }

    /// Our id for the outbound message.
    pub fn message(&self) -> MessageId {
        self.message
    }

    /// The Message-ID it carries, without angle brackets; fixed before the first attempt.
    pub fn external_id(&self) -> &str {
        &self.external_id
    }

    /// What goes out, exactly.
    pub fn content(&self) -> &Content {
        &self.sealed.content
    }

    /// What was committed to.
    pub fn commitment(&self) -> Commitment {
        self.sealed.commitment
    }

    /// The random bytes that blind the commitment, for whoever checks it.
    pub fn blinding(&self) -> &[u8; 32] {
        &self.sealed.blinding
    }
}

/// How a dispatch came to be allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leave {
    /// A person decided on exactly this content.
    Approved {
        /// On which proposal.
        proposal: ProposalId,
        /// The content decided.
        content: Option<Commitment>,
    },
    /// The gate let it run.
    Ran,
}

/// What the second judgement, just before sending, says.
#[derive(Debug, Clone, PartialEq)]
pub enum Clearance {
    /// Go.
    Go(Box<Cleared>),
    /// Not now.
    Hold {
        /// Until when.
        until: Timestamp,
        /// Why.
        why: Reason,
    },
    /// No longer: it must be proposed again or dropped.
    Stricter(Judged),
}

/// Everything the second judgement looks at.
#[derive(Debug)]
pub struct Departure<'a> {
    /// The action, as judged now.
    pub judged: Judged,
    /// Which action.
    pub action: ActionId,
    /// Of which step.
    pub step: Step,
    /// On which lead.
    pub lead: LeadId,
    /// How it came to be allowed.
    pub leave: Leave,
    /// What would go out.
    pub sealed: &'a Sealed,
    /// The commitment computed again from the bytes that would go out.
    pub recomputed: Commitment,
    /// Our id for the message.
    pub message: MessageId,
    /// Its Message-ID.
    pub external_id: String,
    /// If sending has to wait: until when, and why.
    pub hold: Option<(Timestamp, Reason)>,
}

/// Judges once more, on fresh circumstances, and makes the [`Cleared`] that a channel needs. It can only be stricter
/// than what was decided before: an approval covers an `ask`, and nothing covers a refusal, a finding that stops, or
/// content that is not the content decided.
pub fn clear(departure: Departure<'_>) -> Clearance {
    let Departure { mut judged, action, step, lead, leave, sealed, recomputed, message, external_id, hold } =
        departure;
    let decided = match leave {
        Leave::Approved { content, .. } => content,
        Leave::Ran => Some(sealed.commitment),
    };
    if decided != Some(recomputed) || sealed.commitment != recomputed {
        judged.kind = VerdictKind::Ask;
        judged
            .reasons
            .insert(0, Reason::new("stale.content", "The content is not the content that was decided."));
        return Clearance::Stricter(judged);
    }
    let stops = judged.findings.iter().any(|finding| finding.level == Level::Stop);
    let covered = match (judged.kind, leave) {
        (VerdictKind::Run, _) => !stops,
        (VerdictKind::Ask, Leave::Approved { .. }) => !stops,
        (VerdictKind::Ask, Leave::Ran) | (VerdictKind::Hold | VerdictKind::Refuse, _) => false,
    };
    if !covered {
        return Clearance::Stricter(judged);
    }
    if let Some((until, why)) = hold {
        return Clearance::Hold { until, why };
    }
    let by_itself = leave == Leave::Ran;
    Clearance::Go(Box::new(Cleared {
        action,
        step,
        by_itself,
        lead,
        message,
        external_id,
        sealed: sealed.clone(),
    }))
}

/// A finding's stable name: `placeholder`, `wrong-name` …
pub fn finding_name(finding: &Finding) -> String {
    match serde_json::to_value(finding.id) {
        Ok(serde_json::Value::String(name)) => name,
        _ => String::new(),
    }
}

/// The kind of principal, as policies see it.
pub(crate) fn principal_kind(actor: &Actor) -> &'static str {
    match actor.who {
        Who::Member(_) => "Member",
        Who::Agent(_) => "Agent",
        Who::System => "System",
    }
}
