//! A tape line, read field by field so that an error names the field.

use crate::boundary::{Config, Outcome, Review, Route, Settings};
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
    /// Of a living workspace's history.
    Living(Box<Living>),
}

/// What only the history of a living workspace tells.
pub(super) struct Living {
    pub i: Option<u64>,
    pub ts: f64,
    pub class: String,
    pub event: Event,
}

pub(super) enum Event {
    /// People move the boundary from here on.
    History,
    Settings(Box<Settings>),
    Config(Box<Config>),
    Widened(Vec<String>),
    Narrowed(Vec<String>),
    Locked,
    Unlocked,
    Exception {
        segment: String,
        ran_at: f64,
        critical: bool,
    },
    Probe(Probe),
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
    /// The way it really went, in a history.
    pub route: Option<Route>,
    /// None where it ran by itself and nobody knows.
    pub review: Option<Decision>,
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
            Line::Living(living) => living.ts,
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
    if object.contains_key("event") { change(&fields) } else { action(&fields) }
}

fn change(fields: &Fields<'_>) -> Result<Line, FieldError> {
    let event = fields.name("event")?;
    if event != "change" {
        return living(fields, &event).map(|living| Line::Living(Box::new(living)));
    }
    Ok(Line::Change(Change {
        i: fields.given("i").map(|_| fields.whole("i")).transpose()?,
        ts: fields.number("ts")?,
        class: fields.name("class")?,
        what: fields.name("what")?,
    }))
}

fn living(fields: &Fields<'_>, event: &str) -> Result<Living, FieldError> {
    let event = match event {
        "history" => Event::History,
        "settings" => Event::Settings(Box::new(fields.whole_value("settings")?)),
        "config" => Event::Config(Box::new(fields.whole_value("config")?)),
        "widened" => Event::Widened(fields.whole_value("segments")?),
        "narrowed" => Event::Narrowed(fields.whole_value("segments")?),
        "locked" => Event::Locked,
        "unlocked" => Event::Unlocked,
        "exception" => Event::Exception {
            segment: fields.name("segment")?,
            ran_at: fields.number("ran_at")?,
            critical: fields.truth("critical")?,
        },
        "probe" => {
            Event::Probe(Probe { reviewer: fields.name("reviewer")?, caught: fields.truth("caught")? })
        }
        other => return Err(fields.error("event", format!("must be `change`, not `{other}`"))),
    };
    let has_class = !matches!(event, Event::History | Event::Config(_));
    Ok(Living {
        i: fields.given("i").map(|_| fields.whole("i")).transpose()?,
        ts: fields.number("ts")?,
        class: if has_class { fields.name("class")? } else { String::new() },
        event,
    })
}

fn action(fields: &Fields<'_>) -> Result<Line, FieldError> {
    let route = fields.given("route").map(|_| fields.route("route")).transpose()?;
    let ran = route == Some(Route::Auto) && fields.given("review").is_none();
    let review = if ran { None } else { Some(fields.object("review")?) };
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
        route,
        review: review
            .map(|review| {
                Ok(Decision {
                    reviewer: review.name("reviewer")?,
                    outcome: review.outcome("outcome")?,
                    dwell_s: review.number_within("dwell_s", 0.0, f64::MAX)?,
                    bulk: review.truth("bulk")?,
                })
            })
            .transpose()?,
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

    fn route(&self, field: &str) -> Result<Route, FieldError> {
        self.read(field, "`gate`, `audit` or `auto`", |value| match value.as_str()? {
            "gate" => Some(Route::Gate),
            "audit" => Some(Route::Audit),
            "auto" => Some(Route::Auto),
            _ => None,
        })
    }

    /// A value in the form that Lockkeeper itself writes.
    fn whole_value<T: serde::de::DeserializeOwned>(&self, field: &str) -> Result<T, FieldError> {
        let value = self.read(field, "given", Some)?;
        serde_json::from_value(value.clone()).map_err(|error| self.error(field, format!("is wrong: {error}")))
    }

    fn outcome(&self, field: &str) -> Result<Outcome, FieldError> {
        let wanted = "`approved`, `cosmetic`, `substantive` or `rejected`";
        self.read(field, wanted, |value| Outcome::from_word(value.as_str()?))
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
