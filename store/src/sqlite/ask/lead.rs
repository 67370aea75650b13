//! One lead: what was said, what was done, and who else it may be.

use std::collections::BTreeMap;

use flow::ids::{LeadId, MessageId};
use rusqlite::{OptionalExtension, params};

use super::Asked;
use crate::lists::{CANDIDATES_PER_KEY, bounded};
use crate::sqlite::bind;
use crate::sqlite::commit;
use crate::views::{ActionRow, MessageRow};
use crate::{Answer, rows};

impl Asked<'_> {
    pub(super) fn candidates(&self, keys: &[u64]) -> rusqlite::Result<Answer> {
        let columns = rows::CANDIDATE;
        let mut under = self.connection.prepare_cached(&format!(
            "SELECT {columns} FROM lead_keys AS k JOIN leads AS l USING (workspace, lead)
             WHERE k.workspace = ?1 AND k.key = ?2 ORDER BY k.stamp DESC LIMIT ?3"
        ))?;
        let (mut found, mut stamps) = (Vec::new(), BTreeMap::new());
        for key in keys {
            let stamp = commit::stamp(self.connection, self.key(), *key)?;
            if stamps.insert(*key, stamp).is_some() || stamp == 0 {
                continue;
            }
            let mut alike =
                under.query(params![self.key(), key.cast_signed(), bind::limit(CANDIDATES_PER_KEY)])?;
            while let Some(row) = alike.next()? {
                found.push(rows::candidate(row, 0, *key)?);
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
        newest.query_map(key, |row| rows::action(row))?.collect()
    }

    /// Messages whose text was erased are left out.
    pub(super) fn messages(&self, lead: LeadId, limit: usize) -> rusqlite::Result<Vec<MessageRow>> {
        let columns = rows::MESSAGE;
        let mut newest = self.connection.prepare_cached(&format!(
            "SELECT {columns} FROM messages AS m INDEXED BY messages_by_lead
             JOIN facts AS f ON f.workspace = m.workspace AND f.number = m.number
             LEFT JOIN contents AS c ON c.workspace = m.workspace AND c.lead = m.lead AND c.commitment = m.content
             WHERE m.workspace = ?1 AND m.lead = ?2 ORDER BY m.at DESC, m.message DESC LIMIT ?3"
        ))?;
        let key = params![self.key(), lead.0.as_bytes().as_slice(), bind::limit(bounded(limit, 50, 500))];
        let rows = newest.query_map(key, |row| rows::message(row))?.collect::<rusqlite::Result<Vec<_>>>()?;
        Ok(rows.into_iter().flatten().collect())
    }

    pub(super) fn message_by_external_id(&self, id: &str) -> rusqlite::Result<Option<(LeadId, MessageId)>> {
        let mut first = self.connection.prepare_cached(
            "SELECT lead, message FROM messages WHERE workspace = ?1 AND external_id = ?2 ORDER BY number LIMIT 1",
        )?;
        first.query_row(params![self.key(), id], |row| Ok((bind::id(row, 0)?, bind::id(row, 1)?))).optional()
    }
}
