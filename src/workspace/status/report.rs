//! The values of a status.

use crate::base::RepoPath;
use crate::workspace::notice::Notice;

/// How a path differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ChangeKind {
    Added,
    Modified,
    Deleted,
    Renamed,
    /// A file became a link, or the other way round.
    TypeChange,
}

impl ChangeKind {
    /// Returns the word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Modified => "modified",
            Self::Deleted => "deleted",
            Self::Renamed => "renamed",
            Self::TypeChange => "typechange",
        }
    }
}

/// One path that differs.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Change {
    pub path: RepoPath,
    #[serde(rename = "change")]
    pub kind: ChangeKind,
    /// Where the content was before, for a rename.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<RepoPath>,
}

/// A file, or a whole directory, that nobody tracks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Untracked {
    pub path: RepoPath,
    /// Whether it stands for all that lies below it.
    pub is_directory: bool,
}

/// How untracked files are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UntrackedMode {
    /// Every file.
    Files,
    /// A directory of nothing else as one; below it only the first file is looked for.
    #[default]
    Collapsed,
    /// Not at all.
    None,
}

/// What to look at.
#[derive(Clone, Copy)]
pub struct StatusOptions<'a> {
    pub untracked: UntrackedMode,
    /// Whether Git tracks a file: then it is not untracked.
    pub is_git_tracked: &'a (dyn Fn(&RepoPath) -> bool + Sync),
}

impl Default for StatusOptions<'_> {
    fn default() -> Self {
        Self { untracked: UntrackedMode::default(), is_git_tracked: &|_| false }
    }
}

impl std::fmt::Debug for StatusOptions<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StatusOptions").field("untracked", &self.untracked).finish_non_exhaustive()
    }
}

/// What differs; every list in the order of paths.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Status {
    pub staged: Vec<Change>,
    pub unstaged: Vec<Change>,
    pub untracked: Vec<Untracked>,
    pub notices: Vec<Notice>,
}

impl Status {
    /// Tells whether nothing differs and nothing is untracked.
    pub fn is_clean(&self) -> bool {
        self.staged.is_empty() && self.unstaged.is_empty() && self.untracked.is_empty()
    }
}

impl Change {
    pub(super) fn new(path: RepoPath, kind: ChangeKind) -> Self {
        Self { path, kind, from: None }
    }
}
