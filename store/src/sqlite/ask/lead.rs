//! One lead: what was said, what was done, and who else it may be.

use std::collections::BTreeMap;

use flow::ids::{LeadId, MessageId};
use flow::matching::index::{self, MAX_BUCKET};
use rusqlite::{OptionalExtension, params};

use super::Asked;
use crate::lists::bounded;
use crate::sqlite::bind;
use crate::sqlite::commit;
use crate::views::{ActionRow, MessageRow};
use crate::{Answer, rows};

impl Asked<'_> {
    pub(super) fn candidates(&self, keys: &[u64]) -> rusqlite::Result<Answer> {
        let mut stamps = BTreeMap::new();
        for key in keys {
            stamps.insert(*key, commit::stamp(self.connection, self.key(), *key)?);
        }
        let mut failed = None;
        let alike = index::worth_comparing(stamps.keys().copied(), |key, found| {
            // A stamp counts who came to the key, so a crowd is known without being read.
            let crowd = stamps.get(&key).copied().unwrap_or_default();
            if (1..=i64::from(MAX_BUCKET)).contains(&crowd) {
                failed = failed.take().or(self.under_key(key, found).err());
            }
        });
        if let Some(error) = failed {
            return Err(error);
        }
        let columns = rows::CANDIDATE;
        let mut one = self.connection.prepare_cached(&format!(
            "SELECT {columns} FROM leads AS l JOIN cards AS c USING (workspace, lead)
             WHERE l.workspace = ?1 AND l.lead = ?2 AND l.stage <> 'merged'"
        ))?;
        let mut found = Vec::with_capacity(alike.len());
        for lead in alike {
            let key = params![self.key(), lead.0.as_bytes().as_slice()];
            found.extend(one.query_row(key, |row| rows::candidate(row)).optional()?);
        }
        Ok(Answer::Candidates { found, stamps })
    }

    fn under_key(&self, key: u64, found: &mut Vec<LeadId>) -> rusqlite::Result<()> {
        let mut under =
            self.connection.prepare_cached("SELECT lead FROM lead_keys WHERE workspace = ?1 AND key = ?2")?;
        for lead in under.query_map(params![self.key(), key.cast_signed()], |row| bind::id(row, 0))? {
            found.push(lead?);
        }
        Ok(())
    }

    pub(super) fn spreads(&self, values: &[u64]) -> rusqlite::Result<Answer> {
        let mut spread = self
            .connection
            .prepare_cached("SELECT partners FROM spreads WHERE workspace = ?1 AND value = ?2")?;
        let mut counts = BTreeMap::new();
        for value in values {
            let found =
                spread.query_row(params![self.key(), value.cast_signed()], |row| row.get(0)).optional()?;
            if let Some(partners) = found {
                counts.insert(*value, partners);
            }
        }
        let all = "SELECT coalesce(sum(open + closed), 0) FROM loads WHERE workspace = ?1";
        let leads =
            self.connection.prepare_cached(all)?.query_row([self.key()], |row| bind::count(row, 0))?;
        Ok(Answer::Spreads { counts, leads })
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
