//! What counts as drift.

use std::collections::BTreeMap;

use crate::check::drift::method::Method;

/// How tests are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// As Evidently reads them.
    #[default]
    Evidently,
    /// The reference is a sample too, and a threshold is shared by all columns that are tested.
    Strict,
}

/// What counts as drift; the defaults are Evidently's, but for `min_rows`.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// The method for every column that it fits.
    pub method: Option<Method>,
    /// Thresholds in place of a method's own.
    pub thresholds: BTreeMap<Method, f64>,
    pub mode: Mode,
    /// The share of drifted columns from which on the whole has drifted.
    pub share: f64,
    /// Columns that need no others to make the whole drift.
    pub critical: Vec<String>,
    /// Columns of a side with fewer rows are not compared.
    pub min_rows: u64,
    /// Whether every method that fits is reported.
    pub all: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            method: None,
            thresholds: BTreeMap::new(),
            mode: Mode::default(),
            share: 0.5,
            critical: Vec::new(),
            min_rows: 200,
            all: false,
        }
    }
}

impl Settings {
    pub fn threshold(&self, method: Method) -> f64 {
        self.thresholds.get(&method).copied().unwrap_or_else(|| method.default_threshold())
    }
}
