//! A person decides on a proposal.

use crate::approval::{Attention, Choice, DecisionError, Proposal, Substance};
use crate::boundary::{self, Review};
use crate::draft::{self, Level};
use crate::effect::{Effect, Timer};
use crate::fact::{Fact, Payload};
use crate::gate::{self, Deed};
use crate::ids::MemberId;
use crate::ledger::Weighed;
use crate::sequence::Stop;
use crate::step::Step;
use crate::terms::{Actor, Member, Sealed, Via};

use super::story::Story;
use super::{Action, DecisionMade, OutText, Refusal, action, erase, prepare, sequence};

/// Takes a decision, or says why it cannot be taken. The order of the checks is the order in which a person wants to
/// hear about them.
pub(super) fn decide(story: &mut Story<'_>, made: DecisionMade) -> Result<(), Refusal> {
    let (proposal, judged) = look(story, &made)?;
    if proposal.verdict.passkey && made.signature.is_none() {
        return Err(DecisionError::NeedsPasskey.into());
    }
    let content = content(story, &made, &proposal, &judged)?;
    let actor = match &made.signature {
        // Who signed for other content has not decided on this.
        Some(signature) if signature.content != content.as_ref().map(|sealed| sealed.commitment) => {
            return Err(DecisionError::ContentChanged { now: proposal.content_now() }.into());
        }
        Some(_) => Actor { via: Via::Passkey, ..story.context.actor.clone() },
        None => story.context.actor.clone(),
    };
    let substance = match (made.choice, &judged.content, &content) {
        (Choice::Edit, Some(before), Some(after)) => Some(how_much(before, after)),
        _ => None,
    };
    let settles = made.choice == Choice::Reject || proposal.settles_next();
    let weighed = match story.context.actor.member() {
        Some(member) if settles => {
            Some(weigh(story, member, &proposal, &judged, made.choice, substance, made.attention))
        }
        _ => None,
    };
    let decided = Fact::ApprovalDecided {
        proposal: proposal.id,
        action: judged.id,
        step: judged.step,
        choice: made.choice,
        reason: made.reason,
        substance,
        attention: made.attention,
        settles,
        signature: made.signature,
        weighed,
    };
    story.tell_by(&actor, decided, content);
    if settles {
        settle(story, &proposal, judged, made.choice)?;
    }
    Ok(())
}

/// The proposal and its action, if this person may decide on them now, having seen what they saw.
pub(super) fn look(story: &Story<'_>, made: &DecisionMade) -> Result<(Proposal, Action), Refusal> {
    let member = story.context.asking_member().ok_or(Refusal::OnlyMembersDecide)?;
    let proposal = story.lead.proposal(made.proposal)?.clone();
    proposal.open_for(made.seen)?;
    let judged = story.lead.action(proposal.action)?.clone();
    may_decide(story, member, &proposal, &judged)?;
    Ok((proposal, judged))
}

/// The content that the decision lets out, if nothing in it must be mended first.
pub(super) fn content(
    story: &mut Story<'_>,
    made: &DecisionMade,
    proposal: &Proposal,
    judged: &Action,
) -> Result<Option<Sealed>, Refusal> {
    if !judged.step.sends() && matches!(made.choice, Choice::Edit | Choice::Respond) {
        return Err(DecisionError::Incomplete("this sends nothing, so there is no text to change").into());
    }
    if judged.step == Step::Erase && made.choice.releases() {
        erase::refuse_while_sending(&story.lead)?;
        erase::refuse_while_merged(story)?;
    }
    match made.choice {
        Choice::Approve => {
            let must_mend = proposal.verdict.findings.iter().find(|finding| finding.level == Level::Stop);
            // What the first of two people mended is judged by what it says now.
            if proposal.decisions.is_empty() {
                refuse_stop(must_mend)?;
            }
            Ok(judged.content.clone())
        }
        Choice::Edit | Choice::Respond => {
            let blinding = made.signature.as_ref().and_then(|signature| signature.blinding);
            rewritten(story, judged, made.text.clone(), blinding).map(Some)
        }
        Choice::Reject => {
            if made.reason.as_deref().is_none_or(|reason| reason.trim().is_empty()) {
                return Err(DecisionError::Incomplete(
                    "a rejection needs a `reason`, so that the next draft is better",
                )
                .into());
            }
            Ok(None)
        }
    }
}

fn settle(story: &mut Story<'_>, proposal: &Proposal, judged: Action, choice: Choice) -> Result<(), Refusal> {
    story.ask(Effect::DropTimer { timer: Timer::Proposal { proposal: proposal.id } });
    if !choice.releases() {
        sequence::ended_without_sending(story, judged.id, Stop::Rejected);
        if let Payload::Merge { with, .. } = judged.payload {
            story.tell(Fact::LeadToldApart { other: with });
        }
        return Ok(());
    }
    if judged.step.sends() {
        story.ask(Effect::Dispatch { action: judged.id, not_before: story.context.now });
        Ok(())
    } else {
        action::carry_out(story, judged.id, judged.payload, None)
    }
}

/// What a decision says of the action's class, and whether it proves anything.
fn weigh(
    story: &Story<'_>,
    member: MemberId,
    proposal: &Proposal,
    judged: &Action,
    choice: Choice,
    substance: Option<Substance>,
    attention: Attention,
) -> Weighed {
    let context = story.context;
    let outcome = match (choice, substance) {
        (Choice::Approve, _) | (Choice::Edit, Some(Substance::Same)) => boundary::Outcome::Approved,
        (Choice::Edit, Some(Substance::Cosmetic)) => boundary::Outcome::Cosmetic,
        // An answer in one's own words stands in the place of what was proposed.
        (Choice::Edit | Choice::Respond, _) => boundary::Outcome::Substantive,
        (Choice::Reject, _) => boundary::Outcome::Rejected,
    };
    let reviewer = member.to_string();
    let review = Review {
        reviewer: &reviewer,
        outcome,
        words_new: judged.words_new,
        dwell_s: std::time::Duration::from_millis(attention.seen_ms).as_secs_f64(),
        bulk: false,
    };
    let mut standing = context.ledger.reviewer(member);
    standing.reviewed(&review);
    let no_credit = boundary::credit(&review, &standing).err().filter(|_| !outcome.is_defect());
    let waited = context.now.duration_since(proposal.made_at).as_secs();
    Weighed {
        class: judged.class.clone(),
        asked: context.draw.asked(judged.id, judged.verdict.mark.as_deref()),
        outcome,
        words_new: judged.words_new,
        waited_s: u64::try_from(waited).unwrap_or(0),
        no_credit: no_credit.map(|why| why.to_string()),
    }
}

/// Checked again at decision time: eligibility may have changed since the proposal was made.
fn may_decide(
    story: &Story<'_>,
    member: &Member,
    proposal: &Proposal,
    judged: &Action,
) -> Result<(), Refusal> {
    if proposal.decisions.iter().any(|decided| decided.by == member.id) {
        return Err(DecisionError::SecondPerson.into());
    }
    let deed = Deed {
        id: judged.id,
        step: judged.step,
        class: &judged.class,
        proposer: &judged.proposer,
        own_words: false,
        confidence: judged.confidence,
        content: judged.content.as_ref().map(|sealed| &sealed.content),
    };
    let context = story.context;
    let circumstances = action::circumstances(&story.lead, judged.step, &judged.class, Vec::new(), context);
    gate::may_approve(
        member,
        &deed,
        &circumstances,
        context.playbook.setup(judged.step),
        &context.playbook.policy,
    )
    .map_err(|why| DecisionError::MayNot { why })?;
    Ok(())
}

/// The changed content, sealed anew, if nothing in it must be mended first. Recipients stay those that were proposed
/// unless the text brings its own.
fn rewritten(
    story: &mut Story<'_>,
    judged: &Action,
    text: Option<OutText>,
    blinding: Option<[u8; 32]>,
) -> Result<Sealed, Refusal> {
    let Some(mut text) = text else {
        return Err(DecisionError::Incomplete("an edit or a response needs `content` with a `text`").into());
    };
    if let Some(before) = judged.content.as_ref().map(|sealed| &sealed.content) {
        if text.to.is_empty() {
            text.to.clone_from(&before.to);
            text.cc.clone_from(&before.cc);
        }
        if text.subject.is_none() {
            text.subject.clone_from(&before.subject);
        }
    }
    let content = action::content_of(&story.lead, text, story.context)?;
    let findings = prepare::findings(&story.lead, &content, None, story.context);
    refuse_stop(findings.iter().find(|finding| finding.level == Level::Stop))?;
    Ok(match blinding {
        Some(blinding) => story.seal_under(content, blinding),
        None => story.seal(content),
    })
}

fn refuse_stop(finding: Option<&draft::Finding>) -> Result<(), DecisionError> {
    match finding {
        Some(finding) => {
            Err(DecisionError::MustMend { words: finding.words.clone(), id: gate::finding_name(finding) })
        }
        None => Ok(()),
    }
}

fn how_much(before: &Sealed, after: &Sealed) -> Substance {
    let (before, after) = (&before.content, &after.content);
    let recipients_changed = before.to != after.to || before.cc != after.cc;
    if recipients_changed {
        return Substance::Substantive;
    }
    let text = draft::difference(before.text(), after.text()).substance;
    let subject = draft::difference(before.subject(), after.subject()).substance;
    text.max(subject)
}
