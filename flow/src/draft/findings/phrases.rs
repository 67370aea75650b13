//! Looking for all phrases of the vocabulary in one pass over the words.

use std::sync::LazyLock;

use super::sheet::{Kind, Sheet};
use super::vocabulary::VOCABULARY;

/// What a phrase says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::draft) enum Tag {
    // Commitments.
    Discount,
    Free,
    Refund,
    Waiver,
    Guarantee,
    PercentWord,
    CurrencyWord,
    Multiplier,
    PriceWord,
    PriceVerb,
    BankWord,
    /// Before a unit that is paid for: `890 per seat`.
    PerWord,
    PerUnit,
    // Times.
    Month,
    Weekday,
    RelativeDay,
    PeriodEnd,
    TimeUnit,
    NumberWord,
    /// Before a deadline: `by`, `bis`.
    Until,
    /// Before a stretch of time: `within 3 days`.
    Within,
    /// After a deadline: `Tuesday at the latest`.
    Latest,
    /// Terms that a stretch of time belongs to: `payment 60 days`.
    TermWord,
    Next,
    WeekWord,
    ClockWord,
    /// A letter or talk that a date may refer to.
    MessageWord,
    // Attachments.
    Attached,
    TheirPossessive,
    // Takeover.
    IgnoreVerb,
    RulesNoun,
    MachineOrder,
    /// An order when a comma or colon follows: `as the system,`
    MachineRole,
    BecomeVerb,
    MachineNoun,
    SendVerb,
    MachineTalk,
    /// What a model says before its draft.
    MachinePreface,
    // Placeholders.
    SlotWord,
}

/// A phrase found: its first and last word, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::draft) struct Hit {
    pub tag: Tag,
    pub first: usize,
    pub last: usize,
}

/// One word of a phrase; `garantier*` is open, it also stands for every longer word.
#[derive(Debug, Clone, Copy)]
struct Part {
    letters: &'static str,
    open: bool,
}

struct Phrase {
    tag: Tag,
    parts: Vec<Part>,
}

/// The vocabulary in the order of each phrase's first three bytes, so that a word finds its few candidates at once.
static PHRASES: LazyLock<Vec<([u8; 3], Phrase)>> = LazyLock::new(|| {
    let mut phrases: Vec<([u8; 3], Phrase)> = Vec::new();
    for (tag, list) in VOCABULARY {
        for phrase in list.split(',') {
            let part = |word: &'static str| match word.strip_suffix('*') {
                Some(stem) => Part { letters: stem, open: true },
                None => Part { letters: word, open: false },
            };
            let parts: Vec<Part> = phrase.split_whitespace().map(part).collect();
            if let Some(first) = parts.first() {
                phrases.push((beginning(first.letters), Phrase { tag: *tag, parts }));
            }
        }
    }
    phrases.sort_by_key(|(beginning, _)| *beginning);
    phrases
});

fn beginning(word: &str) -> [u8; 3] {
    let byte = |i: usize| word.as_bytes().get(i).copied().unwrap_or(0);
    [byte(0), byte(1), byte(2)]
}

/// Every phrase in the sheet, in the order of first words. Phrases may overlap.
pub(in crate::draft) fn hits(sheet: &Sheet) -> Vec<Hit> {
    let mut hits = Vec::new();
    for first in 0..sheet.words.len() {
        if sheet.kind(first) != Some(Kind::Letters) {
            continue;
        }
        let beginning = beginning(sheet.folded(first));
        let from = PHRASES.partition_point(|(other, _)| *other < beginning);
        for (_, phrase) in PHRASES[from..].iter().take_while(|(other, _)| *other == beginning) {
            let matches = phrase.parts.iter().enumerate().all(|(i, part)| {
                let word = sheet.folded(first + i);
                if part.open { word.starts_with(part.letters) } else { word == part.letters }
            });
            if matches {
                hits.push(Hit { tag: phrase.tag, first, last: first + phrase.parts.len() - 1 });
            }
        }
    }
    hits
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draft::letters::fold;

    #[test]
    fn the_vocabulary_can_be_found() {
        for (tag, list) in VOCABULARY {
            for phrase in list.split(',') {
                let stems = phrase.replace('*', "");
                assert_eq!(
                    fold(&stems),
                    stems,
                    "{tag:?}: write `{phrase}` as it is looked for: small, without accents"
                );
                let first = phrase.split_whitespace().next().unwrap();
                assert!(!first.ends_with('*') || first.len() > 3, "{tag:?}: `{phrase}` begins too openly");
            }
        }
    }
}
