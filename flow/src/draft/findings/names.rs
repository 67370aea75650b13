//! Whether the names in a text are the lead's.

use std::collections::{HashMap, HashSet};

use super::greeting::{Greeting, greeting, is_no_name};
use super::link::{domain_of, is_public_mailbox};
use super::lookalike::registered_name;
use super::sheet::Sheet;
use super::vocabulary::NICKNAMES;
use super::{FindingId, Found, Level, Reading};
use crate::draft::letters::{distance, fold};

/// How many names of others are looked for.
const OTHER_NAMES_LIMIT: usize = 500;

/// Parts of company names that say nothing of which company it is.
const LEGAL_FORMS: [&str; 41] = [
    "gmbh",
    "ag",
    "kg",
    "ug",
    "se",
    "ohg",
    "gbr",
    "mbh",
    "co",
    "inc",
    "ltd",
    "llc",
    "plc",
    "corp",
    "corporation",
    "limited",
    "company",
    "group",
    "holding",
    "sarl",
    "sas",
    "sa",
    "srl",
    "spa",
    "sl",
    "slu",
    "bv",
    "nv",
    "ab",
    "oy",
    "as",
    "aps",
    "sp",
    "zoo",
    "oo",
    "lda",
    "the",
    "und",
    "and",
    "services",
    "solutions",
];

/// Looks at the greeting, and for other customers' names anywhere.
pub(super) fn look(text: &Sheet, subject: Option<&Sheet>, reading: &Reading, found: &mut Found) {
    let lead = Names::of_lead(reading);
    let others: Vec<Vec<String>> = reading
        .other_names
        .iter()
        .take(OTHER_NAMES_LIMIT)
        .map(|name| parts(name))
        .filter(|name| !name.is_empty())
        .collect();
    let greeting = greeting(text);
    if let Some(greeting) = &greeting {
        judge_greeting(text, greeting, &lead, &others, found);
    }
    let greeted = greeting.map_or(0, |greeting| greeting.last + 1);
    let own = Names { parts: reading.own_names.iter().flat_map(|name| parts(name)).collect() };
    for (sheet, from) in subject.map(|subject| (subject, 0)).into_iter().chain([(text, greeted)]) {
        look_for_others(sheet, from, &others, &[&lead, &own], found);
    }
}

fn judge_greeting(
    sheet: &Sheet,
    greeting: &Greeting,
    lead: &Names,
    others: &[Vec<String>],
    found: &mut Found,
) {
    if greeting.gap {
        let span = sheet.span(greeting.first, greeting.last + 1);
        found.add(
            FindingId::MissingName,
            Level::Stop,
            sheet,
            span,
            "The greeting ends where a name should be.",
        );
        return;
    }
    for (nth, index) in greeting.names.iter().enumerate() {
        if is_no_name(sheet.folded(*index)) {
            let span = sheet.span(*index, *index);
            found.add(
                FindingId::MissingName,
                Level::Stop,
                sheet,
                span,
                "The greeting has a program's word for a missing name.",
            );
            return;
        }
        // A letter alone is an initial.
        if sheet.word(*index).chars().count() < 2 || lead.has(sheet.folded(*index)) {
            continue;
        }
        let name = sheet.word(*index);
        let known = known_other(sheet, greeting, nth, others);
        let beside_own = greeting.names.iter().any(|other| lead.has(sheet.folded(*other)));
        let (level, words) = if known {
            (Level::Stop, format!("The greeting names `{name}`, who is somebody else in this workspace."))
        } else if !greeting.closed {
            continue;
        } else if lead.parts.is_empty() {
            (Level::Ask, format!("The greeting names `{name}`, and this lead's name is not known."))
        } else if let Some(meant) = lead.nearly(sheet.folded(*index)) {
            (Level::Ask, format!("The greeting says `{name}`, and the lead is called `{meant}`."))
        } else if beside_own {
            // A second name that nobody recorded: the given name alone may be known.
            if lead.parts.len() < 2 {
                continue;
            }
            (
                Level::Ask,
                format!("The greeting also names `{name}`, which is not in the lead's name or company."),
            )
        } else {
            (Level::Stop, format!("The greeting names `{name}`, and the lead has no such name or company."))
        };
        // All names up to the last wrong one are one finding.
        let last =
            greeting.names.iter().rev().find(|other| !lead.has(sheet.folded(**other))).unwrap_or(index);
        found.add(FindingId::WrongName, level, sheet, sheet.span(*index, *last), words);
        return;
    }
}

/// Whether the name at `nth` in the greeting is a known name of somebody else.
fn known_other(sheet: &Sheet, greeting: &Greeting, nth: usize, others: &[Vec<String>]) -> bool {
    let name = sheet.folded(greeting.names[nth]);
    others.iter().any(|other| other.iter().any(|part| part == name && part.len() > 2))
}

/// Full names of others in a text: their company's, or first and last name together.
fn look_for_others(sheet: &Sheet, from: usize, others: &[Vec<String>], ours: &[&Names], found: &mut Found) {
    if others.is_empty() {
        return;
    }
    let mut by_first: HashMap<&str, Vec<usize>> = HashMap::new();
    for index in from..sheet.words.len() {
        if sheet.word(index).starts_with(char::is_uppercase) {
            by_first.entry(sheet.folded(index)).or_default().push(index);
        }
    }
    let mut told: HashSet<usize> = HashSet::new();
    for other in others {
        let telling = other.len() > 1 || other[0].chars().count() > 3;
        let Some(places) = by_first.get(other[0].as_str()).filter(|_| telling) else { continue };
        // Asked last: few names are in the text at all, and comparing names is slow.
        if ours.iter().any(|names| other.iter().all(|part| names.has(part))) {
            continue;
        }
        for first in places {
            let last = first + other.len() - 1;
            let here = other.iter().enumerate().all(|(i, part)| sheet.folded(first + i) == part);
            if here && told.insert(*first) {
                let words =
                    format!("The text names `{}`, another name in this workspace.", sheet.word(*first));
                found.add(FindingId::OtherName, Level::Ask, sheet, sheet.span(*first, last), words);
            }
        }
    }
}

/// The parts of a name, folded, without legal forms: `Müller & Söhne GmbH` is `muller`, `sohne`.
fn parts(name: &str) -> Vec<String> {
    name.split(|c: char| !c.is_alphanumeric())
        .map(fold)
        .filter(|part| part.chars().count() > 1 && !LEGAL_FORMS.contains(&part.as_str()))
        .collect()
}

/// The parts of a set of names.
struct Names {
    parts: Vec<String>,
}

impl Names {
    /// The lead's names, and what their addresses say of them.
    fn of_lead(reading: &Reading) -> Names {
        let mut all: Vec<String> = reading.lead_names.iter().flat_map(|name| parts(name)).collect();
        for address in reading.lead_addresses.iter().chain(&reading.to).chain(&reading.cc) {
            let Some((local, _)) = address.split_once('@') else { continue };
            all.extend(parts(local).into_iter().filter(|part| !part.bytes().all(|b| b.is_ascii_digit())));
            let domain = domain_of(address).filter(|domain| !is_public_mailbox(domain));
            all.extend(domain.iter().flat_map(|domain| parts(registered_name(domain))));
        }
        all.sort();
        all.dedup();
        Names { parts: all }
    }

    /// Whether `name`, folded, is one of these, allowing for short forms, Polish vocatives and two ways to write umlauts.
    fn has(&self, name: &str) -> bool {
        self.parts.iter().any(|part| part == name || is_form_of(name, part))
    }

    /// The part that `name` is a slip away from.
    fn nearly(&self, name: &str) -> Option<&str> {
        let near = |part: &&String| part.chars().count() > 3 && distance(name, part, 1).is_some();
        self.parts.iter().find(near).map(String::as_str)
    }
}

fn is_form_of(name: &str, part: &str) -> bool {
    let umlauts = |name: &str| name.replace("ae", "a").replace("oe", "o").replace("ue", "u");
    let (short, long) = if name.len() <= part.len() { (name, part) } else { (part, name) };
    // `Alex` and `Alexander`, `Max` and `Maximilian`.
    let shortened = short.chars().count() > 2 && long.starts_with(short);
    let both =
        |list: &&&str| list.split(' ').any(|form| form == name) && list.split(' ').any(|form| form == part);
    // An address often joins names: `akowalska`, `annakowalska`.
    let inside = name.chars().count() > 3 && (part.ends_with(name) || part.starts_with(name));
    shortened
        || inside
        || umlauts(name) == umlauts(part)
        || NICKNAMES.iter().any(|list| both(&list))
        || is_vocative(name, part)
}

/// Polish (and Czech) calls people by another ending: `Anno`, `Marku`, `Tomaszu`, `Kasiu`.
fn is_vocative(called: &str, name: &str) -> bool {
    const ENDINGS: [(&str, &str); 14] = [
        ("a", "o"),
        ("a", "u"),
        ("ek", "ku"),
        ("ec", "cze"),
        ("l", "le"),
        ("r", "rze"),
        ("t", "cie"),
        ("d", "dzie"),
        ("el", "le"),
        ("", "u"),
        ("", "ie"),
        ("", "e"),
        ("ia", "iu"),
        ("a", "e"),
    ];
    called.len() > 3
        && ENDINGS.iter().any(|(plain, vocative)| {
            called
                .strip_suffix(vocative)
                .is_some_and(|stem| stem.len() > 2 && name.strip_suffix(plain) == Some(stem))
        })
}
