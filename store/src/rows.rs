//! Rows of the views as values, the same for every database.

use flow::approval::Proposal;
use flow::capture::Inbound;
use flow::ids::LeadId;
use flow::step::Step;
use flow::terms::{Commitment, Content, Member, Person, Role, Stage, Tier};
use serde::Deserialize;

use crate::columns::{
    Columns, bytes, count, flag, id, json, maybe_bytes32, maybe_id, maybe_payload, maybe_string, number,
    string, time, word,
};
use crate::views::{
    ActionRow, BoardCounts, Candidate, ClockCell, FactRow, LeadRow, MessageRow, ProposalRow, Said,
    VerdictCount,
};
use crate::{Signed, TokenHolder};

type Read<T, R> = Result<T, <R as Columns>::Error>;

/// The columns of [`lead`], of a table called `l`.
pub(crate) const LEAD: &str = "l.lead, l.name, l.email, l.phone, l.company, l.country, l.language, l.account, \
     l.tier, l.value, l.owner, l.stage, l.source, l.captured_at, l.touched_at, l.clock_promise, l.clock, \
     l.clock_started, l.clock_due, l.pending, l.risk, l.subject";
/// How many columns that is.
pub(crate) const LEAD_COLUMNS: usize = 22;

/// A lead in a list.
pub(crate) fn lead<R: Columns>(row: &R) -> Read<LeadRow, R> {
    let clock = match (maybe_string(row, 15)?, maybe_string(row, 16)?) {
        (Some(promise), Some(state)) => {
            Some(ClockCell { promise, state, started: time(row, 17)?, due: time(row, 18)? })
        }
        _ => None,
    };
    Ok(LeadRow {
        id: id(row, 0)?,
        person: person(row, 1)?,
        account: maybe_string(row, 7)?,
        tier: word(row, 8, Tier::from_word)?,
        value: count(row, 9)?,
        owner: maybe_id(row, 10)?,
        stage: word(row, 11, Stage::from_word)?,
        source: string(row, 12)?,
        captured_at: time(row, 13)?,
        touched_at: time(row, 14)?,
        clock,
        pending: u32::try_from(number(row, 19)?).map_err(|error| R::bad(19, error.to_string()))?,
        risk: row.text(20)?.iter().flat_map(|signs| signs.split(' ')).map(str::to_owned).collect(),
        subject: string(row, 21)?,
    })
}

/// A person's six columns.
pub(crate) fn person<R: Columns>(row: &R, at: usize) -> Read<Person, R> {
    Ok(Person {
        name: string(row, at)?,
        email: string(row, at + 1)?,
        phone: string(row, at + 2)?,
        company: string(row, at + 3)?,
        country: string(row, at + 4)?,
        language: string(row, at + 5)?,
    })
}

/// The columns of [`candidate`], of tables called `l` and `c`.
pub(crate) const CANDIDATE: &str = "l.lead, c.cards, l.owner, l.open, l.captured_at";

/// A lead that may be the same person.
pub(crate) fn candidate<R: Columns>(row: &R) -> Read<Candidate, R> {
    Ok(Candidate {
        lead: id(row, 0)?,
        cards: json(row, 1)?,
        owner: maybe_id(row, 2)?,
        closed: !flag(row, 3)?,
        captured_at: time(row, 4)?,
    })
}

/// The numbers of the board's head, in the order of its fields.
pub(crate) fn board_counts<R: Columns>(row: &R) -> Read<BoardCounts, R> {
    Ok(BoardCounts {
        leads: count(row, 0)?,
        open: count(row, 1)?,
        queued: count(row, 2)?,
        warned: count(row, 3)?,
        breached: count(row, 4)?,
        due_soon: count(row, 5)?,
        at_risk: count(row, 6)?,
        pending: count(row, 7)?,
    })
}

/// The columns of [`action`].
pub(crate) const ACTION: &str = "action, lead, step, class, verdict, state, at, proposal";

/// An action in a list.
pub(crate) fn action<R: Columns>(row: &R) -> Read<ActionRow, R> {
    Ok(ActionRow {
        id: id(row, 0)?,
        lead: id(row, 1)?,
        step: word(row, 2, Step::from_name)?,
        class: string(row, 3)?,
        verdict: string(row, 4)?,
        state: string(row, 5)?,
        at: time(row, 6)?,
        proposal: maybe_id(row, 7)?,
    })
}

/// How often the gate said what, of one step.
pub(crate) fn verdicts<R: Columns>(row: &R) -> Read<VerdictCount, R> {
    Ok(VerdictCount {
        step: string(row, 0)?,
        run: count(row, 1)?,
        ask: count(row, 2)?,
        hold: count(row, 3)?,
        refuse: count(row, 4)?,
    })
}

/// The columns of [`message`], of the tables `m`, `f` (its fact) and `c` (its content).
pub(crate) const MESSAGE: &str =
    "m.message, m.at, f.body, c.payload, m.action, m.state, m.proposal, m.external_id";

/// The part of a fact's body that the conversation shows.
#[derive(Deserialize)]
struct Received {
    inbound: Inbound,
}

/// A message with its text; none when that was erased.
pub(crate) fn message<R: Columns>(row: &R) -> Read<Option<MessageRow>, R> {
    let said = match maybe_id(row, 4)? {
        None => maybe_payload::<Received, R>(row, 2)?.map(|received| Said::In(received.inbound)),
        Some(action) => match maybe_payload(row, 3)? {
            Some(content) => Some(Said::Out {
                content,
                action,
                state: string(row, 5)?,
                proposal: maybe_id(row, 6)?,
                external_id: string(row, 7)?,
            }),
            None => None,
        },
    };
    match said {
        Some(said) => Ok(Some(MessageRow { id: id(row, 0)?, at: time(row, 1)?, said })),
        None => Ok(None),
    }
}

/// A member: id, address, name, role.
pub(crate) fn member<R: Columns>(row: &R) -> Read<Member, R> {
    Ok(Member {
        id: id(row, 0)?,
        email: string(row, 1)?,
        name: string(row, 2)?,
        role: word(row, 3, Role::from_word)?,
    })
}

/// Who signed in: member, role, end.
pub(crate) fn signed<R: Columns>(row: &R) -> Read<Signed, R> {
    Ok(Signed { member: id(row, 0)?, role: word(row, 1, Role::from_word)?, until: Some(time(row, 2)?) })
}

/// Whom a token lets in: agent, its name, member.
pub(crate) fn token<R: Columns>(row: &R) -> Read<TokenHolder, R> {
    Ok(match maybe_id(row, 0)? {
        Some(agent) => TokenHolder::Agent(agent, string(row, 1)?),
        None => TokenHolder::Member(id(row, 2)?),
    })
}

/// The columns of [`fact`], of the tables `f` and `c` (its content).
pub(crate) const FACT: &str = "f.number, f.leaf, f.body_r, f.body, c.r, c.payload";

/// A fact: number, leaf, and what opens its body and its content. It has a place in a tree of more than `size` leaves.
pub(crate) fn fact<R: Columns>(row: &R, size: u64) -> Read<(u64, FactRow), R> {
    let place = count(row, 0)?;
    let fact = FactRow {
        index: (place < size).then_some(place),
        leaf: bytes(row, 1)?,
        body: opening(row, 2)?,
        content: opening(row, 4)?,
    };
    Ok((place, fact))
}

/// Random bytes and what they hide.
type Opening = ([u8; 32], Vec<u8>);

fn opening<R: Columns>(row: &R, at: usize) -> Read<Option<Opening>, R> {
    match (maybe_bytes32(row, at)?, row.blob(at + 1)?) {
        (Some(r), Some(payload)) => Ok(Some((r, payload.to_vec()))),
        _ => Ok(None),
    }
}

/// The columns of [`Desk`], of the tables `p` (its proposal) and `l` (its lead).
pub(crate) const PROPOSAL: &str = "p.whole, p.lead, l.name, l.email, l.phone, l.company, l.country, l.language, \
     l.account, l.tier, l.value, l.owner, p.deadline, p.worth";

/// A proposal with what surrounds it, before its contents are looked up, and its place in a list.
pub(crate) struct Desk {
    row: ProposalRow,
    /// Sorts lists: microseconds, and the lead's value.
    pub place: (i64, i64),
}

impl Desk {
    /// Reads it.
    pub fn read<R: Columns>(row: &R) -> Read<Desk, R> {
        let proposal: Proposal = json(row, 0)?;
        let row_of = ProposalRow {
            lead: id(row, 1)?,
            person: person(row, 2)?,
            account: maybe_string(row, 8)?,
            tier: word(row, 9, Tier::from_word)?,
            value: count(row, 10)?,
            owner: maybe_id(row, 11)?,
            subject: String::new(),
            content: None,
            proposed: None,
            proposal,
        };
        Ok(Desk { row: row_of, place: (number(row, 12)?, number(row, 13)?) })
    }

    /// The contents it shows: as first proposed, and as it stands now.
    pub fn contents(&self) -> [(LeadId, Option<Commitment>); 2] {
        let proposal = &self.row.proposal;
        [(self.row.lead, proposal.commitment), (self.row.lead, proposal.content_now())]
    }

    /// With its contents, in the order of [`Desk::contents`].
    pub fn with(self, [proposed, content]: [Option<Content>; 2]) -> ProposalRow {
        let subject = proposed.as_ref().map(|content| content.subject().to_owned()).unwrap_or_default();
        ProposalRow { subject, content, proposed, ..self.row }
    }

    /// Where the list goes on after it.
    pub fn cursor(&self) -> String {
        format!("{}.{}.{}", self.place.0, self.place.1, self.row.proposal.id)
    }
}
