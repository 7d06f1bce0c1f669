//! What the engine asks of the repository: run ids, the journal, sandboxes of the candidate tree,
//! and outputs taken into it.

use std::borrow::Cow;
use std::ffi::OsString;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::base::fs::{IoContext, create_dirs};
use crate::base::lock::{FileLock, LockError, LockKind};
use crate::base::{Hash, NoProgress, RepoPath, TreeId};
use crate::hook::runner::{Collected, Host, HostError, Recalled, RunRecord, Sandbox, Slot, Turn};
use crate::hook::spec::{Globs, Hook, Work};
use crate::object::Prefetch;
use crate::object::tree::TreeEdit;
use crate::ops::hooks::cache::{Hit, Session};
use crate::ops::hooks::carry_out::owner;
use crate::ops::hooks::ledger::Ledger;
use crate::ops::hooks::pool::Pool;
use crate::ops::{Context, OpsError};
use crate::repo::RepoError;
use crate::repo::journal::{self, RunRow};
use crate::store::{ChunkStore, Durability};
use crate::workspace::sandbox::{OverlayFile, Sandbox as Laid, SandboxOptions};
use crate::workspace::{Workspace, WorkspaceError};

/// Who is given more bytes than this is asked to name his inputs.
const MUCH: u64 = 1 << 30;

/// The repository as a host of hooks.
#[derive(Debug)]
pub(super) struct RepoHost<'a> {
    context: &'a Context,
    workspace: &'a Workspace,
    owner: String,
    ledger: &'a Ledger,
    /// The tree that the candidate would replace.
    base: TreeId,
    cache: &'a Session<'a>,
    open: Mutex<Vec<Open>>,
    /// What hooks have left that saw the tree, and what they left of the tree it would replace.
    left: Pool,
    left_bases: Pool,
}

/// A sandbox in use.
#[derive(Debug)]
struct Open {
    laid: Arc<Laid>,
    base: Option<Laid>,
    _scratch: tempfile::TempDir,
}

impl<'a> RepoHost<'a> {
    /// Returns a host for candidates that would replace the tree `base`.
    pub fn new(
        context: &'a Context,
        base: TreeId,
        ledger: &'a Ledger,
        cache: &'a Session<'a>,
    ) -> Result<Self, OpsError> {
        Ok(Self {
            context,
            workspace: context.workspace()?,
            owner: owner(context)?.name.clone(),
            ledger,
            base,
            cache,
            open: Mutex::default(),
            left: Pool::default(),
            left_bases: Pool::default(),
        })
    }

    /// Lays out what the hook sees of a tree, with the code beside it.
    fn lay_out(&self, hook: &Hook, tree: TreeId) -> Result<Laid, HostError> {
        if reads_tree(hook) {
            return self.lay_out_named(hook, tree);
        }
        let everything = [RepoPath::root()];
        let named = Globs::roots(&[&hook.inputs, &hook.pinned]);
        let code = self.code_for(hook);
        let options = SandboxOptions {
            below: if hook.inputs.is_empty() { &everything } else { &named },
            wanted: &|path| {
                let is_bar = hook.pinned.matches_path(path);
                hook.inputs.is_empty() || hook.inputs.matches_path(path) || is_bar
            },
            overlay: &code,
        };
        if hook.inputs.is_empty() {
            self.advise_inputs(hook, tree)?;
        }
        self.create(&self.left, self.cache.view(hook, tree)?, &options)
    }

    /// Returns what of the code a hook sees: all of it, where it does not say.
    fn code_for(&self, hook: &Hook) -> Cow<'_, [OverlayFile]> {
        let files = self.cache.code_files();
        if hook.code.is_none() {
            return Cow::Borrowed(files);
        }
        Cow::Owned(files.iter().filter(|file| hook.sees_code(&file.path)).cloned().collect())
    }

    /// Lays out the files that an action's parameters name, and nothing of what it reads in the tree.
    fn lay_out_named(&self, hook: &Hook, tree: TreeId) -> Result<Laid, HostError> {
        let code = self.cache.code_files().iter();
        let named: Vec<_> =
            code.filter(|file| hook.pinned.matches_path(&file.path)).cloned().collect();
        let options = SandboxOptions {
            below: &Globs::roots(&[&hook.pinned]),
            wanted: &|path| hook.pinned.matches_path(path),
            overlay: &named,
        };
        self.create(&Pool::default(), self.cache.view(hook, tree)?, &options)
    }

    /// Returns how an action that reads the tree comes to it.
    fn way(&self, hook: &Hook, tree: TreeId) -> Result<Vec<(&'static str, OsString)>, HostError> {
        if !reads_tree(hook) {
            return Ok(Vec::new());
        }
        let view = self.cache.view(hook, tree)?;
        // A tree with pinned files is new, and the process of the action reads what is on disk.
        self.context.repo.store().flush(Durability::Visible)?;
        let inputs = self.cache.inputs(hook, tree)?;
        for tree in [view, self.base] {
            self.bring(&inputs, tree)?;
        }
        let inputs = serde_json::to_string(inputs.patterns()).expect("texts have a JSON form");
        let dot_dir = self.context.repo.layout().dot_dir();
        Ok(vec![
            ("MLV_DIR", dot_dir.into()),
            ("MLV_VIEW", view.to_hex().into()),
            ("MLV_INPUTS", inputs.into()),
        ])
    }

    /// Brings here what an action reads of a tree: its process has no keys to where that may lie.
    fn bring(&self, inputs: &Globs, tree: TreeId) -> Result<(), HostError> {
        let objects = self.context.repo.objects();
        if !objects.store().is_partial() {
            return Ok(());
        }
        let mut prefetch = Prefetch::new(objects);
        for item in objects.walk_tree(tree, &RepoPath::root()) {
            let (path, entry) = item?;
            if inputs.is_empty() || inputs.matches_path(&path) {
                prefetch.add(&path, &entry)?;
            }
        }
        Ok(prefetch.finish()?)
    }

    fn lay_out_base(&self) -> Result<Laid, HostError> {
        let below = [RepoPath::root()];
        let options = SandboxOptions { below: &below, wanted: &|_| true, overlay: &[] };
        self.create(&self.left_bases, self.base, &options)
    }

    fn create(
        &self,
        left: &Pool,
        tree: TreeId,
        options: &SandboxOptions<'_>,
    ) -> Result<Laid, HostError> {
        let sandbox = left.sandbox(self.workspace, tree, options)?;
        tracing::debug!(%tree, path = %sandbox.path().display(), "laid out a sandbox");
        Ok(sandbox)
    }

    /// Says that a hook is given more than it will want to wait for.
    fn advise_inputs(&self, hook: &Hook, tree: TreeId) -> Result<(), HostError> {
        let bytes = self.context.repo.objects().tree_summary(tree)?.bytes;
        if bytes > MUCH {
            let (name, size) = (&hook.id, bytes / (1 << 30));
            self.context.progress.notice(&format!(
                "hook `{name}` names no inputs, so all {size} GiB are laid out for it: name what it reads under `inputs`"
            ));
        }
        Ok(())
    }

    fn open(&self) -> MutexGuard<'_, Vec<Open>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn row(&self, record: &RunRecord) -> Result<RunRow, HostError> {
        let owner = (!record.status.is_final()).then(|| self.owner.clone());
        Ok(self.ledger.row(record, owner)?)
    }
}

impl Host for RepoHost<'_> {
    fn slots(&self, hooks: &[&Hook]) -> Result<Vec<Slot>, HostError> {
        let layout = self.context.repo.layout();
        create_dirs(&layout.runs())?;
        let place = |connection: &_, hook: &Hook| match self.ledger.of_hook(hook) {
            Some(known) => Ok(known),
            None => Ok((journal::next_run_id(connection)?, 1, None)),
        };
        let reserve = |connection: &_| {
            hooks.iter().map(|hook| place(connection, hook)).collect::<Result<Vec<_>, RepoError>>()
        };
        let places = self.context.repo.transact(reserve)?.into_iter();
        let slots = places.map(|(run_id, attempt, done)| {
            let file = format!("{run_id}.log.zst");
            let log = layout.runs().join(&file);
            Slot { log, log_name: format!(".mlv/runs/{file}"), run_id, attempt, done }
        });
        Ok(slots.collect())
    }

    fn journal(&self, records: &[RunRecord]) -> Result<(), HostError> {
        let rows: Vec<RunRow> =
            records.iter().map(|record| self.row(record)).collect::<Result<_, _>>()?;
        let write =
            |connection: &_| rows.iter().try_for_each(|row| Ok(journal::write(connection, row)?));
        self.context.repo.jot(write)?;
        for row in &rows {
            let (hook, status, event) = (&row.hook, &row.status, &row.event);
            tracing::debug!(%hook, %status, %event, "wrote into the journal");
        }
        Ok(())
    }

    fn turn(&self, group: &str) -> Result<Option<Turn>, HostError> {
        // A group may have any name; files may not.
        let name = format!("group-{}.lock", &Hash::of(group.as_bytes()).to_hex()[..32]);
        let path = self.context.repo.layout().runs().join(name);
        match FileLock::acquire(&path, LockKind::Exclusive, Duration::ZERO) {
            Ok(turn) => Ok(Some(turn)),
            Err(LockError::Held { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn recall(&self, hook: &Hook, tree: TreeId) -> Result<Option<Recalled>, HostError> {
        let hit = self.cache.recall(hook, tree)?;
        Ok(hit.map(|Hit { status, message, metrics, edits }| Recalled {
            status,
            message: Some(message),
            metrics,
            edits,
        }))
    }

    fn prepare(&self, hook: &Hook, run_id: &str, tree: TreeId) -> Result<Sandbox, HostError> {
        let laid = self.lay_out(hook, tree)?;
        let asks = self.cache.asks_for_base(hook, tree)?;
        let base = asks.then(|| self.lay_out_base()).transpose()?;
        let parent = self.workspace.temporary_dir();
        let scratch = tempfile::Builder::new()
            .prefix(&format!("hook-{run_id}-"))
            .tempdir_in(&parent)
            .context("create a directory in", &parent)?;
        let sandbox = Sandbox {
            dir: laid.path().to_owned(),
            scratch: scratch.path().to_owned(),
            base_dir: base.as_ref().map(|base| base.path().to_owned()),
            way: self.way(hook, tree)?,
        };
        self.open().push(Open { laid: Arc::new(laid), base, _scratch: scratch });
        Ok(sandbox)
    }

    fn collect(&self, hook: &Hook, sandbox: &Sandbox) -> Result<Collected, HostError> {
        let nothing = |remark| Ok(Collected::Taken { edits: Vec::new(), remark });
        let laid = self
            .open()
            .iter()
            .map(|open| &open.laid)
            .find(|laid| laid.path() == sandbox.dir)
            .cloned();
        let Some(laid) = laid else { return nothing(None) };
        let is_output = |path: &RepoPath| hook.outputs.matches_path(path);
        let collected = match self.workspace.collect(&laid, &is_output, &NoProgress) {
            Ok(collected) => collected,
            Err(WorkspaceError::SandboxGone { .. }) if hook.outputs.is_empty() => {
                return nothing(Some("it removed its sandbox".to_owned()));
            }
            Err(WorkspaceError::SandboxGone { .. }) => {
                let reason = "it removed its sandbox, and its outputs with it".to_owned();
                return Ok(Collected::Spoilt { reason });
            }
            Err(error) => return Err(error.into()),
        };
        if let Some(notice) = collected.notices.iter().find(|notice| notice.is_failure()) {
            return Ok(Collected::Spoilt {
                reason: format!("an output cannot be taken: {notice}"),
            });
        }
        let remark = discarded(&collected.discarded);
        Ok(Collected::Taken { edits: collected.edits, remark })
    }

    fn remember(
        &self,
        hook: &Hook,
        tree: TreeId,
        record: &RunRecord,
        edits: &[TreeEdit],
    ) -> Result<(), HostError> {
        Ok(self.cache.remember(hook, tree, record, edits)?)
    }

    fn tree_with(&self, tree: TreeId, edits: &[TreeEdit]) -> Result<TreeId, HostError> {
        let tree = self.context.repo.objects().edit_tree(tree, edits.to_vec())?;
        self.context.repo.store().flush(Durability::Visible)?;
        Ok(tree)
    }

    fn release(&self, sandbox: Sandbox) {
        let mut open = self.open();
        let at = open.iter().position(|open| open.laid.path() == sandbox.dir);
        let released = at.map(|at| open.swap_remove(at));
        // To remove its files takes a while: others do not wait for that.
        drop(open);
        let Some(Open { laid, base, .. }) = released else { return };
        if let Ok(laid) = Arc::try_unwrap(laid) {
            self.left.give_back(laid);
        }
        if let Some(base) = base {
            self.left_bases.give_back(base);
        }
    }
}

/// Tells whether a hook is an action that mlv carries out on the tree itself.
fn reads_tree(hook: &Hook) -> bool {
    matches!(&hook.work, Work::Uses { action, .. } if action.reads_tree)
}

/// Says what a hook wrote in vain.
fn discarded(paths: &[RepoPath]) -> Option<String> {
    match paths {
        [] => None,
        [only] => Some(format!("`{only}`, not among its outputs, was discarded")),
        [first, rest @ ..] => Some(format!(
            "`{first}` and {} more, not among its outputs, were discarded",
            rest.len()
        )),
    }
}
