//! Signs that a conversation is at risk, each with its reason. What climbs the ladder because of them is decided in
//! [`crate::lead`].

use serde::{Deserialize, Serialize};

/// The workspace's words of warning, matched without regard to case, at the beginning of a word.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Lexicon {
    /// Somebody is unhappy.
    pub complaint: Vec<String>,
    /// Somebody wants to leave.
    pub cancellation: Vec<String>,
    /// Somebody looks elsewhere.
    pub competitor: Vec<String>,
}

impl Lexicon {
    /// The signs in a text: `complaint`, `cancellation`, `competitor`.
    pub fn signs(&self, text: &str) -> Vec<&'static str> {
        let text = text.to_lowercase();
        [
            ("complaint", &self.complaint),
            ("cancellation", &self.cancellation),
            ("competitor", &self.competitor),
        ]
        .into_iter()
        .filter(|(_, words)| words.iter().any(|word| says(&text, &word.to_lowercase())))
        .map(|(sign, _)| sign)
        .collect()
    }
}

/// Whether `word` begins somewhere in `text` where a word begins.
fn says(text: &str, word: &str) -> bool {
    !word.is_empty()
        && text
            .match_indices(word)
            .any(|(at, _)| !text[..at].chars().next_back().is_some_and(char::is_alphanumeric))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_where_a_word_begins_in_any_case() {
        let lexicon = Lexicon {
            complaint: vec!["unacceptable".into(), "beschwer".into()],
            cancellation: vec!["cancel".into()],
            competitor: vec![],
        };
        assert_eq!(lexicon.signs("This is UNACCEPTABLE. We want to cancel."), ["complaint", "cancellation"]);
        assert_eq!(lexicon.signs("Ich möchte mich Beschweren"), ["complaint"]);
        assert!(lexicon.signs("an uncancelled order").is_empty());
        assert!(lexicon.signs("").is_empty());
    }
}
