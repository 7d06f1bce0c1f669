//! What differs in one path: sizes and hashes, lines, or how many chunks are shared.

use std::collections::HashSet;

use crate::base::{Hash, RepoPath};
use crate::diff::text::{TextDiff, count_lines, diff_texts, is_text};
use crate::object::{Entry, FileRef};
use crate::ops::diff::FileChange;
use crate::ops::{Context, OpsError};

/// Texts up to this many bytes are compared by lines.
const TEXT_LIMIT: u64 = 1 << 20;

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
    /// Of the bytes; absent where they lie elsewhere and were never read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hash: Option<Hash>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub executable: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub symlink: bool,
    /// Where the bytes lie, for a file that is only referred to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

impl Side {
    fn of(entry: &Entry) -> Self {
        Self {
            size: entry.size(),
            hash: entry.hash_of_bytes(),
            executable: matches!(entry, Entry::File { executable: true, .. }),
            symlink: matches!(entry, Entry::Symlink { .. }),
            url: entry.as_reference().map(|reference| reference.url.clone()),
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

/// A changed path, described.
#[derive(Debug, Clone, serde::Serialize)]
pub struct DiffChange {
    pub path: RepoPath,
    pub change: &'static str,
    /// Where the content was before, for a rename.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<RepoPath>,
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

impl FileChange {
    /// Returns the word for the change.
    pub fn word(&self) -> &'static str {
        match (&self.old, &self.new) {
            _ if self.from.is_some() => "renamed",
            (None, _) => "added",
            (_, None) => "deleted",
            (Some(old), Some(new)) if old.same_type(new) => "modified",
            _ => "typechange",
        }
    }

    /// Returns the change as a removal and an addition.
    pub fn halves(&self) -> [Self; 2] {
        [Self { new: None, unstored: false, ..self.clone() }, Self { old: None, ..self.clone() }]
    }
}

/// Describes one change as far as `detail` asks.
pub fn describe(
    context: &Context,
    change: &FileChange,
    detail: Detail,
) -> Result<DiffChange, OpsError> {
    let mut described = DiffChange {
        path: change.path.clone(),
        change: change.word(),
        from: change.from.clone(),
        old: change.old.as_ref().map(Side::of),
        new: change.new.as_ref().map(Side::of),
        lines_added: None,
        lines_removed: None,
        reuse: None,
        text: None,
    };
    if detail == Detail::Names || change.from.is_some() {
        return Ok(described);
    }
    match texts(context, change)? {
        Some((old, new)) => {
            let text = (detail == Detail::Lines).then(|| diff_texts(&old, &new));
            let counts = text.as_ref().map_or_else(|| count_lines(&old, &new), |text| text.counts);
            described.lines_added = Some(counts.added);
            described.lines_removed = Some(counts.removed);
            described.text = text;
        }
        None if !change.unstored => described.reuse = reuse(context, change)?,
        None => {}
    }
    Ok(described)
}

/// Brings what will be compared by lines, for all changes at once, where it is not here.
pub fn fetch_texts(context: &Context, changes: &[FileChange]) -> Result<(), OpsError> {
    let is_compared = |change: &&FileChange| change.from.is_none() && fits(change);
    let sides = changes.iter().filter(is_compared).flat_map(|change| {
        let new = change.new.as_ref().filter(|_| !change.unstored);
        change.old.iter().chain(new).map(move |entry| (&change.path, entry))
    });
    Ok(context.repo.objects().prefetch(sides)?)
}

fn fits(change: &FileChange) -> bool {
    let mut sides = change.old.iter().chain(&change.new);
    sides.all(|entry| entry.size() <= TEXT_LIMIT)
}

/// The old text and the new.
type Texts = (Vec<u8>, Vec<u8>);

/// Returns both sides where both can be compared by lines; an absent side is empty.
fn texts(context: &Context, change: &FileChange) -> Result<Option<Texts>, OpsError> {
    if !fits(change) {
        return Ok(None);
    }
    let Some(old) = stored_text(context, change.old.as_ref())? else { return Ok(None) };
    let new = match &change.new {
        Some(entry) if change.unstored => {
            context.workspace()?.read_bytes(&change.path, entry, TEXT_LIMIT)?
        }
        entry => stored_text(context, entry.as_ref())?,
    };
    Ok(new.filter(|new| is_text(new, TEXT_LIMIT)).map(|new| (old, new)))
}

fn stored_text(context: &Context, entry: Option<&Entry>) -> Result<Option<Vec<u8>>, OpsError> {
    let bytes = match entry {
        None => Vec::new(),
        Some(Entry::Reference(_)) => return Ok(None),
        Some(Entry::Symlink { target }) => target.clone(),
        Some(Entry::File { file, .. }) => context.repo.objects().read_file(file, TEXT_LIMIT)?,
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
fn reuse(context: &Context, change: &FileChange) -> Result<Option<Reuse>, OpsError> {
    let (old, new) = (file_of(change.old.as_ref()), file_of(change.new.as_ref()));
    let (Some(old), Some(new)) = (old, new) else { return Ok(None) };
    let objects = context.repo.objects();
    let mut known = HashSet::new();
    for span in objects.chunk_spans(&old) {
        known.insert(span?.hash);
    }
    let mut reuse = Reuse { chunks: 0, reused_chunks: 0, new_bytes: 0 };
    for span in objects.chunk_spans(&new) {
        let span = span?;
        reuse.chunks += 1;
        if known.contains(&span.hash) {
            reuse.reused_chunks += 1;
        } else {
            reuse.new_bytes += span.len;
        }
    }
    Ok(Some(reuse))
}
