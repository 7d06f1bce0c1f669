//! What differs: between commits, the staged tree and the working copy.

use crate::base::{Hash, RepoPath, TreeId};
use crate::diff::text::{TextDiff, diff_texts, is_text};
use crate::diff::tree::{TreeChange, tree_changes};
use crate::object::{Entry, FileRef, ObjectDb};
use crate::ops::{Context, OpsError};

/// Texts up to this many bytes are compared by lines.
pub const TEXT_LIMIT: u64 = 1 << 20;

/// How much of a changed path is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Detail {
    /// Names, sizes and hashes.
    Names,
    /// Also how many lines or chunks changed.
    Counts,
    /// Also the lines.
    Lines,
}

/// One side of a change.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Side {
    pub size: u64,
    pub hash: Hash,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub executable: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub symlink: bool,
}

impl Side {
    fn of(entry: &Entry) -> Self {
        Self {
            size: entry.size(),
            hash: entry.content(),
            executable: matches!(entry, Entry::File { executable: true, .. }),
            symlink: matches!(entry, Entry::Symlink { .. }),
        }
    }
}

/// How a file's bytes are shared between its two versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Reuse {
    /// Chunks of the new version.
    pub chunks: u64,
    /// Those of them that the old version has too.
    pub reused_chunks: u64,
    /// Bytes of the new version in chunks that the old one lacks.
    pub new_bytes: u64,
}

/// A changed path.
#[derive(Debug, Clone, serde::Serialize)]
pub struct DiffChange {
    pub path: RepoPath,
    pub change: &'static str,
    pub old: Option<Side>,
    pub new: Option<Side>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lines_added: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lines_removed: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reuse: Option<Reuse>,
    #[serde(skip)]
    pub text: Option<TextDiff>,
}

/// What differs between two trees.
#[derive(Debug, Clone, serde::Serialize)]
pub struct DiffReport {
    pub from: String,
    pub to: String,
    pub changes: Vec<DiffChange>,
}

/// Returns the word for a change.
pub fn change_word(change: &TreeChange) -> &'static str {
    match (&change.old, &change.new) {
        (None, _) => "added",
        (_, None) => "deleted",
        (Some(old), Some(new)) if old.same_type(new) => "modified",
        _ => "typechange",
    }
}

/// Compares two trees, only below `paths` where there are any.
pub fn diff_trees(
    context: &Context,
    from: (&str, TreeId),
    to: (&str, TreeId),
    paths: &[RepoPath],
    detail: Detail,
) -> Result<DiffReport, OpsError> {
    let root = [RepoPath::root()];
    let mut changes = Vec::new();
    for below in if paths.is_empty() { &root[..] } else { paths } {
        for change in tree_changes(context.repo.objects(), from.1, to.1, below) {
            crate::base::interrupt::check()?;
            changes.push(describe(context.repo.objects(), &change?, detail)?);
        }
    }
    changes.sort_by(|a, b| a.path.cmp(&b.path));
    changes.dedup_by(|a, b| a.path == b.path);
    Ok(DiffReport { from: from.0.to_owned(), to: to.0.to_owned(), changes })
}

/// Describes one change as far as `detail` asks.
pub fn describe(
    objects: &ObjectDb,
    change: &TreeChange,
    detail: Detail,
) -> Result<DiffChange, OpsError> {
    let mut described = DiffChange {
        path: change.path.clone(),
        change: change_word(change),
        old: change.old.as_ref().map(Side::of),
        new: change.new.as_ref().map(Side::of),
        lines_added: None,
        lines_removed: None,
        reuse: None,
        text: None,
    };
    if detail == Detail::Names {
        return Ok(described);
    }
    match (text_of(objects, change.old.as_ref())?, text_of(objects, change.new.as_ref())?) {
        (Some(old), Some(new)) => {
            let text = diff_texts(&old, &new);
            described.lines_added = Some(text.counts.added);
            described.lines_removed = Some(text.counts.removed);
            described.text = (detail == Detail::Lines).then_some(text);
        }
        _ => described.reuse = reuse(objects, change)?,
    }
    Ok(described)
}

/// Returns the bytes of a side that can be compared by lines; an absent side is empty.
fn text_of(objects: &ObjectDb, entry: Option<&Entry>) -> Result<Option<Vec<u8>>, OpsError> {
    let bytes = match entry {
        None => Vec::new(),
        Some(Entry::Symlink { target }) => target.clone(),
        Some(Entry::File { file, .. }) if file.size <= TEXT_LIMIT => {
            objects.read_file(file, TEXT_LIMIT)?
        }
        Some(Entry::File { .. }) => return Ok(None),
    };
    Ok(is_text(&bytes, TEXT_LIMIT).then_some(bytes))
}

fn file_of(entry: Option<&Entry>) -> Option<FileRef> {
    match entry {
        Some(Entry::File { file, .. }) => Some(*file),
        _ => None,
    }
}

/// Counts the chunks that the two versions of a file share.
fn reuse(objects: &ObjectDb, change: &TreeChange) -> Result<Option<Reuse>, OpsError> {
    let (old, new) = (file_of(change.old.as_ref()), file_of(change.new.as_ref()));
    let (Some(old), Some(new)) = (old, new) else { return Ok(None) };
    let mut known = std::collections::HashSet::new();
    for span in objects.file_chunks(&old)? {
        known.insert(span.hash);
    }
    let mut reuse = Reuse { chunks: 0, reused_chunks: 0, new_bytes: 0 };
    for span in objects.file_chunks(&new)? {
        reuse.chunks += 1;
        if known.contains(&span.hash) {
            reuse.reused_chunks += 1;
        } else {
            reuse.new_bytes += span.len;
        }
    }
    Ok(Some(reuse))
}
