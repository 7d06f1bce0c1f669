//! What the runner asks of the house around it, and what it tells whoever looks on.

use std::path::PathBuf;
use std::time::Duration;

use crate::base::TreeId;
use crate::hook::event::Event;
use crate::hook::output::Annotation;
use crate::hook::plan::SkipReason;
use crate::hook::runner::record::RunRecord;
use crate::hook::spec::{Hook, HookId};

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
}

/// Where a hook runs.
#[derive(Debug, Clone)]
pub struct Sandbox {
    /// Holds the candidate tree, as far as the hook's inputs name it.
    pub dir: PathBuf,
    /// An empty directory outside of `dir`, for the files that pass between mlv and the hook.
    pub scratch: PathBuf,
    /// The tree that `dir` shows.
    pub tree: Option<TreeId>,
    /// The target's tree, where the hook mentions `MLV_BASE_DIR`.
    pub base_dir: Option<PathBuf>,
}

/// What came of taking in what a hook made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Collected {
    /// Everything was taken; the remark is for the record, as on writes that were discarded.
    Taken { remark: Option<String> },
    /// The hook left nothing that could be taken: it has failed.
    Spoilt { reason: String },
}

/// Gives run ids, sandboxes and a journal, and takes in what hooks make.
///
/// For each hook, in this order: `slot`, `journal` (queued); then `prepare`, `journal` (running),
/// the process, `collect` where it passed, `journal` (final) and `release`.
pub trait Host {
    /// Returns a new run id, unique in the repository, and where its log goes.
    fn slot(&mut self, hook: &Hook) -> Result<Slot, HostError>;

    /// Writes the record durably, in place of an earlier one with its run id.
    fn journal(&mut self, record: &RunRecord) -> Result<(), HostError>;

    /// Materialises the candidate tree as it is now.
    fn prepare(&mut self, hook: &Hook, run_id: &str) -> Result<Sandbox, HostError>;

    /// Takes what the hook's `outputs` name into the candidate, so that later hooks see it.
    fn collect(&mut self, hook: &Hook, sandbox: &Sandbox) -> Result<Collected, HostError>;

    /// Clears the sandbox away, however the hook ended.
    fn release(&mut self, sandbox: Sandbox);
}

/// What happens while a plan is carried out.
#[derive(Debug, Clone)]
pub enum RunEvent {
    /// Some hooks of an event are about to run.
    Begun {
        event: Event,
        /// The tag it is about, or the branch.
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
    Finished {
        record: Box<RunRecord>,
        duration: Duration,
        /// The last lines the hook wrote.
        tail: Vec<String>,
        annotations: Vec<Annotation>,
    },
}
