//! The output of a process: streamed to its log, with its last lines at hand.

use std::collections::VecDeque;
use std::path::Path;

use crate::base::fs::PathError;
use crate::hook::process::log::Log;
use crate::hook::process::mask::Masker;

/// How many of the last lines are at hand when the process has ended.
pub const TAIL_LINES: usize = 20;

/// A longer line is cut, on the screen and in the tail; the log keeps it whole.
const MAX_LINE: usize = 4096;

pub(super) struct Capture {
    log: Log,
    masker: Masker,
    line: Vec<u8>,
    lines: VecDeque<String>,
}

impl Capture {
    /// Begins to write at the end of a log.
    pub(super) fn append(path: &Path, masker: Masker) -> Result<Self, PathError> {
        let log = Log::append(path)?;
        Ok(Self { log, masker, line: Vec::new(), lines: VecDeque::new() })
    }

    /// Writes what is mlv's own word, and no line of the process.
    pub(super) fn note(&mut self, text: &str) -> Result<(), PathError> {
        self.log.write(text.as_bytes())
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

    /// Lets others read what the process wrote some time ago.
    pub(super) fn flush_when_due(&mut self) -> Result<(), PathError> {
        self.log.flush_when_due()
    }

    /// Ends the log; returns the last lines.
    pub(super) fn finish(
        mut self,
        on_line: &mut dyn FnMut(&str),
    ) -> Result<Vec<String>, PathError> {
        let rest = self.masker.finish();
        self.keep(&rest, on_line)?;
        if !self.line.is_empty() {
            self.end_line(on_line);
        }
        self.log.finish()?;
        Ok(self.lines.into())
    }

    fn keep(&mut self, bytes: &[u8], on_line: &mut dyn FnMut(&str)) -> Result<(), PathError> {
        self.log.write(bytes)?;
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
    fn lines_are_cut_wherever_reads_end_and_only_the_last_are_kept() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        let mut capture = Capture::append(&path, Masker::default()).unwrap();
        let mut seen = Vec::new();
        let text: String = (0..30).map(|i| format!("line {i}\r\n")).collect::<Vec<_>>().concat();
        for part in text.as_bytes().chunks(7) {
            capture.feed(part, &mut |line| seen.push(line.to_owned())).unwrap();
        }
        capture.feed(b"no end", &mut |_| {}).unwrap();
        let lines = capture.finish(&mut |line| seen.push(line.to_owned())).unwrap();
        assert_eq!(seen.len(), 31);
        assert_eq!(seen[7], "line 7");
        assert_eq!(lines.len(), TAIL_LINES);
        assert_eq!(lines.last().unwrap(), "no end");
        let log = std::fs::File::open(&path).unwrap();
        let mut decoded = crate::hook::process::decode_log(log).unwrap();
        assert_eq!(
            std::io::copy(&mut decoded, &mut std::io::sink()).unwrap(),
            text.len() as u64 + 6
        );
    }
}
