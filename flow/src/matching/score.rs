//! From findings to a sum of bits, a probability, and the evidence in words.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::compare::{self, Comparison};
use super::fact::{FACTS, Finding};
use super::identity::Identity;
use super::index::Index;
use super::keys::Keyring;

/// How much each level of each fact says, in bits (base-2 logarithm of the odds): positive for one person, negative
/// for two. Stored by the names of fact and level; a level that is not named weighs nothing.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq)]
pub struct WeightsFile {
    /// Which weights these are; stored with every answer they gave.
    pub version: String,
    /// What they were learnt from and how.
    pub learnt: String,
    /// Fact, level, bits.
    pub bits: BTreeMap<String, BTreeMap<String, f64>>,
}

/// Weights ready to be added up.
#[derive(Debug, Clone)]
pub struct Weights {
    /// Which weights these are.
    pub version: String,
    bits: Vec<Vec<f32>>,
}

/// The weights that come with this build.
static SHIPPED: LazyLock<Weights> = LazyLock::new(|| {
    let file = serde_json::from_str(include_str!("weights.json")).unwrap_or_else(|_| WeightsFile {
        version: "none".to_owned(),
        learnt: String::new(),
        bits: BTreeMap::new(),
    });
    Weights::from_file(&file)
});

impl Weights {
    /// The weights that come with this build.
    pub fn shipped() -> &'static Weights {
        &SHIPPED
    }

    /// Weights from their stored form. Facts and levels that this build does not know are left out.
    pub fn from_file(file: &WeightsFile) -> Weights {
        let bits = FACTS.iter().map(|fact| {
            let levels = file.bits.get(fact.field);
            let level_bits = |level| levels.and_then(|levels| levels.get(&fact.level_name(level))).copied();
            (0..fact.levels()).map(|level| level_bits(level).unwrap_or_default() as f32).collect()
        });
        Weights { version: file.version.clone(), bits: bits.collect() }
    }

    /// The bits of several findings together.
    pub fn sum(&self, findings: &[Finding]) -> f64 {
        findings.iter().map(|finding| f64::from(self.of(*finding))).sum()
    }

    /// Changes the weight of one finding.
    pub(super) fn add(&mut self, finding: Finding, bits: f64) {
        let levels = self.bits.get_mut(usize::from(finding.fact));
        if let Some(weight) = levels.and_then(|levels| levels.get_mut(usize::from(finding.level))) {
            *weight += bits as f32;
        }
    }

    /// The bits of one finding.
    pub fn of(&self, finding: Finding) -> f32 {
        let levels = self.bits.get(usize::from(finding.fact));
        levels.and_then(|levels| levels.get(usize::from(finding.level))).copied().unwrap_or_default()
    }
}

/// What the comparison of two identities says.
#[derive(Debug, Clone, PartialEq)]
pub struct Score {
    /// The sum of the evidence, in bits.
    pub bits: f64,
    /// How probable it is that the two are one person.
    pub probability: f64,
    /// What was found, fact by fact.
    pub comparison: Comparison,
}

/// One fact's contribution to an answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// Which fact.
    pub field: String,
    /// At which level it agrees or conflicts, in words.
    pub level: String,
    /// Bits for (positive) or against (negative) one person.
    pub bits: f64,
}

/// Compares two identities and adds up the evidence.
pub fn score(
    one: &Identity,
    other: &Identity,
    index: &impl Index,
    keyring: Keyring,
    weights: &Weights,
) -> Score {
    let comparison = compare::compare(one, other, index, keyring);
    let bits = weights.sum(&comparison.findings);
    Score { bits, probability: probability(bits), comparison }
}

/// Bits as a probability.
pub fn probability(bits: f64) -> f64 {
    1.0 / (1.0 + (-bits).exp2())
}

impl Score {
    /// What each fact contributed, the weightiest first; facts that contributed nothing are left out.
    pub fn evidence(&self, weights: &Weights) -> Vec<Evidence> {
        let told = self.comparison.findings.iter().filter_map(|finding| {
            let fact = FACTS.get(usize::from(finding.fact))?;
            let bits = f64::from(weights.of(*finding));
            let level = fact.level_name(usize::from(finding.level));
            (bits.abs() >= 0.005).then(|| Evidence { field: fact.field.to_owned(), level, bits })
        });
        let mut evidence: Vec<Evidence> = told.collect();
        evidence.sort_by(|one, other| other.bits.abs().total_cmp(&one.bits.abs()));
        evidence
    }
}
