//! One lead: what was said, what was done, and who else it may be.

use std::collections::BTreeMap;

use flow::ids::{LeadId, MessageId};
use flow::matching::index::{self, MAX_BUCKET};

use super::Asked;
use crate::columns::{count, id, limit, maybe_id, number};
use crate::lists::bounded;
use crate::postgres::link::given;
use crate::postgres::pool::Kind;
use crate::views::{ActionRow, MessageRow};
use crate::{Answer, StoreError, rows};

impl Asked<'_> {
    /// Each key's stamp, the leads that came to those which no crowd came to, and then what is worth comparing of them.
    pub(super) async fn candidates(&self, keys: &[u64]) -> Result<Answer, StoreError> {
        let sql = "SELECT s.key, s.stamp, n.lead
             FROM (SELECT k.key, coalesce((SELECT max(stamp) FROM lead_keys WHERE workspace = $1 AND key = k.key), 0)
                       AS stamp FROM unnest($2::bigint[]) AS k (key)) AS s
             LEFT JOIN lead_keys AS n ON n.workspace = $1 AND n.key = s.key AND s.stamp <= $3";
        let mut wanted: Vec<i64> = keys.iter().map(|key| key.cast_signed()).collect();
        wanted.sort_unstable();
        wanted.dedup();
        let values = given![self.workspace.0, wanted, i64::from(MAX_BUCKET)];
        let (mut under, mut stamps) = (BTreeMap::<u64, Vec<LeadId>>::new(), BTreeMap::new());
        for row in &self.all(Kind::Short, sql, values).await? {
            let key = number(row, 0)?.cast_unsigned();
            stamps.insert(key, number(row, 1)?);
            under.entry(key).or_default().extend(maybe_id::<LeadId, _>(row, 2)?);
        }
        let alike: Vec<LeadId> = index::worth_comparing(stamps.keys().copied(), |key, found| {
            found.extend(under.get(&key).into_iter().flatten());
        });
        let columns = rows::CANDIDATE;
        let sql = format!(
            "SELECT {columns} FROM leads AS l JOIN cards AS c USING (workspace, lead)
             WHERE l.workspace = $1 AND l.lead = ANY ($2) AND l.stage <> 'merged' ORDER BY l.lead"
        );
        let alike: Vec<uuid::Uuid> = alike.into_iter().map(|lead| lead.0).collect();
        let found = match alike.is_empty() {
            true => Vec::new(),
            false => self.all(Kind::Short, sql, given![self.workspace.0, alike]).await?,
        };
        let found = found.iter().map(rows::candidate).collect::<Result<_, _>>()?;
        Ok(Answer::Candidates { found, stamps })
    }

    pub(super) async fn spreads(&self, values: &[u64]) -> Result<Answer, StoreError> {
        // The number of leads comes first: no value has a place before all others.
        let sql = "SELECT 0 AS place, 0::bigint AS value, coalesce(sum(open + closed), 0)::bigint AS partners
             FROM loads WHERE workspace = $1
             UNION ALL SELECT 1, value, partners FROM spreads WHERE workspace = $1 AND value = ANY ($2)
             ORDER BY place";
        let wanted: Vec<i64> = values.iter().map(|value| value.cast_signed()).collect();
        let (mut counts, mut leads) = (BTreeMap::new(), 0);
        for (nth, row) in
            self.all(Kind::Short, sql, given![self.workspace.0, wanted]).await?.iter().enumerate()
        {
            if nth == 0 {
                leads = count(row, 2)?;
            } else {
                let partners = u32::try_from(number(row, 2)?).unwrap_or(u32::MAX);
                counts.insert(number(row, 1)?.cast_unsigned(), partners);
            }
        }
        Ok(Answer::Spreads { counts, leads })
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
