//! One lead: what was said, what was done, and who else it may be.

use std::collections::BTreeMap;

use flow::capture::Inbound;
use flow::ids::{LeadId, MessageId};
use rusqlite::types::Type;
use rusqlite::{OptionalExtension, Row, params};
use serde::Deserialize;

use super::{Asked, bounded, rows};
use crate::Answer;
use crate::sqlite::bind;
use crate::sqlite::commit;
use crate::views::{ActionRow, Candidate, MessageRow, Said};

/// Most leads looked at under one key, the latest first. A key that more people share tells nobody apart.
const CANDIDATES_PER_KEY: usize = 200;

/// The part of a fact's body that the conversation shows.
#[derive(Deserialize)]
struct Received {
    inbound: Inbound,
}

impl Asked<'_> {
    pub(super) fn candidates(&self, keys: &[u64]) -> rusqlite::Result<Answer> {
        let mut under = self.connection.prepare_cached(
            "SELECT l.lead, l.name, l.email, l.phone, l.company, l.country, l.language, l.open, l.captured_at
             FROM lead_keys AS k JOIN leads AS l USING (workspace, lead)
             WHERE k.workspace = ?1 AND k.key = ?2 ORDER BY k.stamp DESC LIMIT ?3",
        )?;
        let (mut found, mut stamps) = (Vec::new(), BTreeMap::new());
        for key in keys {
            let stamp = commit::stamp(self.connection, self.key(), *key)?;
            if stamps.insert(*key, stamp).is_some() || stamp == 0 {
                continue;
            }
            let mut alike =
                under.query(params![self.key(), key.cast_signed(), bind::limit(CANDIDATES_PER_KEY)])?;
            while let Some(row) = alike.next()? {
                found.push(Candidate {
                    lead: bind::id(row, 0)?,
                    person: rows::person(row, 1)?,
                    key: *key,
                    closed: !row.get::<_, bool>(7)?,
                    captured_at: bind::time(row, 8)?,
                });
            }
        }
        Ok(Answer::Candidates { found, stamps })
    }

    pub(super) fn actions(&self, lead: LeadId, limit: usize) -> rusqlite::Result<Vec<ActionRow>> {
        let columns = rows::ACTION;
        let mut newest = self.connection.prepare_cached(&format!(
            "SELECT {columns} FROM actions INDEXED BY actions_by_lead
             WHERE workspace = ?1 AND lead = ?2 ORDER BY at DESC, action DESC LIMIT ?3"
        ))?;
        let key = params![self.key(), lead.0.as_bytes().as_slice(), bind::limit(bounded(limit, 50, 500))];
        newest.query_map(key, rows::action_row)?.collect()
    }

    /// Messages whose text was erased are left out.
    pub(super) fn messages(&self, lead: LeadId, limit: usize) -> rusqlite::Result<Vec<MessageRow>> {
        let mut newest = self.connection.prepare_cached(
            "SELECT m.message, m.at, f.body, c.payload, m.action, m.state, m.proposal, m.external_id
             FROM messages AS m INDEXED BY messages_by_lead
             JOIN facts AS f ON f.workspace = m.workspace AND f.number = m.number
             LEFT JOIN contents AS c ON c.workspace = m.workspace AND c.lead = m.lead AND c.commitment = m.content
             WHERE m.workspace = ?1 AND m.lead = ?2 ORDER BY m.at DESC, m.message DESC LIMIT ?3",
        )?;
        let key = params![self.key(), lead.0.as_bytes().as_slice(), bind::limit(bounded(limit, 50, 500))];
        let rows = newest.query_map(key, message)?.collect::<rusqlite::Result<Vec<_>>>()?;
        Ok(rows.into_iter().flatten().collect())
    }

    pub(super) fn message_by_external_id(&self, id: &str) -> rusqlite::Result<Option<(LeadId, MessageId)>> {
        let mut first = self.connection.prepare_cached(
            "SELECT lead, message FROM messages WHERE workspace = ?1 AND external_id = ?2 ORDER BY number LIMIT 1",
        )?;
        first.query_row(params![self.key(), id], |row| Ok((bind::id(row, 0)?, bind::id(row, 1)?))).optional()
    }
}

fn message(row: &Row<'_>) -> rusqlite::Result<Option<MessageRow>> {
    let said = match bind::maybe_id(row, 4)? {
        None => match row.get_ref(2)?.as_blob_or_null()? {
            Some(body) => Said::In(parse::<Received>(2, body)?.inbound),
            None => return Ok(None),
        },
        Some(action) => match row.get_ref(3)?.as_blob_or_null()? {
            Some(content) => Said::Out {
                content: parse(3, content)?,
                action,
                state: row.get(5)?,
                proposal: bind::maybe_id(row, 6)?,
                external_id: row.get(7)?,
            },
            None => return Ok(None),
        },
    };
    Ok(Some(MessageRow { id: bind::id(row, 0)?, at: bind::time(row, 1)?, said }))
}

fn parse<'a, T: Deserialize<'a>>(at: usize, bytes: &'a [u8]) -> rusqlite::Result<T> {
    serde_json::from_slice(bytes)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(at, Type::Blob, Box::new(error)))
}
