//! The code that Git tracks, as hooks see it: listed once for a plan, each file hashed at most once.

use std::collections::HashMap;
use std::fs::{File, Metadata};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use crate::base::{Hash, RepoPath};
use crate::hook::context::GitState;
use crate::hook::key::{Input, InputKind};
use crate::object::ingest::hash_source;
use crate::ops::{Context, OpsError};
use crate::workspace::sandbox::OverlayFile;

/// The files of the code, sorted by path.
#[derive(Debug)]
pub struct Code {
    files: Vec<OverlayFile>,
    /// Its commit, and whether files differ from it; nothing where there is no Git repository.
    pub revision: Option<GitState>,
    /// What files were found to be, by their places in the list.
    known: Mutex<HashMap<usize, Known>>,
}

/// A file as it was when it was hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Known {
    stamp: Stamp,
    kind: InputKind,
    hash: Hash,
}

/// The facts of a file that change when its content does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    inode: (u64, u64),
    size: u64,
    mode: u32,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        Self {
            inode: (metadata.dev(), metadata.ino()),
            size: metadata.len(),
            mode: metadata.mode(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }
}

impl Code {
    /// Lists the code around the repository; `revision` is what an event is told of it.
    pub fn read(context: &Context, revision: Option<GitState>) -> Result<Self, OpsError> {
        let files = match context.git()? {
            Some(git) => {
                let files = git.tracked_files()?;
                files.map(|(path, source)| OverlayFile { path, source }).collect()
            }
            None => Vec::new(),
        };
        Ok(Self { files, revision, known: Mutex::default() })
    }

    pub fn files(&self) -> &[OverlayFile] {
        &self.files
    }

    /// Tells whether there are files that no commit of Git holds as they are.
    pub fn is_dirty(&self) -> bool {
        self.revision.as_ref().is_some_and(|revision| revision.dirty)
    }

    /// Returns the files at or below a path that are wanted, as they are now.
    pub fn below(
        &self,
        dir: &RepoPath,
        wanted: &dyn Fn(&RepoPath) -> bool,
    ) -> impl Iterator<Item = Input> {
        let start = self.files.partition_point(|file| file.path < *dir);
        let below = self.files[start..].iter().zip(start..);
        let below = below.take_while(move |(file, _)| file.path.starts_with(dir));
        below.filter(move |(file, _)| wanted(&file.path)).filter_map(|(file, place)| {
            let known = self.look(place)?;
            Some(Input { path: file.path.clone(), kind: known.kind, hash: known.hash })
        })
    }

    /// Returns the hash of all files, where it takes more than the commit to tell what they hold.
    pub fn uncommitted(&self) -> Option<Hash> {
        let told_by_commit = self.revision.as_ref().is_some_and(|revision| !revision.dirty);
        if told_by_commit || self.files.is_empty() {
            return None;
        }
        let mut all = Vec::new();
        for input in self.below(&RepoPath::root(), &|_| true) {
            all.extend_from_slice(input.path.as_bytes());
            all.extend_from_slice(&[0, input.kind as u8]);
            all.extend_from_slice(&input.hash.0);
        }
        Some(Hash::of(&all))
    }

    /// Returns where a file lies, if the code has it.
    pub fn place_of(&self, path: &RepoPath) -> Option<&PathBuf> {
        let place = self.files.binary_search_by(|file| file.path.cmp(path)).ok()?;
        Some(&self.files[place].source)
    }

    /// Tells whether every file that was asked for is as it was then.
    pub fn is_unchanged(&self) -> bool {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.iter().all(|(place, known)| {
            let metadata = self.files[*place].source.symlink_metadata();
            metadata.is_ok_and(|metadata| Stamp::of(&metadata) == known.stamp)
        })
    }

    fn look(&self, place: usize) -> Option<Known> {
        let known = |code: &Self| {
            let known = code.known.lock().unwrap_or_else(PoisonError::into_inner);
            known.get(&place).copied()
        };
        if let Some(known) = known(self) {
            return Some(known);
        }
        let found = Known::read(&self.files[place].source)?;
        self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(place, found);
        Some(found)
    }
}

impl Known {
    /// Reads a file; nothing where it is gone or cannot be read.
    fn read(path: &PathBuf) -> Option<Self> {
        let metadata = path.symlink_metadata().ok()?;
        let stamp = Stamp::of(&metadata);
        if metadata.is_symlink() {
            let target = std::fs::read_link(path).ok()?;
            let hash = Hash::of(target.as_os_str().as_bytes());
            return Some(Self { stamp, kind: InputKind::Link, hash });
        }
        let hash = hash_source(File::open(path).ok()?).ok()?.content;
        let executable = metadata.permissions().mode() & 0o100 != 0;
        let kind = if executable { InputKind::Executable } else { InputKind::File };
        Some(Self { stamp, kind, hash })
    }
}
