//! A commit as listings show it.

use std::collections::HashMap;

use crate::base::{CommitId, Timestamp, TreeId};
use crate::object::{CodeRevision, Commit, Signature};
use crate::ops::hooks::{Verdict, VerdictBook};
use crate::ops::{Context, OpsError};

/// A commit in a listing.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct LogEntry {
    pub id: CommitId,
    pub parents: Vec<CommitId>,
    pub author: Signature,
    pub time: Timestamp,
    pub message: String,
    #[serde(serialize_with = "as_map")]
    pub meta: Vec<(String, String)>,
    pub tree: TreeId,
    pub code: Option<CodeRevision>,
    /// Branches and tags that stand here.
    pub refs: Vec<String>,
    /// What hooks found of its tree, by hook, the newest last; looked up where it is asked for.
    pub verdicts: Vec<Verdict>,
}

/// Writes ordered pairs as a JSON object.
fn as_map<S: serde::Serializer>(pairs: &[(String, String)], s: S) -> Result<S::Ok, S::Error> {
    s.collect_map(pairs.iter().map(|(key, value)| (key, value)))
}

impl LogEntry {
    /// Returns a commit as listings show it.
    pub fn new(id: CommitId, commit: Commit, refs: Vec<String>) -> Self {
        Self {
            id,
            parents: commit.parents,
            author: commit.author,
            time: commit.time,
            message: commit.message,
            meta: commit.meta,
            tree: commit.tree,
            code: commit.code,
            refs,
            verdicts: Vec::new(),
        }
    }

    /// Returns the first line of the message.
    pub fn subject(&self) -> &str {
        self.message.lines().next().unwrap_or_default()
    }
}

/// Returns one commit as listings show it.
pub fn entry(context: &Context, id: CommitId) -> Result<LogEntry, OpsError> {
    let commit = context.repo.objects().commit(id)?;
    let refs = names_by_commit(context)?.remove(&id).unwrap_or_default();
    let verdicts = VerdictBook::open(context)?.on(commit.tree)?;
    Ok(LogEntry { verdicts, ..LogEntry::new(id, commit, refs) })
}

/// Returns the short names of the branches and tags on each commit.
pub fn names_by_commit(context: &Context) -> Result<HashMap<CommitId, Vec<String>>, OpsError> {
    let mut names: HashMap<CommitId, Vec<String>> = HashMap::new();
    for (name, value) in context.repo.list("refs/")? {
        if let Some(commit) = value.commit() {
            names.entry(commit).or_default().push(name.short().to_owned());
        }
    }
    Ok(names)
}
