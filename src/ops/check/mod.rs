//! Suites of checks carried out on the data of a revision, or of the working copy: the verb `check`
//! and the action `validate` say the same.

mod act;
mod compare;
mod data;
mod reads;
mod run;

pub use act::{grouped, ratio_of, summary, validate};
pub use reads::reads;
pub use run::{Subject, check, propose, read_suite};
