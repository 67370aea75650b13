//! Proposals: the desk, one of them, and what became of the last of a class.

use std::collections::HashMap;

use flow::ids::{LeadId, ProposalId};
use flow::terms::Content;
use tokio_postgres::Row;

use super::{Asked, DIALECT};
use crate::StoreError;
use crate::columns::{bytes32, id, limit, maybe_payload};
use crate::lists::{self, bounded, page};
use crate::postgres::bind;
use crate::postgres::link::given;
use crate::postgres::pool::Kind;
use crate::rows::{Desk, PROPOSAL};
use crate::views::{Page, ProposalFilter, ProposalRow};

/// A proposal with its lead.
const LEAD: &str = "JOIN leads AS l ON l.workspace = p.workspace AND l.lead = p.lead";

impl Asked<'_> {
    pub(super) async fn proposals(&self, filter: &ProposalFilter) -> Result<Page<ProposalRow>, StoreError> {
        let length = bounded(filter.limit, 50, 500);
        let (on_desk, order, conditions) = lists::proposals(&DIALECT, self.workspace, filter)?;
        let (conditions, terms) = conditions.finish();
        let from = if on_desk {
            "deciders AS d JOIN proposals AS p ON p.workspace = d.workspace AND p.proposal = d.proposal"
        } else {
            "proposals AS p"
        };
        let more = length + 1;
        let sql = format!(
            "SELECT {PROPOSAL} FROM {from} {LEAD} WHERE {conditions}
             ORDER BY {order}.deadline, {order}.worth DESC, {order}.proposal LIMIT {more}"
        );
        let found = self.all(Kind::Long, sql, terms.into_iter().map(bind::value).collect()).await?;
        let desks = found.iter().map(Desk::read).collect::<Result<_, _>>()?;
        let page = page(desks, length, Desk::cursor);
        Ok(Page { items: self.filled(Kind::Long, page.items).await?, next: page.next })
    }

    pub(super) async fn proposal(&self, id: ProposalId) -> Result<Option<ProposalRow>, StoreError> {
        let sql = format!(
            "SELECT {PROPOSAL} FROM proposals AS p {LEAD} WHERE p.workspace = $1 AND p.proposal = $2"
        );
        let found = self.all(Kind::Short, sql, given![self.workspace.0, id.0]).await?;
        Ok(self.rows(Kind::Short, &found).await?.pop())
    }

    pub(super) async fn class_history(
        &self,
        class: &str,
        most: usize,
    ) -> Result<Vec<ProposalRow>, StoreError> {
        let sql = format!(
            "SELECT {PROPOSAL} FROM proposals AS p {LEAD}
             WHERE p.workspace = $1 AND p.class = $2 AND p.settled_at IS NOT NULL
             ORDER BY p.settled_at DESC, p.proposal DESC LIMIT $3"
        );
        let values = given![self.workspace.0, class, limit(bounded(most, 10, 500))];
        let found = self.all(Kind::Long, sql, values).await?;
        self.rows(Kind::Long, &found).await
    }

    async fn rows(&self, kind: Kind, found: &[Row]) -> Result<Vec<ProposalRow>, StoreError> {
        self.filled(kind, found.iter().map(Desk::read).collect::<Result<_, _>>()?).await
    }

    /// With their contents, looked up together. Those that were erased are not found.
    async fn filled(&self, kind: Kind, desks: Vec<Desk>) -> Result<Vec<ProposalRow>, StoreError> {
        let (mut leads, mut commitments) = (Vec::new(), Vec::new());
        for (lead, commitment) in desks.iter().flat_map(Desk::contents) {
            if let Some(commitment) = commitment {
                leads.push(lead.0);
                commitments.push(commitment.0.to_vec());
            }
        }
        let mut contents: HashMap<(LeadId, [u8; 32]), Content> = HashMap::new();
        if !leads.is_empty() {
            let sql = "SELECT c.lead, c.commitment, c.payload
                 FROM (SELECT DISTINCT * FROM unnest($2::uuid[], $3::bytea[]) AS w (lead, commitment)) AS w
                 JOIN contents AS c ON c.workspace = $1 AND c.lead = w.lead AND c.commitment = w.commitment";
            for row in &self.all(kind, sql, given![self.workspace.0, leads, commitments]).await? {
                if let Some(content) = maybe_payload(row, 2)? {
                    contents.insert((id(row, 0)?, bytes32(row, 1)?), content);
                }
            }
        }
        let with = |desk: Desk| {
            let found =
                desk.contents().map(|(lead, commitment)| contents.get(&(lead, commitment?.0)).cloned());
            desk.with(found)
        };
        Ok(desks.into_iter().map(with).collect())
    }
}
