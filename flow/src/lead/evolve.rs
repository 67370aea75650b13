//! Facts make the state: the only way a [`Lead`] comes about or changes.

use crate::approval::{Decided, Proposal, ProposalState};
use crate::capture::{Automatic, Inbound};
use crate::fact::{Entry, Fact, Outcome, VerdictKind};
use crate::ids::{EnrolmentId, MessageId};
use crate::sequence::{ENROLMENTS_KEPT, Enrolment, EnrolmentState};
use crate::terms::{Sealed, Stage, Via};

use super::erase;
use super::{
    Action, ActionState, Clock, ClockState, Dropped, EnquiryNote, LAST_WORDS_CHARS, Lead, MESSAGE_NOTES,
    MessageNote, SETTLED_KEPT, Words, enquiry, merge,
};

/// The state after one more fact. A first fact that does not begin a lead makes none.
pub fn evolve(lead: Option<Lead>, entry: &Entry) -> Option<Lead> {
    match lead {
        None => begin(entry),
        Some(mut lead) => {
            apply(&mut lead, entry);
            Some(lead)
        }
    }
}

fn begin(entry: &Entry) -> Option<Lead> {
    if let Fact::LeadErased { action, residue } = &entry.fact {
        return Some(erase::left(entry.lead?, *action, residue, entry));
    }
    let Fact::LeadCaptured { source, origin, delivery, person, fields, account, .. } = &entry.fact else {
        return None;
    };
    let first = EnquiryNote {
        of: None,
        delivery: delivery.clone(),
        source: *source,
        origin: origin.clone(),
        person: person.clone(),
        fields: fields.clone(),
        account: account.clone(),
        at: entry.at,
        times: 1,
    };
    Some(Lead {
        id: entry.lead?,
        person: person.clone(),
        source: *source,
        origin: origin.clone(),
        fields: fields.clone(),
        account: account.clone(),
        stage: Stage::New,
        owner: None,
        why_owner: None,
        captured_at: entry.at,
        touched_at: entry.at,
        messages: Vec::new(),
        last_words: String::new(),
        clocks: Vec::new(),
        actions: Default::default(),
        proposals: Default::default(),
        opted_out: false,
        erased: None,
        enquiries: vec![first],
        merged: Vec::new(),
        own: None,
        merged_into: None,
        apart: Default::default(),
        traces: Default::default(),
        enrolments: Vec::new(),
    })
}

/// Changes a known lead by one fact.
pub(super) fn apply(lead: &mut Lead, entry: &Entry) {
    lead.touched_at = entry.at;
    match &entry.fact {
        Fact::LeadJoined { source, origin, delivery, person, fields, .. } => {
            let joined = EnquiryNote {
                of: None,
                delivery: delivery.clone(),
                source: *source,
                origin: origin.clone(),
                person: person.clone(),
                fields: fields.clone(),
                account: None,
                at: entry.at,
                times: 1,
            };
            enquiry::note(&mut lead.enquiries, joined);
            merge::look_again(lead);
        }
        Fact::LeadMerged { action, other, brought } => {
            merge::absorb(lead, *other, *action, entry.at, brought);
        }
        Fact::LeadMergedInto { into, .. } => merge::rest(lead, *into),
        Fact::LeadUnmerged { other, .. } => merge::release(lead, *other),
        Fact::LeadRestored { from, .. } => merge::wake(lead, *from),
        Fact::LeadToldApart { other } => {
            lead.apart.insert(*other);
        }
        Fact::MessageReceived { message, inbound } => hear(lead, *message, inbound),
        Fact::LeadAssigned { owner, why, .. } => {
            lead.owner = *owner;
            lead.why_owner = Some(why.clone());
        }
        Fact::StageChanged { to, .. } => lead.stage = *to,
        Fact::OptedOut { .. } => {
            lead.opted_out = true;
            if let Some(own) = &mut lead.own {
                own.opted_out = true;
            }
        }

        Fact::ClockStarted { clock, promise, policy, calendar, target_secs, warn_at, due } => {
            lead.clocks.push(Clock {
                id: *clock,
                promise: *promise,
                policy: policy.clone(),
                calendar: calendar.clone(),
                target_secs: *target_secs,
                started: entry.at,
                warn_at: *warn_at,
                due: *due,
                state: ClockState::Running,
                breached: false,
                ended: None,
            })
        }
        Fact::ClockWarned { clock } => set_clock(lead, entry, *clock, ClockState::Warned),
        Fact::ClockBreached { clock } => set_clock(lead, entry, *clock, ClockState::Breached),
        Fact::ClockMet { clock, .. } => set_clock(lead, entry, *clock, ClockState::Met),
        Fact::ClockCancelled { clock } => set_clock(lead, entry, *clock, ClockState::Cancelled),

        Fact::ActionJudged { .. } => judged(lead, entry),
        Fact::ProposalMade { .. } => proposed(lead, entry),
        Fact::ApprovalDecided { .. } => decided(lead, entry),
        Fact::ProposalReminded { proposal } => {
            if let Some(proposal) = lead.proposals.get_mut(proposal) {
                proposal.reminded = true;
            }
        }
        Fact::ProposalWithdrawn { proposal, action, .. } => {
            close_proposal(lead, *proposal, ProposalState::Withdrawn);
            set_action(lead, *action, ActionState::Dropped { how: Dropped::Withdrawn });
        }
        Fact::ProposalExpired { proposal, action } => {
            close_proposal(lead, *proposal, ProposalState::Expired);
            set_action(lead, *action, ActionState::Dropped { how: Dropped::Expired });
        }
        Fact::ActionWithdrawn { action, .. } => {
            set_action(lead, *action, ActionState::Dropped { how: Dropped::Withdrawn });
        }
        Fact::DispatchAttempted { action, proposal, message, external_id } => {
            let state = ActionState::Attempted {
                proposal: *proposal,
                message: *message,
                external_id: external_id.clone(),
            };
            if let Some(action) = lead.actions.get_mut(action) {
                action.attempts = action.attempts.saturating_add(1);
                action.state = state;
            }
        }
        Fact::DispatchSettled { .. } => settled(lead, entry),
        Fact::LeadErased { action, residue } => *lead = erase::left(lead.id, *action, residue, entry),
        Fact::OwnerReminded { action, .. } | Fact::LeadEscalated { action, .. } => {
            set_action(lead, *action, ActionState::Done);
        }

        Fact::SequenceEnrolled { .. } => enrolled(lead, entry),
        Fact::SequenceWaiting { enrolment, step, until } => {
            set_enrolment(lead, *enrolment, Some(*step), EnrolmentState::Active { until: *until })
        }
        Fact::SequenceActed { enrolment, step, action, waits: true } => {
            set_enrolment(lead, *enrolment, Some(step + 1), EnrolmentState::Waiting { action: *action })
        }
        Fact::SequenceActed { .. } => {}
        Fact::SequencePaused { enrolment, until } => {
            set_enrolment(lead, *enrolment, None, EnrolmentState::Paused { until: *until })
        }
        Fact::SequenceStopped { enrolment, why } => {
            set_enrolment(lead, *enrolment, None, EnrolmentState::Stopped { at: entry.at, why: *why })
        }
        Fact::SequenceFinished { enrolment } => {
            set_enrolment(lead, *enrolment, None, EnrolmentState::Finished { at: entry.at })
        }
        Fact::SequenceFailed { enrolment, why } => {
            set_enrolment(lead, *enrolment, None, EnrolmentState::Failed { at: entry.at, why: why.clone() })
        }

        Fact::LeadCaptured { .. }
        | Fact::DraftFailed { .. }
        | Fact::ActionHeld { .. }
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
        | Fact::AccountRecorded { .. } => {}
    }
    forget_settled(lead);
}

fn hear(lead: &mut Lead, message: MessageId, inbound: &Inbound) {
    note(
        lead,
        MessageNote {
            id: message,
            inbound: true,
            at: inbound.received_at,
            subject: inbound.subject.chars().take(200).collect(),
            address: inbound.from.clone(),
            external_id: inbound.external_id.clone(),
            automatic: inbound.automatic,
        },
    );
    if inbound.automatic == Automatic::No {
        lead.last_words = inbound.text.chars().take(LAST_WORDS_CHARS).collect();
        if let Some(own) = &mut lead.own {
            own.words = Words { text: lead.last_words.clone(), at: Some(inbound.received_at) };
            merge::look_again(lead);
        }
    }
}

fn note(lead: &mut Lead, note: MessageNote) {
    if lead.messages.len() >= MESSAGE_NOTES {
        lead.messages.remove(0);
    }
    lead.messages.push(note);
}

fn enrolled(lead: &mut Lead, entry: &Entry) {
    let Fact::SequenceEnrolled { enrolment, sequence, calendar, steps, sender, .. } = &entry.fact else {
        return;
    };
    if lead.enrolments.len() >= ENROLMENTS_KEPT {
        lead.enrolments.remove(0);
    }
    lead.enrolments.push(Enrolment {
        id: *enrolment,
        sequence: sequence.clone(),
        calendar: calendar.clone(),
        steps: steps.clone(),
        sender: *sender,
        began: entry.at,
        next: 0,
        state: EnrolmentState::Active { until: entry.at },
    });
}

fn set_enrolment(lead: &mut Lead, id: EnrolmentId, next: Option<usize>, state: EnrolmentState) {
    if let Some(enrolment) = lead.enrolments.iter_mut().find(|enrolment| enrolment.id == id) {
        enrolment.next = next.unwrap_or(enrolment.next);
        enrolment.state = state;
    }
}

fn set_clock(lead: &mut Lead, entry: &Entry, id: crate::ids::ClockId, state: ClockState) {
    if let Some(clock) = lead.clocks.iter_mut().find(|clock| clock.id == id) {
        clock.state = state;
        clock.breached |= state == ClockState::Breached;
        if !clock.is_open() {
            clock.ended = Some(entry.at);
        }
    }
}

fn set_action(lead: &mut Lead, id: crate::ids::ActionId, state: ActionState) {
    if let Some(action) = lead.actions.get_mut(&id) {
        action.state = state;
    }
}

fn close_proposal(lead: &mut Lead, id: crate::ids::ProposalId, state: ProposalState) {
    if let Some(proposal) = lead.proposals.get_mut(&id) {
        proposal.state = state;
    }
}

fn judged(lead: &mut Lead, entry: &Entry) {
    let Fact::ActionJudged { action, step, class, payload, why, confidence, words_new, verdict } =
        &entry.fact
    else {
        return;
    };
    let state = match verdict.kind {
        VerdictKind::Refuse => ActionState::Dropped { how: Dropped::Refused },
        VerdictKind::Run if !step.sends() => ActionState::Done,
        VerdictKind::Run | VerdictKind::Hold | VerdictKind::Ask => ActionState::Waiting { proposal: None },
    };
    let action = Action {
        id: *action,
        step: *step,
        class: class.clone(),
        proposer: entry.actor.clone(),
        why: why.clone(),
        payload: payload.clone(),
        content: entry.content.clone(),
        confidence: *confidence,
        words_new: *words_new,
        verdict: verdict.clone(),
        state,
        attempts: 0,
        basis: lead.last_inbound().map(|note| note.id),
        at: entry.at,
    };
    lead.actions.insert(action.id, action);
}

fn proposed(lead: &mut Lead, entry: &Entry) {
    let Fact::ProposalMade { proposal, action, step, eligible, deadline, remind_at, basis } = &entry.fact
    else {
        return;
    };
    let Some(judged) = lead.actions.get_mut(action) else { return };
    judged.state = ActionState::Pending { proposal: *proposal };
    let proposal = Proposal {
        id: *proposal,
        action: *action,
        step: *step,
        class: judged.class.clone(),
        state: ProposalState::Pending,
        made_at: entry.at,
        deadline: *deadline,
        remind_at: *remind_at,
        reminded: false,
        verdict: judged.verdict.clone(),
        eligible: eligible.clone(),
        basis: *basis,
        commitment: judged.content.as_ref().map(|sealed| sealed.commitment),
        decisions: Vec::new(),
    };
    lead.proposals.insert(proposal.id, proposal);
}

fn decided(lead: &mut Lead, entry: &Entry) {
    let Fact::ApprovalDecided { proposal: id, action, choice, reason, substance, attention, settles, .. } =
        &entry.fact
    else {
        return;
    };
    let (Some(proposal), Some(by)) = (lead.proposals.get_mut(id), entry.actor.member()) else { return };
    proposal.decisions.push(Decided {
        by,
        choice: *choice,
        at: entry.at,
        reason: reason.clone(),
        substance: *substance,
        attention: *attention,
        signed: entry.actor.via == Via::Passkey,
        content: entry.content.as_ref().map(|sealed| sealed.commitment),
    });
    if *settles {
        proposal.state = choice.state();
    }
    let Some(action) = lead.actions.get_mut(action) else { return };
    if choice.releases() {
        replace_content(&mut action.content, entry.content.as_ref());
    }
    if *settles {
        action.state = match (choice.releases(), action.step.sends()) {
            (false, _) => ActionState::Dropped { how: Dropped::Rejected },
            (true, true) => ActionState::Waiting { proposal: Some(*id) },
            (true, false) => ActionState::Done,
        };
    }
}

fn replace_content(content: &mut Option<Sealed>, decided: Option<&Sealed>) {
    if let Some(decided) = decided {
        *content = Some(decided.clone());
    }
}

fn settled(lead: &mut Lead, entry: &Entry) {
    let Fact::DispatchSettled { action, proposal, message, outcome, again, .. } = &entry.fact else { return };
    let Some(action) = lead.actions.get_mut(action) else { return };
    let external_id = match &action.state {
        ActionState::Attempted { external_id, .. } | ActionState::Unknown { external_id, .. } => {
            external_id.clone()
        }
        _ => String::new(),
    };
    action.state = match outcome {
        Outcome::Done { .. } => ActionState::Done,
        Outcome::Failed { .. } if *again => ActionState::Waiting { proposal: *proposal },
        Outcome::Failed { why } => ActionState::Failed { why: why.clone() },
        Outcome::Unknown { why } => ActionState::Unknown {
            proposal: *proposal,
            message: *message,
            external_id: external_id.clone(),
            why: why.clone(),
        },
    };
    if let Outcome::Done { .. } = outcome {
        let content = action.content.as_ref().map(|sealed| &sealed.content);
        let sent = MessageNote {
            id: *message,
            inbound: false,
            at: entry.at,
            subject: content.map(|content| content.subject().chars().take(200).collect()).unwrap_or_default(),
            address: content.and_then(|content| content.to.first().cloned()).unwrap_or_default(),
            external_id: Some(external_id),
            automatic: Automatic::No,
        };
        note(lead, sent);
    }
}

/// Keeps the state small: the oldest settled actions and proposals leave it, with their content.
fn forget_settled(lead: &mut Lead) {
    let settled: Vec<_> = lead
        .actions
        .values()
        .filter(|action| !action.state.is_open())
        .map(|action| (action.at, action.id))
        .collect();
    if settled.len() > SETTLED_KEPT {
        let mut oldest = settled;
        oldest.sort();
        for (_, id) in oldest.iter().take(oldest.len() - SETTLED_KEPT) {
            lead.actions.remove(id);
        }
    }
    let settled: Vec<_> = lead
        .proposals
        .values()
        .filter(|proposal| proposal.state != ProposalState::Pending)
        .filter(|proposal| !lead.actions.get(&proposal.action).is_some_and(|action| action.state.is_open()))
        .map(|proposal| (proposal.made_at, proposal.id))
        .collect();
    if settled.len() > SETTLED_KEPT {
        let mut oldest = settled;
        oldest.sort();
        for (_, id) in oldest.iter().take(oldest.len() - SETTLED_KEPT) {
            lead.proposals.remove(id);
        }
    }
    // A settled action's text has gone out or never will; the views and the record keep it.
    for action in lead.actions.values_mut() {
        if !action.state.is_open() && action.content.is_some() {
            action.content = None;
        }
    }
}
