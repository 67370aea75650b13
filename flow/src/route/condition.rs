//! A rule's condition: a CEL expression over the facts of one lead, read and checked once, asked many times.
//!
//! What can be known to be wrong is an error when the condition is read: a name that does not exist, a comparison
//! that can never hold, an operator between kinds that do not go together, an expression that could cost too
//! much. What depends on the lead (a number that is not known, a field that the form did not send) is an error
//! when it is asked, never a silent `false`.

mod cover;
mod predicate;
mod reader;
mod unroll;

use std::fmt;
use std::sync::Arc;

use cel::parser::{ParseErrors, Parser};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::facts::Facts;
use predicate::Predicate;

/// A condition's text is at most this long, in bytes.
pub const CONDITION_MAX_BYTES: usize = 2_000;
/// At most this many opening brackets, wherever they stand.
///
/// Each nested bracket takes the CEL parser some 90 KiB of stack, and its own limit comes too late to save it; the
/// number of brackets is the one bound that no quoting or comment can get around.
pub const BRACKETS_MAX: usize = 100;
/// Expressions nest at most this deep.
pub const DEPTH_MAX: usize = 24;
/// At most this many units of work (about 60 ns each) for one lead, loops counted out.
pub const COST_MAX: u64 = 2_000;

/// Enough for [`BRACKETS_MAX`] nested brackets in a debug build; only what is touched is ever taken.
const PARSER_STACK_BYTES: usize = 32 * 1024 * 1024;

/// Why a condition cannot be read, or could not be answered for one lead.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
#[error("{message}")]
pub struct ConditionError {
    /// Where in the condition's text, in bytes from its start.
    pub offset: usize,
    pub message: String,
    /// What to do next.
    pub hint: Option<String>,
}

impl ConditionError {
    fn at(offset: usize, message: impl Into<String>) -> ConditionError {
        ConditionError { offset, message: message.into(), hint: None }
    }

    fn hint(mut self, hint: impl Into<String>) -> ConditionError {
        self.hint = Some(hint.into());
        self
    }
}

/// A checked condition. Cheap to clone; two are equal when their texts are.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Condition {
    text: Arc<str>,
    predicate: Arc<Predicate>,
}

impl Condition {
    /// Reads and checks a condition.
    ///
    /// # Errors
    /// The first thing that is wrong with it, with its place and what to write instead.
    pub fn parse(text: &str) -> Result<Condition, ConditionError> {
        bounded(text)?;
        let (mut expression, places) = parse_apart(text)?;
        unroll::unroll(&mut expression);
        reader::check(&mut expression, &places)?;
        let predicate = Predicate::of(expression, &places);
        Ok(Condition { text: text.into(), predicate: Arc::new(predicate) })
    }

    /// Whether the condition holds for a lead.
    ///
    /// # Errors
    /// When the lead lacks what the condition needs, or has it in another kind. The caller decides what that means;
    /// routing takes it as a no, and says so.
    pub fn matches(&self, facts: &Facts) -> Result<bool, ConditionError> {
        self.predicate.holds(facts).map_err(|trouble| trouble.explain())
    }

    /// The condition as it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether no lead at all can satisfy this, as far as that can be told cheaply.
    #[must_use]
    pub fn never_holds(&self) -> bool {
        cover::contradicts_itself(&self.predicate)
    }

    /// Whether every lead that satisfies `other` satisfies this too, as far as that can be told cheaply.
    #[must_use]
    pub fn covers(&self, other: &Condition) -> bool {
        self.text == other.text || cover::covers(&self.predicate, &other.predicate)
    }
}

fn bounded(text: &str) -> Result<(), ConditionError> {
    if text.trim().is_empty() {
        return Err(ConditionError::at(0, "the condition is empty").hint("write `true` to match every lead"));
    }
    if text.len() > CONDITION_MAX_BYTES {
        return Err(ConditionError::at(
            CONDITION_MAX_BYTES,
            format!("the condition is longer than {CONDITION_MAX_BYTES} bytes"),
        )
        .hint("split it into several rules with the same target"));
    }
    let mut brackets = text.bytes().enumerate().filter(|(_, byte)| matches!(byte, b'(' | b'[' | b'{'));
    match brackets.nth(BRACKETS_MAX) {
        Some((offset, _)) => {
            Err(ConditionError::at(offset, format!("the condition has more than {BRACKETS_MAX} brackets"))
                .hint("split it into several rules with the same target"))
        }
        None => Ok(()),
    }
}

/// Where the parts of an expression were written, by their id; in bytes.
struct Places(cel::common::ast::SourceInfo);

impl Places {
    fn of(&self, expression: &cel::IdedExpr) -> usize {
        self.0.offset_for(expression.id).map_or(0, |(start, _)| start as usize)
    }
}

/// Runs the CEL parser on a thread of its own: it recurses deeply enough to overflow an ordinary worker's stack,
/// which would end the process.
fn parse_apart(text: &str) -> Result<(cel::IdedExpr, Places), ConditionError> {
    let parsed = std::thread::scope(|scope| {
        std::thread::Builder::new()
            .stack_size(PARSER_STACK_BYTES)
            .spawn_scoped(scope, || Parser::new().parse_with_source_info(text))
            .map(|parser| parser.join())
    });
    match parsed {
        Ok(Ok(Ok((expression, source)))) => Ok((expression, Places(source))),
        Ok(Ok(Err(errors))) => Err(plain_words(text, &errors)),
        Ok(Err(_)) | Err(_) => Err(ConditionError::at(0, "the condition cannot be read as a CEL expression")
            .hint("simplify it, for example into several rules with the same target")),
    }
}

/// The parser's first complaint in words a sales lead can act on.
fn plain_words(text: &str, errors: &ParseErrors) -> ConditionError {
    const HINT: &str = "an example that works: `lead.country == \"DE\" && lead.value > 10000`";
    let Some(first) = errors.errors.first() else {
        return ConditionError::at(0, "the condition cannot be read").hint(HINT);
    };
    let offset = byte_offset(text, first.pos);
    let complaint = first.msg.strip_prefix("Syntax error: ").unwrap_or(&first.msg);
    let found = complaint.split_once('\'').and_then(|(_, rest)| rest.rsplit_once('\'')).map(|(quoted, _)| {
        // "mismatched input 'x' expecting {'[', …}" quotes more than what was found.
        quoted.split("' expecting").next().unwrap_or(quoted)
    });
    let message = match found {
        Some("<EOF>") => "the condition ends too early".to_owned(),
        Some(found) if complaint.starts_with("token recognition") => format!("cannot read `{found}`"),
        Some(found) => format!("did not expect `{found}` here"),
        None => format!("the condition cannot be read: {complaint}"),
    };
    ConditionError::at(offset, message).hint(HINT)
}

/// The parser counts lines from one and columns in characters from one.
fn byte_offset(text: &str, (line, column): (isize, isize)) -> usize {
    let line_index = usize::try_from(line - 1).unwrap_or(0);
    let column_index = usize::try_from(column - 1).unwrap_or(0);
    let line_start: usize = text.split_inclusive('\n').take(line_index).map(str::len).sum();
    let line_text = text.get(line_start..).unwrap_or_default();
    line_start + line_text.char_indices().nth(column_index).map_or(line_text.len(), |(at, _)| at)
}

impl fmt::Debug for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Condition").field(&self.text).finish()
    }
}

impl PartialEq for Condition {
    fn eq(&self, other: &Condition) -> bool {
        self.text == other.text
    }
}

impl Eq for Condition {}

impl TryFrom<String> for Condition {
    type Error = ConditionError;

    fn try_from(text: String) -> Result<Condition, ConditionError> {
        Condition::parse(&text)
    }
}

impl From<Condition> for String {
    fn from(condition: Condition) -> String {
        condition.text.as_ref().to_owned()
    }
}

#[cfg(test)]
mod tests;
