//! One fact in full, and the whole story of the decision it belongs to: what was shown to the approver, what was
//! changed, what went out, and how to prove it.

use axum::extract::Path;
use axum::response::Response;
use flow::draft;
use flow::ids::LeadId;
use flow::terms::Content;
use jiff::Timestamp;
use maud::{Markup, html};
use record::leaf::{ActorKind, Decision, Leaf, kind};
use serde_json::Value;
use store::views::{FactFilter, FactRow};

use crate::evidence;
use crate::web::desk::{difference, letter};
use crate::web::layout::{Frame, Here};
use crate::web::session::Visit;
use crate::web::trouble::Trouble;
use crate::web::words::{self, Names};

/// Facts of a lead that are looked through for one decision.
const FACTS: usize = 10_000;
/// The kinds that tell of a decision.
const TELLING: [&str; 8] = [
    "action.judged",
    "proposal.made",
    "proposal.withdrawn",
    "proposal.expired",
    kind::APPROVAL_DECIDED,
    "dispatch.attempted",
    "dispatch.settled",
    kind::LEAD_ERASED,
];

/// A fact as it is to be shown.
#[derive(Debug, Clone)]
pub struct Told {
    /// Its place in the tree; none for the moment before it has one.
    pub index: Option<u64>,
    /// What is hashed.
    pub leaf: Leaf,
    /// What its body says, unless that was erased.
    pub body: Option<Value>,
    /// The content it is about, unless that was erased.
    pub content: Option<Content>,
}

impl Told {
    /// Reads a fact as it lies in the record; none for a leaf that does not read.
    pub fn of(row: &FactRow) -> Option<Told> {
        fn opened<T: serde::de::DeserializeOwned>(opening: &Option<([u8; 32], Vec<u8>)>) -> Option<T> {
            serde_json::from_slice(&opening.as_ref()?.1).ok()
        }
        let leaf = Leaf::parse(&row.leaf).ok()?;
        Some(Told { index: row.index, leaf, body: opened(&row.body), content: opened(&row.content) })
    }

    fn at(&self) -> Option<Timestamp> {
        self.leaf.at.parse().ok()
    }

    fn reference(&self, name: &str) -> Option<&str> {
        self.leaf.refs.get(name).map(String::as_str)
    }

    /// Whether it committed to something that can no longer be read.
    fn is_erased(&self) -> bool {
        self.leaf.body.is_some() && self.body.is_none()
    }

    fn said(&self, name: &str) -> Option<&str> {
        self.body.as_ref()?.get(name)?.as_str().filter(|text| !text.is_empty())
    }
}

/// `GET /record/facts/{index}`.
pub async fn open(visit: Visit, Path(index): Path<String>) -> Response {
    let made = async {
        let index: u64 = crate::web::id(&index, "fact")?;
        let filter = FactFilter {
            from_index: Some(index),
            before_index: Some(index + 1),
            limit: 1,
            ..Default::default()
        };
        let rows = evidence::facts(&visit.app, filter).await?;
        let told = rows.first().and_then(Told::of).ok_or_else(|| Trouble::not_found("fact"))?;
        let story = story_of(&visit, &told).await?;
        let names = Names::of(&visit.app.snapshot().members);
        Ok(page(&visit.frame().await?, &told, &story, &names))
    };
    visit.answer(made.await).await
}

/// The facts of the decision that this one belongs to, in order; empty when it belongs to none.
///
/// # Errors
/// The store's.
pub async fn story_of(visit: &Visit, told: &Told) -> Result<Vec<Told>, Trouble> {
    let lead = told.leaf.lead.as_ref().and_then(|lead| lead.parse::<LeadId>().ok());
    let (Some(lead), Some(action)) = (lead, told.reference("action")) else { return Ok(Vec::new()) };
    let kinds = TELLING.map(str::to_owned).to_vec();
    let filter = FactFilter { lead: Some(lead), kinds, unplaced: true, limit: FACTS, ..Default::default() };
    let rows = evidence::facts(&visit.app, filter).await?;
    let all = rows.iter().filter_map(Told::of);
    Ok(all.filter(|other| other.reference("action") == Some(action)).collect())
}

/// The whole page.
pub fn page(frame: &Frame, told: &Told, story: &[Told], names: &Names) -> Markup {
    let number =
        told.index.map_or("A new fact".to_owned(), |index| format!("Fact {}", words::grouped(index)));
    frame.page(
        Here::Record,
        &number,
        "record fact",
        html! {
            header.page-head {
                p.over { a.back href="/record" { "‹ Record" } }
                h1 { (number) " " code { (told.leaf.kind) } }
                p { (who(told, names)) @if let Some(at) = told.at() { ", " (words::when(frame.now, at)) } }
            }
            div.record-grid {
                div.story-column {
                    @if story.len() > 1 { (decision(story, told.index, names, frame.now)) } @else { (alone(told)) }
                }
                div.side-column { (particulars(told, names)) (proof(told)) }
            }
        },
    )
}

/// Who did it, and through which door.
pub fn who(told: &Told, names: &Names) -> String {
    let actor = &told.leaf.actor;
    let name = match (actor.kind, actor.id.parse()) {
        (ActorKind::Member, Ok(id)) => names.name(id).to_owned(),
        (ActorKind::Agent, _) => format!("Agent {}", actor.id),
        _ => "Lockkeeper itself".to_owned(),
    };
    format!("{name}, by {}", actor.via.as_str())
}

fn alone(told: &Told) -> Markup {
    html! {
        section aria-labelledby="says-title" {
            h3 id="says-title" { "What it says" }
            (body(told))
            @if let Some(content) = &told.content { (letter::sheet(content, &[])) }
        }
    }
}

fn body(told: &Told) -> Markup {
    let text = told.body.as_ref().and_then(|body| serde_json::to_string_pretty(body).ok());
    html! {
        @match text {
            Some(text) => pre.document { (text) },
            None if told.is_erased() => p.note { "Erased with the lead. The leaf still commits to it, and the proof still holds." },
            None => p.quiet { "There is nothing beside the leaf." },
        }
    }
}

/// A decision from the judgement to what went out, each step with what was seen and changed.
pub fn decision(story: &[Told], here: Option<u64>, names: &Names, now: Timestamp) -> Markup {
    html! {
        section aria-labelledby="decision-title" {
            h3 id="decision-title" { "The decision, step by step" }
            ol.decision-steps {
                @for (nth, told) in story.iter().enumerate() {
                    li aria-current=[(told.index.is_some() && told.index == here).then_some("true")] {
                        p.step-head {
                            strong { (headline(told)) }
                            span.quiet { (who(told, names)) }
                            @if let Some(at) = told.at() { (words::when(now, at)) }
                            @if let Some(index) = told.index { a.index href={ "/record/facts/" (index) } { "fact " (words::grouped(index)) } }
                        }
                        (step(told, &story[..nth]))
                    }
                }
            }
        }
    }
}

fn headline(told: &Told) -> String {
    let leaf = &told.leaf;
    let outcome = told.reference("outcome").unwrap_or_default();
    let verdict = told.reference("verdict").unwrap_or_default();
    match (leaf.kind.as_str(), leaf.decision) {
        ("action.judged", _) => format!("The gate judged: {verdict}"),
        ("proposal.made", _) => "Put before a person".into(),
        ("proposal.withdrawn", _) => "Taken back".into(),
        ("proposal.expired", _) => "Nobody decided in time".into(),
        (_, Some(Decision::Approve)) => "Approved as it stood".into(),
        (_, Some(Decision::Edit)) => "Changed, then approved".into(),
        (_, Some(Decision::Reject)) => "Rejected".into(),
        (_, Some(Decision::Respond)) => "Answered in own words instead".into(),
        ("dispatch.attempted", _) => "Handed to the channel".into(),
        ("dispatch.settled", _) => format!("Outcome: {outcome}"),
        (kind::LEAD_ERASED, _) => "The lead was erased".into(),
        (other, _) => other.to_owned(),
    }
}

fn step(told: &Told, before: &[Told]) -> Markup {
    let shown = before.iter().rev().find_map(|earlier| earlier.content.as_ref());
    html! {
        @if told.is_erased() { p.quiet { "Its words were erased with the lead." } }
        @match told.leaf.kind.as_str() {
            "action.judged" => (reasons(told)),
            "proposal.made" => {
                @if let Some(content) = &told.content {
                    p.small.quiet { "What was shown to whoever decides:" }
                    (letter::sheet(content, &[]))
                }
            },
            kind::APPROVAL_DECIDED => (decided(told, shown)),
            "dispatch.attempted" | "dispatch.settled" => (sent(told, before)),
            _ => {},
        }
    }
}

fn reasons(told: &Told) -> Markup {
    let list = told.body.as_ref().and_then(|body| body.pointer("/verdict/reasons")?.as_array());
    html! {
        @if let Some(list) = list {
            ul.small { @for reason in list { li { (reason["text"].as_str().unwrap_or_default()) } } }
        }
    }
}

fn decided(told: &Told, shown: Option<&Content>) -> Markup {
    let seen_ms = told.body.as_ref().and_then(|body| body.pointer("/attention/seen_ms")?.as_u64());
    html! {
        p.small.quiet {
            @if told.leaf.evidence.is_some() { "Signed with a passkey. " }
            @if let Some(seen_ms) = seen_ms.filter(|ms| *ms > 0) { "In view for " (seen_ms.div_ceil(1_000)) " s. " }
            @if let Some(reason) = told.said("reason") { "“" (reason) "”" }
        }
        @if let (Some(content), Some(shown)) = (&told.content, shown) {
            @if content == shown {
                @if told.leaf.decision == Some(Decision::Edit) { p.small.quiet { "The text stayed as it was shown." } }
            } @else {
                p.small.quiet { "What was changed:" }
                (difference::shown(&draft::difference(&whole(shown), &whole(content)).segments))
            }
        }
    }
}

fn sent(told: &Told, before: &[Told]) -> Markup {
    let approved = before.iter().rev().find(|earlier| earlier.leaf.kind == kind::APPROVAL_DECIDED);
    html! {
        @if let Some(receipt) = told.body.as_ref().and_then(|body| {
            let outcome = body.get("outcome")?;
            outcome.get("receipt").or_else(|| outcome.get("why"))?.as_str()
        }) { p.small.quiet { (receipt) } }
        @if let Some(id) = told.said("external_id") { p.small.quiet { "Message-ID " code { (id) } } }
        @if told.leaf.kind == "dispatch.attempted" {
            @match approved {
                Some(approved) if approved.leaf.content == told.leaf.content => {
                    p.small { span.sign.good { "same" } " What went out is exactly what was approved: both leaves commit to the same content." }
                },
                Some(_) => p.small { span.sign.bad { "differs" } " What went out is not what was approved." },
                None => p.small.quiet { "Nobody was asked: the gate let it run." },
            }
            @if let Some(content) = &told.content { details { summary { "What went out" } (letter::sheet(content, &[])) } }
        }
    }
}

/// Subject and text, as one, for a difference.
fn whole(content: &Content) -> String {
    format!("{}\n\n{}", content.subject(), content.text())
}

fn particulars(told: &Told, names: &Names) -> Markup {
    let leaf = &told.leaf;
    html! {
        section aria-labelledby="leaf-title" {
            h3 id="leaf-title" { "What is hashed" }
            dl.facts {
                div { dt { "Kind" } dd { code { (leaf.kind) } } }
                div { dt { "When" } dd { (leaf.at) } }
                div { dt { "Who" } dd { (who(told, names)) } }
                @if let Some(lead) = &leaf.lead { div { dt { "Lead" } dd { a href={ "/leads/" (lead) } { (lead) } } } }
                @if let Some(decision) = leaf.decision { div { dt { "Decision" } dd { (decision.as_str()) } } }
                @for (name, id) in &leaf.refs { div { dt { (words::capital(name)) } dd { code { (id) } } } }
                @if let Some(content) = leaf.content { div { dt { "Content" } dd { code { (content.to_string()) } } } }
                @if let Some(playbook) = &leaf.playbook { div { dt { "Playbook" } dd { code { (playbook) } } } }
            }
        }
    }
}

/// How anybody can check it.
pub fn proof(told: &Told) -> Markup {
    html! {
        section aria-labelledby="proof-title" {
            h3 id="proof-title" { "Prove it" }
            @match &told.leaf.lead {
                Some(lead) => {
                    p.small.quiet { "The bundle holds every fact of this lead, their proofs and the signed checkpoint. Anybody can check it without us:" }
                    pre.document { "lockkeeper record verify lead-" (lead) ".json --key KEY" }
                    p.actions { a.button.strong href={ "/record/leads/" (lead) } download { "Download the proof" } }
                }
                None => {
                    p.small.quiet { "A fact about the workspace is proved by the whole record, which an admin exports:" }
                    pre.document { "lockkeeper record export --dir DIR\nlockkeeper record verify --dir DIR --key KEY" }
                }
            }
        }
    }
}
