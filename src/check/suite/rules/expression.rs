//! A CEL expression over the cells of a row.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use cel::common::ast::{EntryExpr, Expr, IdedExpr, LiteralValue};
use cel::{Context, Program, Value};

use crate::check::suite::engine::View;
use crate::check::suite::error::CheckError;
use crate::check::suite::rules::found::Found;
use crate::check::suite::rules::row::{RowTest, by_rows};
use crate::check::suite::rules::{Checker, Scope};
use crate::check::suite::spec::Check;
use crate::format::table::Column;

/// The longest expression: its parts are evaluated within each other.
const MAX_LENGTH: usize = 2_000;

/// Nothing is nested deeper.
const MAX_DEPTH: usize = 100;

/// Names all columns, whatever they are called.
const ROW: &str = "row";

/// An expression that can be evaluated.
#[derive(Clone)]
pub struct Expression {
    text: String,
    program: Arc<Program>,
    columns: Vec<String>,
    judges_missing: bool,
}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Expression").field(&self.text).finish()
    }
}

impl Expression {
    /// Reads an expression, or says why it is none.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.len() > MAX_LENGTH {
            return Err(format!("it is longer than {MAX_LENGTH} bytes"));
        }
        let program = Program::compile(text).map_err(|errors| {
            let first = errors.errors.first();
            first.map_or_else(|| "it cannot be read".to_owned(), |error| error.msg.clone())
        })?;
        let mut seen = Seen::default();
        seen.look(program.expression(), 0)?;
        let mut columns: Vec<String> = {
            let names = program.references();
            names.variables().into_iter().map(str::to_owned).collect()
        };
        columns.retain(|name| name != ROW && !seen.bound.contains(name));
        columns.extend(seen.columns);
        columns.sort();
        columns.dedup();
        let judges_missing = seen.says_null;
        Ok(Self { text: text.to_owned(), program: Arc::new(program), columns, judges_missing })
    }

    /// Returns the columns it names.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }
}

/// What was seen of an expression.
#[derive(Default)]
struct Seen {
    /// Columns that are named as `row["a name"]`.
    columns: Vec<String>,
    /// Names that the expression itself makes, as in `.all(x, …)`.
    bound: Vec<String>,
    says_null: bool,
}

impl Seen {
    fn look(&mut self, expression: &IdedExpr, depth: usize) -> Result<(), String> {
        if depth > MAX_DEPTH {
            return Err(format!("it is nested deeper than {MAX_DEPTH}"));
        }
        match &expression.expr {
            Expr::Call(call) => {
                self.look_at(call.target.iter().map(AsRef::as_ref).chain(&call.args), depth)?;
                if let [of, name] = call.args.as_slice() {
                    self.indexed(&call.func_name, of, name);
                }
                Ok(())
            }
            Expr::List(list) => self.look_at(list.elements.iter(), depth),
            Expr::Select(select) => {
                self.look(&select.operand, depth + 1)?;
                if matches!(&select.operand.expr, Expr::Ident(name) if name == ROW) {
                    self.columns.push(select.field.clone());
                }
                Ok(())
            }
            Expr::Map(map) => map.entries.iter().try_for_each(|entry| match &entry.expr {
                EntryExpr::MapEntry(entry) => {
                    self.look(&entry.key, depth + 1)?;
                    self.look(&entry.value, depth + 1)
                }
                EntryExpr::StructField(field) => self.look(&field.value, depth + 1),
            }),
            Expr::Comprehension(loops) => {
                self.bound.extend([loops.iter_var.clone(), loops.accu_var.clone()]);
                self.bound.extend(loops.iter_var2.clone());
                for part in [
                    &loops.iter_range,
                    &loops.accu_init,
                    &loops.loop_cond,
                    &loops.loop_step,
                    &loops.result,
                ] {
                    self.look(part, depth + 1)?;
                }
                Ok(())
            }
            Expr::Literal(literal) => {
                self.says_null |= matches!(literal, LiteralValue::Null);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn look_at<'e>(
        &mut self,
        mut parts: impl Iterator<Item = &'e IdedExpr>,
        depth: usize,
    ) -> Result<(), String> {
        parts.try_for_each(|part| self.look(part, depth + 1))
    }

    fn indexed(&mut self, function: &str, of: &IdedExpr, name: &IdedExpr) {
        let is_row = matches!(&of.expr, Expr::Ident(of) if of == ROW);
        if is_row
            && function == cel::common::ast::operators::INDEX
            && let Expr::Literal(LiteralValue::String(name)) = &name.expr
        {
            self.columns.push(name.to_string());
        }
    }
}

struct RowExpression {
    expression: Expression,
    columns: Vec<(String, usize)>,
    names_row: bool,
}

pub(in crate::check::suite) fn expression(
    check: &Check,
    scope: &Scope<'_>,
) -> Result<Box<dyn Checker>, CheckError> {
    let expression = check.settings.expression("rule");
    let expression = expression.expect("the list of checks requires it").clone();
    let columns = expression.columns.iter().map(|name| (name.clone(), scope.index(name)));
    Ok(by_rows(RowExpression {
        columns: columns.collect(),
        names_row: expression.program.references().has_variable(ROW),
        expression,
    }))
}

impl RowExpression {
    fn holds(&self, view: &View<'_>, row: usize) -> Result<bool, CheckError> {
        let fault = |reason| CheckError::Row { row: view.number_of(row), reason };
        let mut scope = Context::default();
        let mut cells = HashMap::new();
        for (name, column) in &self.columns {
            let value = value_of(view, *column, row);
            if self.names_row {
                cells.insert(name.clone(), value.clone());
            }
            scope.add_variable_from_value(name.as_str(), value);
        }
        if self.names_row {
            scope.add_variable_from_value(ROW, cells);
        }
        match self.expression.program.execute(&scope) {
            Ok(Value::Bool(holds)) => Ok(holds),
            Ok(_) => Err(fault("the expression is neither true nor false".to_owned())),
            Err(error) => Err(fault(format!("the expression cannot be evaluated: {error}"))),
        }
    }
}

/// Returns a cell as an expression sees it.
fn value_of(view: &View<'_>, column: usize, row: usize) -> Value {
    let cells = view.column(column);
    match cells {
        _ if cells.is_null(row) => Value::Null,
        Column::Int(cells) => Value::Int(cells.value(row)),
        Column::Bool(cells) => Value::Bool(cells.value(row)),
        Column::Date(_) | Column::Timestamp(_) => text_of(view, column, row),
        _ => view.numbers(column)[row].map_or_else(|| text_of(view, column, row), Value::Float),
    }
}

fn text_of(view: &View<'_>, column: usize, row: usize) -> Value {
    Value::String(Arc::new(view.text(column, row).unwrap_or_default().into_owned()))
}

impl RowTest for RowExpression {
    fn judge(&self, view: &View<'_>) -> Result<Found, CheckError> {
        let mut found = Found::default();
        for row in 0..view.rows() {
            let is_missing = self.columns.iter().any(|(_, column)| view.is_null(*column, row));
            if is_missing && !self.expression.judges_missing {
                continue;
            }
            found.considered += 1;
            if !self.holds(view, row)? {
                found.note_row(view, &self.columns, row);
            }
        }
        Ok(found)
    }

    fn complaint(&self) -> String {
        format!("where `{}` is not so", self.expression.text)
    }
}
