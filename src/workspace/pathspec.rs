//! What the user named on the command line: files, directories and patterns.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

use globset::{GlobBuilder, GlobMatcher};

use crate::base::RepoPath;
use crate::workspace::error::WorkspaceError;

/// A set of named paths; an empty one means everything.
#[derive(Debug, Default)]
pub struct Pathspecs {
    specs: Vec<Pathspec>,
}

#[derive(Debug)]
struct Pathspec {
    text: String,
    path: Option<RepoPath>,
    glob: Option<GlobMatcher>,
}

impl Pathspecs {
    /// Reads what the user wrote while standing in `standing`. A `*` matches slashes too, as in Git;
    /// a file that is named like a pattern can be named.
    pub fn parse(arguments: &[OsString], standing: &RepoPath) -> Result<Self, WorkspaceError> {
        let specs = arguments.iter().map(|text| Pathspec::parse(text, standing));
        Ok(Self { specs: specs.collect::<Result<_, _>>()? })
    }

    /// Returns the set of these very paths and what lies below them.
    pub fn of_paths(paths: impl IntoIterator<Item = RepoPath>) -> Self {
        let spec =
            |path: RepoPath| Pathspec { text: path.to_string(), path: Some(path), glob: None };
        Self { specs: paths.into_iter().map(spec).collect() }
    }

    /// Tells whether everything is meant.
    pub fn is_everything(&self) -> bool {
        self.specs.is_empty()
            || self.specs.iter().any(|spec| spec.path.as_ref().is_some_and(RepoPath::is_root))
    }

    /// Tells whether `path` is meant.
    pub fn matches(&self, path: &RepoPath) -> bool {
        self.specs.is_empty() || self.specs.iter().any(|spec| spec.matches(path))
    }

    /// Tells whether `path` itself was written out by the user.
    pub fn names(&self, path: &RepoPath) -> bool {
        self.specs.iter().any(|spec| spec.path.as_ref() == Some(path))
    }

    /// Returns the paths written out by the user that are `dir` or lie below it.
    pub fn named_within(&self, dir: &RepoPath) -> impl Iterator<Item = &RepoPath> {
        let plain = self.specs.iter().filter(|spec| spec.glob.is_none());
        plain.filter_map(|spec| spec.path.as_ref()).filter(move |path| path.starts_with(dir))
    }

    /// Tells whether something below the directory `dir` may be meant.
    pub fn may_match_below(&self, dir: &RepoPath) -> bool {
        self.specs.is_empty() || self.specs.iter().any(|spec| spec.may_match_below(dir))
    }

    /// Returns the deepest directory or file that all that is meant lies at or below.
    pub fn common_parent(&self) -> RepoPath {
        let mut starts = self.specs.iter().map(Pathspec::start);
        let Some(first) = starts.next() else { return RepoPath::root() };
        starts.fold(first, |common, start| {
            std::iter::successors(Some(common), RepoPath::parent)
                .find(|ancestor| start.starts_with(ancestor))
                .unwrap_or_default()
        })
    }

    /// Returns the directories and files that all that is meant lies at or below, none of them within
    /// another.
    pub fn starts(&self) -> Vec<RepoPath> {
        if self.specs.is_empty() {
            return vec![RepoPath::root()];
        }
        let mut starts: Vec<RepoPath> = self.specs.iter().map(Pathspec::start).collect();
        starts.sort();
        starts.dedup_by(|later, kept| later.starts_with(kept));
        starts
    }

    /// Returns a record of which were of use.
    pub(super) fn usage(&self) -> Usage<'_> {
        Usage { specs: self, used: vec![false; self.specs.len()] }
    }
}

/// Remembers which specs matched something.
#[derive(Debug)]
pub(super) struct Usage<'a> {
    specs: &'a Pathspecs,
    used: Vec<bool>,
}

impl Usage<'_> {
    /// Marks the specs that mean `path`; tells whether there are any.
    pub fn mark(&mut self, path: &RepoPath) -> bool {
        let mut any = self.specs.specs.is_empty();
        for (spec, used) in self.specs.specs.iter().zip(&mut self.used) {
            if spec.matches(path) {
                *used = true;
                any = true;
            }
        }
        any
    }

    /// Returns an error for the first spec that meant nothing, unless `exists` says otherwise.
    pub fn check(&self, mut exists: impl FnMut(&RepoPath) -> bool) -> Result<(), WorkspaceError> {
        for (spec, used) in self.specs.specs.iter().zip(&self.used) {
            if !used && !spec.path.as_ref().is_some_and(&mut exists) {
                return Err(WorkspaceError::NoMatch { text: spec.text.clone() });
            }
        }
        Ok(())
    }
}

impl Pathspec {
    fn parse(argument: &OsStr, standing: &RepoPath) -> Result<Self, WorkspaceError> {
        let bytes = argument.as_bytes();
        let text = argument.to_string_lossy().into_owned();
        let normal = normalize(bytes, standing, &text)?;
        let has_magic = bytes.iter().any(|b| matches!(b, b'*' | b'?' | b'['));
        let glob = match std::str::from_utf8(&normal) {
            Ok(pattern) if has_magic => Some(compile(pattern, &text)?),
            _ => None,
        };
        let path = match RepoPath::from_bytes(normal) {
            Ok(path) => Some(path),
            Err(_) if glob.is_some() => None,
            Err(rule) => return Err(WorkspaceError::BadPath { text, rule }),
        };
        Ok(Self { text, path, glob })
    }

    fn matches(&self, path: &RepoPath) -> bool {
        self.path.as_ref().is_some_and(|named| path.starts_with(named))
            || self.glob.as_ref().is_some_and(|glob| glob.is_match(path.as_path()))
    }

    fn may_match_below(&self, dir: &RepoPath) -> bool {
        let start = self.start();
        start.starts_with(dir) || dir.starts_with(&start)
    }

    /// Returns the path, or the directory before the first component with a wildcard.
    fn start(&self) -> RepoPath {
        let path = self.path.clone().unwrap_or_default();
        if self.glob.is_none() {
            return path;
        }
        let is_plain = |name: &&[u8]| !name.iter().any(|b| matches!(b, b'*' | b'?' | b'[' | b'\\'));
        let plain: Vec<&[u8]> = path.components().take_while(is_plain).collect();
        RepoPath::from_bytes(plain.join(&b'/')).unwrap_or_default()
    }
}

/// Returns the path that one argument names, for someone who stands in `standing`.
pub fn resolve_path(argument: &OsStr, standing: &RepoPath) -> Result<RepoPath, WorkspaceError> {
    let text = argument.to_string_lossy().into_owned();
    let bytes = normalize(argument.as_bytes(), standing, &text)?;
    RepoPath::from_bytes(bytes).map_err(|rule| WorkspaceError::BadPath { text, rule })
}

fn compile(pattern: &str, text: &str) -> Result<GlobMatcher, WorkspaceError> {
    let glob = GlobBuilder::new(pattern).literal_separator(false).backslash_escape(true).build();
    match glob {
        Ok(glob) => Ok(glob.compile_matcher()),
        Err(error) => {
            let reason = error.kind().to_string();
            Err(WorkspaceError::BadPattern { text: text.to_owned(), reason })
        }
    }
}

/// Returns the bytes of the path from the root, with `.` and `..` resolved by name.
fn normalize(bytes: &[u8], standing: &RepoPath, text: &str) -> Result<Vec<u8>, WorkspaceError> {
    let outside = || WorkspaceError::Outside { text: text.to_owned() };
    if bytes.first() == Some(&b'/') {
        return Err(outside());
    }
    let mut components: Vec<&[u8]> = standing.components().collect();
    for component in bytes.split(|b| *b == b'/') {
        match component {
            b"" | b"." => {}
            b".." => drop(components.pop().ok_or_else(outside)?),
            name => components.push(name),
        }
    }
    Ok(components.join(&b'/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> RepoPath {
        RepoPath::from_bytes(text).unwrap()
    }

    fn specs(arguments: &[&str], standing: &str) -> Pathspecs {
        let arguments: Vec<OsString> = arguments.iter().map(OsString::from).collect();
        Pathspecs::parse(&arguments, &path(standing)).unwrap()
    }

    #[test]
    fn names_and_patterns_are_taken_from_where_the_user_stands() {
        let specs = specs(&["../raw/", "*.csv", "./deep/x"], "data/clean");
        for (name, meant) in [
            ("data/raw", true),
            ("data/raw/any/thing", true),
            ("data/rawer", false),
            ("data/clean/a.csv", true),
            ("data/clean/sub/a.csv", true),
            ("data/a.csv", false),
            ("data/clean/deep/x", true),
        ] {
            assert_eq!(specs.matches(&path(name)), meant, "{name}");
        }
        assert_eq!(specs.common_parent(), path("data"));
        assert_eq!(specs.starts(), [path("data/clean"), path("data/raw")]);
        assert!(specs.names(&path("data/raw")) && !specs.names(&path("data/clean/a.csv")));
    }

    #[test]
    fn a_file_named_like_a_pattern_can_be_named() {
        let specs = specs(&["a[1].csv"], "");
        assert!(specs.matches(&path("a[1].csv")) && specs.matches(&path("a1.csv")));
    }

    #[test]
    fn nothing_named_and_the_root_mean_everything() {
        assert!(specs(&[], "").is_everything() && specs(&["."], "").is_everything());
        assert!(specs(&["../.."], "a/b").is_everything());
        assert!(!specs(&["."], "a").is_everything());
    }

    #[test]
    fn paths_outside_and_reserved_ones_are_refused() {
        let parse = |text: &str| Pathspecs::parse(&[text.into()], &path("a"));
        assert!(matches!(parse("../.."), Err(WorkspaceError::Outside { .. })));
        assert!(matches!(parse("/etc"), Err(WorkspaceError::Outside { .. })));
        assert!(matches!(parse("../.git/config"), Err(WorkspaceError::BadPath { .. })));
        assert!(matches!(parse("x["), Err(WorkspaceError::BadPattern { .. })));
    }

    #[test]
    fn a_spec_that_meant_nothing_is_named() {
        let specs = specs(&["a", "b*"], "");
        let mut usage = specs.usage();
        assert!(usage.mark(&path("a/x")) && !usage.mark(&path("c")));
        let error = usage.check(|_| false).unwrap_err();
        assert_eq!(error.to_string(), "`b*` matches no file");
    }
}
