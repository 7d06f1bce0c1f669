//! A working copy in a temporary directory, for the tests of this room.

#![expect(clippy::disallowed_methods, reason = "tests write as any program does")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::base::{NoProgress, RepoPath, TreeId};
use crate::object::{Entry, ObjectDb, TreeEdit, TreeValue};
use crate::store::MemoryStore;
use crate::workspace::handle::Workspace;
use crate::workspace::pathspec::Pathspecs;
use crate::workspace::snapshot::{AddOptions, AddOutcome};
use crate::workspace::status::{Status, StatusOptions, UntrackedMode};

pub(super) fn path(bytes: impl Into<Vec<u8>>) -> RepoPath {
    RepoPath::from_bytes(bytes).unwrap()
}

/// A working copy with its objects in memory.
pub(super) struct Sample {
    _dir: tempfile::TempDir,
    pub root: PathBuf,
    pub store: Arc<MemoryStore>,
    pub objects: ObjectDb,
    pub workspace: Workspace,
}

impl Sample {
    pub fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("work");
        fs::create_dir(&root).unwrap();
        let store = Arc::new(MemoryStore::default());
        let objects = ObjectDb::new(store.clone());
        let workspace = Workspace::open(&root, &root.join(".mlv"), objects.clone()).unwrap();
        Self { _dir: dir, root, store, objects, workspace }
    }

    /// Returns the working copy as it is opened after the machine was restarted.
    pub fn in_boot(&self, boot: Option<&str>) -> Workspace {
        let (dot_dir, boot) = (self.root.join(".mlv"), boot.map(str::to_owned));
        Workspace::open_in_boot(&self.root, &dot_dir, self.objects.clone(), boot).unwrap()
    }

    pub fn empty_tree(&self) -> TreeId {
        self.objects.empty_tree().unwrap()
    }

    /// Returns a tree of texts; a text that begins with `->` is a link, one with `#!` is executable.
    pub fn tree(&self, files: &[(&str, &str)]) -> TreeId {
        let edit = |(name, text): &(&str, &str)| {
            let entry = match text.strip_prefix("->") {
                Some(target) => Entry::Symlink { target: target.into() },
                None => Entry::File {
                    file: self.objects.ingest_bytes(text.as_bytes()).unwrap(),
                    executable: text.starts_with("#!"),
                },
            };
            TreeEdit { path: path(*name), value: TreeValue::Set(entry) }
        };
        self.objects.edit_tree(self.empty_tree(), files.iter().map(edit).collect()).unwrap()
    }

    /// Puts a file, or a link, on the disk as [`Sample::tree`] would have it.
    pub fn write(&self, name: &str, text: &str) {
        let full = self.root.join(name);
        fs::create_dir_all(full.parent().unwrap()).unwrap();
        if let Some(target) = text.strip_prefix("->") {
            std::os::unix::fs::symlink(target, full).unwrap();
            return;
        }
        fs::write(&full, text).unwrap();
        let mode = if text.starts_with("#!") { 0o755 } else { 0o644 };
        fs::set_permissions(&full, fs::Permissions::from_mode(mode)).unwrap();
    }

    pub fn remove(&self, name: &str) {
        fs::remove_file(self.root.join(name)).unwrap();
    }

    /// Makes a file look as if it was last written so long ago.
    pub fn age(&self, name: &str, age: Duration) {
        self.set_modified(name, SystemTime::now() - age);
    }

    pub fn set_modified(&self, name: &str, time: SystemTime) {
        let file = fs::File::options().write(true).open(self.root.join(name)).unwrap();
        file.set_modified(time).unwrap();
    }

    /// Waits until what was written so far is old enough to be believed.
    pub fn settle() {
        std::thread::sleep(Duration::from_millis(50));
    }

    /// Returns what is on the disk, in the notation of [`Sample::tree`], sorted.
    pub fn on_disk(&self) -> Vec<(String, String)> {
        let mut found = Vec::new();
        collect(&self.root, &self.root, &mut found);
        found.sort();
        found
    }

    /// Returns what a tree holds, in the notation of [`Sample::tree`], sorted.
    pub fn in_tree(&self, tree: TreeId) -> Vec<(String, String)> {
        let text = |entry: Entry| match entry {
            Entry::Symlink { target } => format!("->{}", String::from_utf8(target).unwrap()),
            Entry::Reference(reference) => reference.url,
            Entry::File { file, .. } => {
                String::from_utf8(self.objects.read_file(&file, u64::MAX).unwrap()).unwrap()
            }
        };
        let mut found: Vec<_> = self
            .objects
            .walk_tree(tree, &RepoPath::root())
            .map(|row| row.unwrap())
            .map(|(path, entry)| (path.to_string(), text(entry)))
            .collect();
        found.sort();
        found
    }

    pub fn try_add(
        &self,
        staged: TreeId,
        names: &[&str],
        force: bool,
    ) -> Result<AddOutcome, crate::workspace::WorkspaceError> {
        let arguments: Vec<_> = names.iter().map(std::ffi::OsString::from).collect();
        let options = AddOptions {
            paths: &Pathspecs::parse(&arguments, &RepoPath::root())?,
            force,
            tracked_only: false,
            is_git_tracked: &|path| path.as_bytes().starts_with(b"code/"),
            is_lost: &|_| false,
        };
        let plan = self.workspace.plan_add(staged, &options)?;
        self.workspace.execute_add(staged, &plan, &NoProgress)
    }

    /// Adds, and returns the new staged tree.
    pub fn add(&self, staged: TreeId, names: &[&str]) -> TreeId {
        self.try_add(staged, names, false).unwrap().tree
    }

    pub fn status(&self, head: TreeId, staged: TreeId, untracked: UntrackedMode) -> Status {
        let is_git_tracked = |path: &RepoPath| path.as_bytes().starts_with(b"code/");
        let options = StatusOptions { untracked, is_git_tracked: &is_git_tracked };
        self.workspace.status(head, staged, options, &NoProgress).unwrap()
    }
}

fn collect(root: &Path, dir: &Path, found: &mut Vec<(String, String)>) {
    for item in fs::read_dir(dir).unwrap() {
        let full = item.unwrap().path();
        let name = full.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
        let kind = fs::symlink_metadata(&full).unwrap().file_type();
        if name == ".mlv" {
            continue;
        }
        if kind.is_dir() {
            let before = found.len();
            collect(root, &full, found);
            if found.len() == before {
                found.push((name + "/", "empty directory".to_owned()));
            }
        } else if kind.is_symlink() {
            found.push((name, format!("->{}", fs::read_link(&full).unwrap().display())));
        } else {
            found.push((name, fs::read_to_string(&full).unwrap()));
        }
    }
}
