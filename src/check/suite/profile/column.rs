//! What holds of a column.

use std::collections::BTreeSet;

use crate::check::suite::engine::key::cell_key;
use crate::check::suite::engine::{KeySet, View};
use crate::check::suite::error::CheckError;
use crate::check::suite::rules::{Type, cell_is_of};

/// A column with more different values has no categories.
const MAX_CATEGORIES: usize = 20;

/// Longer values are no categories.
const MAX_CATEGORY: usize = 60;

/// What the keys of a column may hold in memory.
const MEMORY: usize = 16 << 20;

/// The types that are tried, the narrowest first.
pub(super) const TYPES: [(Type, &str); 6] = [
    (Type::Int, "int"),
    (Type::Number, "number"),
    (Type::Bool, "bool"),
    (Type::Date, "date"),
    (Type::Timestamp, "timestamp"),
    (Type::Text, "text"),
];

/// See the module.
#[derive(Debug)]
pub(super) struct Profile {
    pub(super) values: u64,
    pub(super) missing: u64,
    /// Which of the types hold of all values so far.
    fits: [bool; TYPES.len()],
    pub(super) least: f64,
    pub(super) greatest: f64,
    /// The different values; nothing where they are too many or too long.
    categories: Option<BTreeSet<String>>,
    keys: KeySet,
    scratch: Vec<u8>,
}

impl Default for Profile {
    fn default() -> Self {
        Self {
            values: 0,
            missing: 0,
            fits: [true; TYPES.len()],
            least: f64::INFINITY,
            greatest: f64::NEG_INFINITY,
            categories: Some(BTreeSet::new()),
            keys: KeySet::new(MEMORY),
            scratch: Vec::new(),
        }
    }
}

impl Profile {
    pub(super) fn see(&mut self, view: &View<'_>, column: usize) -> Result<(), CheckError> {
        for row in 0..view.rows() {
            let Some(text) = view.text(column, row) else {
                self.missing += 1;
                continue;
            };
            self.values += 1;
            for ((kind, _), fits) in TYPES.iter().zip(&mut self.fits) {
                *fits = *fits && cell_is_of(*kind, view.column(column), row);
            }
            if let Some(number) = view.numbers(column)[row] {
                self.least = self.least.min(number);
                self.greatest = self.greatest.max(number);
            }
            self.note_category(&text);
            if let Some(key) = cell_key(view.column(column), row, &mut self.scratch) {
                self.keys.insert(key, view.number_of(row))?;
            }
        }
        Ok(())
    }

    fn note_category(&mut self, text: &str) {
        let Some(categories) = &mut self.categories else { return };
        if categories.contains(text) {
            return;
        }
        if categories.len() < MAX_CATEGORIES && text.len() <= MAX_CATEGORY {
            categories.insert(text.to_owned());
        } else {
            self.categories = None;
        }
    }

    /// Returns the narrowest type that holds of all values.
    pub(super) fn type_name(&self) -> Option<&'static str> {
        let fit = TYPES.iter().zip(self.fits).find(|(_, fits)| *fits);
        fit.map(|((_, name), _)| *name).filter(|_| self.values > 0)
    }

    /// Returns the categories of a column that seems to have some: values that come again and again.
    pub(super) fn categories(&self) -> Option<&BTreeSet<String>> {
        let categories = self.categories.as_ref()?;
        (self.values >= 5 * categories.len() as u64 && !categories.is_empty()).then_some(categories)
    }

    /// Tells whether no value occurs twice.
    pub(super) fn is_key(&self) -> Result<bool, CheckError> {
        Ok(self.values > 1 && self.missing == 0 && self.keys.repeated()?.groups.keys == 0)
    }
}
