//! The files of definitions: `mlv.yaml` and what it includes, of a tree or of the working copy.

use std::fs;
use std::path::Path;

use crate::base::fs::{IoContext, read_if_exists};
use crate::base::{RepoPath, TreeId};
use crate::hook::spec::{
    FILE_NAME, Globs, MAX_BYTES, MAX_INCLUDED, Spec, SpecErrors, SpecFile, included_paths,
    parse_files,
};
use crate::object::tree::TreeEntry;
use crate::object::{Entry, FileRef};
use crate::ops::{Context, OpsError};

/// The files of a tree, read or not: two that are equal say the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilesOfTree {
    main: FileRef,
    included: Vec<(RepoPath, FileRef)>,
}

/// The text of a file and the texts of those that it includes, by their names.
#[derive(Debug)]
pub struct SpecTexts {
    name: String,
    main: Vec<u8>,
    included: Vec<(String, Vec<u8>)>,
}

impl SpecTexts {
    pub fn parse(&self) -> Result<Spec, SpecErrors> {
        let included: Vec<SpecFile<'_>> =
            self.included.iter().map(|(name, bytes)| SpecFile { name, bytes }).collect();
        parse_files(SpecFile { name: &self.name, bytes: &self.main }, &included)
    }
}

impl FilesOfTree {
    /// Returns the files of definitions in a tree; nothing where it has none.
    pub fn find(context: &Context, tree: TreeId) -> Result<Option<Self>, OpsError> {
        let path = RepoPath::from_bytes(FILE_NAME).expect("the name of the file is a valid path");
        let objects = context.repo.objects();
        let Some(TreeEntry::Leaf(Entry::File { file: main, .. })) =
            objects.tree_entry(tree, &path)?
        else {
            return Ok(None);
        };
        let globs = context.definitions.includes(main.content, || {
            // One that is too long includes nothing: reading it is refused.
            Ok(included_paths(&read(context, &main)?))
        })?;
        let included = if globs.is_empty() { Vec::new() } else { matching(context, tree, &globs)? };
        Ok(Some(Self { main, included }))
    }

    pub fn read(&self, context: &Context) -> Result<SpecTexts, OpsError> {
        let text = |(path, file): &(RepoPath, FileRef)| {
            Ok::<_, OpsError>((path.to_string(), read(context, file)?))
        };
        Ok(SpecTexts {
            name: FILE_NAME.to_owned(),
            main: read(context, &self.main)?,
            included: self.included.iter().map(text).collect::<Result<_, _>>()?,
        })
    }
}

/// Returns the bytes of a file; of one that is too long to be read, enough to see that.
fn read(context: &Context, file: &FileRef) -> Result<Vec<u8>, OpsError> {
    let limit = MAX_BYTES as u64;
    if file.size > limit {
        return Ok(context.repo.objects().read_range(file, 0, limit + 1)?);
    }
    Ok(context.repo.objects().read_file(file, limit)?)
}

/// Returns the files of a tree whose paths match, in their order; one more than there may be, so
/// that too many are seen. No directory is opened that can hold none.
fn matching(
    context: &Context,
    tree: TreeId,
    globs: &Globs,
) -> Result<Vec<(RepoPath, FileRef)>, OpsError> {
    let mut found = Vec::new();
    let mut open = vec![RepoPath::root()];
    while let Some(directory) = open.pop() {
        let Some(items) = context.repo.objects().list_tree(tree, &directory)? else { continue };
        for item in items {
            let (name, entry) = item?;
            let path = directory.child(&name).expect("names in nodes were checked");
            match entry {
                TreeEntry::Directory(_) if globs.may_match_below(&path) => open.push(path),
                TreeEntry::Leaf(Entry::File { file, .. }) if is_included(&path, globs) => {
                    found.push((path, file));
                }
                _ => {}
            }
        }
        if found.len() > MAX_INCLUDED {
            break;
        }
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found.truncate(MAX_INCLUDED + 1);
    Ok(found)
}

/// Tells whether a path is included; the file that includes is not, even where it matches.
fn is_included(path: &RepoPath, globs: &Globs) -> bool {
    path.as_bytes() != FILE_NAME.as_bytes() && globs.matches_path(path)
}

/// Returns the texts of a file of the working copy and of what it includes below `root`; nothing
/// where there is no such file. `name` is its name in errors.
pub fn texts_on_disk(root: &Path, path: &Path, name: &str) -> Result<Option<SpecTexts>, OpsError> {
    let Some(main) = read_if_exists(path)? else { return Ok(None) };
    let globs = included_paths(&main);
    let mut included = Vec::new();
    if !globs.is_empty() {
        for path in matching_on_disk(root, &globs)? {
            let bytes = read_if_exists(&root.join(path.as_path()))?.unwrap_or_default();
            included.push((path.to_string(), bytes));
        }
    }
    Ok(Some(SpecTexts { name: name.to_owned(), main, included }))
}

fn matching_on_disk(root: &Path, globs: &Globs) -> Result<Vec<RepoPath>, OpsError> {
    let mut found = Vec::new();
    let mut open = vec![RepoPath::root()];
    while let Some(directory) = open.pop() {
        let place = root.join(directory.as_path());
        for item in fs::read_dir(&place).context("list", &place)? {
            let item = item.context("list", &place)?;
            let kind = item.file_type().context("look at", item.path())?;
            let name = item.file_name();
            // A name that no tree can hold is in no commit either: `.mlv` is one of them.
            let Ok(path) = directory.child(name.as_encoded_bytes()) else { continue };
            if kind.is_dir() && name != ".git" && globs.may_match_below(&path) {
                open.push(path);
            } else if kind.is_file() && is_included(&path, globs) {
                found.push(path);
            }
        }
        if found.len() > MAX_INCLUDED {
            break;
        }
    }
    found.sort();
    found.truncate(MAX_INCLUDED + 1);
    Ok(found)
}
