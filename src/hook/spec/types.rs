//! The values of `mlv.yaml`.

use std::fmt;
use std::time::Duration;

use crate::base::RepoPath;
use crate::hook::action::{Action, Arguments};
use crate::hook::condition::Condition;
use crate::hook::event::Event;
use crate::hook::spec::glob::Globs;
use crate::hook::spec::schedule::Schedule;
use crate::hook::spec::watch::Watch;

/// The name of a hook: lower-case letters, digits, `_` and `-`, not beginning with a sign. A cell of
/// its matrix has its keys and values behind it: `train[lr=0.1,depth=3]`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
pub struct HookId(String);

/// A text that is no name for a hook.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a name for a hook")]
pub struct NotAHookId(pub String);

impl HookId {
    /// The longest name in a file.
    pub const MAX_LENGTH: usize = 64;

    /// The longest name of a cell: it becomes part of file names and of table columns.
    pub const MAX_CELL_LENGTH: usize = 200;

    pub fn new(text: &str) -> Result<Self, NotAHookId> {
        let (base, cell) = match text.split_once('[') {
            Some((base, rest)) => (base, Some(rest)),
            None => (text, None),
        };
        let well = is_hook_name(base) && cell.is_none_or(is_cell_name);
        if well && text.len() <= Self::MAX_CELL_LENGTH {
            Ok(Self(text.to_owned()))
        } else {
            Err(NotAHookId(text.to_owned()))
        }
    }

    /// Returns the name of a cell of this hook's matrix. What cannot stand in a file name is
    /// written as `-`.
    pub fn cell(&self, values: &[(String, String)]) -> Result<Self, NotAHookId> {
        let written = |text: &str| -> String {
            text.chars().map(|c| if is_cell_letter(c) { c } else { '-' }).collect()
        };
        let pairs = values.iter().map(|(key, value)| format!("{key}={}", written(value)));
        Self::new(&format!("{}[{}]", self.base(), pairs.collect::<Vec<_>>().join(",")))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the name of the hook in the file, which all cells of its matrix share.
    pub fn base(&self) -> &str {
        self.0.split('[').next().unwrap_or(&self.0)
    }

    /// Tells whether this names one cell of a matrix.
    pub fn is_cell(&self) -> bool {
        self.0.ends_with(']')
    }

    /// Tells whether `wanted` names this hook, or all the cells of its matrix.
    pub fn is_meant_by(&self, wanted: &str) -> bool {
        self.0 == wanted || self.base() == wanted
    }
}

fn is_hook_name(text: &str) -> bool {
    let letter = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let starts_well = text.bytes().next().is_some_and(letter);
    let well = text.bytes().all(|b| letter(b) || b == b'_' || b == b'-');
    starts_well && well && text.len() <= HookId::MAX_LENGTH
}

/// Tells whether this is what follows the `[`: keys with their values.
fn is_cell_name(text: &str) -> bool {
    let Some(inner) = text.strip_suffix(']') else { return false };
    inner.split(',').all(|pair| match pair.split_once('=') {
        Some((key, value)) => {
            !key.is_empty()
                && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
                && value.chars().all(is_cell_letter)
        }
        None => false,
    })
}

fn is_cell_letter(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '+' | '-')
}

impl fmt::Display for HookId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Everything `mlv.yaml` says.
#[derive(Debug, Clone, Default)]
pub struct Spec {
    pub artifacts: Vec<Artifact>,
    pub branches: Vec<BranchRule>,
    /// In the order of the file.
    pub hooks: Vec<Hook>,
}

impl Spec {
    pub fn hook(&self, id: &HookId) -> Option<&Hook> {
        self.hooks.iter().find(|hook| hook.id == *id)
    }

    /// Tells whether some rule protects this branch.
    pub fn protects(&self, branch: &str) -> bool {
        self.branches.iter().any(|rule| rule.protected && rule.names.matches_name(branch))
    }
}

/// A part of the repository that is known by what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artifact {
    pub path: RepoPath,
    pub kind: ArtifactKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ArtifactKind {
    Dataset,
    Feature,
    Model,
    Metrics,
    Params,
}

impl ArtifactKind {
    pub const ALL: [(&'static str, Self); 5] = [
        ("dataset", Self::Dataset),
        ("feature", Self::Feature),
        ("model", Self::Model),
        ("metrics", Self::Metrics),
        ("params", Self::Params),
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Dataset => "dataset",
            Self::Feature => "feature",
            Self::Model => "model",
            Self::Metrics => "metrics",
            Self::Params => "params",
        }
    }
}

/// A rule for the branches whose names match.
#[derive(Debug, Clone)]
pub struct BranchRule {
    pub names: Globs,
    pub protected: bool,
    /// The hooks that must have passed on what the branch moves to, in the order of the file.
    pub require: Vec<HookId>,
    /// Whether verdicts reached with uncommitted code count.
    pub allow_dirty: bool,
}

/// One hook: when it runs, what it does, what it reads and writes.
#[derive(Debug, Clone)]
pub struct Hook {
    pub id: HookId,
    pub description: Option<String>,
    pub on: Vec<Event>,
    /// When it runs of its own accord, where `schedule` is among its events.
    pub schedules: Vec<Schedule>,
    /// What makes it run, where `metric` or `drift` are among its events.
    pub watches: Vec<Watch>,
    /// How long after it ran on a branch no trigger starts it there again.
    pub cooldown: Option<Duration>,
    /// How many runs that triggers started may be under way on a branch.
    pub max_in_flight: Option<u32>,
    /// Whether a commit of what it made is merged into the branch, where it went beside it.
    pub auto_merge: bool,
    /// The branches it runs on; all where empty.
    pub branches: Globs,
    /// The paths of which one must have changed; any where empty.
    pub paths: Globs,
    pub needs: Vec<HookId>,
    pub work: Work,
    /// What of the candidate tree it sees; all where empty.
    pub inputs: Globs,
    /// What it sees of the code that Git tracks, beside its `inputs`; all of it where absent.
    pub code: Option<Globs>,
    /// What it writes that enters the candidate tree.
    pub outputs: Globs,
    pub timeout: Option<Duration>,
    /// Variables it adds to its environment, in the order of the file.
    pub env: Vec<(String, String)>,
    /// Variables passed through from the user's environment, and masked in logs.
    pub secrets: Vec<String>,
    /// Where it starts, below the root of the candidate tree.
    pub workdir: RepoPath,
    /// What must hold of the event for it to run (`if`); it always runs where absent.
    pub condition: Option<Condition>,
    pub retries: Retries,
    /// Whether the hooks after it run though it failed, those that need it too.
    pub continue_on_error: bool,
    pub severity: Severity,
    /// Whether it runs though an earlier hook failed.
    pub always: bool,
    /// Whether it is queued for a worker (`async`) instead of being waited for.
    pub background: bool,
    /// No two hooks of one group run at the same time, in this repository.
    pub concurrency: Option<String>,
    /// Whether an earlier verdict on the same inputs may stand in for a run.
    pub cache: bool,
    /// The cell of the `matrix` that this hook is, as keys and values; empty where it has none.
    pub cell: Vec<(String, String)>,
    /// The files that a merge takes from the branch merged into, not from the candidate.
    pub pinned: Globs,
    /// Whether a verdict that it reached with uncommitted code counts for `require`.
    pub allow_dirty: bool,
}

impl Hook {
    /// Tells whether a file that Git tracks is laid out for it, where the tree does not have the path.
    pub fn sees_code(&self, path: &RepoPath) -> bool {
        let named = |globs: &Globs| globs.matches_path(path);
        self.code.as_ref().is_none_or(named) || named(&self.inputs) || named(&self.pinned)
    }
}

/// How often a hook that failed is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Retries {
    /// How many times at most, after the first.
    pub max: u32,
    /// How long before the first; doubled before each further one, with jitter.
    pub backoff: Duration,
}

impl Retries {
    /// No hook is tried more often.
    pub const MOST: u32 = 100;

    /// No pause before a further try is longer.
    pub const LONGEST_BACKOFF: Duration = Duration::from_hours(1);

    /// How long the first pause is where the file does not say.
    pub const USUAL_BACKOFF: Duration = Duration::from_secs(1);
}

/// What the failure of a hook means for the event (`level`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Severity {
    #[default]
    Fail,
    Warn,
}

impl Severity {
    pub const ALL: [(&'static str, Self); 2] = [("fail", Self::Fail), ("warn", Self::Warn)];
}

/// What a hook does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Work {
    Run {
        command: String,
        shell: Shell,
    },
    /// A ready-made hook, with a value for each of its parameters.
    Uses {
        action: &'static Action,
        with: Arguments,
    },
}

impl Work {
    /// Returns the command, or the action and what it is given, as it is shown to people.
    pub fn text(&self) -> String {
        match self {
            Self::Run { command, .. } => command.clone(),
            Self::Uses { action, with } => {
                let mut lines = vec![format!("uses: {}", action.name)];
                let told = with.0.iter().filter(|(_, value)| !value.is_null());
                lines.extend(told.map(|(name, value)| format!("{name}: {value}")));
                lines.join("\n")
            }
        }
    }
}

/// A program and its arguments, to which the command is added as the last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shell(pub Vec<String>);

impl Default for Shell {
    fn default() -> Self {
        Self(vec!["sh".to_owned(), "-c".to_owned()])
    }
}
