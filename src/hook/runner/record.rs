//! What remains of the run of a hook: a row of the journal, and the `run` object of every `--json`.

use serde::{Deserialize, Serialize};

use crate::base::{CommitId, Timestamp, TreeId};
use crate::hook::context::EventContext;
use crate::hook::event::Event;
use crate::hook::output::{Annotation, Metrics};
use crate::hook::spec::HookId;

/// How far a run is, or how it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    Queued,
    Running,
    Passed,
    /// Passed, with something to say: warnings, or an answer that could not be read.
    Warned,
    Failed,
    Skipped,
    Cancelled,
}

impl Status {
    pub const ALL: [Self; 7] = [
        Self::Queued,
        Self::Running,
        Self::Passed,
        Self::Warned,
        Self::Failed,
        Self::Skipped,
        Self::Cancelled,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Passed => "passed",
            Self::Warned => "warned",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
            Self::Cancelled => "cancelled",
        }
    }

    /// Returns the status of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }

    /// Tells whether the hook let the deed pass.
    pub fn is_good(self) -> bool {
        matches!(self, Self::Passed | Self::Warned)
    }

    /// Tells whether nothing more will happen.
    pub fn is_final(self) -> bool {
        !matches!(self, Self::Queued | Self::Running)
    }
}

/// One run of one hook.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunRecord {
    pub run_id: String,
    pub event: Event,
    pub hook: HookId,
    pub status: Status,
    pub branch: Option<String>,
    pub commit: Option<CommitId>,
    /// The tree it judged: the candidate with what earlier hooks put into it.
    pub tree: Option<TreeId>,
    pub started: Option<Timestamp>,
    pub finished: Option<Timestamp>,
    pub attempt: u32,
    pub exit_code: Option<i32>,
    pub cached: bool,
    /// Where the log lies; absent where nothing was run.
    pub log: Option<String>,
    pub message: Option<String>,
    pub metrics: Metrics,
    /// What the journal keeps beside the record.
    #[serde(skip)]
    pub detail: RunDetail,
}

/// What a run remarked and how long it took, once it is over.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct RunDetail {
    pub duration_ms: Option<u64>,
    pub annotations: Vec<Annotation>,
    /// The last lines it wrote.
    pub tail: Vec<String>,
}

impl RunRecord {
    /// Returns the record of a hook that waits for its turn.
    pub fn queued(run_id: String, hook: &HookId, context: &EventContext) -> Self {
        Self {
            run_id,
            event: context.event,
            hook: hook.clone(),
            status: Status::Queued,
            branch: context.branch.clone(),
            commit: context.commit,
            tree: context.tree,
            started: None,
            finished: None,
            attempt: 1,
            exit_code: None,
            cached: false,
            log: None,
            message: None,
            metrics: Metrics::default(),
            detail: RunDetail::default(),
        }
    }
}
