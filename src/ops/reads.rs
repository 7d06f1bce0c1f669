//! What the actions that read the tree read of it, told by the files that they are given: a verdict hangs
//! on that and not on the whole tree, and the action is shown no more.

use serde_json::{Map, Value as Json};

use crate::base::RepoPath;
use crate::hook::spec::Globs;
use crate::ops::{OpsError, check, drift, gate};

/// Reads a file that an action is given; nothing where it is not there, or too large to be one.
pub type ReadFile<'r> = dyn Fn(&RepoPath) -> Result<Option<Vec<u8>>, OpsError> + 'r;

/// Returns the globs of all that an action may read of a tree, beside the files that its parameters
/// name; nothing where that cannot be told.
pub fn inputs_of(
    action: &str,
    with: &Map<String, Json>,
    read: &ReadFile<'_>,
) -> Result<Option<Globs>, OpsError> {
    let patterns = match action {
        "validate" => check::reads(with, read)?,
        "drift" => drift::reads(with, read)?,
        "gate" => gate::reads(with, read)?,
        _ => None,
    };
    let globs = patterns.and_then(|patterns| Globs::of_paths(patterns).ok());
    Ok(globs.filter(|globs| !globs.is_empty()))
}

/// Returns the file that a parameter names; nothing where it names none, or it is not there.
pub fn named(
    with: &Map<String, Json>,
    parameter: &str,
    read: &ReadFile<'_>,
) -> Result<Option<(RepoPath, Vec<u8>)>, OpsError> {
    let path = with.get(parameter).and_then(Json::as_str);
    let Some(path) = path.and_then(|path| RepoPath::from_bytes(path).ok()) else {
        return Ok(None);
    };
    Ok(read(&path)?.map(|bytes| (path, bytes)))
}
