//! Checks that judge rows apart from each other, most of them by one cell.

use std::sync::Arc;

use crate::check::suite::engine::View;
use crate::check::suite::error::CheckError;
use crate::check::suite::rules::found::{Finding, Found};
use crate::check::suite::rules::{Checker, Look, Scope, Seen, seen};
use crate::check::suite::spec::Check;

/// Judges the rows of a batch without knowing those before it.
pub(super) trait RowTest: Send + Sync + 'static {
    fn judge(&self, view: &View<'_>) -> Result<Found, CheckError>;

    /// Says what is wrong with rows that are not as expected: the end of a sentence, as `are missing`.
    fn complaint(&self) -> String;
}

/// A test of rows at work.
struct RowCheck<T> {
    test: Arc<T>,
    found: Found,
}

/// Returns the check of rows by this test.
pub(super) fn by_rows(test: impl RowTest) -> Box<dyn Checker> {
    Box::new(RowCheck { test: Arc::new(test), found: Found::default() })
}

impl<T: RowTest> Checker for RowCheck<T> {
    fn look(&self) -> Option<Look> {
        let test = self.test.clone();
        Some(Box::new(move |view| Box::new(test.judge(view))))
    }

    fn take(&mut self, view: &View<'_>, part: Seen) -> Result<(), CheckError> {
        let before = view.first_row();
        match seen::<Result<Found, CheckError>>(part) {
            Ok(part) => self.found.add(part, before),
            Err(CheckError::Row { row, reason }) => {
                return Err(CheckError::Row { row: row + before, reason });
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<Finding, CheckError> {
        let complaint = self.test.complaint();
        Ok(self.found.finding(complaint))
    }
}

/// Tells of each cell whether it is as expected.
pub(super) trait CellTest: Clone + Send + Sync + 'static {
    /// Whether missing cells are judged too.
    const JUDGES_MISSING: bool = false;

    fn is_fit(&self, view: &View<'_>, column: usize, row: usize) -> bool;

    /// Says what is wrong with cells that are not: the end of a sentence, as `are missing`.
    fn complaint(&self) -> String;
}

/// A test of the cells of a column.
struct Cells<T> {
    test: T,
    column: usize,
}

/// Returns the check of a column by this test.
pub(super) fn by_cells<T: CellTest>(
    check: &Check,
    scope: &Scope<'_>,
    test: T,
) -> Result<Box<dyn Checker>, CheckError> {
    Ok(by_rows(Cells { test, column: scope.column(check) }))
}

impl<T: CellTest> RowTest for Cells<T> {
    fn judge(&self, view: &View<'_>) -> Result<Found, CheckError> {
        // A pattern keeps what it needs to match for one thread at a time.
        let test = self.test.clone();
        let nulls = view.column(self.column).nulls();
        let mut found = Found::default();
        for row in 0..view.rows() {
            if !T::JUDGES_MISSING && nulls.is_some_and(|nulls| nulls.is_null(row)) {
                continue;
            }
            found.considered += 1;
            if !test.is_fit(view, self.column, row) {
                found.note(view, self.column, row);
            }
        }
        Ok(found)
    }

    fn complaint(&self) -> String {
        self.test.complaint()
    }
}
