//! A lead in a follow-up sequence: begun, moved from step to step, and stopped by whatever makes it pointless.

use jiff::Timestamp;

use crate::clock::Calendar;
use crate::effect::{Effect, Timer};
use crate::fact::{Fact, Overtaken};
use crate::ids::{ActionId, EnrolmentId};
use crate::route::Condition;
use crate::sequence::{self, Enrolment, EnrolmentState, Sequence, SequenceStep, Stop};
use crate::step::Step;

use super::action::{self, Became, Plan};
use super::story::Story;
use super::{ActionState, Context, Payload, Refusal, arrival, prepare};

/// Whether the lead may begin this sequence now.
pub(super) fn may_begin(story: &Story<'_>, name: &str) -> Result<(), Refusal> {
    let sequence = known(story.context, name)?;
    if story.lead.opted_out || story.lead.stage.is_closed() {
        return Err(Refusal::Unfit("a lead that is closed or wants no messages is not followed up".into()));
    }
    Ok(sequence.may_begin(&story.lead.enrolments, story.context.now)?)
}

fn known<'a>(context: &Context<'a>, name: &str) -> Result<&'a Sequence, Refusal> {
    context.playbook.sequence(name).ok_or_else(|| {
        let names: Vec<&str> = context.playbook.sequences().iter().map(|known| known.name.as_str()).collect();
        Refusal::Unfit(format!(
            "there is no sequence `{name}` in the playbook; there are: {}",
            names.join(", ")
        ))
    })
}

/// After an answer went out: the playbook may want the lead followed up.
pub(super) fn begin_by_itself(story: &mut Story<'_>) {
    let Some(name) = story.context.playbook.prepare.follow_up.clone() else { return };
    if may_begin(story, &name).is_err() {
        return;
    }
    let plan = Plan::internal(
        Step::Enrol,
        Payload::Enrol { sequence: name },
        "The lead was answered; if it stays silent it is followed up.",
    );
    // An enrolment that cannot be made is not worth losing the outcome of a dispatch for.
    let _ = action::put(story, plan);
}

/// Begins, once the gate or a person let it. What was true when it was asked for is looked at again.
pub(super) fn begin(story: &mut Story<'_>, action: ActionId, name: &str) {
    if may_begin(story, name).is_err() {
        return;
    }
    let Ok(sequence) = known(story.context, name) else { return };
    let enrolment: EnrolmentId = story.mint.id();
    story.note(Fact::SequenceEnrolled {
        action,
        enrolment,
        sequence: sequence.name.clone(),
        calendar: sequence.calendar.clone(),
        steps: sequence.steps.clone(),
        sender: story.lead.owner,
    });
    go_on(story, enrolment);
}

fn find(story: &Story<'_>, id: EnrolmentId) -> Option<Enrolment> {
    story.lead.enrolments.iter().find(|enrolment| enrolment.id == id).cloned()
}

/// The time of a step has come.
pub(super) fn due(story: &mut Story<'_>, id: EnrolmentId) -> Result<(), Refusal> {
    let Some(enrolment) = find(story, id) else { return Ok(()) };
    match enrolment.state {
        EnrolmentState::Active { until } | EnrolmentState::Paused { until } => {
            if story.context.now < until {
                story.ask(Effect::SetTimer { timer: Timer::Enrolment { enrolment: id }, due: until });
            } else {
                go_on(story, id);
            }
        }
        _ => {}
    }
    Ok(())
}

/// Takes steps until one has to be waited for, or none is left. A sequence has no way back, so this ends.
fn go_on(story: &mut Story<'_>, id: EnrolmentId) {
    let Some(enrolment) = find(story, id) else { return };
    let rest = enrolment.steps.iter().enumerate().skip(enrolment.next);
    for (number, step) in rest {
        match take(story, &enrolment, number, step) {
            Taken::GoOn => {}
            Taken::Wait => return,
            Taken::End => break,
            Taken::Fail(why) => return story.note(Fact::SequenceFailed { enrolment: id, why }),
        }
    }
    story.note(Fact::SequenceFinished { enrolment: id });
}

enum Taken {
    GoOn,
    Wait,
    End,
    Fail(String),
}

fn take(story: &mut Story<'_>, enrolment: &Enrolment, number: usize, step: &SequenceStep) -> Taken {
    match step {
        SequenceStep::Wait { .. } | SequenceStep::Days { .. } => wait(story, enrolment, number, step),
        SequenceStep::Message { template } => message(story, enrolment, number, template),
        SequenceStep::Task { about } => task(story, enrolment, number, about),
        SequenceStep::When { condition } => when(story, condition),
    }
}

fn calendar<'a>(context: &Context<'a>, enrolment: &Enrolment) -> Option<&'a Calendar> {
    context.playbook.calendars.get(&enrolment.calendar)
}

fn wait(story: &mut Story<'_>, enrolment: &Enrolment, number: usize, step: &SequenceStep) -> Taken {
    match sequence::wait_until(step, story.context.now, calendar(story.context, enrolment)) {
        Ok(until) => {
            rest(story, enrolment.id, number + 1, until.unwrap_or(story.context.now));
            Taken::Wait
        }
        Err(error) => Taken::Fail(error.to_string()),
    }
}

fn rest(story: &mut Story<'_>, enrolment: EnrolmentId, step: usize, until: Timestamp) {
    story.note(Fact::SequenceWaiting { enrolment, step, until });
    story.ask(Effect::SetTimer { timer: Timer::Enrolment { enrolment }, due: until });
}

fn message(story: &mut Story<'_>, enrolment: &Enrolment, number: usize, template: &str) -> Taken {
    let why = format!("Step {} of the sequence “{}”.", number + 1, enrolment.sequence);
    match prepare::draft(story, Step::FollowUp, template, &why) {
        Ok(Some(Became::Asked(action) | Became::Ran(action))) => {
            acted(story, enrolment.id, number, action, true);
            Taken::Wait
        }
        Ok(Some(Became::Refused(_))) => {
            story.note(Fact::SequenceStopped { enrolment: enrolment.id, why: Stop::Refused });
            Taken::Wait
        }
        Ok(None) => Taken::Fail(format!("The message “{template}” could not be drafted.")),
        Err(refusal) => Taken::Fail(refusal.to_string()),
    }
}

fn task(story: &mut Story<'_>, enrolment: &Enrolment, number: usize, about: &str) -> Taken {
    let who = story.lead.person.display().to_owned();
    let about = about.replace("{who}", &who);
    let plan = Plan::internal(Step::Remind, Payload::Remind { about: about.clone() }, about);
    match action::put(story, plan) {
        Ok(Became::Ran(action) | Became::Asked(action) | Became::Refused(action)) => {
            acted(story, enrolment.id, number, action, false);
            Taken::GoOn
        }
        Err(refusal) => Taken::Fail(refusal.to_string()),
    }
}

fn acted(story: &mut Story<'_>, enrolment: EnrolmentId, step: usize, action: ActionId, waits: bool) {
    story.note(Fact::SequenceActed { enrolment, step, action, waits });
}

/// A condition that does not hold ends the sequence; one that cannot be told is no yes.
fn when(story: &Story<'_>, condition: &str) -> Taken {
    let facts = prepare::facts(&story.lead, story.context);
    let holds = Condition::parse(condition).map(|condition| condition.matches(&facts));
    match holds {
        Ok(Ok(true)) => Taken::GoOn,
        Ok(Ok(false)) => Taken::End,
        Ok(Err(error)) => Taken::Fail(format!("`{condition}`: {error}")),
        Err(error) => Taken::Fail(format!("`{condition}`: {error}")),
    }
}

/// The enrolment that waits for this action.
fn waiting_for(story: &Story<'_>, action: ActionId) -> Option<EnrolmentId> {
    let waits = |enrolment: &&Enrolment| enrolment.state == EnrolmentState::Waiting { action };
    story.lead.enrolments.iter().find(waits).map(|enrolment| enrolment.id)
}

/// A message went out; if it was a sequence's, that goes on.
pub(super) fn sent(story: &mut Story<'_>, action: ActionId) -> Result<(), Refusal> {
    if let Some(enrolment) = waiting_for(story, action) {
        go_on(story, enrolment);
    }
    Ok(())
}

/// A message did not go out, or nobody can tell.
pub(super) fn not_sent(story: &mut Story<'_>, action: ActionId, unknown: bool) {
    let Some(enrolment) = waiting_for(story, action) else { return };
    // What may have gone out is put to a person; the sequence goes on when they found that it did.
    if !unknown {
        let why = "A message of it could not be sent.".into();
        story.note(Fact::SequenceFailed { enrolment, why });
    }
}

/// A message of a sequence will not go out: so neither will those after it.
pub(super) fn ended_without_sending(story: &mut Story<'_>, action: ActionId, why: Stop) {
    if let Some(enrolment) = waiting_for(story, action) {
        story.note(Fact::SequenceStopped { enrolment, why });
    }
}

/// A message of a sequence is before a person once more, as another action: the sequence waits for that one.
pub(super) fn proposed_again(story: &mut Story<'_>, old: ActionId, became: Became) {
    let Some(enrolment) = waiting_for(story, old).and_then(|id| find(story, id)) else { return };
    match became {
        Became::Asked(new) | Became::Ran(new) => {
            acted(story, enrolment.id, enrolment.next.saturating_sub(1), new, true)
        }
        Became::Refused(_) => {
            story.note(Fact::SequenceStopped { enrolment: enrolment.id, why: Stop::Refused })
        }
    }
}

/// Stops what is under way, and takes back a message of it that has not been tried.
pub(super) fn stop_all(story: &mut Story<'_>, why: Stop) {
    let open: Vec<Enrolment> =
        story.lead.enrolments.iter().filter(|enrolment| enrolment.state.is_open()).cloned().collect();
    for enrolment in open {
        stop(story, &enrolment, why);
    }
}

fn stop(story: &mut Story<'_>, enrolment: &Enrolment, why: Stop) {
    story.tell(Fact::SequenceStopped { enrolment: enrolment.id, why });
    story.ask(Effect::DropTimer { timer: Timer::Enrolment { enrolment: enrolment.id } });
    let EnrolmentState::Waiting { action } = enrolment.state else { return };
    let untried =
        story.lead.actions.get(&action).cloned().filter(|action| {
            matches!(action.state, ActionState::Pending { .. } | ActionState::Waiting { .. })
        });
    if let Some(action) = untried {
        arrival::take_back(story, &action, overtaken(why));
    }
}

fn overtaken(why: Stop) -> Overtaken {
    match why {
        Stop::Reply { message } => Overtaken::Reply { message },
        Stop::OptedOut => Overtaken::OptedOut,
        Stop::Closed => Overtaken::Closed,
        _ => Overtaken::SequenceStopped,
    }
}

/// A member stops one sequence.
pub(super) fn stop_by_hand(story: &mut Story<'_>, id: EnrolmentId) -> Result<(), Refusal> {
    let open = find(story, id).filter(|enrolment| enrolment.state.is_open());
    let enrolment = open.ok_or(Refusal::NoSuchEnrolment(id))?;
    stop(story, &enrolment, Stop::ByHand);
    Ok(())
}

/// The lead is away: what is under way rests until it is back. A message that waits for a person goes on waiting.
pub(super) fn away(story: &mut Story<'_>) {
    let resting: Vec<Enrolment> = story
        .lead
        .enrolments
        .iter()
        .filter(|enrolment| matches!(enrolment.state, EnrolmentState::Active { .. }))
        .cloned()
        .collect();
    for enrolment in resting {
        let EnrolmentState::Active { until: planned } = enrolment.state else { continue };
        let back = sequence::back_from_absence(story.context.now, calendar(story.context, &enrolment));
        let until = back.max(planned);
        story.note(Fact::SequencePaused { enrolment: enrolment.id, until });
        story.ask(Effect::SetTimer { timer: Timer::Enrolment { enrolment: enrolment.id }, due: until });
    }
}
