//! `Machine`: follows a pickle as the interpreter would, but only texts are values to it, as these name
//! what is imported; nothing is made, called or loaded.

use std::collections::HashMap;
use std::io::Read;

use super::stream::{Stop, Stream};

/// How many values the stack may hold, and how many texts are remembered.
const DEEPEST: usize = 1 << 20;

/// A value on the stack.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Value {
    Mark,
    Text(String),
    Other,
}

/// Takes what is imported: a module and a name, where they are known.
pub type Found<'a> = dyn FnMut(Option<(String, String)>) + 'a;

#[derive(Debug, Default)]
pub struct Machine {
    stack: Vec<Value>,
    memo: HashMap<u64, String>,
    /// How many values were remembered without a number of their own.
    memoized: u64,
    /// Whether some were remembered by a number: the others' numbers are then not known here.
    has_numbers: bool,
}

impl Machine {
    /// Follows instructions to the end of one pickle.
    pub fn run<R: Read>(
        &mut self,
        stream: &mut Stream<R>,
        found: &mut Found<'_>,
    ) -> Result<(), Stop> {
        loop {
            let opcode = stream.number::<1>()? as u8;
            if opcode == b'.' {
                return Ok(());
            }
            self.step(opcode, stream, found)?;
            if self.stack.len() > DEEPEST || self.memo.len() > DEEPEST {
                return Err(Stop::Damaged("the pickle holds more than can be followed".to_owned()));
            }
        }
    }

    fn step<R: Read>(
        &mut self,
        opcode: u8,
        stream: &mut Stream<R>,
        found: &mut Found<'_>,
    ) -> Result<(), Stop> {
        match opcode {
            b'c' | b'i' | 0x82..=0x84 | 0x93 => self.import(opcode, stream, found),
            b'S' | b'T' | b'U' | b'V' | b'X' | 0x8c | 0x8d => self.text(opcode, stream),
            b'g' | b'h' | b'j' | b'p' | b'q' | b'r' | 0x94 => self.remember(opcode, stream),
            b'F' | b'I' | b'L' | b'P' => stream.line().map(|_| self.push(Value::Other)),
            b'J' => self.skipped(stream, 4),
            b'K' => self.skipped(stream, 1),
            b'M' => self.skipped(stream, 2),
            b'G' => self.skipped(stream, 8),
            b'B' | 0x8b => {
                let len = stream.number::<4>()?;
                self.skipped(stream, len)
            }
            b'C' | 0x8a => {
                let len = stream.number::<1>()?;
                self.skipped(stream, len)
            }
            0x8e | 0x96 => {
                let len = stream.number::<8>()?;
                self.skipped(stream, len)
            }
            0x80 => stream.skip(1),
            0x95 => stream.skip(8),
            _ => self.shape(opcode),
        }
    }

    /// Carries out an instruction that only moves values on the stack.
    fn shape(&mut self, opcode: u8) -> Result<(), Stop> {
        match opcode {
            b'(' => self.push(Value::Mark),
            b'2' => {
                let top = self.stack.last().cloned().ok_or_else(underflow)?;
                self.push(top);
            }
            b'N' | b'}' | b']' | b')' | 0x88 | 0x89 | 0x8f | 0x97 => self.push(Value::Other),
            b'Q' | 0x85 => self.replace(1)?,
            b'R' | 0x81 | 0x86 => self.replace(2)?,
            0x87 | 0x92 => self.replace(3)?,
            b'0' | b'a' | b'b' => self.pop(1)?,
            b's' => self.pop(2)?,
            b'1' | b'e' | b'u' | 0x90 => self.pop_to_mark()?,
            b'd' | b'l' | b'o' | b't' | 0x91 => {
                self.pop_to_mark()?;
                self.push(Value::Other);
            }
            0x98 => {}
            unknown => {
                return Err(Stop::Damaged(format!("{unknown:#04x} is no instruction of a pickle")));
            }
        }
        Ok(())
    }

    fn import<R: Read>(
        &mut self,
        opcode: u8,
        stream: &mut Stream<R>,
        found: &mut Found<'_>,
    ) -> Result<(), Stop> {
        let mut line = || stream.line().map(|line| String::from_utf8(line).ok());
        let (module, name) = match opcode {
            b'c' | b'i' => (line()?, line()?),
            0x93 => {
                let (name, module) = (self.take()?, self.take()?);
                (text_of(module), text_of(name))
            }
            // What an extension stands for is registered where the pickle is loaded.
            extension => {
                stream.skip(1 << (extension - 0x82))?;
                (None, None)
            }
        };
        found(module.zip(name));
        if opcode == b'i' {
            self.pop_to_mark()?;
        }
        self.push(Value::Other);
        Ok(())
    }

    fn text<R: Read>(&mut self, opcode: u8, stream: &mut Stream<R>) -> Result<(), Stop> {
        let text = match opcode {
            b'S' | b'V' => plain(&stream.line()?),
            b'U' | 0x8c => {
                let len = stream.number::<1>()?;
                stream.text(len)?
            }
            b'T' | b'X' => {
                let len = stream.number::<4>()?;
                stream.text(len)?
            }
            _ => {
                let len = stream.number::<8>()?;
                stream.text(len)?
            }
        };
        self.push(text.map_or(Value::Other, Value::Text));
        Ok(())
    }

    /// Carries out an instruction that remembers a value or brings one back.
    fn remember<R: Read>(&mut self, opcode: u8, stream: &mut Stream<R>) -> Result<(), Stop> {
        let number = match opcode {
            b'g' | b'p' => decimal(&stream.line()?)?,
            b'h' | b'q' => stream.number::<1>()?,
            b'j' | b'r' => stream.number::<4>()?,
            _ => self.memoized,
        };
        if matches!(opcode, b'g' | b'h' | b'j') {
            // Where both ways of remembering are mixed, a number may mean another value than here.
            let is_certain = !(self.has_numbers && self.memoized > 0);
            let text = self.memo.get(&number).filter(|_| is_certain).cloned();
            self.push(text.map_or(Value::Other, Value::Text));
            return Ok(());
        }
        if opcode == 0x94 {
            self.memoized += 1;
        } else {
            self.has_numbers = true;
        }
        match self.stack.last() {
            Some(Value::Text(text)) => drop(self.memo.insert(number, text.clone())),
            Some(_) => drop(self.memo.remove(&number)),
            None => return Err(underflow()),
        }
        Ok(())
    }

    fn skipped<R: Read>(&mut self, stream: &mut Stream<R>, len: u64) -> Result<(), Stop> {
        stream.skip(len)?;
        self.push(Value::Other);
        Ok(())
    }

    fn push(&mut self, value: Value) {
        self.stack.push(value);
    }

    fn take(&mut self) -> Result<Value, Stop> {
        self.stack.pop().ok_or_else(underflow)
    }

    fn pop(&mut self, count: usize) -> Result<(), Stop> {
        (0..count).try_for_each(|_| self.take().map(|_| ()))
    }

    fn replace(&mut self, count: usize) -> Result<(), Stop> {
        self.pop(count)?;
        self.push(Value::Other);
        Ok(())
    }

    fn pop_to_mark(&mut self) -> Result<(), Stop> {
        while self.take()? != Value::Mark {}
        Ok(())
    }
}

fn underflow() -> Stop {
    Stop::Damaged("an instruction takes a value that is not there".to_owned())
}

fn text_of(value: Value) -> Option<String> {
    match value {
        Value::Text(text) => Some(text),
        Value::Mark | Value::Other => None,
    }
}

/// Returns a text of the old protocol, whose quotes are taken off; nothing where it is escaped.
fn plain(line: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(line).ok().filter(|text| !text.contains('\\'))?;
    let inner = |quote: char| text.strip_prefix(quote)?.strip_suffix(quote);
    Some(inner('\'').or_else(|| inner('"')).unwrap_or(text).to_owned())
}

fn decimal(line: &[u8]) -> Result<u64, Stop> {
    let number = std::str::from_utf8(line).ok().and_then(|line| line.trim().parse().ok());
    number.ok_or_else(|| Stop::Damaged("a value is remembered by no number".to_owned()))
}
