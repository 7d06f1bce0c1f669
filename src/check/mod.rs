//! Judging data and models: suites of checks, drift, gates. Works on tables and numbers that it is
//! given, and knows no repository.

pub mod drift;
pub mod stats;
pub mod document;
pub mod gate;
pub mod metrics;
