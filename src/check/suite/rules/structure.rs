//! The table as a whole: its columns, and how many rows it has.

use crate::check::suite::engine::View;
use crate::check::suite::error::CheckError;
use crate::check::suite::rules::found::Finding;
use crate::check::suite::rules::{Checker, Scope};
use crate::check::suite::spec::Check;

/// A count that is expected.
#[derive(Debug, Clone)]
pub(super) struct Counts {
    min: Option<u64>,
    max: Option<u64>,
    equal: Option<u64>,
}

impl Counts {
    pub(super) fn of(check: &Check) -> Self {
        let count = |key| check.settings.count(key);
        Self { min: count("min"), max: count("max"), equal: count("equal") }
    }

    /// Returns what is wrong with a count: the end of a sentence.
    pub(super) fn fault(&self, count: u64) -> Option<String> {
        let too_few = self.min.filter(|min| count < *min).map(|min| format!("fewer than {min}"));
        let too_many = self.max.filter(|max| count > *max).map(|max| format!("more than {max}"));
        let other = self.equal.filter(|equal| count != *equal).map(|equal| format!("not {equal}"));
        too_few.or(too_many).or(other)
    }

    /// Returns what is expected, in words.
    pub(super) fn expected(&self) -> String {
        let word = |prefix: &str, count: Option<u64>| count.map(|count| format!("{prefix}{count}"));
        let all = [word("at least ", self.min), word("at most ", self.max), word("", self.equal)];
        all.into_iter().flatten().collect::<Vec<_>>().join(" and ")
    }
}

/// Counts rows, and judges the count.
struct RowCount {
    counts: Counts,
    rows: u64,
}

pub(in crate::check::suite) fn row_count(
    check: &Check,
    _: &Scope<'_>,
) -> Result<Box<dyn Checker>, CheckError> {
    Ok(Box::new(RowCount { counts: Counts::of(check), rows: 0 }))
}

impl Checker for RowCount {
    fn see(&mut self, view: &View<'_>) -> Result<(), CheckError> {
        self.rows += view.rows() as u64;
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<Finding, CheckError> {
        let fault = self.counts.fault(self.rows);
        let complaint = fault.map(|fault| format!("{} rows, {fault}", self.rows));
        Ok(Finding::whole(self.rows, complaint))
    }
}

/// What is known before the first row.
pub(super) struct Known(pub(super) Finding);

impl Checker for Known {
    fn finish(self: Box<Self>) -> Result<Finding, CheckError> {
        Ok(self.0)
    }
}

pub(in crate::check::suite) fn columns(
    check: &Check,
    scope: &Scope<'_>,
) -> Result<Box<dyn Checker>, CheckError> {
    let expected: Vec<&str> = check.settings.texts("names").iter().map(String::as_str).collect();
    let found: Vec<&str> = scope.all_fields.iter().map(|field| field.name.as_str()).collect();
    let complaint = columns_fault(check.settings.text("match"), &expected, &found);
    Ok(Box::new(Known(Finding::whole(found, complaint))))
}

fn columns_fault(how: Option<&str>, expected: &[&str], found: &[&str]) -> Option<String> {
    let lacking = |of: &[&str], has: &[&str]| -> Vec<String> {
        of.iter().filter(|name| !has.contains(name)).map(|name| format!("`{name}`")).collect()
    };
    let missing = if how == Some("subset") { Vec::new() } else { lacking(expected, found) };
    let stray = if how == Some("superset") { Vec::new() } else { lacking(found, expected) };
    let listed = |what: &str, names: Vec<String>| {
        (!names.is_empty()).then(|| format!("{what} {}", names.join(", ")))
    };
    let faults: Vec<String> =
        listed("missing", missing).into_iter().chain(listed("unexpected", stray)).collect();
    if !faults.is_empty() {
        return Some(faults.join("; "));
    }
    let in_order = how != Some("exact") || expected == found;
    (!in_order).then(|| format!("another order: {}", found.join(", ")))
}
