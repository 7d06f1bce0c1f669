//! Verdicts on their way into `refs/verdicts`.

use crate::base::{CacheKey, CommitId, Hash, Timestamp, TreeId};
use crate::hook::event::Event;
use crate::hook::output::Metrics;
use crate::hook::runner::{RunRecord, Status};
use crate::hook::spec::{Hook, HookId};
use crate::object::{Entry, TreeEdit, TreeValue};
use crate::ops::hooks::verdict::file::{CodeState, SCHEMA, Verdict, metrics_of};
use crate::ops::{Context, OpsError};
use crate::repo::Judged;

/// What a hook found.
#[derive(Debug, Clone)]
pub struct Reached {
    pub tree: TreeId,
    pub hook: HookId,
    pub definition: Hash,
    /// What it depended on; nothing where it has not run yet.
    pub key: Option<CacheKey>,
    pub status: Status,
    /// Nothing for a run by a worker of a remote.
    pub event: Option<Event>,
    pub branch: Option<String>,
    pub metrics: Metrics,
    pub run_id: String,
    pub commit: Option<CommitId>,
    pub code: Option<CodeState>,
    pub time: String,
    /// The last second, since 1970, at which it holds; nothing where it always does.
    pub valid_until: Option<i64>,
    /// Whether it is that of an earlier run.
    pub is_reused: bool,
}

/// What the hooks of a plan found, not yet written.
#[derive(Debug, Clone, Default)]
#[must_use = "what hooks found is written down with the deed, or without it"]
pub struct Verdicts(Vec<Reached>);

impl Extend<Reached> for Verdicts {
    fn extend<T: IntoIterator<Item = Reached>>(&mut self, found: T) {
        self.0.extend(found);
    }
}

impl IntoIterator for Verdicts {
    type Item = Reached;
    type IntoIter = std::vec::IntoIter<Reached>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl Verdicts {
    pub fn iter(&self) -> impl Iterator<Item = &Reached> {
        self.0.iter()
    }

    /// Makes the files, to be written in the transaction that moves a ref to this commit.
    pub fn judged(&self, context: &Context, commit: Option<CommitId>) -> Result<Judged, OpsError> {
        let objects = context.repo.objects();
        let mut files = Vec::with_capacity(self.0.len());
        for reached in &self.0 {
            let named = if reached.is_reused { reached.commit } else { reached.commit.or(commit) };
            let verdict = reached.verdict(named);
            let bytes = verdict.to_json();
            let Some(path) = verdict.path(&bytes) else { continue };
            let entry = Entry::File { file: objects.ingest_bytes(&bytes)?, executable: false };
            files.push(TreeEdit { path, value: TreeValue::Set(entry) });
        }
        let new = self.0.iter().filter(|reached| !reached.is_reused);
        let runs = new.map(|reached| reached.run_id.clone()).collect();
        Ok(Judged { files, runs: commit.map(|commit| (commit, runs)) })
    }

    /// Writes them down where no ref moves.
    pub fn record(&self, context: &Context) -> Result<(), OpsError> {
        let judged = self.judged(context, None)?;
        Ok(context.repo.with_verdicts(&judged.files, |_| Ok(()))?)
    }
}

impl Reached {
    /// Returns what stands in for the verdict of a run that waits.
    pub fn waiting(hook: &Hook, record: &RunRecord, tree: TreeId) -> Self {
        Self {
            tree,
            hook: hook.id.clone(),
            definition: hook.definition_hash(),
            key: None,
            status: record.status,
            event: Some(record.event),
            branch: record.branch.clone(),
            metrics: Metrics::default(),
            run_id: record.run_id.clone(),
            commit: record.commit,
            code: None,
            time: Timestamp::now().to_string(),
            valid_until: None,
            is_reused: false,
        }
    }

    fn verdict(&self, commit: Option<CommitId>) -> Verdict {
        Verdict {
            schema: SCHEMA,
            tree: self.tree.to_hex(),
            hook: self.hook.to_string(),
            definition: self.definition.to_hex(),
            key: self.key.map(CacheKey::to_hex),
            verdict: self.status.name().to_owned(),
            event: self.event.map(|event| event.name().to_owned()),
            branch: self.branch.clone(),
            metrics: metrics_of(&self.metrics),
            run_id: self.run_id.clone(),
            commit: commit.map(CommitId::to_hex),
            code: self.code.clone(),
            time: self.time.clone(),
            valid_until: self.valid_until.map(|end| Timestamp::from_seconds(end).to_string()),
        }
    }
}
