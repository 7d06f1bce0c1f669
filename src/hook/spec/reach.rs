//! How far globs over paths can reach, so that nobody looks where they cannot match.

use crate::base::RepoPath;
use crate::hook::spec::glob::Globs;

/// A part of a tree that a glob can match in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reach {
    /// Nothing that matches lies elsewhere.
    pub below: RepoPath,
    /// Whether all that lies there matches.
    pub whole: bool,
}

impl Globs {
    /// Returns where these globs, over paths, can match: sorted, none of it inside another.
    pub fn reach(&self) -> Vec<Reach> {
        let excludes = self.patterns().iter().any(|pattern| pattern.starts_with('!'));
        let wanted = self.patterns().iter().filter(|pattern| !pattern.starts_with('!'));
        let mut reaches: Vec<Reach> = wanted.map(|pattern| reach_of(pattern)).collect();
        // Of two at one place the whole one comes first.
        reaches.sort_by(|a, b| a.below.cmp(&b.below).then(b.whole.cmp(&a.whole)));
        let mut apart: Vec<Reach> = Vec::new();
        for reach in reaches {
            // What is inside one that matches only in part is found when that is looked through.
            if !apart.iter().any(|wider| reach.below.starts_with(&wider.below)) {
                apart.push(reach);
            }
        }
        if excludes {
            for reach in &mut apart {
                reach.whole = false;
            }
        }
        apart
    }
}

fn reach_of(pattern: &str) -> Reach {
    let is_wild =
        |part: &&str| part.bytes().any(|b| matches!(b, b'*' | b'?' | b'[' | b'{' | b'\\'));
    let parts: Vec<&str> = pattern.trim_end_matches('/').split('/').collect();
    let literal: Vec<&str> = parts.iter().copied().take_while(|part| !is_wild(part)).collect();
    let whole = matches!(&parts[literal.len()..], [] | ["**"]);
    // What is no path is no place to look in: then everything is looked through.
    match RepoPath::from_bytes(literal.join("/")) {
        Ok(below) => Reach { below, whole },
        Err(_) => Reach { below: RepoPath::root(), whole: false },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reach(patterns: &[&str]) -> Vec<String> {
        let patterns = patterns.iter().map(ToString::to_string).collect();
        let shown =
            |reach: &Reach| format!("{}{}", reach.below, if reach.whole { " *" } else { "" });
        Globs::of_paths(patterns).unwrap().reach().iter().map(shown).collect()
    }

    #[test]
    fn a_glob_reaches_below_what_stands_before_its_wildcards() {
        assert_eq!(reach(&["data/raw/**"]), ["data/raw *"]);
        assert_eq!(reach(&["params.yaml"]), ["params.yaml *"]);
        assert_eq!(reach(&["models/"]), ["models *"]);
        assert_eq!(reach(&["data/raw/*.csv"]), ["data/raw"]);
        assert_eq!(reach(&["data/r*/x/**"]), ["data"]);
        assert_eq!(reach(&["a/**/b"]), ["a"]);
    }

    #[test]
    fn a_part_inside_another_is_not_looked_at_twice() {
        assert_eq!(reach(&["data/**", "data/raw/*.csv", "code"]), ["code *", "data *"]);
        assert_eq!(reach(&["data/*.csv", "data/**"]), ["data *"]);
        assert_eq!(reach(&["data/*.csv", "data/raw/**"]), ["data"]);
    }

    #[test]
    fn everything_is_one_reach() {
        let everything = reach(&["**", "a/b"]);
        assert_eq!(everything.len(), 1);
        assert!(everything[0].ends_with(" *"));
    }
}
