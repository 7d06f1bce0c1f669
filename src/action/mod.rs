//! Actions that mlv itself carries out, as `mlv hooks act NAME`: a process like that of any hook,
//! with its sandbox, its timeout and its log. One file or folder each. Those that read the repository
//! are in `ops`, since verbs do the same.

mod told;
mod well_formed;

use serde_json::{Map, Value as Json};

use crate::base::fs::PathError;
use crate::hook::Annotation;
use crate::hook::spec::GlobError;

pub use told::Told;

/// How an action ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    pub passed: bool,
    pub annotations: Vec<Annotation>,
    /// What it measured, by name.
    pub metrics: Map<String, Json>,
    pub summary: String,
    /// The last second, since 1970, at which it would end so, where the clock decides.
    pub valid_until: Option<i64>,
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
    #[error("there is no commit yet: this action is for events after the deed")]
    NoCommit,
    #[error(transparent)]
    Glob(#[from] GlobError),
    #[error(transparent)]
    Path(#[from] PathError),
}

/// Carries an action out in the present directory.
pub fn carry_out(name: &str, told: &Told) -> Result<Outcome, ActionError> {
    match name {
        "well-formed" => well_formed::run(told),
        _ => Err(ActionError::NotNative(name.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Environment;
    use crate::hook::action::{Action, Means, actions};

    #[test]
    fn every_native_action_is_carried_out() {
        let dir = tempfile::tempdir().unwrap();
        let changed = dir.path().join("changed");
        crate::base::fs::atomic_write(&changed, b"").unwrap();
        let mut natives = 0;
        let here = |action: &&Action| action.means == Means::Native && !action.reads_tree;
        for action in actions().iter().filter(here) {
            let defaults = action.parameters.iter();
            let with: serde_json::Map<_, _> =
                defaults.map(|p| (p.name.clone(), p.default_value.clone())).collect();
            let environment = Environment::from_pairs([
                ("MLV_WITH", serde_json::to_string(&with).unwrap()),
                ("MLV_CHANGED_FILES", changed.display().to_string()),
                ("MLV_OUTPUT", "answer".to_owned()),
            ]);
            let told = Told::read(&environment).unwrap();
            assert!(carry_out(action.name, &told).unwrap().passed);
            natives += 1;
        }
        assert!(natives > 0);
        let bare = Environment::default();
        assert!(matches!(Told::read(&bare), Err(ActionError::NotAHook(_))));
    }
}
