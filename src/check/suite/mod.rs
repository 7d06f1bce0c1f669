//! Suites of checks over tables and files: `spec` is what a suite says, with the one list of checks;
//! `engine` carries it out in one pass over the table, a second only where a check needs it; `rules`
//! are the checks; `report` is what they found.

mod engine;
mod error;
mod report;
mod rules;
mod spec;
#[cfg(test)]
mod testing;

pub use engine::{Field, FileFacts, Flow, Input, KeySet, Rows, run};
pub use error::CheckError;
pub use report::{CheckResult, Report, Sample, Status, TopValue};
pub use spec::{
    CHECKS, Against, Check, CheckInfo, KeyInfo, Level, Need, NotRun, ReadOptions, Settings, Stands,
    Suite, docs_page, json_schema, parse,
};
