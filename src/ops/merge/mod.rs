//! `merge`: a transaction. Build the merge tree, run the gates on it, and only then move the branch.

mod pending;
mod report;
mod run;
mod settle;

pub use pending::{
    end_pending, no_merge_begins, read_pending, refuse_unresolved, settle_paths, write_pending,
};
pub use report::{MergeReport, MergeResult, ReportedConflict, reported};
pub use run::{Foreseen, MergeRequest, foresee, merge};
pub use settle::{abort, proceed, without_side_files};
