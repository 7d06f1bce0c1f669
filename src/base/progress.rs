//! How long work tells how far it is, without knowing who listens.

/// What the numbers of a phase count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    Bytes,
    Files,
    Objects,
    Steps,
    /// Nothing is counted: only time passes.
    Time,
}

/// A listener to long work; phases follow each other.
pub trait Progress: Send + Sync + std::fmt::Debug {
    /// Begins a phase, as in "adding", of `total` units where that is known.
    fn phase(&self, name: &str, total: Option<u64>, unit: Unit);

    /// Counts `amount` more units as done.
    fn advance(&self, amount: u64);

    /// Shows a line that stays, as the name of a file that was skipped.
    fn notice(&self, message: &str);
}

/// Listens to nothing.
#[derive(Debug, Clone, Copy)]
pub struct NoProgress;

impl Progress for NoProgress {
    fn phase(&self, _name: &str, _total: Option<u64>, _unit: Unit) {}

    fn advance(&self, _amount: u64) {}

    fn notice(&self, _message: &str) {}
}
