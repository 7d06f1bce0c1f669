//! Suites of checks over tables and files: `spec` is what a suite says, with the one list of checks;
//! `engine` carries it out in one pass over the table, a second only where a check needs it; `rules`
//! are the checks; `report` is what they found.

mod engine;
mod error;
mod import;
mod profile;
mod render;
mod report;
mod rules;
mod spec;
#[cfg(test)]
mod testing;
mod yaml_text;

pub use engine::{FileFacts, Flow, Input, Looked, Rows, run};
pub use error::CheckError;
pub use import::{ForeignFormat, ImportError, Imported, import};
pub use profile::propose;
pub use render::{as_gx, as_junit, as_markdown};
pub use report::{CheckResult, Report, Sample, Status, TopValue};
pub use spec::{
    Against, CHECKS, Check, CheckInfo, Level, Need, NotRun, ReadOptions, Stands, Suite, docs_page,
    json_schema, parse,
};
