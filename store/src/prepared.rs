//! A commit with everything computed and checked that needs no database, so that whoever writes has little to do.

use std::collections::BTreeSet;

use flow::effect::Effect;
use flow::fact::Entry;
use flow::ids::LeadId;
use sha2::{Digest, Sha256};

use crate::columns::to_json;
use crate::erasing;
use crate::project::{Forgotten, Recalled, Views, project, recall};
use crate::views::ActionRow;
use crate::{Change, Commit, Once, Receipt, Side, StoreError};

/// Most sessions one member has; when one more begins, those that end first are ended.
pub(crate) const SESSIONS_PER_MEMBER: i64 = 50;

/// A commit, ready to be looked at and written.
pub(crate) struct Prepared {
    pub commit: Commit,
    /// The lead's state as JSON.
    pub state: Option<String>,
    pub views: Views,
    /// What is written together with it.
    pub and: Option<Box<Prepared>>,
}

impl Prepared {
    /// Computes what can be computed beforehand.
    ///
    /// # Errors
    /// [`StoreError::Value`] for a commit that contradicts itself, a defect of whoever made it.
    pub fn new(mut commit: Commit) -> Result<Prepared, StoreError> {
        let and = commit.and.take();
        if and.as_ref().is_some_and(|and| !goes_with(and, &commit)) {
            return Err(StoreError::Value(
                "what is written together is about another lead of the same workspace, and no more".into(),
            ));
        }
        let and = and.map(|and| Prepared::new(*and).map(Box::new)).transpose()?;
        if commit.entries.iter().any(|sealed| sealed.workspace() != commit.workspace) {
            return Err(StoreError::Value("a commit has facts whose leaves name another workspace".into()));
        }
        let lead = commit.lead.as_ref().map(|change| &change.state);
        let about: BTreeSet<LeadId> =
            commit.entries.iter().filter_map(|sealed| sealed.entry().lead).collect();
        if about.iter().any(|id| Some(*id) != lead.map(|lead| lead.id)) {
            return Err(StoreError::Value(
                "a commit has facts about a lead whose next state it does not give".into(),
            ));
        }
        erasing::check(&commit)?;
        commit.side.iter().try_for_each(check_file)?;
        let state = lead.map(to_json).transpose()?;
        let entries: Vec<_> = commit.entries.iter().map(|sealed| sealed.entry()).collect();
        let views = project(lead, &entries);
        Ok(Prepared { commit, state, views, and })
    }

    /// What to tell those who listen.
    pub fn changes(&self) -> Vec<Change> {
        let mut changes = vec![self.change()];
        changes.extend(self.and.iter().map(|and| and.change()));
        changes
    }

    /// This, and what is written together with it.
    pub fn parts(&self) -> impl Iterator<Item = &Prepared> {
        std::iter::once(self).chain(self.and.as_deref())
    }

    fn change(&self) -> Change {
        let commit = &self.commit;
        Change {
            workspace: commit.workspace,
            lead: commit.lead.as_ref().map(|change| change.state.id),
            kinds: commit.entries.iter().map(|sealed| sealed.entry().fact.kind()).collect(),
            wakes: commit
                .effects
                .iter()
                .any(|effect| matches!(effect, Effect::Dispatch { .. } | Effect::SetTimer { .. })),
            elsewhere: false,
        }
    }

    /// The workspace, as the first column of every key.
    pub fn workspace(&self) -> &[u8] {
        self.commit.workspace.0.as_bytes()
    }

    /// How many facts.
    pub fn facts(&self) -> u64 {
        self.commit.entries.len() as u64
    }

    /// Signs of risk as their column holds them.
    pub fn risk(&self) -> Option<String> {
        self.commit.lead.as_ref().map(|change| change.risk.join(" ")).filter(|signs| !signs.is_empty())
    }

    /// Which fact erased the lead, if one did.
    pub fn erases(&self) -> Option<usize> {
        erasing::place(&self.commit)
    }

    /// Something that the lead's state forgot by these very facts, made from its rows before.
    pub fn recall(
        &self,
        what: Forgotten,
        action: Option<&ActionRow>,
        proposal: Option<&flow::approval::Proposal>,
    ) -> Option<Recalled> {
        let change = self.commit.lead.as_ref()?;
        let entries: Vec<&Entry> = self.commit.entries.iter().map(|sealed| sealed.entry()).collect();
        recall(&change.state, &entries, what, action, proposal)
    }
}

/// Whether a commit may be written together with another.
fn goes_with(and: &Commit, commit: &Commit) -> bool {
    let lead = |commit: &Commit| commit.lead.as_ref().map(|change| change.state.id);
    and.workspace == commit.workspace
        && and.once.is_none()
        && and.and.is_none()
        && lead(and).is_some()
        && lead(and) != lead(commit)
        && [and, commit].into_iter().all(|commit| erasing::place(commit).is_none())
}

/// What a request gets that was written before.
pub(crate) fn again(once: &Once, (request, answer): ([u8; 32], Vec<u8>)) -> Receipt {
    if request == once.request { Receipt::Already { answer } } else { Receipt::OtherRequest }
}

fn check_file(side: &Side) -> Result<(), StoreError> {
    let Side::Blob { sha256, bytes, .. } = side else { return Ok(()) };
    let digest: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    if digest == *sha256 {
        return Ok(());
    }
    Err(StoreError::Value(format!("a file is given as `{sha256}`, but its digest is `{digest}`")))
}
