//! A morning at a pump maker's, to render the pages with.

use std::collections::BTreeMap;

use flow::approval::{Attention, Choice, Decided, Proposal, ProposalState, Substance};
use flow::capture::{Automatic, Inbound, Source};
use flow::draft::{Finding, FindingId, Level, Place};
use flow::fact::{AccountRef, ClockKind, Judged, Payload, Reason, VerdictKind, WhyOwner};
use flow::ids::{AccountId, ActionId, ClockId, EnrolmentId, LeadId, MemberId, MessageId, ProposalId};
use flow::lead::{Action, ActionState, Clock, ClockState, Lead, MessageNote};
use flow::sequence::{Enrolment, EnrolmentState, SequenceStep, Stop};
use flow::step::Step;
use flow::terms::{Actor, Commitment, Content, Member, Person, Role, Stage, Tier};
use jiff::{SignedDuration, Timestamp};
use store::views::{BoardCounts, ClockCell, LeadRow, MessageRow, ProposalRow, Said, VerdictCount};
use uuid::Uuid;

use crate::web::layout::{Frame, Pending};

pub fn now() -> Timestamp {
    "2026-11-23T08:12:00Z".parse().unwrap()
}

pub fn minutes(minutes: i64) -> Timestamp {
    now() + SignedDuration::from_mins(minutes)
}

fn id(kind: u128, number: u128) -> Uuid {
    Uuid::from_u128(0x0192_7c5e_8f4a_7000_8000_0000_0000_0000 | kind << 32 | number)
}

pub fn member(number: u128) -> MemberId {
    MemberId(id(1, number))
}

pub fn members() -> Vec<Member> {
    let people = [
        ("Maja Lind", "maja@nordpump.example", Role::Rep),
        ("Jonas Weber", "jonas@nordpump.example", Role::Rep),
        ("Tomas Berg", "tomas@nordpump.example", Role::Manager),
        ("Ines Okafor", "ines@nordpump.example", Role::Admin),
        ("Priya Nair", "priya@nordpump.example", Role::Auditor),
    ];
    let make = |(number, (name, email, role)): (usize, (&str, &str, Role))| Member {
        id: member(number as u128),
        email: email.into(),
        name: name.into(),
        role,
    };
    people.into_iter().enumerate().map(make).collect()
}

pub fn frame(who: usize, mine: u64) -> Frame {
    let me = members().swap_remove(who);
    let csrf = "5f0c0ffee5f0c0ffee".into();
    Frame {
        now: now(),
        workspace: "nordpump".into(),
        me,
        csrf,
        pending: Pending { all: mine + 2, mine },
        share: Some(14),
        seen: "b-1".into(),
        lead: None,
    }
}

pub struct Someone {
    pub name: &'static str,
    pub email: &'static str,
    pub company: &'static str,
    pub tier: Tier,
    pub value: u64,
    pub step: Step,
    pub subject: &'static str,
    pub deadline: i64,
}

pub const PEOPLE: [Someone; 7] = [
    Someone {
        name: "Anna Brandt",
        email: "anna.brandt@brandt-wasser.example",
        company: "Brandt Wassertechnik GmbH",
        tier: Tier::Strategic,
        value: 184_000,
        step: Step::OfferDiscount,
        subject: "Re: Twelve booster sets for the Leipzig plant",
        deadline: 11,
    },
    Someone {
        name: "Luís Carvalho",
        email: "luis@aguasdonorte.example",
        company: "Águas do Norte",
        tier: Tier::HighValue,
        value: 61_500,
        step: Step::Reply,
        subject: "Re: Spare impellers, how soon?",
        deadline: -6,
    },
    Someone {
        name: "Margarethe von Hohenstein-Wittelsbach",
        email: "m.vonhohenstein@stadtwerke-bad-koenigshofen.example",
        company: "Stadtwerke Bad Königshofen im Grabfeld, Abteilung Abwasser und Kanalbau",
        tier: Tier::Standard,
        value: 0,
        step: Step::Reply,
        subject: "Re: Anfrage zu Tauchpumpen für das neue Regenüberlaufbecken an der Saalebrücke",
        deadline: 38,
    },
    Someone {
        name: "Oluwaseun Adeyemi",
        email: "seun@lagoswater.example",
        company: "Lagos Water Works",
        tier: Tier::HighValue,
        value: 92_000,
        step: Step::SendQuote,
        subject: "Quote for six NP-40 pumps",
        deadline: 74,
    },
    Someone {
        name: "Kim Nguyen",
        email: "kim@deltafarm.example",
        company: "Delta Farm Co-op",
        tier: Tier::Standard,
        value: 4_800,
        step: Step::FollowUp,
        subject: "Still looking for a borehole pump?",
        deadline: 141,
    },
    Someone {
        name: "Erik Sandström",
        email: "erik@sandstrom.example",
        company: "Sandström & Söner",
        tier: Tier::Standard,
        value: 2_200,
        step: Step::ProposeMeeting,
        subject: "A call about your pump house",
        deadline: 205,
    },
    Someone {
        name: "",
        email: "info@kleinbrauerei.example",
        company: "",
        tier: Tier::Standard,
        value: 0,
        step: Step::Disqualify,
        subject: "",
        deadline: 420,
    },
];

pub fn lead_id(number: usize) -> LeadId {
    LeadId(id(2, number as u128))
}

pub fn proposal_id(number: usize) -> ProposalId {
    ProposalId(id(3, number as u128))
}

pub fn action_id(number: usize) -> ActionId {
    ActionId(id(4, number as u128))
}

fn message_id(number: u128) -> MessageId {
    MessageId(id(5, number))
}

fn person(someone: &Someone) -> Person {
    let phone = if someone.name.starts_with("Anna") { "+49 341 555 0134" } else { "" };
    Person {
        name: someone.name.into(),
        email: someone.email.into(),
        phone: phone.into(),
        company: someone.company.into(),
        country: "DE".into(),
        language: "en".into(),
    }
}

pub fn text(number: usize) -> &'static str {
    match number {
        0 => {
            "Dear Anna,\n\nthank you for coming back to us so quickly. For twelve booster sets ordered together we can offer you a discount of 12 % on the list price, if you decide by 30 November.\n\nDelivery to Leipzig takes six weeks from your order, commissioning by our own engineer is included. You find the data sheets at https://nordpump.example/np-40 and our references at http://pumpreferenzen.example/leipzig.\n\nWould Thursday at ten suit you for a short call with our engineer?\n\nKind regards\nMaja Lind"
        }
        1 => {
            "Hello Luís,\n\nthe impellers for the NP-25 are on the shelf. If you order today they leave tomorrow.\n\nKind regards\nMaja Lind"
        }
        4 => {
            "Hi Kim,\n\nlast week you asked about a borehole pump for the northern fields. Is it still on your list? Then tell me how deep the borehole is and how much water you need a day, and I will suggest a size.\n\nKind regards\nMaja Lind"
        }
        _ => "Hello,\n\nthank you for your enquiry. Here is what you asked for.\n\nKind regards\nMaja Lind",
    }
}

pub fn content(number: usize) -> Content {
    let someone = &PEOPLE[number];
    Content {
        channel: "email".into(),
        from: "\"Maja Lind, Nordpump\" <sales@nordpump.example>".into(),
        to: vec![someone.email.into()],
        subject: Some(someone.subject.into()),
        text: Some(text(number).into()),
        ..Content::default()
    }
}

fn found(text: &str, part: &str, id: FindingId, level: Level, words: &str) -> Finding {
    let start = text.find(part).unwrap();
    let span = Some((start, start + part.len()));
    Finding { id, level, place: Place::Text, span, excerpt: part.into(), words: words.into() }
}

pub fn findings(stop: bool) -> Vec<Finding> {
    let text = text(0);
    let mut all = vec![
        found(
            text,
            "a discount of 12 %",
            FindingId::Discount,
            Level::Ask,
            "A discount that the template did not put there commits the company.",
        ),
        found(
            text,
            "by 30 November",
            FindingId::Date,
            Level::Ask,
            "A date that the template did not put there is a promise.",
        ),
    ];
    if stop {
        let words = "The link goes to a domain that is not on the workspace’s list.";
        all.push(found(
            text,
            "http://pumpreferenzen.example/leipzig",
            FindingId::LinkUnlisted,
            Level::Stop,
            words,
        ));
    }
    all.push(found(
        text,
        "commissioning by our own engineer is included",
        FindingId::Guarantee,
        Level::Note,
        "This says that something is included.",
    ));
    all
}

pub fn judged(step: Step, findings: Vec<Finding>) -> Judged {
    let mut reasons = Vec::new();
    if step == Step::OfferDiscount {
        reasons.push(Reason::new("floor", "This step is never automated, whatever the evidence."));
    }
    let profile = flow::step::Profile::shipped(step);
    reasons.extend(profile.reasons().into_iter().map(|(id, text)| Reason::new(id, text)));
    if step == Step::OfferDiscount {
        reasons.push(Reason::new("tier", "Strategic accounts are never answered without a person."));
    }
    Judged { kind: VerdictKind::Ask, reasons, findings, quorum: 1, passkey: false, mark: None }
}

pub fn proposal(number: usize) -> Proposal {
    let someone = &PEOPLE[number];
    let findings = if number == 0 { findings(false) } else { Vec::new() };
    let made = minutes(someone.deadline - 240);
    Proposal {
        id: proposal_id(number),
        action: action_id(number),
        step: someone.step,
        class: format!("{}/{}/email", someone.step.name(), someone.tier.word()),
        state: ProposalState::Pending,
        made_at: made,
        deadline: minutes(someone.deadline),
        remind_at: minutes(someone.deadline - 120),
        reminded: false,
        verdict: judged(someone.step, findings),
        eligible: vec![member(0), member(2)],
        basis: None,
        commitment: someone.step.sends().then_some(Commitment([number as u8; 32])),
        decisions: Vec::new(),
    }
}

pub fn row(number: usize) -> ProposalRow {
    let someone = &PEOPLE[number];
    let content = someone.step.sends().then(|| content(number));
    ProposalRow {
        proposal: proposal(number),
        lead: lead_id(number),
        person: person(someone),
        account: Some(someone.company.to_owned()).filter(|name| !name.is_empty()),
        tier: someone.tier,
        value: someone.value,
        owner: Some(member(0)),
        subject: someone.subject.into(),
        content: content.clone(),
        proposed: content,
    }
}

pub fn decided(by: u128, choice: Choice, minutes_ago: i64, reason: Option<&str>) -> Decided {
    Decided {
        by: member(by),
        choice,
        at: minutes(-minutes_ago),
        reason: reason.map(str::to_owned),
        substance: (choice == Choice::Edit).then_some(Substance::Substantive),
        signed: false,
        attention: Attention { seen_ms: 41_300, thread_opened: true },
        content: None,
    }
}

pub fn settled(number: usize, state: ProposalState, decision: Option<Decided>) -> ProposalRow {
    let mut row = row(number);
    row.proposal.state = state;
    row.proposal.decisions.extend(decision);
    row
}

pub fn history() -> Vec<ProposalRow> {
    use ProposalState::*;
    let ends =
        [Approved, Approved, Edited, Approved, Rejected, Approved, Approved, Responded, Approved, Expired];
    ends.into_iter().map(|state| settled(1, state, None)).collect()
}

pub fn clock(promise: ClockKind, state: ClockState, from: i64, to: i64) -> Clock {
    Clock {
        id: ClockId(id(6, from.unsigned_abs() as u128)),
        promise,
        policy: "standard".into(),
        calendar: "office".into(),
        target_secs: (to - from) * 60,
        started: minutes(from),
        warn_at: minutes(to - 30),
        due: minutes(to),
        state,
        breached: state == ClockState::Breached,
        ended: matches!(state, ClockState::Met).then(|| minutes(from + 20)),
    }
}

pub fn lead(number: usize) -> Lead {
    let someone = &PEOPLE[number];
    let account = (!someone.company.is_empty()).then(|| AccountRef {
        id: AccountId(id(7, number as u128)),
        name: someone.company.into(),
        tier: someone.tier,
        value: someone.value,
    });
    let fields =
        [("Flow rate", "40 m³/h"), ("Head", "62 m")].map(|(name, value)| (name.to_owned(), value.to_owned()));
    Lead {
        id: lead_id(number),
        person: person(someone),
        source: Source::Form,
        origin: "contact".into(),
        fields: BTreeMap::from(fields),
        account,
        stage: Stage::Working,
        owner: Some(member(0)),
        why_owner: Some(WhyOwner {
            rule: "strategic".into(),
            strategy: "account owner".into(),
            words: "Maja Lind keeps the relationship with this account.".into(),
            ..WhyOwner::default()
        }),
        captured_at: minutes(-1_500),
        touched_at: minutes(-14),
        messages: vec![MessageNote {
            id: message_id(1),
            inbound: true,
            at: minutes(-46),
            subject: "Twelve booster sets for the Leipzig plant".into(),
            address: someone.email.into(),
            external_id: None,
            automatic: Automatic::No,
        }],
        last_words: String::new(),
        clocks: vec![
            clock(ClockKind::FirstResponse, ClockState::Met, -1_500, -1_380),
            clock(ClockKind::NextResponse, ClockState::Warned, -46, 14),
        ],
        actions: BTreeMap::new(),
        proposals: BTreeMap::new(),
        opted_out: false,
        erased: None,
        enquiries: Vec::new(),
        merged: Vec::new(),
        own: None,
        merged_into: None,
        apart: Default::default(),
        traces: Default::default(),
        enrolments: vec![
            enrolment(
                "welcome",
                EnrolmentState::Stopped { at: minutes(-800), why: Stop::Reply { message: message_id(1) } },
            ),
            enrolment("nudge", EnrolmentState::Active { until: minutes(2_900) }),
        ],
    }
}

fn enrolment(sequence: &str, state: EnrolmentState) -> Enrolment {
    Enrolment {
        id: EnrolmentId(id(11, sequence.len() as u128)),
        sequence: sequence.into(),
        calendar: "office".into(),
        steps: vec![
            SequenceStep::Wait { open_secs: 24 * 3_600 },
            SequenceStep::Message { template: "follow_up".into() },
            SequenceStep::Days { days: 7 },
            SequenceStep::Task { about: "Call the lead: two messages went without an answer.".into() },
        ],
        sender: Some(member(0)),
        began: minutes(-1_000),
        next: 3,
        state,
    }
}

fn inbound(number: u128, ago: i64, subject: &str, text: &str) -> MessageRow {
    let said = Inbound {
        channel: Source::Email,
        from: "anna.brandt@brandt-wasser.example".into(),
        subject: subject.into(),
        text: text.into(),
        external_id: None,
        answers: Vec::new(),
        attachments: Vec::new(),
        automatic: Automatic::No,
        received_at: minutes(-ago),
    };
    MessageRow { id: message_id(number), at: minutes(-ago), said: Said::In(said) }
}

fn outbound(
    number: u128,
    ago: i64,
    state: &str,
    proposal: Option<ProposalId>,
    subject: &str,
    text: &str,
) -> MessageRow {
    let content = Content { subject: Some(subject.into()), text: Some(text.into()), ..content(0) };
    let said = Said::Out {
        content,
        action: ActionId(id(4, 100 + number)),
        state: state.into(),
        proposal,
        external_id: "x@nordpump.example".into(),
    };
    MessageRow { id: message_id(number), at: minutes(-ago), said }
}

pub fn messages() -> Vec<MessageRow> {
    vec![
        inbound(
            1,
            46,
            "Twelve booster sets for the Leipzig plant",
            "Hello Maja,\n\nthe board has agreed in principle. We would take all twelve sets at once if the price moves a little; your competitor in Hamburg offered us ten per cent. What can you do, and by when could you deliver?\n\nBest\nAnna",
        ),
        outbound(
            2,
            1_200,
            "done",
            Some(proposal_id(1)),
            "Re: Enquiry about booster sets",
            "Dear Anna,\n\nthank you for your enquiry. For 40 m³/h at 62 m the NP-40 is the right size; I attach its data sheet.\n\nKind regards\nMaja Lind",
        ),
        outbound(
            3,
            1_498,
            "done",
            None,
            "Your enquiry has arrived",
            "Dear Anna Brandt,\n\nyour enquiry has arrived. Maja Lind will answer you today.\n\nNordpump",
        ),
        inbound(
            4,
            1_500,
            "Enquiry about booster sets",
            "We are rebuilding our plant in Leipzig and need twelve booster sets, 40 m³/h at 62 m. Please send us an offer.",
        ),
    ]
}

pub fn unknown(lead: &mut Lead) {
    let action = Action {
        id: action_id(50),
        step: Step::Reply,
        class: "message.reply/strategic/email".into(),
        proposer: Actor::SYSTEM,
        why: "an answer was prepared".into(),
        payload: Payload::Other,
        content: None,
        confidence: None,
        words_new: 12,
        verdict: judged(Step::Reply, Vec::new()),
        state: ActionState::Unknown {
            proposal: Some(proposal_id(1)),
            message: message_id(2),
            external_id: "x@nordpump.example".into(),
            why: "The mail server closed the connection after the text and before its answer.".into(),
        },
        attempts: 1,
        basis: None,
        at: minutes(-1_200),
    };
    lead.actions.insert(action.id, action);
}

/// An action that a member just asked for, with the gate's answer.
pub fn just_asked(lead: &mut Lead, kind: VerdictKind) -> ActionId {
    let mut verdict = judged(Step::SendQuote, Vec::new());
    verdict.kind = kind;
    let state = match kind {
        VerdictKind::Ask => ActionState::Pending { proposal: proposal_id(3) },
        _ => ActionState::Waiting { proposal: None },
    };
    unknown(lead);
    let template = lead.actions[&action_id(50)].clone();
    lead.actions.remove(&template.id);
    let action = Action { id: action_id(51), step: Step::SendQuote, verdict, state, ..template };
    lead.actions.insert(action.id, action);
    action_id(51)
}

pub fn lead_rows() -> Vec<LeadRow> {
    let clocks = [("warned", -46, 14), ("breached", -130, -70), ("running", -10, 50), ("running", -30, 210)];
    let make = |(number, someone): (usize, &Someone)| {
        let clock = clocks.get(number).map(|(state, from, to)| ClockCell {
            promise: "next_response".into(),
            state: (*state).into(),
            started: minutes(*from),
            due: minutes(*to),
        });
        LeadRow {
            id: lead_id(number),
            person: person(someone),
            account: Some(someone.company.to_owned()).filter(|name| !name.is_empty()),
            tier: someone.tier,
            value: someone.value,
            owner: (number != 2).then(|| member(number as u128 % 3)),
            stage: if number < 2 { Stage::Working } else { Stage::New },
            source: "form".into(),
            captured_at: minutes(-1_500),
            touched_at: minutes(-60 * (number as i64 + 1)),
            clock,
            pending: u32::from(number < 4),
            risk: if number == 1 { vec!["breach".into(), "complaint".into()] } else { Vec::new() },
            subject: someone.subject.trim_start_matches("Re: ").into(),
        }
    };
    let few: Vec<LeadRow> = PEOPLE.iter().enumerate().map(make).collect();
    (0..5).flat_map(|_| few.clone()).collect()
}

pub fn counts() -> BoardCounts {
    BoardCounts {
        leads: 214,
        open: 43,
        queued: 1,
        warned: 3,
        breached: 2,
        due_soon: 5,
        at_risk: 4,
        pending: 7,
    }
}

pub fn verdicts() -> Vec<VerdictCount> {
    let count = |step: &str, run, ask, refuse| VerdictCount { step: step.into(), run, ask, hold: 0, refuse };
    vec![
        count("lead.assign", 214, 0, 0),
        count("owner.remind", 163, 0, 0),
        count("stage.change", 88, 0, 0),
        count("message.reply", 12, 51, 2),
        count("message.follow_up", 34, 19, 1),
        count("message.acknowledge", 71, 3, 0),
        count("quote.send", 0, 9, 0),
        count("discount.offer", 0, 4, 0),
    ]
}

/// A person whose every word is hostile.
pub const HOSTILE: &str = "\"><script>alert(1)</script><img src=x onerror=alert(2)>' style='x";
