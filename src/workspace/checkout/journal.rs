//! The journal of a checkout, `checkout.journal`: written whole and made durable before the first
//! change, put aside after the last. There are no marks for what is done: the content of a file says
//! so, and says it after a power cut too.
//!
//! ```text
//! record: length of the payload u32 · first 8 bytes of its BLAKE3 · payload, canonical CBOR
//! first record: [version, nonce, from, to, count of steps, note of the caller,
//!                boot id, empty for none]
//! each step:    [path, old facts, old entry, new entry], the last three empty for nothing;
//!               a fifth, true, where the file may be written to where it is
//! ```

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use minicbor::{Decode, Encode};

use crate::base::fs::{
    IoContext, PathError, parent_of, remove_file_if_exists, rename_durably, sync_dir,
};
use crate::base::{Hash, PathList, RepoPath, TreeId, codec};
use crate::workspace::cache::{CachedFile, decode_entry, encode_entry};
use crate::workspace::checkout::{Held, Step};
use crate::workspace::disk::TEMPORARY_PREFIX;
use crate::workspace::error::WorkspaceError;

const VERSION: u32 = 1;

/// What a checkout set out to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Journal {
    /// Sets the temporary files of this checkout apart.
    pub nonce: u64,
    pub from: TreeId,
    pub to: TreeId,
    pub note: Vec<u8>,
    /// The boot of the machine in which the files are written.
    pub boot: Option<String>,
    pub steps: Vec<Step>,
}

/// What a journal is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Scope {
    /// The boot of the machine in which the files were written.
    pub boot: Option<String>,
    pub paths: PathList,
    /// The steps whose files were perhaps written to where they are.
    pub in_place: Vec<Step>,
}

#[derive(Encode, Decode)]
struct Header {
    #[n(0)]
    version: u32,
    #[n(1)]
    nonce: u64,
    #[n(2)]
    from: TreeId,
    #[n(3)]
    to: TreeId,
    #[n(4)]
    count: u64,
    #[cbor(n(5), with = "minicbor::bytes")]
    note: Vec<u8>,
    #[n(6)]
    boot: String,
}

#[derive(Encode, Decode)]
struct Record {
    #[cbor(n(0), with = "minicbor::bytes")]
    path: Vec<u8>,
    #[cbor(n(1), with = "minicbor::bytes")]
    old_facts: Vec<u8>,
    #[cbor(n(2), with = "minicbor::bytes")]
    old_entry: Vec<u8>,
    #[cbor(n(3), with = "minicbor::bytes")]
    new_entry: Vec<u8>,
    #[n(4)]
    in_place: Option<bool>,
}

impl Journal {
    /// Returns where the journal of a repository lies.
    pub fn path_in(dot_dir: &Path) -> PathBuf {
        dot_dir.join("checkout.journal")
    }

    /// Writes the journal, durably.
    pub fn write(&self, path: &Path) -> Result<(), PathError> {
        let draft = path.with_extension("draft");
        let file = File::create(&draft).context("create", &draft)?;
        let mut writer = BufWriter::new(file);
        self.write_to(&mut writer).context("write", &draft)?;
        let file = writer.into_inner().map_err(std::io::IntoInnerError::into_error);
        file.and_then(|file| file.sync_all()).context("sync", &draft)?;
        rename_durably(&draft, path)
    }

    fn write_to(&self, writer: &mut impl Write) -> std::io::Result<()> {
        let header = Header {
            version: VERSION,
            nonce: self.nonce,
            from: self.from,
            to: self.to,
            count: self.steps.len() as u64,
            note: self.note.clone(),
            boot: self.boot.clone().unwrap_or_default(),
        };
        write_record(writer, &codec::encode(&header))?;
        self.steps.iter().try_for_each(|step| write_record(writer, &codec::encode(&record(step))))
    }

    /// Reads the journal, where there is one.
    pub fn read(path: &Path) -> Result<Option<Self>, WorkspaceError> {
        let mut bytes = Vec::new();
        match File::open(path) {
            Ok(mut file) => file.read_to_end(&mut bytes).context("read", path)?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(PathError::new("open", path, error).into()),
        };
        let damaged = |reason: String| WorkspaceError::DamagedJournal { path: path.into(), reason };
        Self::parse(&bytes).map(Some).map_err(damaged)
    }

    /// Reads in which boot the journal at `path` was written, and nothing of its steps.
    pub fn read_boot(path: &Path) -> Result<Option<String>, WorkspaceError> {
        let mut bytes = Vec::new();
        let file = File::open(path).context("open", path)?;
        file.take(HEADER_LIMIT).read_to_end(&mut bytes).context("read", path)?;
        let damaged = |reason: String| WorkspaceError::DamagedJournal { path: path.into(), reason };
        Ok(boot_of(parse_header(&mut &bytes[..]).map_err(damaged)?.boot))
    }

    /// Reads what the journal at `path` is about: its steps are read one by one.
    pub fn read_scope(path: &Path) -> Result<Scope, WorkspaceError> {
        let damaged = |reason: String| WorkspaceError::DamagedJournal { path: path.into(), reason };
        let mut reader = BufReader::new(File::open(path).context("open", path)?);
        let mut next = || -> Result<Option<Vec<u8>>, WorkspaceError> {
            if reader.fill_buf().context("read", path)?.is_empty() {
                return Ok(None);
            }
            let record = read_record(&mut reader).context("read", path)?;
            next_record(&mut &record[..]).map(|payload| Some(payload.to_vec())).map_err(damaged)
        };
        let first = next()?.unwrap_or_default();
        let header = decode_header(&first).map_err(damaged)?;
        let (mut paths, mut in_place) = (PathList::default(), Vec::new());
        while let Some(payload) = next()? {
            let record = codec::decode(&payload).map_err(|error| damaged(error.to_string()))?;
            let step = step(&record).ok_or_else(|| damaged("a step makes no sense".to_owned()))?;
            paths.push(step.path.clone());
            in_place.extend(Some(step).filter(|step| step.in_place));
        }
        match header.count {
            count if count == paths.len() as u64 => {
                Ok(Scope { boot: boot_of(header.boot), paths, in_place })
            }
            count => Err(damaged(format!("it has {} steps of {count}", paths.len()))),
        }
    }

    fn parse(mut bytes: &[u8]) -> Result<Self, String> {
        let Header { nonce, from, to, count, note, boot, .. } = parse_header(&mut bytes)?;
        let mut steps = Vec::new();
        while !bytes.is_empty() {
            let payload = next_record(&mut bytes)?;
            let record: Record = codec::decode(payload).map_err(|error| error.to_string())?;
            steps.push(step(&record).ok_or("a step makes no sense")?);
        }
        if steps.len() as u64 != count {
            return Err(format!("it has {} steps of {count}", steps.len()));
        }
        Ok(Self { nonce, from, to, note, boot: boot_of(boot), steps })
    }

    /// Removes the journal, durably.
    pub fn remove(path: &Path) -> Result<(), PathError> {
        remove_file_if_exists(path)?;
        sync_dir(parent_of(path))
    }

    /// Returns where the new content of `path` is written before it takes its place.
    pub fn temporary(&self, path: &RepoPath) -> RepoPath {
        temporary(self.nonce, path)
    }
}

/// More than the first record takes, with the short notes there are.
const HEADER_LIMIT: u64 = 4096;

fn parse_header(bytes: &mut &[u8]) -> Result<Header, String> {
    decode_header(next_record(bytes)?)
}

fn decode_header(payload: &[u8]) -> Result<Header, String> {
    let header: Header = codec::decode(payload).map_err(|error| error.to_string())?;
    if header.version != VERSION {
        return Err(format!("it is of version {}, not {VERSION}", header.version));
    }
    Ok(header)
}

fn boot_of(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

/// Returns the name beside `path` that a checkout with this nonce writes to.
pub(super) fn temporary(nonce: u64, path: &RepoPath) -> RepoPath {
    let which = &Hash::of(path.as_bytes()).to_hex()[..16];
    let name = [TEMPORARY_PREFIX, format!("{nonce:016x}-{which}").as_bytes()].concat();
    let parent = path.parent().unwrap_or_default();
    parent.child(&name).expect("letters and digits are a valid name")
}

fn record(step: &Step) -> Record {
    let Step { path, old, new, in_place } = step;
    let facts = |Held { stat, entry }: &Held| {
        CachedFile { stat: *stat, observed_ns: 0, entry: entry.clone() }.encode_stat()
    };
    Record {
        path: path.as_bytes().to_vec(),
        old_facts: old.as_ref().map(facts).unwrap_or_default(),
        old_entry: old.as_ref().map(|held| encode_entry(&held.entry)).unwrap_or_default(),
        new_entry: new.as_deref().map(encode_entry).unwrap_or_default(),
        in_place: in_place.then_some(true),
    }
}

fn step(record: &Record) -> Option<Step> {
    let Record { path, old_facts, old_entry, new_entry, in_place } = record;
    let old = if old_facts.is_empty() && old_entry.is_empty() {
        None
    } else {
        let CachedFile { stat, entry, .. } = CachedFile::decode(old_facts, old_entry)?;
        Some(Held { stat, entry })
    };
    let new = if new_entry.is_empty() { None } else { Some(Box::new(decode_entry(new_entry)?)) };
    let path = RepoPath::from_bytes(path.clone()).ok().filter(|path| !path.is_root())?;
    Some(Step { path, old, new, in_place: *in_place == Some(true) })
}

fn write_record(writer: &mut impl Write, payload: &[u8]) -> std::io::Result<()> {
    let len = u32::try_from(payload.len()).map_err(std::io::Error::other)?;
    writer.write_all(&len.to_le_bytes())?;
    writer.write_all(&Hash::of(payload).0[..8])?;
    writer.write_all(payload)
}

/// Returns the bytes of a record, as many of them as there are.
fn read_record(reader: &mut impl Read) -> std::io::Result<Vec<u8>> {
    let mut record = Vec::new();
    reader.take(12).read_to_end(&mut record)?;
    let len = record.first_chunk::<4>().map_or(0, |len| u64::from(u32::from_le_bytes(*len)));
    reader.take(len).read_to_end(&mut record)?;
    Ok(record)
}

fn next_record<'a>(bytes: &mut &'a [u8]) -> Result<&'a [u8], String> {
    let cut_off = || "it is cut off".to_owned();
    let (len, rest) = bytes.split_first_chunk::<4>().ok_or_else(cut_off)?;
    let (check, rest) = rest.split_first_chunk::<8>().ok_or_else(cut_off)?;
    let len = u32::from_le_bytes(*len) as usize;
    let (payload, rest) = rest.split_at_checked(len).ok_or_else(cut_off)?;
    if Hash::of(payload).0[..8] != *check {
        return Err("a record does not match its checksum".to_owned());
    }
    *bytes = rest;
    Ok(payload)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::{Entry, FileRef};
    use crate::workspace::disk::Stat;
    use proptest::prelude::*;

    fn sample() -> Journal {
        let path = |text: &str| RepoPath::from_bytes(text).unwrap();
        let stat = Stat { size: 1, mtime_ns: -2, ctime_ns: 3, inode: 4, mode: 5 };
        let file = Entry::File { file: FileRef::empty(), executable: true };
        let link = Entry::Symlink { target: vec![] };
        Journal {
            nonce: 7,
            from: TreeId(Hash::of(b"from")),
            to: TreeId(Hash::of(b"to")),
            note: b"operation".to_vec(),
            boot: Some("this-boot".to_owned()),
            steps: vec![
                Step {
                    path: path("a"),
                    old: None,
                    new: Some(Box::new(file.clone())),
                    in_place: false,
                },
                Step {
                    path: path("b/c"),
                    old: Some(Held { stat, entry: link }),
                    new: None,
                    in_place: false,
                },
                Step {
                    path: path("d"),
                    old: Some(Held { stat, entry: file.clone() }),
                    new: Some(Box::new(file)),
                    in_place: true,
                },
            ],
        }
    }

    #[test]
    fn a_journal_survives_the_way_through_the_disk() {
        let dir = tempfile::tempdir().unwrap();
        let path = Journal::path_in(dir.path());
        assert_eq!(Journal::read(&path).unwrap(), None);
        sample().write(&path).unwrap();
        assert_eq!(Journal::read(&path).unwrap(), Some(sample()));
        assert_eq!(Journal::read_boot(&path).unwrap(), sample().boot);
        let paths = sample().steps.into_iter().map(|step| step.path).collect();
        let in_place = sample().steps.split_off(2);
        let scope = Scope { boot: sample().boot, paths, in_place };
        assert_eq!(Journal::read_scope(&path).unwrap(), scope);
        Journal::remove(&path).unwrap();
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[test]
    fn every_flipped_bit_and_every_cut_is_noticed() {
        let mut bytes = Vec::new();
        sample().write_to(&mut bytes).unwrap();
        for position in 0..bytes.len() {
            assert!(Journal::parse(&bytes[..position]).is_err());
            let mut flipped = bytes.clone();
            flipped[position] ^= 1;
            assert!(Journal::parse(&flipped).is_err());
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_journal_or_an_error(bytes in any::<Vec<u8>>()) {
            prop_assert!(Journal::parse(&bytes).is_err());
        }
    }
}
