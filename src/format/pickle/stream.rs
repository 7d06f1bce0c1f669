//! `Stream`: the bytes of a pickle from front to back, however many there are.

use std::io::{self, BufRead, BufReader, Read};

/// How many bytes of a text are kept: names of modules are short.
const LONGEST_NAME: u64 = 256;

/// How long a line may be that an opcode of the old protocol holds.
const LONGEST_LINE: u64 = 1 << 20;

/// Why a pickle cannot be followed further.
#[derive(Debug)]
pub enum Stop {
    Unreadable(io::Error),
    Damaged(String),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::UnexpectedEof {
            return Self::Damaged("the pickle ends within an instruction".to_owned());
        }
        Self::Unreadable(error)
    }
}

pub struct Stream<R>(BufReader<R>);

impl<R: Read> Stream<R> {
    pub fn new(reader: R) -> Self {
        Self(BufReader::with_capacity(64 << 10, reader))
    }

    /// Returns the next byte without going past it; nothing at the end.
    pub fn peek(&mut self) -> Result<Option<u8>, Stop> {
        Ok(self.0.fill_buf()?.first().copied())
    }

    /// Reads a number of `N` bytes, the lowest first.
    pub fn number<const N: usize>(&mut self) -> Result<u64, Stop> {
        let mut bytes = [0; 8];
        self.0.read_exact(&mut bytes[..N])?;
        Ok(u64::from_le_bytes(bytes))
    }

    pub fn skip(&mut self, len: u64) -> Result<(), Stop> {
        if io::copy(&mut (&mut self.0).take(len), &mut io::sink())? < len {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
        Ok(())
    }

    /// Reads a text of so many bytes; nothing where it is too long for a name, or none.
    pub fn text(&mut self, len: u64) -> Result<Option<String>, Stop> {
        if len > LONGEST_NAME {
            return self.skip(len).map(|()| None);
        }
        let mut bytes = vec![0; len as usize];
        self.0.read_exact(&mut bytes)?;
        Ok(String::from_utf8(bytes).ok())
    }

    /// Reads up to the end of a line, and goes past it.
    pub fn line(&mut self) -> Result<Vec<u8>, Stop> {
        let mut line = Vec::new();
        (&mut self.0).take(LONGEST_LINE).read_until(b'\n', &mut line)?;
        if line.pop() != Some(b'\n') {
            return Err(Stop::Damaged("a line of the pickle does not end".to_owned()));
        }
        Ok(line)
    }
}
