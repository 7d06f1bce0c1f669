//! What the runner asks of the house around it, and what it tells whoever looks on.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use crate::base::TreeId;
use crate::base::lock::FileLock;
use crate::hook::event::Event;
use crate::hook::output::{Annotation, Metrics};
use crate::hook::plan::SkipReason;
use crate::hook::runner::record::{RunRecord, Status};
use crate::hook::spec::{Hook, HookId};
use crate::object::tree::TreeEdit;

/// Any error of a host; it ends the whole plan.
pub type HostError = Box<dyn std::error::Error + Send + Sync>;

/// A place in the journal.
#[derive(Debug, Clone)]
pub struct Slot {
    pub run_id: String,
    /// Where the log goes; its directory exists.
    pub log: PathBuf,
    /// The name of the log in records, relative to the root of the repository.
    pub log_name: String,
    /// The number of its first attempt: 1, or more for a run that is taken up again.
    pub attempt: u32,
    /// How it ended earlier under the same event: it is not run again then.
    pub done: Option<Done>,
}

/// A run that is over, with what it made.
#[derive(Debug, Clone)]
pub struct Done {
    pub record: RunRecord,
    pub edits: Vec<TreeEdit>,
}

/// Where a hook runs.
#[derive(Debug, Clone)]
pub struct Sandbox {
    /// Holds the candidate tree, as far as the hook's inputs name it.
    pub dir: PathBuf,
    /// An empty directory outside of `dir`, for the files that pass between mlv and the hook.
    pub scratch: PathBuf,
    /// The target's tree, where the hook mentions `MLV_BASE_DIR`.
    pub base_dir: Option<PathBuf>,
    /// How an action that reads the tree itself comes to it; empty for all others.
    pub way: Vec<(&'static str, OsString)>,
}

/// What came of taking in what a hook made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Collected {
    /// Everything was taken; the remark is for the record, as on writes that were discarded.
    Taken { edits: Vec<TreeEdit>, remark: Option<String> },
    /// The hook left nothing that could be taken: it has failed.
    Spoilt { reason: String },
}

/// An earlier verdict that stands in for a run, with what the hook made then.
#[derive(Debug, Clone)]
pub struct Recalled {
    /// A good one.
    pub status: Status,
    /// What the record says, the origin of the verdict included.
    pub message: Option<String>,
    pub metrics: Metrics,
    pub edits: Vec<TreeEdit>,
}

/// The right to run as the only hook of a concurrency group; dropping it lets go.
pub type Turn = FileLock;

/// Gives run ids, sandboxes and a journal, remembers verdicts, and edits trees. Hooks that run beside
/// each other ask it from threads of their own.
///
/// For a plan: `slots`, then `journal` (all queued). For each hook: `recall`, from the thread that
/// carries the plan out; `turn` where it has a group; for each attempt `prepare`, `journal` (running),
/// the process, `collect` where it passed, and `release`; at the end `journal` (final), and `remember`
/// where it was run and passed.
pub trait Host: Sync {
    /// Returns, for each hook, its run id, unique in the repository, and where its log goes.
    fn slots(&self, hooks: &[&Hook]) -> Result<Vec<Slot>, HostError>;

    /// Writes records, all or none, in place of earlier ones with their run ids. They survive the
    /// death of the process.
    fn journal(&self, records: &[RunRecord]) -> Result<(), HostError>;

    /// Takes the right to run as the only hook of this group; nothing where another has it.
    fn turn(&self, group: &str) -> Result<Option<Turn>, HostError>;

    /// Returns an earlier verdict of the hook on what it would see of this tree.
    fn recall(&self, hook: &Hook, tree: TreeId) -> Result<Option<Recalled>, HostError>;

    /// Materialises this tree, as far as the hook sees it.
    fn prepare(&self, hook: &Hook, run_id: &str, tree: TreeId) -> Result<Sandbox, HostError>;

    /// Reads what the hook's `outputs` name out of its sandbox.
    fn collect(&self, hook: &Hook, sandbox: &Sandbox) -> Result<Collected, HostError>;

    /// Keeps a good verdict, and what the hook made, for `recall`.
    fn remember(
        &self,
        hook: &Hook,
        tree: TreeId,
        record: &RunRecord,
        edits: &[TreeEdit],
    ) -> Result<(), HostError>;

    /// Returns the tree with the edits, stored so that other processes can read it.
    fn tree_with(&self, tree: TreeId, edits: &[TreeEdit]) -> Result<TreeId, HostError>;

    /// Clears the sandbox away, however the hook ended.
    fn release(&self, sandbox: Sandbox);
}

/// What happens while a plan is carried out.
#[derive(Debug, Clone)]
pub enum RunEvent {
    /// Some hooks of an event are about to run.
    Begun {
        event: Event,
        /// The tag, the alias, the environment or the branch that it is about.
        subject: Option<String>,
    },
    /// The plan leaves this hook out; no record is made of it.
    LeftOut {
        hook: HookId,
        reason: SkipReason,
    },
    Queued {
        run_id: String,
        hook: HookId,
    },
    Started {
        run_id: String,
        hook: HookId,
    },
    /// A line the hook wrote, its secrets hidden.
    Line {
        run_id: String,
        hook: HookId,
        text: String,
    },
    /// An attempt has failed, and there will be another.
    Resting {
        record: Box<RunRecord>,
        wait: Duration,
    },
    Finished {
        record: Box<RunRecord>,
        duration: Duration,
        /// The last lines the hook wrote.
        tail: Vec<String>,
        annotations: Vec<Annotation>,
    },
}
