//! Loops over a few constants are written out: `["a", "b"].exists(w, w in lead.words)` becomes
//! `"a" in lead.words || "b" in lead.words`, which is checked word by word and answered without the interpreter.

use cel::IdedExpr;
use cel::common::ast::{CallExpr, ComprehensionExpr, EntryExpr, Expr, LiteralValue, operators as op};

use super::reader::GROUPS;

/// Longer lists stay loops.
const UNROLLED_MAX: usize = 64;

/// Writes out every innermost `exists` and `all` over a short list of constants. The result is at most
/// [`UNROLLED_MAX`] times as long, since a loop around another one stays.
pub(super) fn unroll(expression: &mut IdedExpr) {
    for part in parts(expression) {
        unroll(part);
    }
    let id = expression.id;
    if let Expr::Comprehension(it) = &mut expression.expr
        && let Some(written_out) = written_out(it, id)
    {
        *expression = written_out;
    }
}

fn written_out(it: &mut ComprehensionExpr, id: u64) -> Option<IdedExpr> {
    let (operator, empty) = match (&it.loop_step.expr, &it.accu_init.expr) {
        (Expr::Call(step), Expr::Literal(LiteralValue::Boolean(start))) => {
            match (step.func_name.as_str(), *start.inner()) {
                (op::LOGICAL_OR, false) => (op::LOGICAL_OR, false),
                (op::LOGICAL_AND, true) => (op::LOGICAL_AND, true),
                _ => return None,
            }
        }
        _ => return None,
    };
    let Expr::List(list) = &it.iter_range.expr else { return None };
    let constant = |element: &IdedExpr| matches!(element.expr, Expr::Literal(_));
    // A variable that hides a fact is the reader's to refuse.
    if GROUPS.contains(&it.iter_var.as_str()) {
        return None;
    }
    if list.elements.len() > UNROLLED_MAX || !list.elements.iter().all(constant) {
        return None;
    }
    let Expr::Call(step) = &mut it.loop_step.expr else { return None };
    let [_, body] = step.args.as_mut_slice() else { return None };
    if loops(body) {
        return None;
    }
    let cases: Vec<IdedExpr> =
        list.elements.iter().map(|element| replaced(body, &it.iter_var, element)).collect();
    Some(
        joined(cases, operator, id)
            .unwrap_or_else(|| IdedExpr { id, expr: Expr::Literal(LiteralValue::Boolean(empty.into())) }),
    )
}

/// A copy of `body` with `constant` wherever the variable stood.
fn replaced(body: &IdedExpr, variable: &str, constant: &IdedExpr) -> IdedExpr {
    let mut copy = body.clone();
    put(&mut copy, variable, constant);
    copy
}

fn put(expression: &mut IdedExpr, variable: &str, constant: &IdedExpr) {
    if matches!(&expression.expr, Expr::Ident(name) if name == variable) {
        *expression = constant.clone();
        return;
    }
    for part in parts(expression) {
        put(part, variable, constant);
    }
}

/// Joins cases as a balanced tree, which nests no deeper than it must.
fn joined(mut cases: Vec<IdedExpr>, operator: &str, id: u64) -> Option<IdedExpr> {
    if cases.len() < 2 {
        return cases.pop();
    }
    let right = joined(cases.split_off(cases.len() / 2), operator, id)?;
    let left = joined(cases, operator, id)?;
    let call = CallExpr { func_name: operator.to_owned(), target: None, args: vec![left, right] };
    Some(IdedExpr { id, expr: Expr::Call(call) })
}

fn loops(expression: &mut IdedExpr) -> bool {
    matches!(expression.expr, Expr::Comprehension(_)) || parts(expression).into_iter().any(loops)
}

fn parts(expression: &mut IdedExpr) -> Vec<&mut IdedExpr> {
    match &mut expression.expr {
        Expr::Call(call) => call.target.as_deref_mut().into_iter().chain(&mut call.args).collect(),
        Expr::Select(select) => vec![&mut select.operand],
        Expr::List(list) => list.elements.iter_mut().collect(),
        Expr::Map(map) => map
            .entries
            .iter_mut()
            .flat_map(|entry| match &mut entry.expr {
                EntryExpr::MapEntry(entry) => vec![&mut entry.key, &mut entry.value],
                EntryExpr::StructField(_) => Vec::new(),
            })
            .collect(),
        Expr::Comprehension(it) => vec![&mut it.iter_range, &mut it.loop_step],
        Expr::Ident(_) | Expr::Literal(_) | Expr::Struct(_) | Expr::Unspecified => Vec::new(),
    }
}
