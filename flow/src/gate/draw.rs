//! Drawing audits: nobody who lacks the workspace's key can tell beforehand which action will be looked at, or afterwards
//! which proposal was one.

use crate::boundary::Asked;
use crate::ids::ActionId;

/// A keyed hash of an action's id.
pub trait Draw: Send + Sync {
    /// Uniform in `[0, 1)`, the same whenever it is asked for.
    fn part(&self, action: ActionId) -> f64;

    /// Stands in the record for why a person was asked, and says nothing to whoever lacks the key.
    fn mark(&self, action: ActionId, asked: Asked) -> String;

    /// Why a person was asked, from its mark.
    fn asked(&self, action: ActionId, mark: Option<&str>) -> Asked {
        let is_audit = mark.is_some_and(|mark| mark == self.mark(action, Asked::ForAudit));
        if is_audit { Asked::ForAudit } else { Asked::ByGate }
    }
}

/// Draws nothing: for looking at what the gate would say without deciding anything.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoDraw;

impl Draw for NoDraw {
    fn part(&self, _: ActionId) -> f64 {
        1.0
    }

    fn mark(&self, _: ActionId, asked: Asked) -> String {
        asked.word().to_owned()
    }
}
