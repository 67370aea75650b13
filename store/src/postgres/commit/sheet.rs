//! The rows that a group of commits comes to, each row once as the last of them leaves it; then one statement a table.

use std::collections::{BTreeMap, BTreeSet};

use flow::approval::Proposal;
use flow::ids::{ActionId, LeadId, MessageId, ProposalId, WorkspaceId};
use flow::terms::{Account, Member, Stage};
use uuid::Uuid;

use super::erase::Erasure;
use super::ledger::{Before, Ledger, TaskKey};
use super::side::Sides;
use crate::columns::{int, to_json, us};
use crate::postgres::link::{Given, Step};
use crate::prepared::Prepared;
use crate::project::{Forgotten, LeadView, MessageView, ProposalView, Recalled, deciders};
use crate::views::ActionRow;
use crate::{Once, SealedEntry, StoreError, tasks};

/// All rows to be written.
#[derive(Default)]
pub(super) struct Sheet<'a> {
    facts: Vec<(i64, &'a SealedEntry)>,
    contents: BTreeMap<(Uuid, [u8; 32]), &'a SealedEntry>,
    leads: BTreeMap<LeadId, LeadOut<'a>>,
    loads: BTreeMap<Uuid, (i64, i64)>,
    actions: BTreeMap<ActionId, ActionRow>,
    proposals: BTreeMap<ProposalId, ProposalOut>,
    /// Whether a row is there or not.
    deciders: BTreeMap<(Uuid, i64, i64, Uuid), bool>,
    messages: BTreeMap<MessageId, MessageOut<'a>>,
    outcomes: BTreeMap<MessageId, &'static str>,
    members: BTreeMap<Uuid, &'a Member>,
    accounts: BTreeMap<Uuid, &'a Account>,
    playbook: Option<&'a str>,
    keys: Vec<(i64, i64, LeadId)>,
    /// Values and their partners.
    terms: BTreeSet<(i64, i64)>,
    /// When a row is due; none when it is taken out.
    tasks: BTreeMap<TaskKey, Option<i64>>,
    requests: Vec<(&'a Once, Option<LeadId>)>,
    erasure: Option<Erasure>,
    sides: Sides<'a>,
}

struct LeadOut<'a> {
    view: &'a LeadView,
    state: &'a str,
    cards: String,
    version: i64,
    risk: Option<String>,
    value: i64,
}

struct ProposalOut {
    lead: LeadId,
    state: &'static str,
    class: String,
    deadline: i64,
    worth: i64,
    settled_at: Option<i64>,
    whole: String,
}

struct MessageOut<'a> {
    view: &'a MessageView,
    lead: Uuid,
    number: i64,
    state: Option<&'static str>,
}

impl<'a> Sheet<'a> {
    /// Enters a commit that was judged fit. Answers the lead's new version.
    ///
    /// # Errors
    /// [`StoreError::Value`] for what no column can hold.
    pub fn enter(
        &mut self,
        ledger: &mut Ledger,
        prepared: &'a Prepared,
        before: &Before,
    ) -> Result<u64, StoreError> {
        let version = ledger.note(prepared, before);
        self.record(prepared, before.number)?;
        self.views(ledger, prepared, before.number, version)?;
        self.due(ledger, prepared);
        let commit = &prepared.commit;
        if let Some(change) = &commit.lead {
            for key in &commit.keys {
                if let Some(stamp) = ledger.come(*key, change.state.id) {
                    self.keys.push((key.cast_signed(), stamp, change.state.id));
                }
            }
        }
        self.terms
            .extend(commit.terms.iter().map(|term| (term.value.cast_signed(), term.partner.cast_signed())));
        let lead = commit.lead.as_ref().map(|change| change.state.id);
        self.requests.extend(commit.once.as_ref().map(|once| (once, lead)));
        self.erasure = Erasure::of(prepared, before.number)?.or(self.erasure.take());
        self.sides.enter(&commit.side);
        Ok(version)
    }

    fn record(&mut self, prepared: &'a Prepared, first: u64) -> Result<(), StoreError> {
        for (number, sealed) in (first..).zip(&prepared.commit.entries) {
            self.facts.push((int(number)?, sealed));
            if let Some(content) = &sealed.entry().content {
                let lead = sealed.entry().lead.map_or(Uuid::nil(), |lead| lead.0);
                self.contents.entry((lead, content.commitment.0)).or_insert(sealed);
            }
        }
        Ok(())
    }

    fn views(
        &mut self,
        ledger: &mut Ledger,
        prepared: &'a Prepared,
        first: u64,
        version: u64,
    ) -> Result<(), StoreError> {
        let views = &prepared.views;
        if let (Some(view), Some(state)) = (&views.lead, &prepared.state) {
            self.load(ledger, view);
            let (version, value) = (int(version)?, int(view.row.value)?);
            let risk = prepared.risk();
            let cards = to_json(&view.cards)?;
            self.leads.insert(view.row.id, LeadOut { view, state, cards, version, risk, value });
        }
        views.actions.iter().for_each(|row| self.action(row.clone()));
        views.proposals.iter().try_for_each(|view| self.proposal(view))?;
        for what in &views.forgotten {
            self.forgotten(ledger, prepared, *what)?;
        }
        for view in &views.messages {
            let lead = prepared.commit.entries.get(view.entry).and_then(|sealed| sealed.entry().lead);
            let number = int(first + view.entry as u64)?;
            let state = view.out.as_ref().map(|out| out.state);
            let lead = lead.map_or(Uuid::nil(), |lead| lead.0);
            self.outcomes.remove(&view.id);
            self.messages.insert(view.id, MessageOut { view, lead, number, state });
        }
        for (message, state) in &views.outcomes {
            match self.messages.get_mut(message) {
                Some(row) => row.state = Some(state),
                None => drop(self.outcomes.insert(*message, state)),
            }
        }
        self.members.extend(views.members.iter().map(|member| (member.id.0, member)));
        self.accounts.extend(views.accounts.iter().map(|account| (account.id.0, account)));
        self.playbook = views.playbook.as_deref().or(self.playbook);
        Ok(())
    }

    /// Moves the lead from one owner's load to another's.
    fn load(&mut self, ledger: &mut Ledger, view: &LeadView) {
        // A lead that rests in another is nobody's.
        let after = Some((view.row.owner, view.open)).filter(|_| view.row.stage != Stage::Merged);
        let before = match after {
            Some(after) => ledger.desks.insert(view.row.id, after),
            None => ledger.desks.remove(&view.row.id),
        };
        if before == after {
            return;
        }
        let taken = before.map(|before| (before, -1));
        for ((owner, open), change) in taken.into_iter().chain(after.map(|after| (after, 1))) {
            let load = self.loads.entry(owner.map_or(Uuid::nil(), |owner| owner.0)).or_default();
            if open {
                load.0 += change;
            } else {
                load.1 += change;
            }
        }
    }

    fn action(&mut self, row: ActionRow) {
        match self.actions.get_mut(&row.id) {
            Some(known) => {
                known.state = row.state;
                known.proposal = row.proposal.or(known.proposal);
            }
            None => drop(self.actions.insert(row.id, row)),
        }
    }

    fn proposal(&mut self, view: &ProposalView) -> Result<(), StoreError> {
        let proposal = &view.proposal;
        let (worth, deadline) = (int(view.worth)?, us(proposal.deadline));
        self.deciders(proposal, worth, deadline);
        let (state, whole, settled_at) = (proposal.state.word(), to_json(proposal)?, view.settled_at.map(us));
        match self.proposals.get_mut(&proposal.id) {
            Some(known) => {
                (known.state, known.whole) = (state, whole);
                known.settled_at = settled_at.or(known.settled_at);
            }
            None => {
                let class = proposal.class.clone();
                let row = ProposalOut { lead: view.lead, state, class, deadline, worth, settled_at, whole };
                self.proposals.insert(proposal.id, row);
            }
        }
        Ok(())
    }

    /// Puts in who may decide and takes out who may not any more.
    fn deciders(&mut self, proposal: &Proposal, worth: i64, deadline: i64) {
        let open = deciders(proposal);
        for member in &proposal.eligible {
            self.deciders.insert((member.0, deadline, worth, proposal.id.0), open.contains(member));
        }
    }

    /// Something that the lead's state forgot by these very facts is made from its row before, which may be one of this
    /// group's.
    fn forgotten(&mut self, ledger: &Ledger, prepared: &Prepared, what: Forgotten) -> Result<(), StoreError> {
        let (action, proposal) = match what {
            Forgotten::Action(action) => (action, None),
            Forgotten::Proposal(proposal, action) => (action, Some(proposal)),
        };
        let action = self.actions.get(&action).or_else(|| ledger.actions.get(&action));
        let fresh = proposal.and_then(|id| self.proposals.get(&id));
        let fresh: Option<Proposal> = fresh
            .map(|row| serde_json::from_str(&row.whole))
            .transpose()
            .map_err(|error| StoreError::Value(error.to_string()))?;
        let proposal = fresh.as_ref().or_else(|| proposal.and_then(|id| ledger.proposals.get(&id)));
        match prepared.recall(what, action, proposal) {
            Some(Recalled::Action(row)) => self.action(row),
            Some(Recalled::Proposal(view)) => self.proposal(&view)?,
            None => {}
        }
        Ok(())
    }

    /// Crosses off what was carried out, then puts in what is due next; it may be the same row.
    fn due(&mut self, ledger: &mut Ledger, prepared: &Prepared) {
        let commit = &prepared.commit;
        let mut set = |key: TaskKey, due: Option<i64>| {
            ledger.void(&key);
            self.tasks.insert(key, due);
        };
        if let Some(ticket) = commit.carried_out.as_ref().filter(|ticket| ticket.done) {
            set((ticket.lead, tasks::number(ticket.queue), ticket.key.clone()), None);
        }
        let Some(change) = &commit.lead else { return };
        for (queue, key, due) in commit.effects.iter().filter_map(tasks::row) {
            set((change.state.id, tasks::number(queue), key), due.map(us));
        }
    }
}

/// Columns of rows, one array each, after the workspace.
macro_rules! columns {
    ($workspace:expr, $rows:expr; $($value:expr),+ $(,)?) => {
        vec![
            Box::new($workspace) as Given<'_>,
            $(Box::new($rows.iter().map($value).collect::<Vec<_>>()) as Given<'_>),+
        ]
    };
}
pub(super) use columns;

impl<'a> Sheet<'a> {
    /// The statements that write everything; none when there is nothing to write.
    ///
    /// # Errors
    /// [`StoreError::Value`] for what has no JSON form.
    pub fn steps<'s>(&'s self, workspace: WorkspaceId) -> Result<Vec<Step<'s>>, StoreError> {
        let key = workspace.0;
        let mut steps = Vec::new();
        self.record_steps(key, &mut steps);
        steps.extend(self.erasure.iter().flat_map(|erasure| erasure.before_views(key)));
        self.lead_steps(key, &mut steps);
        self.desk_steps(key, &mut steps);
        self.people_steps(key, &mut steps)?;
        self.due_steps(key, &mut steps);
        self.sides.steps(key, &mut steps);
        steps.extend(self.erasure.iter().flat_map(|erasure| erasure.at_last(key)));
        Ok(steps)
    }

    fn record_steps<'s>(&'s self, key: Uuid, steps: &mut Vec<Step<'s>>) {
        if !self.facts.is_empty() {
            steps.push(Step::new(
                "INSERT INTO facts (workspace, number, fact, lead, kind, at, content, leaf, body_r, body, actor)
                 SELECT $1, * FROM unnest($2::bigint[], $3::uuid[], $4::uuid[], $5::text[], $6::bigint[], $7::bytea[],
                     $8::bytea[], $9::bytea[], $10::bytea[], $11::uuid[])",
                columns![key, self.facts;
                    |(number, _)| *number,
                    |(_, sealed)| sealed.entry().id.0,
                    |(_, sealed)| sealed.entry().lead.map(|lead| lead.0),
                    |(_, sealed)| sealed.entry().fact.kind(),
                    |(_, sealed)| us(sealed.entry().at),
                    |(_, sealed)| sealed.entry().content.as_ref().map(|content| content.commitment.0.to_vec()),
                    |(_, sealed)| sealed.leaf(),
                    |(_, sealed)| sealed.body().r.to_vec(),
                    |(_, sealed)| sealed.body().payload.as_slice(),
                    |(_, sealed)| sealed.actor(),
                ],
            ));
        }
        let opened: Vec<_> = self
            .contents
            .iter()
            .filter_map(|((lead, commitment), sealed)| Some((*lead, *commitment, sealed.content()?)))
            .collect();
        if !opened.is_empty() {
            steps.push(Step::new(
                "INSERT INTO contents (workspace, lead, commitment, r, payload)
                 SELECT $1, * FROM unnest($2::uuid[], $3::bytea[], $4::bytea[], $5::bytea[]) ON CONFLICT DO NOTHING",
                columns![key, opened;
                    |(lead, _, _)| *lead,
                    |(_, commitment, _)| commitment.to_vec(),
                    |(_, _, opening)| opening.r.to_vec(),
                    |(_, _, opening)| opening.payload.as_slice(),
                ],
            ));
        }
    }

    fn lead_steps<'s>(&'s self, key: Uuid, steps: &mut Vec<Step<'s>>) {
        let leads: Vec<_> = self.leads.iter().collect();
        if !leads.is_empty() {
            steps.push(Step::new(
                "INSERT INTO states (workspace, lead, version, state)
                 SELECT $1, * FROM unnest($2::uuid[], $3::bigint[], $4::text[])
                 ON CONFLICT (workspace, lead) DO UPDATE SET version = excluded.version, state = excluded.state",
                columns![key, leads; |(id, _)| id.0, |(_, row)| row.version, |(_, row)| row.state],
            ));
            steps.push(Step::new(PUT_LEADS, lead_columns(key, &leads)));
            steps.push(Step::new(
                "INSERT INTO searches (workspace, lead, words) SELECT $1, * FROM unnest($2::uuid[], $3::text[])
                 ON CONFLICT (workspace, lead) DO UPDATE SET words = excluded.words
                 WHERE searches.words <> excluded.words",
                columns![key, leads; |(id, _)| id.0, |(_, row)| row.view.words.as_str()],
            ));
            steps.push(Step::new(
                "INSERT INTO cards (workspace, lead, cards) SELECT $1, * FROM unnest($2::uuid[], $3::text[])
                 ON CONFLICT (workspace, lead) DO UPDATE SET cards = excluded.cards
                 WHERE cards.cards <> excluded.cards",
                columns![key, leads; |(id, _)| id.0, |(_, row)| row.cards.as_str()],
            ));
        }
        if !self.terms.is_empty() {
            steps.push(Step::new(
                "WITH fresh AS (
                     INSERT INTO seen_with (workspace, value, partner)
                     SELECT $1, * FROM unnest($2::bigint[], $3::bigint[]) ON CONFLICT DO NOTHING RETURNING value)
                 INSERT INTO spreads (workspace, value, partners) SELECT $1, value, count(*) FROM fresh GROUP BY value
                 ON CONFLICT (workspace, value) DO UPDATE SET partners = spreads.partners + excluded.partners",
                columns![key, self.terms; |(value, _)| *value, |(_, partner)| *partner],
            ));
        }
        let loads: Vec<_> = self.loads.iter().filter(|(_, load)| **load != (0, 0)).collect();
        if !loads.is_empty() {
            steps.push(Step::new(
                "INSERT INTO loads (workspace, owner, open, closed)
                 SELECT $1, * FROM unnest($2::uuid[], $3::bigint[], $4::bigint[])
                 ON CONFLICT (workspace, owner) DO UPDATE SET open = loads.open + excluded.open,
                     closed = loads.closed + excluded.closed",
                columns![key, loads; |(owner, _)| **owner, |(_, load)| load.0, |(_, load)| load.1],
            ));
        }
        if !self.keys.is_empty() {
            steps.push(Step::new(
                "INSERT INTO lead_keys (workspace, key, stamp, lead)
                 SELECT $1, * FROM unnest($2::bigint[], $3::bigint[], $4::uuid[])",
                columns![key, self.keys; |(key, _, _)| *key, |(_, stamp, _)| *stamp, |(_, _, lead)| lead.0],
            ));
        }
    }

    fn desk_steps<'s>(&'s self, key: Uuid, steps: &mut Vec<Step<'s>>) {
        let actions: Vec<_> = self.actions.values().collect();
        if !actions.is_empty() {
            steps.push(Step::new(
                "INSERT INTO actions (workspace, action, lead, step, class, verdict, state, at, proposal)
                 SELECT $1, * FROM unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[],
                     $8::bigint[], $9::uuid[])
                 ON CONFLICT (workspace, action) DO UPDATE SET state = excluded.state,
                     proposal = coalesce(excluded.proposal, actions.proposal)",
                columns![key, actions;
                    |row| row.id.0,
                    |row| row.lead.0,
                    |row| row.step.name(),
                    |row| row.class.as_str(),
                    |row| row.verdict.as_str(),
                    |row| row.state.as_str(),
                    |row| us(row.at),
                    |row| row.proposal.map(|proposal| proposal.0),
                ],
            ));
        }
        let proposals: Vec<_> = self.proposals.iter().collect();
        if !proposals.is_empty() {
            steps.push(Step::new(
                "INSERT INTO proposals (workspace, proposal, lead, state, class, deadline, worth, settled_at, whole)
                 SELECT $1, * FROM unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::bigint[], $7::bigint[],
                     $8::bigint[], $9::text[])
                 ON CONFLICT (workspace, proposal) DO UPDATE SET state = excluded.state, whole = excluded.whole,
                     settled_at = coalesce(excluded.settled_at, proposals.settled_at)",
                columns![key, proposals;
                    |(id, _)| id.0,
                    |(_, row)| row.lead.0,
                    |(_, row)| row.state,
                    |(_, row)| row.class.as_str(),
                    |(_, row)| row.deadline,
                    |(_, row)| row.worth,
                    |(_, row)| row.settled_at,
                    |(_, row)| row.whole.as_str(),
                ],
            ));
        }
        let (open, done): (Vec<_>, Vec<_>) = self.deciders.iter().partition(|(_, open)| **open);
        let put = "INSERT INTO deciders (workspace, member, deadline, worth, proposal)
             SELECT $1, * FROM unnest($2::uuid[], $3::bigint[], $4::bigint[], $5::uuid[]) ON CONFLICT DO NOTHING";
        let take = "DELETE FROM deciders AS d
             USING unnest($2::uuid[], $3::bigint[], $4::bigint[], $5::uuid[]) AS w (member, deadline, worth, proposal)
             WHERE d.workspace = $1 AND d.member = w.member AND d.deadline = w.deadline AND d.worth = w.worth
                 AND d.proposal = w.proposal";
        for (sql, rows) in [(put, open), (take, done)] {
            if !rows.is_empty() {
                steps.push(Step::new(
                    sql,
                    columns![key, rows; |(row, _)| row.0, |(row, _)| row.1, |(row, _)| row.2, |(row, _)| row.3],
                ));
            }
        }
        self.message_steps(key, steps);
    }

    fn message_steps<'s>(&'s self, key: Uuid, steps: &mut Vec<Step<'s>>) {
        let messages: Vec<_> = self.messages.iter().collect();
        if !messages.is_empty() {
            steps.push(Step::new(
                "INSERT INTO messages
                     (workspace, message, lead, at, number, external_id, action, proposal, state, content)
                 SELECT $1, * FROM unnest($2::uuid[], $3::uuid[], $4::bigint[], $5::bigint[], $6::text[], $7::uuid[],
                     $8::uuid[], $9::text[], $10::bytea[])
                 ON CONFLICT (workspace, message) DO UPDATE SET at = excluded.at, number = excluded.number,
                     external_id = excluded.external_id, action = excluded.action, proposal = excluded.proposal,
                     state = excluded.state, content = excluded.content",
                columns![key, messages;
                    |(id, _)| id.0,
                    |(_, row)| row.lead,
                    |(_, row)| us(row.view.at),
                    |(_, row)| row.number,
                    |(_, row)| row.view.external_id.as_deref(),
                    |(_, row)| row.view.out.as_ref().map(|out| out.action.0),
                    |(_, row)| row.view.out.as_ref().and_then(|out| out.proposal).map(|proposal| proposal.0),
                    |(_, row)| row.state,
                    |(_, row)| {
                        row.view.out.as_ref().and_then(|out| out.content.as_ref()).map(|content| content.0.to_vec())
                    },
                ],
            ));
        }
        let outcomes: Vec<_> = self.outcomes.iter().collect();
        if !outcomes.is_empty() {
            steps.push(Step::new(
                "UPDATE messages AS m SET state = w.state FROM unnest($2::uuid[], $3::text[]) AS w (message, state)
                 WHERE m.workspace = $1 AND m.message = w.message",
                columns![key, outcomes; |(id, _)| id.0, |(_, state)| **state],
            ));
        }
    }

    fn people_steps<'s>(&'s self, key: Uuid, steps: &mut Vec<Step<'s>>) -> Result<(), StoreError> {
        let members: Vec<_> = self.members.values().collect();
        if !members.is_empty() {
            steps.push(Step::new(
                "INSERT INTO members (workspace, member, email, name, role)
                 SELECT $1, * FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[])
                 ON CONFLICT (workspace, member) DO UPDATE SET email = excluded.email, name = excluded.name,
                     role = excluded.role",
                columns![key, members;
                    |member| member.id.0,
                    |member| member.email.as_str(),
                    |member| member.name.as_str(),
                    |member| member.role.word(),
                ],
            ));
        }
        let mut accounts = Vec::new();
        for account in self.accounts.values() {
            accounts.push((account.id.0, Account::name_key(&account.name), to_json(*account)?));
        }
        if !accounts.is_empty() {
            steps.push(Step::new(
                "INSERT INTO accounts (workspace, account, name_key, whole)
                 SELECT $1, * FROM unnest($2::uuid[], $3::text[], $4::text[])
                 ON CONFLICT (workspace, account) DO UPDATE SET name_key = excluded.name_key, whole = excluded.whole",
                columns![key, accounts; |row| row.0, |row| row.1.clone(), |row| row.2.clone()],
            ));
            steps.push(Step::new(
                "DELETE FROM account_domains WHERE workspace = $1 AND account = ANY ($2)",
                columns![key, accounts; |row| row.0],
            ));
            let of = |account: &&'a Account| {
                let id = account.id.0;
                account.domains.iter().map(move |domain| (domain.to_lowercase(), id)).collect::<Vec<_>>()
            };
            let domains: Vec<_> = self.accounts.values().flat_map(of).collect();
            steps.push(Step::new(
                "INSERT INTO account_domains (workspace, domain, account)
                 SELECT $1, * FROM unnest($2::text[], $3::uuid[]) ON CONFLICT DO NOTHING",
                columns![key, domains; |row| row.0.clone(), |row| row.1],
            ));
        }
        if let Some(digest) = self.playbook {
            steps.push(Step::new(
                "INSERT INTO playbooks (workspace, digest) VALUES ($1, $2)
                 ON CONFLICT (workspace) DO UPDATE SET digest = excluded.digest",
                vec![Box::new(key), Box::new(digest)],
            ));
        }
        Ok(())
    }

    fn due_steps<'s>(&'s self, key: Uuid, steps: &mut Vec<Step<'s>>) {
        let (put, taken): (Vec<_>, Vec<_>) = self.tasks.iter().partition(|(_, due)| due.is_some());
        if !taken.is_empty() {
            steps.push(Step::new(
                "DELETE FROM tasks AS t USING unnest($2::uuid[], $3::bigint[], $4::text[]) AS w (lead, queue, key)
                 WHERE t.workspace = $1 AND t.lead = w.lead AND t.queue = w.queue AND t.key = w.key",
                columns![key, taken; |(row, _)| row.0.0, |(row, _)| row.1, |(row, _)| row.2.as_str()],
            ));
        }
        if !put.is_empty() {
            steps.push(Step::new(
                "INSERT INTO tasks (workspace, lead, queue, key, due, ready, taken, claim)
                 SELECT $1, lead, queue, key, due, due, 0, 0
                 FROM unnest($2::uuid[], $3::bigint[], $4::text[], $5::bigint[]) AS w (lead, queue, key, due)
                 ON CONFLICT (workspace, lead, queue, key) DO UPDATE SET due = excluded.due, ready = excluded.ready,
                     taken = 0, claim = 0, node = NULL",
                columns![key, put;
                    |(row, _)| row.0.0, |(row, _)| row.1, |(row, _)| row.2.as_str(), |(_, due)| **due],
            ));
        }
        if !self.requests.is_empty() {
            steps.push(Step::new(
                "INSERT INTO requests (workspace, key, request, answer, lead)
                 SELECT $1, * FROM unnest($2::text[], $3::bytea[], $4::bytea[], $5::uuid[])",
                columns![key, self.requests;
                    |(once, _)| once.key.as_str(),
                    |(once, _)| once.request.to_vec(),
                    |(once, _)| once.answer.as_slice(),
                    |(_, lead)| lead.map(|lead| lead.0),
                ],
            ));
        }
    }
}

const PUT_LEADS: &str = "
    INSERT INTO leads (workspace, lead, urgency, owner, open, stage, tier, value, clock, clock_promise, clock_started,
        clock_due, risk, pending, source, captured_at, touched_at, name, email, phone, company, country, language,
        account, subject)
    SELECT $1, * FROM unnest($2::uuid[], $3::bigint[], $4::uuid[], $5::boolean[], $6::text[], $7::text[], $8::bigint[],
        $9::text[], $10::text[], $11::bigint[], $12::bigint[], $13::text[], $14::bigint[], $15::text[], $16::bigint[],
        $17::bigint[], $18::text[], $19::text[], $20::text[], $21::text[], $22::text[], $23::text[], $24::text[],
        $25::text[])
    ON CONFLICT (workspace, lead) DO UPDATE SET urgency = excluded.urgency, owner = excluded.owner,
        open = excluded.open, stage = excluded.stage, tier = excluded.tier, value = excluded.value,
        clock = excluded.clock, clock_promise = excluded.clock_promise, clock_started = excluded.clock_started,
        clock_due = excluded.clock_due, risk = excluded.risk, pending = excluded.pending,
        touched_at = excluded.touched_at, name = excluded.name, email = excluded.email, phone = excluded.phone,
        company = excluded.company, country = excluded.country, language = excluded.language,
        account = excluded.account, subject = excluded.subject";

fn lead_columns<'s>(key: Uuid, leads: &[(&'s LeadId, &'s LeadOut<'s>)]) -> Vec<Given<'s>> {
    columns![key, leads;
        |(id, _)| id.0,
        |(_, out)| out.view.urgency,
        |(_, out)| out.view.row.owner.map(|owner| owner.0),
        |(_, out)| out.view.open,
        |(_, out)| out.view.row.stage.word(),
        |(_, out)| out.view.row.tier.word(),
        |(_, out)| out.value,
        |(_, out)| out.view.row.clock.as_ref().map(|clock| clock.state.as_str()),
        |(_, out)| out.view.row.clock.as_ref().map(|clock| clock.promise.as_str()),
        |(_, out)| out.view.row.clock.as_ref().map(|clock| us(clock.started)),
        |(_, out)| out.view.row.clock.as_ref().map(|clock| us(clock.due)),
        |(_, out)| out.risk.as_deref(),
        |(_, out)| i64::from(out.view.row.pending),
        |(_, out)| out.view.row.source.as_str(),
        |(_, out)| us(out.view.row.captured_at),
        |(_, out)| us(out.view.row.touched_at),
        |(_, out)| out.view.row.person.name.as_str(),
        |(_, out)| out.view.row.person.email.as_str(),
        |(_, out)| out.view.row.person.phone.as_str(),
        |(_, out)| out.view.row.person.company.as_str(),
        |(_, out)| out.view.row.person.country.as_str(),
        |(_, out)| out.view.row.person.language.as_str(),
        |(_, out)| out.view.row.account.as_deref(),
        |(_, out)| out.view.row.subject.as_str(),
    ]
}
