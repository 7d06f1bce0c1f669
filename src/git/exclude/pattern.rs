//! Few gitignore patterns that cover all versioned files and no others.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::RepoPath;
use crate::git::tracked::any_below;

/// From how many files on `*.ext` takes the place of their names.
const ALIKE: usize = 8;

/// Patterns, and what they could not express.
#[derive(Debug, Default)]
pub(super) struct Patterns {
    /// Sorted, each once.
    pub lines: Vec<Vec<u8>>,
    pub inexpressible: Vec<RepoPath>,
}

/// Returns the patterns for a root at `prefix` of the work tree. Both lists are sorted; a versioned
/// file that is also visible is left to Git.
pub(super) fn patterns(
    prefix: &RepoPath,
    versioned: &[RepoPath],
    visible: &[RepoPath],
) -> Patterns {
    let cover = Cover::of(versioned, visible);
    let mut found = Patterns::default();
    let mut lines = BTreeSet::from([line(prefix, b".mlv", "/")]);
    for dir in cover.dirs {
        keep(&mut lines, &mut found.inexpressible, prefix, dir, "/");
    }
    for ((dir, extension), files) in cover.files {
        if files.len() >= ALIKE && is_ours(&dir, extension, visible) {
            lines.extend(alike(prefix, &dir, extension));
        } else {
            for file in files {
                keep(&mut lines, &mut found.inexpressible, prefix, file.clone(), "");
            }
        }
    }
    found.lines = lines.into_iter().collect();
    found.inexpressible.sort_unstable();
    found
}

/// Tells whether the lines of a block cover a file.
pub(super) fn cover(lines: &BTreeSet<&[u8]>, prefix: &RepoPath, path: &RepoPath) -> bool {
    let dirs = std::iter::successors(path.parent(), RepoPath::parent).filter(|dir| !dir.is_root());
    let mut dirs = dirs.map(|dir| line(prefix, dir.as_bytes(), "/"));
    let dir = path.parent().unwrap_or_default();
    lines.contains(line(prefix, path.as_bytes(), "").as_slice())
        || dirs.any(|dir| lines.contains(dir.as_slice()))
        || alike(prefix, &dir, extension_of(path)).is_some_and(|all| lines.contains(&all[..]))
}

fn keep(
    lines: &mut BTreeSet<Vec<u8>>,
    inexpressible: &mut Vec<RepoPath>,
    prefix: &RepoPath,
    path: RepoPath,
    end: &str,
) {
    if is_expressible(prefix.join(&path).as_bytes()) {
        lines.insert(line(prefix, path.as_bytes(), end));
    } else {
        inexpressible.push(path);
    }
}

/// What is to be excluded: whole directories, and files beside visible ones by directory and
/// extension.
#[derive(Debug, Default)]
struct Cover<'p> {
    dirs: Vec<RepoPath>,
    files: BTreeMap<(RepoPath, &'p [u8]), Vec<&'p RepoPath>>,
}

impl<'p> Cover<'p> {
    fn of(versioned: &'p [RepoPath], visible: &[RepoPath]) -> Self {
        let mut cover = Self::default();
        for path in versioned {
            let is_covered = cover.dirs.last().is_some_and(|dir| path.starts_with(dir));
            if is_covered || visible.binary_search(path).is_ok() {
                continue;
            }
            if let Some(dir) = highest_own_dir(path, visible) {
                cover.dirs.push(dir);
            } else {
                let key = (path.parent().unwrap_or_default(), extension_of(path));
                cover.files.entry(key).or_default().push(path);
            }
        }
        cover
    }
}

/// Returns the highest directory above `path` that holds nothing visible. The root is none: a file
/// that appears there is rarely ours.
fn highest_own_dir(path: &RepoPath, visible: &[RepoPath]) -> Option<RepoPath> {
    let mut dirs: Vec<RepoPath> = std::iter::successors(path.parent(), RepoPath::parent)
        .filter(|dir| !dir.is_root())
        .collect();
    dirs.reverse();
    dirs.into_iter().find(|dir| !any_below(visible, dir))
}

/// Returns what follows the last dot of a name, where something precedes it.
fn extension_of(path: &RepoPath) -> &[u8] {
    let name = path.file_name().unwrap_or_default();
    match name.iter().rposition(|byte| *byte == b'.') {
        Some(dot) if dot > 0 => &name[dot + 1..],
        _ => b"",
    }
}

/// Tells whether one pattern can stand for all names right in `dir` with this extension: no visible
/// one has it.
fn is_ours(dir: &RepoPath, extension: &[u8], visible: &[RepoPath]) -> bool {
    if extension.is_empty() || !is_expressible(extension) || !is_expressible(dir.as_bytes()) {
        return false;
    }
    let ending = [b".", extension].concat();
    let first = visible.partition_point(|path| path < dir);
    let inside = visible[first..].iter().take_while(|path| path.starts_with(dir));
    let mut names = inside.filter_map(|path| path.components().nth(dir.components().count()));
    !names.any(|name| name.ends_with(&ending))
}

/// Tells whether a line of an exclude file can hold these bytes.
fn is_expressible(path: &[u8]) -> bool {
    !path.contains(&b'\n') && !path.ends_with(b"\r")
}

fn line(prefix: &RepoPath, path: &[u8], end: &str) -> Vec<u8> {
    let mut line = vec![b'/'];
    if !prefix.is_root() {
        escape(prefix.as_bytes(), &mut line);
        line.push(b'/');
    }
    escape(path, &mut line);
    line.extend_from_slice(end.as_bytes());
    line
}

/// Returns the line for all names right in `dir` with this extension.
fn alike(prefix: &RepoPath, dir: &RepoPath, extension: &[u8]) -> Option<Vec<u8>> {
    if extension.is_empty() {
        return None;
    }
    let dir = prefix.join(dir);
    let mut line = line(&dir, b"", "*.");
    escape(extension, &mut line);
    Some(line)
}

/// Writes bytes so that a pattern means them literally. The slash in front of every line has `#`
/// and `!` mean themselves; a space counts unless it ends the line.
fn escape(bytes: &[u8], line: &mut Vec<u8>) {
    for (position, byte) in bytes.iter().enumerate() {
        let ends = position + 1 == bytes.len();
        if matches!(byte, b'\\' | b'*' | b'?' | b'[') || (*byte == b' ' && ends) {
            line.push(b'\\');
        }
        line.push(*byte);
    }
}
