//! A batch as checks see it: what is made of a column once is shared by its checks.

use std::borrow::Cow;
use std::sync::OnceLock;

use crate::format::table::{Batch, Column};

/// A batch, with its columns as numbers where a check asked for them.
#[derive(Debug)]
pub struct View<'a> {
    pub batch: &'a Batch,
    numbers: Vec<OnceLock<Vec<Option<f64>>>>,
}

impl<'a> View<'a> {
    pub fn new(batch: &'a Batch) -> Self {
        let numbers = batch.columns.iter().map(|_| OnceLock::new()).collect();
        Self { batch, numbers }
    }

    pub fn rows(&self) -> usize {
        self.batch.rows
    }

    /// Returns the number of a row in the whole table.
    pub fn number_of(&self, row: usize) -> u64 {
        self.batch.first_row + row as u64
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
        self.numbers[column].get_or_init(|| {
            let cells = self.column(column);
            (0..self.batch.rows).map(|row| cells.number(row)).collect()
        })
    }
}
