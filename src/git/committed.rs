//! Files as a commit of Git holds them, without a checkout.

use gix::ObjectId;
use gix::object::tree::EntryKind;

use crate::base::RepoPath;
use crate::git::{Enclosing, GitError};

/// What a commit of Git holds below our root.
#[derive(Debug)]
pub struct Committed<'a> {
    git: &'a Enclosing,
    repository: gix::Repository,
    tree: ObjectId,
}

/// What a file of a commit of Git is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommittedKind {
    File,
    Executable,
    Symlink,
}

/// A file of a commit of Git.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommittedFile {
    /// Relative to our root.
    pub path: RepoPath,
    pub kind: CommittedKind,
    id: ObjectId,
}

impl Enclosing {
    /// Returns what a commit holds, which is named by its id in hex; nothing where the commit is not
    /// here, as in a shallow clone.
    pub fn committed(&self, commit: &str) -> Result<Option<Committed<'_>>, GitError> {
        let Ok(id) = ObjectId::from_hex(commit.as_bytes()) else { return Ok(None) };
        let repository = self.repository()?;
        let fault = |source| self.unreadable(commit, source);
        let Some(found) = repository.try_find_object(id).map_err(fault)? else { return Ok(None) };
        let tree = found.peel_to_tree().map_err(fault)?.id;
        Ok(Some(Committed { git: self, repository, tree }))
    }

    fn unreadable(&self, object: &str, source: gix::Error) -> GitError {
        let (work_tree, object) = (self.work_tree().to_owned(), object.to_owned());
        GitError::Object { work_tree, object, source }
    }
}

impl Committed<'_> {
    /// Returns the file at a path, or the files below it, sorted by path. The content of submodules is
    /// left out.
    pub fn files_at(&self, path: &RepoPath) -> Result<Vec<CommittedFile>, GitError> {
        let mut found = Vec::new();
        if let Some((kind, id)) = self.entry(path)? {
            self.collect(path, kind, id, &mut found)?;
        }
        found.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        Ok(found)
    }

    /// Returns the paths of what lies in a directory, for suggestions.
    pub fn names_in(&self, directory: &RepoPath) -> Result<Vec<RepoPath>, GitError> {
        let Some((EntryKind::Tree, id)) = self.entry(directory)? else { return Ok(Vec::new()) };
        let children = self.children(directory, id)?;
        Ok(children.into_iter().map(|(path, _, _)| path).collect())
    }

    /// Returns the bytes of a file; of a symbolic link, its target.
    pub fn read(&self, file: &CommittedFile) -> Result<Vec<u8>, GitError> {
        let blob = self.repository.find_blob(file.id);
        let mut blob = blob.map_err(|source| self.fault(file.id, source))?;
        Ok(std::mem::take(&mut blob.data))
    }

    fn fault(&self, id: ObjectId, source: gix::Error) -> GitError {
        self.git.unreadable(&id.to_string(), source)
    }

    fn entry(&self, path: &RepoPath) -> Result<Option<(EntryKind, ObjectId)>, GitError> {
        let place = self.git.prefix().join(path);
        if place.is_root() {
            return Ok(Some((EntryKind::Tree, self.tree)));
        }
        let fault = |source| self.fault(self.tree, source);
        let tree = self.repository.find_tree(self.tree).map_err(fault)?;
        let found = tree.lookup_entry(place.components()).map_err(fault)?;
        Ok(found.map(|entry| (entry.mode().kind(), entry.object_id())))
    }

    fn children(
        &self,
        directory: &RepoPath,
        id: ObjectId,
    ) -> Result<Vec<(RepoPath, EntryKind, ObjectId)>, GitError> {
        let fault = |source| self.fault(id, source);
        let tree = self.repository.find_tree(id).map_err(fault)?;
        let mut children = Vec::new();
        for entry in tree.iter() {
            let entry = entry.map_err(fault)?;
            // A name that no path of ours can have is of no file that Git would check out.
            if let Ok(path) = directory.child(entry.filename()) {
                children.push((path, entry.kind(), entry.object_id()));
            }
        }
        Ok(children)
    }

    fn collect(
        &self,
        path: &RepoPath,
        kind: EntryKind,
        id: ObjectId,
        found: &mut Vec<CommittedFile>,
    ) -> Result<(), GitError> {
        let kind = match kind {
            EntryKind::Tree => {
                for (path, kind, id) in self.children(path, id)? {
                    self.collect(&path, kind, id, found)?;
                }
                return Ok(());
            }
            EntryKind::Commit => return Ok(()),
            EntryKind::Blob => CommittedKind::File,
            EntryKind::BlobExecutable => CommittedKind::Executable,
            EntryKind::Link => CommittedKind::Symlink,
        };
        found.push(CommittedFile { path: path.clone(), kind, id });
        Ok(())
    }
}
