//! The playbook in force, and attachments.

use std::collections::BTreeMap;

use flow::ids::LeadId;
use rusqlite::{OptionalExtension, params};

use super::Asked;

impl Asked<'_> {
    pub(super) fn playbook(&self) -> rusqlite::Result<Option<(String, BTreeMap<String, String>)>> {
        let mut in_force =
            self.connection.prepare_cached("SELECT digest FROM playbooks WHERE workspace = ?1")?;
        let digest: Option<String> = in_force.query_row([self.key()], |row| row.get(0)).optional()?;
        let Some(digest) = digest else { return Ok(None) };
        let mut files = self
            .connection
            .prepare_cached("SELECT path, text FROM playbook_files WHERE workspace = ?1 AND digest = ?2")?;
        let files = files
            .query_map(params![self.key(), digest], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<rusqlite::Result<_>>()?;
        Ok(Some((digest, files)))
    }

    pub(super) fn blob(&self, lead: LeadId, sha256: &str) -> rusqlite::Result<Option<Vec<u8>>> {
        let mut bytes = self.connection.prepare_cached(
            "SELECT b.bytes FROM lead_blobs AS l JOIN blobs AS b USING (workspace, sha256)
             WHERE l.workspace = ?1 AND l.lead = ?2 AND l.sha256 = ?3",
        )?;
        bytes
            .query_row(params![self.key(), lead.0.as_bytes().as_slice(), sha256], |row| row.get(0))
            .optional()
    }
}
