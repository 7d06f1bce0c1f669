//! `Source`: the bytes of a file, wherever they lie.

use std::fmt::Debug;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt;
use std::path::Path;

/// The bytes of a file, which many may read at a time. What it returns is verified, or is an error.
pub trait Source: Send + Sync + Debug {
    /// Returns how many bytes there are.
    fn len(&self) -> u64;

    /// Tells whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the bytes from `offset` on: `len` of them, or fewer where the file ends before.
    fn read_at(&self, offset: u64, len: usize) -> io::Result<Vec<u8>>;

    /// Returns a reader from front to back, in bounded memory.
    fn reader(&self) -> io::Result<Box<dyn Read + Send + '_>>;
}

/// A file on disk.
#[derive(Debug)]
pub struct FileSource {
    file: File,
    len: u64,
}

impl FileSource {
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let len = file.metadata()?.len();
        Ok(Self { file, len })
    }
}

/// Reads a file from front to back without moving its cursor, which others share.
struct Cursor<'a> {
    file: &'a File,
    offset: u64,
}

impl Read for Cursor<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read_at(buffer, self.offset)?;
        self.offset += read as u64;
        Ok(read)
    }
}

impl Source for FileSource {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_at(&self, offset: u64, len: usize) -> io::Result<Vec<u8>> {
        let left = self.len.saturating_sub(offset);
        let mut bytes = vec![0; usize::try_from(left).unwrap_or(usize::MAX).min(len)];
        let mut filled = 0;
        while filled < bytes.len() {
            match self.file.read_at(&mut bytes[filled..], offset + filled as u64) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        bytes.truncate(filled);
        Ok(bytes)
    }

    fn reader(&self) -> io::Result<Box<dyn Read + Send + '_>> {
        Ok(Box::new(Cursor { file: &self.file, offset: 0 }))
    }
}

impl Source for Vec<u8> {
    fn len(&self) -> u64 {
        self.len() as u64
    }

    fn read_at(&self, offset: u64, len: usize) -> io::Result<Vec<u8>> {
        let rest = usize::try_from(offset).ok().and_then(|offset| self.get(offset..));
        let rest = rest.unwrap_or_default();
        Ok(rest[..rest.len().min(len)].to_vec())
    }

    fn reader(&self) -> io::Result<Box<dyn Read + Send + '_>> {
        Ok(Box::new(self.as_slice()))
    }
}

/// A source with a cursor of its own, for readers that jump.
pub(super) struct SeekableSource<'a> {
    source: &'a dyn Source,
    /// What was read last, from `start` on.
    window: Vec<u8>,
    start: u64,
    offset: u64,
}

impl<'a> SeekableSource<'a> {
    pub fn new(source: &'a dyn Source) -> Self {
        Self { source, window: Vec::new(), start: 0, offset: 0 }
    }
}

impl Read for SeekableSource<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        const STEP: usize = 64 << 10;
        let end = self.start + self.window.len() as u64;
        if !(self.start..end).contains(&self.offset) {
            self.window = self.source.read_at(self.offset, STEP)?;
            self.start = self.offset;
        }
        let at = (self.offset - self.start) as usize;
        let rest = &self.window[at..];
        let read = rest.len().min(buffer.len());
        buffer[..read].copy_from_slice(&rest[..read]);
        self.offset += read as u64;
        Ok(read)
    }
}

impl Seek for SeekableSource<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(offset) => Some(offset),
            SeekFrom::End(distance) => self.source.len().checked_add_signed(distance),
            SeekFrom::Current(distance) => self.offset.checked_add_signed(distance),
        };
        let before =
            || io::Error::new(io::ErrorKind::InvalidInput, "a place before the first byte");
        self.offset = target.ok_or_else(before)?;
        Ok(self.offset)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn a_file_and_its_bytes_read_the_same() {
        let bytes: Vec<u8> = (0..100_000_u32).map(|i| (i % 251) as u8).collect();
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(&bytes).unwrap();
        let on_disk = FileSource::open(file.path()).unwrap();
        for (offset, len) in [(0, 10), (99_990, 100), (100_000, 1), (u64::MAX, 3), (5, 50_000)] {
            let expected = bytes.read_at(offset, len).unwrap();
            assert_eq!(on_disk.read_at(offset, len).unwrap(), expected);
        }
        let mut read = Vec::new();
        on_disk.reader().unwrap().read_to_end(&mut read).unwrap();
        assert_eq!(read, bytes);
    }
}
