//! `PathList`: many paths in little memory, each as what it does not share with the one before.

use std::fmt;

use crate::base::RepoPath;

/// A list of paths. It is small where neighbours share their beginnings, as sorted paths do.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct PathList {
    /// For each path how many bytes it shares with the one before, how many follow, and those.
    bytes: Vec<u8>,
    last: RepoPath,
    len: usize,
}

/// The paths of a list, in its order.
#[derive(Debug, Clone)]
pub struct Paths<'a> {
    bytes: &'a [u8],
    last: RepoPath,
}

impl PathList {
    /// Appends a path.
    pub fn push(&mut self, path: RepoPath) {
        let shared = self.last.0.iter().zip(&path.0).take_while(|(a, b)| a == b).count();
        let tail = &path.0[shared..];
        push_number(shared, &mut self.bytes);
        push_number(tail.len(), &mut self.bytes);
        self.bytes.extend_from_slice(tail);
        self.last = path;
        self.len += 1;
    }

    pub fn len(&self) -> usize {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Returns the paths in the order in which they were added.
    pub fn iter(&self) -> Paths<'_> {
        Paths { bytes: &self.bytes, last: RepoPath::root() }
    }
}

impl Iterator for Paths<'_> {
    type Item = RepoPath;

    fn next(&mut self) -> Option<RepoPath> {
        if self.bytes.is_empty() {
            return None;
        }
        let (shared, length) = (take_number(&mut self.bytes), take_number(&mut self.bytes));
        let (tail, rest) = self.bytes.split_at(length);
        self.bytes = rest;
        self.last.0.truncate(shared);
        self.last.0.extend_from_slice(tail);
        Some(self.last.clone())
    }
}

impl<'a> IntoIterator for &'a PathList {
    type Item = RepoPath;
    type IntoIter = Paths<'a>;

    fn into_iter(self) -> Paths<'a> {
        self.iter()
    }
}

impl FromIterator<RepoPath> for PathList {
    fn from_iter<T: IntoIterator<Item = RepoPath>>(paths: T) -> Self {
        let mut list = Self::default();
        paths.into_iter().for_each(|path| list.push(path));
        list
    }
}

impl fmt::Debug for PathList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self).finish()
    }
}

impl serde::Serialize for PathList {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self)
    }
}

/// Appends a number, seven bits to a byte, the lowest first.
fn push_number(mut number: usize, bytes: &mut Vec<u8>) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn take_number(bytes: &mut &[u8]) -> usize {
    let end = bytes.iter().position(|byte| *byte < 0x80).map_or(bytes.len(), |last| last + 1);
    let (number, rest) = bytes.split_at(end);
    *bytes = rest;
    number.iter().rev().fold(0, |sum, byte| sum << 7 | usize::from(byte & 0x7f))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_list_gives_back_what_it_was_given(names in prop::collection::vec("[ab/]{0,300}", 0..9)) {
            let paths = names.into_iter().filter_map(|name| RepoPath::from_bytes(name).ok());
            let paths: Vec<_> = paths.collect();
            let list: PathList = paths.iter().cloned().collect();
            prop_assert_eq!(list.len(), paths.len());
            prop_assert_eq!(list.iter().collect::<Vec<_>>(), paths);
        }
    }

    #[test]
    fn numbered_files_take_a_few_bytes_each() {
        let path = |n: u32| RepoPath::from_bytes(format!("data/images/{n:06}.jpg")).unwrap();
        let list: PathList = (0..10_000).map(path).collect();
        assert!(list.bytes.len() < 80_000, "{}", list.bytes.len());
    }
}
