//! What a branch requires, and what of it is missing.

use std::fmt;

use crate::hook::event::Event;
use crate::hook::spec::{Hook, HookId, Spec};

/// A hook that a rule asks for.
#[derive(Debug)]
pub(super) struct Wanted<'a> {
    pub name: &'a HookId,
    /// Nothing where the file does not define it.
    pub hook: Option<&'a Hook>,
    pub allow_dirty: bool,
}

/// Returns the hooks that the rules of a branch ask for, each once; of a matrix, all its cells.
pub(super) fn wanted<'a>(spec: &'a Spec, branch: &str) -> Vec<Wanted<'a>> {
    let rules = spec.branches.iter().filter(|rule| rule.names.matches_name(branch));
    let named =
        rules.flat_map(|rule| rule.require.iter().map(move |name| (name, rule.allow_dirty)));
    let mut all: Vec<Wanted<'a>> = Vec::new();
    for (name, allow_dirty) in named {
        let mut meant = spec.hooks.iter().filter(|hook| is_meant(hook, name)).peekable();
        if meant.peek().is_none() {
            all.push(Wanted { name, hook: None, allow_dirty });
        }
        for hook in meant {
            match all.iter_mut().find(|other| *other.name == hook.id) {
                // Of two rules the stricter one holds.
                Some(known) => known.allow_dirty &= allow_dirty || hook.allow_dirty,
                None => all.push(Wanted {
                    name: &hook.id,
                    hook: Some(hook),
                    allow_dirty: allow_dirty || hook.allow_dirty,
                }),
            }
        }
    }
    all
}

fn is_meant(hook: &Hook, name: &HookId) -> bool {
    hook.id == *name
        || hook.id.as_str().split_once('[').is_some_and(|(base, _)| base == name.as_str())
}

/// A required hook that nothing speaks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    pub hook: String,
    pub why: Why,
}

/// Why the verdicts there are do not count; the later says more.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    NoVerdict,
    Undefined,
    OtherDefinition,
    Over { run_id: String, end: String },
    DirtyCode { run_id: String },
    Failed { run_id: String },
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoVerdict => f.write_str("it has not judged this"),
            Self::Undefined => f.write_str("the branch requires it and does not define it"),
            Self::OtherDefinition => f.write_str("it judged this as it is defined elsewhere"),
            Self::Over { run_id, end } => {
                write!(f, "what {run_id} found held until {end} and no longer")
            }
            Self::DirtyCode { run_id } => write!(f, "{run_id} judged this with uncommitted code"),
            Self::Failed { run_id } => write!(f, "it failed in {run_id}"),
        }
    }
}

/// How the verdict can be reached that is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remedy {
    /// Try the merge of a source without merging.
    Merge { source: String },
    /// Judge a commit that is there.
    Judge { event: Event, at: String },
    /// Bring the change by a merge.
    Elsewhere,
}
