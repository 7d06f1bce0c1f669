//! Whether a file on the disk is what a tree says, decided without reading it where that can be.

use crate::object::Entry;
use crate::workspace::cache::CachedFile;
use crate::workspace::disk::{FileKind, Stat};
use crate::workspace::status::ChangeKind;

/// What can be said of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::workspace) enum Verdict {
    Same,
    Differs(ChangeKind),
    /// It has to be read.
    Unsure,
}

/// Compares what a tree holds with the facts of the file on the disk.
pub(in crate::workspace) fn compare(
    entry: &Entry,
    stat: &Stat,
    cached: Option<&CachedFile>,
) -> Verdict {
    if !entry.is_on_disk() {
        return Verdict::Differs(ChangeKind::TypeChange);
    }
    let is_link = stat.kind() == FileKind::Symlink;
    if is_link != matches!(entry, Entry::Symlink { .. }) {
        return Verdict::Differs(ChangeKind::TypeChange);
    }
    if let Some(cached) = cached.filter(|cached| cached.proves(stat)) {
        return of(same_bytes(&cached.entry, entry));
    }
    match entry {
        Entry::File { file, executable }
            if file.size != stat.size || *executable != stat.is_executable() =>
        {
            of(false)
        }
        _ => Verdict::Unsure,
    }
}

/// Tells whether two entries put the same on the disk.
pub(in crate::workspace) fn same_bytes(a: &Entry, b: &Entry) -> bool {
    match (a, b) {
        (
            Entry::File { file: a, executable: a_runs },
            Entry::File { file: b, executable: b_runs },
        ) => (a.size, a.content, a_runs) == (b.size, b.content, b_runs),
        _ => a == b,
    }
}

fn of(same: bool) -> Verdict {
    if same { Verdict::Same } else { Verdict::Differs(ChangeKind::Modified) }
}
