//! The values of a checkout.

use crate::base::{RepoPath, TreeId};
use crate::object::{Entry, TreeEdit, TreeValue};
use crate::workspace::cache::NewRow;
use crate::workspace::disk::{FileKind, Stat};

/// What to do about work that no tree holds.
#[derive(Clone, Copy)]
pub enum Policy<'a> {
    /// Only what differs between the trees is touched; work in the way blocks the checkout.
    Keep,
    /// The paths that are wanted are made to hold the tree; work in the way is saved first.
    Force { wanted: &'a dyn Fn(&RepoPath) -> bool },
}

impl std::fmt::Debug for Policy<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Keep => "Keep",
            Self::Force { .. } => "Force",
        })
    }
}

/// Why a path keeps a checkout from happening.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BlockReason {
    /// A tracked file has changes of its own.
    Modified,
    /// A file that nobody tracks, perhaps an ignored one, is where a file must go.
    Untracked,
    /// A socket, pipe or device is where a file must go.
    Special,
    /// It cannot be read, so it cannot be told whether it has changes.
    Unreadable(String),
    /// A repository of its own is where a file must go.
    NestedRepository,
}

/// A path that is in the way.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Blocked {
    pub path: RepoPath,
    pub reason: BlockReason,
}

/// A file as it is on the disk, and what it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    pub stat: Stat,
    pub entry: Entry,
}

/// One path to be changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub path: RepoPath,
    /// What is there now; nothing where there is no file.
    pub old: Option<Held>,
    /// What shall be there; nothing where no file shall be. Millions of steps may have nothing, so it
    /// takes no room here.
    pub new: Option<Box<Entry>>,
    /// Whether the file may be written to where it is, so that a crash can leave it between both.
    pub in_place: bool,
}

/// What a checkout will do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckoutPlan {
    pub from: TreeId,
    pub to: TreeId,
    /// What changes, in the order of paths.
    pub steps: Vec<Step>,
    /// What is in the way; then nothing is done at all.
    pub blocked: Vec<Blocked>,
    /// Work that is overwritten and has to be saved: paths of `steps`.
    pub unsaved: Vec<RepoPath>,
    /// Files that hold what they should already.
    pub(super) right: Vec<NewRow>,
    /// Paths that neither are as `from` says nor have work to be saved: files that somebody removed,
    /// and those that hold what they should by other means.
    pub(super) strayed: Vec<TreeEdit>,
}

impl CheckoutPlan {
    /// Returns the edits that turn `from` into what the files of this plan hold before it.
    pub(super) fn before(&self) -> Vec<TreeEdit> {
        self.strayed.iter().cloned().chain(self.saved()).collect()
    }

    /// Returns the edits that turn `from` into a tree that also holds the work to be overwritten.
    pub(super) fn saved(&self) -> Vec<TreeEdit> {
        let edit = |path: &RepoPath| {
            let index = self.steps.binary_search_by(|step| step.path.cmp(path)).ok()?;
            let entry = self.steps[index].old.clone()?.entry;
            let value = TreeValue::Set(entry);
            Some(TreeEdit { path: path.clone(), value })
        };
        self.unsaved.iter().filter_map(edit).collect()
    }
}

impl BlockReason {
    pub(super) fn of_kind(kind: FileKind) -> Self {
        if kind.is_storable() { Self::Untracked } else { Self::Special }
    }
}
