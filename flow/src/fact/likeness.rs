//! What facts about two leads of one person say: how alike they are, and what one brings to the other.

use serde::{Deserialize, Serialize};

use crate::ids::{LeadId, MemberId};
use crate::lead::{EnquiryNote, MessageNote, Words};

/// How alike two records were found, with the evidence. The record holds whole numbers only.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Likeness {
    /// Probability that the two are one person, in millionths.
    pub probability_ppm: u32,
    /// Which weights were used.
    pub weights: String,
    /// Which lines between the bands.
    pub lines: String,
    /// What each fact contributed, the weightiest first.
    pub evidence: Vec<Told>,
}

/// One fact's contribution to a likeness.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// Which fact.
    pub field: String,
    /// At which level it agrees or conflicts, in words.
    pub level: String,
    /// Thousandths of a bit for (positive) or against (negative) one person.
    pub millibits: i32,
}

impl Told {
    /// The contribution in bits.
    pub fn bits(&self) -> f64 {
        f64::from(self.millibits) / 1e3
    }
}

/// What a lead brings with it when it is merged into another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Brought {
    /// The lead itself and those merged into it before.
    pub leads: Vec<LeadId>,
    /// What its enquiries said.
    pub enquiries: Vec<EnquiryNote>,
    /// Its messages.
    pub messages: Vec<MessageNote>,
    /// What was last heard.
    pub words: Words,
    /// Its person does not want messages.
    pub opted_out: bool,
    /// Its owner becomes the owner, because the other lead has none.
    #[serde(default)]
    pub owner: Option<MemberId>,
}
