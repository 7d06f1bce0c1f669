//! Looking into a tree without a checkout: `ls`, `cat`, `du`, `export`.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::base::fs::{IoContext, create_dirs};
use crate::base::progress::Unit;
use crate::base::{Hash, Progress, RepoPath, TreeId};
use crate::object::tree::{Summary, TreeEntry};
use crate::object::{Entry, Prefetch};
use crate::ops::{Context, OpsError};

/// A place in a tree: `REV:PATH`.
#[derive(Debug, Clone)]
pub struct Place {
    /// The revision as it was written; empty for what is staged.
    pub revision: String,
    pub tree: TreeId,
    pub path: RepoPath,
}

impl Place {
    /// Returns how the tree is called in messages.
    pub fn place_name(&self) -> String {
        if self.revision.is_empty() {
            "what is staged".to_owned()
        } else {
            format!("`{}`", self.revision)
        }
    }
}

/// What a listed path is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    File,
    Executable,
    Symlink,
    /// A file that lies elsewhere.
    Reference,
    Directory,
}

/// A line of `ls`.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ListedPath {
    pub path: RepoPath,
    pub kind: Kind,
    pub size: u64,
    /// How many files are below; 1 for a file.
    pub files: u64,
    /// BLAKE3 of the bytes; nothing for a directory, and for what lies elsewhere and was never read.
    pub hash: Option<Hash>,
    /// Where a link points; of a reference, its address.
    pub target: Option<String>,
}

impl ListedPath {
    /// Returns the line of a file or link.
    pub fn leaf(path: RepoPath, entry: &Entry) -> Self {
        let (kind, target) = match entry {
            Entry::File { executable: false, .. } => (Kind::File, None),
            Entry::File { executable: true, .. } => (Kind::Executable, None),
            Entry::Symlink { target } => {
                (Kind::Symlink, Some(String::from_utf8_lossy(target).into_owned()))
            }
            Entry::Reference(reference) => (Kind::Reference, Some(reference.url.clone())),
        };
        Self { path, kind, size: entry.size(), files: 1, hash: entry.hash_of_bytes(), target }
    }

    fn directory(path: RepoPath, summary: Summary) -> Self {
        let Summary { files, bytes } = summary;
        Self { path, kind: Kind::Directory, size: bytes, files, hash: None, target: None }
    }
}

/// Returns what the place holds, or the error that says it is not there.
fn entry_at(context: &Context, place: &Place) -> Result<TreeEntry, OpsError> {
    let found = context.repo.objects().tree_entry(place.tree, &place.path)?;
    found.ok_or_else(|| no_such_path(context, place))
}

/// Returns the error for a path that a tree lacks, with the names that stand beside it.
pub fn no_such_path(context: &Context, place: &Place) -> OpsError {
    let parent = place.path.parent().unwrap_or_default();
    let names = context.repo.objects().list_tree(place.tree, &parent).ok().flatten();
    let names = names.into_iter().flatten().filter_map(Result::ok);
    let candidates = names.take(1000).filter_map(|(name, _)| parent.child(&name).ok());
    OpsError::NoSuchPath {
        path: place.path.to_string(),
        place: place.place_name(),
        candidates: candidates.map(|path| path.to_string()).collect(),
    }
}

/// Lists a directory one level deep, or everything below it; a file lists as itself.
pub fn list<E: From<OpsError>>(
    context: &Context,
    place: &Place,
    recursive: bool,
    visit: &mut dyn FnMut(ListedPath) -> Result<(), E>,
) -> Result<(), E> {
    let objects = context.repo.objects();
    if let TreeEntry::Leaf(entry) = entry_at(context, place)? {
        return visit(ListedPath::leaf(place.path.clone(), &entry));
    }
    if recursive {
        for item in objects.walk_tree(place.tree, &place.path) {
            let (path, entry) = item.map_err(OpsError::from)?;
            visit(ListedPath::leaf(path, &entry))?;
        }
        return Ok(());
    }
    let items = objects.list_tree(place.tree, &place.path).map_err(OpsError::from)?;
    for item in items.into_iter().flatten() {
        let (name, entry) = item.map_err(OpsError::from)?;
        let path = place.path.child(&name).expect("names in nodes were checked");
        visit(match entry {
            TreeEntry::Leaf(entry) => ListedPath::leaf(path, &entry),
            TreeEntry::Directory(summary) => ListedPath::directory(path, summary),
        })?;
    }
    Ok(())
}

/// Writes the bytes of a file; a symbolic link gives its target.
pub fn cat(context: &Context, place: &Place, out: &mut dyn Write) -> Result<(), OpsError> {
    match entry_at(context, place)? {
        TreeEntry::Leaf(Entry::File { file, .. }) => {
            let copied = context.repo.objects().copy_file(&file, out);
            Ok(copied.map_err(|error| error.about(&place.path))?)
        }
        TreeEntry::Leaf(Entry::Reference(reference)) => {
            Ok(context.repo.objects().copy_reference(&reference, out)?)
        }
        TreeEntry::Leaf(Entry::Symlink { target }) => {
            Ok(out.write_all(&target).map_err(crate::object::ObjectError::Sink)?)
        }
        TreeEntry::Directory(_) => {
            Err(OpsError::IsDirectory { path: place.path.clone(), place: place.place_name() })
        }
    }
}

/// What `du` tells of a place.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Usage {
    pub path: RepoPath,
    pub files: u64,
    /// Bytes of a full checkout.
    pub bytes: u64,
    /// The same for what lies directly inside.
    pub children: Vec<ListedPath>,
}

/// Sums a place up; the sums are kept in the tree, so nothing is read below the first level.
pub fn usage(context: &Context, place: &Place) -> Result<Usage, OpsError> {
    let Summary { files, bytes } = match entry_at(context, place)? {
        TreeEntry::Leaf(entry) => Summary { files: 1, bytes: entry.size() },
        TreeEntry::Directory(summary) => summary,
    };
    let mut children = Vec::new();
    list(context, place, false, &mut |listed| {
        children.push(listed);
        Ok::<_, OpsError>(())
    })?;
    Ok(Usage { path: place.path.clone(), files, bytes, children })
}

/// What `export` wrote.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Exported {
    pub directory: PathBuf,
    pub files: u64,
    pub bytes: u64,
}

/// Writes what lies at a place into a directory that is empty or missing. A file goes into the
/// directory under its own name. What fails midway leaves the directory empty again.
pub fn export(context: &Context, place: &Place, directory: &Path) -> Result<Exported, OpsError> {
    let entry = entry_at(context, place)?;
    create_dirs(directory)?;
    if fs::read_dir(directory).context("read", directory)?.next().is_some() {
        return Err(OpsError::NotEmpty { path: directory.to_owned() });
    }
    let (above, total) = match entry {
        TreeEntry::Leaf(entry) => (place.path.parent().unwrap_or_default(), entry.size()),
        TreeEntry::Directory(summary) => (place.path.clone(), summary.bytes),
    };
    context.progress.phase("exporting", Some(total), Unit::Bytes);
    let written = write_all(context, place, &above, directory);
    if written.is_err() {
        // What cannot be removed either is plain to see.
        let _ = empty(directory);
    }
    written
}

fn write_all(
    context: &Context,
    place: &Place,
    above: &RepoPath,
    directory: &Path,
) -> Result<Exported, OpsError> {
    let mut exported = Exported { directory: directory.to_owned(), files: 0, bytes: 0 };
    fetch_all(context, place)?;
    for item in context.repo.objects().walk_tree(place.tree, &place.path) {
        crate::base::interrupt::check()?;
        let (path, entry) = item?;
        let below = path.strip_prefix(above).expect("a walk stays below its start");
        write_entry(context, &entry, &directory.join(below.as_path()))?;
        exported.files += 1;
        exported.bytes += entry.size();
    }
    Ok(exported)
}

/// Brings the content of all files at a place, where it is not here.
fn fetch_all(context: &Context, place: &Place) -> Result<(), OpsError> {
    let objects = context.repo.objects();
    if objects.store().is_partial() {
        let mut prefetch = Prefetch::new(objects);
        for item in objects.walk_tree(place.tree, &place.path) {
            let (path, entry) = item?;
            prefetch.add(&path, &entry)?;
        }
        prefetch.finish()?;
    }
    Ok(())
}

/// Removes what is in a directory that was ours alone.
fn empty(directory: &Path) -> std::io::Result<()> {
    for item in fs::read_dir(directory)? {
        let item = item?;
        if item.file_type()?.is_dir() {
            fs::remove_dir_all(item.path())?;
        } else {
            fs::remove_file(item.path())?;
        }
    }
    Ok(())
}

/// Writes one file or link where nothing is yet; the directory was empty and is ours.
fn write_entry(context: &Context, entry: &Entry, path: &Path) -> Result<(), OpsError> {
    create_dirs(crate::base::fs::parent_of(path))?;
    match entry {
        Entry::Symlink { target } => {
            use std::os::unix::ffi::OsStrExt;
            let target = std::ffi::OsStr::from_bytes(target);
            std::os::unix::fs::symlink(target, path).context("create link", path)?;
            context.progress.advance(entry.size());
        }
        Entry::File { file, executable } => {
            let mut out = create(path, if *executable { 0o777 } else { 0o666 })?;
            let mut out = Counted { out: &mut out, progress: context.progress.as_ref() };
            context.repo.objects().copy_file(file, &mut out)?;
        }
        Entry::Reference(reference) => {
            let mut out = create(path, 0o666)?;
            let mut out = Counted { out: &mut out, progress: context.progress.as_ref() };
            context.repo.objects().copy_reference(reference, &mut out)?;
        }
    }
    Ok(())
}

fn create(path: &Path, mode: u32) -> Result<File, OpsError> {
    let opened = OpenOptions::new().write(true).create_new(true).mode(mode).open(path);
    Ok(opened.context("create", path)?)
}

/// Tells how far the writing of a file has come.
struct Counted<'a> {
    out: &'a mut File,
    progress: &'a dyn Progress,
}

impl Write for Counted<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.progress.advance(written as u64);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[derive(Debug, Default)]
    struct Steps(Mutex<Vec<u64>>);

    impl Progress for Steps {
        fn phase(&self, _name: &str, _total: Option<u64>, _unit: Unit) {}

        fn advance(&self, amount: u64) {
            self.0.lock().unwrap().push(amount);
        }

        fn notice(&self, _message: &str) {}
    }

    #[test]
    fn a_large_file_shows_how_far_its_writing_has_come() {
        let bytes = vec![7; 3_000_000];
        let db =
            crate::object::ObjectDb::new(std::sync::Arc::<crate::store::MemoryStore>::default());
        let file = db.ingest_bytes(&bytes).unwrap();
        let (mut out, steps) = (tempfile::tempfile().unwrap(), Steps::default());
        db.copy_file(&file, &mut Counted { out: &mut out, progress: &steps }).unwrap();
        let steps = steps.0.into_inner().unwrap();
        assert!(steps.len() > 5, "{steps:?}");
        assert_eq!(steps.iter().sum::<u64>(), 3_000_000);
    }
}
