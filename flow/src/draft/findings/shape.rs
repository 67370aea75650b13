//! What strikes the eye before a word is read: nothing there, too much, shouting, characters that hide.

use super::lookalike::latin_twin;
use super::{FindingId, Found, LONG_TEXT_CHARS, Level, Place, READ_LIMIT_CHARS, Reading, readable};
use crate::draft::letters::is_hidden;

/// A subject longer than this is asked about, in characters.
const LONG_SUBJECT_CHARS: usize = 200;
/// Fewer letters than this do not make a shout.
const SHOUT_LETTERS: usize = 20;

pub(super) fn look(reading: &Reading, found: &mut Found) {
    let is_blank = |text: &str| text.chars().all(|c| c.is_whitespace() || is_hidden(c));
    if is_blank(reading.text) {
        found.add_whole(FindingId::Empty, Level::Stop, Place::Text, "", "There is no text.");
    }
    if reading.subject.is_some_and(is_blank) {
        found.add_whole(FindingId::SubjectMissing, Level::Ask, Place::Subject, "", "There is no subject.");
    }
    look_at_length(reading, found);
    for (place, text) in reading
        .subject
        .map(|subject| (Place::Subject, subject))
        .into_iter()
        .chain([(Place::Text, reading.text)])
    {
        let text = readable(text);
        look_for_hidden(place, text, found);
        look_for_mixed_script(place, text, found);
        look_for_shouting(place, text, found);
    }
}

fn look_at_length(reading: &Reading, found: &mut Found) {
    let chars = reading.text.chars().take(READ_LIMIT_CHARS + 1).count();
    if chars > READ_LIMIT_CHARS {
        let words =
            format!("The text is longer than {READ_LIMIT_CHARS} characters; what comes after was not read.");
        found.add_whole(FindingId::TooLong, Level::Stop, Place::Text, "", words);
    } else if chars > LONG_TEXT_CHARS {
        let words = format!("The text is {chars} characters long, more than {LONG_TEXT_CHARS}.");
        found.add_whole(FindingId::TooLong, Level::Ask, Place::Text, "", words);
    }
    let subject = reading.subject.map_or(0, |subject| subject.chars().take(LONG_SUBJECT_CHARS + 1).count());
    if subject > LONG_SUBJECT_CHARS {
        let words = format!("The subject is longer than {LONG_SUBJECT_CHARS} characters.");
        found.add_whole(FindingId::TooLong, Level::Ask, Place::Subject, "", words);
    }
}

/// Runs of characters that are not seen. In a subject a line break is one: it would begin another header.
fn look_for_hidden(place: Place, text: &str, found: &mut Found) {
    if text.bytes().all(|b| (b' '..0x7F).contains(&b) || b == b'\n' && place == Place::Text) {
        return;
    }
    let mut run: Option<(usize, usize)> = None;
    let mut before = None;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map(|(_, next)| *next);
        let breaks = match place {
            Place::Subject => matches!(c, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}'),
            _ => c == '\r' && next != Some('\n'),
        };
        if breaks || is_hidden(c) && !is_needed(before, c, next) {
            let start = run.map_or(at, |(start, _)| start);
            run = Some((start, at + c.len_utf8()));
        } else if let Some(span) = run.take() {
            add_hidden((place, text), span, found);
        }
        before = Some(c);
    }
    if let Some(span) = run {
        add_hidden((place, text), span, found);
    }
}

fn add_hidden(within: (Place, &str), span: (usize, usize), found: &mut Found) {
    let run = &within.1[span.0..span.1];
    let breaks_line = |c: char| matches!(c, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}');
    let (id, level, words) = if within.0 == Place::Subject && run.contains(breaks_line) {
        (
            FindingId::HeaderInjection,
            Level::Stop,
            "The subject has a line break, where another header could begin.",
        )
    } else if run.chars().all(|c| c == '\u{AD}') {
        (
            FindingId::HiddenCharacter,
            Level::Note,
            "There is a soft hyphen here, which is only seen at a line's end.",
        )
    } else {
        (FindingId::HiddenCharacter, Level::Stop, "There are characters here that a reader does not see.")
    };
    found.add_at(id, level, within, span, words);
}

/// Joiners belong to emoji and to scripts whose letters change by them; direction marks to texts from right to left;
/// a byte order mark or tag only to flags of regions.
fn is_needed(before: Option<char>, c: char, next: Option<char>) -> bool {
    let joins = |c: char| {
        matches!(c, '\u{600}'..='\u{8FF}' | '\u{900}'..='\u{DFF}' | '\u{1000}'..='\u{109F}' | '\u{FB50}'..='\u{FDFF}'
            | '\u{FE0F}' | '\u{2600}'..='\u{27BF}' | '\u{1F000}'..='\u{1FAFF}')
    };
    let right_to_left =
        |c: char| matches!(c, '\u{590}'..='\u{8FF}' | '\u{FB1D}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFC}');
    match c {
        '\u{200C}' | '\u{200D}' => before.is_some_and(joins) && next.is_some_and(joins),
        '\u{200E}' | '\u{200F}' => before.is_some_and(right_to_left) || next.is_some_and(right_to_left),
        '\u{E0020}'..='\u{E007F}' => {
            before.is_some_and(|c| matches!(c, '\u{1F3F4}' | '\u{E0020}'..='\u{E007E}'))
        }
        _ => false,
    }
}

/// Words of Latin letters with a twin from another alphabet among them.
fn look_for_mixed_script(place: Place, text: &str, found: &mut Found) {
    if text.is_ascii() {
        return;
    }
    let is_word = |c: char| c.is_alphabetic();
    let mut at = 0;
    while let Some(start) = text[at..].find(is_word).map(|found| at + found) {
        let end = text[start..].find(|c| !is_word(c)).map_or(text.len(), |length| start + length);
        let word = &text[start..end];
        let latin = word.chars().any(|c| c.is_ascii_alphabetic());
        let twin = word.chars().find(|c| latin_twin(*c).is_some() && !matches!(c, 'ı' | 'ɡ' | 'ɑ'));
        if let (true, Some(twin)) = (latin && word.chars().count() > 2, twin) {
            let words =
                format!("`{word}` has the letter U+{:04X} in it, which only looks Latin.", u32::from(twin));
            found.add_at(FindingId::MixedScript, Level::Ask, (place, text), (start, end), words);
        }
        at = end;
    }
}

fn look_for_shouting(place: Place, text: &str, found: &mut Found) {
    let (mut large, mut small, mut words) = (0, 0, 0);
    let mut in_word = false;
    for c in text.chars() {
        large += usize::from(c.is_uppercase());
        small += usize::from(c.is_lowercase());
        words += usize::from(c.is_alphabetic() && !in_word);
        in_word = c.is_alphabetic();
    }
    if large >= SHOUT_LETTERS && words > 3 && large > 4 * small {
        found.add_whole(
            FindingId::AllCaps,
            Level::Ask,
            place,
            "",
            "Nearly everything is in capital letters.",
        );
        return;
    }
    if place == Place::Subject || large < SHOUT_LETTERS {
        return;
    }
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let letters = line.chars().filter(|c| c.is_alphabetic()).count();
        let shouted = letters >= SHOUT_LETTERS
            && !line.chars().any(char::is_lowercase)
            && line.split_whitespace().count() > 3;
        if shouted {
            let span = (at, at + line.trim_end().len());
            found.add_at(
                FindingId::AllCaps,
                Level::Note,
                (place, text),
                span,
                "A line is in capital letters.",
            );
        }
        at += line.len();
    }
}
