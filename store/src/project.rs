//! Facts make the views. One pure function serves the live commit, which projects the facts it writes, and the rebuild
//! check, which projects a lead's whole history at once; so it must not matter how facts are divided into commits.
//!
//! A lead's state forgets its oldest settled actions and proposals, sometimes by the very fact that settles them. What
//! a fact is about and the state has forgotten is named in [`Views::forgotten`] and made by [`recall`].

use std::collections::{BTreeMap, BTreeSet};

use flow::approval::{Proposal, ProposalState};
use flow::fact::{Entry, Fact, Judged, Payload, VerdictKind};
use flow::ids::{ActionId, LeadId, MemberId, MessageId, ProposalId};
use flow::lead::{Action, ActionState, Lead, enquiry, evolve};
use flow::matching::{Card, fold};
use flow::terms::{Account, Actor, Commitment, Member};
use jiff::Timestamp;

use crate::views::{ActionRow, ClockCell, LeadRow};

/// Longest subject in a list, in characters.
const SUBJECT_CHARS: usize = 200;

/// Rows to be written because of some facts.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Views {
    pub lead: Option<LeadView>,
    pub actions: Vec<ActionRow>,
    pub proposals: Vec<ProposalView>,
    pub messages: Vec<MessageView>,
    /// What came of messages that went out by earlier facts.
    pub outcomes: Vec<(MessageId, &'static str)>,
    pub members: Vec<Member>,
    pub accounts: Vec<Account>,
    /// The playbook that came into force.
    pub playbook: Option<String>,
    pub forgotten: Vec<Forgotten>,
}

/// A lead in lists and searches.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LeadView {
    pub row: LeadRow,
    /// Sorts lists; see [`urgency`].
    pub urgency: i64,
    pub open: bool,
    /// Folded words to be found by.
    pub words: String,
    /// What new enquiries are compared with.
    pub cards: Vec<Card>,
}

/// A proposal on the desk and in histories.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ProposalView {
    pub proposal: Proposal,
    pub lead: LeadId,
    /// The lead's value, for the order of the desk.
    pub worth: u64,
    /// When these facts settled it; none when they did not.
    pub settled_at: Option<Timestamp>,
}

/// A message in the conversation. Its text is the fact's: the body's of what came in, the content of what went out.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct MessageView {
    pub id: MessageId,
    pub at: Timestamp,
    /// Which of the facts told it.
    pub entry: usize,
    pub external_id: Option<String>,
    pub out: Option<OutView>,
}

/// What is known of a message that went out.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct OutView {
    pub action: ActionId,
    pub proposal: Option<ProposalId>,
    pub state: &'static str,
    pub content: Option<Commitment>,
}

/// Something that facts are about and the state has forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Forgotten {
    Action(ActionId),
    /// A proposal and its action.
    Proposal(ProposalId, ActionId),
}

/// The rows that follow from `entries`, after which the lead they are about stands as `after`.
pub(crate) fn project(after: Option<&Lead>, entries: &[&Entry]) -> Views {
    let mut views = Views::default();
    // What was before an erasure has left no trace in the views.
    let erased = entries.iter().rposition(|entry| matches!(entry.fact, Fact::LeadErased { .. }));
    let entries = &entries[erased.unwrap_or(0)..];
    for (nth, entry) in (erased.unwrap_or(0)..).zip(entries) {
        match &entry.fact {
            Fact::MemberAdded { member } => views.members.push(member.clone()),
            Fact::AccountRecorded { account } => views.accounts.push(account.clone()),
            Fact::PlaybookAdopted { digest, .. } => views.playbook = Some(digest.clone()),
            _ => message(&mut views, nth, entry),
        }
    }
    if let Some(lead) = after {
        views.lead = Some(lead_view(lead));
        actions(&mut views, lead, entries);
        proposals(&mut views, lead, entries);
    }
    views
}

/// A row of something forgotten.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Recalled {
    Action(ActionRow),
    Proposal(ProposalView),
}

/// What became of something forgotten, from the rows before (none when `entries` are its whole story).
pub(crate) fn recall(
    after: &Lead,
    entries: &[&Entry],
    what: Forgotten,
    action_before: Option<&ActionRow>,
    proposal_before: Option<&Proposal>,
) -> Option<Recalled> {
    let (action, proposal) = match what {
        Forgotten::Action(action) => (action, None),
        Forgotten::Proposal(proposal, action) => (action, Some(proposal)),
    };
    // A lead with this one action and proposal, for `evolve` to go over: it forgets nothing so small.
    let mut shadow = Lead {
        actions: action_before.map(|row| (row.id, bare_action(row))).into_iter().collect(),
        proposals: proposal_before.map(|before| (before.id, before.clone())).into_iter().collect(),
        messages: Vec::new(),
        clocks: Vec::new(),
        ..after.clone()
    };
    for entry in entries {
        let about = About::of(&entry.fact);
        let concerns = about.action == Some(action) || (proposal.is_some() && about.proposal == proposal);
        if concerns && let Some(next) = evolve(Some(shadow.clone()), entry) {
            shadow = next;
        }
    }
    match proposal {
        None => {
            shadow.actions.get(&action).map(|action| Recalled::Action(action_row(after.id, action, entries)))
        }
        Some(id) => {
            shadow.proposals.get(&id).map(|found| Recalled::Proposal(proposal_view(after, found, entries)))
        }
    }
}

/// Sorts leads: open clocks by when they are due, and behind all of those the last touched first.
pub(crate) fn urgency(clock_due: Option<Timestamp>, touched_at: Timestamp) -> i64 {
    match clock_due {
        Some(due) => due.as_microsecond(),
        None => i64::MAX - touched_at.as_microsecond(),
    }
}

/// Who may decide a proposal and has not done so yet; nobody once it is settled.
pub(crate) fn deciders(proposal: &Proposal) -> BTreeSet<MemberId> {
    if proposal.state != ProposalState::Pending {
        return BTreeSet::new();
    }
    let decided: Vec<MemberId> = proposal.decisions.iter().map(|decided| decided.by).collect();
    proposal.eligible.iter().copied().filter(|member| !decided.contains(member)).collect()
}

fn lead_view(lead: &Lead) -> LeadView {
    let clock = lead.next_clock();
    let row = LeadRow {
        id: lead.id,
        person: lead.person.clone(),
        account: lead.account.as_ref().map(|account| account.name.clone()),
        tier: lead.tier(),
        value: lead.value(),
        owner: lead.owner,
        stage: lead.stage,
        source: lead.source.word().to_owned(),
        captured_at: lead.captured_at,
        touched_at: lead.touched_at,
        clock: clock.map(|clock| ClockCell {
            promise: promise(clock.promise).to_owned(),
            state: clock.state.word().to_owned(),
            started: clock.started,
            due: clock.due,
        }),
        pending: lead.proposals.values().filter(|proposal| proposal.state == ProposalState::Pending).count()
            as u32,
        risk: Vec::new(),
        subject: subject(lead),
    };
    LeadView {
        urgency: urgency(clock.map(|clock| clock.due), lead.touched_at),
        open: !lead.stage.is_closed() && lead.erased.is_none(),
        words: words(lead),
        cards: if lead.merged_into.is_some() { Vec::new() } else { enquiry::cards(&lead.enquiries) },
        row,
    }
}

const fn promise(kind: flow::fact::ClockKind) -> &'static str {
    match kind {
        flow::fact::ClockKind::FirstResponse => "first_response",
        flow::fact::ClockKind::NextResponse => "next_response",
    }
}

/// The last subject that either side wrote, else the first words of the last text.
fn subject(lead: &Lead) -> String {
    let written =
        lead.messages.iter().rev().map(|note| note.subject.trim()).find(|subject| !subject.is_empty());
    let text = written.unwrap_or_else(|| {
        lead.last_words.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("")
    });
    text.chars().take(SUBJECT_CHARS).collect()
}

/// Name, address, company, account and phone, the phone once more as one run of digits.
fn words(lead: &Lead) -> String {
    let person = &lead.person;
    let account = lead.account.as_ref().map_or("", |account| account.name.as_str());
    let mut words =
        [&person.name, &person.email, &person.company, account, &person.phone].map(fold::words).join(" ");
    let digits = fold::run(&person.phone);
    if !digits.is_empty() {
        words.push(' ');
        words.push_str(&digits);
    }
    words
}

/// What a fact says about messages.
fn message(views: &mut Views, nth: usize, entry: &Entry) {
    match &entry.fact {
        Fact::MessageReceived { message, inbound } => views.messages.push(MessageView {
            id: *message,
            at: inbound.received_at,
            entry: nth,
            external_id: inbound.external_id.clone(),
            out: None,
        }),
        Fact::DispatchAttempted { action, proposal, message, external_id } => {
            views.messages.push(MessageView {
                id: *message,
                at: entry.at,
                entry: nth,
                external_id: Some(external_id.clone()),
                out: Some(OutView {
                    action: *action,
                    proposal: *proposal,
                    state: "attempted",
                    content: entry.content.as_ref().map(|sealed| sealed.commitment),
                }),
            })
        }
        Fact::DispatchSettled { message, outcome, .. } => {
            let told = views.messages.iter_mut().rev().find(|view| view.id == *message);
            match told.and_then(|view| view.out.as_mut()) {
                Some(out) => out.state = outcome.word(),
                None => views.outcomes.push((*message, outcome.word())),
            }
        }
        _ => {}
    }
}

fn actions(views: &mut Views, lead: &Lead, entries: &[&Entry]) {
    let touched: BTreeSet<ActionId> =
        entries.iter().filter_map(|entry| About::of(&entry.fact).action).collect();
    for id in touched {
        match lead.actions.get(&id) {
            Some(action) => views.actions.push(action_row(lead.id, action, entries)),
            None => views.forgotten.push(Forgotten::Action(id)),
        }
    }
}

fn proposals(views: &mut Views, lead: &Lead, entries: &[&Entry]) {
    let mut touched: BTreeMap<ProposalId, Option<ActionId>> = BTreeMap::new();
    for about in entries.iter().map(|entry| About::of(&entry.fact)).filter(|about| about.changes_proposal) {
        if let Some(proposal) = about.proposal {
            let action = touched.entry(proposal).or_default();
            *action = action.or(about.action);
        }
    }
    for (id, action) in touched {
        match (lead.proposals.get(&id), action) {
            (Some(proposal), _) => views.proposals.push(proposal_view(lead, proposal, entries)),
            (None, Some(action)) => views.forgotten.push(Forgotten::Proposal(id, action)),
            // A reminder settles nothing, so whoever it is about has not been forgotten because of it.
            (None, None) => {}
        }
    }
}

fn action_row(lead: LeadId, action: &Action, entries: &[&Entry]) -> ActionRow {
    let made = entries.iter().rev().find_map(|entry| match &entry.fact {
        Fact::ProposalMade { proposal, action: of, .. } if *of == action.id => Some(*proposal),
        Fact::LeadErased { action: of, residue } if *of == action.id => {
            residue.proposal.as_ref().map(|proposal| proposal.id)
        }
        _ => None,
    });
    ActionRow {
        id: action.id,
        lead,
        step: action.step,
        class: action.class.clone(),
        verdict: action.verdict.kind.word().to_owned(),
        state: action.state.word().to_owned(),
        at: action.at,
        proposal: made,
    }
}

fn proposal_view(lead: &Lead, proposal: &Proposal, entries: &[&Entry]) -> ProposalView {
    let settles = |fact: &Fact| match fact {
        Fact::ApprovalDecided { proposal: of, settles, .. } => *settles && *of == proposal.id,
        Fact::ProposalWithdrawn { proposal: of, .. } | Fact::ProposalExpired { proposal: of, .. } => {
            *of == proposal.id
        }
        Fact::LeadErased { residue, .. } => residue.proposal.as_ref().is_some_and(|of| of.id == proposal.id),
        _ => false,
    };
    ProposalView {
        proposal: proposal.clone(),
        lead: lead.id,
        worth: lead.value(),
        settled_at: entries.iter().rev().find(|entry| settles(&entry.fact)).map(|entry| entry.at),
    }
}

/// An action as far as its row knows it. Nothing that [`evolve`] asks of an old action is missing.
fn bare_action(row: &ActionRow) -> Action {
    Action {
        id: row.id,
        step: row.step,
        class: row.class.clone(),
        proposer: Actor::SYSTEM,
        why: String::new(),
        payload: Payload::Other,
        content: None,
        confidence: None,
        words_new: 0,
        verdict: Judged {
            kind: verdict_kind(&row.verdict),
            reasons: Vec::new(),
            findings: Vec::new(),
            quorum: 1,
            passkey: false,
            mark: None,
        },
        state: ActionState::Done,
        attempts: 0,
        basis: None,
        at: row.at,
    }
}

fn verdict_kind(word: &str) -> VerdictKind {
    use VerdictKind::{Ask, Hold, Refuse, Run};
    [Run, Ask, Hold, Refuse].into_iter().find(|kind| kind.word() == word).unwrap_or(Ask)
}

/// Which action and proposal a fact changes.
struct About {
    action: Option<ActionId>,
    proposal: Option<ProposalId>,
    /// The proposal itself changes, and not only what came of it.
    changes_proposal: bool,
}

impl About {
    /// Names every fact, so that a new one cannot be overlooked here.
    fn of(fact: &Fact) -> About {
        let action =
            |action: &ActionId| About { action: Some(*action), proposal: None, changes_proposal: false };
        match fact {
            Fact::ProposalMade { proposal, action, .. }
            | Fact::ProposalWithdrawn { proposal, action, .. }
            | Fact::ProposalExpired { proposal, action }
            | Fact::ApprovalDecided { proposal, action, .. } => {
                About { action: Some(*action), proposal: Some(*proposal), changes_proposal: true }
            }
            Fact::LeadErased { action, residue } => About {
                action: residue.proposal.as_ref().map(|_| *action),
                proposal: residue.proposal.as_ref().map(|proposal| proposal.id),
                changes_proposal: true,
            },
            Fact::ProposalReminded { proposal } => {
                About { action: None, proposal: Some(*proposal), changes_proposal: true }
            }
            Fact::ActionJudged { action: id, .. }
            | Fact::ActionWithdrawn { action: id, .. }
            | Fact::DispatchAttempted { action: id, .. }
            | Fact::DispatchSettled { action: id, .. }
            | Fact::OwnerReminded { action: id, .. }
            | Fact::LeadEscalated { action: id, .. } => action(id),
            // Whichever of the two leads has the action, judging and deciding it is all that its row tells.
            Fact::LeadMerged { .. }
            | Fact::LeadMergedInto { .. }
            | Fact::LeadCaptured { .. }
            | Fact::LeadJoined { .. }
            | Fact::LeadUnmerged { .. }
            | Fact::LeadRestored { .. }
            | Fact::LeadToldApart { .. }
            | Fact::MessageReceived { .. }
            | Fact::LeadAssigned { .. }
            | Fact::ClockStarted { .. }
            | Fact::ClockWarned { .. }
            | Fact::ClockBreached { .. }
            | Fact::ClockMet { .. }
            | Fact::ClockCancelled { .. }
            | Fact::DraftFailed { .. }
            | Fact::ActionHeld { .. }
            | Fact::StageChanged { .. }
            | Fact::SequenceEnrolled { .. }
            | Fact::SequenceWaiting { .. }
            | Fact::SequenceActed { .. }
            | Fact::SequencePaused { .. }
            | Fact::SequenceStopped { .. }
            | Fact::SequenceFinished { .. }
            | Fact::SequenceFailed { .. }
            | Fact::OptedOut { .. }
            | Fact::ExceptionReported { .. }
            | Fact::PlaybookAdopted { .. }
            | Fact::BoundaryMoved { .. }
            | Fact::ProbesSwitched { .. }
            | Fact::ProbePlanted { .. }
            | Fact::ProbeDecided { .. }
            | Fact::MemberAdded { .. }
            | Fact::TokenCreated { .. }
            | Fact::CredentialEnrolled { .. }
            | Fact::CredentialRevoked { .. }
            | Fact::AccountRecorded { .. } => About { action: None, proposal: None, changes_proposal: false },
        }
    }
}
