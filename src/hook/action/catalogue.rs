//! The list of actions, read from the files that the binary carries when it is first asked for.

use std::sync::LazyLock;

use crate::base::Hash;
use crate::hook::action::parameter::Parameter;
use crate::hook::action::read;
use crate::hook::event::Event;
use crate::hook::spec::Severity;

/// A file of an action, as it stands in `hooks/`.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) name: &'static str,
    pub(super) text: &'static str,
}

/// What the binary carries of an action.
#[derive(Debug)]
pub(super) struct Carried {
    pub(super) name: &'static str,
    pub(super) definition: &'static str,
    /// Absent where mlv itself carries the action out.
    pub(super) script: Option<Source>,
}

/// Makes a line of the list: the directory below `hooks/`, and the script in it.
macro_rules! action {
    ($name:literal $(, $script:literal)?) => {
        Carried {
            name: $name,
            definition: include_str!(concat!("../../../hooks/", $name, "/action.yaml")),
            script: action!(@script $name $(, $script)?),
        }
    };
    (@script $name:literal) => { None };
    (@script $name:literal, $script:literal) => {
        Some(Source {
            name: $script,
            text: include_str!(concat!("../../../hooks/", $name, "/", $script)),
        })
    };
}

/// Every action, in the order in which they are listed.
pub(super) const ACTIONS: &[Carried] = &[
    action!("max-file-size", "max_file_size.py"),
    action!("no-secrets", "no_secrets.py"),
    action!("notebook-clean", "notebook_clean.py"),
    action!("well-formed"),
    action!("drift"),
    action!("gate"),
    action!("validate"),
    action!("require-message", "require_message.py"),
    action!("run-dvc-stage", "run_dvc_stage.py"),
    action!("notify-webhook", "notify_webhook.py"),
    action!("slack-message", "slack_message.py"),
    action!("trigger-airflow", "trigger_airflow.py"),
    action!("trigger-github-workflow", "trigger_github_workflow.py"),
    action!("kubernetes-job", "kubernetes_job.py"),
    action!("deploy"),
];

/// The files that lie beside every script in Python.
pub(super) const SHARED: &[Source] = &[
    Source { name: "mlv_hook.py", text: include_str!("../../../hooks/shared/mlv_hook.py") },
    Source { name: "mlv_http.py", text: include_str!("../../../hooks/shared/mlv_http.py") },
];

/// A ready-made hook.
#[derive(Debug)]
pub struct Action {
    pub name: &'static str,
    pub description: String,
    /// The events that it is for; it may be put on others.
    pub on: Vec<Event>,
    /// Variables that it is given beside those that its parameters name.
    pub secrets: Vec<String>,
    /// What holds for its hooks that do not say otherwise.
    pub cache: bool,
    /// Whether it reads the candidate tree in the repository: no file is laid out for it then, but
    /// those that its parameters name.
    pub reads_tree: bool,
    /// Variables that decide how it ends, beside those that its text mentions.
    pub variables: Vec<String>,
    /// Words of which a file that it is given must hold one for these variables to decide; they always
    /// do where there are none.
    pub variables_where: Vec<String>,
    pub severity: Severity,
    pub parameters: Vec<Parameter>,
    pub means: Means,
}

/// How an action is carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Means {
    /// By a script, which an interpreter runs.
    Script { name: &'static str, text: &'static str },
    /// By mlv itself, in a process of its own.
    Native,
}

/// Actions are the same where their names are: there is one of each.
impl PartialEq for Action {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Action {}

impl Action {
    pub fn parameter(&self, name: &str) -> Option<&Parameter> {
        self.parameters.iter().find(|parameter| parameter.name == name)
    }

    /// Returns the hash of what runs; that of mlv itself goes by its version.
    pub fn digest(&self) -> Hash {
        let mut hasher = blake3::Hasher::new();
        let mut add = |text: &str| {
            hasher.update(&(text.len() as u64).to_le_bytes());
            hasher.update(text.as_bytes());
        };
        match self.means {
            Means::Script { name, text } => {
                add(name);
                add(text);
                for file in SHARED {
                    add(file.text);
                }
            }
            Means::Native => add(env!("CARGO_PKG_VERSION")),
        }
        Hash(*hasher.finalize().as_bytes())
    }

    /// Returns the texts of what runs; of mlv itself, the variables it reads.
    pub fn texts(&self) -> impl Iterator<Item = &'static str> {
        let (own, shared) = match self.means {
            Means::Script { text, .. } => (text, SHARED),
            // What reads the tree looks at all that it is for, whatever has changed.
            Means::Native if self.reads_tree => ("MLV_WITH", &[][..]),
            Means::Native => ("MLV_CHANGED_FILES MLV_WITH", &[][..]),
        };
        std::iter::once(own).chain(shared.iter().map(|file| file.text))
    }
}

static READ: LazyLock<Vec<Action>> = LazyLock::new(|| {
    let read = |carried| read::action(carried).expect("a test reads every file of the binary");
    ACTIONS.iter().map(read).collect()
});

/// Returns every action, in the order in which they are listed.
pub fn actions() -> &'static [Action] {
    &READ
}

/// Returns the action of this name.
pub fn find(name: &str) -> Option<&'static Action> {
    actions().iter().find(|action| action.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_definition_is_sound() {
        for carried in ACTIONS {
            if let Err((place, message)) = read::action(carried) {
                panic!("hooks/{}/action.yaml:{}: {message}", carried.name, place.line);
            }
        }
    }

    #[test]
    fn no_directory_is_forgotten_and_each_has_its_readme_and_its_test() {
        let hooks = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("hooks");
        let mut found: Vec<String> = std::fs::read_dir(&hooks)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name != "shared")
            .collect();
        found.sort();
        let mut listed: Vec<&str> = ACTIONS.iter().map(|action| action.name).collect();
        listed.sort_unstable();
        assert_eq!(found, listed);
        for name in listed {
            for file in ["README.md", "test.rs"] {
                assert!(hooks.join(name).join(file).is_file(), "hooks/{name}/{file} is missing");
            }
        }
    }

    #[test]
    fn what_runs_decides_the_digest() {
        let digests: std::collections::HashSet<_> =
            actions().iter().filter(|a| a.means != Means::Native).map(Action::digest).collect();
        assert_eq!(digests.len(), actions().iter().filter(|a| a.means != Means::Native).count());
        let reads = |variable: &str| {
            find("no-secrets").unwrap().texts().any(|text| text.contains(variable))
        };
        assert!(reads("MLV_CHANGED_FILES") && !reads("MLV_BASE_DIR"));
        assert!(find("no-secret").is_none());
    }
}
