//! What is wrong in a calendar or in a holiday file, where, and what to do about it.

use std::fmt;

/// One thing found wrong in a calendar or in a holiday file it names.
///
/// Shown as `file:line:column: message; hint`, the form editors jump to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// The file as it was named to [`Calendar::parse`](super::Calendar::parse), or as the calendar names it.
    pub file: String,
    /// Counted from 1.
    pub line: usize,
    /// In characters, counted from 1.
    pub column: usize,
    /// What is wrong, with the reader's own text in backticks.
    pub message: String,
    /// What to do next.
    pub hint: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}; {}", self.file, self.line, self.column, self.message, self.hint)
    }
}

/// The most faults told of one file. One with more is probably some other file.
pub(super) const FAULTS_MAX: usize = 200;

/// A complaint about one value, before anyone knows where it stands: what is wrong, and what to do next.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Complaint {
    pub message: String,
    pub hint: String,
}

impl Complaint {
    pub fn new(message: impl Into<String>, hint: impl Into<String>) -> Complaint {
        Complaint { message: message.into(), hint: hint.into() }
    }

    pub fn at(self, file: &str, line: usize, column: usize) -> Fault {
        Fault { file: file.to_owned(), line, column, message: self.message, hint: self.hint }
    }
}
