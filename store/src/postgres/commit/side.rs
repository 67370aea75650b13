//! Values beside the facts: secrets, sessions, files. They are seldom, so each has its own statement; only the
//! standings of rotations come with every assignment and are written together.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::sheet::columns;
use crate::columns::{limit, us};
use crate::postgres::link::{Given, Step, given};
use crate::prepared::SESSIONS_PER_MEMBER;
use crate::{Side, TokenHolder};

/// All values beside the facts of a group.
#[derive(Default)]
pub(super) struct Sides<'a> {
    /// The latest turn of each team.
    standings: BTreeMap<&'a str, (i64, &'a str)>,
    others: Vec<&'a Side>,
}

impl<'a> Sides<'a> {
    /// Enters those of one commit.
    pub fn enter(&mut self, sides: &'a [Side]) {
        for side in sides {
            match side {
                Side::Standing { team, turn, json } => {
                    let turn = limit(*turn);
                    let kept = self.standings.entry(team).or_insert((turn, json));
                    if kept.0 < turn {
                        *kept = (turn, json);
                    }
                }
                other => self.others.push(other),
            }
        }
    }

    /// The statements that write them.
    pub fn steps<'s>(&'s self, key: Uuid, steps: &mut Vec<Step<'s>>) {
        let standings: Vec<_> = self.standings.iter().collect();
        if !standings.is_empty() {
            steps.push(Step::new(
                "INSERT INTO standings (workspace, team, turn, whole)
                 SELECT $1, * FROM unnest($2::text[], $3::bigint[], $4::text[])
                 ON CONFLICT (workspace, team) DO UPDATE SET turn = excluded.turn, whole = excluded.whole
                 WHERE standings.turn < excluded.turn",
                columns![key, standings; |(team, _)| **team, |(_, row)| row.0, |(_, row)| row.1],
            ));
        }
        self.others.iter().for_each(|side| write(key, side, steps));
    }
}

fn write<'s>(key: Uuid, side: &'s Side, steps: &mut Vec<Step<'s>>) {
    let mut put = |sql: &'static str, values: Vec<Given<'s>>| steps.push(Step::new(sql, values));
    match side {
        Side::Password { member, phc } => put(
            "INSERT INTO passwords (workspace, member, phc) VALUES ($1, $2, $3)
             ON CONFLICT (workspace, member) DO UPDATE SET phc = excluded.phc",
            given![key, member.0, phc.as_str()],
        ),
        Side::Token { digest, holder } => {
            let (agent, name, member) = match holder {
                TokenHolder::Agent(agent, name) => (Some(agent.0), Some(name.as_str()), None),
                TokenHolder::Member(member) => (None, None, Some(member.0)),
            };
            put(
                "INSERT INTO tokens (workspace, digest, agent, agent_name, member) VALUES ($1, $2, $3, $4, $5)",
                given![key, digest.as_str(), agent, name, member],
            );
        }
        Side::Session { digest, member, until } => {
            put(
                "INSERT INTO sessions (workspace, digest, member, ends) VALUES ($1, $2, $3, $4)
                 ON CONFLICT (workspace, digest) DO UPDATE SET member = excluded.member, ends = excluded.ends",
                given![key, digest.as_str(), member.0, us(*until)],
            );
            put(
                "DELETE FROM sessions WHERE workspace = $1 AND digest IN (
                     SELECT digest FROM sessions WHERE workspace = $1 AND member = $2 ORDER BY ends DESC OFFSET $3)",
                given![key, member.0, SESSIONS_PER_MEMBER],
            );
        }
        Side::EndSession { digest } => {
            put("DELETE FROM sessions WHERE workspace = $1 AND digest = $2", given![key, digest.as_str()])
        }
        Side::PlaybookFiles { digest, files } => {
            let files: Vec<_> = files.iter().collect();
            let mut values = columns![key, files; |(path, _)| path.as_str(), |(_, text)| text.as_str()];
            values.push(Box::new(digest.as_str()));
            put(
                "INSERT INTO playbook_files (workspace, digest, path, text)
                 SELECT $1, $4, * FROM unnest($2::text[], $3::text[]) ON CONFLICT DO NOTHING",
                values,
            );
        }
        Side::Blob { lead, sha256, bytes } => {
            put(
                "INSERT INTO blobs (workspace, sha256, bytes) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
                given![key, sha256.as_str(), bytes.as_slice()],
            );
            put(
                "INSERT INTO lead_blobs (workspace, lead, sha256) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
                given![key, lead.0, sha256.as_str()],
            );
        }
        Side::Standing { .. } => {}
        Side::Cosigned { size, note } => put(
            "INSERT INTO cosigned (workspace, size, note) VALUES ($1, $2, $3)
             ON CONFLICT (workspace) DO UPDATE SET size = excluded.size, note = excluded.note
             WHERE cosigned.size <= excluded.size",
            given![key, limit(*size), note.as_str()],
        ),
        Side::Ledger { next, text } => put(
            "INSERT INTO ledgers (workspace, next, whole) VALUES ($1, $2, $3)
             ON CONFLICT (workspace) DO UPDATE SET next = excluded.next, whole = excluded.whole
             WHERE ledgers.next < excluded.next",
            given![key, limit(*next), text.as_str()],
        ),
        Side::Secret { name, bytes } => put(
            "INSERT INTO secrets (workspace, name, bytes) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
            given![key, name.as_str(), bytes.as_slice()],
        ),
    }
}
