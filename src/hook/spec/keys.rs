//! Every key of `mlv.yaml`, once: what the parser knows, what the JSON Schema says and what the
//! reference must name are all read off these lists.

/// A key, what may stand behind it, and what it is for.
#[derive(Debug, PartialEq, Eq)]
pub struct KeyInfo {
    pub name: &'static str,
    pub shape: Shape,
    /// What it is for, as an editor shows it.
    pub about: &'static str,
}

/// What may stand behind a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// The number 1.
    Version,
    /// A text, a number or a truth value, taken as it is written.
    Text,
    /// A text that says something.
    Command,
    Truth,
    /// One glob over paths, or a list of them.
    Paths,
    /// One glob over branch names, or a list of them.
    Names,
    /// One name of a hook, or a list of them.
    Hooks,
    /// One event, a list of them, or a mapping of events to their settings.
    Events,
    /// A number.
    Number,
    /// A number of runs, at least 1.
    Count,
    /// A span of time with units.
    Duration,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// The name of a group of hooks.
    Group,
    /// Names of environment variables with their values.
    Variables,
    /// Names of environment variables.
    VariableNames,
    /// How often to try again: a number, or a mapping with these keys.
    Retries(&'static [KeyInfo]),
    /// A number of tries.
    Tries,
    /// Names with the values each of them takes.
    Matrix,
    /// A mapping of anything.
    Anything,
    /// Names of hooks with the hooks.
    HookMap,
    /// Anything else with mappings of these keys, some of which must be there.
    MapOf {
        keys: &'static [KeyInfo],
        required: &'static [&'static str],
    },
}

const fn key(name: &'static str, shape: Shape, about: &'static str) -> KeyInfo {
    KeyInfo { name, shape, about }
}

/// The names of these keys.
pub fn names(keys: &'static [KeyInfo]) -> impl Iterator<Item = &'static str> + Clone {
    keys.iter().map(|key| key.name)
}

/// The keys of the file.
pub const FILE_KEYS: &[KeyInfo] = &[
    key("version", Shape::Version, "The version of this format: 1."),
    key(
        "include",
        Shape::Paths,
        "Globs of more files like this one, relative to the root of the repository.",
    ),
    key(
        "artifacts",
        Shape::MapOf { keys: ARTIFACT_KEYS, required: &["kind"] },
        "What parts of the repository are: a path with its kind.",
    ),
    key(
        "branches",
        Shape::MapOf { keys: BRANCH_KEYS, required: &[] },
        "Rules for branches: a glob over their names with the rule.",
    ),
    key("hooks", Shape::HookMap, "What runs when something happens."),
];

/// The keys of an artifact.
pub const ARTIFACT_KEYS: &[KeyInfo] = &[key(
    "kind",
    Shape::OneOf(&["dataset", "feature", "model", "metrics", "params"]),
    "What it is.",
)];

/// The keys of a branch rule.
pub const BRANCH_KEYS: &[KeyInfo] = &[
    key("protected", Shape::Truth, "Whether these branches move by merges only."),
    key(
        "require",
        Shape::Hooks,
        "Hooks that must have passed on what the branch moves to, whatever moves it.",
    ),
    key(
        "allow_dirty",
        Shape::Truth,
        "Whether verdicts count that were reached with uncommitted code.",
    ),
];

/// The keys of a hook.
pub const HOOK_KEYS: &[KeyInfo] = &[
    key("description", Shape::Text, "What it is for."),
    key(
        "on",
        Shape::Events,
        "The event it runs on, or a list of them; triggers with what fires them.",
    ),
    key("branches", Shape::Names, "Run on these branches only; of a merge, the one merged into."),
    key("paths", Shape::Paths, "Run only if one of these paths changed."),
    key("if", Shape::Command, "Run only if this CEL expression over the event is true."),
    key("needs", Shape::Hooks, "Hooks that come first; where one fails, this one is skipped."),
    key("run", Shape::Command, "The command it runs."),
    key("uses", Shape::Command, "The built-in action it runs, instead of a command."),
    key("with", Shape::Anything, "The parameters of the action."),
    key("shell", Shape::Command, "The program, with its arguments, that the command is given to."),
    key("workdir", Shape::Text, "Where it starts, below the root of its tree."),
    key("inputs", Shape::Paths, "What of the tree it sees; all of it where missing."),
    key("code", Shape::Paths, "What it sees of the code that Git tracks; all of it where missing."),
    key("outputs", Shape::Paths, "What it writes that enters the commit or the merge."),
    key("pinned", Shape::Paths, "Files that a merge takes from the branch merged into."),
    key(
        "matrix",
        Shape::Matrix,
        "Keys with lists of values: the hook is run for every combination.",
    ),
    key("env", Shape::Variables, "Variables for its environment."),
    key("secrets", Shape::VariableNames, "Variables of your environment it gets, masked in logs."),
    key("timeout", Shape::Duration, "How long it may take, as in 90s, 10m, 2h or 1h30m."),
    key("retries", Shape::Retries(RETRY_KEYS), "How often it is tried again where it fails."),
    key(
        "level",
        Shape::OneOf(&["fail", "warn"]),
        "What a failure means: `fail` refuses, `warn` does not.",
    ),
    key("continue_on_error", Shape::Truth, "Whether later hooks run though it failed."),
    key("always", Shape::Truth, "Whether it runs though an earlier hook failed."),
    key("async", Shape::Truth, "Whether it is queued, instead of waited for."),
    key("concurrency", Shape::Group, "Its group: no two hooks of one group run at the same time."),
    key("cooldown", Shape::Duration, "How long after a run no trigger starts it again."),
    key("max_in_flight", Shape::Count, "How many runs started by triggers may be under way."),
    key(
        "auto_merge",
        Shape::Truth,
        "Whether a commit on auto/NAME is merged into the branch, through its gates.",
    ),
    key(
        "cache",
        Shape::Truth,
        "Whether an earlier verdict on the same inputs may stand in for a run.",
    ),
    key(
        "allow_dirty",
        Shape::Truth,
        "Whether its verdicts count that were reached with uncommitted code.",
    ),
];

/// What a `metric` trigger watches.
pub const METRIC_KEYS: &[KeyInfo] = &[
    key("file", Shape::Command, "A file of metrics: JSON, YAML or TOML, by its name."),
    key("name", Shape::Command, "The metric; one within another is reached with dots: test.auc."),
    key("below", Shape::Number, "It fires where the metric is less."),
    key("above", Shape::Number, "It fires where the metric is more."),
];

/// What a `drift` trigger watches.
pub const DRIFT_KEYS: &[KeyInfo] = &[
    key("data", Shape::Command, "The data as they come in: a path, a glob or a directory."),
    key("reference", Shape::Command, "What they are compared with: REV:PATH or MODEL@ALIAS."),
    key("spec", Shape::Command, "A file that says how, and may name data and reference."),
];

/// The keys of `retries`.
pub const RETRY_KEYS: &[KeyInfo] = &[
    key("max", Shape::Tries, "How many times at most, after the first."),
    key("backoff", Shape::Duration, "How long before the first; doubled before each further one."),
];
