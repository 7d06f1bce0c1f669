//! The log of a run: a zstd stream without a limit, which can be read while it grows and after its
//! writer died.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::base::fs::{IoContext, PathError};

/// How long something written may be unreadable for others.
const FLUSH_INTERVAL: Duration = Duration::from_millis(200);

/// Fast, since a hook waits for its log: text still shrinks several times.
const LEVEL: i32 = 1;

/// A log that is being written.
pub(super) struct Log {
    path: PathBuf,
    /// Taken by the first bytes: a hook that says nothing costs no encoder.
    file: Option<File>,
    encoder: Option<zstd::stream::write::Encoder<'static, File>>,
    /// Since when something waits to be flushed.
    unflushed: Option<Instant>,
}

impl Log {
    /// Opens the log for writing at its end, creating it where it is missing.
    pub(super) fn append(path: &Path) -> Result<Self, PathError> {
        let open = || OpenOptions::new().append(true).create(true).open(path);
        let mut file = open().context("open log", path)?;
        let length = file.metadata().context("look at", path)?.len();
        if length > 0 && mend(path)? {
            file = open().context("open log", path)?;
        }
        Ok(Self { path: path.to_owned(), file: Some(file), encoder: None, unflushed: None })
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), PathError> {
        if bytes.is_empty() {
            return Ok(());
        }
        if let Some(file) = self.file.take() {
            let encoder = zstd::stream::write::Encoder::new(file, LEVEL);
            self.encoder = Some(encoder.context("write", &self.path)?);
        }
        if let Some(encoder) = &mut self.encoder {
            encoder.write_all(bytes).context("write", &self.path)?;
            self.unflushed.get_or_insert_with(Instant::now);
        }
        self.flush_when_due()
    }

    /// Lets others read what was written, where it was written some time ago.
    pub(super) fn flush_when_due(&mut self) -> Result<(), PathError> {
        let due = self.unflushed.is_some_and(|since| since.elapsed() >= FLUSH_INTERVAL);
        if let (true, Some(encoder)) = (due, &mut self.encoder) {
            encoder.flush().context("write", &self.path)?;
            self.unflushed = None;
        }
        Ok(())
    }

    /// Ends the stream.
    pub(super) fn finish(self) -> Result<(), PathError> {
        match self.encoder {
            Some(encoder) => encoder.finish().map(drop).context("write", &self.path),
            None => Ok(()),
        }
    }
}

/// Returns what a log says, as far as it was written: a stream that breaks off ends there.
pub fn decode_log(source: impl Read) -> io::Result<impl Read> {
    Ok(Decoded { decoder: zstd::stream::read::Decoder::new(source)?, broke_off: false })
}

struct Decoded<D> {
    decoder: D,
    broke_off: bool,
}

impl<D: Read> Read for Decoded<D> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.decoder.read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                self.broke_off = true;
                Ok(0)
            }
            outcome => outcome,
        }
    }
}

/// Writes a log anew whose writer died, so that more can follow it; tells whether it had to.
fn mend(path: &Path) -> Result<bool, PathError> {
    let decode = || -> Result<_, PathError> {
        let file = File::open(path).context("open", path)?;
        let decoder = zstd::stream::read::Decoder::new(file).context("read", path)?;
        Ok(Decoded { decoder, broke_off: false })
    };
    let mut decoded = decode()?;
    io::copy(&mut decoded, &mut io::sink()).context("read", path)?;
    if !decoded.broke_off {
        return Ok(false);
    }
    let fresh = path.with_extension("mended");
    let file = File::create(&fresh).context("create", &fresh)?;
    zstd::stream::copy_encode(decode()?, &file, LEVEL).context("write", &fresh)?;
    std::fs::rename(&fresh, path).context("rename", path)?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(path: &Path) -> String {
        let mut text = String::new();
        decode_log(File::open(path).unwrap()).unwrap().read_to_string(&mut text).unwrap();
        text
    }

    fn temporary() -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        (dir, path)
    }

    #[test]
    fn a_log_can_be_read_while_it_is_written() {
        let (_dir, path) = temporary();
        let mut log = Log::append(&path).unwrap();
        assert_eq!(read(&path), "");
        log.write(b"first\n").unwrap();
        log.unflushed = Instant::now().checked_sub(FLUSH_INTERVAL);
        log.flush_when_due().unwrap();
        assert_eq!(read(&path), "first\n");
        log.write(b"second\n").unwrap();
        log.finish().unwrap();
        assert_eq!(read(&path), "first\nsecond\n");
    }

    #[test]
    fn a_log_goes_on_after_it_was_ended_and_after_its_writer_died() {
        let (_dir, path) = temporary();
        let mut log = Log::append(&path).unwrap();
        log.write(b"one\n").unwrap();
        log.finish().unwrap();
        let mut log = Log::append(&path).unwrap();
        log.write(b"two\n").unwrap();
        log.unflushed = Instant::now().checked_sub(FLUSH_INTERVAL);
        log.flush_when_due().unwrap();
        // As if it died here: the stream has no end.
        std::mem::forget(log);
        let mut log = Log::append(&path).unwrap();
        log.write(b"three\n").unwrap();
        log.finish().unwrap();
        assert_eq!(read(&path), "one\ntwo\nthree\n");
    }

    #[test]
    fn a_log_of_many_lines_takes_little_room_and_loses_none() {
        let (_dir, path) = temporary();
        let mut log = Log::append(&path).unwrap();
        let line = b"a line of the length that programs like to write\n";
        for _ in 0..20_000 {
            log.write(line).unwrap();
        }
        log.finish().unwrap();
        assert_eq!(read(&path).len(), 20_000 * line.len());
        assert!(path.metadata().unwrap().len() < 100_000);
    }
}
