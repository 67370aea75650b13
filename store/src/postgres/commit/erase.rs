//! Erasing a lead, in the transaction that says so. A table that keeps something of a lead must be emptied here.
//!
//! The rows are gone with the commit. Their bytes stay in the database's own files until they are vacuumed and written
//! over, and in its archives and backups; `docs/operations.md` says what to do about those.

use flow::ids::LeadId;
use uuid::Uuid;

use crate::StoreError;
use crate::columns::int;
use crate::erasing::ERASED_ANSWER;
use crate::postgres::link::{Step, given};
use crate::prepared::Prepared;

/// One lead's erasure.
pub(super) struct Erasure {
    lead: LeadId,
    /// The number of the fact that says so.
    fact: i64,
}

impl Erasure {
    /// The erasure that a commit is, if it is one; its facts begin at `first`.
    pub fn of(prepared: &Prepared, first: u64) -> Result<Option<Erasure>, StoreError> {
        let (Some(place), Some(change)) = (prepared.erases(), &prepared.commit.lead) else { return Ok(None) };
        Ok(Some(Erasure { lead: change.state.id, fact: int(first + place as u64)? }))
    }

    /// Takes what opens the facts before the erasure, and all rows made from them; to come after the facts and before
    /// the views.
    pub fn before_views(&self, workspace: Uuid) -> Vec<Step<'static>> {
        let lead = self.lead.0;
        let mut steps = vec![
            Step::new(
                "UPDATE facts SET body_r = NULL, body = NULL WHERE workspace = $1 AND lead = $2 AND number < $3",
                given![workspace, lead, self.fact],
            ),
            Step::new(
                "DELETE FROM deciders WHERE workspace = $1
                     AND proposal IN (SELECT proposal FROM proposals WHERE workspace = $1 AND lead = $2)",
                given![workspace, lead],
            ),
        ];
        steps.extend(self.empty(workspace, &["contents", "actions", "proposals", "messages"]));
        steps
    }

    /// Takes what is beside the facts; to come after everything else. Requests are still known when they come again, so
    /// that nothing that was erased comes back with a repeated delivery; but a key may hold an address, and an answer
    /// holds everything.
    pub fn at_last(&self, workspace: Uuid) -> Vec<Step<'static>> {
        let lead = self.lead.0;
        let mut steps = vec![Step::new(
            "DELETE FROM blobs WHERE workspace = $1
                 AND sha256 IN (SELECT sha256 FROM lead_blobs WHERE workspace = $1 AND lead = $2)
                 AND sha256 NOT IN (SELECT sha256 FROM lead_blobs WHERE workspace = $1 AND lead <> $2)",
            given![workspace, lead],
        )];
        steps.extend(self.empty(workspace, &["lead_blobs", "lead_keys", "tasks"]));
        steps.push(Step::new(
            "UPDATE requests SET key = 'erased/' || encode(sha256(convert_to(key, 'UTF8')), 'hex'), request = $3,
                 answer = $4, lead = NULL
             WHERE workspace = $1 AND lead = $2",
            given![workspace, lead, vec![0_u8; 32], ERASED_ANSWER],
        ));
        steps
    }

    fn empty(&self, workspace: Uuid, tables: &[&str]) -> Vec<Step<'static>> {
        let of = |table: &&str| {
            let sql = format!("DELETE FROM {table} WHERE workspace = $1 AND lead = $2");
            Step::new(sql, given![workspace, self.lead.0])
        };
        tables.iter().map(of).collect()
    }
}
