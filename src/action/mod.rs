//! Actions that mlv itself carries out, as `mlv hooks act NAME`: a process like that of any hook,
//! with its sandbox, its timeout and its log. One file or folder each.

mod told;
mod well_formed;

use std::path::PathBuf;

use crate::base::fs::PathError;
use crate::config::Environment;
use crate::hook::Annotation;
use crate::hook::spec::GlobError;

use told::Told;

/// How an action ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    pub passed: bool,
    pub annotations: Vec<Annotation>,
    pub summary: String,
}

/// Why an action could not be carried out.
#[derive(Debug, thiserror::Error)]
pub enum ActionError {
    #[error("`{0}` is no action that mlv carries out itself")]
    NotNative(String),
    #[error("`{0}` is not set: actions are carried out by hooks")]
    NotAHook(&'static str),
    #[error("`MLV_WITH` cannot be read: {0}")]
    BadParameters(serde_json::Error),
    #[error(transparent)]
    Glob(#[from] GlobError),
    #[error(transparent)]
    Path(#[from] PathError),
}

/// Carries an action out in the present directory; returns how it ended, and where its answer goes.
pub fn carry_out(name: &str, environment: &Environment) -> Result<(Outcome, PathBuf), ActionError> {
    let told = Told::read(environment)?;
    let outcome = match name {
        "well-formed" => well_formed::run(&told)?,
        _ => return Err(ActionError::NotNative(name.to_owned())),
    };
    Ok((outcome, told.output))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hook::action::{Means, actions};

    #[test]
    fn every_native_action_is_carried_out() {
        let dir = tempfile::tempdir().unwrap();
        let changed = dir.path().join("changed");
        crate::base::fs::atomic_write(&changed, b"").unwrap();
        let mut natives = 0;
        for action in actions().iter().filter(|action| action.means == Means::Native) {
            let defaults = action.parameters.iter();
            let with: serde_json::Map<_, _> =
                defaults.map(|p| (p.name.clone(), p.default_value.clone())).collect();
            let environment = Environment::from_pairs([
                ("MLV_WITH", serde_json::to_string(&with).unwrap()),
                ("MLV_CHANGED_FILES", changed.display().to_string()),
                ("MLV_OUTPUT", "answer".to_owned()),
            ]);
            assert!(carry_out(action.name, &environment).unwrap().0.passed);
            natives += 1;
        }
        assert!(natives > 0);
        let bare = Environment::default();
        assert!(matches!(carry_out("well-formed", &bare), Err(ActionError::NotAHook(_))));
    }
}
