//! Answers to the closed list of questions. Each is asked in one statement, which sees one moment; only the texts of
//! proposals are looked up by a second one, and those never change.

mod lead;
mod leads;
mod people;
mod proposals;
mod record;

use flow::ids::WorkspaceId;
use tokio_postgres::Row;

use super::link::{Given, Step, given};
use super::pool::{Kind, Pool};
use crate::columns::{bytes, bytes32, count, maybe_string, string};
use crate::lists::Dialect;
use crate::{Answer, Question, StoreError, rows};

/// Conditions in PostgreSQL's words.
const DIALECT: Dialect = Dialect {
    mark: '$',
    contains: "strpos(s.words, ?) > 0",
    eligible: "p.whole::jsonb -> 'eligible' @> to_jsonb(?::text)",
};

/// A question's surroundings.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub pool: &'a Pool,
    pub workspace: WorkspaceId,
}

impl Asked<'_> {
    /// Answers a question.
    pub async fn answer(self, question: &Question) -> Result<Answer, StoreError> {
        Ok(match question {
            Question::Leads(filter) => Answer::Leads(self.leads(filter).await?),
            Question::BoardCounts { now } => Answer::BoardCounts(self.board_counts(*now).await?),
            Question::Spreads { values } => self.spreads(values).await?,
            Question::Candidates { keys } => self.candidates(keys).await?,
            Question::Proposals(filter) => Answer::Proposals(self.proposals(filter).await?),
            Question::Proposal(id) => Answer::Proposal(self.proposal(*id).await?.map(Box::new)),
            Question::PendingCount { member } => self.pending_count(*member).await?,
            Question::ClassHistory { class, limit } => {
                Answer::ClassHistory(self.class_history(class, *limit).await?)
            }
            Question::Action(id) => Answer::Action(self.action(*id).await?),
            Question::Actions { lead, limit } => Answer::Actions(self.actions(*lead, *limit).await?),
            Question::Messages { lead, limit } => Answer::Messages(self.messages(*lead, *limit).await?),
            Question::MessageByExternalId(id) => {
                Answer::MessageByExternalId(self.message_by_external_id(id).await?)
            }
            Question::Facts(filter) => Answer::Facts(self.facts(filter).await?),
            Question::Verdicts { since } => Answer::Verdicts(self.verdicts(*since).await?),
            Question::Members => Answer::Members(self.members().await?),
            Question::MemberByEmail(email) => Answer::MemberByEmail(self.member_by_email(email).await?),
            Question::Session { digest, now } => Answer::Session(self.session(digest, *now).await?),
            Question::Token { digest } => Answer::Token(self.token(digest).await?),
            Question::Accounts => Answer::Accounts(self.accounts().await?),
            Question::AccountFor { domain, name } => {
                Answer::AccountFor(self.account_for(domain, name).await?)
            }
            Question::Rota => Answer::Rota(self.rota().await?),
            Question::Playbook => Answer::Playbook(self.playbook().await?),
            Question::Nodes { places } => Answer::Nodes(self.nodes(places).await?),
            Question::Blob { lead, sha256 } => {
                let sql = "SELECT b.bytes FROM lead_blobs AS l JOIN blobs AS b USING (workspace, sha256)
                     WHERE l.workspace = $1 AND l.lead = $2 AND l.sha256 = $3";
                let found =
                    self.first(Kind::Long, sql, given![self.workspace.0, lead.0, sha256.as_str()]).await?;
                Answer::Blob(found.map(|row| bytes(&row, 0)).transpose()?)
            }
            Question::Ledger => {
                let sql = "SELECT next, whole FROM ledgers WHERE workspace = $1";
                let found = self.first(Kind::Long, sql, given![self.workspace.0]).await?;
                Answer::Ledger(
                    found.map(|row| Ok::<_, StoreError>((count(&row, 0)?, string(&row, 1)?))).transpose()?,
                )
            }
            Question::Secret(name) => {
                let sql = "SELECT bytes FROM secrets WHERE workspace = $1 AND name = $2";
                let found = self.by_text(sql, name).await?;
                Answer::Secret(found.map(|row| bytes(&row, 0)).transpose()?)
            }
            Question::Once(key) => {
                let sql = "SELECT request, answer FROM requests WHERE workspace = $1 AND key = $2";
                let found = self.by_text(sql, key).await?;
                Answer::Once(
                    found.map(|row| Ok::<_, StoreError>((bytes32(&row, 0)?, bytes(&row, 1)?))).transpose()?,
                )
            }
            Question::Cosigned => {
                let sql = "SELECT note FROM cosigned WHERE workspace = $1";
                let found = self.first(Kind::Short, sql, given![self.workspace.0]).await?;
                Answer::Cosigned(found.map(|row| maybe_string(&row, 0)).transpose()?.flatten())
            }
            Question::Checkpoint => {
                let sql = "SELECT checkpoint FROM trees WHERE workspace = $1";
                let found = self.first(Kind::Short, sql, given![self.workspace.0]).await?;
                Answer::Checkpoint(found.map(|row| maybe_string(&row, 0)).transpose()?.flatten())
            }
        })
    }

    async fn all(
        &self,
        kind: Kind,
        sql: impl Into<String>,
        values: Vec<Given<'_>>,
    ) -> Result<Vec<Row>, StoreError> {
        self.pool.ask(kind, Step::new(sql.into(), values)).await
    }

    async fn first(
        &self,
        kind: Kind,
        sql: impl Into<String>,
        values: Vec<Given<'_>>,
    ) -> Result<Option<Row>, StoreError> {
        Ok(self.all(kind, sql, values).await?.into_iter().next())
    }

    async fn by_text(&self, sql: &str, text: &str) -> Result<Option<Row>, StoreError> {
        self.first(Kind::Short, sql, given![self.workspace.0, text]).await
    }

    async fn pending_count(&self, member: Option<flow::ids::MemberId>) -> Result<Answer, StoreError> {
        let sql = "SELECT (SELECT count(*) FROM proposals WHERE workspace = $1 AND state = 'pending'),
                (SELECT count(*) FROM deciders WHERE workspace = $1 AND member = $2)";
        let member = member.map(|member| member.0);
        let counts = self.first(Kind::Long, sql, given![self.workspace.0, member]).await?;
        let (all, mine) = match counts {
            Some(row) => (count(&row, 0)?, count(&row, 1)?),
            None => (0, 0),
        };
        Ok(Answer::PendingCount { all, mine })
    }

    async fn action(&self, id: flow::ids::ActionId) -> Result<Option<crate::views::ActionRow>, StoreError> {
        let columns = rows::ACTION;
        let sql = format!("SELECT {columns} FROM actions WHERE workspace = $1 AND action = $2");
        let found = self.first(Kind::Short, sql, given![self.workspace.0, id.0]).await?;
        found.map(|row| rows::action(&row)).transpose()
    }
}
