//! A stored file as a [`Source`]: read in bounded memory, each chunk verified.

use std::fmt;
use std::io::{self, Read};
use std::sync::Arc;
use std::thread;

use crossbeam_channel::{Receiver, bounded};

use crate::format::Source;
use crate::object::{FileRef, ObjectDb, ObjectError};

/// How many bytes are read ahead at a time. Tests read in many small steps.
const STEP: usize = if cfg!(test) { 1 << 16 } else { 4 << 20 };

/// A file of a tree.
#[derive(Debug, Clone)]
pub struct StoredFile {
    objects: ObjectDb,
    file: FileRef,
}

impl StoredFile {
    pub fn new(objects: &ObjectDb, file: FileRef) -> Self {
        Self { objects: objects.clone(), file }
    }
}

impl Source for StoredFile {
    fn len(&self) -> u64 {
        self.file.size
    }

    fn read_at(&self, offset: u64, len: usize) -> io::Result<Vec<u8>> {
        self.objects.read_range(&self.file, offset, len as u64).map_err(told)
    }

    fn reader(&self) -> io::Result<Box<dyn Read + Send + '_>> {
        if self.file.size <= STEP as u64 {
            return Ok(Box::new(io::Cursor::new(self.read_at(0, STEP)?)));
        }
        Ok(Box::new(Ahead::start(self.clone())))
    }
}

fn told(error: ObjectError) -> io::Error {
    io::Error::other(error)
}

/// Reads a file while another thread fetches what comes next.
struct Ahead {
    steps: Receiver<io::Result<Vec<u8>>>,
    step: io::Cursor<Vec<u8>>,
}

impl fmt::Debug for Ahead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ahead").finish_non_exhaustive()
    }
}

impl Ahead {
    fn start(file: StoredFile) -> Self {
        let (sender, steps) = bounded(2);
        thread::spawn(move || {
            let mut offset = 0;
            while offset < file.file.size {
                let step = file.read_at(offset, STEP);
                let is_last = step.is_err();
                offset += STEP as u64;
                // Nobody listens any more: the reader was dropped.
                if sender.send(step).is_err() || is_last {
                    return;
                }
            }
        });
        Self { steps, step: io::Cursor::default() }
    }
}

impl Read for Ahead {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.step.read(buffer)?;
            if read > 0 || buffer.is_empty() {
                return Ok(read);
            }
            match self.steps.recv() {
                Ok(step) => self.step = io::Cursor::new(step?),
                Err(_) => return Ok(0),
            }
        }
    }
}

/// Returns the file as a source that many may share.
pub fn source_of(objects: &ObjectDb, file: FileRef) -> Arc<dyn Source> {
    Arc::new(StoredFile::new(objects, file))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::MemoryStore;

    fn stored(len: usize) -> (StoredFile, Vec<u8>) {
        let mut state = 7_u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        };
        let bytes: Vec<u8> = (0..len).map(|_| next()).collect();
        let objects = ObjectDb::new(Arc::<MemoryStore>::default());
        let file = objects.ingest_bytes(&bytes).unwrap();
        (StoredFile::new(&objects, file), bytes)
    }

    #[test]
    fn a_stored_file_reads_as_its_bytes() {
        for len in [0, 1, STEP, STEP + 1, 5 * STEP + 17] {
            let (file, bytes) = stored(len);
            let mut read = Vec::new();
            file.reader().unwrap().read_to_end(&mut read).unwrap();
            assert!(read == bytes, "{len} bytes");
            assert_eq!(file.len(), len as u64);
            for (offset, len) in [(0, 5), (len as u64 / 2, STEP), (len as u64, 1)] {
                assert_eq!(file.read_at(offset, len).unwrap(), bytes.read_at(offset, len).unwrap());
            }
        }
    }

    #[test]
    fn a_reader_that_is_left_early_ends_its_thread() {
        let (file, bytes) = stored(20 * STEP);
        let mut reader = file.reader().unwrap();
        let mut first = [0; 3];
        reader.read_exact(&mut first).unwrap();
        assert_eq!(first, bytes[..3]);
    }

    #[test]
    fn a_chunk_that_is_lost_is_an_error_and_not_the_end() {
        let (file, _) = stored(5 * STEP);
        let elsewhere = ObjectDb::new(Arc::<MemoryStore>::default());
        let lost = StoredFile::new(&elsewhere, file.file);
        assert!(lost.reader().unwrap().read_to_end(&mut Vec::new()).is_err());
        assert!(lost.read_at(0, 1).is_err());
    }
}
