//! Erasing a lead: what is the same for every database. Whatever could tell who its person was goes, in the transaction
//! that says so; a table that keeps something of a lead must be emptied by each backend.

use flow::effect::Effect;
use flow::fact::Fact;
use sha2::{Digest, Sha256};

use crate::{Commit, StoreError};

/// What is answered when a request comes again whose lead was erased.
pub(crate) const ERASED_ANSWER: &[u8] = br#"{"erased":true}"#;

/// Which of a commit's facts says that the lead was erased.
pub(crate) fn place(commit: &Commit) -> Option<usize> {
    commit.entries.iter().rposition(|sealed| matches!(sealed.entry().fact, Fact::LeadErased { .. }))
}

/// The fact and the effect go together.
pub(crate) fn check(commit: &Commit) -> Result<(), StoreError> {
    if place(commit).is_some() == commit.effects.contains(&Effect::Erase) {
        return Ok(());
    }
    Err(StoreError::Value("a commit erases a lead without saying so, or says so without doing it".into()))
}

/// Under what the request is known after its lead was erased.
pub(crate) fn erased_key(key: &str) -> String {
    let digest = Sha256::digest(key);
    digest.iter().fold("erased/".to_owned(), |text, byte| text + &format!("{byte:02x}"))
}
