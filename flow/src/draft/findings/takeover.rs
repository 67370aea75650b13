//! Text that was not written to the reader: instructions to a program, a model's talk about its draft, and long passages
//! of inbound mail. Inbound text is data; it never becomes an instruction, a recipient or a link.

use std::collections::HashMap;

use super::link::{LinkKind, is_listed};
use super::phrases::{Hit, Tag};
use super::sheet::{Kind, Sheet};
use super::{FindingId, Found, Level, Reading};

/// As many words in a row, the same as in inbound mail, are a copy and not a coincidence.
const COPY_WORDS: usize = 12;
/// A model's preface begins among the first words, signs counted.
const PREFACE_WORDS: usize = 6;

pub(super) fn look_for_instructions(sheet: &Sheet, reading: &Reading, inbound: &[&str], found: &mut Found) {
    let mut spans: Vec<(usize, usize)> = Vec::new();
    for (verb_tag, noun_tag) in [(Tag::IgnoreVerb, Tag::RulesNoun), (Tag::BecomeVerb, Tag::MachineNoun)] {
        for verb in sheet.hits(verb_tag).filter(|verb| !is_negated(sheet, *verb)) {
            let near = |noun: &Hit| noun.first > verb.last && noun.first <= verb.last + 6;
            let noun = sheet.hits(noun_tag).find(near).filter(|noun| same_sentence(sheet, verb, *noun));
            spans.extend(noun.map(|noun| sheet.span(verb.first, noun.last)));
        }
    }
    let orders = |hit: &Hit| sheet.is_sign(hit.last + 1, ',') || sheet.is_sign(hit.last + 1, ':');
    spans.extend(sheet.hits(Tag::MachineRole).filter(orders).map(|hit| sheet.span(hit.first, hit.last)));
    spans.extend(sheet.hits(Tag::MachineOrder).map(|hit| sheet.span(hit.first, hit.last)));
    spans.extend(sheet.hits(Tag::SendVerb).filter_map(|verb| sending_elsewhere(sheet, verb, reading)));
    spans.sort_unstable();
    let mut after = 0;
    for span in spans.into_iter().filter(|(start, end)| start < end) {
        if span.0 < after {
            continue;
        }
        after = span.1;
        let passage = &sheet.text[span.0..span.1];
        let words = if inbound.iter().any(|text| text.contains(passage)) {
            "This reads as an instruction, and it also stands in inbound mail."
        } else {
            "This reads as an instruction to a program, not as a letter."
        };
        found.add(FindingId::Instruction, Level::Ask, sheet, span, words);
    }
    look_for_machine_talk(sheet, found);
}

/// `don't forget`, `vergessen Sie nicht`, `n'oubliez pas`: the opposite of an order to ignore.
fn is_negated(sheet: &Sheet, verb: Hit) -> bool {
    let denies = |word: &str| {
        matches!(
            word,
            "t" | "not"
                | "never"
                | "nicht"
                | "pas"
                | "no"
                | "non"
                | "niet"
                | "nie"
                | "nao"
                | "inte"
                | "to"
                | "n"
        )
    };
    verb.first > 0 && denies(sheet.folded(verb.first - 1)) || denies(sheet.folded(verb.last + 1))
}

fn same_sentence(sheet: &Sheet, first: Hit, second: Hit) -> bool {
    !(first.last..second.first)
        .any(|index| matches!(sheet.kind(index), Some(Kind::Sign('.' | '!' | '?' | ';'))))
}

/// `send … to ADDRESS`, where the address is neither the lead's nor ours.
fn sending_elsewhere(sheet: &Sheet, verb: Hit, reading: &Reading) -> Option<(usize, usize)> {
    let start = sheet.words[verb.first].start;
    let said = sheet.words[verb.last].end;
    let link = sheet.links.iter().find(|link| {
        let between = sheet.text.get(said..link.start);
        let near = between.is_some_and(|between| {
            between.split_whitespace().count() <= 10 && !between.contains(['.', '!', '?', '\n'])
        });
        link.kind == LinkKind::Address && near
    })?;
    let address = link.text.trim_start_matches("mailto:");
    let known = is_listed(&link.host, &reading.link_domains)
        || reading.lead_addresses.iter().any(|known| known.eq_ignore_ascii_case(address));
    (!known).then_some((start, link.end))
}

fn look_for_machine_talk(sheet: &Sheet, found: &mut Found) {
    let words = "This reads as a language model's talk about the letter.";
    // A letter may say `here is a draft` of something; before the letter it is the model that says so.
    let is_preface = |hit: &Hit| hit.first < PREFACE_WORDS && sheet.words[hit.first].line == 0;
    for hit in sheet.hits(Tag::MachineTalk).chain(sheet.hits(Tag::MachinePreface).filter(is_preface)) {
        found.add(FindingId::MachineTalk, Level::Ask, sheet, sheet.span(hit.first, hit.last), words);
    }
    for mark in ["```", "<|im_", "[INST]", "[/INST]", "<think>", "</think>"] {
        if let Some(start) = sheet.text.find(mark) {
            found.add(FindingId::MachineTalk, Level::Ask, sheet, (start, start + mark.len()), words);
        }
    }
}

/// Passages of at least [`COPY_WORDS`] words that stand in inbound mail outside its own quotations, and not in the
/// template.
pub(super) fn look_for_copies(sheet: &Sheet, inbound: &[&str], template: Option<&Sheet>, found: &mut Found) {
    let ours: Vec<Plain> = sheet.own_lines().flat_map(|(at, line)| plain_words(at, line)).collect();
    if ours.len() < COPY_WORDS || inbound.is_empty() {
        return;
    }
    // Ours are few and theirs may be many, so theirs are looked up among ours.
    let mut copied: HashMap<u64, bool> =
        ours.windows(COPY_WORDS).map(|window| (joined(window), false)).collect();
    for text in inbound {
        let lines = text.lines().filter(|line| !line.trim_start().starts_with('>'));
        mark(&mut copied, true, lines.flat_map(|line| plain_words(0, line)).collect());
    }
    if let Some(template) = template {
        mark(&mut copied, false, plain_words(0, template.text).collect());
    }
    let mut passages: Vec<(usize, usize)> = Vec::new();
    for window in ours.windows(COPY_WORDS).filter(|window| copied.get(&joined(window)) == Some(&true)) {
        let (start, end) = (window[0].start, window[COPY_WORDS - 1].end);
        match passages.last_mut() {
            Some(passage) if start <= passage.1 => passage.1 = end,
            _ => passages.push((start, end)),
        }
    }
    for passage in passages {
        found.add(FindingId::Copied, Level::Ask, sheet, passage, "This passage is copied from inbound mail.");
    }
}

fn mark(copied: &mut HashMap<u64, bool>, is_copy: bool, words: Vec<Plain>) {
    for window in words.windows(COPY_WORDS) {
        if let Some(copied) = copied.get_mut(&joined(window)) {
            *copied = is_copy;
        }
    }
}

/// A word by its bytes, and its hash.
struct Plain {
    start: usize,
    end: usize,
    hash: u64,
}

/// The words of a text that begins at byte `at`, marks and spaces left out.
fn plain_words(at: usize, text: &str) -> impl Iterator<Item = Plain> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let skip = rest.find(char::is_alphanumeric)?;
        let start = at + text.len() - rest.len() + skip;
        rest = &rest[skip..];
        let length = rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len());
        let hash = hash(&rest[..length]);
        rest = &rest[length..];
        Some(Plain { start, end: start + length, hash })
    })
}

/// FNV-1a over the letters in small writing; a collision costs a needless question at worst.
fn hash(word: &str) -> u64 {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for c in word.chars().flat_map(char::to_lowercase) {
        hash = (hash ^ u64::from(u32::from(c))).wrapping_mul(0x0000_0100_0000_01b3);
    }
    hash
}

fn joined(window: &[Plain]) -> u64 {
    window.iter().fold(0_u64, |joined, word| {
        joined.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(word.hash).rotate_left(7)
    })
}
