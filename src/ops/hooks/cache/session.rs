//! The cache as one plan uses it: asked before each hook, told after each, and written up at the end.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Serialize;

use crate::base::{CacheKey, CommitId, Hash, Timestamp, TreeId};
use crate::hook::context::EventContext;
use crate::hook::event::Event;
use crate::hook::key::{Dependencies, Input, Whole};
use crate::hook::output::Metrics;
use crate::hook::runner::{RunRecord, Status};
use crate::hook::spec::{Globs, Hook, HookId};
use crate::object::TreeEdit;
use crate::ops::hooks::cache::depend::Judge;
use crate::ops::hooks::cache::entry::Entry;
use crate::ops::hooks::cache::outputs;
use crate::ops::hooks::verdict::{CodeState, Reached, Verdicts};
use crate::ops::{Context, OpsError};
use crate::repo::hook_cache::{self, CacheRow};
use crate::workspace::sandbox::OverlayFile;

/// A verdict that stands in for a run.
#[derive(Debug, Clone)]
pub struct Hit {
    pub status: Status,
    /// Says where the verdict is from.
    pub message: String,
    pub metrics: Metrics,
    /// What the hook made.
    pub edits: Vec<TreeEdit>,
}

/// The run that a hit is from.
#[derive(Debug, Clone)]
struct Origin {
    run_id: String,
    commit: Option<CommitId>,
    entry: Entry,
}

/// What was found out about a hook before it ran.
#[derive(Debug, Clone)]
struct Asked {
    tree: TreeId,
    dependencies: Dependencies,
    key: CacheKey,
    origin: Option<Origin>,
}

/// What a run depended on, as it is kept beside it.
#[derive(Serialize)]
struct Detail<'a> {
    key: CacheKey,
    tree: TreeId,
    work: Hash,
    whole: Option<&'a Whole>,
    inputs: &'a [Input],
    /// How many inputs are not listed.
    more_inputs: usize,
    base: Option<TreeId>,
    variables: &'a BTreeMap<String, String>,
    toolchain: &'a str,
    /// The state of the code; of a reused verdict, when it was reached.
    code: Option<&'a CodeState>,
    /// The run whose verdict was reused.
    from_run: Option<&'a str>,
    from_commit: Option<CommitId>,
}

/// How many inputs are listed beside a run.
const MOST_INPUTS: usize = 1_000;

/// Returns the tree that pinned files come from: in a merge, that of the branch merged into.
pub fn bar_of(told: &EventContext, base: TreeId) -> Option<TreeId> {
    (told.event == Event::PreMerge).then_some(base)
}

/// The cache, for the hooks of one plan.
#[derive(Debug)]
pub struct Session<'a> {
    context: &'a Context,
    judge: Judge<'a>,
    /// Whether verdicts are kept for later.
    keeps: bool,
    /// Whether earlier verdicts may stand in for runs.
    reuses: bool,
    /// Whether the event is one of this repository, and not of a remote.
    is_ours: bool,
    asked: Mutex<HashMap<HookId, Asked>>,
}

impl<'a> Session<'a> {
    /// Returns the cache for an event; `base` is the tree that the candidate would replace. What
    /// hooks do after a deed is never left out because it was done before.
    pub fn open(
        context: &'a Context,
        told: &'a EventContext,
        base: TreeId,
    ) -> Result<Self, OpsError> {
        Ok(Self {
            context,
            judge: Judge::new(context, told, bar_of(told, base), base)?,
            keeps: told.event.judges_a_tree(),
            reuses: told.event.judges_a_tree() && context.reuses_verdicts,
            is_ours: !(told.event == Event::PostMerge && told.remote.is_some()),
            asked: Mutex::default(),
        })
    }

    /// Returns an earlier verdict of the hook on what it would see of this tree.
    pub fn recall(&self, hook: &Hook, tree: TreeId) -> Result<Option<Hit>, OpsError> {
        let dependencies = self.judge.dependencies(hook, tree)?;
        let key = dependencies.key();
        let found = if self.reuses && hook.cache { self.find(key)? } else { None };
        let (origin, edits) =
            found.map_or((None, Vec::new()), |(origin, edits)| (Some(origin), edits));
        let hit = origin.as_ref().map(|origin| Hit {
            status: origin.entry.status(),
            message: origin.message(),
            metrics: origin.entry.metrics(),
            edits,
        });
        self.asked().insert(hook.id.clone(), Asked { tree, dependencies, key, origin });
        Ok(hit)
    }

    /// Returns the tree that a hook is shown for a candidate.
    pub fn view(&self, hook: &Hook, tree: TreeId) -> Result<TreeId, OpsError> {
        self.judge.view(hook, tree)
    }

    /// Returns what a hook reads of a candidate; empty where it may be anything.
    pub fn inputs(&self, hook: &Hook, tree: TreeId) -> Result<Globs, OpsError> {
        self.judge.inputs(hook, tree)
    }

    /// Tells whether the command of a hook, or a script that it names, mentions the directory of the
    /// tree that the candidate would replace: laying that out costs as much as the sandbox itself.
    pub fn asks_for_base(&self, hook: &Hook, tree: TreeId) -> Result<bool, OpsError> {
        let asked = self.asked().get(&hook.id).filter(|asked| asked.tree == tree).cloned();
        let known = asked.map(|asked| asked.dependencies);
        let dependencies = known.map_or_else(|| self.judge.dependencies(hook, tree), Ok)?;
        Ok(dependencies.base.is_some())
    }

    /// Returns the code that Git tracks, which is laid over each sandbox.
    pub fn code_files(&self) -> &[OverlayFile] {
        self.judge.code().files()
    }

    fn find(&self, key: CacheKey) -> Result<Option<(Origin, Vec<TreeEdit>)>, OpsError> {
        let row = hook_cache::get(&self.context.repo.connection(), key)?;
        let Some(row) = row else { return Ok(None) };
        let Some(entry) = Entry::read(&row.entry) else { return Ok(None) };
        if entry.is_over(Timestamp::now()) {
            return Ok(None);
        }
        // What was found with uncommitted code is found anew once all code is committed.
        if entry.is_dirty() && !self.judge.code().is_dirty() {
            return Ok(None);
        }
        let edits = match row.outputs {
            Some(tree) => outputs::restore(&self.context.repo, tree)?,
            None => Some(Vec::new()),
        };
        let origin = Origin { run_id: row.run_id, commit: row.commit, entry };
        Ok(edits.map(|edits| (origin, edits)))
    }

    /// Keeps a verdict and what the hook made for the next time, where it is worth keeping.
    pub fn remember(
        &self,
        hook: &Hook,
        tree: TreeId,
        record: &RunRecord,
        edits: &[TreeEdit],
    ) -> Result<(), OpsError> {
        let Some(entry) = Entry::of(record, self.code()).filter(|_| self.keeps && hook.cache)
        else {
            return Ok(());
        };
        let asked = self.asked().get(&hook.id).cloned().filter(|asked| asked.tree == tree);
        let Some(asked) = asked else { return Ok(()) };
        // Code that changed while it ran may be what it saw, or may not be.
        if !self.judge.code().is_unchanged() {
            return Ok(());
        }
        let row = CacheRow {
            key: asked.key,
            run_id: record.run_id.clone(),
            used: self.context.now()?.seconds,
            outputs: outputs::keep(&self.context.repo, edits)?,
            commit: record.commit,
            entry: entry.to_json(),
        };
        Ok(self.context.repo.jot(|connection| Ok(hook_cache::put(connection, &row)?))?)
    }

    /// Writes down what the runs depended on, and returns what they found, to be written together
    /// with what it is about. `landed` is the tree with what all hooks made, where they let it pass.
    pub fn finish(
        self,
        hooks: &[&Hook],
        records: &[RunRecord],
        landed: Option<TreeId>,
    ) -> Result<Verdicts, OpsError> {
        let asked = std::mem::take(&mut *self.asked());
        let now = self.context.now()?.seconds;
        let code = self.code();
        let mut verdicts = Verdicts::default();
        let (mut details, mut used) = (Vec::new(), Vec::new());
        for record in records {
            let Some(asked) = asked.get(&record.hook).filter(|_| record.status.is_final()) else {
                continue;
            };
            let detail = asked.detail(code.as_ref());
            let detail = serde_json::to_string(&detail).expect("what a run saw has a JSON form");
            details.push((&record.run_id, detail));
            used.extend(asked.origin.as_ref().map(|_| asked.key));
            let hook = hooks.iter().find(|hook| hook.id == record.hook);
            if let Some(hook) = hook {
                let tree = self.tree_judged(hook, asked, landed)?;
                let reached = asked.reached(hook, record, tree, code.clone());
                let event = Some(record.event).filter(|_| self.is_ours);
                verdicts.extend(reached.map(|reached| Reached { event, ..reached }));
            }
        }
        let limits = Limits::of(self.context)?;
        self.context.repo.transact(|connection| {
            for (run_id, detail) in &details {
                hook_cache::put_detail(connection, run_id, detail)?;
            }
            used.iter().try_for_each(|key| hook_cache::touch(connection, *key, now))?;
            Ok(hook_cache::prune(connection, limits.before, limits.keep)?)
        })?;
        Ok(verdicts)
    }

    /// Returns the tree that a verdict is filed under: the one that lands, where the hook would see
    /// the same of it as of the tree that it was shown.
    fn tree_judged(
        &self,
        hook: &Hook,
        asked: &Asked,
        landed: Option<TreeId>,
    ) -> Result<TreeId, OpsError> {
        match landed {
            Some(landed) if landed != asked.tree => {
                let same = self.judge.dependencies(hook, landed)?.key() == asked.key;
                Ok(if same { landed } else { asked.tree })
            }
            _ => Ok(asked.tree),
        }
    }

    fn code(&self) -> Option<CodeState> {
        self.judge.code().revision.as_ref().map(CodeState::from)
    }

    fn asked(&self) -> MutexGuard<'_, HashMap<HookId, Asked>> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Origin {
    fn message(&self) -> String {
        match self.commit {
            Some(commit) => format!("cached (from commit {})", commit.short()),
            None => format!("cached (from {})", self.run_id),
        }
    }
}

impl Asked {
    fn detail<'a>(&'a self, code: Option<&'a CodeState>) -> Detail<'a> {
        let (origin, seen) = (self.origin.as_ref(), &self.dependencies);
        let listed = seen.inputs.len().min(MOST_INPUTS);
        Detail {
            key: self.key,
            tree: self.tree,
            work: seen.work,
            whole: seen.whole.as_ref(),
            inputs: &seen.inputs[..listed],
            more_inputs: seen.inputs.len() - listed,
            base: seen.base,
            variables: &seen.variables,
            toolchain: &seen.toolchain,
            code: origin.map_or(code, |origin| origin.entry.code.as_ref()),
            from_run: origin.map(|origin| origin.run_id.as_str()),
            from_commit: origin.and_then(|origin| origin.commit),
        }
    }

    /// Returns the verdict of a run; a reused one is the same again, on another tree perhaps.
    fn reached(
        &self,
        hook: &Hook,
        record: &RunRecord,
        tree: TreeId,
        code: Option<CodeState>,
    ) -> Option<Reached> {
        let is_verdict = record.status.is_good() || record.status == Status::Failed;
        let origin = self.origin.as_ref();
        let finished = record.finished.map(|time| time.to_string()).unwrap_or_default();
        is_verdict.then(|| Reached {
            tree,
            hook: hook.id.clone(),
            definition: hook.definition_hash(),
            key: Some(self.dependencies.verdict_key()),
            status: record.status,
            event: Some(record.event),
            branch: record.branch.clone(),
            metrics: record.metrics.clone(),
            run_id: origin.map_or(&record.run_id, |origin| &origin.run_id).clone(),
            commit: origin.map_or(record.commit, |origin| origin.commit),
            code: origin.map_or(code, |origin| origin.entry.code.clone()),
            time: origin.map_or(finished, |origin| origin.entry.time.clone()),
            valid_until: origin
                .map_or(record.detail.valid_until, |origin| origin.entry.valid_until),
            is_reused: origin.is_some(),
        })
    }
}

/// What is kept: verdicts used since a moment, and not more than so many.
#[derive(Debug, Clone, Copy)]
struct Limits {
    before: i64,
    keep: u64,
}

impl Limits {
    fn of(context: &Context) -> Result<Self, OpsError> {
        let age = context.config.duration("hooks.cache_age").unwrap_or(Duration::MAX);
        let seconds = i64::try_from(age.as_secs()).unwrap_or(i64::MAX);
        let keep = context.config.integer("hooks.cache_size").unwrap_or(i64::MAX);
        Ok(Self {
            before: context.now()?.seconds.saturating_sub(seconds),
            keep: u64::try_from(keep).unwrap_or_default(),
        })
    }
}

/// Forgets verdicts that nobody has used for `hooks.cache_age`, and the oldest beyond
/// `hooks.cache_size`; returns how many.
pub fn prune(context: &Context) -> Result<u64, OpsError> {
    let Limits { before, keep } = Limits::of(context)?;
    Ok(context.repo.transact(|connection| Ok(hook_cache::prune(connection, before, keep)?))?)
}
