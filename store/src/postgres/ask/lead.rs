//! One lead: what was said, what was done, and who else it may be.

use std::collections::BTreeMap;

use flow::ids::{LeadId, MessageId};

use super::Asked;
use crate::columns::{id, limit, maybe_id, number};
use crate::lists::{CANDIDATES_PER_KEY, bounded};
use crate::postgres::link::given;
use crate::postgres::pool::Kind;
use crate::views::{ActionRow, MessageRow};
use crate::{Answer, StoreError, rows};

impl Asked<'_> {
    /// Each key's stamp, and under it the leads that came to it, the latest first.
    pub(super) async fn candidates(&self, keys: &[u64]) -> Result<Answer, StoreError> {
        let columns = rows::CANDIDATE;
        let sql = format!(
            "SELECT k.key, coalesce((SELECT max(stamp) FROM lead_keys WHERE workspace = $1 AND key = k.key), 0), l.*
             FROM unnest($2::bigint[]) AS k (key)
             LEFT JOIN LATERAL (
                 SELECT {columns}, n.stamp FROM lead_keys AS n
                 JOIN leads AS l ON l.workspace = n.workspace AND l.lead = n.lead
                 WHERE n.workspace = $1 AND n.key = k.key ORDER BY n.stamp DESC LIMIT $3) AS l ON true
             ORDER BY k.key, l.stamp DESC"
        );
        let mut wanted: Vec<i64> = keys.iter().map(|key| key.cast_signed()).collect();
        wanted.sort_unstable();
        wanted.dedup();
        let values = given![self.workspace.0, wanted, limit(CANDIDATES_PER_KEY)];
        let (mut found, mut stamps) = (Vec::new(), BTreeMap::new());
        for row in &self.all(Kind::Short, sql, values).await? {
            let key = number(row, 0)?.cast_unsigned();
            stamps.insert(key, number(row, 1)?);
            if maybe_id::<LeadId, _>(row, 2)?.is_some() {
                found.push(rows::candidate(row, 2, key)?);
            }
        }
        Ok(Answer::Candidates { found, stamps })
    }

    pub(super) async fn actions(&self, lead: LeadId, most: usize) -> Result<Vec<ActionRow>, StoreError> {
        let columns = rows::ACTION;
        let sql = format!(
            "SELECT {columns} FROM actions WHERE workspace = $1 AND lead = $2 ORDER BY at DESC, action DESC LIMIT $3"
        );
        let values = given![self.workspace.0, lead.0, limit(bounded(most, 50, 500))];
        self.all(Kind::Short, sql, values).await?.iter().map(rows::action).collect()
    }

    /// Messages whose text was erased are left out.
    pub(super) async fn messages(&self, lead: LeadId, most: usize) -> Result<Vec<MessageRow>, StoreError> {
        let columns = rows::MESSAGE;
        let sql = format!(
            "SELECT {columns} FROM messages AS m
             JOIN facts AS f ON f.workspace = m.workspace AND f.number = m.number
             LEFT JOIN contents AS c ON c.workspace = m.workspace AND c.lead = m.lead AND c.commitment = m.content
             WHERE m.workspace = $1 AND m.lead = $2 ORDER BY m.at DESC, m.message DESC LIMIT $3"
        );
        let values = given![self.workspace.0, lead.0, limit(bounded(most, 50, 500))];
        let found = self.all(Kind::Short, sql, values).await?;
        found.iter().filter_map(|row| rows::message(row).transpose()).collect()
    }

    pub(super) async fn message_by_external_id(
        &self,
        external: &str,
    ) -> Result<Option<(LeadId, MessageId)>, StoreError> {
        let sql = "SELECT lead, message FROM messages WHERE workspace = $1 AND external_id = $2
             ORDER BY number LIMIT 1";
        let found = self.by_text(sql, external).await?;
        found.map(|row| Ok((id(&row, 0)?, id(&row, 1)?))).transpose()
    }
}
