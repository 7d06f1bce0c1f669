//! Which parts of an expression are small, however much an event changes: texts, numbers and truth
//! values, and lists of so many as are written out. Only these are copied and compared in one step.

use cel::common::ast::{ComprehensionExpr, Expr, IdedExpr, operators};

use super::scope;

/// A name that a loop has given to its elements.
#[derive(Debug, Clone, Copy)]
pub(super) struct Local<'a> {
    pub name: &'a str,
    pub is_small: bool,
}

/// Tells whether the value of an expression is small.
pub(super) fn is_small(expr: &Expr, locals: &[Local<'_>]) -> bool {
    let all = |parts: &[IdedExpr]| parts.iter().all(|part| is_small(&part.expr, locals));
    match expr {
        Expr::Literal(_) => true,
        Expr::Ident(name) => match locals.iter().rev().find(|local| local.name == name) {
            Some(local) => local.is_small,
            None => !scope::VARIABLES.contains(&name.as_str()),
        },
        Expr::Select(select) => {
            select.test || is_small(&select.operand.expr, locals) || is_text_of_event(expr)
        }
        Expr::List(list) => all(&list.elements),
        Expr::Call(call) => match call.func_name.as_str() {
            operators::ADD => all(&call.args),
            operators::CONDITIONAL => all(&call.args[call.args.len().min(1)..]),
            operators::INDEX => {
                call.args.first().is_some_and(|list| has_small_elements(&list.expr, locals))
            }
            // Of all others, the answer is a number, a truth value or a text.
            _ => true,
        },
        Expr::Comprehension(each) => !matches!(each.accu_init.expr, Expr::List(_) | Expr::Map(_)),
        Expr::Map(_) | Expr::Struct(_) | Expr::Unspecified => false,
    }
}

/// Tells whether each element of a list is small; the list itself may be long.
pub(super) fn has_small_elements(expr: &Expr, locals: &[Local<'_>]) -> bool {
    match expr {
        Expr::Ident(name) if locals.iter().all(|local| local.name != name) => {
            matches!(name.as_str(), "changed" | "changes")
        }
        Expr::Comprehension(each) => gathered(each).is_some_and(|element| {
            let mut inner = locals.to_vec();
            inner.push(element_of(each, locals));
            is_small(element, &inner)
        }),
        Expr::Call(call) if call.func_name == operators::ADD => {
            call.args.iter().all(|arg| has_small_elements(&arg.expr, locals))
        }
        other => is_small(other, locals),
    }
}

/// Returns what a loop names its elements.
pub(super) fn element_of<'a>(each: &'a ComprehensionExpr, locals: &[Local<'_>]) -> Local<'a> {
    Local { name: &each.iter_var, is_small: has_small_elements(&each.iter_range.expr, locals) }
}

/// Returns what a loop appends to the list that it makes, where that is all it does: as `map` and
/// `filter` do.
pub(super) fn gathered(each: &ComprehensionExpr) -> Option<&Expr> {
    let is_list = |expr: &Expr| matches!(expr, Expr::List(list) if list.elements.is_empty());
    let step = match &each.loop_step.expr {
        Expr::Call(call) if call.func_name == operators::CONDITIONAL => &call.args.get(1)?.expr,
        other => other,
    };
    match step {
        Expr::Call(call) if call.func_name == operators::ADD && is_list(&each.accu_init.expr) => {
            match call.args.as_slice() {
                [into, added] if is_name(&into.expr, &each.accu_var) => match &added.expr {
                    Expr::List(list) => match list.elements.as_slice() {
                        [element] => Some(&element.expr),
                        _ => None,
                    },
                    _ => None,
                },
                _ => None,
            }
        }
        _ => None,
    }
}

fn is_name(expr: &Expr, name: &str) -> bool {
    matches!(expr, Expr::Ident(other) if other == name)
}

/// Tells whether an expression is a field of `event` that holds one text, or a few.
fn is_text_of_event(expr: &Expr) -> bool {
    let Expr::Select(select) = expr else { return false };
    match &select.operand.expr {
        Expr::Ident(name) if name == "event" => {
            !matches!(select.field.as_str(), "meta" | "parents" | "cause")
        }
        Expr::Select(outer) => is_name(&outer.operand.expr, "event") && outer.field != "cause",
        _ => false,
    }
}
