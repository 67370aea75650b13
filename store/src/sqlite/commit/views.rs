//! The views, as [`crate::project`] makes them from the facts.

use flow::approval::Proposal;
use flow::terms::{Account, Member, Stage};
use rusqlite::{Connection, OptionalExtension, params};

use super::Before;
use crate::prepared::Prepared;
use crate::project::{Forgotten, LeadView, MessageView, ProposalView, Recalled, deciders};
use crate::sqlite::ask::rows;
use crate::sqlite::bind::{int, maybe_id, to_json, us};
use crate::sqlite::writer::Halt;
use crate::views::ActionRow;

/// Writes what a commit changes in the views.
pub(super) fn write(connection: &Connection, prepared: &Prepared, before: &Before) -> Result<(), Halt> {
    let (workspace, views) = (prepared.workspace(), &prepared.views);
    let sheet = Sheet { connection, workspace };
    if let (Some(view), Some(state)) = (&views.lead, &prepared.state) {
        sheet.lead(view, prepared, before, state)?;
    }
    views.actions.iter().try_for_each(|row| sheet.action(row))?;
    views.proposals.iter().try_for_each(|view| sheet.proposal(view))?;
    for what in &views.forgotten {
        sheet.forgotten(prepared, *what)?;
    }
    for view in &views.messages {
        sheet.message(prepared, before.number, view)?;
    }
    for (message, state) in &views.outcomes {
        let mut settle = connection
            .prepare_cached("UPDATE messages SET state = ?1 WHERE workspace = ?2 AND message = ?3")?;
        settle.execute(params![state, workspace, message.0.as_bytes().as_slice()])?;
    }
    views.members.iter().try_for_each(|member| sheet.member(member))?;
    views.accounts.iter().try_for_each(|account| sheet.account(account))?;
    if let Some(digest) = &views.playbook {
        connection.execute(
            "INSERT INTO playbooks (workspace, digest) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET digest = excluded.digest",
            params![workspace, digest],
        )?;
    }
    Ok(())
}

struct Sheet<'a> {
    connection: &'a Connection,
    workspace: &'a [u8],
}

impl Sheet<'_> {
    fn lead(&self, view: &LeadView, prepared: &Prepared, before: &Before, state: &str) -> Result<(), Halt> {
        let version = before.version.unwrap_or(0) + prepared.facts();
        let lead = view.row.id.0.as_bytes().as_slice();
        self.load(view)?;
        let mut put = self.connection.prepare_cached(
            "INSERT INTO states (workspace, lead, version, state) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT DO UPDATE SET version = excluded.version, state = excluded.state",
        )?;
        put.execute(params![self.workspace, lead, int(version)?, state])?;

        let row = &view.row;
        let (clock, person) = (row.clock.as_ref(), &row.person);
        let mut put = self.connection.prepare_cached(PUT_LEAD)?;
        put.execute(params![
            self.workspace,
            lead,
            view.urgency,
            row.owner.as_ref().map(|owner| owner.0.as_bytes().as_slice()),
            view.open,
            row.stage.word(),
            row.tier.word(),
            int(row.value)?,
            clock.map(|clock| &clock.state),
            clock.map(|clock| &clock.promise),
            clock.map(|clock| us(clock.started)),
            clock.map(|clock| us(clock.due)),
            prepared.risk(),
            row.pending,
            row.source,
            us(row.captured_at),
            us(row.touched_at),
            person.name,
            person.email,
            person.phone,
            person.company,
            person.country,
            person.language,
            row.account,
            row.subject,
        ])?;
        let mut put = self.connection.prepare_cached(
            "INSERT INTO searches (workspace, lead, words) VALUES (?1, ?2, ?3)
             ON CONFLICT DO UPDATE SET words = excluded.words WHERE words <> excluded.words",
        )?;
        put.execute(params![self.workspace, lead, view.words])?;
        let mut put = self.connection.prepare_cached(
            "INSERT INTO cards (workspace, lead, cards) VALUES (?1, ?2, ?3)
             ON CONFLICT DO UPDATE SET cards = excluded.cards WHERE cards <> excluded.cards",
        )?;
        put.execute(params![self.workspace, lead, to_json(&view.cards)?])?;
        Ok(())
    }

    /// Moves the lead from one owner's load to another's; to be called before the lead's row changes.
    fn load(&self, view: &LeadView) -> Result<(), Halt> {
        let lead = view.row.id.0.as_bytes().as_slice();
        let mut before = self
            .connection
            .prepare_cached("SELECT owner, open, stage FROM leads WHERE workspace = ?1 AND lead = ?2")?;
        let before = before
            .query_row(params![self.workspace, lead], |row| {
                let counted = row.get::<_, String>(2)? != Stage::Merged.word();
                Ok((maybe_id(row, 0)?, row.get::<_, bool>(1)?, counted))
            })
            .optional()?;
        // A lead that rests in another is nobody's.
        let before = before.filter(|(_, _, counted)| *counted).map(|(owner, open, _)| (owner, open));
        let after = Some((view.row.owner, view.open)).filter(|_| view.row.stage != Stage::Merged);
        if before == after {
            return Ok(());
        }
        let mut add = self.connection.prepare_cached(
            "INSERT INTO loads (workspace, owner, open, closed) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT DO UPDATE SET open = open + excluded.open, closed = closed + excluded.closed",
        )?;
        for ((owner, open), change) in
            before.map(|before| (before, -1)).into_iter().chain(after.map(|after| (after, 1)))
        {
            let owner = owner.as_ref().map_or(&[][..], |owner| owner.0.as_bytes());
            let (opened, closed) = if open { (change, 0) } else { (0, change) };
            add.execute(params![self.workspace, owner, opened, closed])?;
        }
        Ok(())
    }

    fn action(&self, row: &ActionRow) -> Result<(), Halt> {
        let mut put = self.connection.prepare_cached(
            "INSERT INTO actions (workspace, action, lead, step, class, verdict, state, at, proposal)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
             ON CONFLICT DO UPDATE SET state = excluded.state, proposal = coalesce(excluded.proposal, proposal)",
        )?;
        put.execute(params![
            self.workspace,
            row.id.0.as_bytes().as_slice(),
            row.lead.0.as_bytes().as_slice(),
            row.step.name(),
            row.class,
            row.verdict,
            row.state,
            us(row.at),
            row.proposal.as_ref().map(|proposal| proposal.0.as_bytes().as_slice()),
        ])?;
        Ok(())
    }

    fn proposal(&self, view: &ProposalView) -> Result<(), Halt> {
        let proposal = &view.proposal;
        let (id, worth) = (proposal.id.0.as_bytes().as_slice(), int(view.worth)?);
        let mut put = self.connection.prepare_cached(
            "INSERT INTO proposals (workspace, proposal, lead, state, class, deadline, worth, settled_at, whole)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
             ON CONFLICT DO UPDATE SET state = excluded.state, whole = excluded.whole,
                 settled_at = coalesce(excluded.settled_at, settled_at)",
        )?;
        put.execute(params![
            self.workspace,
            id,
            view.lead.0.as_bytes().as_slice(),
            proposal.state.word(),
            proposal.class,
            us(proposal.deadline),
            worth,
            view.settled_at.map(us),
            to_json(proposal)?,
        ])?;
        self.deciders(proposal, worth)
    }

    /// Puts in who may decide and takes out who may not any more.
    fn deciders(&self, proposal: &Proposal, worth: i64) -> Result<(), Halt> {
        let open = deciders(proposal);
        let id = proposal.id.0.as_bytes().as_slice();
        let mut put = self.connection.prepare_cached(
            "INSERT INTO deciders (workspace, member, deadline, worth, proposal) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT DO NOTHING",
        )?;
        let mut take = self.connection.prepare_cached(
            "DELETE FROM deciders
             WHERE workspace = ?1 AND member = ?2 AND deadline = ?3 AND worth = ?4 AND proposal = ?5",
        )?;
        for member in &proposal.eligible {
            let row =
                params![self.workspace, member.0.as_bytes().as_slice(), us(proposal.deadline), worth, id];
            if open.contains(member) {
                put.execute(row)?;
            } else {
                take.execute(row)?;
            }
        }
        Ok(())
    }

    /// Something that the lead's state forgot by these very facts is made from its row before.
    fn forgotten(&self, prepared: &Prepared, what: Forgotten) -> Result<(), Halt> {
        let (action, proposal) = match what {
            Forgotten::Action(action) => (action, None),
            Forgotten::Proposal(proposal, action) => (action, Some(proposal)),
        };
        let action = rows::action(self.connection, self.workspace, action)?;
        let proposal = match proposal {
            Some(proposal) => rows::proposal(self.connection, self.workspace, proposal)?,
            None => None,
        };
        match prepared.recall(what, action.as_ref(), proposal.as_ref()) {
            Some(Recalled::Action(row)) => self.action(&row),
            Some(Recalled::Proposal(view)) => self.proposal(&view),
            None => Ok(()),
        }
    }

    fn message(&self, prepared: &Prepared, first: u64, view: &MessageView) -> Result<(), Halt> {
        let lead = prepared.commit.entries.get(view.entry).and_then(|sealed| sealed.entry().lead);
        let out = view.out.as_ref();
        let mut put = self.connection.prepare_cached(
            "INSERT INTO messages (workspace, message, lead, at, number, external_id, action, proposal, state, content)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
             ON CONFLICT DO UPDATE SET at = excluded.at, number = excluded.number, external_id = excluded.external_id,
                 action = excluded.action, proposal = excluded.proposal, state = excluded.state,
                 content = excluded.content",
        )?;
        put.execute(params![
            self.workspace,
            view.id.0.as_bytes().as_slice(),
            lead.as_ref().map_or(&[][..], |lead| lead.0.as_bytes()),
            us(view.at),
            int(first + view.entry as u64)?,
            view.external_id,
            out.map(|out| out.action.0.as_bytes().as_slice()),
            out.and_then(|out| out.proposal.as_ref()).map(|proposal| proposal.0.as_bytes().as_slice()),
            out.map(|out| out.state),
            out.and_then(|out| out.content.as_ref()).map(|content| content.0.as_slice()),
        ])?;
        Ok(())
    }

    fn member(&self, member: &Member) -> Result<(), Halt> {
        self.connection.execute(
            "INSERT INTO members (workspace, member, email, name, role) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (workspace, member) DO UPDATE SET email = excluded.email, name = excluded.name,
                 role = excluded.role",
            params![
                self.workspace,
                member.id.0.as_bytes().as_slice(),
                member.email,
                member.name,
                member.role.word()
            ],
        )?;
        Ok(())
    }

    fn account(&self, account: &Account) -> Result<(), Halt> {
        let id = account.id.0.as_bytes().as_slice();
        let mut put = self.connection.prepare_cached(
            "INSERT INTO accounts (workspace, account, name_key, whole) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT DO UPDATE SET name_key = excluded.name_key, whole = excluded.whole",
        )?;
        put.execute(params![self.workspace, id, Account::name_key(&account.name), to_json(account)?])?;
        let mut forget = self
            .connection
            .prepare_cached("DELETE FROM account_domains WHERE workspace = ?1 AND account = ?2")?;
        forget.execute(params![self.workspace, id])?;
        let mut put = self.connection.prepare_cached(
            "INSERT INTO account_domains (workspace, domain, account) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
        )?;
        account.domains.iter().try_for_each(|domain| {
            put.execute(params![self.workspace, domain.to_lowercase(), id]).map(drop)
        })?;
        Ok(())
    }
}

const PUT_LEAD: &str = "
    INSERT INTO leads (workspace, lead, urgency, owner, open, stage, tier, value, clock, clock_promise, clock_started,
        clock_due, risk, pending, source, captured_at, touched_at, name, email, phone, company, country, language,
        account, subject)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23,
        ?24, ?25)
    ON CONFLICT DO UPDATE SET urgency = excluded.urgency, owner = excluded.owner, open = excluded.open,
        stage = excluded.stage, tier = excluded.tier, value = excluded.value, clock = excluded.clock,
        clock_promise = excluded.clock_promise, clock_started = excluded.clock_started, clock_due = excluded.clock_due,
        risk = excluded.risk, pending = excluded.pending, touched_at = excluded.touched_at, name = excluded.name,
        email = excluded.email, phone = excluded.phone, company = excluded.company, country = excluded.country,
        language = excluded.language, account = excluded.account, subject = excluded.subject";
