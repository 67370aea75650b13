//! Steps of a schema: numbered files, each applied once and remembered with its digest, so that a database made from
//! other steps than these is seen.

use sha2::{Digest, Sha256};

use crate::StoreError;

/// One step of the schema.
pub(crate) struct Migration {
    pub name: &'static str,
    pub sql: &'static str,
}

impl Migration {
    /// What is remembered of it.
    pub fn digest(&self) -> Vec<u8> {
        Sha256::digest(self.sql).to_vec()
    }

    /// Compares with what is remembered.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when nothing is remembered, or something else.
    pub fn check(&self, remembered: Option<&[u8]>) -> Result<(), StoreError> {
        match remembered {
            Some(digest) if digest == self.digest() => Ok(()),
            Some(_) => Err(StoreError::Corrupt(format!(
                "step {} of its schema was made from another text than this release's",
                self.name
            ))),
            None => Err(StoreError::Corrupt(format!(
                "it does not say how step {} of its schema was made",
                self.name
            ))),
        }
    }
}

/// Refuses a schema of a newer release.
///
/// # Errors
/// [`StoreError::Newer`].
pub(crate) fn known(found: usize, steps: &[Migration]) -> Result<(), StoreError> {
    let known = steps.len();
    if found > known {
        return Err(StoreError::Newer { found: found as u32, known: known as u32 });
    }
    Ok(())
}
