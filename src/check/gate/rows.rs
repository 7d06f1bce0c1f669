//! Rows of a table, column by column: ids, what is true, what was predicted, groups.

use hashbrown::HashMap;

use crate::check::gate::ids::{Ids, Named};
use crate::check::gate::spec::Task;
use crate::format::FormatError;
use crate::format::table::{Batch, Column, Table};

/// The code of a cell that says nothing.
const MISSING: u32 = u32::MAX;

/// Which columns are read, by their names; those that a table lacks are left out.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    pub id: &'a str,
    pub truth: Option<&'a str>,
    pub predicted: Option<&'a str>,
    pub score: Option<&'a str>,
    pub groups: &'a [&'a str],
    pub task: Task,
}

/// Rows as they are read.
#[derive(Debug, Default)]
pub struct Rows {
    pub ids: Ids,
    pub truth: Option<Values>,
    pub predicted: Option<Values>,
    pub score: Option<Vec<f64>>,
    /// For each wanted column of groups, where the table has it.
    pub groups: Vec<Option<Groups>>,
    pub faults: Faults,
}

/// A column of labels, by their codes, or of numbers.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    Labels(Vec<u32>),
    Numbers(Vec<f64>),
}

/// To which group each row belongs.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Groups {
    pub codes: Vec<u32>,
    pub names: Texts,
}

/// What is wrong with rows.
#[derive(Debug, Default)]
pub struct Faults {
    /// Ids that a row before has too.
    pub doubled: Named,
    /// Rows without an id, by their numbers.
    pub nameless: Named,
    /// Columns with cells that say nothing, with the ids of their rows.
    pub unreadable: Vec<(String, Named)>,
}

/// Different texts, numbered in the order in which they come.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Texts {
    pub all: Vec<String>,
    codes: HashMap<String, u32>,
}

impl Texts {
    pub fn code(&mut self, text: &str) -> u32 {
        if let Some(code) = self.codes.get(text) {
            return *code;
        }
        let code = self.all.len() as u32;
        self.all.push(text.to_owned());
        self.codes.insert(text.to_owned(), code);
        code
    }

    /// Returns the code of a label, the same for all its spellings.
    fn code_of_label(&mut self, text: &str) -> u32 {
        if let Some(code) = self.codes.get(text) {
            return *code;
        }
        let code = self.code(&label(text));
        self.codes.insert(text.to_owned(), code);
        code
    }

    pub fn find(&self, text: &str) -> Option<u32> {
        self.codes.get(text).copied()
    }
}

impl Values {
    fn new(task: Task) -> Self {
        match task {
            Task::Classification => Self::Labels(Vec::new()),
            Task::Regression => Self::Numbers(Vec::new()),
        }
    }

    /// Adds a cell; tells whether it says something.
    fn push(&mut self, column: &Column, row: usize, labels: &mut Texts) -> bool {
        match self {
            Self::Labels(codes) => {
                let text = column.text(row).filter(|text| !text.trim().is_empty());
                codes.push(text.as_ref().map_or(MISSING, |text| labels.code_of_label(text)));
                text.is_some()
            }
            Self::Numbers(numbers) => push_number(numbers, column, row),
        }
    }

    /// Returns these rows, in this order.
    pub fn rows(&self, rows: impl Iterator<Item = u32>) -> Self {
        match self {
            Self::Labels(codes) => Self::Labels(rows.map(|row| codes[row as usize]).collect()),
            Self::Numbers(numbers) => {
                Self::Numbers(rows.map(|row| numbers[row as usize]).collect())
            }
        }
    }

    /// Tells whether a row says nothing.
    pub fn is_missing(&self, row: u32) -> bool {
        match self {
            Self::Labels(codes) => codes[row as usize] == MISSING,
            Self::Numbers(numbers) => numbers[row as usize].is_nan(),
        }
    }

    /// Tells whether two rows have the same value.
    pub fn is_same(&self, row: u32, other: &Self, other_row: u32) -> bool {
        let (row, other_row) = (row as usize, other_row as usize);
        match (self, other) {
            (Self::Labels(a), Self::Labels(b)) => a[row] == b[other_row],
            (Self::Numbers(a), Self::Numbers(b)) => a[row].total_cmp(&b[other_row]).is_eq(),
            _ => false,
        }
    }
}

fn push_number(numbers: &mut Vec<f64>, column: &Column, row: usize) -> bool {
    let number = column.number(row).filter(|number| number.is_finite());
    numbers.push(number.unwrap_or(f64::NAN));
    number.is_some()
}

/// Returns a label as it is compared: `1`, `1.0` and `1e0` are one, and so are `True` and `true`.
pub fn label(text: &str) -> String {
    let text = text.trim();
    let whole = |number: &f64| number.fract() == 0.0 && number.abs() < 1e15;
    match text.parse().ok().filter(whole) {
        Some(number) => format!("{}", number as i64),
        None if text.eq_ignore_ascii_case("true") => "true".to_owned(),
        None if text.eq_ignore_ascii_case("false") => "false".to_owned(),
        None => text.to_owned(),
    }
}

/// Where the wanted columns are in a batch.
struct Places {
    id: usize,
    truth: Option<usize>,
    predicted: Option<usize>,
    score: Option<usize>,
    groups: Vec<Option<usize>>,
}

impl Rows {
    /// Reads a table; labels get codes that all tables read with the same `labels` share.
    pub fn read(
        table: &Table,
        wanted: Wanted<'_>,
        labels: &mut Texts,
    ) -> Result<Self, FormatError> {
        let columns = wanted.columns(table);
        let table = table.with_columns(&columns)?;
        let places = wanted.places(&table);
        let mut rows = Self {
            truth: places.truth.map(|_| Values::new(wanted.task)),
            predicted: places.predicted.map(|_| Values::new(wanted.task)),
            score: places.score.map(|_| Vec::new()),
            groups: places.groups.iter().map(|at| at.map(|_| Groups::default())).collect(),
            ..Self::default()
        };
        table.for_each(&mut |batch| -> Result<(), FormatError> {
            rows.take(batch, &places, &wanted, labels);
            Ok(())
        })?;
        Ok(rows)
    }

    fn take(&mut self, batch: &Batch, places: &Places, wanted: &Wanted<'_>, labels: &mut Texts) {
        for row in 0..batch.rows {
            let id = batch.columns[places.id].text(row).unwrap_or_default();
            if id.is_empty() {
                self.faults.nameless.note(&(batch.first_row + row as u64).to_string());
            }
            if !self.ids.push(&id) && !id.is_empty() {
                self.faults.doubled.note(&id);
            }
            let values = [
                (&mut self.truth, places.truth, wanted.truth),
                (&mut self.predicted, places.predicted, wanted.predicted),
            ];
            for (values, at, name) in values {
                if let (Some(values), Some(at), Some(name)) = (values, at, name)
                    && !values.push(&batch.columns[at], row, labels)
                {
                    self.faults.unreadable(name, &id);
                }
            }
            if let (Some(score), Some(at)) = (&mut self.score, places.score)
                && !push_number(score, &batch.columns[at], row)
            {
                self.faults.unreadable(wanted.score.unwrap_or_default(), &id);
            }
            for (groups, at) in self.groups.iter_mut().zip(&places.groups) {
                if let (Some(groups), Some(at)) = (groups, at) {
                    let text = batch.columns[*at].text(row);
                    groups.codes.push(groups.names.code(text.as_deref().unwrap_or_default()));
                }
            }
        }
    }
}

impl Faults {
    fn unreadable(&mut self, column: &str, id: &str) {
        let known = self.unreadable.iter().position(|(known, _)| known == column);
        let at = known.unwrap_or_else(|| {
            self.unreadable.push((column.to_owned(), Named::default()));
            self.unreadable.len() - 1
        });
        self.unreadable[at].1.note(id);
    }

    /// Returns what is wrong, one sentence each.
    pub fn sentences(&self, whose: &str) -> Vec<String> {
        let mut sentences = Vec::new();
        if !self.nameless.is_empty() {
            let rows = self.nameless.counted("row");
            sentences.push(format!("{whose}: {rows} without an id, as {}", self.nameless));
        }
        if !self.doubled.is_empty() {
            let ids = self.doubled.counted("row");
            let have = if self.doubled.count == 1 { "has" } else { "have" };
            sentences.push(format!("{whose}: {ids} {have} the id of another, as {}", self.doubled));
        }
        for (column, rows) in &self.unreadable {
            let counted = rows.counted("row");
            sentences.push(format!("{whose}: no value for `{column}` in {counted}, as {rows}"));
        }
        sentences
    }
}

impl Wanted<'_> {
    /// Returns the columns to read: the ids in any case, others where the table has them.
    fn columns(&self, table: &Table) -> Vec<String> {
        let has = |name: &str| table.all_fields().iter().any(|field| field.name == name);
        let single = [self.truth, self.predicted, self.score].into_iter().flatten();
        let others = single.chain(self.groups.iter().copied()).filter(|name| has(name));
        let mut columns: Vec<String> =
            std::iter::once(self.id).chain(others).map(str::to_owned).collect();
        columns.sort_unstable();
        columns.dedup();
        columns
    }

    fn places(&self, table: &Table) -> Places {
        let fields = table.fields();
        let place = |name: &str| fields.iter().position(|field| field.name == name);
        Places {
            id: place(self.id).expect("a table that lacks it is not read"),
            truth: self.truth.and_then(place),
            predicted: self.predicted.and_then(place),
            score: self.score.and_then(place),
            groups: self.groups.iter().map(|name| place(name)).collect(),
        }
    }
}

/// Counts the ids of a table that are among these.
pub fn overlap(table: &Table, column: &str, ids: &Ids) -> Result<Named, FormatError> {
    let table = table.with_columns(&[column.to_owned()])?;
    let mut shared = Named::default();
    table.for_each(&mut |batch| -> Result<(), FormatError> {
        let column = &batch.columns[0];
        for row in 0..batch.rows {
            let id = column.text(row).unwrap_or_default();
            if !id.is_empty() && ids.row_of(&id).is_some() {
                shared.note(&id);
            }
        }
        Ok(())
    })?;
    Ok(shared)
}
