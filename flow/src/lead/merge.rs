//! Two leads of one person become one, and two again.
//!
//! The older lead goes on; the other rests in it, as it stood. What each enquiry said stays beside it, marked with the lead
//! it came from, so that undoing a merge only has to leave some of it out. Both leads change in one decision.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::capture::{Automatic, Source};
use crate::effect::{Effect, Timer};
use crate::fact::{
    Brought, ExceptionKind, Fact, Likeness, Overtaken, Payload, Reason, VerdictKind, WhyOwner,
};
use crate::ids::{ActionId, ClockId, LeadId, MemberId, MessageId};
use crate::sequence::Stop;
use crate::step::Step;
use crate::terms::Stage;

use super::action::{self, Plan};
use super::story::Story;
use super::{
    Action, ActionState, Clock, ClockState, Command, EnquiryNote, Lead, MESSAGE_NOTES, MessageNote, Refusal,
    arrival, enquiry, exceptions, prepare, sequence,
};

/// A lead that was merged into another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Absorbed {
    /// Which lead.
    pub lead: LeadId,
    /// That lead, and those merged into it before.
    pub leads: Vec<LeadId>,
    /// By which action.
    pub action: ActionId,
    /// When.
    pub at: Timestamp,
    /// Its messages among those of the lead it is in.
    messages: Vec<MessageId>,
    words: Words,
    opted_out: bool,
    /// The other lead's person did not want messages either, before.
    other_opted_out: bool,
    /// The owner it brought.
    owner: Option<MemberId>,
}

/// What a lead has of its own while others are merged into it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Own {
    /// What was last heard.
    pub words: Words,
    /// Its person does not want messages.
    pub opted_out: bool,
}

/// The last inbound text, and when it came.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Words {
    /// The text.
    pub text: String,
    /// When; none where nothing was heard.
    pub at: Option<Timestamp>,
}

/// Where a lead rests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MergedInto {
    /// In which lead.
    pub lead: LeadId,
    /// The stage it had.
    pub stage: Stage,
}

/// The other lead that has to be at hand to follow a command; see [`super::Context::other`].
pub fn other_lead(lead: &Lead, command: &Command) -> Option<LeadId> {
    match command {
        Command::Propose(request) => match request.payload {
            Some(Payload::Merge { with, .. }) => Some(with),
            _ => None,
        },
        Command::Decide(made) => {
            let proposal = lead.proposals.get(&made.proposal).filter(|_| made.choice.releases())?;
            match lead.actions.get(&proposal.action)?.payload {
                Payload::Merge { with, .. } => Some(with),
                Payload::Erase => lead.traces.first().copied(),
                _ => None,
            }
        }
        Command::Unmerge { other, .. } => Some(*other),
        _ => None,
    }
}

impl Lead {
    /// This lead and those merged into it.
    pub fn leads(&self) -> Vec<LeadId> {
        let merged = self.merged.iter().flat_map(|absorbed| absorbed.leads.iter().copied());
        std::iter::once(self.id).chain(merged).collect()
    }

    /// A person said that somebody in this lead and somebody in the other are two.
    pub fn is_told_apart(&self, other: &Lead) -> bool {
        let apart = |one: &Lead, other: &Lead| other.leads().iter().any(|lead| one.apart.contains(lead));
        apart(self, other) || apart(other, self)
    }
}

/// The evidence in words, the weightiest first.
pub(super) fn words(likeness: &Likeness) -> Vec<String> {
    let told = likeness.evidence.iter();
    told.map(|told| format!("{}: {} ({:+.1} bits)", told.field, told.level, told.bits())).collect()
}

/// Puts the question whether a new lead is a known person before people.
pub(super) fn ask(story: &mut Story<'_>) -> Result<(), Refusal> {
    let Some(matched) = story.context.matched.as_ref().filter(|matched| !matched.sure) else { return Ok(()) };
    let percent = matched.likeness.probability_ppm.min(999_999) / 10_000;
    let why = format!("Perhaps somebody known wrote ({percent} % probable).");
    let likeness = Some(matched.likeness.clone());
    let payload = Payload::Merge { with: matched.lead, likeness, despite: false };
    question(story, payload, why)
}

fn question(story: &mut Story<'_>, payload: Payload, why: String) -> Result<(), Refusal> {
    let reason =
        Reason::new("match.ambiguous", "Two leads may be one person, and the evidence is not enough.");
    let plan = Plan { must_ask: Some(reason), ..Plan::internal(Step::Merge, payload, why) };
    action::put(story, plan).map(|_| ())
}

/// Whether this lead and another may become one now.
pub(super) fn may_merge(story: &Story<'_>, with: LeadId, despite: bool) -> Result<(), Refusal> {
    let refuse = |why| Err(Refusal::CannotMerge(why));
    if story.lead.leads().contains(&with) {
        return refuse("these are one lead already");
    }
    let other = other_of(story, with)?;
    if other.id == story.lead.id {
        return refuse("these are one lead already");
    }
    if other.erased.is_some() {
        return refuse("the other lead was erased");
    }
    if other.merged_into.is_some() {
        return refuse("the other lead was merged into a third one; merge with that one");
    }
    if !despite && story.lead.is_told_apart(other) {
        return refuse(
            "a person said that the two are different people; say `despite` to merge them all the same",
        );
    }
    let on_its_way = |lead: &Lead| {
        lead.actions.values().any(|action| matches!(action.state, ActionState::Attempted { .. }))
    };
    if on_its_way(&story.lead) || on_its_way(other) {
        return refuse("a message to one of them is just going out; try again in a moment");
    }
    Ok(())
}

/// The lead that is named, or that goes on for it.
fn other_of<'a>(story: &Story<'a>, with: LeadId) -> Result<&'a Lead, Refusal> {
    let is_meant = |other: &&Lead| other.leads().contains(&with);
    story.context.other.filter(is_meant).ok_or(Refusal::NoLead)
}

/// Makes this lead and another one.
pub(super) fn merge(
    story: &mut Story<'_>,
    action: ActionId,
    with: LeadId,
    despite: bool,
) -> Result<(), Refusal> {
    may_merge(story, with, despite)?;
    let mut beside = story.beside(other_of(story, with)?.clone());
    let goes_on = |lead: &Lead| (lead.captured_at, lead.id);
    if goes_on(&story.lead) < goes_on(&beside.lead) {
        join(story, &mut beside, action)?;
    } else {
        join(&mut beside, story, action)?;
    }
    story.together_with(beside);
    Ok(())
}

fn join(kept: &mut Story<'_>, gone: &mut Story<'_>, action: ActionId) -> Result<(), Refusal> {
    let (into, other) = (kept.lead.id, gone.lead.id);
    let why = Overtaken::Merged { into };
    let promise = gone.lead.next_clock().cloned();
    sequence::stop_all(gone, Stop::Merged);
    let taken_back = take_back(gone, &why, |_| true);
    take_back(kept, &why, |action| asks_about(action, other));
    arrival::cancel_clocks(gone);
    let owner = gone.lead.owner.filter(|_| kept.lead.owner.is_none());
    let brought = brought(&gone.lead, owner);
    gone.tell(Fact::LeadMergedInto { action, into });
    kept.tell(Fact::LeadMerged { action, other, brought });
    if owner.is_some() {
        give(kept, owner, "The lead merged into this one brought its owner.")?;
    }
    let waited = promise.is_some() || taken_back.iter().any(|action| action.step == Step::Reply);
    if waited && kept.lead.stage.is_closed() {
        action::change_stage(kept, Stage::Working, "The person wrote again.");
    }
    if let Some(promise) = promise {
        take_over(kept, &promise);
    }
    if waited {
        answer_anew(kept, &why)?;
    }
    let questions = taken_back.into_iter().filter(|action| action.step == Step::Merge);
    for asked in questions.filter(|action| !asks_about(action, into)) {
        question(kept, asked.payload, asked.why)?;
    }
    Ok(())
}

fn asks_about(action: &Action, lead: LeadId) -> bool {
    matches!(action.payload, Payload::Merge { with, .. } if with == lead)
}

/// What a lead brings with it.
fn brought(lead: &Lead, owner: Option<MemberId>) -> Brought {
    Brought {
        leads: lead.leads(),
        enquiries: lead.enquiries.clone(),
        messages: lead.messages.clone(),
        words: last_words(lead),
        opted_out: lead.opted_out,
        owner,
    }
}

fn last_words(lead: &Lead) -> Words {
    Words { text: lead.last_words.clone(), at: lead.last_inbound().map(|note| note.at) }
}

/// Takes back what is on its way and not yet tried.
fn take_back(story: &mut Story<'_>, why: &Overtaken, which: impl Fn(&Action) -> bool) -> Vec<Action> {
    let open = |action: &&Action| {
        matches!(action.state, ActionState::Pending { .. } | ActionState::Waiting { .. }) && which(action)
    };
    let actions: Vec<Action> = story.lead.actions.values().filter(open).cloned().collect();
    for action in &actions {
        arrival::take_back(story, action, why.clone());
    }
    actions
}

/// The promise to the lead that rests is kept by the one that goes on, unless that has promised sooner.
fn take_over(kept: &mut Story<'_>, promise: &Clock) {
    if kept.lead.next_clock().is_some_and(|own| own.due <= promise.due) {
        return;
    }
    arrival::cancel_clocks(kept);
    let clock: ClockId = kept.mint.id();
    kept.note(Fact::ClockStarted {
        clock,
        promise: promise.promise,
        policy: promise.policy.clone(),
        calendar: promise.calendar.clone(),
        target_secs: promise.target_secs,
        warn_at: promise.warn_at,
        due: promise.due,
    });
    let timer = Timer::Clock { clock };
    // Nobody is told a second time.
    match promise.state {
        ClockState::Breached => kept.note(Fact::ClockBreached { clock }),
        ClockState::Warned => {
            kept.note(Fact::ClockWarned { clock });
            kept.ask(Effect::SetTimer { timer, due: promise.due });
        }
        _ => kept.ask(Effect::SetTimer { timer, due: promise.warn_at }),
    }
}

/// Drafts the answer again, because what is known of the conversation changed.
fn answer_anew(story: &mut Story<'_>, why: &Overtaken) -> Result<(), Refusal> {
    let unreplaced = arrival::overtake(story, why);
    prepare::reply(story)?;
    unreplaced.into_iter().try_for_each(|action| action::propose_again(story, action).map(drop))
}

fn give(story: &mut Story<'_>, owner: Option<MemberId>, words: &str) -> Result<(), Refusal> {
    let why =
        WhyOwner { rule: "merge".into(), words: words.into(), alarm: owner.is_none(), ..WhyOwner::default() };
    let plan = Plan::internal(Step::Assign, Payload::Own { owner }, words);
    action::put_because(story, plan, Some((why, None))).map(|_| ())
}

/// Undoes a merge with another lead, whichever of the two this is.
pub(super) fn unmerge(story: &mut Story<'_>, other: LeadId, why: String) -> Result<(), Refusal> {
    story.context.asking_member().ok_or(Refusal::OnlyMembersDecide)?;
    let known = story.context.other.filter(|known| known.id == other).ok_or(Refusal::NoLead)?;
    let mut beside = story.beside(known.clone());
    let rests_in =
        |gone: &Lead, kept: &Lead| gone.merged_into.as_ref().is_some_and(|into| into.lead == kept.id);
    if rests_in(&beside.lead, &story.lead) {
        part(story, &mut beside, why)?;
    } else if rests_in(&story.lead, &beside.lead) {
        part(&mut beside, story, why)?;
    } else {
        return Err(Refusal::NotMerged(other));
    }
    story.together_with(beside);
    Ok(())
}

fn part(kept: &mut Story<'_>, gone: &mut Story<'_>, why: String) -> Result<(), Refusal> {
    let (from, other) = (kept.lead.id, gone.lead.id);
    let absorbed = kept.lead.merged.iter().find(|absorbed| absorbed.lead == other).cloned();
    let absorbed = absorbed.ok_or(Refusal::NotMerged(other))?;
    let since_then = !absorbed.other_opted_out && kept.lead.own.as_ref().is_some_and(|own| own.opted_out);
    kept.tell(Fact::LeadUnmerged { other, why: why.clone() });
    gone.tell(Fact::LeadRestored { from, why: why.clone() });
    if since_then && !gone.lead.opted_out {
        // Which of the two said so cannot be told, so both are left alone.
        gone.note(Fact::OptedOut { why: "It was said while the two leads were one.".into() });
    }
    undone(kept, absorbed.action, &why);
    undone(gone, absorbed.action, &why);
    if absorbed.owner.is_some() && kept.lead.owner == absorbed.owner {
        give(kept, None, "The merge that brought its owner was undone.")?;
    }
    wait_again(kept)?;
    wait_again(gone)
}

/// Undoing what ran by itself is a sign that it was wrong.
fn undone(story: &mut Story<'_>, action: ActionId, why: &str) {
    let known = story.lead.actions.get(&action).filter(|action| action.verdict.kind == VerdictKind::Run);
    if let Some((class, ran_at)) =
        known.map(|action| (Some(action.class.clone()), exceptions::ran_at(action)))
    {
        let (sign, note) = (ExceptionKind::Undo, why.to_owned());
        story.tell(Fact::ExceptionReported { action, sign, critical: false, note, class, ran_at });
    }
}

/// A lead that stands on its own again, and waits for an answer, has its promise and its draft again.
fn wait_again(story: &mut Story<'_>) -> Result<(), Refusal> {
    arrival::cancel_clocks(story);
    let why = Overtaken::Unmerged;
    match waits_since(&story.lead) {
        Some(since) => {
            arrival::start_clock(story, since)?;
            answer_anew(story, &why)
        }
        None => {
            arrival::overtake(story, &why);
            Ok(())
        }
    }
}

/// Since when a person waits for an answer: the oldest of their messages that nobody answered.
fn waits_since(lead: &Lead) -> Option<Timestamp> {
    if lead.stage.is_closed() {
        return None;
    }
    if lead.messages.is_empty() && lead.source != Source::Csv {
        return Some(lead.captured_at);
    }
    let told = lead.messages.iter().rev().filter(|note| note.automatic == Automatic::No);
    told.take_while(|note| note.inbound).last().map(|note| note.at)
}

/// Takes in what another lead brings.
pub(super) fn absorb(lead: &mut Lead, other: LeadId, action: ActionId, at: Timestamp, brought: &Brought) {
    let own = Own { words: last_words(lead), opted_out: lead.opted_out };
    let other_opted_out = lead.own.get_or_insert(own).opted_out;
    let room = MESSAGE_NOTES.saturating_sub(lead.messages.len());
    let skipped = brought.messages.len().saturating_sub(room);
    let messages: Vec<&MessageNote> = brought.messages.iter().skip(skipped).collect();
    lead.merged.push(Absorbed {
        lead: other,
        leads: brought.leads.clone(),
        action,
        at,
        messages: messages.iter().map(|note| note.id).collect(),
        words: brought.words.clone(),
        opted_out: brought.opted_out,
        other_opted_out,
        owner: brought.owner,
    });
    for note in messages {
        // Its own messages keep their order among themselves.
        let place = lead.messages.iter().position(|known| known.at > note.at);
        lead.messages.insert(place.unwrap_or(lead.messages.len()), note.clone());
    }
    let marked = brought.enquiries.iter().map(|note| EnquiryNote { of: Some(other), ..note.clone() });
    lead.enquiries.extend(marked);
    look_again(lead);
}

/// Leaves out again what another lead brought.
pub(super) fn release(lead: &mut Lead, other: LeadId) {
    let Some(place) = lead.merged.iter().position(|absorbed| absorbed.lead == other) else { return };
    let absorbed = lead.merged.remove(place);
    lead.enquiries.retain(|note| note.of != Some(other));
    lead.messages.retain(|note| !absorbed.messages.contains(&note.id));
    lead.apart.extend(absorbed.leads);
    look_again(lead);
    if lead.merged.is_empty() {
        lead.own = None;
    }
}

/// Comes to rest in another lead.
pub(super) fn rest(lead: &mut Lead, into: LeadId) {
    lead.merged_into = Some(MergedInto { lead: into, stage: lead.stage });
    lead.traces.insert(into);
    lead.stage = Stage::Merged;
}

/// Stands on its own again, as it stood.
pub(super) fn wake(lead: &mut Lead, from: LeadId) {
    if let Some(into) = lead.merged_into.take() {
        lead.stage = into.stage;
    }
    lead.apart.insert(from);
}

/// Makes the view of what all enquiries say.
pub(super) fn look_again(lead: &mut Lead) {
    lead.person = enquiry::person(&lead.enquiries);
    lead.fields = enquiry::fields(&lead.enquiries);
    lead.account = enquiry::account(&lead.enquiries);
    let Some(own) = &lead.own else { return };
    let heard = lead.merged.iter().map(|absorbed| &absorbed.words).chain([&own.words]);
    if let Some(latest) = heard.max_by_key(|words| words.at) {
        lead.last_words.clone_from(&latest.text);
    }
    lead.opted_out = own.opted_out || lead.merged.iter().any(|absorbed| absorbed.opted_out);
}
