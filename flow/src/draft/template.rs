//! One template: reading it with all its mistakes at once, and filling it.
//!
//! A template file is a front matter in TOML between two lines `+++`, then the text:
//!
//! ```text
//! +++
//! step = "message.reply"
//! language = "en"
//! subject = "Re: {{ lead.subject }}"
//! links = ["docs.example.com"]
//! +++
//! Hello{% if lead.first_name %} {{ lead.first_name }}{% endif %},
//! ```
//!
//! `name` and `language` may be left to the file's name, `NAME.LANGUAGE.md`. `links` lists domains the text may link
//! to besides the workspace's own.

mod read;

use std::sync::LazyLock;

use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, ErrorKind, UndefinedBehavior, filters};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::letters::one_line;
use super::merge::Merge;
use super::tags::{TagKind, Token, tags};

/// No rendered text is longer, in characters.
pub const OUTPUT_LIMIT_CHARS: usize = 20_000;
/// No rendered subject is longer, in characters; what is longer is cut.
const SUBJECT_LIMIT_CHARS: usize = 200;
/// Units of the template engine's work: one an instruction, one every 64 bytes of output. A letter takes a few hundred.
const FUEL: u64 = 20_000;

/// A checked template: it parses, and every field, filter and statement in it is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Template {
    /// The file it was read from, relative to the playbook.
    pub path: String,
    pub name: String,
    /// The step it prepares, such as `message.reply`. Whether that step exists is for the playbook to say.
    pub step: String,
    /// A language tag such as `de` or `pt-BR`.
    pub language: String,
    /// None where the channel has no subjects.
    pub subject: Option<String>,
    /// Domains that this template may link to.
    pub links: Vec<String>,
    pub text: String,
    /// The lines of the file on which subject and text begin, from 1.
    #[serde(skip)]
    lines: (usize, usize),
}

/// One mistake in a template file. Line and column count from 1, columns in characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Error)]
#[error("{path}:{line}:{column}: {message}{}", if hint.is_empty() { String::new() } else { format!("; {hint}") })]
pub struct TemplateError {
    pub path: String,
    pub line: usize,
    pub column: usize,
    pub message: String,
    /// What to do about it; may be empty.
    pub hint: String,
}

/// A filled template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drafted {
    /// On a single line.
    pub subject: Option<String>,
    /// Plain text with `\n` between lines.
    pub text: String,
    /// What the template itself says, subject and text, with the lead's own words left out. An amount that a lead
    /// wrote into their name or subject is not one that the template put there.
    pub own_words: String,
}

/// Why a template could not be filled.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DraftError {
    #[error(
        "{path}:{line}: the template uses `{field}`, which is empty for this lead; \
         write `{{% if {field} %}}…{{% endif %}}` around it, or `{{{{ {field}|default(\"…\") }}}}`"
    )]
    Missing { path: String, line: usize, field: String },
    #[error(
        "{path}: the text would be {chars} characters long, and {OUTPUT_LIMIT_CHARS} is the limit; shorten the template"
    )]
    TooLong { path: String, chars: usize },
    #[error("{path}: filling the template takes too many steps; take its loops out")]
    TooMuchWork { path: String },
    #[error("{path}: filled with this lead's values the text is empty; look at the template's conditions")]
    Empty { path: String },
    #[error("{path}:{line}: the template cannot be filled: {message}")]
    Broken { path: String, line: usize, message: String },
}

impl Template {
    /// Reads a template file. `path` is only used for its name and in messages.
    ///
    /// # Errors
    /// All mistakes found, each with its place and, where one can be guessed, the remedy.
    pub fn parse(path: &str, file: &str) -> Result<Template, Vec<TemplateError>> {
        read::parse(path, file)
    }
}

/// Fills `template` with `merge`. The values are data: tags in them come out as they are. The same values give the
/// same text.
///
/// # Errors
/// When the template uses a value that is empty here without asking for it first, or the result would be empty or
/// too long.
pub fn render(template: &Template, merge: &Merge) -> Result<Drafted, DraftError> {
    let merge = merge.cleaned();
    let text = tidy(&fill_text(template, &merge)?);
    if text.is_empty() {
        return Err(DraftError::Empty { path: template.path.clone() });
    }
    let chars = text.chars().count();
    if chars > OUTPUT_LIMIT_CHARS {
        return Err(DraftError::TooLong { path: template.path.clone(), chars });
    }
    let subject = fill_subject(template, &merge)?.map(|subject| one_line(&subject, SUBJECT_LIMIT_CHARS));
    Ok(Drafted { subject, text, own_words: own_words(template, &merge) })
}

/// Nothing when the template only works with the lead's words in place: then nothing counts as put there by it, and
/// more is asked rather than less.
fn own_words(template: &Template, merge: &Merge) -> String {
    let merge = merge.without_lead_words();
    match (fill_subject(template, &merge), fill_text(template, &merge)) {
        (Ok(subject), Ok(text)) => format!("{}\n{}", subject.unwrap_or_default(), tidy(&text)),
        _ => String::new(),
    }
}

/// The engine, made once.
static ENGINE: LazyLock<Environment<'static>> = LazyLock::new(engine);

/// The engine with only what a letter needs: no includes, no functions, few filters.
fn engine() -> Environment<'static> {
    let mut engine = Environment::empty();
    engine.add_filter("capitalize", filters::capitalize);
    engine.add_filter("default", filters::default);
    engine.add_filter("lower", filters::lower);
    engine.add_filter("title", filters::title);
    engine.add_filter("trim", filters::trim);
    engine.add_filter("upper", filters::upper);
    engine.add_test("defined", minijinja::tests::is_defined);
    engine.add_test("undefined", minijinja::tests::is_undefined);
    // Strict but for `{% if value %}`, which is how a template asks whether there is a value.
    engine.set_undefined_behavior(UndefinedBehavior::SemiStrict);
    engine.set_fuel(Some(FUEL));
    if let Ok(syntax) = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build() {
        engine.set_syntax(syntax);
    }
    engine
}

fn fill_subject(template: &Template, merge: &Merge) -> Result<Option<String>, DraftError> {
    template.subject.as_ref().map(|subject| fill(template, subject, template.lines.0, merge)).transpose()
}

fn fill_text(template: &Template, merge: &Merge) -> Result<String, DraftError> {
    fill(template, &template.text, template.lines.1, merge)
}

/// `first_line` is the line of the file on which `source` begins.
fn fill(template: &Template, source: &str, first_line: usize, merge: &Merge) -> Result<String, DraftError> {
    let filled = ENGINE.template_from_str(source).and_then(|compiled| compiled.render(merge.to_value()));
    filled.map_err(|error| {
        let path = template.path.clone();
        let source_line = error.line().unwrap_or(1);
        let line = first_line + source_line - 1;
        match error.kind() {
            ErrorKind::OutOfFuel => DraftError::TooMuchWork { path },
            ErrorKind::UndefinedError => match missing_field(source, source_line, merge) {
                Some(field) => DraftError::Missing { path, line, field: field.to_owned() },
                None => DraftError::Broken { path, line, message: error.to_string() },
            },
            _ => DraftError::Broken { path, line, message: error.to_string() },
        }
    })
}

/// The engine says on which line it missed a value; the field is the first empty one named there.
fn missing_field(source: &str, line: usize, merge: &Merge) -> Option<&'static str> {
    let missing = merge.missing();
    let used: Vec<(&'static str, usize)> = tags(source)
        .iter()
        .filter(|tag| tag.kind == TagKind::Value)
        .flat_map(|tag| &tag.tokens)
        .filter_map(|token| match token {
            Token::Name(name, at) => missing.iter().find(|path| *path == name).map(|path| (*path, *at)),
            Token::Sign(..) => None,
        })
        .collect();
    let on_line = used.iter().find(|(_, at)| place(source, *at).0 == line);
    on_line.or(used.first()).map(|(path, _)| *path)
}

/// Line ends as `\n`, nothing trailing, at most one blank line in a row: conditions leave gaps behind.
fn tidy(text: &str) -> String {
    let mut tidied = String::with_capacity(text.len());
    let mut blank = 0;
    for line in text.lines().map(str::trim_end) {
        if line.is_empty() {
            blank += 1;
            continue;
        }
        if !tidied.is_empty() {
            tidied.push_str(if blank > 0 { "\n\n" } else { "\n" });
        }
        blank = 0;
        tidied.push_str(line);
    }
    tidied
}

/// Line and column of a byte of `text`, both from 1.
fn place(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

#[cfg(test)]
mod tests;
