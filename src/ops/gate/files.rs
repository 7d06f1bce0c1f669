//! Files of data as a gate names them: opened as tables, and told apart by their contents.

use std::io::Read;

use crate::base::fs::IoContext;
use crate::base::{Hash, RepoPath};
use crate::format::table::{Table, TableFile, TableOptions};
use crate::hook::spec::Globs;
use crate::ops::OpsError;
use crate::ops::data::{DataFile, DataView};

/// Returns the files that a path or a glob names.
pub fn named(view: &DataView<'_>, glob: &str) -> Result<Vec<DataFile>, OpsError> {
    let globs = Globs::of_paths(vec![glob.to_owned()]);
    view.files(&globs.map_err(|error| OpsError::Unsupported { what: error.to_string() })?)
}

/// Opens the files that a glob names as one table; nothing where there are none.
pub fn table(view: &DataView<'_>, glob: &str) -> Result<Option<Table>, OpsError> {
    let files = named(view, glob)?;
    if files.is_empty() {
        return Ok(None);
    }
    let file =
        |file: DataFile| TableFile { name: file.path.to_string(), source: file.source.clone() };
    let files = files.into_iter().map(file).collect();
    Ok(Some(Table::open(files, TableOptions::default())?))
}

/// Returns the hash of what a glob names: of one file its content, of several their paths and contents.
/// Nothing where there are none.
pub fn digest(view: &DataView<'_>, glob: &str) -> Result<Option<Hash>, OpsError> {
    let files = named(view, glob)?;
    match files.as_slice() {
        [] => Ok(None),
        [only] => content(only).map(Some),
        files => {
            let mut hasher = blake3::Hasher::new();
            for file in files {
                let path = file.path.as_bytes();
                hasher.update(&(path.len() as u64).to_le_bytes());
                hasher.update(path);
                hasher.update(&content(file)?.0);
            }
            Ok(Some(Hash(*hasher.finalize().as_bytes())))
        }
    }
}

/// Returns the hash of the content of a file, which is read where it is not known.
fn content(file: &DataFile) -> Result<Hash, OpsError> {
    if let Some(content) = file.content {
        return Ok(content);
    }
    let mut hasher = blake3::Hasher::new();
    let mut reader = file.source.reader().context("read", file.path.as_path())?;
    let mut buffer = vec![0; 1 << 20];
    loop {
        crate::base::interrupt::check()?;
        match reader.read(&mut buffer).context("read", file.path.as_path())? {
            0 => return Ok(Hash(*hasher.finalize().as_bytes())),
            read => hasher.update(&buffer[..read]),
        };
    }
}

/// Returns the paths among what globs name that differ between two views.
pub fn differing(
    one: &DataView<'_>,
    other: &DataView<'_>,
    globs: &[String],
) -> Result<Vec<RepoPath>, OpsError> {
    let mut paths = Vec::new();
    for glob in globs {
        let (ours, mut theirs) = (named(one, glob)?, named(other, glob)?);
        for file in ours {
            let at = theirs.iter().position(|their| their.path == file.path);
            let is_same = match at.map(|at| theirs.swap_remove(at)) {
                Some(their) => file.size == their.size && content(&file)? == content(&their)?,
                None => false,
            };
            if !is_same {
                paths.push(file.path);
            }
        }
        paths.extend(theirs.into_iter().map(|file| file.path));
    }
    paths.sort();
    paths.dedup();
    Ok(paths)
}
