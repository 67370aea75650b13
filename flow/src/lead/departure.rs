//! Carrying out what may go: the last look before sending, the attempt on record, the outcome.

use jiff::{SignedDuration, Timestamp};

use crate::effect::{Effect, Timer};
use crate::fact::{Fact, Outcome, Overtaken, Reason, VerdictKind};
use crate::gate::{self, Clearance, Deed, Departure, Leave};
use crate::ids::{ActionId, MessageId};
use crate::sequence::Stop;
use crate::step::Step;
use crate::terms::{Sealed, Stage};

use super::story::Story;
use super::{Action, ActionState, Clock, Refusal, action, arrival, prepare, sequence};

/// Attempts at one dispatch before a failure that may pass is taken as final.
pub const ATTEMPTS: u8 = 5;

/// A worker is about to hand an action to its channel. Judges once more on fresh state; only if that says go is the
/// attempt recorded and the cleared content handed over.
pub(super) fn attempt(story: &mut Story<'_>, id: ActionId) -> Result<(), Refusal> {
    let action = story.lead.action(id)?.clone();
    let Some(sealed) = action.content.clone() else {
        return Err(Refusal::NotNow { action: id, state: action.state.word() });
    };
    let decided = Some(sealed.commitment);
    let Some(leave) = action.state.leave(decided) else {
        return Err(Refusal::NotNow { action: id, state: action.state.word() });
    };
    if let Some(message) = newer_inbound(story, &action) {
        arrival::take_back(story, &action, Overtaken::Reply { message });
        // A follow-up has nothing to say to somebody who answered.
        if action.step == Step::FollowUp {
            sequence::stop_all(story, Stop::Reply { message });
            return Ok(());
        }
        return action::propose_again(story, action).map(drop);
    }
    match look(story, &action, &sealed, leave) {
        Clearance::Go(cleared) => {
            let proposal = match leave {
                Leave::Approved { proposal, .. } => Some(proposal),
                Leave::Ran => None,
            };
            let attempted = Fact::DispatchAttempted {
                action: id,
                proposal,
                message: cleared.message(),
                external_id: cleared.external_id().to_owned(),
            };
            let actor = story.context.actor.clone();
            story.tell_by(&actor, attempted, Some(sealed));
            story.ask(Effect::Send(cleared));
            Ok(())
        }
        Clearance::Hold { until, why } => {
            story.note(Fact::ActionHeld { action: id, until, why });
            story.ask(Effect::Dispatch { action: id, not_before: until });
            Ok(())
        }
        Clearance::Stricter(judged) => {
            let again = judged.kind != VerdictKind::Refuse;
            let gated = leave == Leave::Ran && !story.context.is_automated(action.step, &action.class);
            arrival::take_back(story, &action, Overtaken::Stricter { reasons: judged.reasons });
            if again {
                let became = if gated {
                    let why = "This class no longer runs by itself; it was gated again while this waited.";
                    action::propose_because(story, action, Reason::new("boundary.gated", why))?
                } else {
                    action::propose_again(story, action)?
                };
                sequence::proposed_again(story, id, became);
                Ok(())
            } else {
                sequence::ended_without_sending(story, id, Stop::Refused);
                Ok(())
            }
        }
    }
}

/// An inbound message that the content does not know of. An acknowledgement answers nothing and stays true.
fn newer_inbound(story: &Story<'_>, action: &Action) -> Option<MessageId> {
    let last = story.lead.last_inbound().map(|note| note.id);
    if action.step == Step::Acknowledge || last == action.basis { None } else { last }
}

fn look(story: &mut Story<'_>, action: &Action, sealed: &Sealed, leave: Leave) -> Clearance {
    let context = story.context;
    let message: MessageId = story.mint.id();
    let external_id = format!("{message}@{}", context.playbook.mail_domain());
    let findings = prepare::findings(&story.lead, &sealed.content, None, context);
    let deed = Deed {
        id: action.id,
        step: action.step,
        class: &action.class,
        proposer: &action.proposer,
        own_words: action.own_words(),
        confidence: action.confidence,
        content: Some(&sealed.content),
    };
    // What the template put into an automated message was judged when it was drafted.
    let findings = match leave {
        Leave::Ran => {
            findings.into_iter().filter(|finding| finding.level == crate::draft::Level::Stop).collect()
        }
        Leave::Approved { .. } => findings,
    };
    let circumstances = action::circumstances(&story.lead, action.step, &action.class, findings, context);
    let judged =
        gate::judge(&deed, &circumstances, context.playbook.setup(action.step), &context.playbook.policy);
    let hold = match leave {
        Leave::Ran => quiet(context.playbook, context.now),
        Leave::Approved { .. } => None,
    };
    gate::clear(Departure {
        judged,
        action: action.id,
        step: action.step,
        lead: story.lead.id,
        leave,
        sealed,
        recomputed: context.seal.commit(&sealed.content, &sealed.blinding),
        message,
        external_id,
        hold,
    })
}

/// An automated message waits for the hours in which we write to customers.
fn quiet(playbook: &crate::playbook::Playbook, now: Timestamp) -> Option<(Timestamp, Reason)> {
    let until = playbook.next_sending_time(now)?;
    Some((until, Reason::new("hold.quiet_hours", "Automated messages wait for sending hours.")))
}

/// A worker says what came of an attempt.
pub(super) fn settle(
    story: &mut Story<'_>,
    id: ActionId,
    outcome: Outcome,
    temporary: bool,
) -> Result<(), Refusal> {
    let action = story.lead.action(id)?.clone();
    let ActionState::Attempted { proposal, message, .. } = action.state else {
        return Err(Refusal::NotNow { action: id, state: action.state.word() });
    };
    let again = temporary && matches!(outcome, Outcome::Failed { .. }) && action.attempts < ATTEMPTS;
    let done = matches!(outcome, Outcome::Done { .. });
    let unknown = matches!(outcome, Outcome::Unknown { .. });
    let actor = story.context.actor.clone();
    let class = proposal.is_none().then(|| action.class.clone());
    let settled = Fact::DispatchSettled { action: id, proposal, message, outcome, again, class };
    story.tell_by(&actor, settled, action.content.clone());
    if again {
        let not_before = backoff(story.context.now, action.attempts);
        story.ask(Effect::Dispatch { action: id, not_before });
    }
    match (done, again) {
        (true, _) => {
            sent(story, &action);
            sequence::sent(story, id)
        }
        (false, true) => Ok(()),
        (false, false) => {
            sequence::not_sent(story, id, unknown);
            Ok(())
        }
    }
}

/// A minute, then four, then sixteen …
fn backoff(now: Timestamp, attempts: u8) -> Timestamp {
    let minutes = 4_i64.saturating_pow(u32::from(attempts.saturating_sub(1)).min(5));
    now.saturating_add(SignedDuration::from_mins(minutes)).unwrap_or(now)
}

/// A person found out what came of an attempt that nobody could tell about. It is never sent again from here: if it
/// did not go out, it is proposed anew.
pub(super) fn resolve(story: &mut Story<'_>, id: ActionId, sent_after_all: bool) -> Result<(), Refusal> {
    let action = story.lead.action(id)?.clone();
    let ActionState::Unknown { proposal, message, .. } = action.state else {
        return Err(Refusal::NotNow { action: id, state: action.state.word() });
    };
    let member = story.context.asking_member().ok_or(Refusal::OnlyMembersDecide)?.name.clone();
    let outcome = if sent_after_all {
        Outcome::Done { receipt: format!("{member} found that it arrived.") }
    } else {
        Outcome::Failed { why: format!("{member} found that it did not arrive.") }
    };
    let class = proposal.is_none().then(|| action.class.clone());
    let settled = Fact::DispatchSettled { action: id, proposal, message, outcome, again: false, class };
    let actor = story.context.actor.clone();
    story.tell_by(&actor, settled, action.content.clone());
    if sent_after_all {
        sent(story, &action);
        sequence::sent(story, id)
    } else {
        let became = action::propose_again(story, action)?;
        sequence::proposed_again(story, id, became);
        Ok(())
    }
}

/// A message went out: promises are kept by what a person wrote or approved, and the lead is no longer new.
fn sent(story: &mut Story<'_>, action: &Action) {
    let by_person = action.state.approval().is_some() || action.own_words();
    if !by_person {
        return;
    }
    let open: Vec<_> =
        story.lead.clocks.iter().filter(|clock| clock.is_open()).map(|clock: &Clock| clock.id).collect();
    for clock in open {
        story.note(Fact::ClockMet { clock, action: action.id });
        story.ask(Effect::DropTimer { timer: Timer::Clock { clock } });
    }
    if story.lead.stage == Stage::New {
        action::change_stage(story, Stage::Working, "The lead was answered.");
    }
    if action.step == Step::Reply {
        sequence::begin_by_itself(story);
    }
}
