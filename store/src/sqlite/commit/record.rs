//! Facts with their leaves, and what opens the commitments in them.

use std::collections::BTreeSet;

use rusqlite::{Connection, params};

use crate::prepared::Prepared;
use crate::sqlite::bind::{int, us};
use crate::sqlite::writer::Halt;

/// Writes the facts under the numbers from `first` on.
pub(super) fn write(connection: &Connection, prepared: &Prepared, first: u64) -> Result<(), Halt> {
    let workspace = prepared.workspace();
    let mut fact = connection.prepare_cached(
        "INSERT INTO facts (workspace, number, fact, lead, kind, at, content, leaf, body_r, body, actor)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    )?;
    let mut content = connection.prepare_cached(
        "INSERT INTO contents (workspace, lead, commitment, r, payload) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING",
    )?;
    let mut seen = BTreeSet::new();
    for (number, sealed) in (first..).zip(&prepared.commit.entries) {
        let entry = sealed.entry();
        let lead = entry.lead.as_ref().map(|lead| lead.0.as_bytes().as_slice());
        let commitment = entry.content.as_ref().map(|sealed| sealed.commitment.0);
        let actor = sealed.actor();
        fact.execute(params![
            workspace,
            int(number)?,
            entry.id.0.as_bytes().as_slice(),
            lead,
            entry.fact.kind(),
            us(entry.at),
            commitment.as_ref().map(<[u8; 32]>::as_slice),
            sealed.leaf(),
            sealed.body().r.as_slice(),
            sealed.body().payload,
            actor.as_ref().map(|id| id.as_bytes().as_slice()),
        ])?;
        if let (Some(commitment), Some(opening)) = (commitment, sealed.content())
            && seen.insert(commitment)
        {
            let key = (workspace, lead.unwrap_or_default(), commitment.as_slice());
            content.execute(params![key.0, key.1, key.2, opening.r.as_slice(), opening.payload])?;
        }
    }
    Ok(())
}
