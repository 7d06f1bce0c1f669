//! A profile: all that is to be known of a column to compare it.

use crate::check::drift::category::Categories;
use crate::check::stats::Sample;

/// A column of one side.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    /// All its rows, those without a value included.
    pub rows: u64,
    pub values: Values,
}

/// The values of a column.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// Each is missing.
    None,
    Numbers {
        sample: Sample,
        /// Whether each is written as a whole number.
        integers: bool,
    },
    Texts(Categories),
    /// More different texts than categories ever are.
    ManyTexts,
    /// Dates, or points in time.
    Times,
}

impl Profile {
    /// Returns how many values there are to compare.
    pub fn values(&self) -> u64 {
        match &self.values {
            Values::None => 0,
            Values::Numbers { sample, .. } => sample.len() as u64,
            Values::Texts(categories) => categories.total(),
            Values::ManyTexts | Values::Times => self.rows,
        }
    }
}
