//! How leads, proposals, messages and facts look in JSON.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flow::approval::Proposal;
use flow::fact::{Judged, Likeness, Reason};
use flow::gate::finding_name;
use flow::ids::MemberId;
use flow::lead::{Clock, Lead};
use flow::sequence::{Enrolment, SequenceStep};
use flow::terms::Commitment;
use serde_json::{Value, json};
use store::views::{ActionRow, FactRow, LeadRow, MessageRow, ProposalRow, Said};

use crate::state::Snapshot;

/// A commitment as it stands in the record: base64.
pub fn base64(commitment: &Commitment) -> String {
    STANDARD.encode(commitment.0)
}

/// Reads a commitment from base64.
pub fn commitment(text: &str) -> Option<Commitment> {
    STANDARD.decode(text.trim()).ok()?.try_into().ok().map(Commitment)
}

fn member(id: Option<MemberId>, people: &Snapshot) -> Value {
    id.map_or(Value::Null, |id| json!({ "id": id, "name": people.name(id) }))
}

/// A lead in a list.
pub fn lead_row(row: &LeadRow, people: &Snapshot) -> Value {
    json!({
        "id": row.id,
        "name": row.person.name,
        "email": row.person.email,
        "phone": row.person.phone,
        "company": row.person.company,
        "country": row.person.country,
        "language": row.person.language,
        "account": row.account,
        "tier": row.tier,
        "value": row.value,
        "owner": member(row.owner, people),
        "stage": row.stage,
        "source": row.source,
        "subject": row.subject,
        "captured_at": row.captured_at,
        "touched_at": row.touched_at,
        "clock": row.clock.as_ref().map(|clock| json!({
            "promise": clock.promise, "state": clock.state, "started": clock.started, "due": clock.due,
        })),
        "pending": row.pending,
        "risk": row.risk,
    })
}

/// A lead as it stands.
pub fn lead(lead: &Lead, people: &Snapshot) -> Value {
    json!({
        "id": lead.id,
        "name": lead.person.name,
        "email": lead.person.email,
        "phone": lead.person.phone,
        "company": lead.person.company,
        "country": lead.person.country,
        "language": lead.person.language,
        "fields": lead.fields,
        "account": lead.account,
        "tier": lead.tier(),
        "value": lead.value(),
        "owner": owner(lead, people),
        "stage": lead.stage,
        "source": lead.source,
        "captured_at": lead.captured_at,
        "touched_at": lead.touched_at,
        "opted_out": lead.opted_out,
        "erased": lead.erased.as_ref().map(|erased| json!({
            "at": erased.at, "by": member(erased.by.member(), people),
        })),
        "risk": lead.risk(&people.playbook),
        "clocks": lead.clocks.iter().map(clock).collect::<Vec<_>>(),
        "enrolments": lead.enrolments.iter().map(enrolment).collect::<Vec<_>>(),
        "merged": lead.merged.iter().map(|one| json!({ "lead": one.lead, "at": one.at })).collect::<Vec<_>>(),
        "merged_into": lead.merged_into.as_ref().map(|into| into.lead),
    })
}

/// What matching says about two records.
pub fn likeness(likeness: &Likeness) -> Value {
    json!({
        "probability": f64::from(likeness.probability_ppm) / 1e6,
        "evidence": likeness.evidence.iter().map(|told| json!({
            "field": told.field, "level": told.level, "bits": told.bits(),
        })).collect::<Vec<_>>(),
        "weights": likeness.weights,
        "lines": likeness.lines,
    })
}

/// A lead's owner with the reason.
pub fn owner(lead: &Lead, people: &Snapshot) -> Value {
    let why = lead.why_owner.as_ref().map(|why| why.words.clone());
    json!({ "id": lead.owner, "name": lead.owner.map(|id| people.name(id)), "why": why })
}

fn clock(clock: &Clock) -> Value {
    json!({
        "id": clock.id,
        "promise": clock.promise,
        "policy": clock.policy,
        "calendar": clock.calendar,
        "state": clock.state,
        "started": clock.started,
        "warn_at": clock.warn_at,
        "due": clock.due,
        "breached": clock.breached,
        "ended": clock.ended,
    })
}

/// A lead's way through a follow-up sequence.
fn enrolment(enrolment: &Enrolment) -> Value {
    let state = serde_json::to_value(&enrolment.state).unwrap_or_default();
    let mut value = json!({
        "id": enrolment.id,
        "sequence": enrolment.sequence,
        "began": enrolment.began,
        "next": enrolment.next,
        "steps": enrolment.steps.iter().map(SequenceStep::words).collect::<Vec<_>>(),
    });
    merge(&mut value, state);
    value
}

/// A message.
pub fn message(row: &MessageRow) -> Value {
    match &row.said {
        Said::In(inbound) => json!({
            "id": row.id, "at": row.at, "direction": "in", "channel": inbound.channel, "from": inbound.from,
            "subject": inbound.subject, "text": inbound.text, "external_id": inbound.external_id,
            "automatic": inbound.automatic, "attachments": inbound.attachments,
        }),
        Said::Out { content, action, state, proposal, external_id } => json!({
            "id": row.id, "at": row.at, "direction": "out", "action": action, "state": state, "proposal": proposal,
            "external_id": external_id, "content": content,
        }),
    }
}

/// A verdict.
pub fn verdict(judged: &Judged) -> Value {
    json!({
        "kind": judged.kind,
        "reasons": reasons(&judged.reasons),
        "findings": findings(judged),
    })
}

fn reasons(reasons: &[Reason]) -> Vec<Value> {
    reasons.iter().map(|reason| json!({ "id": reason.id, "text": reason.text })).collect()
}

fn findings(judged: &Judged) -> Vec<Value> {
    judged
        .findings
        .iter()
        .map(|finding| {
            json!({
                "id": finding_name(finding), "level": finding.level, "place": finding.place,
                "span": finding.span.map(|(from, to)| [from, to]), "excerpt": finding.excerpt, "text": finding.words,
            })
        })
        .collect()
}

/// A proposal with everything needed to decide on it.
pub fn proposal(row: &ProposalRow, people: &Snapshot) -> Value {
    let mut value = proposal_state(&row.proposal, people);
    let more = json!({
        "lead": row.lead,
        "content": row.content,
        "proposed": row.proposed,
        "context": {
            "name": row.person.name, "email": row.person.email, "company": row.person.company,
            "account": row.account, "tier": row.tier, "value": row.value, "owner": member(row.owner, people),
        },
        "consequence": row.proposal.step.consequence().replace("{who}", row.person.display()),
    });
    merge(&mut value, more);
    value
}

/// A proposal without its lead.
pub fn proposal_state(proposal: &Proposal, people: &Snapshot) -> Value {
    json!({
        "id": proposal.id,
        "action": proposal.action,
        "step": proposal.step,
        "class": proposal.class,
        "state": proposal.state,
        "made_at": proposal.made_at,
        "deadline": proposal.deadline,
        "commitment": proposal.content_now().as_ref().map(base64),
        "reasons": reasons(&proposal.verdict.reasons),
        "findings": findings(&proposal.verdict),
        "quorum": proposal.verdict.quorum,
        "passkey": proposal.verdict.passkey,
        "may_decide": proposal.eligible.iter().map(|id| member(Some(*id), people)).collect::<Vec<_>>(),
        "approvals": proposal.decisions.iter().map(|decided| json!({
            "by": member(Some(decided.by), people),
            "decision": decided.choice,
            "at": decided.at,
            "reason": decided.reason,
            "change": decided.substance,
            "seen_ms": decided.attention.seen_ms,
            "signed": decided.signed,
            "commitment": decided.content.as_ref().map(base64),
        })).collect::<Vec<_>>(),
    })
}

/// An action.
pub fn action(row: &ActionRow) -> Value {
    json!({
        "id": row.id, "lead": row.lead, "step": row.step, "class": row.class, "verdict": row.verdict,
        "state": row.state, "at": row.at, "proposal": row.proposal,
    })
}

/// A fact: its leaf, its place, and its body where it is not erased.
pub fn fact(row: &FactRow) -> Value {
    let mut value: Value = serde_json::from_slice(&row.leaf).unwrap_or(Value::Null);
    let open = |opening: &Option<([u8; 32], Vec<u8>)>| {
        opening.as_ref().and_then(|(_, payload)| serde_json::from_slice::<Value>(payload).ok())
    };
    merge(
        &mut value,
        json!({ "index": row.index, "opened": { "body": open(&row.body), "content": open(&row.content) } }),
    );
    value
}

fn merge(value: &mut Value, more: Value) {
    if let (Value::Object(value), Value::Object(more)) = (value, more) {
        value.extend(more);
    }
}
