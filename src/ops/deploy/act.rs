//! The action `deploy`: what `mlv deploy run` does, for the commit of an event.

use serde_json::Map;

use crate::action::{ActionError, Outcome, Told};
use crate::base::CommitId;
use crate::ops::Context;
use crate::ops::act::ActError;
use crate::ops::data::DataView;
use crate::ops::deploy::{DeployRequest, deploy};

/// Deploys the commit of the event; where it is active already, as when a hook is tried again, nothing
/// is done.
pub fn act(context: &Context, view: &DataView<'_>, told: &Told) -> Result<Outcome, ActError> {
    let commit = told.commit().map(CommitId::to_hex).ok_or(ActionError::NoCommit)?;
    let deployed = deploy(
        context,
        &DeployRequest {
            wanted: told.text("spec"),
            at: Some(&commit),
            branch: told.branch(),
            candidate: Some(view),
            run_id: Some(&told.run_id),
        },
    )?;
    let (id, env) = (&deployed.release.release_id, &deployed.release.env);
    let already = if deployed.was_active { " already" } else { "" };
    let summary = format!("{id} is active in {env}{already}");
    Ok(Outcome {
        passed: true,
        annotations: Vec::new(),
        metrics: Map::new(),
        summary,
        valid_until: None,
    })
}
