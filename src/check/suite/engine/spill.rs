//! Records that do not fit into memory, in a temporary file without a name.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::fs::FileExt;

/// A stretch of the file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Extent {
    offset: u64,
    bytes: usize,
}

impl Extent {
    pub(super) fn len(self) -> usize {
        self.bytes
    }
}

/// Where stretches of records are kept; it vanishes with the process.
#[derive(Debug)]
pub(super) struct Spill {
    file: File,
    end: u64,
}

impl Spill {
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self { file: tempfile::tempfile()?, end: 0 })
    }

    /// Writes a stretch at the end, and returns where it is.
    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<Extent> {
        self.file.write_all(bytes)?;
        let extent = Extent { offset: self.end, bytes: bytes.len() };
        self.end += bytes.len() as u64;
        Ok(extent)
    }

    /// Returns a whole stretch.
    pub(super) fn read(&self, extent: Extent) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; extent.bytes];
        self.file.read_exact_at(&mut bytes, extent.offset)?;
        Ok(bytes)
    }

    /// Returns a reader of a stretch.
    pub(super) fn reader(&self, extent: Extent) -> impl Read + '_ {
        ExtentReader { spill: self, extent }
    }
}

struct ExtentReader<'a> {
    spill: &'a Spill,
    extent: Extent,
}

impl Read for ExtentReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let wanted = buffer.len().min(self.extent.bytes);
        let read = self.spill.file.read_at(&mut buffer[..wanted], self.extent.offset)?;
        if read == 0 && wanted > 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.extent.offset += read as u64;
        self.extent.bytes -= read;
        Ok(read)
    }
}
