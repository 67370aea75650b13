//! A timer is due: decided on fresh state, so one that no longer applies does nothing.

use crate::approval::ProposalState;
use crate::effect::{Effect, Timer};
use crate::fact::Fact;
use crate::ids::{ClockId, ProposalId};
use crate::sequence::Stop;
use crate::step::Step;

use super::action::{self, Plan};
use super::sequence;
use super::story::Story;
use super::{ClockState, Payload, Refusal};

/// Wakes what the timer is for.
pub(super) fn fire(story: &mut Story<'_>, timer: Timer) -> Result<(), Refusal> {
    match timer {
        Timer::Clock { clock } => clock_due(story, clock),
        Timer::Proposal { proposal } => proposal_due(story, proposal),
        Timer::Enrolment { enrolment } => sequence::due(story, enrolment),
    }
}

fn clock_due(story: &mut Story<'_>, id: ClockId) -> Result<(), Refusal> {
    let now = story.context.now;
    let Some(clock) = story.lead.clocks.iter().find(|clock| clock.id == id).cloned() else { return Ok(()) };
    let timer = Timer::Clock { clock: id };
    match clock.state {
        ClockState::Running | ClockState::Warned if now >= clock.due => {
            story.note(Fact::ClockBreached { clock: id });
            let why = format!("The {} was due and nobody has answered.", clock.promise.words());
            let escalate =
                Plan::internal(Step::Escalate, Payload::Escalate { rung: 1, why: why.clone() }, why);
            action::put(story, escalate)?;
        }
        ClockState::Running if now >= clock.warn_at => {
            story.note(Fact::ClockWarned { clock: id });
            let about = format!("The {} is due soon.", clock.promise.words());
            let remind = Plan::internal(Step::Remind, Payload::Remind { about: about.clone() }, about);
            action::put(story, remind)?;
            story.ask(Effect::SetTimer { timer, due: clock.due });
        }
        ClockState::Running => story.ask(Effect::SetTimer { timer, due: clock.warn_at }),
        ClockState::Warned => story.ask(Effect::SetTimer { timer, due: clock.due }),
        ClockState::Breached | ClockState::Met | ClockState::Cancelled => {}
    }
    Ok(())
}

/// Silence is never consent: an undecided proposal reminds, then expires and is escalated.
fn proposal_due(story: &mut Story<'_>, id: ProposalId) -> Result<(), Refusal> {
    let now = story.context.now;
    let Some(proposal) = story.lead.proposals.get(&id).cloned() else { return Ok(()) };
    if proposal.state != ProposalState::Pending {
        return Ok(());
    }
    let timer = Timer::Proposal { proposal: id };
    if now >= proposal.deadline {
        story.note(Fact::ProposalExpired { proposal: id, action: proposal.action });
        let why = format!("Nobody decided on {} in time.", proposal.step.name());
        let escalate = Plan::internal(Step::Escalate, Payload::Escalate { rung: 1, why: why.clone() }, why);
        action::put(story, escalate)?;
        sequence::ended_without_sending(story, proposal.action, Stop::Undecided);
    } else if now >= proposal.remind_at && !proposal.reminded {
        story.note(Fact::ProposalReminded { proposal: id });
        story.ask(Effect::SetTimer { timer, due: proposal.deadline });
    } else {
        let due = if proposal.reminded { proposal.deadline } else { proposal.remind_at };
        story.ask(Effect::SetTimer { timer, due });
    }
    Ok(())
}
