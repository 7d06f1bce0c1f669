//! Globs over repository paths and branch names, and whether two of them can meet.

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use crate::base::RepoPath;

/// A list of globs; an empty one matches nothing.
///
/// `*` and `?` stop at `/`, `**` does not.
#[derive(Debug, Clone)]
pub struct Globs {
    patterns: Vec<String>,
    set: GlobSet,
}

const MAX_GLOBS: usize = 1_000;
const MAX_LENGTH: usize = 1_024;

/// Why a text is no glob.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GlobError {
    #[error("an empty glob matches nothing")]
    Empty,
    #[error("`{pattern}` must be relative to the root of the repository, without `.` or `..`")]
    NotRelative { pattern: String },
    #[error("a list of more than {MAX_GLOBS} globs")]
    TooMany,
    #[error("a glob of more than {MAX_LENGTH} bytes")]
    TooLong,
    #[error("negated globs are not supported by this version")]
    Negated,
    #[error("`{pattern}` is not a glob: {reason}")]
    Malformed { pattern: String, reason: String },
}

impl Globs {
    /// Returns globs over paths: one without wildcards, or with a `/` at its end, also matches all
    /// that lies below.
    pub fn of_paths(patterns: Vec<String>) -> Result<Self, GlobError> {
        patterns.iter().try_for_each(|pattern| check_path_pattern(pattern))?;
        Self::build(patterns, with_everything_below)
    }

    /// Returns globs over names, as of branches.
    pub fn of_names(patterns: Vec<String>) -> Result<Self, GlobError> {
        for pattern in &patterns {
            check_sign(pattern)?;
        }
        Self::build(patterns, |pattern| vec![pattern.to_owned()])
    }

    fn build(
        patterns: Vec<String>,
        spellings: impl Fn(&str) -> Vec<String>,
    ) -> Result<Self, GlobError> {
        if patterns.len() > MAX_GLOBS {
            return Err(GlobError::TooMany);
        }
        let mut set = GlobSetBuilder::new();
        for pattern in &patterns {
            for spelling in spellings(pattern) {
                let glob = GlobBuilder::new(&spelling)
                    .literal_separator(true)
                    .backslash_escape(true)
                    .build()
                    .map_err(|error| malformed(pattern, &error))?;
                set.add(glob);
            }
        }
        let set = set
            .build()
            .map_err(|error| malformed(patterns.first().map_or("", String::as_str), &error))?;
        Ok(Self { patterns, set })
    }

    /// Returns the glob over paths that matches this one, with what lies below it, and no other.
    pub fn literal(path: &str) -> String {
        let escape =
            |c: char| if "*?[]{}\\".contains(c) { format!("\\{c}") } else { c.to_string() };
        path.chars().map(escape).collect()
    }

    pub fn is_empty(&self) -> bool {
        self.patterns.is_empty()
    }

    /// Returns the globs as they were written.
    pub fn patterns(&self) -> &[String] {
        &self.patterns
    }

    pub fn matches_path(&self, path: &RepoPath) -> bool {
        self.set.is_match(path.as_path())
    }

    /// Tells whether something below a directory could match.
    pub fn may_match_below(&self, dir: &RepoPath) -> bool {
        let names: Vec<String> = dir.components().map(literal_component).collect();
        let below: Vec<&str> = names.iter().map(String::as_str).chain(["**"]).collect();
        let mut spellings = self.patterns.iter().flat_map(|glob| with_everything_below(glob));
        spellings.any(|spelling| can_meet(&split(&spelling), &below))
    }

    pub fn matches_name(&self, name: &str) -> bool {
        self.set.is_match(name)
    }

    /// Returns the directories and files below which everything lies that these lists can match, none
    /// below another.
    pub fn roots(lists: &[&Self]) -> Vec<RepoPath> {
        let patterns = lists.iter().flat_map(|list| &list.patterns);
        let mut roots: Vec<RepoPath> = patterns.map(|pattern| root_of(pattern)).collect();
        roots.sort_unstable();
        let mut kept: Vec<RepoPath> = Vec::new();
        for root in roots {
            if !kept.iter().any(|above| root.starts_with(above)) {
                kept.push(root);
            }
        }
        kept
    }

    /// Returns a pair of globs over paths, one of each list, that some path could match both.
    pub fn path_overlap<'a>(&'a self, other: &'a Self) -> Option<(&'a str, &'a str)> {
        self.patterns.iter().find_map(|mine| {
            let theirs = other.patterns.iter().find(|theirs| paths_can_meet(mine, theirs))?;
            Some((mine.as_str(), theirs.as_str()))
        })
    }

    /// Returns how much work it is at the most to hold this list against the other.
    pub fn comparison_cost(&self, other: &Self) -> u64 {
        let pairs = self.patterns.iter().flat_map(|a| other.patterns.iter().map(move |b| (a, b)));
        pairs.map(|(a, b)| if begin_alike(a, b) { (a.len() * b.len()) as u64 } else { 0 }).sum()
    }

    /// Tells whether some name could match a glob of each list.
    pub fn names_can_meet(&self, other: &Self) -> bool {
        let meet = |a: &String| other.patterns.iter().any(|b| can_meet(&split(a), &split(b)));
        self.patterns.iter().any(meet)
    }
}

fn malformed(pattern: &str, error: &globset::Error) -> GlobError {
    GlobError::Malformed { pattern: pattern.to_owned(), reason: error.kind().to_string() }
}

fn check_sign(pattern: &str) -> Result<(), GlobError> {
    match pattern.as_bytes().first() {
        None => Err(GlobError::Empty),
        Some(b'!') => Err(GlobError::Negated),
        Some(_) if pattern.len() > MAX_LENGTH => Err(GlobError::TooLong),
        Some(_) => Ok(()),
    }
}

fn check_path_pattern(pattern: &str) -> Result<(), GlobError> {
    check_sign(pattern)?;
    let inner = pattern.strip_suffix('/').unwrap_or(pattern);
    let stray = inner.split('/').any(|part| matches!(part, "" | "." | ".."));
    if stray {
        return Err(GlobError::NotRelative { pattern: pattern.to_owned() });
    }
    Ok(())
}

fn is_wild(text: &str) -> bool {
    text.bytes().any(is_wild_byte)
}

fn is_wild_byte(byte: u8) -> bool {
    matches!(byte, b'*' | b'?' | b'[' | b'{' | b'\\')
}

fn with_everything_below(pattern: &str) -> Vec<String> {
    match pattern.strip_suffix('/') {
        Some(dir) if is_wild(dir) => vec![format!("{dir}/**")],
        Some(dir) => vec![dir.to_owned(), format!("{dir}/**")],
        None if is_wild(pattern) => vec![pattern.to_owned()],
        None => vec![pattern.to_owned(), format!("{pattern}/**")],
    }
}

/// Returns the glob of one component that matches this name; every name where it is no text.
fn literal_component(name: &[u8]) -> String {
    match std::str::from_utf8(name) {
        Ok(text) => text.chars().flat_map(|c| ['\\', c]).collect(),
        Err(_) => "*".to_owned(),
    }
}

/// Returns what every match of a glob begins with.
fn literal_start(pattern: &str) -> &[u8] {
    let bytes = pattern.strip_suffix('/').unwrap_or(pattern).as_bytes();
    &bytes[..bytes.iter().position(|b| is_wild_byte(*b)).unwrap_or(bytes.len())]
}

/// Returns the longest path without wildcards at or below which a glob matches.
fn root_of(pattern: &str) -> RepoPath {
    let literal = literal_start(pattern);
    let whole = pattern.strip_suffix('/').unwrap_or(pattern);
    let end = if literal.len() == whole.len() {
        literal.len()
    } else {
        literal.iter().rposition(|byte| *byte == b'/').unwrap_or(0)
    };
    RepoPath::from_bytes(&literal[..end]).unwrap_or_default()
}

/// Tells whether what stands before the wildcards of each lets both match one path.
fn begin_alike(a: &str, b: &str) -> bool {
    let (a, b) = (literal_start(a), literal_start(b));
    let shorter = a.len().min(b.len());
    a[..shorter] == b[..shorter]
}

fn paths_can_meet(a: &str, b: &str) -> bool {
    if !begin_alike(a, b) {
        return false;
    }
    let spellings = with_everything_below(b);
    with_everything_below(a)
        .iter()
        .any(|a| spellings.iter().any(|b| can_meet(&split(a), &split(b))))
}

fn split(pattern: &str) -> Vec<&str> {
    pattern.split('/').collect()
}

/// Tells whether two globs, cut at `/`, have a path in common; in doubt, yes.
fn can_meet(a: &[&str], b: &[&str]) -> bool {
    sequences_meet(a, b, |part| *part == "**", |a, b| components_meet(a, b))
}

fn components_meet(a: &str, b: &str) -> bool {
    let (a, b) = (simplify(a), simplify(b));
    sequences_meet(&a, &b, |c| *c == '*', |a, b| a == b || *a == '?' || *b == '?')
}

/// Returns a component with its classes as `?` and its alternatives as `*`: never narrower.
fn simplify(component: &str) -> Vec<char> {
    let mut simple = Vec::new();
    let mut rest = component.chars();
    while let Some(c) = rest.next() {
        match c {
            '\\' => simple.extend(rest.next()),
            '[' => {
                // A `]` that comes first stands for itself.
                let _ = rest.next();
                let _ = rest.by_ref().find(|c| *c == ']');
                simple.push('?');
            }
            // Alternatives may nest and may hold a `/`: from here on anything goes.
            '{' | '}' => return vec!['*'],
            other => simple.push(other),
        }
    }
    simple
}

/// Tells whether two patterns have a sequence in common, where a star stands for any run.
fn sequences_meet<T>(
    a: &[T],
    b: &[T],
    is_star: impl Fn(&T) -> bool,
    meet: impl Fn(&T, &T) -> bool,
) -> bool {
    // `next[j]`: what is left of `a` and `b[j..]` meet; filled from the ends, so never exponential.
    let mut next: Vec<bool> = Vec::new();
    for i in (0..=a.len()).rev() {
        let mut row = vec![false; b.len() + 1];
        for j in (0..=b.len()).rev() {
            row[j] = match (a.get(i), b.get(j)) {
                (None, None) => true,
                (Some(x), _) if is_star(x) => next[j] || (j < b.len() && row[j + 1]),
                (_, Some(y)) if is_star(y) => row[j + 1] || (i < a.len() && next[j]),
                (Some(x), Some(y)) => meet(x, y) && next[j + 1],
                _ => false,
            };
        }
        next = row;
    }
    next[0]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn globs(pattern: &str) -> Globs {
        Globs::of_paths(vec![pattern.to_owned()]).unwrap()
    }

    fn path(bytes: &[u8]) -> RepoPath {
        RepoPath::from_bytes(bytes).unwrap()
    }

    #[test]
    fn matches_lie_below_what_stands_before_the_wildcards() {
        let roots = |patterns: &[&str]| {
            let globs =
                Globs::of_paths(patterns.iter().map(|p| (*p).to_owned()).collect()).unwrap();
            Globs::roots(&[&globs]).iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(roots(&["data/raw/**", "a.py", "m/x-*/y"]), ["a.py", "data/raw", "m"]);
        assert_eq!(roots(&["data/", "data/raw/*", "dat?/x"]), [""]);
        assert_eq!(roots(&["data", "data/raw/*", "database/*"]), ["data", "database"]);
    }

    #[test]
    fn a_plain_path_matches_itself_and_everything_below() {
        for pattern in ["data/raw", "data/raw/"] {
            assert!(globs(pattern).matches_path(&path(b"data/raw")));
            assert!(globs(pattern).matches_path(&path(b"data/raw/a/b.csv")));
            assert!(!globs(pattern).matches_path(&path(b"data/rawer")));
            assert!(!globs(pattern).matches_path(&path(b"x/data/raw")));
        }
    }

    #[test]
    fn a_star_stops_at_a_slash_and_two_do_not() {
        assert!(globs("data/*.csv").matches_path(&path(b"data/a.csv")));
        assert!(!globs("data/*.csv").matches_path(&path(b"data/x/a.csv")));
        assert!(globs("data/**/*.csv").matches_path(&path(b"data/a.csv")));
        assert!(globs("**").matches_path(&path(b"a/b/c")));
        assert!(!globs("data/*").matches_path(&path(b"data/x/a.csv")));
    }

    #[test]
    fn paths_that_are_no_text_are_matched_by_their_bytes() {
        assert!(globs("data/**").matches_path(&path(b"data/\xff\xfe")));
        assert!(globs("data/*.csv").matches_path(&path(b"data/\xff.csv")));
    }

    #[test]
    fn globs_that_could_never_match_are_refused() {
        for pattern in ["", "/abs", "../up", "a/./b", "!not", "a[", "a{b"] {
            assert!(Globs::of_paths(vec![pattern.to_owned()]).is_err(), "{pattern}");
        }
    }

    #[test]
    fn overlaps_are_found_and_strangers_left_alone() {
        for (a, b) in [
            ("models/**", "models/churn/**"),
            ("models", "models/churn/x.bin"),
            ("metrics/*.json", "metrics/a*"),
            ("**/x", "a/b/**"),
            ("a/{b,c}/d", "a/c/d"),
            ("a/[xy]", "a/y"),
        ] {
            assert!(globs(a).path_overlap(&globs(b)).is_some(), "{a} {b}");
        }
        for (a, b) in [
            ("metrics/*.json", "metrics/*.csv"),
            ("models/a/**", "models/b/**"),
            ("a/*", "a/b/c"),
            ("data", "database"),
        ] {
            assert!(globs(a).path_overlap(&globs(b)).is_none(), "{a} {b}");
        }
    }

    #[test]
    fn only_directories_that_can_hold_a_match_are_entered() {
        for (pattern, dir) in [
            ("hooks/*.yaml", "hooks"),
            ("**/x.yaml", "a/b"),
            ("hooks", "hooks/deep"),
            ("a/[xy]*/c", "a/x1"),
        ] {
            assert!(globs(pattern).may_match_below(&path(dir.as_bytes())), "{pattern} {dir}");
        }
        for (pattern, dir) in [
            ("hooks/*.yaml", "hook"),
            ("hooks/*.yaml", "hooks/deep"),
            ("*.yaml", "a"),
            ("a/b*", "a/c"),
        ] {
            assert!(!globs(pattern).may_match_below(&path(dir.as_bytes())), "{pattern} {dir}");
        }
    }

    proptest! {
        #[test]
        fn every_directory_above_a_match_is_entered(
            glob in "(\\*\\*/)?[ab*?]{1,3}(/[ab*]{1,2}){0,2}(/\\*\\*)?",
            name in "[ab]{1,3}(/[ab]{1,2}){1,3}",
        ) {
            let (Ok(globs), name) = (Globs::of_paths(vec![glob]), path(name.as_bytes())) else {
                return Ok(());
            };
            if globs.matches_path(&name) {
                let above = std::iter::successors(name.parent(), RepoPath::parent);
                for dir in above {
                    prop_assert!(globs.may_match_below(&dir), "{dir}");
                }
            }
        }

        #[test]
        fn two_globs_that_match_one_path_are_said_to_overlap(
            a in "(\\*\\*/)?[ab*?]{1,3}(/[ab*]{1,2})?(/\\*\\*)?",
            b in "(\\*\\*/)?[ab*?]{1,3}(/[ab*]{1,2})?(/\\*\\*)?",
            name in "[ab]{1,3}(/[ab]{1,2}){0,2}",
        ) {
            let made = (Globs::of_paths(vec![a]), Globs::of_paths(vec![b]));
            if let (Ok(a), Ok(b)) = made {
                let name = path(name.as_bytes());
                if a.matches_path(&name) && b.matches_path(&name) {
                    prop_assert!(a.path_overlap(&b).is_some());
                }
            }
        }

        #[test]
        fn making_globs_of_any_text_never_panics(a in ".{0,16}", b in ".{0,16}") {
            if let (Ok(a), Ok(b)) = (Globs::of_paths(vec![a]), Globs::of_paths(vec![b])) {
                let _ = a.path_overlap(&b);
            }
        }
    }
}
