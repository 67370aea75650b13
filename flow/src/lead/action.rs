//! Somebody or something wants a step taken: it is judged, and runs, waits for a person, or is refused.

use jiff::Timestamp;

use crate::boundary::Asked;
use crate::draft::{self, to_html};
use crate::effect::{Effect, Timer};
use crate::fact::{Fact, Judged, Overtaken, Reason, VerdictKind, WhyOwner};
use crate::gate::{self, Circumstances, Deed};
use crate::ids::{ActionId, MemberId, ProposalId};
use crate::ledger::{Kind, Words};
use crate::route::Turn;
use crate::sequence::Stop;
use crate::step::Step;
use crate::terms::{Actor, Content, Role, Sealed, Stage};

use super::story::Story;
use super::{
    Action, Context, Lead, OPEN_ACTIONS, OutText, Payload, Refusal, Request, arrival, erase, merge, prepare,
    sequence,
};

/// A step as it comes before the gate.
pub(super) struct Plan {
    pub step: Step,
    pub payload: Payload,
    pub content: Option<Sealed>,
    pub proposer: Actor,
    pub why: String,
    pub confidence: Option<u16>,
    /// What the template itself says, where one was used.
    pub template_words: Option<String>,
    /// Words to be read, where they were counted before.
    pub words_known: Option<u32>,
    /// A reason to ask whatever the gate says, e.g. that an approval went stale.
    pub must_ask: Option<Reason>,
}

impl Plan {
    fn own_words(&self) -> bool {
        matches!(self.payload, Payload::Send { own_words: true, .. })
    }

    /// A step of Lockkeeper's own that sends nothing.
    pub fn internal(step: Step, payload: Payload, why: impl Into<String>) -> Plan {
        Plan {
            step,
            payload,
            content: None,
            proposer: Actor::SYSTEM,
            why: why.into(),
            confidence: None,
            template_words: None,
            words_known: None,
            must_ask: None,
        }
    }
}

/// What became of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Became {
    Ran(ActionId),
    Asked(ActionId),
    Refused(ActionId),
}

/// An agent, a member or a rule wants a step taken.
pub(super) fn propose(story: &mut Story<'_>, request: Request) -> Result<(), Refusal> {
    if story.lead.actions.values().filter(|action| action.state.is_open()).count() >= OPEN_ACTIONS {
        return Err(Refusal::TooManyOpen);
    }
    let proposer = story.context.actor.clone();
    let payload = payload(story, &request)?;
    let content = match (request.step.sends(), request.text) {
        (true, Some(text)) => Some(content_of(&story.lead, text, story.context)?),
        (true, None) => {
            return Err(Refusal::Unfit(format!("`{}` needs `content` with a `text`", request.step.name())));
        }
        (false, _) => None,
    };
    let content = content.map(|content| story.seal(content));
    let plan = Plan {
        step: request.step,
        payload,
        content,
        proposer,
        why: request.why,
        confidence: request.confidence,
        template_words: None,
        words_known: None,
        must_ask: None,
    };
    put(story, plan).map(|_| ())
}

fn payload(story: &Story<'_>, request: &Request) -> Result<Payload, Refusal> {
    let unfit =
        |what: &str| Err(Refusal::Unfit(format!("`{}` needs `payload` with {what}", request.step.name())));
    match (request.step, &request.payload) {
        (step, _) if step.sends() => {
            let answers = story.lead.last_inbound().map(|note| note.id);
            let own_words = request.own_words && story.context.actor.member().is_some();
            Ok(Payload::Send { template: None, answers, own_words })
        }
        (Step::Assign | Step::Reassign, Some(Payload::Own { owner })) => {
            let known = owner.is_none_or(|owner| {
                story.context.members.iter().any(|member| member.id == owner && member.role != Role::Auditor)
            });
            if known {
                Ok(Payload::Own { owner: *owner })
            } else {
                unfit("an `owner` who is a member and may act")
            }
        }
        (Step::Assign | Step::Reassign, _) => unfit("an `owner`"),
        (Step::ChangeStage, Some(Payload::Stage { to })) if *to != Stage::Merged => {
            Ok(Payload::Stage { to: *to })
        }
        (Step::ChangeStage, _) => unfit("a stage in `to`"),
        (Step::Disqualify, _) => Ok(Payload::Stage { to: Stage::Disqualified }),
        (Step::Merge, Some(payload @ Payload::Merge { with, despite, .. })) => {
            merge::may_merge(story, *with, *despite)?;
            Ok(payload.clone())
        }
        (Step::Merge, _) => unfit("the other lead in `with`"),
        (Step::Remind, Some(payload @ Payload::Remind { .. })) => Ok(payload.clone()),
        (Step::Remind, _) => unfit("`about`"),
        (Step::Escalate, Some(payload @ Payload::Escalate { .. })) => Ok(payload.clone()),
        (Step::Escalate, _) => unfit("`rung` and `why`"),
        (Step::Erase, _) => Ok(Payload::Erase),
        (Step::Enrol, Some(payload @ Payload::Enrol { sequence })) => {
            sequence::may_begin(story, sequence)?;
            Ok(payload.clone())
        }
        (Step::Enrol, _) => unfit("a `sequence`"),
        (step, _) => {
            Err(Refusal::Unfit(format!("`{}` cannot be asked for on a lead in this release", step.name())))
        }
    }
}

/// Makes the full content of a text: sender, recipients, subject, HTML and threading follow from the lead.
pub(super) fn content_of(lead: &Lead, text: OutText, context: &Context<'_>) -> Result<Content, Refusal> {
    let to = if text.to.is_empty() && !lead.person.email.is_empty() {
        vec![lead.person.email.clone()]
    } else {
        text.to
    };
    let last = lead.last_inbound();
    let subject = match text.subject.filter(|subject| !subject.trim().is_empty()) {
        Some(subject) => subject,
        None => last.map_or_else(|| context.playbook.company.clone(), |note| answer_subject(&note.subject)),
    };
    if subject.chars().any(char::is_control) {
        return Err(Refusal::Unfit("the subject contains a line break or another control character".into()));
    }
    let limit = crate::capture::FIELD_CHARS;
    if text.text.chars().count() > limit {
        return Err(Refusal::Unfit(format!("the text is longer than {limit} characters")));
    }
    Ok(Content {
        channel: "email".into(),
        from: context
            .playbook
            .sender(lead.owner.and_then(|owner| context.members.iter().find(|m| m.id == owner))),
        to,
        cc: text.cc,
        subject: Some(subject),
        html: Some(to_html(&text.text)),
        text: Some(text.text),
        attachments: Vec::new(),
        in_reply_to: last.and_then(|note| note.external_id.clone()),
    })
}

/// `Re: …` once.
pub(super) fn answer_subject(subject: &str) -> String {
    let has_prefix = subject.get(..3).is_some_and(|prefix| prefix.eq_ignore_ascii_case("re:"));
    if has_prefix { subject.to_owned() } else { format!("Re: {subject}") }
}

/// Brings a plan before the gate and does what the verdict says.
pub(super) fn put(story: &mut Story<'_>, plan: Plan) -> Result<Became, Refusal> {
    put_because(story, plan, None)
}

/// The same for giving a lead its owner, which brings a reason of its own.
pub(super) fn put_because(
    story: &mut Story<'_>,
    plan: Plan,
    why: Option<(WhyOwner, Option<Turn>)>,
) -> Result<Became, Refusal> {
    let id: ActionId = story.mint.id();
    let class = class_of(&plan, story);
    let judged = judge_plan(story, id, &class, &plan);
    let kind = judged.kind;
    let (step, payload) = (plan.step, plan.payload.clone());
    let fact = Fact::ActionJudged {
        action: id,
        step,
        class: class.clone(),
        payload: plan.payload.clone(),
        why: plan.why.clone(),
        confidence: plan.confidence,
        words_new: words_new(&plan),
        verdict: judged,
    };
    story.tell_by(&plan.proposer, fact, plan.content.clone());
    match kind {
        VerdictKind::Refuse => Ok(Became::Refused(id)),
        VerdictKind::Ask => {
            ask_people(story, id, &class, &plan)?;
            Ok(Became::Asked(id))
        }
        VerdictKind::Run | VerdictKind::Hold => {
            if step.sends() {
                story.ask(Effect::Dispatch { action: id, not_before: story.context.now });
            } else {
                carry_out(story, id, payload, why)?;
            }
            Ok(Became::Ran(id))
        }
    }
}

/// The class and segment whose boundary an action counts for.
fn class_of(plan: &Plan, story: &Story<'_>) -> String {
    let words = match &plan.payload {
        Payload::Send { template: Some(template), .. } => Words::Template(template),
        Payload::Send { own_words: true, .. } => Words::Own,
        Payload::Send { template: None, .. } => Words::Free,
        _ => Words::None,
    };
    let kind = Kind { step: plan.step, words, tier: story.lead.tier(), channel: story.lead.source.word() };
    story.context.playbook.declared.address(&kind)
}

/// Words to be read: those of the content that the template did not put there.
fn words_new(plan: &Plan) -> u32 {
    let text = plan.content.as_ref().map_or("", |sealed| sealed.content.text());
    let template = plan.template_words.as_deref().unwrap_or_default();
    plan.words_known.unwrap_or_else(|| draft::words_new(template, text))
}

fn judge_plan(story: &Story<'_>, id: ActionId, class: &str, plan: &Plan) -> Judged {
    let context = story.context;
    let findings = match &plan.content {
        Some(sealed) => {
            prepare::findings(&story.lead, &sealed.content, plan.template_words.as_deref(), context)
        }
        None => Vec::new(),
    };
    let deed = Deed {
        id,
        step: plan.step,
        class,
        proposer: &plan.proposer,
        own_words: plan.own_words(),
        confidence: plan.confidence,
        content: plan.content.as_ref().map(|sealed| &sealed.content),
    };
    let circumstances = circumstances(&story.lead, plan.step, class, findings, context);
    let (setup, policy) = (context.playbook.setup(plan.step), &context.playbook.policy);
    let mut judged = gate::judge(&deed, &circumstances, setup, policy);
    let mut asked = Asked::ByGate;
    if judged.kind == VerdictKind::Run
        && circumstances.automated
        && context.draw.part(id) < context.ledger.audit_share(class)
    {
        judged = gate::ask_for_audit(&deed, &circumstances, setup, policy);
        asked = Asked::ForAudit;
    }
    if let Some(reason) = &plan.must_ask
        && judged.kind != VerdictKind::Refuse
    {
        if judged.kind == VerdictKind::Run {
            // Why it might have run is no reason to ask.
            judged.reasons.retain(|why| why.id != "question.none" && !why.id.starts_with("run."));
        }
        judged.kind = VerdictKind::Ask;
        judged.reasons.insert(0, reason.clone());
        asked = Asked::ByGate;
    }
    if judged.kind == VerdictKind::Ask {
        judged.mark = Some(context.draw.mark(id, asked));
    }
    judged
}

/// What the gate must know about this lead now.
pub(super) fn circumstances<'a>(
    lead: &Lead,
    step: Step,
    class: &str,
    findings: Vec<crate::draft::Finding>,
    context: &'a Context<'_>,
) -> Circumstances<'a> {
    Circumstances {
        lead: lead.id,
        owner: lead.owner,
        account: lead.account.as_ref().map(|account| (account.id.to_string(), account.tier, account.value)),
        tier: lead.tier(),
        value: lead.value(),
        opted_out: lead.opted_out,
        closed: lead.stage.is_closed(),
        risk: lead.risk(context.playbook),
        findings,
        automated: context.is_automated(step, class),
        members: context.members,
    }
}

/// Puts a judged action before the people who may decide on it.
fn ask_people(story: &mut Story<'_>, action: ActionId, class: &str, plan: &Plan) -> Result<(), Refusal> {
    let context = story.context;
    let deed = Deed {
        id: action,
        step: plan.step,
        class,
        proposer: &plan.proposer,
        own_words: plan.own_words(),
        confidence: plan.confidence,
        content: plan.content.as_ref().map(|sealed| &sealed.content),
    };
    let circumstances = circumstances(&story.lead, plan.step, class, Vec::new(), context);
    let eligible =
        gate::eligible(&deed, &circumstances, context.playbook.setup(plan.step), &context.playbook.policy);
    let (remind_at, deadline) = decision_times(context)?;
    let proposal: ProposalId = story.mint.id();
    let basis = story.lead.last_inbound().map(|note| note.id);
    let fact = Fact::ProposalMade { proposal, action, step: plan.step, eligible, deadline, remind_at, basis };
    story.tell_by(&Actor::SYSTEM, fact, plan.content.clone());
    story.ask(Effect::SetTimer { timer: Timer::Proposal { proposal }, due: remind_at });
    Ok(())
}

/// Half of the time allowed for a decision, and all of it, in business time.
fn decision_times(context: &Context<'_>) -> Result<(Timestamp, Timestamp), Refusal> {
    let policy = &context.playbook.decision;
    policy.instants(context.now).map_err(|error| Refusal::Calendar {
        calendar: policy.calendar_name.clone(),
        error: error.to_string(),
    })
}

/// Carries out a step that stays inside Lockkeeper, once the gate or a person let it.
pub(super) fn carry_out(
    story: &mut Story<'_>,
    action: ActionId,
    payload: Payload,
    why: Option<(WhyOwner, Option<Turn>)>,
) -> Result<(), Refusal> {
    match payload {
        Payload::Own { owner } => {
            let (why, turn) = why.unwrap_or_else(|| (by_hand(story, owner), None));
            story.note(Fact::LeadAssigned { action, owner, why, turn });
        }
        Payload::Stage { to } => {
            story.note(Fact::StageChanged { action, to });
            if to.is_closed() {
                sequence::stop_all(story, Stop::Closed);
                arrival::overtake(story, &Overtaken::Closed);
                arrival::cancel_clocks(story);
            }
        }
        Payload::Remind { about } => story.note(Fact::OwnerReminded { action, about }),
        Payload::Escalate { rung, why } => story.note(Fact::LeadEscalated { action, rung, why }),
        Payload::Erase => erase::erase(story, action),
        Payload::Merge { with, despite, .. } => merge::merge(story, action, with, despite)?,
        Payload::Enrol { sequence } => sequence::begin(story, action, &sequence),
        Payload::Send { .. } | Payload::Other => {}
    }
    Ok(())
}

fn by_hand(story: &Story<'_>, owner: Option<MemberId>) -> WhyOwner {
    let name = |id: MemberId| {
        story.context.members.iter().find(|member| member.id == id).map(|member| member.name.clone())
    };
    let by = story.context.actor.member().and_then(name).unwrap_or_else(|| "Lockkeeper".into());
    let words = match owner.and_then(name) {
        Some(owner) => format!("{by} gave the lead to {owner}."),
        None => format!("{by} put the lead back in the queue."),
    };
    WhyOwner { rule: "by hand".into(), strategy: "by hand".into(), words, ..WhyOwner::default() }
}

/// Moves the lead to another stage through the gate, if it is not there already.
pub(super) fn change_stage(story: &mut Story<'_>, to: Stage, why: &str) {
    if story.lead.stage == to {
        return;
    }
    let plan = Plan::internal(Step::ChangeStage, Payload::Stage { to }, why);
    // An internal step that cannot be timed or asked for is left as it is; the lead shows its old stage.
    let _ = put(story, plan);
}

/// Proposes an overtaken action again, with the same content: a person looks at it in the light of what changed.
pub(super) fn propose_again(story: &mut Story<'_>, old: Action) -> Result<Became, Refusal> {
    let stale = "The lead changed after this was prepared; look whether it still fits.";
    propose_because(story, old, Reason::new("stale.lead", stale))
}

/// The same for a reason that the caller gives.
pub(super) fn propose_because(story: &mut Story<'_>, old: Action, reason: Reason) -> Result<Became, Refusal> {
    let plan = Plan {
        step: old.step,
        payload: old.payload,
        content: old.content,
        proposer: old.proposer,
        why: old.why,
        confidence: old.confidence,
        template_words: None,
        words_known: Some(old.words_new),
        must_ask: Some(reason),
    };
    put(story, plan)
}
