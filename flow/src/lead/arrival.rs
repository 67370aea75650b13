//! Something came in: a new lead, one more delivery of a known person, a message, a wish to be left alone.

use jiff::Timestamp;

use crate::capture::{Automatic, Enquiry, Inbound, Source};
use crate::effect::{Effect, Timer};
use crate::fact::{AccountRef, ClockKind, Fact, Overtaken};
use crate::ids::LeadId;
use crate::sequence::Stop;
use crate::step::Step;
use crate::terms::Stage;

use super::story::Story;
use super::{
    Action, ActionState, Clock, ClockState, Context, Decision, Lead, Payload, Refusal, action, exceptions,
    merge, mint, prepare, sequence,
};

/// A delivery becomes a lead, or joins the one it was matched with.
pub(super) fn capture(
    lead: Option<&Lead>,
    enquiry: Enquiry,
    context: &Context<'_>,
) -> Result<Decision, Refusal> {
    let mut story = match lead {
        Some(lead) => {
            let mut story = Story::about(lead.clone(), context);
            join(&mut story, &enquiry);
            story
        }
        None => begin(&enquiry, context).ok_or(Refusal::NoLead)?,
    };
    let is_new = lead.is_none();
    if is_new {
        prepare::assign(&mut story)?;
    }
    match enquiry.message {
        Some(inbound) => hear(&mut story, inbound)?,
        // Somebody who leaves an address on a form or through the API expects an answer; a row of a list does not.
        None if is_new && enquiry.source != Source::Csv => answer(&mut story, enquiry.received_at)?,
        None => {}
    }
    if is_new {
        merge::ask(&mut story)?;
    }
    Ok(story.end())
}

fn begin<'a>(enquiry: &Enquiry, context: &'a Context<'a>) -> Option<Story<'a>> {
    let mut mint = mint(context);
    let id: LeadId = mint.id();
    let account = context.account.map(|account| AccountRef {
        id: account.id,
        name: account.name.clone(),
        tier: account.tier,
        value: account.value,
    });
    let captured = Fact::LeadCaptured {
        source: enquiry.source,
        origin: enquiry.origin.clone(),
        delivery: enquiry.delivery.clone(),
        person: enquiry.person.clone(),
        fields: enquiry.fields.clone(),
        account,
        received_at: enquiry.received_at,
    };
    Story::begin(id, captured, mint, context)
}

fn join(story: &mut Story<'_>, enquiry: &Enquiry) {
    let matched = story.context.matched.as_ref();
    story.tell(Fact::LeadJoined {
        source: enquiry.source,
        origin: enquiry.origin.clone(),
        delivery: enquiry.delivery.clone(),
        person: enquiry.person.clone(),
        fields: enquiry.fields.clone(),
        evidence: matched.map(|matched| merge::words(&matched.likeness)).unwrap_or_default(),
        likeness: matched.map(|matched| matched.likeness.clone()),
    });
}

/// Somebody wrote to us about a known lead.
pub(super) fn receive(story: &mut Story<'_>, inbound: Inbound) -> Result<(), Refusal> {
    hear(story, inbound)
}

fn hear(story: &mut Story<'_>, inbound: Inbound) -> Result<(), Refusal> {
    let (automatic, received_at) = (inbound.automatic, inbound.received_at);
    let message = story.mint.id();
    exceptions::hear(story, &inbound);
    story.tell(Fact::MessageReceived { message, inbound });
    // An out-of-office answer is not a reply: it overtakes nothing and asks for nothing.
    match automatic {
        Automatic::No => {}
        Automatic::OutOfOffice => {
            sequence::away(story);
            return Ok(());
        }
        Automatic::Bounce => {
            sequence::stop_all(story, Stop::Bounce);
            return Ok(());
        }
        Automatic::Bulk => return Ok(()),
    }
    sequence::stop_all(story, Stop::Reply { message });
    let unanswered = overtake(story, &Overtaken::Reply { message });
    if story.lead.stage.is_closed() {
        action::change_stage(story, Stage::Working, "The person wrote again.");
    }
    answer(story, received_at)?;
    for action in unanswered {
        action::propose_again(story, action)?;
    }
    Ok(())
}

/// Starts the promise to answer, and prepares the answer.
fn answer(story: &mut Story<'_>, since: Timestamp) -> Result<(), Refusal> {
    start_clock(story, since)?;
    prepare::acknowledge(story)?;
    prepare::reply(story)
}

/// Takes back every message that is on its way and not yet tried, because the conversation moved on. Answers those
/// that no fresh draft replaces, so that they are proposed again.
pub(super) fn overtake(story: &mut Story<'_>, why: &Overtaken) -> Vec<Action> {
    let open: Vec<Action> = story
        .lead
        .actions
        .values()
        .filter(|action| action.step.sends() && action.step != Step::Acknowledge)
        .filter(|action| matches!(action.state, ActionState::Pending { .. } | ActionState::Waiting { .. }))
        .cloned()
        .collect();
    let mut unreplaced = Vec::new();
    for action in open {
        take_back(story, &action, why.clone());
        let drafted_anew =
            action.step == Step::Reply && matches!(&action.payload, Payload::Send { template: Some(_), .. });
        // A follow-up has nothing to say to somebody who wrote.
        if !drafted_anew && action.step != Step::FollowUp {
            unreplaced.push(action);
        }
    }
    unreplaced
}

/// Takes one pending or waiting action back.
pub(super) fn take_back(story: &mut Story<'_>, action: &Action, why: Overtaken) {
    match action.state {
        ActionState::Pending { proposal } => {
            story.note(Fact::ProposalWithdrawn { proposal, action: action.id, why });
            story.ask(Effect::DropTimer { timer: Timer::Proposal { proposal } });
        }
        ActionState::Waiting { .. } => {
            story.note(Fact::ActionWithdrawn { action: action.id, why });
            story.ask(Effect::Recall { action: action.id });
        }
        _ => {}
    }
}

/// The first answer is promised from the first inbound; after it, the next one from the oldest unanswered.
pub(super) fn start_clock(story: &mut Story<'_>, since: Timestamp) -> Result<(), Refusal> {
    if story.lead.clocks.iter().any(Clock::is_open) {
        return Ok(());
    }
    let never_due =
        |clock: &Clock| clock.promise != ClockKind::FirstResponse || clock.state == ClockState::Cancelled;
    let first = story.lead.clocks.iter().all(never_due);
    let promise = if first { ClockKind::FirstResponse } else { ClockKind::NextResponse };
    let facts = prepare::facts(&story.lead, story.context);
    let Some(policy) = story.context.playbook.clock_policy(promise, &facts) else { return Ok(()) };
    let (warn_at, due) = policy.instants(since).map_err(|error| Refusal::Calendar {
        calendar: policy.calendar_name.clone(),
        error: error.to_string(),
    })?;
    let clock = story.mint.id();
    story.note(Fact::ClockStarted {
        clock,
        promise,
        policy: policy.name.clone(),
        calendar: policy.calendar_name.clone(),
        target_secs: policy.target_secs(),
        warn_at,
        due,
    });
    story.ask(Effect::SetTimer { timer: Timer::Clock { clock }, due: warn_at });
    Ok(())
}

/// Nothing goes to this person any more.
pub(super) fn opt_out(story: &mut Story<'_>, why: String) {
    // One that a merged lead brought does not keep this person's own wish from being recorded.
    if story.lead.opted_out && story.lead.own.as_ref().is_none_or(|own| own.opted_out) {
        return;
    }
    story.tell(Fact::OptedOut { why });
    sequence::stop_all(story, Stop::OptedOut);
    overtake(story, &Overtaken::OptedOut);
    cancel_clocks(story);
}

/// No promise matters any more.
pub(super) fn cancel_clocks(story: &mut Story<'_>) {
    let open: Vec<_> =
        story.lead.clocks.iter().filter(|clock| clock.is_open()).map(|clock| clock.id).collect();
    for clock in open {
        story.note(Fact::ClockCancelled { clock });
        story.ask(Effect::DropTimer { timer: Timer::Clock { clock } });
    }
}
