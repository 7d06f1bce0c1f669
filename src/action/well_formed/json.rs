//! JSON, as one value or as one a line. Values are looked at, never kept.

use std::io::{self, BufRead};

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::{Fault, MOST_FAULTS};

/// A longer line is refused, since it is held in memory as a whole.
const LONGEST_LINE: usize = 256 << 20;

pub(super) fn faults(reader: impl BufRead) -> io::Result<Vec<Fault>> {
    let mut deserializer = serde_json::Deserializer::from_reader(reader);
    let read = IgnoredAny::deserialize(&mut deserializer).and_then(|_| deserializer.end());
    match read {
        Ok(()) => Ok(Vec::new()),
        Err(error) if error.is_io() => Err(error.into()),
        Err(error) => Ok(vec![Fault { row: error.line().max(1) as u64, message: said(&error) }]),
    }
}

pub(super) fn line_faults(mut reader: impl BufRead) -> io::Result<Vec<Fault>> {
    let (mut faults, mut line, mut row) = (Vec::new(), Vec::new(), 0);
    loop {
        line.clear();
        let limit = LONGEST_LINE as u64 + 1;
        if io::Read::take(&mut reader, limit).read_until(b'\n', &mut line)? == 0 {
            return Ok(faults);
        }
        row += 1;
        if line.len() > LONGEST_LINE {
            let message = format!("a line is longer than {LONGEST_LINE} bytes");
            faults.push(Fault { row, message });
            return Ok(faults);
        }
        if line.trim_ascii().is_empty() {
            continue;
        }
        if let Err(error) = serde_json::from_slice::<IgnoredAny>(&line) {
            faults.push(Fault { row, message: said(&error) });
        }
        if faults.len() == MOST_FAULTS {
            return Ok(faults);
        }
    }
}

/// Returns what is wrong without the place, which is told beside it.
fn said(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let told = text.split(" at line ").next().unwrap_or_default();
    format!("no JSON: {told} (column {})", error.column())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn told(faults: io::Result<Vec<Fault>>) -> Vec<String> {
        faults.unwrap().iter().map(|f| format!("{}: {}", f.row, f.message)).collect()
    }

    #[test]
    fn a_fault_is_told_with_its_line() {
        assert!(told(faults(&b"{\"a\": [1, 2]}\n"[..])).is_empty());
        assert_eq!(
            told(faults(&b"{\n\"a\": 1,\n}"[..])),
            ["3: no JSON: key must be a string (column 1)"]
        );
        assert_eq!(told(faults(&b"{} {}"[..])), ["1: no JSON: trailing characters (column 4)"]);
        assert_eq!(told(faults(&b""[..])), ["1: no JSON: EOF while parsing a value (column 0)"]);
    }

    #[test]
    fn each_line_is_a_value_of_its_own() {
        let lines = b"{\"a\": 1}\n\n[1, NaN]\n{\"a\": 2}\n{";
        assert_eq!(
            told(line_faults(&lines[..])),
            [
                "3: no JSON: expected value (column 5)",
                "5: no JSON: EOF while parsing an object (column 1)"
            ]
        );
    }

    #[test]
    fn depth_does_not_exhaust_the_stack() {
        let deep = vec![b'['; 200_000];
        assert_eq!(faults(&deep[..]).unwrap().len(), 1);
    }

    proptest! {
        #[test]
        fn any_bytes_can_be_looked_at(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            prop_assert!(faults(&bytes[..]).is_ok() && line_faults(&bytes[..]).is_ok());
        }
    }
}
