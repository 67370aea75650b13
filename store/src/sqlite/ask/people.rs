//! Members, sessions, tokens, accounts, the rota.

use flow::terms::{Account, Member};
use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

use super::Asked;
use crate::sqlite::bind::{self, us};
use crate::views::RotaRows;
use crate::{Signed, TokenHolder, rows};

impl Asked<'_> {
    pub(super) fn members(&self) -> rusqlite::Result<Vec<Member>> {
        let mut all = self.connection.prepare_cached(
            "SELECT member, email, name, role FROM members WHERE workspace = ?1 ORDER BY member",
        )?;
        all.query_map([self.key()], |row| rows::member(row))?.collect()
    }

    pub(super) fn member_by_email(&self, email: &str) -> rusqlite::Result<Option<(Member, Option<String>)>> {
        let mut by_email = self.connection.prepare_cached(
            "SELECT m.member, m.email, m.name, m.role, p.phc FROM members AS m
             LEFT JOIN passwords AS p ON p.workspace = m.workspace AND p.member = m.member
             WHERE m.workspace = ?1 AND m.email = ?2",
        )?;
        by_email
            .query_row(params![self.key(), email.to_lowercase()], |row| Ok((rows::member(row)?, row.get(4)?)))
            .optional()
    }

    pub(super) fn session(&self, digest: &str, now: Timestamp) -> rusqlite::Result<Option<Signed>> {
        let mut by_digest = self.connection.prepare_cached(
            "SELECT s.member, m.role, s.ends FROM sessions AS s
             JOIN members AS m ON m.workspace = s.workspace AND m.member = s.member
             WHERE s.workspace = ?1 AND s.digest = ?2 AND s.ends > ?3",
        )?;
        let key = params![self.key(), digest, us(now)];
        by_digest.query_row(key, |row| rows::signed(row)).optional()
    }

    pub(super) fn token(&self, digest: &str) -> rusqlite::Result<Option<TokenHolder>> {
        let mut by_digest = self.connection.prepare_cached(
            "SELECT agent, agent_name, member FROM tokens WHERE workspace = ?1 AND digest = ?2",
        )?;
        by_digest.query_row(params![self.key(), digest], |row| rows::token(row)).optional()
    }

    pub(super) fn accounts(&self) -> rusqlite::Result<Vec<Account>> {
        let mut all = self
            .connection
            .prepare_cached("SELECT whole FROM accounts WHERE workspace = ?1 ORDER BY account")?;
        all.query_map([self.key()], |row| bind::json(row, 0))?.collect()
    }

    /// A domain says more than a name. Of several accounts, the one known longest.
    pub(super) fn account_for(&self, domain: &str, name: &str) -> rusqlite::Result<Option<Account>> {
        let by_domain =
            "SELECT a.whole FROM account_domains AS d JOIN accounts AS a USING (workspace, account)
             WHERE d.workspace = ?1 AND d.domain = ?2 ORDER BY d.account LIMIT 1";
        let by_name =
            "SELECT whole FROM accounts WHERE workspace = ?1 AND name_key = ?2 ORDER BY account LIMIT 1";
        for (sql, value) in [(by_domain, domain), (by_name, name)] {
            if value.is_empty() {
                continue;
            }
            let mut first = self.connection.prepare_cached(sql)?;
            let found = first.query_row(params![self.key(), value], |row| bind::json(row, 0)).optional()?;
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    pub(super) fn rota(&self) -> rusqlite::Result<RotaRows> {
        let mut loads = self.connection.prepare_cached(
            "SELECT m.member, coalesce(o.open, 0) FROM members AS m
             LEFT JOIN loads AS o ON o.workspace = m.workspace AND o.owner = m.member
             WHERE m.workspace = ?1 ORDER BY m.member",
        )?;
        let mut standings = self
            .connection
            .prepare_cached("SELECT whole FROM standings WHERE workspace = ?1 ORDER BY team")?;
        Ok(RotaRows {
            open_leads: loads
                .query_map([self.key()], |row| Ok((bind::id(row, 0)?, bind::count(row, 1)?)))?
                .collect::<rusqlite::Result<_>>()?,
            standings: standings
                .query_map([self.key()], |row| row.get(0))?
                .collect::<rusqlite::Result<_>>()?,
        })
    }
}
