//! A row of the stat cache, and when it may be believed.

use crate::base::{Hash, ManifestId, RepoPath};
use crate::object::{Entry, FileRef};
use crate::workspace::disk::Stat;

/// What a file held when its facts were `stat`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CachedFile {
    pub stat: Stat,
    /// The file system's time at which the facts were taken, before the content was read.
    pub observed_ns: i64,
    pub entry: Entry,
}

/// A row to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRow {
    pub path: RepoPath,
    pub file: CachedFile,
}

impl CachedFile {
    /// Tells whether a file with these facts now surely holds the entry: nothing changed, and it was
    /// last written so long before it was read that a later write would show.
    pub fn proves(&self, now: &Stat) -> bool {
        self.stat == *now && self.stat.is_settled(self.observed_ns)
    }

    /// Returns the facts as bytes.
    pub fn encode_stat(&self) -> Vec<u8> {
        let Stat { size, mtime_ns, ctime_ns, inode, mode } = self.stat;
        let mut bytes = Vec::with_capacity(STAT_LEN);
        bytes.extend(size.to_le_bytes());
        bytes.extend(mtime_ns.to_le_bytes());
        bytes.extend(ctime_ns.to_le_bytes());
        bytes.extend(inode.to_le_bytes());
        bytes.extend(self.observed_ns.to_le_bytes());
        bytes.extend(mode.to_le_bytes());
        bytes
    }

    /// Returns what the two columns say, or nothing where they say nothing.
    pub fn decode(stat: &[u8], entry: &[u8]) -> Option<Self> {
        let mut stat = Reader(stat);
        let (size, mtime_ns) = (stat.number()?, stat.number()? as i64);
        let (ctime_ns, inode) = (stat.number()? as i64, stat.number()?);
        let observed_ns = stat.number()? as i64;
        let mode = u32::from_le_bytes(stat.take()?);
        let stat = stat.0.is_empty().then_some(Stat { size, mtime_ns, ctime_ns, inode, mode })?;
        Some(Self { stat, observed_ns, entry: decode_entry(entry)? })
    }
}

/// How many bytes the facts take.
const STAT_LEN: usize = 5 * 8 + 4;

const PLAIN: u8 = 0;
const EXECUTABLE: u8 = 1;
const SYMLINK: u8 = 2;
/// No file holds a reference; a row of one would be read as nothing, and the file looked at.
const REFERENCE: u8 = 3;

/// Returns an entry as bytes.
pub fn encode_entry(entry: &Entry) -> Vec<u8> {
    match entry {
        Entry::Reference(_) => vec![REFERENCE],
        Entry::Symlink { target } => [&[SYMLINK], &target[..]].concat(),
        Entry::File { file, executable } => {
            let mut bytes = vec![if *executable { EXECUTABLE } else { PLAIN }];
            bytes.extend(file.size.to_le_bytes());
            bytes.extend(file.content.0);
            bytes.extend(file.manifest.iter().flat_map(|id| id.0.0));
            bytes
        }
    }
}

/// Returns the entry of these bytes, or nothing where they are none.
pub fn decode_entry(bytes: &[u8]) -> Option<Entry> {
    let (kind, rest) = bytes.split_first()?;
    if *kind == SYMLINK {
        return Some(Entry::Symlink { target: rest.to_vec() });
    }
    let mut rest = Reader(rest);
    let size = rest.number()?;
    let content = Hash(rest.take()?);
    let manifest = if rest.0.is_empty() { None } else { Some(ManifestId(Hash(rest.take()?))) };
    let file = FileRef { size, content, manifest };
    (rest.0.is_empty() && *kind <= EXECUTABLE)
        .then_some(Entry::File { file, executable: *kind == EXECUTABLE })
}

/// Takes fixed pieces off the front of bytes.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (piece, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*piece)
    }

    fn number(&mut self) -> Option<u64> {
        self.take().map(u64::from_le_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn entry() -> impl Strategy<Value = Entry> {
        let file = (any::<u64>(), any::<[u8; 32]>(), any::<Option<[u8; 32]>>(), any::<bool>());
        let file = file.prop_map(|(size, content, manifest, executable)| Entry::File {
            file: FileRef {
                size,
                content: Hash(content),
                manifest: manifest.map(|id| ManifestId(Hash(id))),
            },
            executable,
        });
        let link = any::<Vec<u8>>().prop_map(|target| Entry::Symlink { target });
        prop_oneof![file, link]
    }

    proptest! {
        #[test]
        fn a_row_survives_the_way_through_bytes(
            entry in entry(), numbers in any::<(u64, i64, i64, u64, u32, i64)>()
        ) {
            let (size, mtime_ns, ctime_ns, inode, mode, observed_ns) = numbers;
            let stat = Stat { size, mtime_ns, ctime_ns, inode, mode };
            let row = CachedFile { stat, observed_ns, entry };
            let back = CachedFile::decode(&row.encode_stat(), &encode_entry(&row.entry));
            prop_assert_eq!(back, Some(row));
        }

        #[test]
        fn any_bytes_are_a_row_or_nothing(stat in any::<Vec<u8>>(), entry in any::<Vec<u8>>()) {
            if let Some(row) = CachedFile::decode(&stat, &entry) {
                prop_assert_eq!(encode_entry(&row.entry), entry);
            }
        }
    }

    /// Within how many nanoseconds a clock of files stands still.
    const TICK: i64 = 20_000_000;

    #[test]
    fn a_file_written_within_the_tick_of_its_reading_proves_nothing() {
        let stat = Stat { size: 1, mtime_ns: 1_000, ctime_ns: 1_000, inode: 1, mode: 0o100_644 };
        let row = |observed_ns| CachedFile {
            stat,
            observed_ns,
            entry: Entry::Symlink { target: vec![] },
        };
        assert!(!row(1_000).proves(&stat));
        assert!(!row(1_000 + TICK - 1).proves(&stat));
        assert!(row(1_000 + TICK).proves(&stat));
        assert!(!row(i64::MAX).proves(&Stat { ctime_ns: 1_001, ..stat }));
        let whole_seconds = Stat { ctime_ns: 0, ..stat };
        let coarse = CachedFile { stat: whole_seconds, ..row(1_000 + TICK) };
        assert!(!coarse.proves(&whole_seconds));
    }
}
