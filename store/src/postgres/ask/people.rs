//! Members, sessions, tokens, accounts, the rota, the playbook in force.

use std::collections::BTreeMap;

use flow::terms::{Account, Member};
use jiff::Timestamp;

use super::Asked;
use crate::columns::{count, json, maybe_id, maybe_string, string, us};
use crate::postgres::link::given;
use crate::postgres::pool::Kind;
use crate::views::RotaRows;
use crate::{Signed, StoreError, TokenHolder, rows};

/// A playbook's digest and its files.
type Playbook = (String, BTreeMap<String, String>);

impl Asked<'_> {
    pub(super) async fn members(&self) -> Result<Vec<Member>, StoreError> {
        let sql = "SELECT member, email, name, role FROM members WHERE workspace = $1 ORDER BY member";
        self.all(Kind::Short, sql, given![self.workspace.0]).await?.iter().map(rows::member).collect()
    }

    pub(super) async fn member_by_email(
        &self,
        email: &str,
    ) -> Result<Option<(Member, Option<String>)>, StoreError> {
        let sql = "SELECT m.member, m.email, m.name, m.role, p.phc FROM members AS m
             LEFT JOIN passwords AS p ON p.workspace = m.workspace AND p.member = m.member
             WHERE m.workspace = $1 AND m.email = $2";
        let found = self.by_text(sql, &email.to_lowercase()).await?;
        found.map(|row| Ok((rows::member(&row)?, maybe_string(&row, 4)?))).transpose()
    }

    pub(super) async fn session(&self, digest: &str, now: Timestamp) -> Result<Option<Signed>, StoreError> {
        let sql = "SELECT s.member, m.role, s.ends FROM sessions AS s
             JOIN members AS m ON m.workspace = s.workspace AND m.member = s.member
             WHERE s.workspace = $1 AND s.digest = $2 AND s.ends > $3";
        let found = self.first(Kind::Short, sql, given![self.workspace.0, digest, us(now)]).await?;
        found.map(|row| rows::signed(&row)).transpose()
    }

    pub(super) async fn token(&self, digest: &str) -> Result<Option<TokenHolder>, StoreError> {
        let sql = "SELECT agent, agent_name, member FROM tokens WHERE workspace = $1 AND digest = $2";
        self.by_text(sql, digest).await?.map(|row| rows::token(&row)).transpose()
    }

    pub(super) async fn accounts(&self) -> Result<Vec<Account>, StoreError> {
        let sql = "SELECT whole FROM accounts WHERE workspace = $1 ORDER BY account";
        self.all(Kind::Long, sql, given![self.workspace.0]).await?.iter().map(|row| json(row, 0)).collect()
    }

    /// A domain says more than a name. Of several accounts, the one known longest.
    pub(super) async fn account_for(&self, domain: &str, name: &str) -> Result<Option<Account>, StoreError> {
        let sql = "SELECT whole FROM (
                 (SELECT 1 AS rank, a.whole FROM account_domains AS d
                     JOIN accounts AS a ON a.workspace = d.workspace AND a.account = d.account
                     WHERE d.workspace = $1 AND d.domain = $2 AND $2 <> '' ORDER BY d.account LIMIT 1)
                 UNION ALL
                 (SELECT 2, whole FROM accounts WHERE workspace = $1 AND name_key = $3 AND $3 <> ''
                     ORDER BY account LIMIT 1)) AS found
             ORDER BY rank LIMIT 1";
        let found = self.first(Kind::Short, sql, given![self.workspace.0, domain, name]).await?;
        found.map(|row| json(&row, 0)).transpose()
    }

    pub(super) async fn rota(&self) -> Result<RotaRows, StoreError> {
        let sql = "(SELECT m.member, coalesce(o.open, 0), NULL::text FROM members AS m
                 LEFT JOIN loads AS o ON o.workspace = m.workspace AND o.owner = m.member
                 WHERE m.workspace = $1 ORDER BY m.member)
             UNION ALL
             (SELECT NULL, 0, whole FROM standings WHERE workspace = $1 ORDER BY team)";
        let mut rota = RotaRows::default();
        for row in &self.all(Kind::Short, sql, given![self.workspace.0]).await? {
            match maybe_id(row, 0)? {
                Some(member) => rota.open_leads.push((member, count(row, 1)?)),
                None => rota.standings.push(string(row, 2)?),
            }
        }
        Ok(rota)
    }

    pub(super) async fn playbook(&self) -> Result<Option<Playbook>, StoreError> {
        let sql = "SELECT p.digest, f.path, f.text FROM playbooks AS p
             LEFT JOIN playbook_files AS f ON f.workspace = p.workspace AND f.digest = p.digest
             WHERE p.workspace = $1";
        let mut playbook: Option<Playbook> = None;
        for row in &self.all(Kind::Short, sql, given![self.workspace.0]).await? {
            let (_, files) = match &mut playbook {
                Some(playbook) => playbook,
                None => playbook.insert((string(row, 0)?, BTreeMap::new())),
            };
            if let Some(path) = maybe_string(row, 1)? {
                files.insert(path, string(row, 2)?);
            }
        }
        Ok(playbook)
    }
}
