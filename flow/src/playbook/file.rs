//! Reading a playbook from the texts of its files, with every mistake and its place.

use std::collections::BTreeMap;
use std::str::FromStr;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use toml::Spanned;

use crate::clock::{BusinessTime, Calendar};
use crate::draft::{Template, Templates};
use crate::escalate::Lexicon;
use crate::fact::ClockKind;
use crate::gate::{Policy, SCHEMA, StepSetup};
use crate::nearest::nearest;
use crate::route::{self, Condition, Draft, Fallback, RuleDraft, Rules, TeamDraft};
use crate::step::{Cost, Judgement, Place, Profile, Reversible, Step};

use super::boundary::{self, BoundaryTable};
use super::sequences::{self, Places, SequenceTable};
use super::{ClockPolicy, Form, Mistake, Outbound, Playbook, Prepare, Smtp, Tls};

pub(super) const MAIN: &str = "playbook.toml";
const POLICY: &str = "policy.cedar";
const SCHEMA_FILE: &str = "schema.cedarschema";

/// Longest time that may be allowed for anything, in hours of open time.
const TARGET_LIMIT_HOURS: i64 = 10_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Main {
    company: String,
    #[serde(default = "english")]
    language: String,
    #[serde(default)]
    country: String,
    #[serde(default = "euro")]
    currency: String,
    from: Spanned<String>,
    public_url: Option<Spanned<String>>,
    #[serde(default)]
    links: Vec<String>,
    sending_hours: Option<Spanned<String>>,
    #[serde(default)]
    forms: BTreeMap<String, FormTable>,
    outbound: Spanned<OutboundTable>,
    #[serde(default)]
    prepare: PrepareTable,
    decision: DecisionTable,
    #[serde(default)]
    risk: Lexicon,
    #[serde(default)]
    clocks: Vec<ClockTable>,
    #[serde(default)]
    sequence: Vec<SequenceTable>,
    #[serde(default)]
    steps: BTreeMap<Spanned<String>, StepTable>,
    fallback: Spanned<Fallback>,
    #[serde(default)]
    rule: Vec<RuleDraft>,
    #[serde(default)]
    team: Vec<TeamDraft>,
    #[serde(default)]
    boundary: BoundaryTable,
}

fn english() -> String {
    "en".into()
}

fn euro() -> String {
    "EUR".into()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FormTable {
    #[serde(default)]
    origins: Vec<String>,
    #[serde(default)]
    redirect: String,
    #[serde(default)]
    honeypot: String,
    #[serde(default = "per_minute")]
    per_minute: u32,
}

fn per_minute() -> u32 {
    30
}

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
enum OutboundTable {
    File { folder: String },
    Smtp { host: String, port: u16, tls: Tls, user: Option<String>, password_from: Option<String> },
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
struct PrepareTable {
    reply: Option<Spanned<String>>,
    acknowledge: Option<Spanned<String>>,
    follow_up: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DecisionTable {
    within: Spanned<String>,
    calendar: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClockTable {
    name: String,
    promise: ClockKind,
    when: Option<Spanned<String>>,
    within: Spanned<String>,
    warn_percent: Option<Spanned<u8>>,
    calendar: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StepTable {
    reversible: Option<Reversible>,
    judgement: Option<Judgement>,
    cost_of_error: Option<Cost>,
    commits: Option<bool>,
    starts: Option<Spanned<Place>>,
}

/// Collects mistakes, so that one reading reports all.
pub(super) struct Mistakes(Vec<Mistake>);

impl Mistakes {
    pub(super) fn add(
        &mut self,
        file: &str,
        text: &str,
        offset: usize,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        let (line, column) = place(text, offset);
        self.0.push(Mistake {
            file: file.to_owned(),
            line,
            column,
            message: message.into(),
            hint: hint.into(),
        });
    }
}

pub(super) fn parse(files: &BTreeMap<String, String>, digest: String) -> Result<Playbook, Vec<Mistake>> {
    let mut mistakes = Mistakes(Vec::new());
    unknown_files(files, &mut mistakes);
    let calendars = calendars(files, &mut mistakes);
    let templates = templates(files, &mut mistakes);
    let policy = policy(files, &mut mistakes);
    let main = main(files, &mut mistakes);
    let playbook = match (main, policy) {
        (Some((text, main)), Some(policy)) => {
            Some(assemble(Parts { digest, text, main, policy, templates, calendars }, &mut mistakes))
        }
        _ => None,
    };
    match playbook.flatten() {
        Some(playbook) if mistakes.0.is_empty() => Ok(playbook),
        _ => {
            mistakes.0.sort();
            mistakes.0.dedup();
            Err(mistakes.0)
        }
    }
}

struct Parts<'a> {
    digest: String,
    text: &'a str,
    main: Main,
    policy: Policy,
    templates: Templates,
    calendars: BTreeMap<String, Calendar>,
}

fn assemble(parts: Parts<'_>, mistakes: &mut Mistakes) -> Option<Playbook> {
    let Parts { digest, text, main, policy, templates, calendars } = parts;
    let before = mistakes.0.len();
    if !crate::capture::is_address(main.from.as_ref()) {
        let message = format!("`{}` is not an e-mail address", main.from.as_ref());
        mistakes.add(MAIN, text, main.from.span().start, message, "write the address customers answer to");
    }
    if let Some(url) = main.public_url.as_ref().filter(|url| !url.get_ref().starts_with("https://")) {
        let message = format!("`{}` is not an address that mail programs post to", url.get_ref());
        mistakes.add(
            MAIN,
            text,
            url.span().start,
            message,
            "write for example \"https://lockkeeper.example.com\"",
        );
    }
    if let Some(name) = &main.sending_hours {
        calendar(&calendars, name, text, mistakes);
    }
    for name in [&main.prepare.reply, &main.prepare.acknowledge].into_iter().flatten() {
        known_template(&templates, name, text, mistakes);
    }
    let decision = policy_of(
        "decision",
        None,
        None,
        &main.decision.within,
        None,
        &main.decision.calendar,
        &calendars,
        text,
        mistakes,
    );
    let clocks: Vec<Option<ClockPolicy>> = main
        .clocks
        .iter()
        .map(|clock| {
            let when = clock.when.as_ref().map(|when| condition(when, text, mistakes));
            let when = match when {
                Some(None) => return None,
                Some(Some(when)) => Some(when),
                None => None,
            };
            let warn = clock.warn_percent.as_ref();
            policy_of(
                &clock.name,
                Some(clock.promise),
                when,
                &clock.within,
                warn,
                &clock.calendar,
                &calendars,
                text,
                mistakes,
            )
        })
        .collect();
    let places = Places { text, templates: &templates, calendars: &calendars };
    let sequences = sequences::read(&main.sequence, &places, mistakes);
    if let Some(name) = &main.prepare.follow_up {
        sequences::known(&sequences, name, text, mistakes);
    }
    let steps = steps(&main.steps, text, mistakes);
    let declared = boundary::declared(&main.boundary, &steps, &templates, text, mistakes);
    let rules = rules(main.fallback, main.rule, main.team, text, mistakes);
    if mistakes.0.len() > before {
        return None;
    }
    Some(Playbook {
        digest,
        company: main.company,
        language: main.language,
        country: main.country,
        currency: main.currency,
        from: main.from.into_inner(),
        public_url: main.public_url.map(|url| url.into_inner().trim_end_matches('/').to_owned()),
        links: main.links,
        forms: main.forms.into_iter().map(|(name, form)| (name, form.into())).collect(),
        outbound: main.outbound.into_inner().into(),
        prepare: Prepare {
            reply: main.prepare.reply.map(Spanned::into_inner),
            acknowledge: main.prepare.acknowledge.map(Spanned::into_inner),
            follow_up: main.prepare.follow_up.map(Spanned::into_inner),
        },
        decision: decision?,
        risk: main.risk,
        rules: rules?,
        templates,
        policy,
        calendars,
        clocks: clocks.into_iter().collect::<Option<_>>()?,
        sequences,
        sending_hours: main.sending_hours.map(Spanned::into_inner),
        steps,
        declared,
    })
}

impl From<FormTable> for Form {
    fn from(table: FormTable) -> Form {
        let FormTable { origins, redirect, honeypot, per_minute } = table;
        Form { origins, redirect, honeypot, per_minute }
    }
}

impl From<OutboundTable> for Outbound {
    fn from(table: OutboundTable) -> Outbound {
        match table {
            OutboundTable::File { folder } => Outbound::File { folder },
            OutboundTable::Smtp { host, port, tls, user, password_from } => {
                Outbound::Smtp(Smtp { host, port, tls, user, password_from })
            }
        }
    }
}

fn unknown_files(files: &BTreeMap<String, String>, mistakes: &mut Mistakes) {
    for path in files.keys() {
        let known = [MAIN, POLICY, SCHEMA_FILE].contains(&path.as_str())
            || path.starts_with("templates/") && path.ends_with(".md")
            || path.starts_with("calendars/") && (path.ends_with(".toml") || path.ends_with(".ics"));
        if !known {
            let hint = "a playbook has playbook.toml, policy.cedar, schema.cedarschema, templates/*.md, calendars/*.toml, calendars/*.ics";
            mistakes.add(path, "", 0, "this file is not part of a playbook", hint);
        }
    }
}

fn calendars(files: &BTreeMap<String, String>, mistakes: &mut Mistakes) -> BTreeMap<String, Calendar> {
    let mut calendars = BTreeMap::new();
    for (path, text) in files {
        let Some(name) = path.strip_prefix("calendars/").and_then(|path| path.strip_suffix(".toml")) else {
            continue;
        };
        let mut holiday_file = |name: &str| {
            let path = format!("calendars/{name}");
            files.get(&path).cloned().ok_or_else(|| format!("there is no file `{path}` in the playbook"))
        };
        match Calendar::parse(path, text, &mut holiday_file) {
            Ok(calendar) => {
                calendars.insert(name.to_owned(), calendar);
            }
            Err(faults) => mistakes.0.extend(faults.into_iter().map(|fault| Mistake {
                file: fault.file,
                line: fault.line,
                column: fault.column,
                message: fault.message,
                hint: fault.hint,
            })),
        }
    }
    calendars
}

fn templates(files: &BTreeMap<String, String>, mistakes: &mut Mistakes) -> Templates {
    let mut parsed = Vec::new();
    let mut found = Vec::new();
    for (path, text) in
        files.iter().filter(|(path, _)| path.starts_with("templates/") && path.ends_with(".md"))
    {
        match Template::parse(path, text) {
            Ok(template) => {
                if Step::from_name(&template.step).is_none_or(|step| !step.sends()) {
                    let message = format!("`{}` is not a step that sends a message", template.step);
                    mistakes.add(path, text, 0, message, step_hint(&template.step));
                }
                parsed.push(template);
            }
            Err(errors) => found.extend(errors),
        }
    }
    let templates = match Templates::new(parsed) {
        Ok(templates) => templates,
        Err(errors) => {
            found.extend(errors);
            Templates::default()
        }
    };
    mistakes.0.extend(found.into_iter().map(|error| Mistake {
        file: error.path,
        line: error.line,
        column: error.column,
        message: error.message,
        hint: error.hint,
    }));
    templates
}

fn policy(files: &BTreeMap<String, String>, mistakes: &mut Mistakes) -> Option<Policy> {
    if let Some(text) = files.get(SCHEMA_FILE)
        && text.trim() != SCHEMA.trim()
    {
        let hint = "it is the same in every playbook of this release; `lockkeeper init` writes it";
        mistakes.add(SCHEMA_FILE, text, 0, "this is not the schema of this release", hint);
    }
    let Some(text) = files.get(POLICY) else {
        mistakes.add(
            POLICY,
            "",
            0,
            "the file is missing",
            "`lockkeeper init DIR` writes a whole starter playbook",
        );
        return None;
    };
    match Policy::parse(text) {
        Ok(policy) => Some(policy),
        Err(errors) => {
            mistakes.0.extend(errors.into_iter().map(|error| Mistake {
                file: POLICY.into(),
                line: error.line,
                column: error.column,
                message: error.message,
                hint: String::new(),
            }));
            None
        }
    }
}

fn main<'a>(files: &'a BTreeMap<String, String>, mistakes: &mut Mistakes) -> Option<(&'a str, Main)> {
    let Some(text) = files.get(MAIN) else {
        mistakes.add(
            MAIN,
            "",
            0,
            "the file is missing",
            "`lockkeeper init DIR` writes a whole starter playbook",
        );
        return None;
    };
    read_toml(MAIN, text, mistakes).map(|main| (text.as_str(), main))
}

fn read_toml<T: DeserializeOwned>(file: &str, text: &str, mistakes: &mut Mistakes) -> Option<T> {
    match toml::from_str(text) {
        Ok(value) => Some(value),
        Err(error) => {
            let offset = error.span().map_or(0, |span| span.start);
            let message = error.message().trim().to_owned();
            let hint = nearest_key(&message);
            mistakes.add(file, text, offset, message, hint);
            None
        }
    }
}

/// From serde's words about an unknown field, the known one that was probably meant.
fn nearest_key(message: &str) -> String {
    let mut quoted = message.split('`').skip(1).step_by(2);
    match quoted.next() {
        Some(unknown) if message.starts_with("unknown") => {
            nearest(unknown, quoted).map_or(String::new(), |near| format!("did you mean `{near}`?"))
        }
        _ => String::new(),
    }
}

pub(super) fn condition(when: &Spanned<String>, text: &str, mistakes: &mut Mistakes) -> Option<Condition> {
    match Condition::parse(when.as_ref()) {
        Ok(condition) => Some(condition),
        Err(error) => {
            mistakes.add(MAIN, text, when.span().start + 1, error.to_string(), "");
            None
        }
    }
}

pub(super) fn calendar<'a>(
    calendars: &'a BTreeMap<String, Calendar>,
    name: &Spanned<String>,
    text: &str,
    mistakes: &mut Mistakes,
) -> Option<&'a Calendar> {
    let found = calendars.get(name.as_ref());
    if found.is_none() {
        let hint = match nearest(name.as_ref(), calendars.keys().map(String::as_str)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("add calendars/{}.toml", name.as_ref()),
        };
        mistakes.add(
            MAIN,
            text,
            name.span().start,
            format!("there is no calendar `{}`", name.as_ref()),
            hint,
        );
    }
    found
}

pub(super) fn known_template(
    templates: &Templates,
    name: &Spanned<String>,
    text: &str,
    mistakes: &mut Mistakes,
) {
    if templates.iter().all(|template| &template.name != name.as_ref()) {
        let names = templates.iter().map(|template| template.name.as_str());
        let hint = match nearest(name.as_ref(), names) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("add templates/{}.en.md", name.as_ref()),
        };
        mistakes.add(
            MAIN,
            text,
            name.span().start,
            format!("there is no template `{}`", name.as_ref()),
            hint,
        );
    }
}

#[expect(clippy::too_many_arguments, reason = "the fields of one table, and where to report")]
fn policy_of(
    name: &str,
    promise: Option<ClockKind>,
    when: Option<Condition>,
    within: &Spanned<String>,
    warn_percent: Option<&Spanned<u8>>,
    calendar_name: &Spanned<String>,
    calendars: &BTreeMap<String, Calendar>,
    text: &str,
    mistakes: &mut Mistakes,
) -> Option<ClockPolicy> {
    let default_percent = if promise.is_some() { 75 } else { 50 };
    let percent = warn_percent.map_or(default_percent, |percent| *percent.as_ref());
    if let Some(wrong) = warn_percent.filter(|percent| !(1..=99).contains(percent.as_ref())) {
        mistakes.add(
            MAIN,
            text,
            wrong.span().start,
            "`warn_percent` must lie between 1 and 99",
            "75 warns with a quarter of the time left",
        );
    }
    let target = match BusinessTime::from_str(within.as_ref()) {
        Ok(target) if target.as_micros() == 0 => {
            mistakes.add(
                MAIN,
                text,
                within.span().start,
                "no time at all is allowed",
                "write for example \"PT4H\"",
            );
            return None;
        }
        Ok(target) if target.as_micros() / 3_600_000_000 > TARGET_LIMIT_HOURS => {
            mistakes.add(
                MAIN,
                text,
                within.span().start,
                "more than 10,000 open hours are allowed",
                "allow less",
            );
            return None;
        }
        Ok(target) => target,
        Err(error) => {
            mistakes.add(MAIN, text, within.span().start, error.to_string(), "");
            return None;
        }
    };
    let calendar = calendar(calendars, calendar_name, text, mistakes)?.clone();
    let warn_after = BusinessTime::from_micros(target.as_micros() / 100 * i64::from(percent)).ok()?;
    Some(ClockPolicy {
        name: name.to_owned(),
        promise,
        when,
        target,
        warn_after,
        calendar_name: calendar_name.as_ref().clone(),
        calendar,
    })
}

pub(super) fn step_hint(name: &str) -> String {
    nearest(name, Step::ALL.into_iter().map(Step::name))
        .map_or(String::new(), |near| format!("did you mean `{near}`?"))
}

fn steps(
    tables: &BTreeMap<Spanned<String>, StepTable>,
    text: &str,
    mistakes: &mut Mistakes,
) -> BTreeMap<Step, StepSetup> {
    let mut steps: BTreeMap<Step, StepSetup> =
        Step::ALL.into_iter().map(|step| (step, StepSetup::shipped(step))).collect();
    for (name, table) in tables {
        let Some(step) = Step::from_name(name.as_ref()) else {
            let message = format!("there is no step `{}`", name.as_ref());
            mistakes.add(MAIN, text, name.span().start, message, step_hint(name.as_ref()));
            continue;
        };
        let shipped = StepSetup::shipped(step);
        let profile = Profile {
            reversible: table.reversible.unwrap_or(shipped.profile.reversible),
            judgement: table.judgement.unwrap_or(shipped.profile.judgement),
            cost_of_error: table.cost_of_error.unwrap_or(shipped.profile.cost_of_error),
            commits: table.commits.unwrap_or(shipped.profile.commits),
        };
        let unmoved = StepSetup { profile, starts: profile.place() };
        let starts = table.starts.as_ref().map_or(unmoved.starts, |starts| *starts.as_ref());
        if let Some(wrong) =
            table.starts.as_ref().filter(|_| unmoved.is_floor(step) && starts != Place::Floor)
        {
            let message =
                format!("`{}` is a floor: it is never automated, whatever the evidence", step.name());
            mistakes.add(MAIN, text, wrong.span().start, message, "leave `starts` away");
        }
        steps.insert(
            step,
            StepSetup { profile, starts: if unmoved.is_floor(step) { Place::Floor } else { starts } },
        );
    }
    steps
}

/// The routing part. Who is a member is known only where the playbook is used, so every address it names counts as one
/// here; a seat whose person is no member is passed over with that reason.
fn rules(
    fallback: Spanned<Fallback>,
    rules: Vec<RuleDraft>,
    teams: Vec<TeamDraft>,
    text: &str,
    mistakes: &mut Mistakes,
) -> Option<Rules> {
    let draft = Draft { fallback, rules, teams };
    let seated =
        draft.teams.iter().flat_map(|team| team.seats.iter().map(|seat| seat.member.get_ref().as_str()));
    let named = draft.rules.iter().filter_map(|rule| match rule.to.get_ref() {
        route::Target::Member(email) => Some(email.as_str()),
        _ => None,
    });
    match route::check(&draft, seated.chain(named)) {
        Ok(rules) => Some(rules),
        Err(flaws) => {
            for flaw in flaws {
                let message = format!("{}: {}", flaw.place, flaw.message);
                mistakes.add(MAIN, text, flaw.span.start, message, flaw.hint.unwrap_or_default());
            }
            None
        }
    }
}

/// Line and column, both counted from 1, of a byte offset.
fn place(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset.min(text.len())).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().map_or(0, |rest| rest.chars().count()) + 1;
    (line, column)
}
