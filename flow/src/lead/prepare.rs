//! What Lockkeeper prepares by itself when somebody writes: an owner, an acknowledgement, a draft of the answer.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

use crate::capture::Automatic;
use crate::draft::{
    self, AccountFields, Finding, LeadFields, Merge, OwnerFields, Reading, Template, WorkspaceFields,
};
use crate::fact::{Fact, WhyOwner};
use crate::ids::MemberId;
use crate::route::{AccountFacts, Assignment, Facts, LeadFacts, Ties, TimeFacts};
use crate::step::Step;
use crate::terms::{Actor, Content, Member, Person};

use super::action::{self, Became, Plan};
use super::story::Story;
use super::{Context, Lead, OutText, Payload, Refusal};

/// Gives a new lead its owner, by the playbook's rules.
pub(super) fn assign(story: &mut Story<'_>) -> Result<(), Refusal> {
    let context = story.context;
    let facts = facts(&story.lead, context);
    let ties = Ties {
        account_owner: context.account.and_then(|account| account.owner).map(|owner| owner.0),
        previous_owner: context.matched.as_ref().and_then(|matched| matched.owner).map(|owner| owner.0),
        ..Ties::default()
    };
    let Assignment { owner, queue, alarm, turn, why, .. } =
        context.rota.assign(&context.playbook.rules, &facts, &ties);
    let owner = owner.map(MemberId);
    let strategy = why.strategy.map(|strategy| strategy.words().to_owned()).unwrap_or_default();
    let passed_over = why.passed_over.iter().map(ToString::to_string).collect();
    let rule = why.rule.unwrap_or_else(|| "fallback".into());
    let why = WhyOwner { rule, strategy, words: why.words, passed_over, queue, alarm };
    let plan = Plan::internal(Step::Assign, Payload::Own { owner }, why.words.clone());
    action::put_because(story, plan, Some((why, turn))).map(|_| ())
}

/// Says that the enquiry arrived, once a lead.
pub(super) fn acknowledge(story: &mut Story<'_>) -> Result<(), Refusal> {
    let Some(name) = story.context.playbook.prepare.acknowledge.clone() else { return Ok(()) };
    let first = story.lead.messages.iter().filter(|note| note.automatic == Automatic::No).count() <= 1;
    let acknowledged = story.lead.actions.values().any(|action| action.step == Step::Acknowledge);
    if !first || acknowledged {
        return Ok(());
    }
    draft(story, Step::Acknowledge, &name, "The enquiry arrived.").map(drop)
}

/// Drafts an answer to what was last said.
pub(super) fn reply(story: &mut Story<'_>) -> Result<(), Refusal> {
    let Some(name) = story.context.playbook.prepare.reply.clone() else { return Ok(()) };
    draft(story, Step::Reply, &name, "The lead wrote and waits for an answer.").map(drop)
}

/// Drafts a message from a template and brings it before the gate. None when no draft could be made; why not is on
/// record then.
pub(super) fn draft(
    story: &mut Story<'_>,
    step: Step,
    template: &str,
    why: &str,
) -> Result<Option<Became>, Refusal> {
    let context = story.context;
    let failed = |why: String| Fact::DraftFailed { step, why };
    if story.lead.person.email.is_empty() {
        story.note(failed("There is no e-mail address; answer by phone.".into()));
        return Ok(None);
    }
    let language = story.lead.person.language.clone();
    let Some(template) = context.playbook.templates.choose(template, &language, &context.playbook.language)
    else {
        story.note(failed(format!(
            "There is no template `{template}` in `{language}` or the playbook's language."
        )));
        return Ok(None);
    };
    let drafted = match draft::render(template, &merge(&story.lead, context)) {
        Ok(drafted) => drafted,
        Err(error) => {
            story.note(failed(error.to_string()));
            return Ok(None);
        }
    };
    let text = OutText { subject: drafted.subject, text: drafted.text, to: Vec::new(), cc: Vec::new() };
    let content = action::content_of(&story.lead, text, context)?;
    let content = story.seal(content);
    let plan = Plan {
        step,
        payload: Payload::Send {
            template: Some(label(template)),
            answers: story.lead.last_inbound().map(|note| note.id),
            own_words: false,
        },
        content: Some(content),
        proposer: Actor::SYSTEM,
        why: why.into(),
        confidence: None,
        template_words: Some(drafted.own_words),
        words_known: None,
        must_ask: None,
    };
    action::put(story, plan).map(Some)
}

/// A template's name as classes carry it: `reply.de`.
fn label(template: &Template) -> String {
    format!("{}.{}", template.name, template.language)
}

fn merge(lead: &Lead, context: &Context<'_>) -> Merge {
    let owner = owner(lead, context);
    Merge {
        lead: LeadFields {
            name: lead.person.name.clone(),
            first_name: first_name(&lead.person),
            company: lead.person.company.clone(),
            email: lead.person.email.clone(),
            subject: lead.last_inbound().map(|note| bare_subject(&note.subject)).unwrap_or_default(),
            language: lead.person.language.clone(),
        },
        owner: OwnerFields {
            name: owner.map(|owner| owner.name.clone()).unwrap_or_default(),
            first_name: owner.map(|owner| owner.first_name().to_owned()).unwrap_or_default(),
            email: owner.map(|owner| owner.email.clone()).unwrap_or_default(),
        },
        workspace: WorkspaceFields { name: context.playbook.company.clone() },
        account: AccountFields {
            name: lead.account.as_ref().map(|account| account.name.clone()).unwrap_or_default(),
            tier: lead.tier().word().to_owned(),
        },
        today: context.now.to_zoned(zone(context)).date().to_string(),
    }
}

/// The zone in which the workspace decides: that of the decision clock's calendar.
fn zone(context: &Context<'_>) -> TimeZone {
    let playbook = context.playbook;
    playbook
        .calendars
        .get(&playbook.decision.calendar_name)
        .map_or(TimeZone::UTC, |calendar| calendar.zone().clone())
}

/// The name to greet with, where one can be told: the first word of a name of two words or more.
fn first_name(person: &Person) -> String {
    let mut words = person.name.split_whitespace();
    match (words.next(), words.next()) {
        (Some(first), Some(_)) if !first.ends_with('.') && !first.ends_with(',') => first.to_owned(),
        _ => String::new(),
    }
}

/// A subject without its `Re:` and `Fwd:`.
fn bare_subject(subject: &str) -> String {
    let mut bare = subject.trim();
    loop {
        let Some((prefix, rest)) = bare.split_once(':') else { return bare.to_owned() };
        if !["re", "aw", "fw", "fwd", "wg", "sv", "rv", "tr"].contains(&prefix.trim().to_lowercase().as_str())
        {
            return bare.to_owned();
        }
        bare = rest.trim();
    }
}

fn owner<'a>(lead: &Lead, context: &Context<'a>) -> Option<&'a Member> {
    context.members.iter().find(|member| Some(member.id) == lead.owner)
}

/// Everything risky in a text that would go to this lead.
pub(super) fn findings(
    lead: &Lead,
    content: &Content,
    template_words: Option<&str>,
    context: &Context<'_>,
) -> Vec<Finding> {
    let playbook = context.playbook;
    let mut own_names = vec![playbook.company.as_str()];
    own_names.extend(context.members.iter().map(|member| member.name.as_str()));
    let mut lead_addresses = vec![lead.person.email.as_str()];
    lead_addresses.extend(lead.messages.iter().filter(|note| note.inbound).map(|note| note.address.as_str()));
    lead_addresses.extend(context.members.iter().map(|member| member.email.as_str()));
    let mut link_domains: Vec<&str> = playbook.links.iter().map(String::as_str).collect();
    link_domains.push(playbook.mail_domain());
    for template in playbook.templates.iter().filter(|_| template_words.is_some()) {
        link_domains.extend(template.links.iter().map(String::as_str));
    }
    let mut lead_names = vec![lead.person.name.as_str(), lead.person.company.as_str()];
    lead_names.extend(lead.account.as_ref().map(|account| account.name.as_str()));
    lead_names.retain(|name| !name.is_empty());
    draft::findings(&Reading {
        subject: content.subject.as_deref(),
        text: content.text(),
        to: content.to.iter().map(String::as_str).collect(),
        cc: content.cc.iter().map(String::as_str).collect(),
        attachments: content.attachments.iter().map(|file| file.name.as_str()).collect(),
        lead_addresses,
        lead_names,
        own_names,
        other_names: Vec::new(),
        template_words,
        link_domains,
        language: Some(lead.person.language.as_str()).filter(|language| !language.is_empty()),
        answered_subject: lead.last_inbound().map(|note| note.subject.as_str()),
        inbound: vec![lead.last_words.as_str()],
    })
}

/// The lead as conditions see it.
pub(super) fn facts(lead: &Lead, context: &Context<'_>) -> Facts {
    let local = context.now.to_zoned(zone(context));
    let weekday = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
        .get(usize::try_from(local.weekday().to_monday_zero_offset()).unwrap_or(0))
        .copied()
        .unwrap_or("mon");
    let size = lead.fields.get("company_size").and_then(|size| size.trim().parse().ok());
    let fields: BTreeMap<_, _> = lead
        .fields
        .iter()
        .map(|(name, value)| (name.clone(), serde_json::Value::String(value.clone())))
        .collect();
    Facts::new(
        LeadFacts {
            source: lead.source.word().to_owned(),
            channel: lead.source.word().to_owned(),
            country: lead.person.country.clone(),
            language: lead.person.language.clone(),
            company: lead.person.company.clone(),
            company_size: size,
            tier: lead.tier().word().to_owned(),
            value: i64::try_from(lead.value()).ok(),
            email_domain: lead
                .person
                .email
                .rsplit_once('@')
                .map(|(_, domain)| domain.to_lowercase())
                .unwrap_or_default(),
            subject: lead.last_inbound().map(|note| note.subject.clone()).unwrap_or_default(),
            text: lead.last_words.clone(),
            fields,
        },
        AccountFacts {
            name: lead.account.as_ref().map(|account| account.name.clone()).unwrap_or_default(),
            tier: lead.account.as_ref().map(|account| account.tier.word().to_owned()).unwrap_or_default(),
        },
        TimeFacts {
            date: local.date().to_string(),
            weekday: weekday.to_owned(),
            hour: i64::from(local.hour()),
        },
    )
}
