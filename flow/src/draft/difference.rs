//! What changed between two texts, and whether it matters.
//!
//! The rule errs towards substance: an edit counts as cosmetic only when every change in it is a space, a mark, the case
//! of a letter, the form of greeting, or a slip of spelling that does not make another number, negation or date of it.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::findings::Place;
use super::findings::greeting::greeting;
use super::findings::phrases::Tag;
use super::findings::sheet::{Kind, Sheet};
use super::letters::{distance, fold};

/// Whether a stretch is in both texts or in one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    Same,
    Removed,
    Added,
}

/// A stretch of text. The same and removed stretches of a difference join to the text before, the same and added ones to
/// the text after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Segment {
    pub change: Change,
    pub text: String,
}

/// How much a change weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Substance {
    /// Nothing changed.
    Same,
    /// It reads better and says the same.
    Cosmetic,
    /// It says something else.
    Substantive,
}

/// The difference between two texts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    pub segments: Vec<Segment>,
    pub substance: Substance,
    #[serde(skip)]
    why: Why,
}

/// The weightiest change, for saying why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Why {
    Nothing,
    Looks,
    Words,
    Negation,
    Commitment,
    Name,
    Sign,
    Link,
    Number,
}

impl Difference {
    /// The difference in one plain sentence.
    pub fn words(&self) -> &'static str {
        match self.why {
            Why::Nothing => "Nothing changed.",
            Why::Looks => "Only spaces, punctuation, the greeting, capitals or spelling changed.",
            Why::Words => "The wording changed.",
            Why::Negation => "A word that negates changed.",
            Why::Commitment => "A word of a date, price or promise changed.",
            Why::Name => "The name in the greeting changed.",
            Why::Sign => "A sign changed.",
            Why::Link => "A link, an address or a file's name changed.",
            Why::Number => "A number changed.",
        }
    }
}

/// Beyond this many pairs of words the texts are not aligned; one is shown as replaced by the other. About twelve
/// thousand characters each.
const ALIGNED_PAIRS_LIMIT: usize = 16_000_000;

/// The difference from `before` to `after`, word by word.
pub fn difference(before: &str, after: &str) -> Difference {
    let (old, new) = (cut(before), cut(after));
    let groups = groups(&old.tokens, &new.tokens);
    let changes = groups.iter().filter(|group| group.change);
    let why = changes
        .map(|group| weigh(&old.tokens[group.old.0..group.old.1], &new.tokens[group.new.0..group.new.1]))
        .chain([greeting_change(&old.greeted, &new.greeted)])
        .max()
        .unwrap_or(Why::Nothing);
    let substance = match why {
        Why::Nothing => Substance::Same,
        Why::Looks => Substance::Cosmetic,
        _ => Substance::Substantive,
    };
    let segments = groups.iter().flat_map(|group| segments(group, &old.tokens, &new.tokens)).collect();
    Difference { segments, substance, why }
}

/// How many words of `text` are not in `template`: what a reader who knows the template still has to read.
pub fn words_new(template: &str, text: &str) -> u32 {
    let (old, new) = (cut(template).tokens, cut(text).tokens);
    let words: usize = groups(&old, &new)
        .iter()
        .filter(|group| group.change)
        .map(|group| count_words(&new[group.new.0..group.new.1]))
        .sum();
    u32::try_from(words).unwrap_or(u32::MAX)
}

/// Words as a reader counts them: `don't` is one.
fn count_words(tokens: &[Token]) -> usize {
    let is_joined = |index: usize| index > 1 && tokens[index - 1].is_joiner() && tokens[index - 2].is_word();
    (0..tokens.len()).filter(|index| tokens[*index].is_word() && !is_joined(*index)).count()
}

/// The smallest thing that is compared.
#[derive(Debug, Clone, Copy)]
struct Token<'a> {
    text: &'a str,
    kind: TokenKind,
    /// It stands in the greeting, which is weighed as a whole.
    greets: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TokenKind {
    Word,
    /// A word of a date, a price or a promise.
    Weighty,
    Number,
    /// A link, an address, a file's name.
    Link,
    Sign,
    Space,
}

impl Token<'_> {
    fn is_word(&self) -> bool {
        !matches!(self.kind, TokenKind::Sign | TokenKind::Space)
    }

    /// An apostrophe or hyphen between letters is no sign of its own.
    fn is_joiner(&self) -> bool {
        self.kind == TokenKind::Space && !self.text.starts_with(char::is_whitespace)
    }
}

/// A text cut into tokens that join to it, and the names in its greeting.
struct Cut<'a> {
    tokens: Vec<Token<'a>>,
    greeted: Vec<String>,
}

fn cut(text: &str) -> Cut<'_> {
    let sheet = Sheet::new(Place::Text, text, &[]);
    let greeting = greeting(&sheet);
    let greeting_end = greeting.as_ref().map_or(0, |greeting| sheet.words[greeting.last].end);
    let weighty: HashSet<usize> = WEIGHTY
        .iter()
        .flat_map(|tag| sheet.hits(*tag))
        .flat_map(|hit| hit.first..=hit.last)
        .filter(|index| is_weighty(sheet.folded(*index)))
        .map(|index| sheet.words[index].start)
        .collect();
    let words = sheet.words.iter().map(|word| {
        let kind = match word.kind {
            Kind::Letters if weighty.contains(&word.start) => TokenKind::Weighty,
            Kind::Letters => TokenKind::Word,
            Kind::Number => TokenKind::Number,
            Kind::Sign(_) => TokenKind::Sign,
        };
        (word.start, word.end, kind)
    });
    let links = sheet.links.iter().map(|link| (link.start, link.end));
    let atoms = links.chain(sheet.files.iter().copied()).map(|(start, end)| (start, end, TokenKind::Link));
    let mut placed: Vec<(usize, usize, TokenKind)> = words.chain(atoms).collect();
    placed.sort_unstable_by_key(|(start, ..)| *start);
    let mut tokens = Vec::with_capacity(placed.len() * 2);
    let mut at = 0;
    for (start, end, kind) in placed.into_iter().chain([(text.len(), text.len(), TokenKind::Space)]) {
        for (from, to, kind) in [(at, start, TokenKind::Space), (start, end, kind)] {
            if from < to {
                tokens.push(Token { text: &text[from..to], kind, greets: to <= greeting_end });
            }
        }
        at = end;
    }
    let greeted = greeting.map_or(Vec::new(), |greeting| {
        greeting.names.iter().map(|index| sheet.folded(*index).to_owned()).collect()
    });
    Cut { tokens, greeted }
}

/// Phrases whose words are never only spelt otherwise.
const WEIGHTY: [Tag; 11] = [
    Tag::Discount,
    Tag::Free,
    Tag::Refund,
    Tag::Waiver,
    Tag::Guarantee,
    Tag::PercentWord,
    Tag::CurrencyWord,
    Tag::Month,
    Tag::Weekday,
    Tag::RelativeDay,
    Tag::TimeUnit,
];

/// Short words and articles mean too many things.
fn is_weighty(word: &str) -> bool {
    word.len() > 2 && !matches!(word, "the" | "for" | "non" | "sex")
}

/// Tokens of both texts that go together: the same, or one replaced by the other.
#[derive(Debug, Clone, Copy)]
struct Group {
    change: bool,
    old: (usize, usize),
    new: (usize, usize),
}

/// The texts aligned. Changes with nothing but space between them are one.
fn groups(old: &[Token], new: &[Token]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for op in operations(old, new) {
        let (old_range, new_range) = (op.old_range(), op.new_range());
        let group = Group {
            change: !matches!(op, DiffOp::Equal { .. }),
            old: (old_range.start, old_range.end),
            new: (new_range.start, new_range.end),
        };
        let only_space =
            |range: (usize, usize)| old[range.0..range.1].iter().all(|token| token.kind == TokenKind::Space);
        match groups.as_mut_slice() {
            [.., last] if last.change && group.change => {
                (last.old.1, last.new.1) = (group.old.1, group.new.1);
            }
            [.., before, between] if before.change && group.change && only_space(between.old) => {
                (before.old.1, before.new.1) = (group.old.1, group.new.1);
                groups.pop();
            }
            _ => groups.push(group),
        }
    }
    groups
}

fn operations(old: &[Token], new: &[Token]) -> Vec<DiffOp> {
    let (old_text, new_text): (Vec<&str>, Vec<&str>) =
        (old.iter().map(|token| token.text).collect(), new.iter().map(|token| token.text).collect());
    if old.len().saturating_mul(new.len()) > ALIGNED_PAIRS_LIMIT && old_text != new_text {
        return vec![DiffOp::Replace { old_index: 0, old_len: old.len(), new_index: 0, new_len: new.len() }];
    }
    capture_diff_slices(Algorithm::Myers, &old_text, &new_text)
}

/// What the tokens on one side of a change say, the greeting left out.
struct Said<'a> {
    numbers: Vec<&'a str>,
    links: Vec<&'a str>,
    signs: Vec<&'a str>,
    /// Folded, as those below.
    words: Vec<String>,
    weighty: Vec<String>,
    negations: Vec<String>,
}

impl<'a> Said<'a> {
    fn by(tokens: &[Token<'a>]) -> Said<'a> {
        let of = |kind| {
            tokens.iter().filter(move |token| token.kind == kind && !token.greets).map(|token| token.text)
        };
        let letters = tokens
            .iter()
            .filter(|token| matches!(token.kind, TokenKind::Word | TokenKind::Weighty) && !token.greets);
        let words: Vec<String> = letters.map(|token| fold(token.text)).collect();
        Said {
            numbers: of(TokenKind::Number).collect(),
            links: of(TokenKind::Link).collect(),
            signs: of(TokenKind::Sign).filter(|sign| !sign.chars().all(is_punctuation)).collect(),
            weighty: of(TokenKind::Weighty).map(fold).collect(),
            negations: words.iter().filter(|word| is_negation(word)).cloned().collect(),
            words,
        }
    }
}

/// The weight of one group of changed tokens.
fn weigh(old: &[Token], new: &[Token]) -> Why {
    let (old, new) = (Said::by(old), Said::by(new));
    // The same letters parted otherwise: `a lot`, `alot`.
    let respaced = old.words.concat() == new.words.concat() && old.negations.len() == new.negations.len();
    let slips = || {
        old.words.len() == new.words.len()
            && old.words.iter().zip(&new.words).all(|(old, new)| is_slip(old, new))
    };
    if old.numbers != new.numbers {
        Why::Number
    } else if old.links != new.links {
        Why::Link
    } else if old.signs != new.signs {
        Why::Sign
    } else if respaced {
        Why::Looks
    } else if old.negations != new.negations {
        Why::Negation
    } else if old.weighty != new.weighty {
        Why::Commitment
    } else if slips() {
        Why::Looks
    } else {
        Why::Words
    }
}

/// Marks that change nothing of what is said. A question mark does.
fn is_punctuation(c: char) -> bool {
    matches!(
        c,
        '.' | ','
            | ';'
            | ':'
            | '!'
            | '¡'
            | '"'
            | '\''
            | '('
            | ')'
            | '-'
            | '–'
            | '—'
            | '…'
            | '*'
            | '_'
            | '·'
            | '•'
            | '«'
            | '»'
            | '“'
            | '”'
            | '„'
            | '‚'
            | '‘'
            | '’'
            | '‹'
            | '›'
            | '/'
            | '\u{301}'
            | '`'
    )
}

/// Whether two words, folded, are the same but for a slip: long enough, the same beginning, one letter off, or two in a
/// long word. `could` and `would`, `limited` and `unlimited` begin otherwise.
fn is_slip(old: &str, new: &str) -> bool {
    if old == new {
        return true;
    }
    let letters = old.chars().count().min(new.chars().count());
    let limit = match letters {
        0..=4 => return false,
        5..=8 => 1,
        _ => 2,
    };
    old.chars().next() == new.chars().next()
        && !is_negation(old)
        && !is_negation(new)
        && distance(old, new, limit).is_some()
}

/// Words that turn a sentence round, in the nine languages.
fn is_negation(word: &str) -> bool {
    const NEGATIONS: [&str; 60] = [
        "not", "no", "never", "none", "cannot", "without", "neither", "nor", "nothing", "nobody", "except",
        "unless", "only", "nicht", "kein", "keine", "keinen", "keinem", "keiner", "keines", "nie", "niemals",
        "ohne", "weder", "nichts", "ausser", "nur", "ne", "pas", "jamais", "sans", "aucun", "aucune", "rien",
        "sauf", "nunca", "sin", "ningun", "ninguna", "nada", "ni", "non", "mai", "senza", "nessun",
        "nessuna", "niente", "niet", "geen", "nooit", "zonder", "bez", "nigdy", "nao", "sem", "nenhum",
        "inte", "aldrig", "utan", "ingen",
    ];
    NEGATIONS.contains(&word)
}

/// A greeting may be worded otherwise, and name the same person more or less fully. Another name, or none where one was,
/// is a change of substance.
fn greeting_change(old: &[String], new: &[String]) -> Why {
    let within = |some: &[String], all: &[String]| some.iter().all(|name| all.contains(name));
    let same_person = old.is_empty() == new.is_empty() && (within(old, new) || within(new, old));
    if same_person { Why::Nothing } else { Why::Name }
}

/// The group as stretches of text; what was removed comes before what was added.
fn segments(group: &Group, old: &[Token], new: &[Token]) -> impl Iterator<Item = Segment> {
    let joined = |tokens: &[Token]| -> String { tokens.iter().map(|token| token.text).collect() };
    let removed = joined(&old[group.old.0..group.old.1]);
    let stretches = if group.change {
        vec![(Change::Removed, removed), (Change::Added, joined(&new[group.new.0..group.new.1]))]
    } else {
        vec![(Change::Same, removed)]
    };
    stretches.into_iter().filter(|(_, text)| !text.is_empty()).map(|(change, text)| Segment { change, text })
}

#[cfg(test)]
mod tests;
