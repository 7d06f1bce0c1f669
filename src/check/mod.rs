//! Judging data and models: suites of checks, drift, gates. Works on tables and numbers that it is
//! given, and knows no repository.

pub mod document;
pub mod drift;
pub mod gate;
pub mod metrics;
pub mod stats;
pub mod suite;
