//! Suites of checks carried out on the data of a revision, or of the working copy: the verb `check`
//! and the action `validate` say the same.

mod act;
mod data;
mod run;

pub use act::{grouped, summary, validate};
pub use run::{Subject, check, propose, read_suite};
