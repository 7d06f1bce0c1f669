//! The output of a process: streamed to its log file, cut in the middle where it floods, with its
//! last lines at hand.

use std::collections::VecDeque;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::base::fs::{IoContext, PathError};
use crate::hook::process::mask::Masker;

/// How many bytes of a log are kept: its head, and the last MiB of what follows.
pub const LOG_LIMIT: u64 = 64 * 1024 * 1024;

/// How many of the last bytes of a longer log are kept.
const LOG_TAIL: usize = 1024 * 1024;

/// How many of the last lines are at hand when the process has ended.
pub const TAIL_LINES: usize = 20;

/// A longer line is cut, on the screen and in the tail; the log keeps it whole.
const MAX_LINE: usize = 4096;

pub(super) struct Capture {
    log: File,
    path: PathBuf,
    masker: Masker,
    head_room: u64,
    tail: VecDeque<u8>,
    left_out: u64,
    line: Vec<u8>,
    lines: VecDeque<String>,
}

impl Capture {
    /// Begins a log file of at most `limit` bytes.
    pub(super) fn create(path: &Path, limit: u64, masker: Masker) -> Result<Self, PathError> {
        let log = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .open(path)
            .context("create log", path)?;
        Ok(Self {
            log,
            path: path.to_owned(),
            masker,
            head_room: limit.saturating_sub(LOG_TAIL as u64),
            tail: VecDeque::new(),
            left_out: 0,
            line: Vec::new(),
            lines: VecDeque::new(),
        })
    }

    /// Takes in what the process wrote.
    pub(super) fn feed(
        &mut self,
        bytes: &[u8],
        on_line: &mut dyn FnMut(&str),
    ) -> Result<(), PathError> {
        let masked = self.masker.feed(bytes);
        self.keep(&masked, on_line)
    }

    /// Ends the log; returns the last lines, and how many bytes the log leaves out.
    pub(super) fn finish(
        mut self,
        on_line: &mut dyn FnMut(&str),
    ) -> Result<(Vec<String>, u64), PathError> {
        let rest = self.masker.finish();
        self.keep(&rest, on_line)?;
        if !self.line.is_empty() {
            self.end_line(on_line);
        }
        if self.left_out > 0 {
            let note = format!("\n[mlv: {} bytes left out here]\n", self.left_out);
            self.log.write_all(note.as_bytes()).context("write", &self.path)?;
        }
        self.tail.make_contiguous();
        self.log.write_all(self.tail.as_slices().0).context("write", &self.path)?;
        Ok((self.lines.into(), self.left_out))
    }

    fn keep(&mut self, bytes: &[u8], on_line: &mut dyn FnMut(&str)) -> Result<(), PathError> {
        let room = usize::try_from(self.head_room).unwrap_or(usize::MAX).min(bytes.len());
        let (head, rest) = bytes.split_at(room);
        self.log.write_all(head).context("write", &self.path)?;
        self.head_room -= room as u64;
        self.tail.extend(rest);
        let surplus = self.tail.len().saturating_sub(LOG_TAIL);
        self.tail.drain(..surplus);
        self.left_out += surplus as u64;
        self.cut_lines(bytes, on_line);
        Ok(())
    }

    fn cut_lines(&mut self, bytes: &[u8], on_line: &mut dyn FnMut(&str)) {
        for part in bytes.split_inclusive(|b| *b == b'\n') {
            let (text, ended) = match part.split_last() {
                Some((b'\n', text)) => (text, true),
                _ => (part, false),
            };
            let room = MAX_LINE.saturating_sub(self.line.len()).min(text.len());
            self.line.extend_from_slice(&text[..room]);
            if ended {
                self.end_line(on_line);
            }
        }
    }

    fn end_line(&mut self, on_line: &mut dyn FnMut(&str)) {
        let text = String::from_utf8_lossy(&self.line);
        let text = text.trim_end_matches('\r').to_owned();
        on_line(&text);
        if self.lines.len() == TAIL_LINES {
            self.lines.pop_front();
        }
        self.lines.push_back(text);
        self.line.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_that_is_too_long_keeps_its_head_and_its_tail() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        let limit = 2 * LOG_TAIL as u64;
        let mut capture = Capture::create(&path, limit, Masker::default()).unwrap();
        capture.feed(b"first\n", &mut |_| {}).unwrap();
        for _ in 0..5 {
            capture.feed(&vec![b'x'; LOG_TAIL], &mut |_| {}).unwrap();
        }
        capture.feed(b"\nlast\n", &mut |_| {}).unwrap();
        let (lines, left_out) = capture.finish(&mut |_| {}).unwrap();
        let log = std::fs::read(&path).unwrap();
        assert!(log.starts_with(b"first\nxxx") && log.ends_with(b"xxx\nlast\n"));
        let written = 5 * LOG_TAIL as u64 + 12;
        assert_eq!(left_out, written - limit);
        let note = format!("\n[mlv: {left_out} bytes left out here]\n");
        assert_eq!(log.len(), limit as usize + note.len());
        assert_eq!(lines.last().map(String::as_str), Some("last"));
    }

    #[test]
    fn lines_are_cut_wherever_reads_end_and_only_the_last_are_kept() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        let mut capture = Capture::create(&path, LOG_LIMIT, Masker::default()).unwrap();
        let mut seen = Vec::new();
        let text: String = (0..30).map(|i| format!("line {i}\r\n")).collect::<Vec<_>>().concat();
        for part in text.as_bytes().chunks(7) {
            capture.feed(part, &mut |line| seen.push(line.to_owned())).unwrap();
        }
        capture.feed(b"no end", &mut |_| {}).unwrap();
        let (lines, _) = capture.finish(&mut |line| seen.push(line.to_owned())).unwrap();
        assert_eq!(seen.len(), 31);
        assert_eq!(seen[7], "line 7");
        assert_eq!(lines.len(), TAIL_LINES);
        assert_eq!(lines.last().unwrap(), "no end");
        assert_eq!(std::fs::read(&path).unwrap().len(), text.len() + 6);
    }
}
