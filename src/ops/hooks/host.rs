//! What the engine asks of the repository: run ids, the journal, sandboxes of the candidate tree,
//! and outputs taken into it.

use std::path::PathBuf;

use crate::base::fs::create_dirs;
use crate::base::{RepoPath, TreeId};
use crate::hook::context::EventContext;
use crate::hook::runner::{Host, HostError, RunRecord, Sandbox, Slot};
use crate::hook::spec::Hook;
use crate::ops::hooks::around::owner;
use crate::ops::{Context, OpsError};
use crate::repo::journal::{self, RunRow};
use crate::store::{ChunkStore, Durability};
use crate::workspace::{SandboxDir, Workspace};

/// The repository as a host of hooks.
#[derive(Debug)]
pub struct RepoHost<'a> {
    context: &'a Context,
    workspace: &'a Workspace,
    owner: String,
    /// Whether outputs enter the tree: only before the deed is done.
    amends: bool,
    tree: TreeId,
    base: TreeId,
    /// The code that Git tracks, laid over each sandbox.
    code: Vec<(RepoPath, PathBuf)>,
    open: Vec<(PathBuf, Vec<SandboxDir>)>,
}

impl<'a> RepoHost<'a> {
    /// Returns a host whose candidate is `tree`, beside the tree `base` it would replace.
    pub fn new(
        context: &'a Context,
        told: &EventContext,
        tree: TreeId,
        base: TreeId,
    ) -> Result<Self, OpsError> {
        let code = match context.git()? {
            Some(git) => git.tracked_files()?.collect(),
            None => Vec::new(),
        };
        Ok(Self {
            context,
            workspace: context.workspace()?,
            owner: owner(context)?.name.clone(),
            amends: told.event.may_refuse(),
            tree,
            base,
            code,
            open: Vec::new(),
        })
    }

    /// Returns the candidate with all outputs taken in.
    pub fn tree(&self) -> TreeId {
        self.tree
    }
}

impl Host for RepoHost<'_> {
    fn slot(&mut self, _hook: &Hook) -> Result<Slot, HostError> {
        let run_id = self.context.repo.transact(|connection| Ok(journal::next_run_id(connection)?))?;
        let layout = self.context.repo.layout();
        create_dirs(&layout.runs())?;
        let file = format!("{run_id}.log");
        Ok(Slot { log: layout.runs().join(&file), log_name: format!(".mlv/runs/{file}"), run_id })
    }

    fn journal(&mut self, record: &RunRecord) -> Result<(), HostError> {
        let row = RunRow {
            run_id: record.run_id.clone(),
            event: record.event.name().to_owned(),
            hook: record.hook.to_string(),
            status: record.status.name().to_owned(),
            owner: (!record.status.is_final()).then(|| self.owner.clone()),
            record: serde_json::to_string(record)?,
        };
        Ok(self.context.repo.transact(|connection| Ok(journal::write(connection, &row)?))?)
    }

    fn prepare(&mut self, hook: &Hook, run_id: &str) -> Result<Sandbox, HostError> {
        let wanted =
            |path: &RepoPath| hook.inputs.is_empty() || hook.inputs.matches_path(path);
        let sandbox = self.workspace.sandbox(self.tree, &wanted, &self.code)?;
        let mut dirs = vec![sandbox];
        let base_dir = if hook.mentions("MLV_BASE_DIR") {
            let base = self.workspace.sandbox(self.base, &|_| true, &[])?;
            let dir = base.path().to_owned();
            dirs.push(base);
            Some(dir)
        } else {
            None
        };
        let dir = dirs[0].path().to_owned();
        let scratch = dir.with_file_name(format!(
            "{}-{run_id}",
            dir.file_name().unwrap_or_default().to_string_lossy()
        ));
        create_dirs(&scratch)?;
        self.open.push((dir.clone(), dirs));
        Ok(Sandbox { dir, scratch, tree: Some(self.tree), base_dir })
    }

    fn collect(&mut self, hook: &Hook, sandbox: &Sandbox) -> Result<Option<String>, HostError> {
        let open = self.open.iter().find(|(dir, _)| *dir == sandbox.dir);
        let Some((_, dirs)) = open else { return Ok(None) };
        let is_output = |path: &RepoPath| self.amends && hook.outputs.matches_path(path);
        let collected = dirs[0].collect(self.workspace, &is_output)?;
        if !collected.edits.is_empty() {
            self.tree = self.context.repo.objects().edit_tree(self.tree, collected.edits)?;
            self.context.repo.store().flush(Durability::Visible)?;
        }
        Ok(match &collected.discarded[..] {
            [] => None,
            [only] => Some(format!("discarded what it wrote to `{only}`, which is not among its outputs")),
            [first, rest @ ..] => Some(format!(
                "discarded what it wrote to `{first}` and {} more, which are not among its outputs",
                rest.len()
            )),
        })
    }

    fn release(&mut self, sandbox: Sandbox) {
        self.open.retain(|(dir, _)| *dir != sandbox.dir);
        let _ = crate::workspace::remove_all(&sandbox.scratch);
    }
}
