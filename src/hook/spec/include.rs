//! `include`: more files of definitions, found by globs over the paths of the same tree.

use crate::base::RepoPath;
use crate::base::yaml::{self, Node, Value};
use crate::hook::spec::glob::Globs;
use crate::hook::spec::read::{Draft, FILE_NAME, SpecFile};
use crate::hook::spec::reader::Reader;

/// No more files than this are included.
pub const MAX_INCLUDED: usize = 256;

/// Returns globs over the paths that a file includes; none where it includes nothing, or where it
/// cannot be read, of which [`parse_files`](super::parse_files) says why.
pub fn included_paths(bytes: &[u8]) -> Globs {
    let read = || {
        let text = std::str::from_utf8(bytes).ok().filter(|text| text.len() <= yaml::MAX_BYTES)?;
        let tree = yaml::parse(text).ok()?;
        let Value::Map(entries) = tree.value else { return None };
        let (_, value) = entries.into_iter().find(|(key, _)| key.text == "include")?;
        let texts = match &value.value {
            Value::List(items) => items.iter().filter_map(|item| item.value.scalar()).collect(),
            other => vec![other.scalar()?],
        };
        // One that is no glob leaves the others: its fault must not hide theirs.
        let well = |text: &&str| Globs::of_paths(vec![(*text).to_owned()]).is_ok();
        let texts = texts.into_iter().filter(well).map(str::to_owned).collect();
        Globs::of_paths(texts).ok()
    };
    read().unwrap_or_else(super::reader::no_globs)
}

impl Reader<'_> {
    pub(super) fn includes(&mut self, node: &Node, draft: &mut Draft) {
        for (place, text) in self.texts(node, "`include`") {
            match Globs::of_paths(vec![text.to_owned()]) {
                Ok(globs) => draft.includes.push((place, globs)),
                Err(error) => self.fault(place, error.to_string()),
            }
        }
    }

    /// Notes what is included but does not exist, and more files than there may be.
    pub(super) fn included_files(&mut self, draft: &Draft, included: &[SpecFile<'_>]) {
        let paths: Vec<_> =
            included.iter().filter_map(|file| RepoPath::from_bytes(file.name).ok()).collect();
        for (place, globs) in &draft.includes {
            if !paths.iter().any(|path| globs.matches_path(path)) {
                let message = format!("`{}` matches no file", globs.patterns().join(" "));
                let help = format!(
                    "paths are relative to the root of the repository; `{FILE_NAME}` is not included again"
                );
                self.fault_with(*place, message, Some(help));
            }
        }
        if let Some((place, _)) = draft.includes.first()
            && included.len() > MAX_INCLUDED
        {
            self.fault(*place, format!("includes more than {MAX_INCLUDED} files"));
        }
    }
}
