//! Two columns side by side, and a table beside what it was.

use std::cmp::Ordering;

use serde_json::Value as Json;

use crate::check::suite::engine::{Flow, Rows, View};
use crate::check::suite::error::CheckError;
use crate::check::suite::rules::found::{Finding, Found};
use crate::check::suite::rules::number::compare;
use crate::check::suite::rules::row::{RowTest, by_rows};
use crate::check::suite::rules::statistic::between;
use crate::check::suite::rules::structure::Known;
use crate::check::suite::rules::{Checker, Scope};
use crate::check::suite::spec::Check;
use crate::format::table::Field;

/// What is said where there is no table to compare with.
pub(super) const NOTHING_BEFORE: &str = "there is nothing to compare with yet";

struct Pair {
    op: String,
    /// The left column, and the right.
    columns: Vec<(String, usize)>,
}

pub(in crate::check::suite) fn pair(
    check: &Check,
    scope: &Scope<'_>,
) -> Result<Box<dyn Checker>, CheckError> {
    let text = |key| check.settings.text(key).unwrap_or_default();
    let column = |key| (text(key).to_owned(), scope.index(text(key)));
    Ok(by_rows(Pair { op: text("op").to_owned(), columns: vec![column("left"), column("right")] }))
}

fn holds(op: &str, order: Option<Ordering>) -> bool {
    match (op, order) {
        ("!=", order) => order != Some(Ordering::Equal),
        (_, None) => false,
        ("<", Some(order)) => order.is_lt(),
        ("<=", Some(order)) => order.is_le(),
        (">=", Some(order)) => order.is_ge(),
        (">", Some(order)) => order.is_gt(),
        (_, Some(order)) => order.is_eq(),
    }
}

impl RowTest for Pair {
    fn judge(&self, view: &View<'_>) -> Result<Found, CheckError> {
        let mut found = Found::default();
        let (left, right) = (self.columns[0].1, self.columns[1].1);
        for row in 0..view.rows() {
            let (Some(a), Some(b)) = (view.text(left, row), view.text(right, row)) else {
                continue;
            };
            found.considered += 1;
            let order = match (view.numbers(left)[row], view.numbers(right)[row]) {
                (Some(a), Some(b)) => a.partial_cmp(&b),
                _ => compare(&a, &b),
            };
            if !holds(&self.op, order) {
                found.note_row(view, &self.columns, row);
            }
        }
        Ok(found)
    }

    fn complaint(&self) -> String {
        let (left, right) = (&self.columns[0].0, &self.columns[1].0);
        format!("where `{left}` {} `{right}` is not so", self.op)
    }
}

/// Returns how many rows a table has.
fn rows_of(table: &dyn Rows) -> Result<u64, CheckError> {
    let mut rows = 0;
    table.read(&mut |batch| {
        rows += batch.rows as u64;
        Ok(Flow::On)
    })?;
    Ok(rows)
}

struct RowCountChange {
    before: u64,
    rows: u64,
    min: Option<f64>,
    max: Option<f64>,
}

pub(in crate::check::suite) fn row_count_change(
    check: &Check,
    scope: &Scope<'_>,
) -> Result<Box<dyn Checker>, CheckError> {
    let Some(other) = scope.other else {
        return Ok(Box::new(Known(Finding::first(NOTHING_BEFORE))));
    };
    Ok(Box::new(RowCountChange {
        before: rows_of(other)?,
        rows: 0,
        min: check.settings.number("min"),
        max: check.settings.number("max"),
    }))
}

impl Checker for RowCountChange {
    fn see(&mut self, view: &View<'_>) -> Result<(), CheckError> {
        self.rows += view.rows() as u64;
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<Finding, CheckError> {
        let (before, rows) = (self.before, self.rows);
        if before == 0 {
            return Ok(Finding::vacuous("there were no rows before"));
        }
        let finding = between("change", rows as f64 / before as f64, self.min, self.max);
        let complaint = format!("{} ({before} rows before, {rows} now)", finding.complaint);
        Ok(Finding { complaint, ..finding })
    }
}

pub(in crate::check::suite) fn schema_compatible(
    check: &Check,
    scope: &Scope<'_>,
) -> Result<Box<dyn Checker>, CheckError> {
    let Some(other) = scope.other else {
        return Ok(Box::new(Known(Finding::first(NOTHING_BEFORE))));
    };
    let may_grow = check.settings.truth("added", true);
    let faults = schema_faults(&other.all_fields(), &scope.all_fields, may_grow);
    let complaint = (!faults.is_empty()).then(|| faults.join("; "));
    Ok(Box::new(Known(Finding::whole(Json::Null, complaint))))
}

fn schema_faults(before: &[Field], now: &[Field], may_grow: bool) -> Vec<String> {
    let named = |fields: &[Field], name: &str| {
        fields.iter().find(|field| field.name == name).map(|field| field.type_name.clone())
    };
    let mut faults = Vec::new();
    for field in before {
        match named(now, &field.name) {
            None => faults.push(format!("`{}` is gone", field.name)),
            Some(now) if now != field.type_name => {
                faults.push(format!("`{}` was {} and is {now}", field.name, field.type_name));
            }
            Some(_) => {}
        }
    }
    let added = now.iter().filter(|field| !may_grow && named(before, &field.name).is_none());
    faults.extend(added.map(|field| format!("`{}` is new", field.name)));
    faults
}
