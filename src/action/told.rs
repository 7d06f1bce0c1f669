//! What an action is told: its parameters, and the files that have changed.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use serde_json::{Map, Value as Json};

use crate::action::ActionError;
use crate::base::RepoPath;
use crate::base::fs::IoContext;
use crate::config::Environment;
use crate::hook::spec::Globs;

/// The parameters and the changed paths, as the runner hands them over.
#[derive(Debug)]
pub(super) struct Told {
    with: Map<String, Json>,
    changed: PathBuf,
    pub(super) output: PathBuf,
}

impl Told {
    pub(super) fn read(environment: &Environment) -> Result<Self, ActionError> {
        let path =
            |name| environment.raw(name).map(PathBuf::from).ok_or(ActionError::NotAHook(name));
        let with = environment.get("MLV_WITH").ok_or(ActionError::NotAHook("MLV_WITH"))?;
        Ok(Self {
            with: serde_json::from_str(with).map_err(ActionError::BadParameters)?,
            changed: path("MLV_CHANGED_FILES")?,
            output: path("MLV_OUTPUT")?,
        })
    }

    pub(super) fn text(&self, name: &str) -> &str {
        self.with.get(name).and_then(Json::as_str).unwrap_or_default()
    }

    pub(super) fn texts(&self, name: &str) -> Vec<String> {
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
