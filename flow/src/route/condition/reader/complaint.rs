//! What the reader says is wrong, and what to write instead.

use super::super::ConditionError;
use super::Kind;
use crate::nearest::nearest;
use crate::route::facts::Term;

const FUNCTIONS: [&str; 11] = [
    "contains",
    "startsWith",
    "endsWith",
    "size",
    "int",
    "double",
    "string",
    "has",
    "all",
    "exists",
    "exists_one",
];

pub(super) fn unknown(name: &str, place: usize) -> ConditionError {
    let error = ConditionError::at(place, format!("there is no fact called `{name}`"));
    match nearest(name, Term::all().map(Term::name)) {
        Some(near) => error.hint(format!("did you mean `{near}`?")),
        None => {
            let names: Vec<_> = Term::all().map(Term::name).collect();
            error.hint(format!(
                "the facts are {}; what a form sent besides is in `lead.fields`",
                names.join(", ")
            ))
        }
    }
}

pub(super) fn no_such_call(name: &str, kinds: &[Kind], place: usize) -> ConditionError {
    if !FUNCTIONS.contains(&name) && name.chars().all(|c| c.is_alphanumeric() || c == '_') {
        let error = ConditionError::at(place, format!("there is no function called `{name}`"));
        return match nearest(name, FUNCTIONS) {
            Some(near) => error.hint(format!("did you mean `{near}`?")),
            None => error.hint(format!("the functions are {}", FUNCTIONS.join(", "))),
        };
    }
    let kinds: Vec<_> = kinds.iter().map(|kind| kind.words()).collect();
    ConditionError::at(
        place,
        format!("`{}` does not work on {}", name.trim_matches('_'), kinds.join(" and ")),
    )
}

pub(super) fn never_equal(left: Kind, right: Kind, place: usize) -> ConditionError {
    let error = ConditionError::at(place, format!("{} is never equal to {}", left.words(), right.words()));
    if left == Kind::Null || right == Kind::Null {
        return error.hint("`has(lead.value)` asks whether something is known");
    }
    error.hint("texts stand in quotes, numbers do not")
}

pub(super) fn mismatch(verb: &str, left: Kind, joined: &str, right: Kind, place: usize) -> ConditionError {
    ConditionError::at(place, format!("cannot {verb} {} {joined} {}", left.words(), right.words()))
}
