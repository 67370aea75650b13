//! The greeting of a letter: where it stands and whom it names.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::sheet::{Kind, Sheet};
use super::vocabulary::{FORMS_OF_ADDRESS, GREETINGS};

/// A greeting, by its words.
pub(in crate::draft) struct Greeting {
    pub first: usize,
    pub last: usize,
    /// The words that may be names, in order.
    pub names: Vec<usize>,
    /// It says hello and then nothing: `Dear ,`, `Sehr geehrte Frau ,`.
    pub gap: bool,
    /// It ends with a mark or the line, so that every name in it is meant as one.
    pub closed: bool,
}

static OPENINGS: LazyLock<Vec<Vec<&str>>> = LazyLock::new(|| {
    let mut openings: Vec<Vec<&str>> =
        GREETINGS.split(',').map(|opening| opening.split_whitespace().collect()).collect();
    openings.sort_by_key(|opening| std::cmp::Reverse(opening.len()));
    openings
});

static FORMS: LazyLock<HashSet<&str>> =
    LazyLock::new(|| FORMS_OF_ADDRESS.split(',').map(str::trim).collect());

/// No greeting goes on for longer than this, in words.
const GREETING_LIMIT: usize = 12;

/// The greeting at the beginning of a text, if it has one.
pub(in crate::draft) fn greeting(sheet: &Sheet) -> Option<Greeting> {
    let first = (0..sheet.words.len()).find(|index| sheet.is_letters(*index))?;
    let line = sheet.words[first].line;
    // Only marks may stand before it.
    if first > 2 {
        return None;
    }
    let opening = OPENINGS
        .iter()
        .find(|opening| opening.iter().enumerate().all(|(i, word)| sheet.folded(first + i) == *word))
        .map_or(0, Vec::len);
    let mut greeting = Greeting { first, last: first, names: Vec::new(), gap: false, closed: true };
    let mut index = first + opening;
    greeting.last = index.saturating_sub(1).max(first);
    while index < sheet.words.len() && index < first + GREETING_LIMIT && sheet.words[index].line == line {
        match sheet.kind(index) {
            // `Dr. Weber`, `J. Smith`
            Some(Kind::Sign('.')) if is_short_form(sheet, index - 1) => {}
            Some(Kind::Sign('&' | '/' | '-' | '(' | ')')) => {}
            Some(Kind::Letters) if is_form(sheet, index) => greeting.last = index,
            Some(Kind::Letters)
                if sheet.word(index).starts_with(char::is_uppercase) || is_no_name(sheet.folded(index)) =>
            {
                greeting.names.push(index);
                greeting.last = index;
            }
            Some(Kind::Letters | Kind::Number) => {
                greeting.closed = false;
                break;
            }
            _ => break,
        }
        index += 1;
    }
    let ends_with_comma = sheet.is_sign(index, ',') || sheet.is_sign(index, '!');
    if opening == 0 {
        // Names alone and a comma: `Anna,`.
        let line_ends = sheet.words.get(index + 1).is_none_or(|word| word.line != line);
        let alone =
            !greeting.names.is_empty() && greeting.names.len() <= 3 && sheet.is_sign(index, ',') && line_ends;
        return alone.then_some(greeting);
    }
    let spaced = ends_with_comma && sheet.words[index].start > sheet.words[index - 1].end;
    let titled = greeting.last >= first + opening && is_title(sheet, greeting.last);
    greeting.gap = greeting.names.is_empty() && (spaced || ends_with_comma && titled);
    Some(greeting)
}

/// What a program writes where it has no name.
pub(in crate::draft) fn is_no_name(word: &str) -> bool {
    matches!(word, "null" | "none" | "undefined" | "nan" | "unknown")
}

fn is_form(sheet: &Sheet, index: usize) -> bool {
    FORMS.contains(sheet.folded(index))
}

/// A title that needs a name after it.
fn is_title(sheet: &Sheet, index: usize) -> bool {
    matches!(
        sheet.folded(index),
        "mr" | "mrs" | "ms" | "miss" | "herr" | "herrn" | "frau" | "heer" | "mevrouw" | "sr" | "sra" | "sig"
    )
}

fn is_short_form(sheet: &Sheet, index: usize) -> bool {
    sheet.touches_next(index) && (is_form(sheet, index) || sheet.word(index).chars().count() == 1)
}
