//! The workspace's draws: a secret key decides which automated actions are audited and which member meets a planted
//! proposal, so that nobody can tell beforehand.

use flow::boundary::Asked;
use flow::gate::Draw;
use flow::ids::{ActionId, WorkspaceId};
use sha2::{Digest, Sha256};
use store::{Answer, Commit, Question, Side, Store, StoreError};

use crate::engine;
use crate::playbook::hex;

/// The name under which the key is kept.
const SECRET: &str = "draw-key";

/// Draws under the workspace's key.
#[derive(Clone)]
pub struct DrawKey([u8; 32]);

impl DrawKey {
    /// The workspace's key, made on first use and never changed.
    ///
    /// # Errors
    /// What the store says, or that no randomness is to be had.
    pub async fn load(store: &dyn Store, workspace: WorkspaceId) -> Result<DrawKey, StoreError> {
        let unfit = |what: String| StoreError::Value(format!("the workspace's draw key: {what}"));
        let ask = || store.ask(workspace, Question::Secret(SECRET.into()));
        let read =
            |kept: Vec<u8>| kept.try_into().map(DrawKey).map_err(|_| unfit("it is not 32 bytes long".into()));
        if let Answer::Secret(Some(kept)) = ask().await? {
            return read(kept);
        }
        let fresh = engine::random().map_err(|error| unfit(error.to_string()))?;
        let side = vec![Side::Secret { name: SECRET.into(), bytes: fresh.to_vec() }];
        store.commit(Commit { workspace, side, ..Commit::default() }).await?;
        match ask().await? {
            // Another node may have been faster; what is kept counts.
            Answer::Secret(Some(kept)) => read(kept),
            _ => Err(unfit("it was not kept".into())),
        }
    }

    /// A number that only this key gives for this subject. The key's length is fixed and comes first, and the digest never
    /// leaves uncut or unhashed, so nothing can be appended to it.
    pub fn number(&self, label: &str, subject: &str) -> u64 {
        let bytes = self.digest(label, subject);
        bytes.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
    }

    /// 32 bytes that only this key gives for this subject.
    pub fn digest(&self, label: &str, subject: &str) -> [u8; 32] {
        let inner =
            Sha256::new().chain_update(self.0).chain_update(label).chain_update([0]).chain_update(subject);
        Sha256::new().chain_update(self.0).chain_update(inner.finalize()).finalize().into()
    }

    /// Uniform in `[0, 1)`.
    #[expect(clippy::cast_precision_loss, reason = "53 bits are exact in a double")]
    pub fn share(&self, label: &str, subject: &str) -> f64 {
        (self.number(label, subject) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

impl Draw for DrawKey {
    fn part(&self, action: ActionId) -> f64 {
        self.share("audit", &action.to_string())
    }

    fn mark(&self, action: ActionId, asked: Asked) -> String {
        hex(&self.digest(asked.word(), &action.to_string())[..8])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn action(number: u8) -> ActionId {
        ActionId(uuid::Uuid::from_bytes([number; 16]))
    }

    #[test]
    fn a_draw_is_the_same_each_time_and_even_over_many() {
        let key = DrawKey([7; 32]);
        assert_eq!(key.part(action(1)).to_bits(), key.part(action(1)).to_bits());
        let below = (0..2_000).filter(|number| key.share("audit", &number.to_string()) < 0.2).count();
        assert!((300..500).contains(&below), "{below} of 2000 are below a fifth");
        assert_ne!(DrawKey([8; 32]).part(action(1)).to_bits(), key.part(action(1)).to_bits());
    }

    #[test]
    fn a_mark_says_why_to_whoever_has_the_key_and_to_nobody_else() {
        let (key, other) = (DrawKey([7; 32]), DrawKey([8; 32]));
        let mark = key.mark(action(1), Asked::ForAudit);
        assert_eq!(key.asked(action(1), Some(&mark)), Asked::ForAudit);
        assert_eq!(key.asked(action(2), Some(&mark)), Asked::ByGate);
        assert_eq!(other.asked(action(1), Some(&mark)), Asked::ByGate);
        assert_eq!(key.asked(action(1), Some(&key.mark(action(1), Asked::ByGate))), Asked::ByGate);
        assert_eq!(key.asked(action(1), None), Asked::ByGate);
        assert_eq!(mark.len(), key.mark(action(1), Asked::ByGate).len());
    }
}
