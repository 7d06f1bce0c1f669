//! Checks that look at each cell of one column alone.

use crate::check::suite::engine::View;
use crate::check::suite::error::CheckError;
use crate::check::suite::rules::found::{Finding, Found};
use crate::check::suite::rules::{Checker, Scope};
use crate::check::suite::spec::Check;

/// Tells of each cell whether it is as expected.
pub(super) trait CellTest: Send + 'static {
    /// Whether missing cells are judged too.
    const JUDGES_MISSING: bool = false;

    fn is_fit(&mut self, view: &View<'_>, column: usize, row: usize) -> bool;

    /// Says what is wrong with cells that are not: the end of a sentence, as `are missing`.
    fn complaint(&self) -> String;
}

/// A test of cells at work on a column.
pub(super) struct CellCheck<T> {
    test: T,
    column: usize,
    found: Found,
}

/// Returns the check of a column by this test.
pub(super) fn by_cells<T: CellTest>(
    check: &Check,
    scope: &Scope<'_>,
    test: T,
) -> Result<Box<dyn Checker>, CheckError> {
    Ok(Box::new(CellCheck { test, column: scope.column(check), found: Found::default() }))
}

impl<T: CellTest> Checker for CellCheck<T> {
    fn see(&mut self, view: &View<'_>) -> Result<(), CheckError> {
        for row in 0..view.rows() {
            if !T::JUDGES_MISSING && view.is_null(self.column, row) {
                continue;
            }
            self.found.considered += 1;
            if !self.test.is_fit(view, self.column, row) {
                self.found.note(view, self.column, row);
            }
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<Finding, CheckError> {
        let complaint = self.test.complaint();
        Ok(self.found.finding(complaint))
    }
}
