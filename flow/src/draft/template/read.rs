//! Reading a template file and checking all of it before it is used.

use serde::Deserialize;
use toml::Spanned;

use super::super::letters::nearest;
use super::super::merge::FIELDS;
use super::super::tags::{Tag, TagKind, Token, tags};
use super::{ENGINE, Template, TemplateError, place};

/// No template file is longer, in bytes.
pub(super) const FILE_LIMIT_BYTES: usize = 64 * 1024;
const KEYS: [&str; 5] = ["name", "step", "language", "subject", "links"];
const FILTERS: [&str; 6] = ["capitalize", "default", "lower", "title", "trim", "upper"];
const TESTS: [&str; 2] = ["defined", "undefined"];
const STATEMENTS: [&str; 8] = ["if", "elif", "else", "endif", "for", "endfor", "set", "endset"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Front {
    name: Option<Spanned<String>>,
    step: Spanned<String>,
    language: Option<Spanned<String>>,
    subject: Option<Spanned<String>>,
    #[serde(default)]
    links: Vec<Spanned<String>>,
}

/// The template, or everything that is wrong with it.
pub(super) fn parse(path: &str, file: &str) -> Result<Template, Vec<TemplateError>> {
    let mut mistakes = Mistakes { path, file, found: Vec::new() };
    let template = read(path, file, &mut mistakes);
    match template {
        Some(template) if mistakes.found.is_empty() => Ok(template),
        _ => {
            mistakes.found.sort_by_key(|mistake| (mistake.line, mistake.column));
            Err(mistakes.found)
        }
    }
}

/// Mistakes gathered while reading one file, placed by byte.
struct Mistakes<'a> {
    path: &'a str,
    file: &'a str,
    found: Vec<TemplateError>,
}

impl Mistakes<'_> {
    fn add(&mut self, at: usize, message: impl Into<String>, hint: impl Into<String>) {
        let (line, column) = place(self.file, at);
        self.found.push(TemplateError {
            path: self.path.to_owned(),
            line,
            column,
            message: message.into(),
            hint: hint.into(),
        });
    }
}

fn read(path: &str, file: &str, mistakes: &mut Mistakes) -> Option<Template> {
    if file.len() > FILE_LIMIT_BYTES {
        let message = format!("the file is {} bytes long, and {FILE_LIMIT_BYTES} is the limit", file.len());
        mistakes.add(0, message, "split it into several templates");
        return None;
    }
    let Some((front_at, front, text_at)) = split(file) else {
        let hint =
            "begin the file with a line `+++`, then `step = \"…\"` and `subject = \"…\"`, then a line `+++`";
        mistakes.add(0, "the front matter is missing or not closed", hint);
        return None;
    };
    let front: Front = match toml::from_str(front) {
        Ok(front) => front,
        Err(error) => {
            let at = front_at + error.span().map_or(0, |span| span.start);
            let message = error.message().trim();
            let unknown = message.strip_prefix("unknown field `").and_then(|rest| rest.split('`').next());
            let near = unknown.and_then(|key| nearest(key, KEYS));
            mistakes.add(at, message, near.map_or_else(String::new, |key| format!("did you mean `{key}`?")));
            return None;
        }
    };
    let (name, language) = named(path, front_at, &front, mistakes);
    check_step(front_at, &front.step, mistakes);
    let links = front.links.into_iter().map(|link| link_domain(front_at, link, mistakes)).collect();
    let mut subject_line = 1;
    let subject = front.subject.map(|subject| {
        let at = front_at + subject.span().start + 1;
        subject_line = place(file, at).0;
        check_source(at, subject.get_ref(), mistakes);
        subject.into_inner()
    });
    let text = &file[text_at..];
    if text.trim().is_empty() {
        mistakes.add(text_at, "the template has no text", "write the letter below the second line `+++`");
    }
    check_source(text_at, text, mistakes);
    let text = text.to_owned();
    Some(Template {
        path: path.to_owned(),
        name,
        step: front.step.into_inner(),
        language,
        subject,
        links,
        text,
        lines: (subject_line, place(file, text_at).0),
    })
}

/// Where the front matter begins, the front matter, where the text begins.
fn split(file: &str) -> Option<(usize, &str, usize)> {
    let body = file.strip_prefix('\u{FEFF}').unwrap_or(file);
    let mut at = file.len() - body.len();
    let mut front_at = None;
    for line in body.split_inclusive('\n') {
        let next = at + line.len();
        if line.trim_end() == "+++" {
            match front_at {
                None => front_at = Some(next),
                Some(front_at) => return Some((front_at, &file[front_at..at], next)),
            }
        } else if front_at.is_none() {
            return None;
        }
        at = next;
    }
    None
}

/// Name and language: from the front matter, else from the file's name; where both say a language they agree.
fn named(path: &str, front_at: usize, front: &Front, mistakes: &mut Mistakes) -> (String, String) {
    let file_name = path.rsplit(['/', '\\']).next().unwrap_or(path);
    let parts: Vec<&str> = file_name.split('.').collect();
    let stem = parts[0];
    let in_path = if parts.len() > 2 { parts.get(1).copied().filter(|part| is_language(part)) } else { None };
    let name = front.name.as_ref().map_or(stem, |name| name.get_ref().as_str());
    if name.is_empty() || !name.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_') {
        let at = front.name.as_ref().map_or(0, |name| front_at + name.span().start);
        let message = format!("`{name}` is not a name for a template");
        mistakes.add(at, message, "use letters, digits, `-` and `_`");
    }
    let language = match (&front.language, in_path) {
        (Some(language), in_path) => {
            let at = front_at + language.span().start;
            let language = language.get_ref().as_str();
            if !is_language(language) {
                let message = format!("`{language}` is not a language tag");
                mistakes.add(at, message, "write a tag such as `en`, `de` or `pt-BR`");
            } else if let Some(in_path) = in_path.filter(|in_path| *in_path != language) {
                let message = format!("the language is `{language}` here and `{in_path}` in the file's name");
                mistakes.add(at, message, format!("make it `{in_path}`, or rename the file"));
            }
            language
        }
        (None, Some(in_path)) => in_path,
        (None, None) => {
            let hint = format!("add `language = \"en\"`, or name the file `{stem}.en.md`");
            mistakes.add(front_at, "the template does not say its language", hint);
            ""
        }
    };
    (name.to_owned(), language.to_owned())
}

/// Two or three small letters, then perhaps a region: `de`, `pt-BR`.
fn is_language(tag: &str) -> bool {
    let (language, region) = tag.split_once('-').map_or((tag, None), |(l, r)| (l, Some(r)));
    (2..=3).contains(&language.len())
        && language.bytes().all(|b| b.is_ascii_lowercase())
        && region.is_none_or(|r| (2..=4).contains(&r.len()) && r.bytes().all(|b| b.is_ascii_alphanumeric()))
}

fn check_step(front_at: usize, step: &Spanned<String>, mistakes: &mut Mistakes) {
    let word = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    if !step.get_ref().split_once('.').is_some_and(|(noun, verb)| word(noun) && word(verb)) {
        let message = format!("`{}` is not the name of a step", step.get_ref());
        mistakes.add(front_at + step.span().start, message, "write a step such as `message.reply`");
    }
}

fn link_domain(front_at: usize, link: Spanned<String>, mistakes: &mut Mistakes) -> String {
    let at = front_at + link.span().start;
    let link = link.into_inner();
    let is_domain = link.contains('.')
        && link
            .split('.')
            .all(|label| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-'));
    if !is_domain {
        let message = format!("`{link}` is not a domain");
        mistakes.add(at, message, "write the domain alone, such as `docs.example.com`");
    }
    link.to_lowercase()
}

/// Checks one template text that begins at byte `at` of the file: syntax, then names.
fn check_source(at: usize, source: &str, mistakes: &mut Mistakes) {
    let tags = tags(source);
    let mut refused = false;
    for tag in &tags {
        refused |= check_statement(at, tag, mistakes);
    }
    let engine = &*ENGINE;
    let compiled = match engine.template_from_str(source) {
        Ok(compiled) => compiled,
        // A refused statement is most often not known to the engine either; once is enough.
        Err(_) if refused => return,
        Err(error) => {
            let detail = error.detail().map_or_else(|| error.to_string(), str::to_owned);
            mistakes.add(at + guilty_tag(source, &tags, error.line()), detail, "");
            return;
        }
    };
    for tag in &tags {
        check_words(at, tag, mistakes);
    }
    let known: Vec<&str> = FIELDS.iter().map(|field| field.path).collect();
    let mut used: Vec<String> = compiled.undeclared_variables(true).into_iter().collect();
    used.sort();
    for name in used.iter().filter(|name| !known.contains(&name.as_str())) {
        let group = format!("{name}.");
        let hint = if known.iter().any(|field| field.starts_with(&group)) {
            let fields: Vec<&str> = known.iter().filter(|field| field.starts_with(&group)).copied().collect();
            format!("name one of its fields: `{}`", fields.join("`, `"))
        } else if let Some(near) = nearest(name, known.iter().copied()) {
            format!("did you mean `{near}`?")
        } else {
            format!("known fields are `{}`", known.join("`, `"))
        };
        let place = name_place(&tags, name).unwrap_or(0);
        mistakes.add(at + place, format!("there is no field `{name}`"), hint);
    }
}

/// Refuses statements that a letter has no use for. True when it did.
fn check_statement(at: usize, tag: &Tag, mistakes: &mut Mistakes) -> bool {
    let first = tag.tokens.iter().find_map(|token| match token {
        Token::Name(name, place) => Some((*name, *place)),
        Token::Sign(..) => None,
    });
    match first {
        Some((name, place)) if tag.kind == TagKind::Statement && !STATEMENTS.contains(&name) => {
            let hint = format!("a template may use `{}`", STATEMENTS.join("`, `"));
            mistakes.add(at + place, format!("there is no `{name}` in templates"), hint);
            true
        }
        _ => false,
    }
}

/// Filters and tests are looked up by the engine only when they run; here they are checked in every branch. Joining
/// with `~` is refused because it would turn an empty value into nothing without a word.
fn check_words(at: usize, tag: &Tag, mistakes: &mut Mistakes) {
    let mut tokens = tag.tokens.iter().copied().peekable();
    while let Some(token) = tokens.next() {
        match token {
            Token::Sign('~', place) => {
                let hint = "write the values one after the other: `{{ a }} {{ b }}`";
                mistakes.add(at + place, "`~` would hide an empty value", hint);
            }
            Token::Sign('|', _) => {
                if let Some(Token::Name(name, place)) = tokens.peek().copied()
                    && !FILTERS.contains(&name)
                {
                    let hint = format!("there are `{}`", FILTERS.join("`, `"));
                    mistakes.add(at + place, format!("there is no filter `{name}`"), hint);
                }
            }
            Token::Name("is", _) => {
                tokens.next_if(|token| matches!(token, Token::Name("not", _)));
                if let Some(Token::Name(name, place)) = tokens.peek().copied()
                    && !TESTS.contains(&name)
                {
                    let hint = format!("there are `{}`", TESTS.join("`, `"));
                    mistakes.add(at + place, format!("there is no test `{name}`"), hint);
                }
            }
            Token::Name(..) | Token::Sign(..) => {}
        }
    }
}

/// The engine names the line of a syntax error; the tag on it that does not stand alone is the guilty one.
fn guilty_tag(source: &str, tags: &[Tag], line: Option<usize>) -> usize {
    let Some(line) = line else { return 0 };
    let on_line = |tag: &&Tag| (place(source, tag.span.0).0..=place(source, tag.span.1).0).contains(&line);
    let fails_alone = |tag: &&Tag| {
        tag.kind == TagKind::Value && ENGINE.template_from_str(&source[tag.span.0..tag.span.1]).is_err()
    };
    let candidates: Vec<&Tag> = tags.iter().filter(on_line).collect();
    let guilty = candidates
        .iter()
        .copied()
        .find(fails_alone)
        .or_else(|| candidates.iter().copied().find(|tag| tag.kind == TagKind::Statement))
        .or(candidates.first().copied());
    guilty.map_or_else(|| source.split_inclusive('\n').take(line - 1).map(str::len).sum(), |tag| tag.span.0)
}

/// Where `path` is first named: `lead.nam`, or the name it begins with when it is written in another way.
fn name_place(tags: &[Tag], path: &str) -> Option<usize> {
    let names = || {
        tags.iter().flat_map(|tag| &tag.tokens).filter_map(|token| match token {
            Token::Name(name, at) => Some((*name, *at)),
            Token::Sign(..) => None,
        })
    };
    let begins = |name: &str| path.strip_prefix(name).is_some_and(|rest| rest.starts_with('.'));
    names()
        .find(|(name, _)| *name == path)
        .or_else(|| names().find(|(name, _)| begins(name) || name.starts_with(&format!("{path}."))))
        .map(|(_, at)| at)
}
