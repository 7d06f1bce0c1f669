//! What remains of the run of a hook: a row of the journal, and the `run` object of every `--json`.

use serde::{Deserialize, Serialize};
use serde_json::Value;

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
    /// The last second, since 1970, at which it would have ended so.
    pub valid_until: Option<i64>,
    /// The tree it saw with what it made, where a commit of that is to follow.
    pub outputs: Option<TreeId>,
    /// The commit that followed with what it made.
    pub followed_by: Option<FollowedBy>,
}

/// The commit of what a hook made after a deed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FollowedBy {
    pub branch: String,
    pub commit: CommitId,
}

impl RunRecord {
    /// Reads what the journal keeps of a run; nothing where this version cannot read it.
    pub fn read(record: &str, detail: Option<&str>) -> Option<Self> {
        let fields: Value = serde_json::from_str(record).ok()?;
        let text = |name: &str| fields[name].as_str();
        let owned = |name: &str| text(name).map(str::to_owned);
        let metrics = fields["metrics"].as_object().into_iter().flatten();
        let metric = |(name, value): (&String, &Value)| Some((name.clone(), value.as_f64()?));
        Some(Self {
            run_id: owned("run_id")?,
            event: Event::known(text("event")?)?,
            hook: HookId::new(text("hook")?).ok()?,
            status: Status::parse(text("status")?)?,
            branch: owned("branch"),
            commit: text("commit").and_then(|id| id.parse().ok()),
            tree: text("tree").and_then(|id| id.parse().ok()),
            started: text("started").and_then(|time| time.parse().ok()),
            finished: text("finished").and_then(|time| time.parse().ok()),
            attempt: fields["attempt"].as_u64().and_then(|n| u32::try_from(n).ok())?,
            exit_code: fields["exit_code"].as_i64().and_then(|code| i32::try_from(code).ok()),
            cached: fields["cached"].as_bool().unwrap_or_default(),
            log: owned("log"),
            message: owned("message"),
            metrics: Metrics(metrics.filter_map(metric).collect()),
            detail: detail.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default(),
        })
    }

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_of_a_run_is_read_back() {
        let time = Timestamp::from_seconds(1_800_000_000);
        let told = EventContext::new(Event::PostMerge, "/r".into(), time);
        let commit = CommitId(crate::base::Hash([7; 32]));
        let record = RunRecord {
            status: Status::Warned,
            branch: Some("main".to_owned()),
            started: Some(time),
            attempt: 3,
            exit_code: Some(-1),
            metrics: Metrics(vec![("auc".to_owned(), 0.5)]),
            detail: RunDetail {
                tail: vec!["last".to_owned()],
                outputs: Some(TreeId(crate::base::Hash([3; 32]))),
                followed_by: Some(FollowedBy { branch: "auto/h".to_owned(), commit }),
                ..RunDetail::default()
            },
            ..RunRecord::queued("r-000001".to_owned(), &HookId::new("h").unwrap(), &told)
        };
        let json = serde_json::to_string(&record).unwrap();
        let detail = serde_json::to_string(&record.detail).unwrap();
        assert_eq!(RunRecord::read(&json, Some(&detail)), Some(record));
        for garbage in ["", "[]", "{}", &json.replace("post-merge", "post-what")] {
            assert_eq!(RunRecord::read(garbage, None), None);
        }
    }
}
