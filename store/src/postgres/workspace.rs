//! Workspaces: the first column of every key, and the locks that keep nodes out of each other's way.

use flow::ids::WorkspaceId;
use flow::terms::Workspace;
use tokio_postgres::Row;

use super::link::{Given, Step, given};
use crate::StoreError;
use crate::columns::{id, string};

/// What a lock is for. Each belongs to one workspace, is held by one transaction of one node, and goes with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lock {
    /// Writing facts: whoever numbers them holds it until they can be read, so that numbers have no holes and a
    /// number is never seen before a smaller one.
    Facts,
    /// Placing facts in the tree.
    Tree,
}

impl Lock {
    /// The lock's number. Should two locks ever share one, they wait for each other without need; nothing else.
    fn number(self, workspace: WorkspaceId) -> i64 {
        let (high, low) = workspace.0.as_u64_pair();
        let kind: u64 = match self {
            Lock::Facts => 0x6661_6374_7300_0000,
            Lock::Tree => 0x7472_6565_0000_0000,
        };
        (high.rotate_left(32) ^ low ^ kind).cast_signed()
    }

    /// Takes it for the transaction.
    pub fn take(self, workspace: WorkspaceId) -> Step<'static> {
        Step::new("SELECT pg_advisory_xact_lock($1)", given![self.number(workspace)])
    }

    /// Waits until nobody holds it.
    pub fn wait(self, workspace: WorkspaceId) -> Step<'static> {
        Step::new("SELECT pg_advisory_xact_lock_shared($1)", given![self.number(workspace)])
    }
}

/// Begins a transaction in which each statement sees what was committed before it.
pub(super) const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED";

/// Rules for one transaction. They are set in it, because a pooler may give each transaction another connection. A
/// node that vanishes within a transaction holds its locks no longer than this; and nothing is answered before it is
/// on disk, whatever the database's own default.
pub(super) const RULES: &str = "SELECT set_config('idle_in_transaction_session_timeout', '15s', true),
    set_config('lock_timeout', '20s', true),
    set_config('synchronous_commit',
        CASE current_setting('synchronous_commit') WHEN 'off' THEN 'on' ELSE current_setting('synchronous_commit') END,
        true)";

/// The workspace of this name.
pub(super) fn find(name: &str) -> Step<'_> {
    Step::new("SELECT workspace, name FROM workspaces WHERE name = $1", given![name])
}

/// Makes the workspace of this name, if there is none.
pub(super) fn make(name: &str, id: WorkspaceId) -> Step<'_> {
    let values: Vec<Given<'_>> = given![id.0, name];
    Step::new(
        "WITH made AS (
             INSERT INTO workspaces (workspace, name) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING RETURNING workspace)
         INSERT INTO trees (workspace, size) SELECT workspace, 0 FROM made",
        values,
    )
}

/// Reads [`find`].
pub(super) fn read(rows: &[Row]) -> Result<Option<Workspace>, StoreError> {
    rows.first().map(|row| Ok(Workspace { id: id(row, 0)?, name: string(row, 1)? })).transpose()
}
