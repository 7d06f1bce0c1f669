//! The files that checks, drift and gates read: those of a tree, without a checkout, or those that lie
//! in the working copy.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::base::fs::IoContext;
use crate::base::{Hash, RepoPath, TreeId};
use crate::format::{FileSource, Source};
use crate::hook::spec::Globs;
use crate::object::tree::TreeEntry;
use crate::object::{Entry, Prefetch, source_of};
use crate::ops::{Context, OpsError};

/// More names beside one that is missing are not looked at.
const MOST_BESIDE: usize = 1_000;

/// A file of data.
#[derive(Debug, Clone)]
pub struct DataFile {
    pub path: RepoPath,
    pub size: u64,
    /// BLAKE3 of its bytes, where it is known without reading them.
    pub content: Option<Hash>,
    pub source: Arc<dyn Source>,
}

/// Where files are looked for.
#[derive(Debug, Clone)]
enum Origin {
    Tree(TreeId),
    Disk(PathBuf),
}

/// The files of a tree, or of the working copy.
#[derive(Debug, Clone)]
pub struct DataView<'a> {
    context: &'a Context,
    origin: Origin,
    /// What it is called in messages.
    name: String,
    /// The only paths it shows; all where nothing is named.
    only: Option<Globs>,
    /// A directory in which files are that the tree lacks, as code that Git tracks.
    beside: Option<PathBuf>,
}

impl<'a> DataView<'a> {
    /// Returns the files of a tree, which messages call `name`.
    pub fn of_tree(context: &'a Context, tree: TreeId, name: &str) -> Self {
        Self {
            context,
            origin: Origin::Tree(tree),
            name: name.to_owned(),
            only: None,
            beside: None,
        }
    }

    /// Returns the files of a revision, or those that lie in the working copy where none is named.
    pub fn at(context: &'a Context, revision: Option<&str>) -> Result<Self, OpsError> {
        let Some(revision) = revision else { return Self::working_copy(context) };
        let tree = context.tree_of(revision)?;
        Ok(Self::of_tree(context, tree, &format!("`{revision}`")))
    }

    fn working_copy(context: &'a Context) -> Result<Self, OpsError> {
        if !context.has_working_copy() {
            return Err(OpsError::NoFiles);
        }
        let origin = Origin::Disk(context.repo.root().to_owned());
        Ok(Self { context, origin, name: "the working copy".to_owned(), only: None, beside: None })
    }

    /// Returns the view that shows these paths only.
    pub fn limited_to(self, globs: Globs) -> Self {
        Self { only: (!globs.is_empty()).then_some(globs), ..self }
    }

    /// Looks in a directory for single files that the tree lacks.
    pub fn beside(self, directory: PathBuf) -> Self {
        Self { beside: Some(directory), ..self }
    }

    /// Returns what it is called in messages.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the tree it shows; nothing for the working copy.
    pub fn tree(&self) -> Option<TreeId> {
        match self.origin {
            Origin::Tree(tree) => Some(tree),
            Origin::Disk(_) => None,
        }
    }

    fn shows(&self, path: &RepoPath) -> bool {
        self.only.as_ref().is_none_or(|globs| globs.matches_path(path))
    }

    /// Returns the file at a path; nothing where there is none, or no regular file.
    pub fn file(&self, path: &RepoPath) -> Result<Option<DataFile>, OpsError> {
        let found = match &self.origin {
            _ if !self.shows(path) => None,
            Origin::Tree(tree) => self.in_tree(*tree, path)?,
            Origin::Disk(root) => match on_disk(root, path)? {
                Some(found) => Some(found),
                None => self.referred_to(path)?,
            },
        };
        match &self.beside {
            Some(directory) if found.is_none() => on_disk(directory, path),
            _ => Ok(found),
        }
    }

    fn in_tree(&self, tree: TreeId, path: &RepoPath) -> Result<Option<DataFile>, OpsError> {
        let objects = self.context.repo.objects();
        let Some(TreeEntry::Leaf(entry)) = objects.tree_entry(tree, path)? else {
            return Ok(None);
        };
        objects.prefetch([(path, &entry)])?;
        self.stored(path.clone(), &entry)
    }

    /// Returns what a staged reference points to, where the working copy has nothing in its place.
    fn referred_to(&self, path: &RepoPath) -> Result<Option<DataFile>, OpsError> {
        let staged = self.context.repo.staged()?;
        match self.context.repo.objects().tree_entry(staged, path)? {
            Some(TreeEntry::Leaf(entry @ Entry::Reference(_))) if !self.is_taken(path) => {
                self.stored(path.clone(), &entry)
            }
            _ => Ok(None),
        }
    }

    fn referred_to_below(
        &self,
        root: &RepoPath,
        globs: &Globs,
        found: &mut Vec<DataFile>,
    ) -> Result<(), OpsError> {
        let objects = self.context.repo.objects();
        for item in objects.walk_tree(self.context.repo.staged()?, root) {
            let (path, entry) = item?;
            let is_meant = !entry.is_on_disk() && is_named(&path, globs) && self.shows(&path);
            if is_meant && !self.is_taken(&path) {
                found.extend(self.stored(path, &entry)?);
            }
        }
        Ok(())
    }

    fn is_taken(&self, path: &RepoPath) -> bool {
        self.context.repo.root().join(path.as_path()).symlink_metadata().is_ok()
    }

    /// Returns the error for a path at which there is no file.
    pub fn no_such_file(&self, path: &RepoPath) -> OpsError {
        let name = path.to_string();
        let is_it = |(beside, is_directory): &(String, bool)| *is_directory && *beside == name;
        if self.beside_of(path).iter().any(is_it) {
            return OpsError::IsDirectory { path: path.clone(), place: self.name.clone() };
        }
        self.no_such_path(&name)
    }

    /// Returns the error for a path or a glob that matches nothing, with the names that stand beside it.
    pub fn no_such_path(&self, path: &str) -> OpsError {
        let found = RepoPath::from_bytes(path.trim_end_matches('/')).ok();
        let beside = found.map(|path| self.beside_of(&path)).unwrap_or_default();
        let candidates = beside.into_iter().map(|(name, _)| name).filter(|name| name != path);
        let candidates = candidates.collect();
        OpsError::NoSuchPath { path: path.to_owned(), place: self.name.clone(), candidates }
    }

    /// Returns what lies in the directory of a path, and whether it is a directory.
    fn beside_of(&self, path: &RepoPath) -> Vec<(String, bool)> {
        let parent = path.parent().unwrap_or_default();
        let named = |name: &[u8], is_directory| {
            let path = parent.child(name).ok()?;
            Some((path.to_string(), is_directory))
        };
        match &self.origin {
            Origin::Tree(tree) => {
                let items = self.context.repo.objects().list_tree(*tree, &parent).ok().flatten();
                let items = items.into_iter().flatten().filter_map(Result::ok).take(MOST_BESIDE);
                let is_directory = |entry: &TreeEntry| matches!(entry, TreeEntry::Directory(_));
                items.filter_map(|(name, entry)| named(&name, is_directory(&entry))).collect()
            }
            Origin::Disk(root) => {
                let items = std::fs::read_dir(root.join(parent.as_path())).into_iter().flatten();
                let items = items.filter_map(Result::ok).take(MOST_BESIDE);
                items
                    .filter_map(|item| {
                        let is_directory = item.file_type().is_ok_and(|kind| kind.is_dir());
                        named(item.file_name().as_bytes(), is_directory)
                    })
                    .collect()
            }
        }
    }

    /// Returns the bytes of a file of at most `limit` bytes, as specifications are.
    pub fn read(&self, path: &RepoPath, limit: u64) -> Result<Option<Vec<u8>>, OpsError> {
        let Some(file) = self.file(path)? else { return Ok(None) };
        if file.size > limit {
            return Err(OpsError::TooLarge { path: path.to_string(), size: file.size, limit });
        }
        let bytes = file.source.read_at(0, usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(Some(bytes.context("read", path.as_path())?))
    }

    /// Returns the files whose paths match, and all below a directory that is named, sorted by path.
    /// What is listed from a remote is brought here at once.
    pub fn files(&self, globs: &Globs) -> Result<Vec<DataFile>, OpsError> {
        let roots = Globs::roots(&[globs]);
        let mut found = Vec::new();
        for root in &roots {
            match &self.origin {
                Origin::Tree(tree) => self.below_in_tree(*tree, root, globs, &mut found)?,
                Origin::Disk(place) => {
                    self.below_on_disk(place, root, globs, &mut found)?;
                    self.referred_to_below(root, globs, &mut found)?;
                }
            }
        }
        found.sort_by(|a, b| a.path.cmp(&b.path));
        found.dedup_by(|a, b| a.path == b.path);
        Ok(found)
    }

    /// Returns the file of an entry, or what a reference points to; nothing of a link.
    fn stored(&self, path: RepoPath, entry: &Entry) -> Result<Option<DataFile>, OpsError> {
        let objects = self.context.repo.objects();
        let (size, content) = (entry.size(), entry.hash_of_bytes());
        let source = match entry {
            Entry::File { file, .. } => source_of(objects, *file),
            Entry::Reference(reference) => objects.open_reference(reference)?,
            Entry::Symlink { .. } => return Ok(None),
        };
        Ok(Some(DataFile { path, size, content, source }))
    }

    fn below_in_tree(
        &self,
        tree: TreeId,
        root: &RepoPath,
        globs: &Globs,
        found: &mut Vec<DataFile>,
    ) -> Result<(), OpsError> {
        let objects = self.context.repo.objects();
        if objects.tree_entry(tree, root)?.is_none() {
            return Ok(());
        }
        let mut prefetch = Prefetch::new(objects);
        for item in objects.walk_tree(tree, root) {
            let (path, entry) = item?;
            if is_named(&path, globs) && self.shows(&path) {
                prefetch.add(&path, &entry)?;
                found.extend(self.stored(path, &entry)?);
            }
        }
        Ok(prefetch.finish()?)
    }

    fn below_on_disk(
        &self,
        place: &Path,
        root: &RepoPath,
        globs: &Globs,
        found: &mut Vec<DataFile>,
    ) -> Result<(), OpsError> {
        let mut open = vec![root.clone()];
        while let Some(path) = open.pop() {
            crate::base::interrupt::check()?;
            let here = place.join(path.as_path());
            let Ok(facts) = std::fs::symlink_metadata(&here) else { continue };
            if facts.is_dir() {
                for item in std::fs::read_dir(&here).context("list", &here)? {
                    let name = item.context("list", &here)?.file_name();
                    // A name that no tree can hold is no data: `.mlv` is one of them.
                    open.extend(path.child(name.as_bytes()).ok().filter(|_| name != ".git"));
                }
            } else if is_named(&path, globs) && self.shows(&path) {
                found.extend(on_disk(place, &path)?);
            }
        }
        Ok(())
    }
}

/// Tells whether globs name a path, or a directory above it.
fn is_named(path: &RepoPath, globs: &Globs) -> bool {
    let mut here = Some(path.clone());
    while let Some(path) = here {
        if !path.is_root() && globs.matches_path(&path) {
            return true;
        }
        here = path.parent();
    }
    false
}

/// Returns a regular file below `root`; links are not followed.
fn on_disk(root: &Path, path: &RepoPath) -> Result<Option<DataFile>, OpsError> {
    let place = root.join(OsStr::from_bytes(path.as_bytes()));
    let is_file = std::fs::symlink_metadata(&place).is_ok_and(|facts| facts.is_file());
    if !is_file {
        return Ok(None);
    }
    let source = FileSource::open(&place).context("open", &place)?;
    let (size, source) = (source.len(), Arc::new(source));
    Ok(Some(DataFile { path: path.clone(), size, content: None, source }))
}
