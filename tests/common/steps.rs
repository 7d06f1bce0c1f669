//! A program that is killed between two of its steps, exactly there: it tells on stderr what it has done
//! (`MLV_LOG`), and stderr is a pipe that was filled beforehand, with room for so many messages. At the
//! next one it waits, and there it ends.

use std::io::{ErrorKind, PipeReader, PipeWriter, Read as _, Write as _, pipe};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::fs::{OFlags, fcntl_setfl};

/// What a program told before it was killed.
#[derive(Debug)]
pub struct Killed {
    /// Each message that had its place in the pipe.
    pub told: Vec<String>,
    /// Whether it came to its end by itself.
    pub ended: bool,
}

impl Killed {
    /// Tells whether it had told this.
    pub fn has_told(&self, words: &str) -> bool {
        self.told.iter().any(|line| line.contains(words))
    }

    /// Returns the last thing that it told, without the time.
    pub fn last(&self) -> &str {
        let last = self.told.last().map_or("", |line| line.trim_end());
        last.split_once("DEBUG ").map_or(last, |(_, rest)| rest)
    }
}

/// A message that takes a place and is none.
const FILLER: &[u8] = b"\0";

/// Starts a program and kills it when it has told so many things and is about to tell one more.
pub fn kill_after(mut command: Command, count: usize) -> Killed {
    let (mut reader, writer) = pipe().unwrap();
    fill(&writer);
    let mut child = command.stdout(Stdio::null()).stderr(writer).spawn().unwrap();
    // It holds the end of the pipe that is written to.
    drop(command);
    let mut told = Vec::new();
    for _ in 0..count {
        told.extend(next(&mut reader).filter(|message| message.as_bytes() != FILLER));
    }
    let ended = waits_or_ended(&mut child);
    child.kill().unwrap();
    child.wait().unwrap();
    while let Some(message) = next(&mut reader) {
        if message.as_bytes() != FILLER {
            told.push(message);
        }
    }
    Killed { told, ended }
}

/// Makes each message take a place of its own in the pipe, and takes all of them.
fn fill(mut writer: &PipeWriter) {
    fcntl_setfl(writer, OFlags::DIRECT | OFlags::NONBLOCK).unwrap();
    loop {
        match writer.write(FILLER) {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => break,
            Err(error) => panic!("{error}"),
        }
    }
    fcntl_setfl(writer, OFlags::DIRECT).unwrap();
}

/// Returns the next message; nothing where nobody will write one.
fn next(reader: &mut PipeReader) -> Option<String> {
    let mut buffer = vec![0; 1 << 16];
    let len = reader.read(&mut buffer).unwrap();
    (len > 0).then(|| String::from_utf8_lossy(&buffer[..len]).into_owned())
}

/// Returns when the program waits for a place in the pipe, or has come to its end, and tells which.
fn waits_or_ended(child: &mut Child) -> bool {
    let start = Instant::now();
    loop {
        if child.try_wait().unwrap().is_some() {
            return true;
        }
        let waits_in = std::fs::read_to_string(format!("/proc/{}/wchan", child.id()));
        if waits_in.is_ok_and(|place| place.contains("pipe_write")) {
            return false;
        }
        assert!(start.elapsed() < Duration::from_mins(1), "it neither goes on nor ends");
        std::thread::sleep(Duration::from_millis(1));
    }
}
