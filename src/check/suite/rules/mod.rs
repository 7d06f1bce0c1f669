//! The checks: each is made for a table, sees its batches in order, and says what it found.

#![expect(clippy::unnecessary_wraps, reason = "all are made as the list of checks asks for")]

mod balance;
mod cell;
mod compare;
mod date;
mod drift;
mod expression;
mod files;
mod found;
mod keys;
mod moment;
mod number;
mod pii;
mod row;
mod set;
mod statistic;
mod structure;
mod text;

#[cfg(test)]
mod tests;

use std::any::Any;

use crate::check::drift::Report;
use crate::check::suite::engine::{FileFacts, Flow, Rows, View};
use crate::check::suite::error::CheckError;
use crate::check::suite::spec::Check;
use crate::format::table::Field;

pub use expression::Expression;
pub use found::Finding;
pub use moment::Moment;
pub use pii::KINDS as PII_KINDS;

pub(super) use balance::class_balance;
pub(super) use cell::{Type, cell_is_of, not_null, type_of};
pub(super) use compare::{pair, row_count_change, schema_compatible};
pub(super) use date::{date_format, freshness};
pub(super) use drift::drift;
pub(super) use expression::expression;
pub(super) use files::{decodable, file_count, file_extension, file_size};
pub(super) use keys::{
    distinct, duplicate_rows, foreign_key, new_categories, split_overlap, unique,
};
pub(super) use number::{finite, increasing, range, z_score};
pub(super) use pii::pii;
pub(super) use set::{in_set, not_in_set};
pub(super) use statistic::{maximum, mean, median, minimum, quantile, stdev, sum};
pub(super) use structure::{columns, row_count};
pub(super) use text::{json_schema, length, not_regex, regex};

/// What a check made of a batch ahead of its turn.
pub type Seen = Box<dyn Any + Send>;

/// Looks at a batch ahead of its turn: on any thread, and in no order.
pub(super) type Look = Box<dyn Fn(&View<'_>) -> Seen + Send + Sync>;

/// A check at work on one table. What it makes of a batch without knowing those before it is made by
/// `look`, for several batches at a time; the rest when it is the batch's turn.
pub(super) trait Checker: Send {
    /// Returns what looks at batches ahead of their turn, where that is worth it.
    fn look(&self) -> Option<Look> {
        None
    }

    /// Takes the next batch, of which `look` has made this.
    fn take(&mut self, view: &View<'_>, _seen: Seen) -> Result<(), CheckError> {
        self.see(view)
    }

    /// Sees the next batch, of which nothing was made ahead.
    fn see(&mut self, _view: &View<'_>) -> Result<(), CheckError> {
        Ok(())
    }

    /// Tells, after all batches, whether it wants to see them again.
    fn wants_more(&mut self) -> Result<bool, CheckError> {
        Ok(false)
    }

    /// Sees the next batch again.
    fn see_again(&mut self, _view: &View<'_>) -> Result<Flow, CheckError> {
        Ok(Flow::Enough)
    }

    fn finish(self: Box<Self>) -> Result<Finding, CheckError>;
}

/// Makes a check for a table.
pub(super) type Make = fn(&Check, &Scope<'_>) -> Result<Box<dyn Checker>, CheckError>;

/// What a check may look at when it is made.
pub(super) struct Scope<'a> {
    /// The columns of each batch.
    pub fields: &'a [Field],
    /// The columns that the files have.
    pub all_fields: Vec<Field>,
    pub files: &'a [FileFacts],
    /// The table that the check compares with; nothing where there is none.
    pub other: Option<&'a dyn Rows>,
    /// What a check of drift has to judge; nothing where nothing could be compared.
    pub drift: Option<&'a Report>,
    pub now: i64,
    /// How many bytes this check may hold.
    pub memory: usize,
}

/// Returns what a check's own `look` made.
fn seen<T: 'static>(seen: Seen) -> T {
    *seen.downcast().expect("a check takes what it made itself")
}

/// Makes the numbers of a column ahead, for a check that reads them in order.
fn look_at_numbers(column: usize) -> Option<Look> {
    Some(Box::new(move |view| {
        view.numbers(column);
        Box::new(())
    }))
}

impl Scope<'_> {
    /// Returns where a column is. A check is only made once all its columns are known to be there.
    fn index(&self, name: &str) -> usize {
        let at = self.fields.iter().position(|field| field.name == name);
        at.expect("columns are looked for before a check is made")
    }

    fn column(&self, check: &Check) -> usize {
        self.index(check.column.as_deref().unwrap_or_default())
    }
}
