//! What can go wrong in a merge.

use crate::object::ObjectError;

/// What went wrong in a merge. Conflicts are no error until a plan that has some is applied.
#[derive(Debug, thiserror::Error)]
pub enum MergeError {
    #[error("{conflicts} conflicts are not settled")]
    Unsettled { conflicts: usize },
    #[error(transparent)]
    Object(#[from] ObjectError),
}
