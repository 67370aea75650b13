//! Checks a parsed expression: every name exists, kinds go together, and the work is bounded.

mod complaint;
mod kind;

use cel::IdedExpr;
use cel::common::ast::{
    CallExpr, ComprehensionExpr, EntryExpr, Expr, LiteralValue, SelectExpr, operators as op,
};

use super::super::facts::{FIELD_LIST_MAX, HAS, Term, words};
use super::{COST_MAX, ConditionError, DEPTH_MAX, Places};
use complaint::{mismatch, never_equal, no_such_call, unknown};
use kind::{Kind, term_kind};

/// Kind and work of a part.
#[derive(Clone, Copy)]
struct Part {
    kind: Kind,
    cost: u64,
}

/// Checks an expression, and rewrites `has(lead.value)` to the flat name that [`super::Facts`] answers.
///
/// # Errors
/// The first thing that is wrong.
pub(super) fn check(expression: &mut IdedExpr, places: &Places) -> Result<(), ConditionError> {
    let mut reader = Reader { places, depth: 0, loops: Vec::new() };
    let whole = reader.part(expression)?;
    let start = reader.places.of(expression);
    if !matches!(whole.kind, Kind::Truth | Kind::Any) {
        return Err(ConditionError::at(
            start,
            format!("the condition is {}, not true or false", whole.kind.words()),
        )
        .hint("compare it with something, such as `lead.country == \"DE\"`"));
    }
    if whole.cost > COST_MAX {
        return Err(ConditionError::at(start, "the condition could take too long for one lead")
            .hint("use shorter lists, or no loop within a loop"));
    }
    Ok(())
}

struct Reader<'a> {
    places: &'a Places,
    depth: usize,
    /// Variables of the loops around, innermost last.
    loops: Vec<String>,
}

type Read = Result<Part, ConditionError>;

impl Reader<'_> {
    fn part(&mut self, expression: &mut IdedExpr) -> Read {
        let place = self.places.of(expression);
        if self.depth == DEPTH_MAX {
            return Err(ConditionError::at(place, format!("the condition nests deeper than {DEPTH_MAX}"))
                .hint("split it into several rules with the same target"));
        }
        self.depth += 1;
        let read = self.part_within(expression, place);
        self.depth -= 1;
        read
    }

    fn part_within(&mut self, expression: &mut IdedExpr, place: usize) -> Read {
        if let Some(term) = tested_term(&expression.expr) {
            expression.expr = Expr::Ident(format!("{HAS}{}", term.name()));
            return Ok(Part { kind: Kind::Truth, cost: 1 });
        }
        match &mut expression.expr {
            Expr::Literal(literal) => literal_kind(literal, place),
            Expr::Ident(name) => self.variable(name, place),
            Expr::Select(select) => self.select(select, place),
            Expr::Call(call) => self.call(call, place),
            Expr::List(list) => {
                let mut cost = 1;
                for element in &mut list.elements {
                    cost += self.part(element)?.cost;
                }
                Ok(Part { kind: Kind::List, cost })
            }
            Expr::Map(map) => {
                let mut cost = 1;
                for entry in &mut map.entries {
                    if let EntryExpr::MapEntry(entry) = &mut entry.expr {
                        cost += self.part(&mut entry.key)?.cost + self.part(&mut entry.value)?.cost;
                    }
                }
                Ok(Part { kind: Kind::Map, cost })
            }
            Expr::Comprehension(comprehension) => self.comprehension(comprehension, place),
            Expr::Struct(_) | Expr::Unspecified => {
                Err(ConditionError::at(place, "a condition cannot make an object")
                    .hint("compare facts with values"))
            }
        }
    }

    fn variable(&self, name: &str, place: usize) -> Read {
        if self.loops.iter().any(|bound| bound == name) {
            return Ok(Part { kind: Kind::Any, cost: 1 });
        }
        if GROUPS.contains(&name) {
            let group = format!("{name}.");
            let members: Vec<_> =
                Term::all().map(Term::name).filter(|known| known.starts_with(&group)).collect();
            return Err(ConditionError::at(place, format!("`{name}` alone is not a value"))
                .hint(format!("ask for one of {}", members.join(", "))));
        }
        Err(unknown(name, place))
    }

    fn select(&mut self, select: &mut SelectExpr, place: usize) -> Read {
        if let Expr::Ident(group) = &select.operand.expr
            && !self.loops.iter().any(|bound| bound == group)
        {
            let name = format!("{group}.{}", select.field);
            let start = self.places.of(&select.operand);
            let term = Term::named(&name).ok_or_else(|| unknown(&name, start))?;
            return Ok(Part { kind: term_kind(term), cost: 1 });
        }
        let operand = self.part(&mut select.operand)?;
        match operand.kind {
            Kind::Map | Kind::Any => {
                let kind = if select.test { Kind::Truth } else { Kind::Any };
                Ok(Part { kind, cost: operand.cost + 1 })
            }
            other => {
                Err(ConditionError::at(place, format!("{} has no part `{}`", other.words(), select.field))
                    .hint("only `lead.fields` has parts of its own"))
            }
        }
    }

    fn call(&mut self, call: &mut CallExpr, place: usize) -> Read {
        if let Some(target) = &mut call.target {
            return self.method(&call.func_name, target, &mut call.args, place);
        }
        let mut parts = Vec::with_capacity(call.args.len());
        for argument in &mut call.args {
            parts.push(self.part(argument)?);
        }
        let kinds: Vec<Kind> = parts.iter().map(|part| part.kind).collect();
        let cost = 1 + parts.iter().map(|part| part.cost).sum::<u64>();
        let kind = match (call.func_name.as_str(), kinds.as_slice()) {
            (op::LOGICAL_AND | op::LOGICAL_OR, [left, right]) => {
                self.truth(*left, &call.args[0])?;
                self.truth(*right, &call.args[1])?;
                Kind::Truth
            }
            (op::LOGICAL_NOT, [of]) => {
                self.truth(*of, &call.args[0])?;
                Kind::Truth
            }
            (op::NOT_STRICTLY_FALSE, [_]) => Kind::Truth,
            (op::CONDITIONAL, [condition, yes, no]) => {
                self.truth(*condition, &call.args[0])?;
                if yes == no { *yes } else { Kind::Any }
            }
            (op::EQUALS | op::NOT_EQUALS, [left, right]) => {
                if !left.comparable(*right) {
                    return Err(never_equal(*left, *right, place));
                }
                fitting_literals(&call.args[0], &call.args[1..], self.places)?;
                fitting_literals(&call.args[1], &call.args[..1], self.places)?;
                Kind::Truth
            }
            (op::LESS | op::LESS_EQUALS | op::GREATER | op::GREATER_EQUALS, [left, right]) => {
                let ordered = |kind: Kind| kind.number() || matches!(kind, Kind::Text | Kind::Truth);
                if !left.comparable(*right) || !ordered(*left) || !ordered(*right) {
                    return Err(mismatch("compare", *left, "with", *right, place));
                }
                Kind::Truth
            }
            (op::IN, [element, set]) => self.within(*element, *set, call, place)?,
            (op::ADD, [Kind::Text | Kind::Any, Kind::Text | Kind::Any]) => {
                // Joining copies; texts that can be long would let a loop copy megabytes.
                if call.args.iter().any(|part| term_of(part) == Some(Term::Text)) {
                    return Err(ConditionError::at(place, "`lead.text` cannot be joined with another text")
                        .hint("ask each text on its own"));
                }
                return Ok(Part {
                    kind: if kinds.contains(&Kind::Text) { Kind::Text } else { Kind::Any },
                    cost: cost + 4,
                });
            }
            // How `filter` and `map` gather their results.
            (op::ADD, [Kind::Any | Kind::List, Kind::List]) => Kind::List,
            (op::ADD | op::SUBSTRACT | op::MULTIPLY | op::DIVIDE | op::MODULO, [left, right]) => {
                let alike = left == right || *left == Kind::Any || *right == Kind::Any;
                if !left.number() || !right.number() || !alike {
                    return Err(mismatch("calculate with", *left, "and", *right, place)
                        .hint("`int(…)` and `double(…)` turn one kind of number into the other"));
                }
                if *left == Kind::Any { *right } else { *left }
            }
            (op::NEGATE, [of]) if of.number() => *of,
            (op::INDEX, [Kind::Map | Kind::List | Kind::Any, _]) => Kind::Any,
            ("size", [Kind::Text | Kind::List | Kind::Map | Kind::Any]) => Kind::Whole,
            ("int", [Kind::Text | Kind::Whole | Kind::Decimal | Kind::Any]) => Kind::Whole,
            ("double", [Kind::Text | Kind::Whole | Kind::Decimal | Kind::Any]) => Kind::Decimal,
            ("string", [Kind::Text | Kind::Whole | Kind::Decimal | Kind::Truth | Kind::Any]) => Kind::Text,
            (name, kinds) => return Err(no_such_call(name, kinds, place)),
        };
        Ok(Part { kind, cost: cost + scanning(&call.args) })
    }

    fn method(
        &mut self,
        name: &str,
        target: &mut IdedExpr,
        arguments: &mut [IdedExpr],
        place: usize,
    ) -> Read {
        let of = self.part(target)?;
        let mut kinds = vec![of.kind];
        let mut cost = 1 + of.cost;
        for argument in arguments.iter_mut() {
            let part = self.part(argument)?;
            kinds.push(part.kind);
            cost += part.cost;
        }
        cost += scanning(std::slice::from_ref(target));
        let text = |kind: Kind| matches!(kind, Kind::Text | Kind::Any);
        match (name, kinds.as_slice()) {
            ("contains" | "startsWith" | "endsWith", [of, what]) if text(*of) && text(*what) => {
                Ok(Part { kind: Kind::Truth, cost })
            }
            ("size", [Kind::Text | Kind::List | Kind::Map | Kind::Any]) => {
                Ok(Part { kind: Kind::Whole, cost })
            }
            _ => Err(no_such_call(name, &kinds, place)),
        }
    }

    /// `element in set`
    fn within(
        &self,
        element: Kind,
        set: Kind,
        call: &CallExpr,
        place: usize,
    ) -> Result<Kind, ConditionError> {
        match set {
            Kind::Words => {
                if !matches!(element, Kind::Text | Kind::Any) {
                    return Err(never_equal(element, Kind::Text, place));
                }
                if let Some(word) = text_literal(&call.args[0])
                    && !words(word).eq([word.to_owned()])
                {
                    return Err(ConditionError::at(self.places.of(&call.args[0]), format!("`{word}` is never one of `lead.words`"))
                        .hint("the words are single ones in small letters; for a phrase use `lead.text.contains(…)`"));
                }
            }
            Kind::List => {
                if let Expr::List(list) = &call.args[1].expr {
                    for candidate in &list.elements {
                        if let Expr::Literal(literal) = &candidate.expr {
                            let other = literal_kind(literal, self.places.of(candidate))?.kind;
                            if !element.comparable(other) {
                                return Err(never_equal(element, other, self.places.of(candidate)));
                            }
                        }
                    }
                    fitting_literals(&call.args[0], &list.elements, self.places)?;
                }
            }
            Kind::Map | Kind::Any => {}
            other => {
                return Err(
                    mismatch("look for", element, "in", other, place).hint("`in` needs a list: `[…]`")
                );
            }
        }
        Ok(Kind::Truth)
    }

    fn comprehension(&mut self, it: &mut ComprehensionExpr, place: usize) -> Read {
        let range = self.part(&mut it.iter_range)?;
        let rounds = match (&it.iter_range.expr, range.kind) {
            (Expr::List(list), _) => list.elements.len() as u64,
            (_, Kind::List | Kind::Map | Kind::Any) => FIELD_LIST_MAX as u64,
            (_, other) => {
                return Err(ConditionError::at(
                    self.places.of(&it.iter_range),
                    format!("cannot go through {}", other.words()),
                )
                .hint("loops go through lists; ask for a word with `\"word\" in lead.words`"));
            }
        };
        if GROUPS.contains(&it.iter_var.as_str()) || self.loops.contains(&it.iter_var) {
            return Err(ConditionError::at(
                place,
                format!("`{}` is already the name of something else", it.iter_var),
            )
            .hint("give the loop's variable another name"));
        }
        let outside = self.loops.len();
        self.loops.push(it.iter_var.clone());
        self.loops.push(it.accu_var.clone());
        let init = self.part(&mut it.accu_init)?;
        let step = self.part(&mut it.loop_cond)?.cost + self.part(&mut it.loop_step)?.cost;
        let result = self.part(&mut it.result)?;
        self.loops.truncate(outside);
        let kind = match result.kind {
            // The result is the accumulator, whose kind is the one it starts with.
            Kind::Any => init.kind,
            known => known,
        };
        Ok(Part { kind, cost: range.cost + init.cost + result.cost + rounds.saturating_mul(step) })
    }

    fn truth(&self, kind: Kind, part: &IdedExpr) -> Result<(), ConditionError> {
        if matches!(kind, Kind::Truth | Kind::Any) {
            return Ok(());
        }
        Err(ConditionError::at(
            self.places.of(part),
            format!("expected true or false, found {}", kind.words()),
        )
        .hint("compare it with something, such as `lead.country == \"DE\"`"))
    }
}

/// Reading through a lead's whole text is worth many ordinary steps.
fn scanning(parts: &[IdedExpr]) -> u64 {
    if parts.iter().any(|part| term_of(part) == Some(Term::Text)) { 16 } else { 0 }
}

/// The first parts of the facts' names.
pub(super) const GROUPS: [&str; 3] = ["lead", "account", "time"];

/// The fact in `has(lead.value)`.
fn tested_term(expression: &Expr) -> Option<Term> {
    match expression {
        Expr::Select(select) if select.test => match &select.operand.expr {
            Expr::Ident(group) => Term::named(&format!("{group}.{}", select.field)),
            _ => None,
        },
        _ => None,
    }
}

/// The fact that an expression reads, if it is nothing but that.
pub(super) fn term_of(expression: &IdedExpr) -> Option<Term> {
    match &expression.expr {
        Expr::Select(select) if !select.test => match &select.operand.expr {
            Expr::Ident(group) => Term::named(&format!("{group}.{}", select.field)),
            _ => None,
        },
        _ => None,
    }
}

pub(super) fn text_literal(expression: &IdedExpr) -> Option<&str> {
    match &expression.expr {
        Expr::Literal(LiteralValue::String(text)) => Some(text.inner()),
        _ => None,
    }
}

fn literal_kind(literal: &LiteralValue, place: usize) -> Read {
    let kind = match literal {
        LiteralValue::Boolean(_) => Kind::Truth,
        LiteralValue::Int(_) => Kind::Whole,
        LiteralValue::Double(_) => Kind::Decimal,
        LiteralValue::String(_) => Kind::Text,
        LiteralValue::Null => Kind::Null,
        LiteralValue::UInt(_) => {
            return Err(
                ConditionError::at(place, "unsigned numbers are not used here").hint("leave out the `u`")
            );
        }
        LiteralValue::Bytes(_) => {
            return Err(ConditionError::at(place, "bytes are not used here")
                .hint("leave out the `b` before the quotes"));
        }
    };
    Ok(Part { kind, cost: 1 })
}

/// Refuses a literal that a fact can never be equal to.
fn fitting_literals(fact: &IdedExpr, literals: &[IdedExpr], places: &Places) -> Result<(), ConditionError> {
    let Some(term) = term_of(fact) else { return Ok(()) };
    for literal in literals {
        if let Some(value) = text_literal(literal)
            && let Err(instead) = term.admits(value)
        {
            return Err(ConditionError::at(
                places.of(literal),
                format!("`{}` is never `{value}`", term.name()),
            )
            .hint(instead));
        }
    }
    Ok(())
}
