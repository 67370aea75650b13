//! How things stand, as far as a group of commits is concerned: read at once, then kept as each commit leaves it.

use std::collections::{BTreeSet, HashMap, HashSet};

use flow::approval::Proposal;
use flow::ids::{ActionId, LeadId, MemberId, ProposalId, WorkspaceId};
use tokio_postgres::Row;
use uuid::Uuid;

use crate::columns::{bytes, bytes32, count, flag, id, json, maybe_id, number, string};
use crate::erasing::erased_key;
use crate::postgres::link::{Step, given};
use crate::prepared::{Prepared, again};
use crate::project::Forgotten;
use crate::rows::{self, ACTION};
use crate::tasks;
use crate::views::ActionRow;
use crate::{Receipt, StoreError};

/// How things stand.
#[derive(Default)]
pub(super) struct Ledger {
    /// The number of the next fact.
    pub next: u64,
    requests: HashMap<String, ([u8; 32], Vec<u8>)>,
    claims: HashMap<TaskKey, i64>,
    versions: HashMap<LeadId, u64>,
    /// Owner and whether it is open, of each lead that does not rest in another.
    pub desks: HashMap<LeadId, (Option<MemberId>, bool)>,
    stamps: HashMap<u64, i64>,
    known: HashSet<(u64, LeadId)>,
    pub actions: HashMap<ActionId, ActionRow>,
    pub proposals: HashMap<ProposalId, Proposal>,
}

/// A row of what is due.
pub(super) type TaskKey = (LeadId, i64, String);

/// How things stand before a commit that may be written.
pub(super) struct Before {
    /// The number of its first fact.
    pub number: u64,
    /// The lead's version; none for a new lead.
    pub version: Option<u64>,
}

/// Everything that the group's commits look at, each kind in one statement; [`Ledger::read`] reads the answers.
pub(super) fn look<'a>(workspace: WorkspaceId, group: &[&'a Prepared]) -> Vec<Step<'a>> {
    let parts = || group.iter().flat_map(|prepared| prepared.parts());
    let commits = || parts().map(|prepared| &prepared.commit);
    let once = commits().filter_map(|commit| commit.once.as_ref());
    let once: Vec<String> = once.flat_map(|once| [once.key.clone(), erased_key(&once.key)]).collect();
    let (mut leads, mut queues, mut names) = (Vec::new(), Vec::new(), Vec::new());
    for ticket in commits().filter_map(|commit| commit.carried_out.as_ref()) {
        leads.push(ticket.lead.0);
        queues.push(tasks::number(ticket.queue));
        names.push(ticket.key.as_str());
    }
    let changed: BTreeSet<Uuid> =
        commits().filter_map(|commit| commit.lead.as_ref()).map(|change| change.state.id.0).collect();
    let keys: BTreeSet<i64> = commits()
        .flat_map(|commit| commit.guards.iter().map(|guard| guard.key).chain(commit.keys.iter().copied()))
        .map(u64::cast_signed)
        .collect();
    // A lead that is new cannot have come to a key before.
    let (mut old_keys, mut old_leads) = (Vec::new(), Vec::new());
    for commit in commits() {
        if let Some(change) = commit.lead.as_ref().filter(|change| change.expected.is_some()) {
            old_keys.extend(commit.keys.iter().map(|key| key.cast_signed()));
            old_leads.extend(commit.keys.iter().map(|_| change.state.id.0));
        }
    }
    let forgotten = parts().flat_map(|prepared| &prepared.views.forgotten);
    let (mut actions, mut proposals) = (Vec::new(), Vec::new());
    for what in forgotten {
        match what {
            Forgotten::Action(action) => actions.push(action.0),
            Forgotten::Proposal(proposal, action) => {
                actions.push(action.0);
                proposals.push(proposal.0);
            }
        }
    }
    let workspace = workspace.0;
    let changed: Vec<Uuid> = changed.into_iter().collect();
    let keys: Vec<i64> = keys.into_iter().collect();
    vec![
        Step::new(
            "SELECT coalesce((SELECT max(number) + 1 FROM facts WHERE workspace = $1), 0)
             FROM workspaces WHERE workspace = $1",
            given![workspace],
        ),
        Step::new(
            "SELECT key, request, answer FROM requests WHERE workspace = $1 AND key = ANY ($2)",
            given![workspace, once],
        ),
        Step::new(
            "SELECT t.lead, t.queue, t.key, t.claim FROM unnest($2::uuid[], $3::bigint[], $4::text[]) AS w (lead, queue, key)
             JOIN tasks AS t ON t.workspace = $1 AND t.lead = w.lead AND t.queue = w.queue AND t.key = w.key",
            given![workspace, leads, queues, names],
        ),
        Step::new(
            "SELECT s.lead, s.version, l.owner, l.open, l.stage <> 'merged' FROM states AS s JOIN leads AS l USING (workspace, lead)
             WHERE s.workspace = $1 AND s.lead = ANY ($2)",
            given![workspace, changed],
        ),
        Step::new(
            "SELECT k.key, coalesce((SELECT max(stamp) FROM lead_keys WHERE workspace = $1 AND key = k.key), 0)
             FROM unnest($2::bigint[]) AS k (key)",
            given![workspace, keys],
        ),
        Step::new(
            "SELECT w.key, w.lead FROM unnest($2::bigint[], $3::uuid[]) AS w (key, lead)
             WHERE EXISTS (SELECT 1 FROM lead_keys AS k WHERE k.workspace = $1 AND k.key = w.key AND k.lead = w.lead)",
            given![workspace, old_keys, old_leads],
        ),
        Step::new(
            format!("SELECT {ACTION} FROM actions WHERE workspace = $1 AND action = ANY ($2)"),
            given![workspace, actions],
        ),
        Step::new(
            "SELECT whole FROM proposals WHERE workspace = $1 AND proposal = ANY ($2)",
            given![workspace, proposals],
        ),
    ]
}

impl Ledger {
    /// Reads the answers to [`look`]; none when there is no such workspace.
    pub fn read(answers: &[Vec<Row>]) -> Result<Option<Ledger>, StoreError> {
        let [next, requests, claims, leads, stamps, known, actions, proposals] = answers else {
            return Err(StoreError::Value("the database answered less than was asked".into()));
        };
        let Some(next) = next.first() else { return Ok(None) };
        let mut ledger = Ledger { next: count(next, 0)?, ..Ledger::default() };
        for row in requests {
            ledger.requests.insert(string(row, 0)?, (bytes32(row, 1)?, bytes(row, 2)?));
        }
        for row in claims {
            ledger.claims.insert((id(row, 0)?, number(row, 1)?, string(row, 2)?), number(row, 3)?);
        }
        for row in leads {
            let lead: LeadId = id(row, 0)?;
            ledger.versions.insert(lead, count(row, 1)?);
            if flag(row, 4)? {
                ledger.desks.insert(lead, (maybe_id(row, 2)?, flag(row, 3)?));
            }
        }
        for row in stamps {
            ledger.stamps.insert(number(row, 0)?.cast_unsigned(), number(row, 1)?);
        }
        for row in known {
            ledger.known.insert((number(row, 0)?.cast_unsigned(), id(row, 1)?));
        }
        for row in actions {
            let action = rows::action(row)?;
            ledger.actions.insert(action.id, action);
        }
        for row in proposals {
            let proposal: Proposal = json(row, 0)?;
            ledger.proposals.insert(proposal.id, proposal);
        }
        Ok(Some(ledger))
    }

    /// Whether a commit may be written; if not, what it is answered.
    pub fn judge(&self, prepared: &Prepared) -> Result<Before, Result<Receipt, StoreError>> {
        let commit = &prepared.commit;
        if let Some(once) = &commit.once {
            if let Some(found) = self.requests.get(&once.key) {
                return Err(Ok(again(once, found.clone())));
            }
            if let Some((_, answer)) = self.requests.get(&erased_key(&once.key)) {
                return Err(Ok(Receipt::Already { answer: answer.clone() }));
            }
        }
        let conflict = Err(Err(StoreError::Conflict));
        if let Some(ticket) = &commit.carried_out {
            let key = (ticket.lead, tasks::number(ticket.queue), ticket.key.clone());
            if self.claims.get(&key) != Some(&ticket.claim) {
                return conflict;
            }
        }
        let mut version = None;
        if let Some(change) = &commit.lead {
            version = self.versions.get(&change.state.id).copied();
            if version != change.expected {
                return conflict;
            }
        }
        if commit.guards.iter().any(|guard| self.stamp(guard.key) != guard.stamp) {
            return conflict;
        }
        Ok(Before { number: self.next, version })
    }

    fn stamp(&self, key: u64) -> i64 {
        self.stamps.get(&key).copied().unwrap_or(0)
    }

    /// A commit is written: its facts have their numbers, its lead its version, its request its answer.
    pub fn note(&mut self, prepared: &Prepared, before: &Before) -> u64 {
        let commit = &prepared.commit;
        self.next = before.number + prepared.facts();
        let version = before.version.unwrap_or(0) + prepared.facts();
        if let Some(change) = &commit.lead {
            self.versions.insert(change.state.id, version);
        }
        if let Some(once) = &commit.once {
            self.requests.insert(once.key.clone(), (once.request, once.answer.clone()));
        }
        version
    }

    /// A lead comes to a key; the stamp it gets there, none if it was there before.
    pub fn come(&mut self, key: u64, lead: LeadId) -> Option<i64> {
        if !self.known.insert((key, lead)) {
            return None;
        }
        let stamp = self.stamps.entry(key).or_insert(0);
        *stamp += 1;
        Some(*stamp)
    }

    /// A row of what is due is put in anew or taken out: no claim on it counts any more.
    pub fn void(&mut self, key: &TaskKey) {
        self.claims.remove(key);
    }
}
