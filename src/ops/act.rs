//! Actions that read the repository, carried out for hooks: each is a verb too, and says the same.

use crate::action::{ActionError, Outcome, Told};
use crate::ops::data::DataView;
use crate::ops::{Context, OpsError, check, deploy, drift, gate};

/// Why an action could not be carried out.
#[derive(Debug, thiserror::Error)]
pub enum ActError {
    #[error(transparent)]
    Action(#[from] ActionError),
    #[error(transparent)]
    Ops(Box<OpsError>),
}

impl From<OpsError> for ActError {
    fn from(error: OpsError) -> Self {
        Self::Ops(Box::new(error))
    }
}

/// Carries an action out on the candidate tree that it is told of. Files that its parameters name may
/// also lie in the present directory.
pub fn carry_out(context: &Context, name: &str, told: &Told) -> Result<Outcome, ActError> {
    let (tree, inputs) = told.view()?;
    let view = DataView::of_tree(context, *tree, "the candidate")
        .limited_to(inputs.clone())
        .beside(context.directory.clone());
    match name {
        "drift" => drift::act(context, &view, told),
        "gate" => Ok(gate::act(context, &view, told)?),
        "validate" => Ok(check::validate(context, &view, told)?),
        "deploy" => deploy::act(context, &view, told),
        _ => Err(ActionError::NotNative(name.to_owned()).into()),
    }
}
