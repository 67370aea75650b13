//! Answers to the closed list of questions.

mod leads;
mod lead;
mod proposals;
mod people;
mod record;
mod files;
pub(super) mod rows;

use flow::ids::WorkspaceId;
use rusqlite::Connection;

use super::fault::store_error;
use crate::lists::Dialect;
use crate::{Answer, Question, StoreError};

/// Conditions in SQLite's words.
const DIALECT: Dialect = Dialect {
    mark: '?',
    contains: "instr(s.words, ?) > 0",
    eligible: "EXISTS (SELECT 1 FROM json_each(p.whole, '$.eligible') WHERE value = ?)",
};

/// Whether a question may take long: lists, counts and scans, unlike the few rows by key that a request looks up.
pub(super) fn is_long(question: &Question) -> bool {
    use Question::*;
    match question {
        Leads(_) | BoardCounts { .. } | Proposals(_) | PendingCount { .. } | ClassHistory { .. } => true,
        Facts(_) | Verdicts { .. } | Accounts | Ledger | Blob { .. } | Nodes { .. } => true,
        Candidates { .. } | Spreads { .. } | Proposal(_) | Action(_) | Actions { .. } | Messages { .. } => {
            false
        }
        MessageByExternalId(_) | Members | MemberByEmail(_) | Session { .. } | Token { .. } => false,
        AccountFor { .. } | Rota | Playbook | Secret(_) | Checkpoint | Cosigned | Once(_) => false,
    }
}

/// Answers a question from one snapshot of the database.
pub(super) fn answer(
    connection: &Connection,
    workspace: WorkspaceId,
    question: &Question,
) -> Result<Answer, StoreError> {
    let snapshot = connection.unchecked_transaction().map_err(|error| store_error(&error))?;
    let answer = Asked { connection, workspace }.answer(question);
    // Nothing was written, so there is nothing to lose.
    drop(snapshot);
    answer
}

/// A question's surroundings.
#[derive(Clone, Copy)]
struct Asked<'a> {
    connection: &'a Connection,
    workspace: WorkspaceId,
}

impl Asked<'_> {
    fn key(&self) -> &[u8] {
        self.workspace.0.as_bytes()
    }

    fn answer(&self, question: &Question) -> Result<Answer, StoreError> {
        let read = match question {
            Question::Leads(filter) => return self.leads(filter).map(Answer::Leads),
            Question::Proposals(filter) => return self.proposals(filter).map(Answer::Proposals),
            Question::Nodes { places } => return self.nodes(places).map(Answer::Nodes),

            Question::BoardCounts { now } => self.board_counts(*now).map(Answer::BoardCounts),
            Question::Candidates { keys } => self.candidates(keys),
            Question::Spreads { values } => self.spreads(values),
            Question::Proposal(id) => self.proposal(*id).map(|row| Answer::Proposal(row.map(Box::new))),
            Question::PendingCount { member } => self.pending_count(*member),
            Question::ClassHistory { class, limit } => {
                self.class_history(class, *limit).map(Answer::ClassHistory)
            }
            Question::Action(id) => rows::action(self.connection, self.key(), *id).map(Answer::Action),
            Question::Actions { lead, limit } => self.actions(*lead, *limit).map(Answer::Actions),
            Question::Messages { lead, limit } => self.messages(*lead, *limit).map(Answer::Messages),
            Question::MessageByExternalId(id) => {
                self.message_by_external_id(id).map(Answer::MessageByExternalId)
            }
            Question::Facts(filter) => self.facts(filter).map(Answer::Facts),
            Question::Verdicts { since } => self.verdicts(*since).map(Answer::Verdicts),
            Question::Members => self.members().map(Answer::Members),
            Question::MemberByEmail(email) => self.member_by_email(email).map(Answer::MemberByEmail),
            Question::Session { digest, now } => self.session(digest, *now).map(Answer::Session),
            Question::Token { digest } => self.token(digest).map(Answer::Token),
            Question::Accounts => self.accounts().map(Answer::Accounts),
            Question::AccountFor { domain, name } => self.account_for(domain, name).map(Answer::AccountFor),
            Question::Rota => self.rota().map(Answer::Rota),
            Question::Playbook => self.playbook().map(Answer::Playbook),
            Question::Blob { lead, sha256 } => self.blob(*lead, sha256).map(Answer::Blob),
            Question::Ledger => super::commit::ledger(self.connection, self.key()).map(Answer::Ledger),
            Question::Secret(name) => {
                super::commit::secret(self.connection, self.key(), name).map(Answer::Secret)
            }
            Question::Cosigned => self.cosigned().map(Answer::Cosigned),
            Question::Checkpoint => self.checkpoint().map(Answer::Checkpoint),
            Question::Once(key) => super::commit::request(self.connection, self.key(), key).map(Answer::Once),
        };
        read.map_err(|error| store_error(&error))
    }
}
