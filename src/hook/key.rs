//! What decides how a hook ends, and its hash: the key under which a verdict is kept for reuse.
//!
//! The encoding is an array of fixed places, and `version` is raised where a place changes its
//! meaning: no verdict of before is found then.

use std::collections::{BTreeMap, BTreeSet};

use minicbor::Encode;
use serde::Serialize;

use crate::base::{CacheKey, Hash, RepoPath, TreeId, codec};
use crate::hook::spec::{Hook, Work};

/// The version of the encoding.
const VERSION: u32 = 1;

/// The variables that differ from run to run and say nothing of what is judged.
const PASSING: [&str; 6] =
    ["MLV_RUN_ID", "MLV_OUTPUT", "MLV_ROOT", "MLV_ATTEMPT", "MLV_WITH", "MLV_ACTION_DIR"];

/// Everything that decides how a hook ends, as far as it has said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Dependencies {
    /// The hash of what it does, and with which settings of its own.
    pub work: Hash,
    pub whole: Option<Whole>,
    /// What it sees by name, sorted by path, each path once.
    pub inputs: Vec<Input>,
    /// The tree that it compares with, where it asks for one.
    pub base: Option<TreeId>,
    /// The values of the variables that its command, or a script of it, names.
    pub variables: BTreeMap<String, String>,
    /// What the user says of the programs of this machine.
    pub toolchain: String,
}

/// What a hook without `inputs` sees: everything.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Serialize)]
pub struct Whole {
    #[n(0)]
    pub tree: TreeId,
    /// The commit of the code.
    #[n(1)]
    pub code: Option<String>,
    /// The hash of all code files, where they differ from that commit.
    #[n(2)]
    pub uncommitted: Option<Hash>,
}

/// A path that a hook sees, and what is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Input {
    pub path: RepoPath,
    pub kind: InputKind,
    pub hash: Hash,
}

/// What a path is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Serialize)]
#[serde(rename_all = "lowercase")]
#[cbor(index_only)]
pub enum InputKind {
    #[n(0)]
    File,
    #[n(1)]
    Executable,
    #[n(2)]
    Link,
    /// A directory with all that lies below, by its tree.
    #[n(3)]
    Directory,
    /// A file that lies elsewhere, by what is recorded of it.
    #[n(4)]
    Reference,
}

#[derive(Encode)]
struct KeyInput<'a> {
    #[cbor(n(0), with = "minicbor::bytes")]
    path: &'a [u8],
    #[n(1)]
    kind: InputKind,
    #[n(2)]
    hash: Hash,
}

#[derive(Encode)]
struct Key<'a> {
    #[n(0)]
    version: u32,
    #[n(1)]
    work: Hash,
    #[n(2)]
    whole: Option<&'a Whole>,
    #[n(3)]
    inputs: Vec<KeyInput<'a>>,
    #[n(4)]
    base: Option<TreeId>,
    #[n(5)]
    variables: Vec<(&'a str, &'a str)>,
    #[n(6)]
    toolchain: &'a str,
}

/// Stands for what revisions mean: no hook is given it, but actions that read revisions depend on it.
pub const REFS_VARIABLE: &str = "MLV_REFS";

/// What a candidate is compared with, and no part of it or of the bar.
const COMPARED_WITH: &[&str] = &[REFS_VARIABLE, "MLV_BASE_COMMIT"];

impl Dependencies {
    /// Returns the key of a verdict that depends on this and nothing else: who is to run again, and who
    /// is not, is told by it.
    pub fn key(&self) -> CacheKey {
        self.key_with(|_| true)
    }

    /// Returns the key of what was judged by which bar: it stays where only the refs that it was compared
    /// with have moved on, as they do with the very deed that was judged.
    pub fn verdict_key(&self) -> CacheKey {
        self.key_with(|name| !COMPARED_WITH.contains(&name))
    }

    fn key_with(&self, counts: impl Fn(&str) -> bool) -> CacheKey {
        let variables = self.variables.iter().map(|(k, v)| (k.as_str(), v.as_str()));
        CacheKey(Hash::of(&codec::encode(&Key {
            version: VERSION,
            work: self.work,
            whole: self.whole.as_ref(),
            inputs: self.inputs.iter().map(KeyInput::of).collect(),
            base: self.base,
            variables: variables.filter(|(name, _)| counts(name)).collect(),
            toolchain: &self.toolchain,
        })))
    }
}

impl<'a> KeyInput<'a> {
    fn of(input: &'a Input) -> Self {
        Self { path: input.path.as_bytes(), kind: input.kind, hash: input.hash }
    }
}

#[derive(Encode)]
struct WorkDefinition<'a> {
    #[n(0)]
    shell: &'a [String],
    #[n(1)]
    command: &'a str,
    #[n(2)]
    workdir: String,
    #[n(3)]
    outputs: Vec<&'a String>,
    #[n(4)]
    env: Vec<&'a (String, String)>,
    #[n(5)]
    secrets: Vec<&'a String>,
    #[n(6)]
    cell: Vec<&'a (String, String)>,
    #[n(7)]
    uses: Option<Used<'a>>,
}

/// A ready-made hook, its files and what it is given.
#[derive(Encode)]
struct Used<'a> {
    #[n(0)]
    action: &'a str,
    #[n(1)]
    digest: Hash,
    #[n(2)]
    with: String,
}

/// Returns the hash of what a hook does. Its name, its events and its rules are not part: they
/// decide whether it runs, not how it ends.
pub fn work_hash(hook: &Hook) -> Hash {
    let (shell, command, uses) = match &hook.work {
        Work::Run { command, shell } => (&shell.0[..], command.as_str(), None),
        Work::Uses { action, with } => {
            let (digest, with) = (action.digest(), with.to_json());
            (&[][..], "", Some(Used { action: action.name, digest, with }))
        }
    };
    Hash::of(&codec::encode(&WorkDefinition {
        shell,
        command,
        workdir: hook.workdir.to_string(),
        outputs: sorted(hook.outputs.patterns()),
        env: sorted(&hook.env),
        secrets: sorted(&hook.secrets),
        cell: sorted(&hook.cell),
        uses,
    }))
}

/// Returns a list whose order means nothing in the one order that counts here.
fn sorted<T: Ord>(list: &[T]) -> Vec<&T> {
    let mut sorted: Vec<_> = list.iter().collect();
    sorted.sort();
    sorted
}

/// Stands among the variables for the event as a hook reads it from its standard input.
pub const STANDARD_INPUT: &str = "stdin";

/// What only the event on standard input has, for a script that takes it apart.
const FIELDS_OF_EVENTS: [&str; 6] =
    ["message", "author", "meta", "changes", "source_branch", "target_branch"];

/// Tells whether a variable says nothing of what is judged, or what the hook's cell says already.
fn is_passing(word: &str) -> bool {
    PASSING.contains(&word) || word.starts_with("MLV_MATRIX_")
}

/// Returns the variables of mlv that a command or a script names and that say something of what is
/// judged; [`STANDARD_INPUT`] where it seems to read the event.
pub fn mentioned(text: &[u8]) -> BTreeSet<String> {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let (mut found, mut takes_apart, mut has_field) = (BTreeSet::new(), false, false);
    for word in text.split(|byte| !is_part(byte)).filter_map(|word| str::from_utf8(word).ok()) {
        takes_apart |= word == "jq";
        has_field |= FIELDS_OF_EVENTS.contains(&word);
        if word == STANDARD_INPUT || (word.starts_with("MLV_") && !is_passing(word)) {
            found.insert(word.to_owned());
        }
    }
    if takes_apart && has_field {
        found.insert(STANDARD_INPUT.to_owned());
    }
    found
}

#[cfg(test)]
mod tests;
