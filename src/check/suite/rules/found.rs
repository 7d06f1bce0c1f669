//! What a check finds while it looks: counts, the first rows, the commonest values.

use std::collections::HashMap;

use serde_json::Value as Json;

use crate::check::suite::engine::View;
use crate::check::suite::report::{MAX_SAMPLE, MAX_TOP_VALUES, Sample, TopValue};

/// More different unexpected values than these are not counted one by one.
const MAX_TALLIED: usize = 1_000;

/// A longer value is shown by its beginning.
const MAX_SHOWN: usize = 200;

/// What a check says in the end.
#[derive(Debug, Clone, Default)]
pub struct Finding {
    /// How many it judged, and how many of them are not as expected.
    pub counted: Option<(u64, u64)>,
    /// Whether the table as a whole is as expected.
    pub holds: bool,
    /// Whether it could not be carried out, which `complaint` explains.
    pub not_run: bool,
    /// Whether there was nothing to judge.
    pub vacuous: bool,
    pub observed: Json,
    pub sample: Vec<Sample>,
    pub top_values: Vec<TopValue>,
    /// What is wrong where something is: the end of a sentence that begins with how many.
    pub complaint: String,
    /// What is notable all the same.
    pub remark: Option<String>,
    /// The last second, since 1970, at which it still holds, where the clock decides.
    pub holds_until: Option<i64>,
}

impl Finding {
    /// Returns that the table as a whole is as expected, or why it is not.
    pub fn whole(observed: impl Into<Json>, complaint: Option<String>) -> Self {
        Self {
            holds: complaint.is_none(),
            observed: observed.into(),
            complaint: complaint.unwrap_or_default(),
            ..Self::default()
        }
    }

    /// Returns that there is nothing before it to compare with, which is no fault.
    pub fn first(remark: &str) -> Self {
        Self { holds: true, remark: Some(remark.to_owned()), ..Self::default() }
    }

    /// Returns why it could not be carried out.
    pub fn not_run(observed: Json, why: String) -> Self {
        Self { not_run: true, observed, complaint: why, ..Self::default() }
    }

    /// Returns that there was nothing to judge.
    pub fn vacuous(remark: &str) -> Self {
        Self { vacuous: true, holds: true, remark: Some(remark.to_owned()), ..Self::default() }
    }
}

/// Counts what is judged row by row.
#[derive(Debug, Default)]
pub struct Found {
    pub considered: u64,
    pub unexpected: u64,
    sample: Vec<Sample>,
    tally: HashMap<String, u64>,
}

impl Found {
    /// Notes an unexpected cell.
    pub fn note(&mut self, view: &View<'_>, column: usize, row: usize) {
        self.unexpected += 1;
        let full = self.sample.len() >= MAX_SAMPLE;
        if full && self.tally.len() > MAX_TALLIED {
            return;
        }
        let text = view.text(column, row);
        let text = text.as_deref();
        if !full {
            let value = text.map_or(Json::Null, |text| shown(text).into());
            self.sample.push(Sample::of_row(view.number_of(row), value));
        }
        if let Some(text) = text {
            self.tally(text);
        }
    }

    /// Notes an unexpected row, of which these cells are shown.
    pub fn note_row(&mut self, view: &View<'_>, columns: &[(String, usize)], row: usize) {
        self.unexpected += 1;
        if self.sample.len() < MAX_SAMPLE {
            self.sample.push(sample_of(view, columns, row));
        }
    }

    /// Takes in what was found in the next rows, before which there are so many.
    pub fn add(&mut self, part: Self, rows_before: u64) {
        self.considered += part.considered;
        self.unexpected += part.unexpected;
        let room = MAX_SAMPLE.saturating_sub(self.sample.len());
        let placed =
            |sample: Sample| Sample { row: sample.row.map(|row| row + rows_before), ..sample };
        self.sample.extend(part.sample.into_iter().take(room).map(placed));
        for (text, count) in part.tally {
            if let Some(own) = self.tally.get_mut(&text) {
                *own += count;
            } else if self.tally.len() <= MAX_TALLIED {
                self.tally.insert(text, count);
            }
        }
    }

    fn tally(&mut self, text: &str) {
        if let Some(count) = self.tally.get_mut(text) {
            *count += 1;
        } else if self.tally.len() <= MAX_TALLIED {
            self.tally.insert(text.to_owned(), 1);
        }
    }

    /// Returns what was found; `complaint` says what is wrong with unexpected ones.
    pub fn finding(self, complaint: impl Into<String>) -> Finding {
        let top_values = self.top_values();
        Finding {
            counted: Some((self.considered, self.unexpected)),
            vacuous: self.considered == 0,
            sample: self.sample,
            top_values,
            complaint: complaint.into(),
            ..Finding::default()
        }
    }

    fn top_values(&self) -> Vec<TopValue> {
        if self.tally.len() > MAX_TALLIED {
            return Vec::new();
        }
        let mut values: Vec<_> = self.tally.iter().collect();
        values.sort_unstable_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
        values.truncate(MAX_TOP_VALUES);
        let top = values.into_iter();
        top.map(|(value, count)| TopValue { value: shown(value), count: *count }).collect()
    }
}

/// Returns a row as a sample shows it: one cell as it is, several by name.
pub fn sample_of(view: &View<'_>, columns: &[(String, usize)], row: usize) -> Sample {
    let cell =
        |column: usize| view.text(column, row).map_or(Json::Null, |text| shown(&text).into());
    let value = match columns {
        [(_, column)] => cell(*column),
        many => many.iter().map(|(name, column)| (name.clone(), cell(*column))).collect(),
    };
    Sample::of_row(view.number_of(row), value)
}

/// Returns a value as it is shown.
pub fn shown(text: &str) -> String {
    match text.char_indices().nth(MAX_SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
