//! A pager for long output that a person reads.

use std::io;
use std::process::{Child, ChildStdin, Command, Stdio};

/// The pager where nothing else is set: ends by itself when the text fits the screen.
pub const DEFAULT: &str = "less -FRX";

/// A pager that runs.
#[derive(Debug)]
pub struct Pager {
    child: Child,
}

impl Pager {
    /// Starts a pager and returns its input, or nothing where there is none to start.
    pub fn start(command: &str) -> Option<(Self, ChildStdin)> {
        let mut child = spawn(command).ok()??;
        let input = child.stdin.take()?;
        Some((Self { child }, input))
    }

    /// Waits until the reader has left; its input must be closed before.
    pub fn wait(mut self) {
        let _ = self.child.wait();
    }
}

/// Starts plain words directly, so that a missing pager is noticed, and anything else in a shell.
fn spawn(command: &str) -> io::Result<Option<Child>> {
    let words: Vec<&str> = command.split_whitespace().collect();
    let mut process = match words.as_slice() {
        [] | ["cat"] => return Ok(None),
        _ if command.contains(['\'', '"', '$', '|', '&', ';', '\\', '<', '>', '`', '=']) => {
            let mut shell = Command::new("sh");
            shell.args(["-c", command]);
            shell
        }
        [program, arguments @ ..] => {
            let mut process = Command::new(program);
            process.args(arguments);
            process
        }
    };
    process.stdin(Stdio::piped()).env("LESSCHARSET", "utf-8").spawn().map(Some)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn a_pager_reads_what_is_written_whether_words_or_shell() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("out");
        let (pager, mut input) = Pager::start(&format!("cat > '{}'", out.display())).unwrap();
        input.write_all(b"text").unwrap();
        drop(input);
        pager.wait();
        assert_eq!(std::fs::read(&out).unwrap(), b"text");
        let (pager, input) = Pager::start("sort -o /dev/null").unwrap();
        drop(input);
        pager.wait();
    }

    #[test]
    fn a_missing_or_empty_pager_is_no_pager() {
        assert!(Pager::start("no-such-pager --flag").is_none());
        assert!(Pager::start("  ").is_none());
        assert!(Pager::start("cat").is_none());
    }
}
