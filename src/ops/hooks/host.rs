//! What the engine asks of the repository: run ids, the journal, sandboxes of the candidate tree,
//! and outputs taken into it.

use std::path::Path;

use crate::base::fs::{IoContext, create_dirs};
use crate::base::{RepoPath, TreeId};
use crate::hook::context::EventContext;
use crate::hook::runner::{Collected, Host, HostError, RunRecord, Sandbox, Slot};
use crate::hook::spec::{Hook, Work};
use crate::ops::hooks::carry_out::owner;
use crate::ops::{Context, OpsError};
use crate::repo::journal::{self, RunRow};
use crate::store::{ChunkStore, Durability};
use crate::workspace::sandbox::{OverlayFile, Sandbox as Laid, SandboxOptions};
use crate::workspace::{Workspace, WorkspaceError};

/// The variable that names the directory of the target's tree.
const BASE_VARIABLE: &str = "MLV_BASE_DIR";

/// A longer file is data, not a script.
const SCRIPT_LIMIT: u64 = 1 << 20;

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
    code: Vec<OverlayFile>,
    open: Vec<Open>,
}

/// A sandbox in use.
#[derive(Debug)]
struct Open {
    laid: Laid,
    _base: Option<Laid>,
    _scratch: tempfile::TempDir,
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
            Some(git) => {
                let files = git.tracked_files()?;
                files.map(|(path, source)| OverlayFile { path, source }).collect()
            }
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

    fn lay_out(
        &self,
        tree: TreeId,
        wanted: &(dyn Fn(&RepoPath) -> bool + Sync),
        overlay: &[OverlayFile],
    ) -> Result<Laid, HostError> {
        let options = SandboxOptions { wanted, overlay };
        let progress = self.context.progress.as_ref();
        let sandbox = self.workspace.create_sandbox(tree, &options, progress)?;
        tracing::debug!(%tree, path = %sandbox.path().display(), "laid out a sandbox");
        Ok(sandbox)
    }

    /// Returns the candidate with all outputs taken in.
    pub fn tree(&self) -> TreeId {
        self.tree
    }
}

impl Host for RepoHost<'_> {
    fn slot(&mut self, _hook: &Hook) -> Result<Slot, HostError> {
        let run_id =
            self.context.repo.transact(|connection| Ok(journal::next_run_id(connection)?))?;
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
        let wanted = |path: &RepoPath| hook.inputs.is_empty() || hook.inputs.matches_path(path);
        let laid = self.lay_out(self.tree, &wanted, &self.code)?;
        let base = if asks_for_base(hook, laid.path()) {
            Some(self.lay_out(self.base, &|_| true, &[])?)
        } else {
            None
        };
        let parent = self.workspace.temporary_dir();
        let scratch = tempfile::Builder::new()
            .prefix(&format!("hook-{run_id}-"))
            .tempdir_in(&parent)
            .context("create a directory in", &parent)?;
        let sandbox = Sandbox {
            dir: laid.path().to_owned(),
            scratch: scratch.path().to_owned(),
            tree: Some(self.tree),
            base_dir: base.as_ref().map(|base| base.path().to_owned()),
        };
        self.open.push(Open { laid, _base: base, _scratch: scratch });
        Ok(sandbox)
    }

    fn collect(&mut self, hook: &Hook, sandbox: &Sandbox) -> Result<Collected, HostError> {
        let open = self.open.iter().find(|open| open.laid.path() == sandbox.dir);
        let Some(open) = open else { return Ok(Collected::Taken { remark: None }) };
        let amends = self.amends;
        let is_output = |path: &RepoPath| amends && hook.outputs.matches_path(path);
        let progress = self.context.progress.as_ref();
        let collected = match self.workspace.collect(&open.laid, &is_output, progress) {
            Ok(collected) => collected,
            Err(WorkspaceError::SandboxGone { .. }) if !amends || hook.outputs.is_empty() => {
                let remark = Some("it removed its sandbox".to_owned());
                return Ok(Collected::Taken { remark });
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
        if !collected.edits.is_empty() {
            self.tree = self.context.repo.objects().edit_tree(self.tree, collected.edits)?;
            self.context.repo.store().flush(Durability::Visible)?;
        }
        Ok(Collected::Taken { remark: discarded(&collected.discarded) })
    }

    fn release(&mut self, sandbox: Sandbox) {
        self.open.retain(|open| open.laid.path() != sandbox.dir);
    }
}

/// Tells whether the command, or a script that it names, mentions the directory of the target's tree;
/// laying that out costs as much as the sandbox itself.
fn asks_for_base(hook: &Hook, sandbox: &Path) -> bool {
    let Work::Run { command, .. } = &hook.work else {
        return hook.mentions(BASE_VARIABLE);
    };
    let is_edge = |c: char| c.is_whitespace() || "'\"`;|&()<>=".contains(c);
    let below = sandbox.join(hook.workdir.as_path());
    hook.mentions(BASE_VARIABLE)
        || command.split(is_edge).filter(|word| !word.is_empty()).any(|word| {
            let path = below.join(word);
            let small = std::fs::symlink_metadata(&path)
                .is_ok_and(|file| file.is_file() && file.len() <= SCRIPT_LIMIT);
            small && std::fs::read(&path).is_ok_and(|text| contains(&text, BASE_VARIABLE))
        })
}

fn contains(text: &[u8], name: &str) -> bool {
    text.windows(name.len()).any(|window| window == name.as_bytes())
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
