//! A condition in the form in which it is asked.
//!
//! Most rules compare facts with constants. Those questions are taken out of the expression and answered directly, in
//! a few nanoseconds each; whatever else an expression contains stays with the CEL interpreter. Both give the same
//! answers (a property test compares them), including CEL's rule that a decided `&&` or `||` outweighs an error on
//! its other side.

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

use cel::common::ast::{CallExpr, Expr, LiteralValue, operators as op};
use cel::common::types::CelBool;
use cel::{Context, Env, ExecutionError, IdedExpr, Value};
use serde_json::Value as Json;

use super::super::facts::{Facts, HAS, Kind, Term};
use super::reader::{term_of, text_literal};
use super::{ConditionError, Places};

#[derive(Debug, PartialEq)]
pub(super) enum Predicate {
    Always(bool),
    Not(Box<Predicate>),
    All(Vec<Predicate>),
    Any(Vec<Predicate>),
    Ask(Question),
}

/// One question about one lead.
#[derive(Debug, PartialEq)]
pub(super) enum Question {
    /// A text fact is one of these.
    OneOf {
        term: Term,
        values: BTreeSet<String>,
    },
    /// A number lies in this range, both ends included.
    Within {
        term: Term,
        low: i64,
        high: i64,
        place: usize,
    },
    /// `has(…)` of a fact.
    Known(Term),
    Holds {
        term: Term,
        part: TextPart,
        text: String,
    },
    /// The word is one of `lead.words`.
    Says(String),
    FieldKnown(String),
    /// A field is a text and one of these.
    FieldOneOf {
        field: String,
        values: BTreeSet<String>,
        place: usize,
    },
    /// Anything else.
    Cel {
        expression: IdedExpr,
        place: usize,
    },
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum TextPart {
    Start,
    End,
    Anywhere,
}

/// Why a question has no answer for a lead; put into words only when somebody reads it.
#[derive(Debug)]
pub(super) enum Trouble {
    UnknownNumber { term: Term, place: usize },
    NoField { field: String, place: usize },
    Cel { error: Box<ExecutionError>, unknown: Option<Term>, place: usize },
}

impl Predicate {
    /// Takes a checked expression apart.
    pub(super) fn of(expression: IdedExpr, places: &Places) -> Predicate {
        if let Expr::Call(call) = expression.expr {
            return match (call.func_name.as_str(), call.args.len()) {
                (op::LOGICAL_AND, _) => Predicate::All(flattened(call, op::LOGICAL_AND, places)),
                (op::LOGICAL_OR, _) => Predicate::Any(flattened(call, op::LOGICAL_OR, places)),
                (op::LOGICAL_NOT, 1) => match call.args.into_iter().next() {
                    Some(inner) => Predicate::Not(Box::new(Predicate::of(inner, places))),
                    None => Predicate::Always(false),
                },
                _ => {
                    let expression = IdedExpr { id: expression.id, expr: Expr::Call(call) };
                    Question::of_call(&expression, places)
                        .unwrap_or_else(|| Question::cel(expression, places))
                }
            };
        }
        match &expression.expr {
            Expr::Literal(LiteralValue::Boolean(truth)) => Predicate::Always(*truth.inner()),
            Expr::Ident(name) => match name.strip_prefix(HAS).and_then(Term::named) {
                Some(term) => Predicate::Ask(Question::Known(term)),
                None => Question::cel(expression, places),
            },
            Expr::Select(select) if select.test && term_of(&select.operand) == Some(Term::Fields) => {
                Predicate::Ask(Question::FieldKnown(select.field.clone()))
            }
            _ => Question::cel(expression, places),
        }
    }

    pub(super) fn holds(&self, facts: &Facts) -> Result<bool, Trouble> {
        match self {
            Predicate::Always(truth) => Ok(*truth),
            Predicate::Not(inner) => inner.holds(facts).map(|truth| !truth),
            Predicate::All(parts) => decided_by(false, parts, facts),
            Predicate::Any(parts) => decided_by(true, parts, facts),
            Predicate::Ask(question) => question.answer(facts),
        }
    }
}

/// `a && b && c` as one list.
fn flattened(call: CallExpr, operator: &str, places: &Places) -> Vec<Predicate> {
    let mut parts = Vec::new();
    for argument in call.args {
        match Predicate::of(argument, places) {
            Predicate::All(more) if operator == op::LOGICAL_AND => parts.extend(more),
            Predicate::Any(more) if operator == op::LOGICAL_OR => parts.extend(more),
            part => parts.push(part),
        }
    }
    parts
}

/// One `deciding` answer settles the whole, whatever went wrong elsewhere.
fn decided_by(deciding: bool, parts: &[Predicate], facts: &Facts) -> Result<bool, Trouble> {
    let mut trouble = None;
    for part in parts {
        match part.holds(facts) {
            Ok(truth) if truth == deciding => return Ok(deciding),
            Ok(_) => {}
            Err(found) => trouble = Some(found),
        }
    }
    trouble.map_or(Ok(!deciding), Err)
}

impl Question {
    fn cel(expression: IdedExpr, places: &Places) -> Predicate {
        let place = places.of(&expression);
        Predicate::Ask(Question::Cel { expression, place })
    }

    /// The direct form of a call, if it has one.
    fn of_call(expression: &IdedExpr, places: &Places) -> Option<Predicate> {
        let Expr::Call(call) = &expression.expr else { return None };
        let place = places.of(expression);
        if let Some(target) = &call.target {
            let term = term_of(target).filter(|term| term.kind() == Kind::Text)?;
            let part = match call.func_name.as_str() {
                "contains" => TextPart::Anywhere,
                "startsWith" => TextPart::Start,
                "endsWith" => TextPart::End,
                _ => return None,
            };
            let text = text_literal(call.args.first()?)?.to_owned();
            return Some(Predicate::Ask(Question::Holds { term, part, text }));
        }
        let [left, right] = call.args.as_slice() else { return None };
        match call.func_name.as_str() {
            op::EQUALS => equality(left, right, place),
            op::NOT_EQUALS => equality(left, right, place).map(|equal| Predicate::Not(Box::new(equal))),
            op::IN => membership(left, right, place),
            operator => range(left, operator, right, place)
                .or_else(|| range(right, mirrored(operator)?, left, place))
                .map(Predicate::Ask),
        }
    }

    fn answer(&self, facts: &Facts) -> Result<bool, Trouble> {
        match self {
            Question::OneOf { term, values } => Ok(values.contains(facts.text(*term))),
            Question::Within { term, low, high, place } => match facts.number(*term) {
                Some(number) => Ok((*low..=*high).contains(&number)),
                None => Err(Trouble::UnknownNumber { term: *term, place: *place }),
            },
            Question::Known(term) => Ok(facts.knows(*term)),
            Question::Holds { term, part, text } => {
                let whole = facts.text(*term);
                Ok(match part {
                    TextPart::Start => whole.starts_with(text.as_str()),
                    TextPart::End => whole.ends_with(text.as_str()),
                    TextPart::Anywhere => whole.contains(text.as_str()),
                })
            }
            Question::Says(word) => Ok(facts.says(word)),
            Question::FieldKnown(field) => Ok(facts.field(field).is_some()),
            Question::FieldOneOf { field, values, place } => match facts.field(field) {
                Some(Json::String(text)) => Ok(values.contains(text.as_str())),
                Some(_) => Ok(false),
                None => Err(Trouble::NoField { field: field.clone(), place: *place }),
            },
            Question::Cel { expression, place } => {
                interpret(expression, facts).map_err(|error| Trouble::Cel {
                    error: Box::new(error),
                    unknown: unknown_number(expression, facts),
                    place: *place,
                })
            }
        }
    }
}

/// `fact == "text"`, either way round.
fn equality(left: &IdedExpr, right: &IdedExpr, place: usize) -> Option<Predicate> {
    for (fact, constant) in [(left, right), (right, left)] {
        if let Some(text) = text_literal(constant)
            && let Some(question) = one_of(fact, BTreeSet::from([text.to_owned()]), place)
        {
            return Some(Predicate::Ask(question));
        }
        if let Some(question) = range(fact, op::EQUALS, constant, place) {
            return Some(Predicate::Ask(question));
        }
    }
    None
}

/// `fact in ["a", "b"]`, `"word" in lead.words`, `"field" in lead.fields`
fn membership(element: &IdedExpr, set: &IdedExpr, place: usize) -> Option<Predicate> {
    if let Expr::List(list) = &set.expr {
        let values: Option<BTreeSet<String>> =
            list.elements.iter().map(|value| text_literal(value).map(str::to_owned)).collect();
        return one_of(element, values?, place).map(Predicate::Ask);
    }
    let text = text_literal(element)?.to_owned();
    match term_of(set)? {
        Term::Words => Some(Predicate::Ask(Question::Says(text))),
        Term::Fields => Some(Predicate::Ask(Question::FieldKnown(text))),
        _ => None,
    }
}

fn one_of(fact: &IdedExpr, values: BTreeSet<String>, place: usize) -> Option<Question> {
    if let Some(term) = term_of(fact) {
        return (term.kind() == Kind::Text).then_some(Question::OneOf { term, values });
    }
    field_of(fact).map(|field| Question::FieldOneOf { field: field.to_owned(), values, place })
}

/// `lead.fields.plan` or `lead.fields["plan"]`
fn field_of(expression: &IdedExpr) -> Option<&str> {
    match &expression.expr {
        Expr::Select(select) if !select.test && term_of(&select.operand) == Some(Term::Fields) => {
            Some(&select.field)
        }
        Expr::Call(call) if call.func_name == op::INDEX => match call.args.as_slice() {
            [map, key] if term_of(map) == Some(Term::Fields) => text_literal(key),
            _ => None,
        },
        _ => None,
    }
}

fn range(fact: &IdedExpr, operator: &str, constant: &IdedExpr, place: usize) -> Option<Question> {
    let term = term_of(fact).filter(|term| term.kind() == Kind::Number)?;
    let Expr::Literal(LiteralValue::Int(number)) = &constant.expr else { return None };
    let number = *number.inner();
    let (low, high) = match operator {
        op::EQUALS => (number, number),
        op::GREATER_EQUALS => (number, i64::MAX),
        op::LESS_EQUALS => (i64::MIN, number),
        op::GREATER => (number.checked_add(1)?, i64::MAX),
        op::LESS => (i64::MIN, number.checked_sub(1)?),
        _ => return None,
    };
    Some(Question::Within { term, low, high, place })
}

/// `5 < x` is `x > 5`.
fn mirrored(operator: &str) -> Option<&'static str> {
    match operator {
        op::LESS => Some(op::GREATER),
        op::LESS_EQUALS => Some(op::GREATER_EQUALS),
        op::GREATER => Some(op::LESS),
        op::GREATER_EQUALS => Some(op::LESS_EQUALS),
        _ => None,
    }
}

pub(super) fn interpret(expression: &IdedExpr, facts: &Facts) -> Result<bool, ExecutionError> {
    static STANDARD: LazyLock<Arc<Env>> = LazyLock::new(|| Arc::new(Env::stdlib()));
    let mut context = Context::with_env(Arc::clone(&STANDARD));
    context.set_variable_resolver(facts);
    let value = Value::resolve_val(expression, &context)?;
    value.downcast_ref::<CelBool>().map(|truth| *truth.inner()).ok_or_else(|| {
        ExecutionError::UnexpectedType { got: value.get_type().name().to_owned(), want: "bool".to_owned() }
    })
}

/// The first number in an expression that this lead does not have: to CEL it is a name that does not exist, to the
/// person who wrote the rule it is a fact that is not known.
fn unknown_number(expression: &IdedExpr, facts: &Facts) -> Option<Term> {
    let mut pending = vec![expression];
    while let Some(part) = pending.pop() {
        if let Some(term) = term_of(part)
            && !facts.knows(term)
            && term.kind() == Kind::Number
        {
            return Some(term);
        }
        match &part.expr {
            Expr::Select(select) => pending.push(&select.operand),
            Expr::Call(call) => pending.extend(call.target.as_deref().into_iter().chain(&call.args)),
            Expr::List(list) => pending.extend(&list.elements),
            Expr::Comprehension(it) => pending.extend([&it.iter_range, &it.loop_step]),
            _ => {}
        }
    }
    None
}

impl Trouble {
    pub(super) fn explain(self) -> ConditionError {
        match self {
            Trouble::UnknownNumber { term, place } => not_known(term, place),
            Trouble::NoField { field, place } => no_field(&field, place),
            Trouble::Cel { error, unknown, place } => match (*error, unknown) {
                (ExecutionError::UndeclaredReference(_), Some(term)) => not_known(term, place),
                (ExecutionError::NoSuchKey(field), _) => no_field(&field, place),
                (ExecutionError::NoSuchOverload(error), _) => {
                    let operator = error.function().trim_matches(['_', '@']).to_owned();
                    let kinds = error.argument_types().join(" and ");
                    ConditionError::at(place, format!("`{operator}` does not work on {kinds}"))
                        .hint("`int(…)`, `double(…)` and `string(…)` turn one kind into another")
                }
                (ExecutionError::DivisionByZero(_) | ExecutionError::RemainderByZero(_), _) => {
                    ConditionError::at(place, "a number is divided by zero")
                }
                (ExecutionError::UnexpectedType { got, want }, _) => {
                    ConditionError::at(place, format!("expected {want}, found {got}"))
                }
                // The interpreter's own words may quote what the lead wrote, which stays out of the record.
                (ExecutionError::FunctionError { function, .. }, _) => ConditionError::at(
                    place,
                    format!("`{function}(…)` cannot turn this lead's value into that kind"),
                ),
                (_, _) => ConditionError::at(place, "the condition cannot be answered for this lead"),
            },
        }
    }
}

fn not_known(term: Term, place: usize) -> ConditionError {
    let name = term.name();
    ConditionError::at(place, format!("`{name}` is not known for this lead"))
        .hint(format!("ask first: `has({name}) && …`"))
}

fn no_field(field: &str, place: usize) -> ConditionError {
    ConditionError::at(place, format!("this lead has no field `{field}`"))
        .hint(format!("ask first: `has(lead.fields.{field}) && …`"))
}
