//! Aliases of models, as `churn@champion`: each names a path of a commit, knows what it named before,
//! and moves with hooks around it.

mod alias;
mod note;

pub use alias::{
    Assignment, ModelRef, content_of, delete, is_written_as_one, list, no_such, resolve, roll_back,
    set, training_data,
};
pub use note::{Naming, earlier_commits, supersedes};
