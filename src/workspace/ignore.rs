//! `.mlvignore`: patterns of files that are not offered, in the syntax of `.gitignore`, in any
//! directory. Git's own ignore files are not asked: data is what they name.

use std::io::Read;
use std::sync::Arc;

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use crate::base::RepoPath;
use crate::workspace::disk::Cursor;
use crate::workspace::notice::Notice;

/// The name of the files with patterns.
pub const IGNORE_FILE: &[u8] = b".mlvignore";

/// The largest pattern file that is read.
const MAX_IGNORE_FILE: u64 = 1 << 20;

/// The patterns of a directory and of those above it.
#[derive(Debug, Clone, Default)]
pub struct IgnoreRules {
    innermost: Option<Arc<Level>>,
}

#[derive(Debug)]
struct Level {
    /// How many bytes of a path lead to the directory of these patterns, with the slash.
    prefix: usize,
    matcher: Gitignore,
    outer: Option<Arc<Level>>,
}

impl IgnoreRules {
    /// Returns the rules with those of the file text of directory `dir` added.
    pub fn with_patterns(&self, dir: &RepoPath, text: &[u8]) -> (Self, Vec<Notice>) {
        let mut builder = GitignoreBuilder::new(".");
        let mut notices = Vec::new();
        let text = String::from_utf8_lossy(text);
        for (index, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
            if let Err(error) = builder.add_line(None, line) {
                notices.push(bad_pattern(dir, index + 1, &error));
            }
        }
        let prefix = if dir.is_root() { 0 } else { dir.as_bytes().len() + 1 };
        match builder.build() {
            Ok(matcher) if !matcher.is_empty() => {
                let level = Level { prefix, matcher, outer: self.innermost.clone() };
                (Self { innermost: Some(Arc::new(level)) }, notices)
            }
            Ok(_) => (self.clone(), notices),
            Err(error) => {
                notices.push(bad_pattern(dir, 0, &error));
                (self.clone(), notices)
            }
        }
    }

    /// Returns the rules with those of the pattern file in `dir` added.
    pub fn read_in(&self, cursor: &mut Cursor, dir: &RepoPath) -> (Self, Vec<Notice>) {
        let Ok(path) = dir.child(IGNORE_FILE) else {
            return (self.clone(), vec![]);
        };
        let mut text = Vec::new();
        let read = cursor
            .open_file(&path)
            .map_err(|error| error.source)
            .and_then(|file| file.take(MAX_IGNORE_FILE).read_to_end(&mut text));
        match read {
            Ok(_) => self.with_patterns(dir, &text),
            Err(error) => {
                let notice = Notice::Unreadable { path, reason: error.to_string() };
                (self.clone(), vec![notice])
            }
        }
    }

    /// Tells whether there is no pattern at all.
    pub fn is_empty(&self) -> bool {
        self.innermost.is_none()
    }

    /// Tells whether `path` is ignored, its parents being not.
    pub fn ignores(&self, path: &RepoPath, is_directory: bool) -> bool {
        let mut level = self.innermost.as_deref();
        while let Some(Level { prefix, matcher, outer }) = level {
            let below = RepoPath::from_bytes(&path.as_bytes()[*prefix..]).unwrap_or_default();
            match matcher.matched(below.as_path(), is_directory) {
                Match::Ignore(_) => return true,
                Match::Whitelist(_) => return false,
                Match::None => level = outer.as_deref(),
            }
        }
        false
    }
}

fn bad_pattern(dir: &RepoPath, line: usize, error: &ignore::Error) -> Notice {
    let path = dir.child(IGNORE_FILE).unwrap_or_default();
    Notice::BadIgnorePattern { path, line, reason: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> RepoPath {
        RepoPath::from_bytes(text).unwrap()
    }

    fn rules(text: &str) -> IgnoreRules {
        IgnoreRules::default().with_patterns(&RepoPath::root(), text.as_bytes()).0
    }

    #[test]
    fn patterns_mean_what_they_mean_in_git() {
        let rules = rules("*.tmp\n/only-here\nlogs/\n!keep.tmp\n# comment\n\\#file\n");
        for (name, is_directory, ignored) in [
            ("a.tmp", false, true),
            ("deep/down/a.tmp", false, true),
            ("keep.tmp", false, false),
            ("only-here", false, true),
            ("sub/only-here", false, false),
            ("logs", true, true),
            ("logs", false, false),
            ("sub/logs", true, true),
            ("#file", false, true),
            ("a.csv", false, false),
        ] {
            assert_eq!(rules.ignores(&path(name), is_directory), ignored, "{name}");
        }
    }

    #[test]
    fn inner_patterns_win_over_outer_ones() {
        let (inner, _) = rules("*.csv").with_patterns(&path("keep"), b"!*.csv\n/x");
        assert!(!inner.ignores(&path("keep/a.csv"), false));
        assert!(inner.ignores(&path("keep/x"), false));
        assert!(!inner.ignores(&path("keep/y/x"), false));
    }

    #[test]
    fn a_bad_pattern_is_named_with_its_line_and_the_rest_holds() {
        let text = b"*.tmp\n[z-a]\n*.log\n";
        let (rules, notices) = IgnoreRules::default().with_patterns(&path("data"), text);
        assert!(matches!(
            &notices[..],
            [Notice::BadIgnorePattern { path, line: 2, .. }] if path.to_string() == "data/.mlvignore"
        ));
        assert!(rules.ignores(&path("data/a.tmp"), false));
        assert!(rules.ignores(&path("data/a.log"), false));
    }

    #[test]
    fn names_that_are_no_text_can_be_ignored() {
        let odd = RepoPath::from_bytes(b"a\xff.tmp".to_vec()).unwrap();
        assert!(rules("*.tmp").ignores(&odd, false));
    }
}
