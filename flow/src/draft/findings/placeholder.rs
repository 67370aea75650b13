//! What a writer meant to fill in and did not.

use super::phrases::Tag;
use super::sheet::{Kind, Sheet};
use super::{FindingId, Found, Level};

const WORDS: &str = "Something was to be filled in here and was not.";
/// A placeholder between brackets is no longer than this, in characters.
const SLOT_LIMIT_CHARS: usize = 60;

pub(super) fn look(sheet: &Sheet, found: &mut Found) {
    let mut spans = bracketed(sheet);
    spans.extend(between_signs(sheet));
    spans.extend(notes(sheet));
    spans.sort_unstable();
    let mut after = 0;
    for span in spans {
        if span.0 >= after {
            found.add(FindingId::Placeholder, Level::Stop, sheet, span, WORDS);
            after = span.1;
        }
    }
}

/// `{{ … }}`, `{% … %}`, `${…}`, `{name}`, `[NAME]`, `<Name>`, `<<name>>`, `«Name»`, `*|NAME|*`.
fn bracketed(sheet: &Sheet) -> Vec<(usize, usize)> {
    let text = sheet.text;
    let mut spans = Vec::new();
    for (start, open) in text.char_indices().filter(|(_, c)| matches!(c, '{' | '[' | '<' | '«' | '*')) {
        let rest = &text[start..];
        let whole = |close: &str, from: usize| close_after(rest, close, from).map(|end| (start, start + end));
        let span = match open {
            '{' if rest.starts_with("{{") => whole("}}", 2),
            '{' if rest.starts_with("{%") => whole("%}", 2),
            '{' => whole("}", 1)
                .filter(|span| is_field(&text[start + 1..span.1 - 1]))
                .map(|(start, end)| (start - usize::from(text[..start].ends_with(['$', '#'])), end)),
            '<' if rest.starts_with("<<") => whole(">>", 2),
            '<' => whole(">", 1).filter(|span| is_slot(sheet, (start + 1, span.1 - 1), text, *span)),
            '[' if rest.starts_with("[[") => whole("]]", 2),
            '[' => whole("]", 1).filter(|span| is_slot(sheet, (start + 1, span.1 - 1), text, *span)),
            '«' => whole("»", 2).filter(|span| is_field_name(&text[start + 2..span.1 - 2])),
            '*' if rest.starts_with("*|") => whole("|*", 2),
            _ => None,
        };
        spans.extend(span);
    }
    spans
}

/// The byte after `close`, when it comes soon and on the same line.
fn close_after(rest: &str, close: &str, from: usize) -> Option<usize> {
    let end = rest[from..].find(close)? + from;
    let inner = &rest[from..end];
    let fits = inner.chars().nth(SLOT_LIMIT_CHARS).is_none() && !inner.contains('\n');
    fits.then_some(end + close.len())
}

/// One name, perhaps with dots, as programs name a value: `first_name`, `lead.name`, `0`.
fn is_field(inner: &str) -> bool {
    let inner = inner.trim();
    !inner.is_empty() && inner.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | ' '))
}

/// As a field is named by mail merge: one word with an underscore or in capitals, or a slot word.
fn is_field_name(inner: &str) -> bool {
    let one = is_field(inner) && !inner.trim().contains(' ');
    one && (inner.contains('_') || is_shouted(inner))
}

fn is_shouted(inner: &str) -> bool {
    let letters = inner.chars().filter(|c| c.is_alphabetic()).count();
    letters >= 2 && !inner.chars().any(char::is_lowercase)
}

/// What stands in brackets is a slot when it is shouted or speaks of a name, a date and the like; not a number, a link's
/// text, a tag of a mail gateway or a ticket.
fn is_slot(sheet: &Sheet, inner: (usize, usize), text: &str, whole: (usize, usize)) -> bool {
    let content = &text[inner.0..inner.1];
    let is_link = text[whole.1..].starts_with(['(', '['])
        || sheet.links.iter().any(|link| link.start < inner.1 && inner.0 < link.end);
    let tag = [
        "EXTERN", "EXTERNAL", "EXT", "SPAM", "INTERN", "INTERNAL", "TICKET", "FWD", "PRIVATE", "URGENT",
        "SIC",
    ];
    if is_link || content.starts_with('/') || tag.contains(&content.trim().to_uppercase().as_str()) {
        return false;
    }
    if is_shouted(content) {
        // A ticket: `[ABC-123]`.
        return !content.contains(|c: char| c.is_ascii_digit());
    }
    let words: Vec<usize> = (0..sheet.words.len())
        .filter(|index| sheet.words[*index].start >= inner.0 && sheet.words[*index].end <= inner.1)
        .collect();
    (1..=5).contains(&words.len())
        && words.iter().any(|index| sheet.is(*index, Tag::SlotWord))
        && !content.contains('@')
}

/// `%FIRSTNAME%`, `##NAME##`, `__name__`, a line to fill in `_____`.
fn between_signs(sheet: &Sheet) -> Vec<(usize, usize)> {
    let text = sheet.text;
    let mut spans = Vec::new();
    for sign in ["%", "##", "__"] {
        let mut at = 0;
        while let Some(start) = text[at..].find(sign).map(|found| at + found) {
            let name = &text[start + sign.len()..];
            let length = name
                .find(|c: char| !c.is_ascii_alphanumeric() && c != '_' || sign == "__" && c == '_')
                .unwrap_or(name.len());
            let end = start + sign.len() + length + sign.len();
            let named = name[..length].starts_with(|c: char| c.is_ascii_alphabetic());
            let in_link = sheet.links.iter().any(|link| link.start <= start && start < link.end);
            if length >= 3 && named && name[length..].starts_with(sign) && !in_link {
                spans.push((start, end));
                at = end;
            } else {
                at = start + sign.len();
            }
        }
    }
    spans.extend(blanks(text));
    spans
}

/// Runs of at least three underscores within a line that says something; a line of them alone is a rule.
fn blanks(text: &str) -> Vec<(usize, usize)> {
    let mut spans = Vec::new();
    let mut line_at = 0;
    for line in text.split_inclusive('\n') {
        if let Some(start) = line.find("___")
            && line.contains(char::is_alphanumeric)
        {
            let length = line[start..].bytes().take_while(|b| *b == b'_').count();
            spans.push((line_at + start, line_at + start + length));
        }
        line_at += line.len();
    }
    spans
}

/// `XXX`, `XX,XX €`, `TODO`, `TBD`, `lorem ipsum`, `Dear null`.
fn notes(sheet: &Sheet) -> Vec<(usize, usize)> {
    let mut spans = Vec::new();
    for index in 0..sheet.words.len() {
        if sheet.kind(index) != Some(Kind::Letters) {
            continue;
        }
        let word = sheet.word(index);
        let crosses = word.bytes().all(|b| b == b'X');
        let next = sheet.word(index + 1);
        let is_note = match word {
            // Roman numerals, sizes: two only count where digits should be.
            _ if crosses && word.len() == 2 => {
                sheet.touches_next(index)
                    && matches!(next, "," | "." | "/" | "%")
                    && sheet.word(index + 2).starts_with('X')
                    || matches!(next, "€" | "%" | "EUR" | "USD" | "Euro")
            }
            _ if crosses => word.len() > 2 && !matches!(next, "L"),
            "TBD" | "TBC" | "FIXME" | "NaN" => true,
            // In Spanish and Portuguese `todo` is a word, also when shouted.
            "TODO" => !neighbour_shouts(sheet, index),
            "lorem" | "Lorem" => sheet.folded(index + 1) == "ipsum",
            _ => false,
        };
        if is_note {
            let mut last = index;
            while crosses && sheet.touches_next(last) && sheet.word(last + 2).starts_with("XX") {
                last += 2;
            }
            spans.push(sheet.span(index, last));
        }
    }
    spans
}

fn neighbour_shouts(sheet: &Sheet, index: usize) -> bool {
    let shouted = |index: usize| sheet.is_letters(index) && is_shouted(sheet.word(index));
    shouted(index + 1) || index > 0 && shouted(index - 1)
}
