//! What an action is told: its parameters, and the files that have changed.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use serde_json::{Map, Value as Json};

use crate::action::ActionError;
use crate::base::fs::IoContext;
use crate::base::{CommitId, RepoPath, TreeId};
use crate::config::Environment;
use crate::hook::spec::Globs;

/// The parameters and the changed paths, as the runner hands them over.
#[derive(Debug)]
pub struct Told {
    with: Map<String, Json>,
    changed: PathBuf,
    /// Where the answer goes.
    pub output: PathBuf,
    /// For an action that reads the tree: which, and the globs of what it may see of it.
    view: Option<(TreeId, Globs)>,
    base_commit: Option<CommitId>,
    commit: Option<CommitId>,
    branch: Option<String>,
    pub run_id: String,
}

impl Told {
    pub fn read(environment: &Environment) -> Result<Self, ActionError> {
        let path =
            |name| environment.raw(name).map(PathBuf::from).ok_or(ActionError::NotAHook(name));
        let with = environment.get("MLV_WITH").ok_or(ActionError::NotAHook("MLV_WITH"))?;
        Ok(Self {
            with: serde_json::from_str(with).map_err(ActionError::BadParameters)?,
            changed: path("MLV_CHANGED_FILES")?,
            output: path("MLV_OUTPUT")?,
            view: view(environment)?,
            base_commit: environment.get("MLV_BASE_COMMIT").and_then(|text| text.parse().ok()),
            commit: environment.get("MLV_COMMIT").and_then(|text| text.parse().ok()),
            branch: environment
                .get("MLV_BRANCH")
                .filter(|text| !text.is_empty())
                .map(str::to_owned),
            run_id: environment.get("MLV_RUN_ID").unwrap_or_default().to_owned(),
        })
    }

    /// Returns the candidate tree, and the globs of what of it the hook names as its inputs.
    pub fn view(&self) -> Result<&(TreeId, Globs), ActionError> {
        self.view.as_ref().ok_or(ActionError::NotAHook("MLV_VIEW"))
    }

    /// Returns the commit that the candidate would replace.
    pub fn base_commit(&self) -> Option<CommitId> {
        self.base_commit
    }

    /// Returns the commit that the event is about; there is none before it is made.
    pub fn commit(&self) -> Option<CommitId> {
        self.commit
    }

    /// Returns the branch that the event happens on.
    pub fn branch(&self) -> Option<&str> {
        self.branch.as_deref()
    }

    pub fn text(&self, name: &str) -> &str {
        self.with.get(name).and_then(Json::as_str).unwrap_or_default()
    }

    pub fn truth(&self, name: &str) -> bool {
        self.with.get(name).and_then(Json::as_bool).unwrap_or_default()
    }

    pub fn texts(&self, name: &str) -> Vec<String> {
        let items = self.with.get(name).and_then(Json::as_array).map_or(&[][..], Vec::as_slice);
        items.iter().filter_map(Json::as_str).map(str::to_owned).collect()
    }

    /// Returns the changed paths that are files now, without those that `exclude` names.
    pub(super) fn changed_files(&self) -> Result<Vec<RepoPath>, ActionError> {
        let list = std::fs::read(&self.changed).context("read", &self.changed)?;
        let excluded = Globs::of_paths(self.texts("exclude"))?;
        let paths = list.split(|byte| *byte == b'\n').filter_map(existing);
        Ok(paths.filter(|path| !excluded.matches_path(path)).collect())
    }
}

fn view(environment: &Environment) -> Result<Option<(TreeId, Globs)>, ActionError> {
    let Some(tree) = environment.get("MLV_VIEW") else { return Ok(None) };
    let tree = tree.parse().map_err(|_| ActionError::NotAHook("MLV_VIEW"))?;
    let inputs = environment.get("MLV_INPUTS").ok_or(ActionError::NotAHook("MLV_INPUTS"))?;
    let inputs = serde_json::from_str(inputs).map_err(ActionError::BadParameters)?;
    Ok(Some((tree, Globs::of_paths(inputs)?)))
}

/// Returns the path of a file with this name; a name with a line break stands escaped.
fn existing(line: &[u8]) -> Option<RepoPath> {
    [line.to_vec(), unescaped(line)].into_iter().find_map(|name| {
        let found = std::fs::symlink_metadata(OsStr::from_bytes(&name)).ok()?;
        if found.is_file() { RepoPath::from_bytes(name).ok() } else { None }
    })
}

/// Replaces each `\xNN` by its byte.
fn unescaped(line: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(line.len());
    let mut at = 0;
    while at < line.len() {
        let digits = line[at..].strip_prefix(b"\\x").and_then(|rest| rest.get(..2));
        let byte = digits
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(byte.unwrap_or(line[at]));
        at += if byte.is_some() { 4 } else { 1 };
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_escaped_byte_is_read_back_and_other_bytes_stay() {
        assert_eq!(unescaped(b"two\\x0alines"), b"two\nlines");
        assert_eq!(unescaped(b"a\\xzz\\x4"), b"a\\xzz\\x4");
    }

    proptest! {
        #[test]
        fn any_line_can_be_read(line in proptest::collection::vec(any::<u8>(), 0..40)) {
            prop_assert!(unescaped(&line).len() <= line.len());
        }
    }
}
