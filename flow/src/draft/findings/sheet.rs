//! A text prepared for reading: cut once into words, numbers, signs and links, so that every rule looks at the same.

use std::collections::HashSet;

use super::Place;
use super::link::{Link, link_in};
use super::phrases::{Hit, Tag, hits};
use crate::draft::letters::fold_into;

/// A text and its words, in order. Quoted lines, links and file names are no words.
pub(in crate::draft) struct Sheet<'a> {
    pub text: &'a str,
    pub place: Place,
    pub words: Vec<Word>,
    pub links: Vec<Link<'a>>,
    /// Names of files that the text mentions, by their bytes.
    pub files: Vec<(usize, usize)>,
    quoted: HashSet<usize>,
    folded: String,
    hits: Vec<Hit>,
}

/// A word, a number or a sign, by its bytes in the text.
#[derive(Debug, Clone, Copy)]
pub(in crate::draft) struct Word {
    pub start: usize,
    pub end: usize,
    pub kind: Kind,
    /// The line of the text, from 0.
    pub line: usize,
    folded: (usize, usize),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::draft) enum Kind {
    /// A run of letters. Apostrophes and inner hyphens part words: `d'ici` is two.
    Letters,
    /// Digits, with single `.`, `,` or `'` between them; groups of three after a space belong to it: `1 200`.
    Number,
    Sign(char),
}

impl<'a> Sheet<'a> {
    /// Prepares `text`. Lines that begin with `>` and stand in `inbound` are quoted and not read; a line that only
    /// looks quoted is read like any other.
    pub fn new(place: Place, text: &'a str, inbound: &[&str]) -> Sheet<'a> {
        let mut sheet = Sheet {
            text,
            place,
            words: Vec::with_capacity(text.len() / 5),
            links: Vec::new(),
            files: Vec::new(),
            quoted: quoted_lines(text, inbound),
            folded: String::with_capacity(text.len()),
            hits: Vec::new(),
        };
        let mut at = 0;
        for (number, line) in text.split_inclusive('\n').enumerate() {
            if !sheet.quoted.contains(&number) {
                sheet.read_line(number, at, line);
            }
            at += line.len();
        }
        sheet.join_groups_of_three();
        sheet.hits = hits(&sheet);
        sheet
    }

    /// The lines that are not quoted, each with the byte where it begins.
    pub fn own_lines(&self) -> impl Iterator<Item = (usize, &'a str)> {
        let mut at = 0;
        let lines = self.text.split_inclusive('\n').map(move |line| {
            let start = at;
            at += line.len();
            (start, line)
        });
        lines.enumerate().filter(|(number, _)| !self.quoted.contains(number)).map(|(_, line)| line)
    }

    /// The word at `index` in lower case without accents; empty for a sign.
    pub fn folded(&self, index: usize) -> &str {
        self.words.get(index).map_or("", |word| &self.folded[word.folded.0..word.folded.1])
    }

    /// The word at `index` as it stands.
    pub fn word(&self, index: usize) -> &'a str {
        self.words.get(index).map_or("", |word| &self.text[word.start..word.end])
    }

    pub fn kind(&self, index: usize) -> Option<Kind> {
        self.words.get(index).map(|word| word.kind)
    }

    pub fn is_number(&self, index: usize) -> bool {
        self.kind(index) == Some(Kind::Number)
    }

    pub fn is_letters(&self, index: usize) -> bool {
        self.kind(index) == Some(Kind::Letters)
    }

    pub fn is_sign(&self, index: usize, sign: char) -> bool {
        self.kind(index) == Some(Kind::Sign(sign))
    }

    /// Whether nothing stands between the word at `index` and the one after it.
    pub fn touches_next(&self, index: usize) -> bool {
        match (self.words.get(index), self.words.get(index + 1)) {
            (Some(word), Some(next)) => word.end == next.start,
            _ => false,
        }
    }

    /// The bytes from the first word to the last, both included.
    pub fn span(&self, first: usize, last: usize) -> (usize, usize) {
        match (self.words.get(first), self.words.get(last)) {
            (Some(first), Some(last)) => (first.start, last.end),
            _ => (0, 0),
        }
    }

    /// The words from first to last, folded and with single spaces: equal for equal wording.
    pub fn key(&self, first: usize, last: usize) -> String {
        let mut key = String::new();
        for index in first..=last.min(self.words.len().saturating_sub(1)) {
            match self.kind(index) {
                Some(Kind::Letters | Kind::Number) => {
                    key.push_str(self.folded(index));
                    key.push(' ');
                }
                _ => key.push_str(self.word(index)),
            }
        }
        key
    }

    /// Phrases of a tag, in order.
    pub fn hits(&self, tag: Tag) -> impl Iterator<Item = Hit> + '_ {
        self.hits.iter().copied().filter(move |hit| hit.tag == tag)
    }

    /// The longest phrase of a tag that begins at `index`.
    pub fn hit_at(&self, index: usize, tag: Tag) -> Option<Hit> {
        let from = self.hits.partition_point(|hit| hit.first < index);
        let here = self.hits[from..].iter().take_while(|hit| hit.first == index);
        here.filter(|hit| hit.tag == tag).max_by_key(|hit| hit.last).copied()
    }

    pub fn is(&self, index: usize, tag: Tag) -> bool {
        self.hit_at(index, tag).is_some()
    }

    fn read_line(&mut self, number: usize, line_at: usize, line: &'a str) {
        let mut rest = line;
        loop {
            let chunk_at = line_at + line.len() - rest.len();
            let Some(skip) = rest.find(|c: char| !c.is_whitespace()) else { return };
            rest = &rest[skip..];
            let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
            self.read_chunk(number, chunk_at + skip, &rest[..end]);
            rest = &rest[end..];
        }
    }

    /// Reads what stands between two spaces: a link, a file's name, or words.
    fn read_chunk(&mut self, line: usize, at: usize, chunk: &'a str) {
        if let Some(link) = link_in(at, chunk) {
            let (start, end) = (link.start - at, link.end - at);
            self.read_words(line, at, &chunk[..start]);
            self.links.push(link);
            self.read_chunk(line, at + end, &chunk[end..]);
        } else if let Some((start, end)) = file_in(chunk) {
            self.read_words(line, at, &chunk[..start]);
            self.files.push((at + start, at + end));
            self.read_words(line, at + end, &chunk[end..]);
        } else {
            self.read_words(line, at, chunk);
        }
    }

    fn read_words(&mut self, line: usize, at: usize, chunk: &str) {
        let mut chars = chunk.char_indices().peekable();
        while let Some((start, c)) = chars.next() {
            let rest = &chunk[start..];
            let (kind, length) = if c.is_numeric() {
                (Kind::Number, number_length(rest))
            } else if c.is_alphabetic() {
                (Kind::Letters, rest.find(|c| !is_letter(c)).unwrap_or(rest.len()))
            } else {
                if !joins(chunk, start, c) {
                    self.push(line, at + start, at + start + c.len_utf8(), Kind::Sign(c), "");
                }
                continue;
            };
            self.push(line, at + start, at + start + length, kind, &rest[..length]);
            while chars.next_if(|(next, _)| *next < start + length).is_some() {}
        }
    }

    fn push(&mut self, line: usize, start: usize, end: usize, kind: Kind, word: &str) {
        let from = self.folded.len();
        fold_into(word, &mut self.folded);
        self.words.push(Word { start, end, kind, line, folded: (from, self.folded.len()) });
    }

    /// Makes one number of `1 200 000`.
    fn join_groups_of_three(&mut self) {
        let mut joined: Vec<Word> = Vec::with_capacity(self.words.len());
        for word in self.words.drain(..) {
            let Some(last) = joined.last_mut() else {
                joined.push(word);
                continue;
            };
            let gap = &self.text[last.end..word.start];
            let group = word.kind == Kind::Number
                && last.kind == Kind::Number
                && word.line == last.line
                && gap.chars().count() == 1
                && is_group(&self.text[last.start..last.end], &self.text[word.start..word.end]);
            if group {
                last.end = word.end;
                last.folded.1 = word.folded.1;
            } else {
                joined.push(word);
            }
        }
        self.words = joined;
    }
}

fn is_letter(c: char) -> bool {
    c.is_alphabetic() || matches!(c, '\u{300}'..='\u{36F}' | '\u{AD}' | '\u{200B}'..='\u{200D}')
}

/// Whether a sign only joins two letters: an apostrophe, a hyphen.
fn joins(chunk: &str, at: usize, c: char) -> bool {
    matches!(c, '\'' | '’' | '-' | '\u{2010}' | '\u{2011}')
        && chunk[..at].chars().next_back().is_some_and(char::is_alphabetic)
        && chunk[at + c.len_utf8()..].chars().next().is_some_and(char::is_alphabetic)
}

/// The bytes of the number that `text` begins with.
fn number_length(text: &str) -> usize {
    let mut end = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let inner =
            matches!(c, '.' | ',' | '\'' | '’') && chars.peek().is_some_and(|(_, next)| next.is_numeric());
        if !c.is_numeric() && !inner {
            break;
        }
        end = at + c.len_utf8();
    }
    end
}

/// Whether `group` continues `number`: three digits, perhaps with decimals, after one to three digits or a group.
fn is_group(number: &str, group: &str) -> bool {
    let head = number.rsplit(|c: char| c.is_whitespace()).next().unwrap_or(number);
    let whole = number.chars().all(|c| c.is_ascii_digit() || c.is_whitespace());
    let digits = group.bytes().take_while(u8::is_ascii_digit).count();
    let decimals = &group[digits..];
    let decimals_only = decimals.is_empty() || decimals.len() <= 3 && decimals.starts_with([',', '.']);
    whole && (1..=3).contains(&head.len()) && digits == 3 && decimals_only
}

/// Endings by which a file is known. The usual office files; what is no web domain.
const FILE_ENDINGS: [&str; 24] = [
    "pdf", "doc", "docx", "odt", "rtf", "txt", "xls", "xlsx", "ods", "csv", "ppt", "pptx", "odp", "zip",
    "7z", "png", "jpg", "jpeg", "gif", "svg", "ics", "vcf", "eml", "json",
];

/// The bytes of a file's name in a chunk, without the brackets and stops around it.
fn file_in(chunk: &str) -> Option<(usize, usize)> {
    if !chunk.contains('.') {
        return None;
    }
    let name = chunk.trim_matches(|c: char| !c.is_alphanumeric());
    let (stem, ending) = name.rsplit_once('.')?;
    let known = !stem.is_empty() && FILE_ENDINGS.iter().any(|known| known.eq_ignore_ascii_case(ending));
    let start = chunk.len() - chunk.trim_start_matches(|c: char| !c.is_alphanumeric()).len();
    known.then_some((start, start + name.len()))
}

/// The numbers of lines that quote inbound mail, with the line `… wrote:` before them.
fn quoted_lines(text: &str, inbound: &[&str]) -> HashSet<usize> {
    let mut quoted = HashSet::new();
    if inbound.is_empty() || !(text.starts_with('>') || text.contains("\n>")) {
        return quoted;
    }
    let bare =
        |line: &str| line.trim_start_matches(|c: char| c == '>' || c.is_whitespace()).trim_end().to_owned();
    let theirs: HashSet<String> = inbound.iter().flat_map(|text| text.lines()).map(bare).collect();
    let mut before = "";
    for (number, line) in text.lines().enumerate() {
        if line.starts_with('>') && (bare(line).is_empty() || theirs.contains(&bare(line))) {
            if before.trim_end().ends_with(':') && !quoted.contains(&(number - 1)) {
                quoted.insert(number - 1);
            }
            quoted.insert(number);
        }
        before = line;
    }
    quoted
}
