//! What needs all keys of a table: repeated rows, keys that are missing elsewhere, distinct values.

use std::collections::HashSet;

use crate::base::suggest;
use crate::check::suite::engine::key::row_key;
use crate::check::suite::engine::{Flow, Groups, KeyHash, KeySet, Rows, View};
use crate::check::suite::error::CheckError;
use crate::check::suite::report::{MAX_SAMPLE, Sample};
use crate::check::suite::rules::compare::NOTHING_BEFORE;
use crate::check::suite::rules::found::{Finding, sample_of};
use crate::check::suite::rules::statistic::rounded;
use crate::check::suite::rules::structure::Known;
use crate::check::suite::rules::{Checker, Look, Scope, Seen, seen};
use crate::check::suite::spec::Check;

/// Which keys are not as expected.
enum Wanted {
    /// Those of several rows.
    Once,
    /// Those that the other set lacks.
    There(KeySet),
    /// Those that the other set has.
    NotThere(KeySet),
}

/// Gathers the keys of rows; a second pass shows the first rows of those that are not as expected.
struct Keys {
    columns: Vec<(String, usize)>,
    indices: Vec<usize>,
    set: KeySet,
    wanted: Wanted,
    complaint: &'static str,
    considered: u64,
    distinct: Option<u64>,
    groups: Groups,
    sought: HashSet<KeyHash>,
    sample: Vec<Sample>,
    scratch: Vec<u8>,
}

impl Keys {
    fn of(
        columns: Vec<(String, usize)>,
        wanted: Wanted,
        complaint: &'static str,
        memory: usize,
    ) -> Box<dyn Checker> {
        Box::new(Self {
            indices: columns.iter().map(|(_, index)| *index).collect(),
            columns,
            set: KeySet::new(memory),
            wanted,
            complaint,
            considered: 0,
            distinct: None,
            groups: Groups::default(),
            sought: HashSet::new(),
            sample: Vec::new(),
            scratch: Vec::new(),
        })
    }

    /// How many rows are still to be shown.
    fn is_shown(&self) -> bool {
        self.sample.len() as u64 == self.groups.rows.min(MAX_SAMPLE as u64)
    }
}

/// The keys of the rows of a batch; nothing for a row that has none.
type BatchKeys = Vec<Option<KeyHash>>;

/// Makes the keys of batches ahead.
fn look_at_keys(columns: Vec<usize>) -> Option<Look> {
    Some(Box::new(move |view| {
        let mut scratch = Vec::new();
        let keys = (0..view.rows()).map(|row| row_key(view, &columns, row, &mut scratch));
        Box::new(keys.collect::<BatchKeys>())
    }))
}

/// Puts the keys of a batch into a set; returns how many there are.
fn insert_all(set: &mut KeySet, view: &View<'_>, keys: BatchKeys) -> Result<u64, CheckError> {
    let mut count = 0;
    for (row, key) in keys.into_iter().enumerate() {
        if let Some(key) = key {
            count += 1;
            set.insert(key, view.number_of(row))?;
        }
    }
    Ok(count)
}

impl Checker for Keys {
    fn look(&self) -> Option<Look> {
        look_at_keys(self.indices.clone())
    }

    fn take(&mut self, view: &View<'_>, keys: Seen) -> Result<(), CheckError> {
        self.considered += insert_all(&mut self.set, view, seen(keys))?;
        Ok(())
    }

    fn wants_more(&mut self) -> Result<bool, CheckError> {
        self.groups = match &self.wanted {
            Wanted::Once => {
                let repeated = self.set.repeated()?;
                self.distinct = Some(repeated.distinct);
                repeated.groups
            }
            Wanted::There(other) => self.set.compared(other, false)?,
            Wanted::NotThere(other) => self.set.compared(other, true)?,
        };
        self.sought = self.groups.named.iter().map(|group| group.hash).collect();
        Ok(!self.sought.is_empty())
    }

    fn see_again(&mut self, view: &View<'_>) -> Result<Flow, CheckError> {
        for row in 0..view.rows() {
            if self.is_shown() {
                return Ok(Flow::Enough);
            }
            let key = row_key(view, &self.indices, row, &mut self.scratch);
            if key.is_some_and(|key| self.sought.contains(&key)) {
                self.sample.push(sample_of(view, &self.columns, row));
            }
        }
        Ok(if self.is_shown() { Flow::Enough } else { Flow::On })
    }

    fn finish(self: Box<Self>) -> Result<Finding, CheckError> {
        let unexpected = self.groups.rows;
        let keys = self.groups.keys;
        let observed = match self.distinct {
            Some(distinct) => serde_json::json!({"distinct": distinct, "repeated": keys}),
            None => serde_json::json!({"distinct_unexpected": keys}),
        };
        Ok(Finding {
            counted: Some((self.considered, unexpected)),
            vacuous: self.considered == 0,
            observed,
            sample: self.sample,
            complaint: self.complaint.to_owned(),
            ..Finding::default()
        })
    }
}

fn named(
    scope: &Scope<'_>,
    names: impl IntoIterator<Item = impl Into<String>>,
) -> Vec<(String, usize)> {
    let names = names.into_iter().map(Into::into);
    names.map(|name: String| (name.clone(), scope.index(&name))).collect()
}

pub(in crate::check::suite) fn unique(
    check: &Check,
    scope: &Scope<'_>,
) -> Result<Box<dyn Checker>, CheckError> {
    let columns = named(scope, check.columns());
    Ok(Keys::of(columns, Wanted::Once, "with a value that occurs again", scope.memory))
}

pub(in crate::check::suite) fn duplicate_rows(
    _: &Check,
    scope: &Scope<'_>,
) -> Result<Box<dyn Checker>, CheckError> {
    let columns = named(scope, scope.fields.iter().map(|field| field.name.as_str()));
    Ok(Keys::of(columns, Wanted::Once, "the same as another row", scope.memory))
}

/// Returns the keys of another table.
fn keys_of(table: &dyn Rows, columns: &[&str], memory: usize) -> Result<KeySet, CheckError> {
    let fields = table.fields();
    let index = |name: &&str| {
        let found = fields.iter().position(|field| field.name == **name);
        found.ok_or_else(|| {
            let near = suggest::candidates(name, fields.iter().map(|field| field.name.as_str()));
            let near = suggest::did_you_mean(&near).map(|near| format!("; {near}"));
            let near = near.unwrap_or_default();
            CheckError::Unfit(format!("the other dataset has no column `{name}`{near}"))
        })
    };
    let indices: Vec<usize> = columns.iter().map(index).collect::<Result<_, _>>()?;
    let mut set = KeySet::new(memory);
    let mut scratch = Vec::new();
    table.read(&mut |batch| {
        let view = View::new(batch);
        for row in 0..view.rows() {
            if let Some(key) = row_key(&view, &indices, row, &mut scratch) {
                set.insert(key, view.number_of(row))?;
            }
        }
        Ok(Flow::On)
    })?;
    Ok(set)
}

pub(in crate::check::suite) fn foreign_key(
    check: &Check,
    scope: &Scope<'_>,
) -> Result<Box<dyn Checker>, CheckError> {
    let dataset = check.settings.text("dataset").unwrap_or_default();
    let key = check.settings.text("key").unwrap_or_default();
    let Some(other) = scope.other else { return Err(no_such(dataset)) };
    let keys = keys_of(other, &[key], scope.memory / 2)?;
    let complaint = "that the other dataset does not have";
    Ok(Keys::of(named(scope, check.columns()), Wanted::There(keys), complaint, scope.memory / 2))
}

fn no_such(dataset: &str) -> CheckError {
    CheckError::Unfit(format!("there is no file at `{dataset}`"))
}

pub(in crate::check::suite) fn new_categories(
    check: &Check,
    scope: &Scope<'_>,
) -> Result<Box<dyn Checker>, CheckError> {
    let Some(other) = scope.other else {
        return Ok(Box::new(Known(Finding::first(NOTHING_BEFORE))));
    };
    let columns = check.columns();
    if !other.fields().iter().any(|field| columns.contains(&field.name.as_str())) {
        return Ok(Box::new(Known(Finding::first("the column is new"))));
    }
    let keys = keys_of(other, &columns, scope.memory / 2)?;
    let complaint = "of a value that was not there before";
    Ok(Keys::of(named(scope, columns), Wanted::There(keys), complaint, scope.memory / 2))
}

pub(in crate::check::suite) fn split_overlap(
    check: &Check,
    scope: &Scope<'_>,
) -> Result<Box<dyn Checker>, CheckError> {
    let dataset = check.settings.text("dataset").unwrap_or_default();
    let Some(other) = scope.other else { return Err(no_such(dataset)) };
    let columns = check.columns();
    let keys = keys_of(other, &columns, scope.memory / 2)?;
    let complaint = "that the other dataset has too";
    Ok(Keys::of(named(scope, columns), Wanted::NotThere(keys), complaint, scope.memory / 2))
}

/// Counts different values.
struct Distinct {
    column: usize,
    set: KeySet,
    considered: u64,
    limits: [Option<u64>; 2],
    shares: [Option<f64>; 2],
}

pub(in crate::check::suite) fn distinct(
    check: &Check,
    scope: &Scope<'_>,
) -> Result<Box<dyn Checker>, CheckError> {
    Ok(Box::new(Distinct {
        column: scope.column(check),
        set: KeySet::new(scope.memory),
        considered: 0,
        limits: ["min", "max"].map(|key| check.settings.count(key)),
        shares: ["min_ratio", "max_ratio"].map(|key| check.settings.number(key)),
    }))
}

impl Checker for Distinct {
    fn look(&self) -> Option<Look> {
        look_at_keys(vec![self.column])
    }

    fn take(&mut self, view: &View<'_>, keys: Seen) -> Result<(), CheckError> {
        self.considered += insert_all(&mut self.set, view, seen(keys))?;
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<Finding, CheckError> {
        if self.considered == 0 {
            return Ok(Finding::vacuous("there is no value"));
        }
        let distinct = self.set.repeated()?.distinct;
        let ratio = distinct as f64 / self.considered as f64;
        let [min, max] = self.limits;
        let [min_ratio, max_ratio] = self.shares;
        let complaint = if let Some(min) = min.filter(|min| distinct < *min) {
            Some(format!("{distinct} different values, fewer than {min}"))
        } else if let Some(max) = max.filter(|max| distinct > *max) {
            Some(format!("{distinct} different values, more than {max}"))
        } else if let Some(min) = min_ratio.filter(|min| ratio < *min) {
            Some(format!("{} of the values are different, less than {min}", rounded(ratio)))
        } else {
            let over = max_ratio.filter(|max| ratio > *max);
            let said =
                |max| format!("{} of the values are different, more than {max}", rounded(ratio));
            over.map(said)
        };
        Ok(Finding::whole(serde_json::json!({"distinct": distinct, "ratio": ratio}), complaint))
    }
}
