//! Facts read back from the record, and what the views must be because of them.

mod live;

use std::collections::{BTreeMap, BTreeSet};

use flow::fact::{Entry, Fact};
use flow::ids::LeadId;
use flow::lead::{Lead, evolve};
use flow::terms::{Actor, Content, Sealed, Via, Who};
use record::commitment::{Commitment, Label, commit};
use record::leaf::{ActorKind, Leaf, kind};

pub(crate) use self::live::{
    MESSAGE, PROPOSAL, account_domains, account_row, account_without_domains, action_row, cards_row,
    decider_row, lead_row, load_row, member_row, message_row, pending_deciders, playbook_row, proposal_row,
    search_row, state_row,
};
use crate::columns::to_json;
use crate::project::{Recalled, Views, project, recall};
use crate::views::FactRow;
use crate::{Difference, StoreError};

/// Reads a fact back, and checks that what opens its commitments does.
///
/// # Errors
/// In words, what is wrong with the fact.
pub(crate) fn entry(row: &FactRow) -> Result<Entry, String> {
    let leaf = Leaf::parse(&row.leaf).map_err(|error| format!("its leaf cannot be read: {error}"))?;
    let (r, body) = row.body.as_ref().ok_or("its body is missing")?;
    if leaf.body != Some(commit(Label::Body, r, body)) {
        return Err("its body is not what its leaf commits to".into());
    }
    let content = match (&leaf.content, &row.content) {
        (None, _) => None,
        (Some(commitment), Some((r, payload))) => Some(sealed(commitment, r, payload)?),
        (Some(_), None) => return Err("its content is missing".into()),
    };
    Ok(Entry {
        id: leaf.id.parse().map_err(words)?,
        at: leaf.at.parse().map_err(words)?,
        actor: actor(&leaf)?,
        lead: leaf.lead.as_ref().map(|lead| lead.parse()).transpose().map_err(words)?,
        playbook: leaf.playbook.as_ref().map(|digest| digest.trim_start_matches("sha256:").to_owned()),
        content,
        fact: fact(&leaf.kind, body)?,
    })
}

/// Reads the facts of one lead, or of the workspace itself, back, with their numbers. Of an erased lead those from its
/// erasure on: before it only leaves are left, and anything more is a fault.
///
/// # Errors
/// The number of the fact with which something is wrong, and what, in words.
fn entries(rows: Vec<(u64, FactRow)>) -> Result<(Vec<u64>, Vec<Entry>), (u64, String)> {
    let is_erasure = |row: &FactRow| {
        // Nearly every body is there, and then the lead need not have been erased after it.
        row.leaf.windows(ERASED.len()).any(|part| part == ERASED)
            && Leaf::parse(&row.leaf).is_ok_and(|leaf| leaf.kind == kind::LEAD_ERASED)
    };
    let erased = rows.iter().rposition(|(_, row)| is_erasure(row)).unwrap_or(0);
    for (number, row) in &rows[..erased] {
        if row.body.is_some() || row.content.is_some() {
            return Err((*number, "its text is still there, though the lead was erased".into()));
        }
    }
    let read = rows[erased..]
        .iter()
        .map(|(number, row)| entry(row).map(|entry| (*number, entry)).map_err(|error| (*number, error)));
    Ok(read.collect::<Result<Vec<_>, _>>()?.into_iter().unzip())
}

/// The kind as it stands in a leaf.
const ERASED: &[u8] = b"\"lead.erased\"";

fn fact(kind: &str, body: &[u8]) -> Result<Fact, String> {
    // The kind of a parsed leaf is lower-case words and dots, so it needs no escape.
    let tagged = [br#"{"kind":""#, kind.as_bytes(), br#"","body":"#, body, b"}"].concat();
    serde_json::from_slice(&tagged).map_err(|error| format!("its body cannot be read: {error}"))
}

fn sealed(commitment: &Commitment, r: &[u8; 32], payload: &[u8]) -> Result<Sealed, String> {
    if commit(Label::Content, r, payload) != *commitment {
        return Err("its content is not what its leaf commits to".into());
    }
    let content: Content = serde_json::from_slice(payload).map_err(words)?;
    Ok(Sealed { content, blinding: *r, commitment: flow::terms::Commitment(commitment.0) })
}

fn actor(leaf: &Leaf) -> Result<Actor, String> {
    let who = match leaf.actor.kind {
        ActorKind::Member => Who::Member(leaf.actor.id.parse().map_err(words)?),
        ActorKind::Agent => Who::Agent(leaf.actor.id.parse().map_err(words)?),
        ActorKind::System => Who::System,
    };
    let via = match leaf.actor.via {
        record::leaf::Via::Session => Via::Session,
        record::leaf::Via::Passkey => Via::Passkey,
        record::leaf::Via::Token => Via::Token,
        record::leaf::Via::Timer => Via::Timer,
        record::leaf::Via::Channel => Via::Channel,
    };
    Ok(Actor { who, via })
}

fn words(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// What the whole history of one lead, or of the workspace itself, makes of the views.
fn history(entries: &[Entry]) -> (Option<Lead>, Views) {
    let about_lead = entries.iter().filter(|entry| entry.lead.is_some());
    let lead = about_lead.fold(None, evolve);
    let entries: Vec<&Entry> = entries.iter().collect();
    let mut views = project(lead.as_ref(), &entries);
    if let Some(lead) = &lead {
        for what in std::mem::take(&mut views.forgotten) {
            match recall(lead, &entries, what, None, None) {
                Some(Recalled::Action(row)) => views.actions.push(row),
                Some(Recalled::Proposal(view)) => views.proposals.push(view),
                None => {}
            }
        }
    }
    (lead, views)
}

/// Facts as they were told, with their numbers; fewer than there are where the lead was erased.
pub(crate) struct Told {
    /// All there are.
    count: usize,
    numbers: Vec<u64>,
    entries: Vec<Entry>,
}

impl Told {
    /// Reads facts back.
    ///
    /// # Errors
    /// The first that is not what its leaf commits to.
    pub fn read(rows: Vec<(u64, FactRow)>) -> Result<Told, Difference> {
        let count = rows.len();
        match entries(rows) {
            Ok((numbers, entries)) => Ok(Told { count, numbers, entries }),
            Err((number, error)) => Err(Difference {
                view: "facts".to_owned(),
                row: number.to_string(),
                rebuilt: "a fact as its leaf commits to it".into(),
                live: error,
            }),
        }
    }

    /// What the facts of one lead make of the views.
    ///
    /// # Errors
    /// When its state has no JSON form.
    pub fn lead(&self, lead: LeadId) -> Result<Rows, StoreError> {
        let (state, views) = history(&self.entries);
        let mut rows = Rows::new();
        if let (Some(state), Some(view)) = (&state, &views.lead) {
            let name = lead.to_string();
            rows.insert(("states", name.clone()), format!("{} {}", self.count, to_json(state)?));
            rows.insert(
                ("leads", name.clone()),
                live::lead_text(&live::cut(&view.row), view.urgency, view.open),
            );
            rows.insert(("searches", name.clone()), view.words.clone());
            rows.insert(("cards", name), to_json(&view.cards)?);
        }
        rows.extend(views.actions.iter().map(live::action_of));
        rows.extend(views.proposals.iter().map(live::proposal_of));
        rows.extend(views.messages.iter().map(|view| {
            let number = self.numbers.get(view.entry).copied().unwrap_or_default();
            live::message_of(view, number)
        }));
        Ok(rows)
    }

    /// What the facts about the workspace itself make of the views.
    pub fn workspace(&self) -> Rows {
        let (_, views) = history(&self.entries);
        let mut rows: Rows = views.members.iter().map(live::member_of).collect();
        rows.extend(views.accounts.iter().flat_map(live::account_of));
        rows.extend(views.playbook.into_iter().map(live::playbook_of));
        rows
    }
}

/// A row of a view: the view, the row's name in it, and what stands there.
pub(crate) type Written = ((&'static str, String), String);

/// Rows of a view by their names, in one written form, so that what is made and what is stored can be compared.
pub(crate) type Rows = BTreeMap<(&'static str, String), String>;

/// The first row that is not alike on both sides.
pub(crate) fn compare(rebuilt: &Rows, live: &Rows) -> Option<Difference> {
    const NONE: &str = "no such row";
    let names = rebuilt.keys().chain(live.keys()).collect::<BTreeSet<_>>();
    let text = |rows: &Rows, name| rows.get(name).cloned();
    names.into_iter().find(|name| text(rebuilt, name) != text(live, name)).map(|name| Difference {
        view: name.0.to_owned(),
        row: name.1.clone(),
        rebuilt: text(rebuilt, name).unwrap_or_else(|| NONE.to_owned()),
        live: text(live, name).unwrap_or_else(|| NONE.to_owned()),
    })
}
