//! Finds out what the end of a hook depends on, without running it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use crate::base::{CommitId, Hash, RepoPath, Timestamp, TreeId};
use crate::hook::context::EventContext;
use crate::hook::key::{Dependencies, Input, REFS_VARIABLE, STANDARD_INPUT, Whole, work_hash};
use crate::hook::payload::{Payload, changed_files};
use crate::hook::spec::Hook;
use crate::ops::hooks::cache::code::Code;
use crate::ops::hooks::cache::content::Lens;
use crate::ops::hooks::cache::pinned::Pinned;
use crate::ops::hooks::cache::script::Scripts;
use crate::ops::{Context, OpsError};

/// The variable that names the directory of the tree that the candidate would replace.
const BASE_VARIABLE: &str = "MLV_BASE_DIR";

/// An event, as far as the hooks of a plan depend on it.
#[derive(Debug)]
pub struct Judge<'a> {
    context: &'a Context,
    told: &'a EventContext,
    base: TreeId,
    lens: Lens<'a>,
    scripts: Scripts,
    pinned: Pinned<'a>,
    toolchain: String,
}

impl<'a> Judge<'a> {
    /// Looks at the code once. Pinned files are those of the tree `bar`, where there is one; `base` is
    /// the tree that the candidate would replace.
    pub fn new(
        context: &'a Context,
        told: &'a EventContext,
        bar: Option<TreeId>,
        base: TreeId,
    ) -> Result<Self, OpsError> {
        let toolchain = context.config.string("hooks.toolchain");
        let code = Code::read(context, told.git.clone())?;
        Ok(Self {
            context,
            told,
            base,
            lens: Lens::new(context.repo.objects(), code),
            scripts: Scripts::default(),
            pinned: Pinned::of(context, bar),
            toolchain: toolchain.map(|value| value.text).unwrap_or_default(),
        })
    }

    pub fn code(&self) -> &Code {
        &self.lens.code
    }

    /// Returns the tree that a hook is shown for a candidate.
    pub fn view(&self, hook: &Hook, tree: TreeId) -> Result<TreeId, OpsError> {
        self.pinned.view(hook, tree)
    }

    /// Returns what the end of a hook depends on, were it run on this tree.
    pub fn dependencies(&self, hook: &Hook, tree: TreeId) -> Result<Dependencies, OpsError> {
        let seen = self.pinned.view(hook, tree)?;
        let mut named = self.scripts.named_by(&self.lens, hook, seen)?;
        let asks_for_base = named.variables.remove(BASE_VARIABLE);
        let mut inputs: BTreeMap<RepoPath, Input> = BTreeMap::new();
        for globs in [&hook.inputs, &hook.pinned] {
            let matched = self.lens.matched(seen, globs)?;
            inputs.extend(matched.iter().map(|input| (input.path.clone(), input.clone())));
        }
        inputs.extend(named.scripts.into_iter().map(|script| (script.path.clone(), script)));
        Ok(Dependencies {
            work: work_hash(hook),
            whole: hook.inputs.is_empty().then(|| self.whole(seen)),
            inputs: inputs.into_values().collect(),
            base: asks_for_base.then_some(self.base),
            variables: self.values(hook, tree, named.variables)?,
            toolchain: self.toolchain.clone(),
        })
    }

    fn whole(&self, tree: TreeId) -> Whole {
        Whole {
            tree,
            code: self.code().revision.as_ref().map(|revision| revision.commit.clone()),
            uncommitted: self.code().uncommitted(),
        }
    }

    /// Returns the event as the hook reads it, but for what differs from run to run.
    fn event_of(&self, hook: &Hook, tree: TreeId) -> Vec<u8> {
        let time = Timestamp::from_seconds(0);
        let told = EventContext { root: PathBuf::new(), time, ..self.told.clone() };
        Payload::new(&told, hook, "", Some(tree)).to_json()
    }

    /// Returns the values of variables; of the list of changed files, its hash.
    fn values(
        &self,
        hook: &Hook,
        tree: TreeId,
        names: BTreeSet<String>,
    ) -> Result<BTreeMap<String, String>, OpsError> {
        let told = self.told;
        let refs =
            if names.contains(REFS_VARIABLE) { refs_digest(self.context)? } else { String::new() };
        let id = |id: Option<CommitId>| id.map(CommitId::to_hex);
        let value = |name: &str| match name {
            STANDARD_INPUT => Some(Hash::of(&self.event_of(hook, tree)).to_hex()),
            "MLV_EVENT" => Some(told.event.name().to_owned()),
            "MLV_HOOK" => Some(hook.id.to_string()),
            "MLV_BRANCH" => told.branch.clone(),
            "MLV_SOURCE_BRANCH" => told.source_branch.clone(),
            "MLV_TARGET_BRANCH" => told.target_branch.clone(),
            "MLV_TAG" => told.tag.clone(),
            "MLV_TREE" => Some(tree.to_hex()),
            "MLV_COMMIT" => id(told.commit),
            "MLV_BASE_COMMIT" => id(told.base_commit),
            "MLV_CHANGED_FILES" => Some(Hash::of(&changed_files(&told.changes)).to_hex()),
            REFS_VARIABLE => Some(refs.clone()),
            // Of its own `env` and `matrix`, which are part of what it does.
            _ => None,
        };
        let pair = |name: String| (name.clone(), value(&name).unwrap_or_default());
        Ok(names.into_iter().map(pair).collect())
    }
}

/// Returns the hash of where branches, tags and models stand.
pub fn refs_digest(context: &Context) -> Result<String, OpsError> {
    let mut hasher = blake3::Hasher::new();
    for prefix in ["refs/heads/", "refs/models/", "refs/tags/"] {
        for (name, value) in context.repo.list(prefix)? {
            hasher.update(name.as_str().as_bytes()).update(&[0]).update(&value.to_bytes());
        }
    }
    Ok(Hash(*hasher.finalize().as_bytes()).to_hex())
}
