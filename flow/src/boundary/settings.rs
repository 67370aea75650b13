//! What a workspace sets for its classes, and the file form of it.

use super::score::KAPPA;
use crate::nearest::nearest;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use thiserror::Error;

/// The name of the one segment of a class that declares none.
pub const WHOLE_CLASS: &str = "-";
/// The most segments a class may declare; every subset that is tried costs a score at each review.
pub const MOST_SEGMENTS: usize = 64;

/// What is set for one class.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The share of wrong actions that is tolerable, above 0 and at most 0.5.
    pub eps: f64,
    /// The probability that a class at its limit or worse ever graduates, above 0 and at most 0.5.
    pub alpha: f64,
    /// The part of the catch rate on probes that is trusted on real defects, above 0 and at most 1.
    pub kappa: f64,
    /// The share of what a reviewer sees that is planted, from 0 to 0.5; 0 switches probes off.
    pub probe_rate: f64,
    /// The declared segments; the one segment [`WHOLE_CLASS`] when the class is not divided.
    pub segments: Vec<String>,
    /// A floor: gated whatever the evidence.
    pub never_graduate: bool,
    /// The classes whose probes are pooled; a class without a family has its own.
    pub family: Option<String>,
    /// How many audits after a graduation are drawn at `first_audit_share`.
    pub first_audits: u32,
    /// The share of actions audited at first.
    pub first_audit_share: f64,
    /// The share of actions audited later.
    pub audit_share: f64,
    /// The share of actions audited while something looks wrong.
    pub raised_audit_share: f64,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            eps: 0.05,
            alpha: 0.05,
            kappa: KAPPA,
            probe_rate: 0.05,
            segments: vec![WHOLE_CLASS.to_owned()],
            never_graduate: false,
            family: None,
            first_audits: 40,
            first_audit_share: 0.20,
            audit_share: 0.05,
            raised_audit_share: 0.50,
        }
    }
}

impl Settings {
    /// Whether evidence gathered under `self` still answers the question that `other` asks.
    pub(super) fn asks_the_same(&self, other: &Settings) -> bool {
        (self.eps, self.alpha, self.kappa) == (other.eps, other.alpha, other.kappa)
            && (&self.segments, self.never_graduate, &self.family)
                == (&other.segments, other.never_graduate, &other.family)
    }

    /// The position of a segment. A class that is not divided takes every name for its one segment.
    pub(super) fn segment(&self, name: &str) -> Option<usize> {
        let undivided = matches!(self.segments.as_slice(), [only] if only == WHOLE_CLASS);
        if undivided { Some(0) } else { self.segments.iter().position(|segment| segment == name) }
    }

    fn check(&self) -> Result<(), (&'static str, &'static str)> {
        let part = |value: f64, most: f64| value > 0.0 && value <= most;
        let share = |value: f64| (0.0..=1.0).contains(&value);
        let twice = |name: &String| self.segments.iter().filter(|other| *other == name).count() > 1;
        let wrong = [
            (!part(self.eps, 0.5), "eps", "must be above 0 and at most 0.5"),
            (!part(self.alpha, 0.5), "alpha", "must be above 0 and at most 0.5"),
            (!part(self.kappa, 1.0), "kappa", "must be above 0 and at most 1"),
            (!(0.0..=0.5).contains(&self.probe_rate), "probe_rate", "must be from 0 to 0.5"),
            (self.segments.is_empty(), "segments", "must name at least one segment"),
            (self.segments.len() > MOST_SEGMENTS, "segments", "may name at most 64 segments"),
            (self.segments.iter().any(twice), "segments", "names a segment twice"),
            (!share(self.first_audit_share), "first_audit_share", "must be from 0 to 1"),
            (!share(self.audit_share), "audit_share", "must be from 0 to 1"),
            (!share(self.raised_audit_share), "raised_audit_share", "must be from 0 to 1"),
        ];
        match wrong.into_iter().find(|(is_wrong, _, _)| *is_wrong) {
            Some((_, key, why)) => Err((key, why)),
            None => Ok(()),
        }
    }
}

/// What is set for all classes of a workspace.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    pub defaults: Settings,
    pub classes: BTreeMap<String, Settings>,
    /// Portfolio mode: the number of classes that share one `alpha`.
    pub portfolio: Option<u32>,
}

/// What is wrong with a configuration.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum ConfigError {
    #[error("{message}, at line {line} column {column}{}", did_you_mean(.nearest.as_deref()))]
    Shape { message: String, line: usize, column: usize, nearest: Option<String> },
    #[error("`{place}.{key}` {why}")]
    Value { place: String, key: &'static str, why: &'static str },
    #[error("`portfolio` must be the number of classes, 1 or more")]
    Portfolio,
}

fn did_you_mean(nearest: Option<&str>) -> String {
    nearest.map(|key| format!("; did you mean `{key}`?")).unwrap_or_default()
}

impl Config {
    /// The settings of a class.
    pub fn of(&self, class: &str) -> &Settings {
        self.classes.get(class).unwrap_or(&self.defaults)
    }

    /// Reads `{"defaults":{…},"classes":{NAME:{…}},"portfolio":C}`; what a class leaves out is as in `defaults`.
    ///
    /// # Errors
    /// Text that is not such an object, an unknown key (with line, column and the nearest known key), a value out of range.
    pub fn from_json(text: &str) -> Result<Config, ConfigError> {
        // Once as a whole, which finds every unknown key and its place ...
        let mut config: Config = serde_json::from_str(text).map_err(|error| shape(&error))?;
        // ... and once key by key, so that a class can lie over the defaults.
        let layers: Layers = serde_json::from_str(text).map_err(|error| shape(&error))?;
        for (name, own) in layers.classes {
            let mut keys = layers.defaults.clone();
            keys.extend(own);
            let settings = serde_json::from_value(keys.into()).map_err(|error| shape(&error))?;
            config.classes.insert(name, settings);
        }
        config.check()?;
        Ok(config)
    }

    /// Checks every value, however the configuration was made.
    ///
    /// # Errors
    /// The first value out of range.
    pub fn check(&self) -> Result<(), ConfigError> {
        if self.portfolio == Some(0) {
            return Err(ConfigError::Portfolio);
        }
        let value = |place: String| move |(key, why)| ConfigError::Value { place, key, why };
        self.defaults.check().map_err(value("defaults".to_owned()))?;
        for (name, settings) in &self.classes {
            settings.check().map_err(value(format!("classes.{name}")))?;
        }
        Ok(())
    }
}

/// The file, key by key.
#[derive(Deserialize)]
struct Layers {
    #[serde(default)]
    defaults: Map<String, Value>,
    #[serde(default)]
    classes: BTreeMap<String, Map<String, Value>>,
}

/// Says what `serde_json` found, and for an unknown key the nearest known one.
fn shape(error: &serde_json::Error) -> ConfigError {
    let text = error.to_string();
    let message = text.split(" at line ").next().unwrap_or(&text).to_owned();
    // serde words it: unknown field `epz`, expected one of `eps`, `alpha`, …
    let mut quoted = message.split('`').skip(1).step_by(2);
    let near = quoted
        .next()
        .filter(|_| message.starts_with("unknown field"))
        .and_then(|unknown| nearest(unknown, quoted))
        .map(str::to_owned);
    ConfigError::Shape { message, line: error.line(), column: error.column(), nearest: near }
}
