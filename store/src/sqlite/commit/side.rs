//! Values beside the facts: secrets, sessions, files.

use rusqlite::{Connection, OptionalExtension, params};

use crate::prepared::SESSIONS_PER_MEMBER;
use crate::sqlite::bind::{self, us};
use crate::{Side, TokenHolder};

/// A secret of the workspace.
pub(in crate::sqlite) fn secret(
    connection: &Connection,
    workspace: &[u8],
    name: &str,
) -> rusqlite::Result<Option<Vec<u8>>> {
    let mut secret =
        connection.prepare_cached("SELECT bytes FROM secrets WHERE workspace = ?1 AND name = ?2")?;
    secret.query_row(params![workspace, name], |row| row.get(0)).optional()
}

/// The boundary as it was last kept.
pub(in crate::sqlite) fn ledger(
    connection: &Connection,
    workspace: &[u8],
) -> rusqlite::Result<Option<(u64, String)>> {
    let mut ledger = connection.prepare_cached("SELECT next, whole FROM ledgers WHERE workspace = ?1")?;
    ledger.query_row(params![workspace], |row| Ok((bind::count(row, 0)?, row.get(1)?))).optional()
}

/// Writes all of them.
pub(super) fn write(connection: &Connection, workspace: &[u8], side: &[Side]) -> rusqlite::Result<()> {
    side.iter().try_for_each(|value| write_one(connection, workspace, value))
}

fn write_one(connection: &Connection, workspace: &[u8], value: &Side) -> rusqlite::Result<()> {
    let run = |sql: &str, values: &[&dyn rusqlite::ToSql]| {
        connection.prepare_cached(sql)?.execute(values).map(drop)
    };
    match value {
        Side::Password { member, phc } => run(
            "INSERT INTO passwords (workspace, member, phc) VALUES (?1, ?2, ?3)
             ON CONFLICT DO UPDATE SET phc = excluded.phc",
            &[&workspace, &member.0.as_bytes().as_slice(), phc],
        ),
        Side::Token { digest, holder } => {
            let (agent, name, member) = match holder {
                TokenHolder::Agent(agent, name) => (Some(agent.0.as_bytes().as_slice()), Some(name), None),
                TokenHolder::Member(member) => (None, None, Some(member.0.as_bytes().as_slice())),
            };
            run(
                "INSERT INTO tokens (workspace, digest, agent, agent_name, member) VALUES (?1, ?2, ?3, ?4, ?5)",
                &[&workspace, digest, &agent, &name, &member],
            )
        }
        Side::Session { digest, member, until } => {
            let member = member.0.as_bytes().as_slice();
            run(
                "INSERT INTO sessions (workspace, digest, member, ends) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT DO UPDATE SET member = excluded.member, ends = excluded.ends",
                &[&workspace, digest, &member, &us(*until)],
            )?;
            run(
                "DELETE FROM sessions WHERE workspace = ?1 AND digest IN (
                     SELECT digest FROM sessions WHERE workspace = ?1 AND member = ?2 ORDER BY ends DESC LIMIT -1 OFFSET ?3)",
                &[&workspace, &member, &SESSIONS_PER_MEMBER],
            )
        }
        Side::EndSession { digest } => {
            run("DELETE FROM sessions WHERE workspace = ?1 AND digest = ?2", &[&workspace, digest])
        }
        Side::PlaybookFiles { digest, files } => files.iter().try_for_each(|(path, text)| {
            run(
                "INSERT INTO playbook_files (workspace, digest, path, text) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
                &[&workspace, digest, path, text],
            )
        }),
        Side::Blob { lead, sha256, bytes } => {
            run(
                "INSERT INTO blobs (workspace, sha256, bytes) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
                &[&workspace, sha256, bytes],
            )?;
            run(
                "INSERT INTO lead_blobs (workspace, lead, sha256) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
                &[&workspace, &lead.0.as_bytes().as_slice(), sha256],
            )
        }
        Side::Standing { team, turn, json } => run(
            "INSERT INTO standings (workspace, team, turn, whole) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT DO UPDATE SET turn = excluded.turn, whole = excluded.whole WHERE turn < excluded.turn",
            &[&workspace, team, &bind::limit(*turn), json],
        ),
        Side::Cosigned { size, note } => run(
            "INSERT INTO cosigned (workspace, size, note) VALUES (?1, ?2, ?3)
             ON CONFLICT DO UPDATE SET size = excluded.size, note = excluded.note WHERE size <= excluded.size",
            &[&workspace, &bind::limit(*size), note],
        ),
        Side::Ledger { next, text } => run(
            "INSERT INTO ledgers (workspace, next, whole) VALUES (?1, ?2, ?3)
             ON CONFLICT DO UPDATE SET next = excluded.next, whole = excluded.whole WHERE next < excluded.next",
            &[&workspace, &bind::limit(*next), text],
        ),
        Side::Secret { name, bytes } => run(
            "INSERT INTO secrets (workspace, name, bytes) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
            &[&workspace, name, bytes],
        ),
    }
}
