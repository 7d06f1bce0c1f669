//! What a check found.

use crate::base::{CommitId, Hash, RepoPath};

/// What a check found. The lists are cut at a limit; the counts are whole.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct FsckReport {
    pub ok: bool,
    pub packs: u64,
    pub bytes: u64,
    pub commits: u64,
    /// The objects that something needs.
    pub objects: u64,
    /// Files under `.mlv/` that are not as they were written.
    pub problems: Vec<Problem>,
    pub problem_count: u64,
    /// Damaged copies of what the store has sound elsewhere; `gc` removes them.
    pub superseded: Vec<Problem>,
    pub superseded_count: u64,
    /// Objects that something needs and that no copy is left of.
    pub lost: Vec<Lost>,
    pub lost_count: u64,
    /// Files that lie elsewhere and are only referred to: they are not looked at.
    pub references: u64,
    /// Objects that something needs, and that only a remote has: they are fetched when they are read.
    pub promised: u64,
    /// Nodes of trees that are whole, but cut where `mlv` cuts none: the same files have another id.
    pub irregular: Vec<IrregularTree>,
    pub irregular_count: u64,
    /// Parts of the index that were damaged, and are made anew from the packs.
    pub index_rebuilt: u64,
}

/// A damaged file under `.mlv/`.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Problem {
    /// Relative to the root.
    pub file: String,
    pub reason: String,
}

/// An object that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Lost {
    pub kind: String,
    pub id: Hash,
    pub reason: String,
    /// Where it is first needed, as far as that was looked for.
    pub needed_by: Vec<Need>,
    pub need_count: u64,
}

/// A node of a tree that no `mlv` made, and the first that was found to need it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct IrregularTree {
    pub id: Hash,
    pub reason: String,
    #[serde(flatten)]
    pub needed_by: Need,
}

/// What needs an object: a path of a commit, a commit as a whole, or what a ref holds.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Need {
    pub commit: Option<CommitId>,
    #[serde(rename = "ref")]
    pub name: Option<String>,
    pub path: Option<RepoPath>,
}
