//! `merge`: a transaction. Build the merge tree, run the gates on it, and only then move the branch.

mod pending;
mod run;
mod settle;

pub use pending::{read_pending, refuse_unresolved, settle_paths, write_pending};
pub use run::{MergeReport, MergeRequest, MergeResult, ReportedConflict, merge, reported};
pub use settle::{abort, proceed};
