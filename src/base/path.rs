//! `RepoPath`: a path inside the repository, as bytes, that cannot leave it.

mod list;

use std::cmp::Ordering;
use std::ffi::OsStr;
use std::fmt;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

pub use list::PathList;

/// A path relative to the root of the repository: components of any bytes but NUL and `/`, joined by
/// `/`; never `.`, `..`, `.mlv` or `.git`. The empty path is the root.
///
/// Ordered by components, as a depth-first walk with sorted names meets them: `a/b` before `a.b`.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct RepoPath(Vec<u8>);

/// Which rule a path breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PathRule {
    #[error("it is absolute")]
    Absolute,
    #[error("it has an empty component")]
    EmptyComponent,
    #[error("it has a `.` or `..` component")]
    Dots,
    #[error("it has a NUL byte")]
    Nul,
    #[error("`.mlv` and `.git` are not for versioned files")]
    Reserved,
    #[error("it is nested too deep")]
    Deep,
    #[error("it is the root")]
    Root,
}

/// Checks one file or directory name against the rules for components.
pub fn check_name(name: &[u8]) -> Result<(), PathRule> {
    if name.is_empty() || name.contains(&b'/') {
        Err(PathRule::EmptyComponent)
    } else if name == b"." || name == b".." {
        Err(PathRule::Dots)
    } else if name.contains(&0) {
        Err(PathRule::Nul)
    } else if name.eq_ignore_ascii_case(b".mlv") || name.eq_ignore_ascii_case(b".git") {
        Err(PathRule::Reserved)
    } else {
        Ok(())
    }
}

impl RepoPath {
    /// Returns the root.
    pub fn root() -> Self {
        Self::default()
    }

    /// Returns the path of these bytes; trailing slashes are not accepted.
    pub fn from_bytes(bytes: impl Into<Vec<u8>>) -> Result<Self, PathRule> {
        let bytes = bytes.into();
        if bytes.first() == Some(&b'/') {
            return Err(PathRule::Absolute);
        }
        if !bytes.is_empty() {
            bytes.split(|b| *b == b'/').try_for_each(check_name)?;
        }
        Ok(Self(bytes))
    }

    /// Returns the path of a relative operating-system path that is already normal.
    pub fn from_relative(path: &Path) -> Result<Self, PathRule> {
        Self::from_bytes(path.as_os_str().as_bytes())
    }

    /// Returns this path with one more component, which must be a valid name.
    pub fn child(&self, name: &[u8]) -> Result<Self, PathRule> {
        check_name(name)?;
        let mut bytes = Vec::with_capacity(self.0.len() + 1 + name.len());
        bytes.extend_from_slice(&self.0);
        if !bytes.is_empty() {
            bytes.push(b'/');
        }
        bytes.extend_from_slice(name);
        Ok(Self(bytes))
    }

    /// Returns this path followed by `tail`.
    pub fn join(&self, tail: &Self) -> Self {
        if self.is_root() {
            return tail.clone();
        }
        if tail.is_root() {
            return self.clone();
        }
        let mut bytes = self.0.clone();
        bytes.push(b'/');
        bytes.extend_from_slice(&tail.0);
        Self(bytes)
    }

    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Returns the components from the root down.
    pub fn components(&self) -> impl DoubleEndedIterator<Item = &[u8]> {
        self.0.split(|b| *b == b'/').filter(|name| !name.is_empty())
    }

    /// Returns the last component, or nothing for the root.
    pub fn file_name(&self) -> Option<&[u8]> {
        self.components().next_back()
    }

    /// Returns the directory that holds this path, or nothing for the root.
    pub fn parent(&self) -> Option<Self> {
        if self.is_root() {
            return None;
        }
        let end = self.0.iter().rposition(|b| *b == b'/').unwrap_or(0);
        Some(Self(self.0[..end].to_vec()))
    }

    /// Tells whether this path is `ancestor` or lies below it.
    pub fn starts_with(&self, ancestor: &Self) -> bool {
        ancestor.is_root()
            || (self.0.starts_with(&ancestor.0)
                && matches!(self.0.get(ancestor.0.len()), None | Some(b'/')))
    }

    /// Returns what remains below `ancestor`, or nothing where this path does not lie there.
    pub fn strip_prefix(&self, ancestor: &Self) -> Option<Self> {
        if !self.starts_with(ancestor) {
            return None;
        }
        let skip = if ancestor.is_root() { 0 } else { (ancestor.0.len() + 1).min(self.0.len()) };
        Some(Self(self.0[skip..].to_vec()))
    }

    /// Returns this path as an operating-system path, relative.
    pub fn to_path(&self) -> PathBuf {
        PathBuf::from(OsStr::from_bytes(&self.0))
    }

    /// Returns a borrowed operating-system path, relative.
    pub fn as_path(&self) -> &Path {
        Path::new(OsStr::from_bytes(&self.0))
    }
}

impl Ord for RepoPath {
    fn cmp(&self, other: &Self) -> Ordering {
        compare_bytes(&self.0, &other.0)
    }
}

impl PartialOrd for RepoPath {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Compares two paths by components: `/` sorts below every other byte.
fn compare_bytes(a: &[u8], b: &[u8]) -> Ordering {
    let common = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let rank = |bytes: &[u8]| bytes.get(common).map(|b| if *b == b'/' { 0 } else { *b });
    rank(a).cmp(&rank(b))
}

/// Shows the path as text: bytes that are no UTF-8, control characters and backslashes as `\xNN`,
/// so that two paths never look the same.
impl fmt::Display for RepoPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_escaped(&self.0, f)
    }
}

impl fmt::Debug for RepoPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{self}`")
    }
}

impl<C> minicbor::Encode<C> for RepoPath {
    fn encode<W: minicbor::encode::Write>(
        &self,
        encoder: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        encoder.bytes(&self.0)?.ok()
    }
}

impl<'b, C> minicbor::Decode<'b, C> for RepoPath {
    fn decode(
        decoder: &mut minicbor::Decoder<'b>,
        _: &mut C,
    ) -> Result<Self, minicbor::decode::Error> {
        Self::from_bytes(decoder.bytes()?).map_err(minicbor::decode::Error::message)
    }
}

impl serde::Serialize for RepoPath {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Writes bytes as text with `\xNN` for what is not printable UTF-8, and for the backslash.
pub fn write_escaped(bytes: &[u8], f: &mut impl fmt::Write) -> fmt::Result {
    for part in bytes.utf8_chunks() {
        for c in part.valid().chars() {
            if c.is_control() || c == '\\' {
                let mut buffer = [0; 4];
                for byte in c.encode_utf8(&mut buffer).bytes() {
                    write!(f, "\\x{byte:02x}")?;
                }
            } else {
                f.write_char(c)?;
            }
        }
        for byte in part.invalid() {
            write!(f, "\\x{byte:02x}")?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn path(text: &str) -> RepoPath {
        RepoPath::from_bytes(text).unwrap()
    }

    #[test]
    fn paths_that_could_leave_the_root_are_refused() {
        for bad in ["/a", "a//b", "a/", "..", "a/../b", "./a", "a\0", ".git/config", "x/.MLV"] {
            assert!(RepoPath::from_bytes(bad).is_err(), "{bad:?}");
        }
        assert!(RepoPath::from_bytes(".gitignore").is_ok());
    }

    #[test]
    fn order_is_that_of_a_depth_first_walk() {
        let mut paths = vec![path("a.b"), path("a/b"), path("a"), path("a-b"), path("ab")];
        paths.sort();
        assert_eq!(paths, vec![path("a"), path("a/b"), path("a-b"), path("a.b"), path("ab")]);
    }

    #[test]
    fn prefixes_stop_at_components() {
        assert!(path("a/b").starts_with(&path("a")));
        assert!(!path("ab").starts_with(&path("a")));
        assert_eq!(path("a/b/c").strip_prefix(&path("a")), Some(path("b/c")));
        assert_eq!(path("a").strip_prefix(&path("a")), Some(RepoPath::root()));
        assert_eq!(path("a/b").parent(), Some(path("a")));
        assert_eq!(path("a").parent(), Some(RepoPath::root()));
        assert_eq!(RepoPath::root().parent(), None);
    }

    #[test]
    fn unprintable_bytes_are_shown_escaped() {
        let odd = RepoPath::from_bytes(b"a\xff\nb\\".to_vec()).unwrap();
        assert_eq!(odd.to_string(), r"a\xff\x0ab\x5c");
    }

    proptest! {
        #[test]
        fn order_agrees_with_component_lists(a in "[a-c./]{0,6}", b in "[a-c./]{0,6}") {
            if let (Ok(a), Ok(b)) = (RepoPath::from_bytes(a), RepoPath::from_bytes(b)) {
                let lists = a.components().collect::<Vec<_>>().cmp(&b.components().collect());
                prop_assert_eq!(a.cmp(&b), lists);
            }
        }

        #[test]
        fn parsing_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            if let Ok(path) = RepoPath::from_bytes(bytes.clone()) {
                prop_assert_eq!(path.as_bytes(), &bytes[..]);
            }
        }
    }
}
