//! A tape line, read field by field so that an error names the field.

use crate::boundary::{Outcome, Review};
use serde_json::{Map, Value};
use thiserror::Error;

/// The longest name of a class, segment, reviewer or cause, in bytes.
const LONGEST_NAME: usize = 200;

/// What is wrong with a tape.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("line {line}: `{field}` {why}")]
pub struct TapeError {
    /// Counting from 1.
    pub line: u64,
    /// With the objects around it, as in `review.dwell_s`.
    pub field: String,
    pub why: String,
}

/// What is wrong with a field.
#[derive(Debug)]
pub(super) struct FieldError {
    pub field: String,
    pub why: String,
}

pub(super) enum Line {
    Action(Box<Action>),
    Change(Change),
}

pub(super) struct Change {
    pub i: Option<u64>,
    pub ts: f64,
    pub class: String,
    pub what: String,
}

pub(super) struct Action {
    pub i: u64,
    pub ts: f64,
    pub class: String,
    pub segment: String,
    pub words_new: u32,
    pub u_audit: f64,
    pub review: Decision,
    pub exception: Option<Exception>,
    pub probe: Option<Probe>,
}

pub(super) struct Decision {
    reviewer: String,
    outcome: Outcome,
    dwell_s: f64,
    bulk: bool,
}

impl Decision {
    pub fn as_review(&self, words_new: u32) -> Review<'_> {
        let Decision { ref reviewer, outcome, dwell_s, bulk } = *self;
        Review { reviewer, outcome, words_new, dwell_s, bulk }
    }
}

pub(super) struct Exception {
    pub after_s: f64,
    pub critical: bool,
}

pub(super) struct Probe {
    pub reviewer: String,
    pub caught: bool,
}

impl Line {
    pub fn ts(&self) -> f64 {
        match self {
            Line::Action(action) => action.ts,
            Line::Change(change) => change.ts,
        }
    }
}

/// Reads one line.
///
/// # Errors
/// The first field at fault; `line` when the text is no JSON object at all.
pub(super) fn parse(text: &str) -> Result<Line, FieldError> {
    let fault = |why: String| FieldError { field: "line".to_owned(), why };
    let value: Value = serde_json::from_str(text).map_err(|error| {
        let said = error.to_string();
        let what = said.split(" at line ").next().unwrap_or(&said);
        fault(format!("is not JSON: {what} at column {}", error.column()))
    })?;
    let Value::Object(object) = &value else {
        return Err(fault(format!("must be a JSON object, not {}", kind(&value))));
    };
    let fields = Fields { object, within: "" };
    if object.contains_key("event") { change(&fields).map(Line::Change) } else { action(&fields) }
}

fn change(fields: &Fields<'_>) -> Result<Change, FieldError> {
    let event = fields.name("event")?;
    if event != "change" {
        return Err(fields.error("event", format!("must be `change`, not `{event}`")));
    }
    Ok(Change {
        i: fields.given("i").map(|_| fields.whole("i")).transpose()?,
        ts: fields.number("ts")?,
        class: fields.name("class")?,
        what: fields.name("what")?,
    })
}

fn action(fields: &Fields<'_>) -> Result<Line, FieldError> {
    let review = fields.object("review")?;
    let auto = fields.given("auto").map(|_| fields.object("auto")).transpose()?;
    let exception = auto
        .filter(|auto| auto.given("exception").is_some())
        .map(|auto| auto.object_within("exception", "auto.exception."))
        .transpose()?;
    let probe = fields.given("probe").map(|_| fields.object("probe")).transpose()?;
    Ok(Line::Action(Box::new(Action {
        i: fields.whole("i")?,
        ts: fields.number("ts")?,
        class: fields.name("class")?,
        segment: fields.name("segment")?,
        words_new: fields.words("words_new")?,
        u_audit: fields.number_within("u_audit", 0.0, 1.0)?,
        review: Decision {
            reviewer: review.name("reviewer")?,
            outcome: review.outcome("outcome")?,
            dwell_s: review.number_within("dwell_s", 0.0, f64::MAX)?,
            bulk: review.truth("bulk")?,
        },
        exception: exception
            .map(|exception| {
                Ok(Exception {
                    after_s: exception.number_within("after_s", 0.0, f64::MAX)?,
                    critical: exception.truth("critical")?,
                })
            })
            .transpose()?,
        probe: probe
            .map(|probe| Ok(Probe { reviewer: probe.name("reviewer")?, caught: probe.truth("caught")? }))
            .transpose()?,
    })))
}

/// The fields of one object of the line.
struct Fields<'a> {
    object: &'a Map<String, Value>,
    /// What to put before a field's name in an error: `review.`.
    within: &'static str,
}

impl<'a> Fields<'a> {
    fn error(&self, field: &str, why: String) -> FieldError {
        FieldError { field: format!("{}{field}", self.within), why }
    }

    /// A field that may be left out or `null`.
    fn given(&self, field: &str) -> Option<&'a Value> {
        self.object.get(field).filter(|value| !value.is_null())
    }

    fn read<T>(
        &self,
        field: &str,
        wanted: &str,
        read: impl Fn(&'a Value) -> Option<T>,
    ) -> Result<T, FieldError> {
        let Some(value) = self.object.get(field) else {
            return Err(self.error(field, format!("is missing; it must be {wanted}")));
        };
        read(value).ok_or_else(|| self.error(field, format!("must be {wanted}, not {}", kind(value))))
    }

    fn object(&self, field: &'static str) -> Result<Fields<'a>, FieldError> {
        let within = match field {
            "review" => "review.",
            "probe" => "probe.",
            _ => "auto.",
        };
        self.object_within(field, within)
    }

    fn object_within(&self, field: &str, within: &'static str) -> Result<Fields<'a>, FieldError> {
        let object = self.read(field, "an object", Value::as_object)?;
        Ok(Fields { object, within })
    }

    fn name(&self, field: &str) -> Result<String, FieldError> {
        let is_name = |text: &&str| (1..=LONGEST_NAME).contains(&text.len());
        self.read(field, "a text of 1 to 200 bytes", |value| {
            value.as_str().filter(is_name).map(str::to_owned)
        })
    }

    fn whole(&self, field: &str) -> Result<u64, FieldError> {
        // Below 2^53, so that the number after it is exact everywhere.
        let is_exact = |number: &u64| *number < 1 << 53;
        self.read(field, "a whole number from 0", |value| value.as_u64().filter(is_exact))
    }

    fn words(&self, field: &str) -> Result<u32, FieldError> {
        let wanted = "a whole number from 0 to 4294967295";
        self.read(field, wanted, |value| value.as_u64().and_then(|words| words.try_into().ok()))
    }

    fn number(&self, field: &str) -> Result<f64, FieldError> {
        self.read(field, "a number", Value::as_f64)
    }

    fn number_within(&self, field: &str, least: f64, most: f64) -> Result<f64, FieldError> {
        let wanted = if most < f64::MAX {
            format!("a number from {least} to {most}")
        } else {
            format!("a number from {least}")
        };
        self.read(field, &wanted, |value| value.as_f64().filter(|number| (least..=most).contains(number)))
    }

    fn truth(&self, field: &str) -> Result<bool, FieldError> {
        self.read(field, "true or false", Value::as_bool)
    }

    fn outcome(&self, field: &str) -> Result<Outcome, FieldError> {
        let wanted = "`approved`, `cosmetic`, `substantive` or `rejected`";
        self.read(field, wanted, |value| match value.as_str()? {
            "approved" => Some(Outcome::Approved),
            "cosmetic" => Some(Outcome::Cosmetic),
            "substantive" => Some(Outcome::Substantive),
            "rejected" => Some(Outcome::Rejected),
            _ => None,
        })
    }
}

/// A value, as an error shows it.
fn kind(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
        Value::String(text) => format!("`{}`", text.chars().take(40).collect::<String>()),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}
