//! Keys that sort, byte by byte, as paths do by components: `/` becomes the lowest byte.

use std::cmp::Ordering;

use crate::base::RepoPath;

/// Returns the key of a path.
pub fn key_of(path: &RepoPath) -> Vec<u8> {
    path.as_bytes().iter().map(|b| rank(*b)).collect()
}

/// Returns the path of a key, or nothing where it is none.
#[cfg(test)]
pub fn path_of_key(key: &[u8]) -> Option<RepoPath> {
    let bytes: Vec<u8> = key.iter().map(|b| if *b == 0 { b'/' } else { *b }).collect();
    RepoPath::from_bytes(bytes).ok()
}

/// Compares a path with a key, without making the key of the path.
pub fn compare_with_key(path: &RepoPath, key: &[u8]) -> Ordering {
    path.as_bytes().iter().map(|b| rank(*b)).cmp(key.iter().copied())
}

fn rank(byte: u8) -> u8 {
    if byte == b'/' { 0 } else { byte }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn keys_sort_as_paths_do(a in "[a-c!-/]{1,6}", b in "[a-c!-/]{1,6}") {
            if let (Ok(a), Ok(b)) = (RepoPath::from_bytes(a), RepoPath::from_bytes(b)) {
                prop_assert_eq!(key_of(&a).cmp(&key_of(&b)), a.cmp(&b));
                prop_assert_eq!(compare_with_key(&a, &key_of(&b)), a.cmp(&b));
                prop_assert_eq!(path_of_key(&key_of(&a)), Some(a));
            }
        }
    }
}
