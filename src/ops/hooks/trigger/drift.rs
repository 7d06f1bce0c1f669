//! Data that drift from their reference.

use crate::base::TreeId;
use crate::hook::spec::DriftWatch;
use crate::ops::hooks::trigger::seen::Finding;
use crate::ops::{Context, OpsError};

/// Returns the hash of what is looked at.
pub(super) fn content(
    context: &Context,
    tree: TreeId,
    watch: &DriftWatch,
) -> Result<String, OpsError> {
    let _ = (context, tree, watch);
    Ok(String::new())
}

/// Looks whether the data drift.
pub(super) fn find(
    context: &Context,
    tree: TreeId,
    watch: &DriftWatch,
) -> Result<Finding, OpsError> {
    let _ = (context, tree, watch);
    Err(OpsError::NoMetric { what: "no drift yet".to_owned() })
}
