//! The three answers, and where the lines between them are.

use serde::{Deserialize, Serialize};

use super::compare::NameClass;
use super::score::Score;

/// What is answered about two identities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Band {
    /// One person: joined by itself, undoable.
    Same,
    /// A person decides, with both side by side.
    Ambiguous,
    /// Two persons, as far as is known.
    New,
}

/// Where the bands begin: a stored, versioned decision of the workspace.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Lines {
    /// Which decision this is; stored with every answer it gave.
    pub version: String,
    /// Evidence that a pair of the band `same` has at least, in bits.
    pub same_bits: f64,
    /// Evidence that a pair of the band `ambiguous` has at least, in bits.
    pub ambiguous_bits: f64,
}

impl Default for Lines {
    /// The lines for a workspace that has reviewed nothing yet, chosen on held-out made-up leads.
    fn default() -> Lines {
        Lines { version: "unreviewed-1".to_owned(), same_bits: 8.0, ambiguous_bits: -1.0 }
    }
}

impl Lines {
    /// Whether a pair may be joined without asking: enough evidence, names that agree (or a family name changed by
    /// somebody who kept mailbox and telephone), nothing lasting that contradicts, and two independent strong facts, one of them more than a name and an address (a father and a son share those).
    pub fn is_sure(&self, score: &Score) -> bool {
        let found = &score.comparison;
        let named = matches!(found.class, NameClass::Same | NameClass::Similar)
            || (found.renamed && found.anchors >= 2);
        let free = found.veto.is_none() && !found.contradicted;
        score.bits >= self.same_bits && free && named && found.anchors >= 1 && found.strong >= 2
    }

    /// The answer for one pair on its own, without the rest of its group.
    pub fn band(&self, score: &Score) -> Band {
        if self.is_sure(score) {
            Band::Same
        } else if score.bits >= self.ambiguous_bits && score.comparison.veto.is_none() {
            Band::Ambiguous
        } else {
            Band::New
        }
    }
}
