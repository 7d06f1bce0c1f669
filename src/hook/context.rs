//! What is known about an event when it fires: the facts that every one of its hooks is told.

use std::path::PathBuf;

use crate::base::{CommitId, RepoPath, Timestamp, TreeId};
use crate::hook::event::Event;

/// How a path differs from what was there before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ChangeKind {
    Added,
    Modified,
    Deleted,
    Renamed,
    TypeChange,
}

/// A path that the event changes.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Change {
    pub path: RepoPath,
    pub change: ChangeKind,
}

/// Who made a commit.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Author {
    pub name: String,
    pub email: String,
}

/// The enclosing Git repository: its revision, and whether its files differ from that.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct GitState {
    pub commit: String,
    pub dirty: bool,
}

/// The alias of a model that moves, and where the model lies in the commit.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ToldModel {
    pub name: String,
    pub alias: String,
    pub path: String,
}

/// The environment that gets another release.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ToldDeployment {
    pub env: String,
    pub release_id: String,
    /// `deploy` or `rollback`.
    pub action: String,
    /// The path of the model.
    pub artifact: String,
}

/// The facts of one event; what does not apply is absent.
#[derive(Debug, Clone)]
pub struct EventContext {
    pub event: Event,
    /// The root of the user's repository; hooks themselves start in their sandbox.
    pub root: PathBuf,
    pub branch: Option<String>,
    pub source_branch: Option<String>,
    pub target_branch: Option<String>,
    pub tag: Option<String>,
    /// The remote that commits are sent to, or come from.
    pub remote: Option<String>,
    /// What a trigger found, so that it fired.
    pub cause: Option<serde_json::Value>,
    /// The candidate tree; each hook is told the tree with what earlier ones put into it.
    pub tree: Option<TreeId>,
    /// Absent in every `pre-` event that makes one.
    pub commit: Option<CommitId>,
    pub base_commit: Option<CommitId>,
    pub parents: Vec<CommitId>,
    pub message: Option<String>,
    pub author: Option<Author>,
    pub time: Timestamp,
    pub meta: Vec<(String, String)>,
    pub changes: Vec<Change>,
    pub git: Option<GitState>,
    pub model: Option<ToldModel>,
    pub deployment: Option<ToldDeployment>,
    /// The tree whose `mlv.yaml` counts; hooks are not told.
    pub definitions: Option<TreeId>,
}

impl EventContext {
    /// Returns a context with nothing but its event, root and time.
    pub fn new(event: Event, root: PathBuf, time: Timestamp) -> Self {
        Self {
            event,
            root,
            branch: None,
            source_branch: None,
            target_branch: None,
            tag: None,
            remote: None,
            cause: None,
            tree: None,
            commit: None,
            base_commit: None,
            parents: Vec::new(),
            message: None,
            author: None,
            time,
            meta: Vec::new(),
            changes: Vec::new(),
            git: None,
            model: None,
            deployment: None,
            definitions: None,
        }
    }

    /// Returns the name of what it is about, as people know it.
    pub fn subject(&self) -> Option<String> {
        let model = self.model.as_ref().map(|model| format!("{}@{}", model.name, model.alias));
        let environment = self.deployment.as_ref().map(|deployment| deployment.env.clone());
        self.tag.clone().or(model).or(environment).or_else(|| self.branch.clone())
    }
}
