//! Finds out what the end of a hook depends on, without running it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use crate::base::fs::read_if_exists;
use crate::base::{CommitId, Hash, RepoPath, Timestamp, TreeId};
use crate::hook::context::EventContext;
use crate::hook::key::{Dependencies, Input, REFS_VARIABLE, STANDARD_INPUT, Whole, work_hash};
use crate::hook::payload::{Payload, changed_files};
use crate::hook::spec::{Globs, Hook, MAX_BYTES, Work};
use crate::object::Entry;
use crate::object::tree::TreeEntry;
use crate::ops::hooks::cache::code::Code;
use crate::ops::hooks::cache::content::Lens;
use crate::ops::hooks::cache::pinned::Pinned;
use crate::ops::hooks::cache::script::Scripts;
use crate::ops::reads::inputs_of;
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
        let own = self.inputs_in(hook, seen)?;
        let mut named = self.scripts.named_by(&self.lens, hook, seen)?;
        let asks_for_base = named.variables.remove(BASE_VARIABLE);
        let mut inputs: BTreeMap<RepoPath, Input> = BTreeMap::new();
        for globs in [&own, &hook.pinned] {
            let matched = self.lens.matched(seen, globs)?;
            inputs.extend(matched.iter().map(|input| (input.path.clone(), input.clone())));
        }
        if let Some(code) = &hook.code {
            let (root, wanted) = (RepoPath::root(), |path: &RepoPath| code.matches_path(path));
            for input in self.code().below(&root, &wanted) {
                // Where the tree has a path too, the tree counts.
                inputs.entry(input.path.clone()).or_insert(input);
            }
        }
        inputs.extend(named.scripts.into_iter().map(|script| (script.path.clone(), script)));
        Ok(Dependencies {
            work: work_hash(hook),
            whole: own.is_empty().then(|| self.whole(hook, seen)),
            inputs: inputs.into_values().collect(),
            base: asks_for_base.then_some(self.base),
            variables: self.values(hook, tree, named.variables)?,
            toolchain: self.toolchain.clone(),
        })
    }

    /// Returns what a hook reads of a candidate as it is shown to it: its `inputs`; where it names none
    /// and uses an action whose files tell what it reads, that. Empty where it may be anything.
    pub fn inputs(&self, hook: &Hook, tree: TreeId) -> Result<Globs, OpsError> {
        self.inputs_in(hook, self.pinned.view(hook, tree)?)
    }

    fn inputs_in(&self, hook: &Hook, seen: TreeId) -> Result<Globs, OpsError> {
        let told = match &hook.work {
            Work::Uses { action, with } if hook.inputs.is_empty() && action.reads_tree => {
                inputs_of(action.name, &with.0, &|path| self.file(seen, path))?
            }
            _ => None,
        };
        Ok(told.unwrap_or_else(|| hook.inputs.clone()))
    }

    /// Reads a specification, of the tree or else of the code.
    fn file(&self, tree: TreeId, path: &RepoPath) -> Result<Option<Vec<u8>>, OpsError> {
        let limit = MAX_BYTES as u64;
        if let Some(TreeEntry::Leaf(entry)) = self.lens.objects.tree_entry(tree, path)? {
            let Entry::File { file, .. } = entry else { return Ok(None) };
            let is_one = file.size <= limit;
            return Ok(is_one.then(|| self.lens.objects.read_file(&file, limit)).transpose()?);
        }
        let place = self.code().place_of(path);
        let bytes = place.map(|place| read_if_exists(place)).transpose()?.flatten();
        Ok(bytes.filter(|bytes| bytes.len() <= MAX_BYTES))
    }

    fn whole(&self, hook: &Hook, tree: TreeId) -> Whole {
        // What is named of the code is known file by file.
        let code = Some(self.code()).filter(|_| hook.code.is_none());
        let revision = code.and_then(|code| code.revision.as_ref());
        Whole {
            tree,
            code: revision.map(|revision| revision.commit.clone()),
            uncommitted: code.and_then(Code::uncommitted),
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
