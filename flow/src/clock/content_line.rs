//! The lines of an iCalendar file (RFC 5545, section 3.1): unfolded, each with its place in the file.

use super::fault::{Complaint, FAULTS_MAX, Fault};

/// `NAME;PARAMETER=value:value`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ContentLine {
    /// In capitals.
    pub name: String,
    /// Names in capitals, values as written, without their quotes.
    parameters: Vec<(String, String)>,
    pub value: String,
    /// Where it starts in the file, counted from 1.
    pub number: usize,
    /// Where its value starts in the unfolded line, counted from 1.
    pub column: usize,
}

impl ContentLine {
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The value as free text, without its escapes (RFC 5545, section 3.3.11).
    pub fn text(&self) -> String {
        let mut text = String::with_capacity(self.value.len());
        let mut letters = self.value.chars();
        while let Some(letter) = letters.next() {
            match letter {
                '\\' => match letters.next() {
                    Some('n' | 'N') => text.push(' '),
                    Some(escaped) => text.push(escaped),
                    None => {}
                },
                _ => text.push(letter),
            }
        }
        text
    }

    /// Turns a complaint about this line's value into a fault at its place.
    pub fn fault(&self, file: &str, complaint: Complaint) -> Fault {
        complaint.at(file, self.number, self.column)
    }
}

/// Reads the lines of a file; what cannot be read becomes a fault.
pub(super) fn read(file: &str, text: &str, faults: &mut Vec<Fault>) -> Vec<ContentLine> {
    let mut lines = Vec::new();
    for (number, unfolded) in unfold(text) {
        match split(&unfolded, number) {
            Some(line) => lines.push(line),
            None if faults.len() < FAULTS_MAX => {
                let shown: String = unfolded.chars().take(40).collect();
                let complaint = Complaint::new(
                    format!("`{shown}` is not an iCalendar line"),
                    "write `NAME:value`; a line that goes on starts with a space",
                );
                faults.push(complaint.at(file, number, 1));
            }
            None => {}
        }
    }
    lines
}

/// Joins the lines that go on: those starting with a space or a tab.
fn unfold(text: &str) -> Vec<(usize, String)> {
    let mut unfolded: Vec<(usize, String)> = Vec::new();
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    for (index, line) in text.lines().enumerate() {
        match (line.strip_prefix([' ', '\t']), unfolded.last_mut()) {
            (Some(rest), Some((_, begun))) => begun.push_str(rest),
            _ if line.trim().is_empty() => {}
            _ => unfolded.push((index + 1, line.to_owned())),
        }
    }
    unfolded
}

fn split(line: &str, number: usize) -> Option<ContentLine> {
    let colon = outside_quotes(line, ':').next()?;
    let (head, value) = (&line[..colon], &line[colon + 1..]);
    let mut pieces = Vec::new();
    let mut begin = 0;
    for semicolon in outside_quotes(head, ';').chain([head.len()]) {
        pieces.push(&head[begin..semicolon]);
        begin = semicolon + 1;
    }
    let (name, parameters) = pieces.split_first()?;
    if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
        return None;
    }
    let parameters = parameters
        .iter()
        .map(|parameter| parameter.split_once('='))
        .map(|pair| pair.map(|(name, value)| (name.to_ascii_uppercase(), value.trim_matches('"').to_owned())))
        .collect::<Option<Vec<_>>>()?;
    Some(ContentLine {
        name: name.to_ascii_uppercase(),
        parameters,
        value: value.trim_end().to_owned(),
        number,
        column: line[..=colon].chars().count() + 1,
    })
}

/// Where `wanted` stands outside double quotes.
fn outside_quotes(text: &str, wanted: char) -> impl Iterator<Item = usize> {
    let mut quoted = false;
    text.char_indices().filter_map(move |(at, letter)| {
        quoted ^= letter == '"';
        (letter == wanted && !quoted).then_some(at)
    })
}
