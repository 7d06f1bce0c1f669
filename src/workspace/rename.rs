//! Renaming on the disk: no byte is read, and what the stat cache knew moves along.

use crate::base::RepoPath;
use crate::workspace::cache::{CachedFile, NewRow};
use crate::workspace::error::WorkspaceError;
use crate::workspace::handle::Workspace;

impl Workspace {
    /// Renames a file, or a directory with all that is in it, to a place where nothing may be.
    /// `versioned` are the files it moves that are versioned.
    pub fn rename(
        &self,
        from: &RepoPath,
        to: &RepoPath,
        versioned: &[RepoPath],
    ) -> Result<(), WorkspaceError> {
        let mut source = self.disk.cursor();
        let known: Vec<_> = versioned.iter().filter_map(|path| self.proven(path)).collect();
        let mut destination = self.disk.cursor();
        destination.make_directory(&to.parent().unwrap_or_default())?;
        source.rename_across(from, &mut destination, to)?;
        let mut rows = Vec::new();
        for (path, file) in known {
            let Some(below) = path.strip_prefix(from) else { continue };
            let path = to.join(&below);
            // A rename may touch the time of the last change of a name, and nothing else.
            let stat = destination.stat(&path).ok().flatten();
            if let Some(stat) = stat.filter(|stat| stat.same_content(&file.stat)) {
                rows.push(NewRow { path, file: CachedFile { stat, ..file } });
            }
        }
        self.cache.update(&rows, versioned);
        self.remove_empty_parents(from)
    }

    /// Returns what is surely known of a file without reading it.
    fn proven(&self, path: &RepoPath) -> Option<(RepoPath, CachedFile)> {
        let cached = self.cache.get(path)?;
        let now = self.disk.cursor().stat(path).ok().flatten()?;
        cached.proves(&now).then(|| (path.clone(), cached))
    }

    /// Removes the directories that `path` was the last in, as versions know no empty ones.
    fn remove_empty_parents(&self, path: &RepoPath) -> Result<(), WorkspaceError> {
        let mut cursor = self.disk.cursor();
        for dir in std::iter::successors(path.parent(), RepoPath::parent) {
            if dir.is_root() || !cursor.remove_empty_directory(&dir)? {
                break;
            }
            cursor.forget();
        }
        Ok(())
    }
}
