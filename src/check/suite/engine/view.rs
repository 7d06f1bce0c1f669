//! A batch as checks see it: what is made of a column once is shared by its checks.

use std::borrow::Cow;
use std::sync::OnceLock;

use crate::format::table::{Batch, Column};

/// The columns of a batch as numbers, where a check asked for them.
#[derive(Debug)]
pub struct Numbers(Vec<OnceLock<Vec<Option<f64>>>>);

/// A batch, with its columns as numbers.
#[derive(Debug)]
pub struct View<'a> {
    pub batch: &'a Batch,
    first_row: u64,
    numbers: Numbers,
}

impl<'a> View<'a> {
    pub fn new(batch: &'a Batch) -> Self {
        let numbers = Numbers(batch.columns.iter().map(|_| OnceLock::new()).collect());
        Self::with(batch, numbers)
    }

    /// Returns a batch as it is before it is known what comes before: its rows are counted from 0.
    pub fn apart(batch: &'a Batch) -> Self {
        Self { first_row: 0, ..Self::new(batch) }
    }

    /// Returns a batch in its place, with the numbers that another view of it has.
    pub fn with(batch: &'a Batch, numbers: Numbers) -> Self {
        Self { batch, first_row: batch.first_row, numbers }
    }

    pub fn into_numbers(self) -> Numbers {
        self.numbers
    }

    /// Returns the number of the first row in the whole table, or 0 where it is not known yet.
    pub fn first_row(&self) -> u64 {
        self.first_row
    }

    pub fn rows(&self) -> usize {
        self.batch.rows
    }

    /// Returns the number of a row in the whole table, or in the batch where its place is not known yet.
    pub fn number_of(&self, row: usize) -> u64 {
        self.first_row + row as u64
    }

    pub fn column(&self, column: usize) -> &'a Column {
        &self.batch.columns[column]
    }

    pub fn is_null(&self, column: usize, row: usize) -> bool {
        self.column(column).is_null(row)
    }

    pub fn text(&self, column: usize, row: usize) -> Option<Cow<'a, str>> {
        self.column(column).text(row)
    }

    /// Returns the cells of a column as numbers; nothing for those that are missing or no numbers.
    pub fn numbers(&self, column: usize) -> &[Option<f64>] {
        self.numbers.0[column].get_or_init(|| {
            let cells = self.column(column);
            (0..self.batch.rows).map(|row| cells.number(row)).collect()
        })
    }
}
