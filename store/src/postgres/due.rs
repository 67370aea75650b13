//! What is due: handing rows out to one worker at a time.

use std::time::Duration;

use flow::ids::{LeadId, WorkspaceId};
use jiff::Timestamp;
use tokio_postgres::Row;
use uuid::Uuid;

use super::link::{Step, given};
use crate::columns::{count, id, int, limit, maybe_time, number, string, time, us};
use crate::tasks::{self, CLAIM_LIMIT, task};
use crate::{Claim, Queue, StoreError, Ticket, Wanted};

/// How long a node may be silent before what it holds is given to others. A node that wakes after that finds that its
/// claims no longer count.
const VANISHED: Duration = Duration::from_secs(12);

/// When the next row of a queue may be handed out: the earliest of all.
pub(super) fn next() -> Step<'static> {
    Step::plain(
        "SELECT least((SELECT min(ready) FROM tasks WHERE queue = 0), (SELECT min(ready) FROM tasks WHERE queue = 1))",
    )
}

/// Reads [`next`].
pub(super) fn read_next(rows: &[Row]) -> Result<Option<Timestamp>, StoreError> {
    rows.first().map(|row| maybe_time(row, 0)).transpose().map(Option::flatten)
}

/// Hands out what is ready and that nobody else is taking this very moment, the earliest first.
pub(super) fn claim(wanted: &Wanted, node: Uuid) -> Step<'static> {
    Step::new(
        "WITH due AS MATERIALIZED (
             SELECT workspace, lead, key, ready FROM tasks WHERE queue = $1 AND ready <= $2
             ORDER BY ready, workspace, lead, key LIMIT $3 FOR UPDATE SKIP LOCKED)
         UPDATE tasks AS t SET ready = $4, taken = t.taken + 1, claim = nextval('claims'), node = $5
         FROM due WHERE t.workspace = due.workspace AND t.lead = due.lead AND t.queue = $1 AND t.key = due.key
         RETURNING t.workspace, t.lead, t.key, t.due, t.taken - 1, t.claim, due.ready",
        given![
            tasks::number(wanted.queue),
            us(wanted.now),
            limit(wanted.limit.min(CLAIM_LIMIT)),
            us(wanted.lease_until),
            node
        ],
    )
}

/// Reads [`claim`]: the earliest first.
pub(super) fn read_claims(queue: Queue, rows: &[Row]) -> Result<Vec<Claim>, StoreError> {
    let mut claims = rows.iter().map(|row| read_claim(queue, row)).collect::<Result<Vec<_>, _>>()?;
    claims.sort_by(|(ready, one), (later, other)| {
        let place = |claim: &Claim| (claim.workspace, claim.lead);
        (ready, place(one), &one.ticket.key).cmp(&(later, place(other), &other.ticket.key))
    });
    Ok(claims.into_iter().map(|(_, claim)| claim).collect())
}

fn read_claim(queue: Queue, row: &Row) -> Result<(i64, Claim), StoreError> {
    let (workspace, lead): (WorkspaceId, LeadId) = (id(row, 0)?, id(row, 1)?);
    let key = string(row, 2)?;
    let claim = Claim {
        workspace,
        lead,
        task: task(queue, &key)?,
        due: time(row, 3)?,
        taken: u32::try_from(count(row, 4)?).unwrap_or(u32::MAX),
        ticket: Ticket { queue, lead, key, claim: number(row, 5)?, done: true },
    };
    Ok((number(row, 6)?, claim))
}

/// Says that this node is alive, and gives back what those held who have not said so for long: it is due at once and
/// still counts as handed out before. Times are the database's, so that the nodes' clocks do not matter.
pub(super) fn alive(node: Uuid) -> Result<Step<'static>, StoreError> {
    Ok(Step::new(
        "WITH seen AS (
             INSERT INTO nodes (node, seen) VALUES ($1, clock_timestamp())
             ON CONFLICT (node) DO UPDATE SET seen = excluded.seen),
         gone AS (
             DELETE FROM nodes WHERE node <> $1 AND seen < clock_timestamp() - $2 * interval '1 second'
             RETURNING node)
         UPDATE tasks SET ready = due, node = NULL WHERE node IN (SELECT node FROM gone)",
        given![node, int(VANISHED.as_secs())? as f64],
    ))
}
