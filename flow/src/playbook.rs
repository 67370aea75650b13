//! The playbook as checked values: a workspace's channels, routing, clocks, templates, step profiles and policy.
//!
//! Read from a handful of files given as texts, so that this module touches no disk: `playbook.toml`,
//! `policy.cedar`, `schema.cedarschema`, `templates/NAME.LANGUAGE.md`, `calendars/NAME.toml` and `.ics`.

mod boundary;
mod file;
mod sequences;

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;

use crate::clock::{BusinessTime, Calendar, ClockError};
use crate::draft::Templates;
use crate::escalate::Lexicon;
use crate::fact::ClockKind;
use crate::gate::{Policy, StepSetup};
use crate::ledger::Declared;
use crate::route::{Condition, Facts, Rules};
use crate::sequence::Sequence;
use crate::step::Step;
use crate::terms::Member;

/// One company's way of working, checked: whatever names something else here, that is there.
#[derive(Debug, Clone)]
pub struct Playbook {
    /// Hex SHA-256 over all files, computed by whoever read them.
    pub digest: String,
    /// The company's name, as customers read it.
    pub company: String,
    /// Language to write in when the lead's own has no template.
    pub language: String,
    /// Country whose phone numbers may come without a prefix.
    pub country: String,
    /// What amounts are counted in, e.g. `EUR`.
    pub currency: String,
    /// Address that messages come from.
    pub from: String,
    /// Where customers reach this server, e.g. `https://lockkeeper.example.com`; without it messages carry no way to
    /// unsubscribe with one click.
    pub public_url: Option<String>,
    /// Domains that messages may link to, besides those a template lists.
    pub links: Vec<String>,
    /// Web forms, by name.
    pub forms: BTreeMap<String, Form>,
    /// How messages leave.
    pub outbound: Outbound,
    /// Templates to prepare with on arrival.
    pub prepare: Prepare,
    /// Time allowed for a decision.
    pub decision: ClockPolicy,
    /// Words of warning.
    pub risk: Lexicon,
    /// Who gets what.
    pub rules: Rules,
    /// All templates.
    pub templates: Templates,
    /// The Cedar policy.
    pub policy: Policy,
    /// What it says about step classes; the digest of the policy is filled in by whoever adopts it.
    pub declared: Declared,
    /// The calendars, by name.
    pub calendars: BTreeMap<String, Calendar>,
    clocks: Vec<ClockPolicy>,
    sequences: Vec<Sequence>,
    sending_hours: Option<String>,
    steps: BTreeMap<Step, StepSetup>,
}

/// A web form that posts to `/f/NAME`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Form {
    /// Sites it may be posted from, as origins; any when empty.
    pub origins: Vec<String>,
    /// Where the visitor goes afterwards; a thank-you page of our own when empty.
    pub redirect: String,
    /// A field that people do not see and must leave empty.
    pub honeypot: String,
    /// Posts taken from one address within a minute.
    pub per_minute: u32,
}

/// How messages leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outbound {
    /// Each message becomes a file in a folder; nothing leaves the machine.
    File {
        /// The folder, relative to the data folder.
        folder: String,
    },
    /// Over SMTP submission.
    Smtp(Smtp),
}

/// A mail server to submit to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Smtp {
    /// Host name.
    pub host: String,
    /// Port.
    pub port: u16,
    /// How the connection is protected.
    pub tls: Tls,
    /// User name; none sends without signing in.
    pub user: Option<String>,
    /// Environment variable or file that holds the password; never the password itself.
    pub password_from: Option<String>,
}

/// How a connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tls {
    /// From the first byte.
    Implicit,
    /// After STARTTLS, which must be offered.
    Starttls,
    /// Not at all: only for a server on the same machine.
    None,
}

/// Templates to prepare with when somebody writes; none prepares nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Prepare {
    /// The answer.
    pub reply: Option<String>,
    /// The note that it arrived.
    pub acknowledge: Option<String>,
    /// The sequence that follows an answer up.
    pub follow_up: Option<String>,
}

/// A promise: how much open time by which calendar, and when to warn.
#[derive(Debug, Clone)]
pub struct ClockPolicy {
    /// Its name.
    pub name: String,
    /// What is promised; none for the decision clock.
    pub promise: Option<ClockKind>,
    /// For which leads; all when there is no condition.
    pub when: Option<Condition>,
    /// Open time allowed.
    pub target: BusinessTime,
    /// Open time after which it is warned about.
    pub warn_after: BusinessTime,
    /// The calendar's name.
    pub calendar_name: String,
    calendar: Calendar,
}

impl ClockPolicy {
    /// When a promise that begins at `start` is warned about, and when it is due.
    ///
    /// # Errors
    /// What the calendar says, e.g. that it never opens.
    pub fn instants(&self, start: Timestamp) -> Result<(Timestamp, Timestamp), ClockError> {
        let due = |amount| self.calendar.due(start, amount, &[]).map(|due| due.unwrap_or(start));
        Ok((due(self.warn_after)?, due(self.target)?))
    }

    /// Open time allowed, in whole seconds.
    pub fn target_secs(&self) -> i64 {
        self.target.as_micros() / 1_000_000
    }
}

impl Playbook {
    /// Reads a playbook from its files, by path. `digest` is the hex SHA-256 over them.
    ///
    /// # Errors
    /// Every mistake found in every file, with its place and what to do.
    pub fn parse(files: &BTreeMap<String, String>, digest: String) -> Result<Playbook, Vec<Mistake>> {
        file::parse(files, digest)
    }

    /// How a step is set up.
    pub fn setup(&self, step: Step) -> &StepSetup {
        // `file::parse` puts every step of the catalogue in.
        &self.steps[&step]
    }

    /// The first clock policy for this promise that fits the lead. A condition that fails to evaluate does not fit.
    pub fn clock_policy(&self, promise: ClockKind, facts: &Facts) -> Option<&ClockPolicy> {
        self.clocks.iter().filter(|policy| policy.promise == Some(promise)).find(|policy| {
            policy.when.as_ref().is_none_or(|condition| condition.matches(facts).unwrap_or(false))
        })
    }

    /// The clock policies, in order.
    pub fn clock_policies(&self) -> &[ClockPolicy] {
        &self.clocks
    }

    /// The follow-up sequences, in order.
    pub fn sequences(&self) -> &[Sequence] {
        &self.sequences
    }

    /// A follow-up sequence by its name.
    pub fn sequence(&self, name: &str) -> Option<&Sequence> {
        self.sequences.iter().find(|sequence| sequence.name == name)
    }

    /// The sender line for messages of this owner: `Maja Lind, Nordpump <sales@nordpump.example>`.
    pub fn sender(&self, owner: Option<&Member>) -> String {
        let name = match owner {
            Some(owner) => format!("{}, {}", owner.name, self.company),
            None => self.company.clone(),
        };
        format!("\"{}\" <{}>", name.replace(['"', '\\'], ""), self.from)
    }

    /// The domain that our Message-IDs end in.
    pub fn mail_domain(&self) -> &str {
        self.from.rsplit_once('@').map_or("localhost", |(_, domain)| domain)
    }

    /// When automated messages may go next, if not now.
    pub fn next_sending_time(&self, now: Timestamp) -> Option<Timestamp> {
        let calendar = self.calendars.get(self.sending_hours.as_ref()?)?;
        if calendar.is_open(now) {
            return None;
        }
        // The first open instant: where no time at all has been used up.
        calendar.due(now, BusinessTime::default(), &[]).ok().flatten().filter(|opening| *opening > now)
    }
}

/// One mistake in a playbook's file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mistake {
    /// Path within the playbook.
    pub file: String,
    /// Counted from 1.
    pub line: usize,
    /// Counted from 1.
    pub column: usize,
    /// What is wrong.
    pub message: String,
    /// What to do; may be empty.
    pub hint: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.file, self.line, self.column, self.message)?;
        if self.hint.is_empty() { Ok(()) } else { write!(f, "; {}", self.hint) }
    }
}
