//! Signs that an action which ran by itself was wrong: reported by people and programs, or seen here.

use jiff::Timestamp;

use crate::capture::{Automatic, Inbound};
use crate::fact::{ExceptionKind, Fact, VerdictKind};
use crate::ids::ActionId;

use super::story::Story;
use super::{Action, ActionState, Lead, Refusal};

/// Longest note of an exception, in characters.
const NOTE_CHARS: usize = 2_000;

/// Somebody reports that an action was wrong.
pub(super) fn report(
    story: &mut Story<'_>,
    action: ActionId,
    sign: ExceptionKind,
    critical: bool,
    note: String,
    known: Option<(String, Option<Timestamp>)>,
) -> Result<(), Refusal> {
    if note.chars().count() > NOTE_CHARS {
        return Err(Refusal::Unfit(format!("a note has at most {NOTE_CHARS} characters")));
    }
    let known =
        story.lead.actions.get(&action).map(|action| (action.class.clone(), ran_at(action))).or(known);
    let Some((class, ran_at)) = known else { return Err(Refusal::NoSuchAction(action)) };
    let class = Some(class);
    story.tell(Fact::ExceptionReported { action, sign, critical, note, class, ran_at });
    Ok(())
}

/// When an action ran by itself, if it did.
pub(super) fn ran_at(action: &Action) -> Option<Timestamp> {
    let by_itself = action.verdict.kind == VerdictKind::Run && !action.own_words();
    (by_itself && matches!(action.state, ActionState::Done)).then_some(action.at)
}

/// What an inbound message says about the last automated one before it: it bounced, or its reader complains.
pub(super) fn hear(story: &mut Story<'_>, inbound: &Inbound) {
    let (sign, note) = match inbound.automatic {
        Automatic::Bounce => (ExceptionKind::Bounce, "The message came back undelivered."),
        Automatic::No if complains(story, inbound) => {
            (ExceptionKind::Complaint, "The next message of its reader sounds like a complaint.")
        }
        Automatic::No | Automatic::OutOfOffice | Automatic::Bulk => return,
    };
    let Some((action, class, ran_at)) = answered(&story.lead) else { return };
    let (class, ran_at) = (Some(class), Some(ran_at));
    let note = note.to_owned();
    story.note(Fact::ExceptionReported { action, sign, critical: false, note, class, ran_at });
}

fn complains(story: &Story<'_>, inbound: &Inbound) -> bool {
    let risk = &story.context.playbook.risk;
    // Somebody who complained before does not complain about our message.
    let before = risk.signs(&story.lead.last_words).contains(&"complaint");
    !before && risk.signs(&inbound.text).contains(&"complaint")
}

/// The newest message that went out since the person last wrote, if it ran by itself.
fn answered(lead: &Lead) -> Option<(ActionId, String, Timestamp)> {
    let last_heard = lead.last_inbound().map(|note| note.at);
    let sent =
        lead.actions.values().filter(|action| action.step.sends() && action.state == ActionState::Done);
    let newest = sent.max_by_key(|action| (action.at, action.id))?;
    if last_heard.is_some_and(|heard| newest.at < heard) {
        return None;
    }
    ran_at(newest).map(|at| (newest.id, newest.class.clone(), at))
}
