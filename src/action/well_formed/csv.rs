//! CSV: every record has as many fields as the first, and every quote an end.

use std::io::{self, BufRead};

use super::{Fault, MOST_FAULTS};

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Where in a record the reader stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before the first byte of a field.
    Begin,
    Plain,
    Quoted,
    /// After a quote inside a quoted field: it ends the field, or a second one follows.
    Closed,
}

struct Reader {
    delimiter: u8,
    state: State,
    /// The present line, and the one that the present record began in.
    line: u64,
    record: u64,
    fields: u64,
    /// Whether the record has any byte yet.
    empty: bool,
    expected: Option<u64>,
    faults: Vec<Fault>,
}

pub(super) fn faults(mut bytes: impl BufRead, delimiter: u8) -> io::Result<Vec<Fault>> {
    let mut reader = Reader {
        delimiter,
        state: State::Begin,
        line: 1,
        record: 1,
        fields: 1,
        empty: true,
        expected: None,
        faults: Vec::new(),
    };
    if bytes.fill_buf()?.starts_with(BYTE_ORDER_MARK) {
        bytes.consume(BYTE_ORDER_MARK.len());
    }
    loop {
        let chunk = bytes.fill_buf()?;
        if chunk.is_empty() || reader.faults.len() >= MOST_FAULTS {
            break;
        }
        for byte in chunk {
            reader.take(*byte);
        }
        let length = chunk.len();
        bytes.consume(length);
    }
    reader.end();
    reader.faults.truncate(MOST_FAULTS);
    Ok(reader.faults)
}

impl Reader {
    fn take(&mut self, byte: u8) {
        if byte == b'\n' {
            self.line += 1;
            if self.state != State::Quoted {
                return self.end_record();
            }
        }
        // The first half of a line break, as other systems write it.
        if byte == b'\r' && self.state != State::Quoted {
            return;
        }
        self.empty = false;
        self.state = match (self.state, byte) {
            (State::Quoted, b'"') => State::Closed,
            (State::Quoted, _) | (State::Begin | State::Closed, b'"') => State::Quoted,
            (_, byte) if byte == self.delimiter => {
                self.fields += 1;
                State::Begin
            }
            (State::Closed, _) => {
                self.fault(self.line, "text follows a closing quote".to_owned());
                State::Plain
            }
            (State::Begin | State::Plain, _) => State::Plain,
        };
    }

    fn end_record(&mut self) {
        if !self.empty {
            let expected = *self.expected.get_or_insert(self.fields);
            if self.fields != expected {
                let message = format!("{}, and the first row has {expected}", counted(self.fields));
                self.fault(self.record, message);
            }
        }
        (self.state, self.fields, self.empty) = (State::Begin, 1, true);
        self.record = self.line;
    }

    fn end(&mut self) {
        if self.state == State::Quoted {
            self.fault(self.record, "a quote is opened and never closed".to_owned());
        } else {
            self.end_record();
        }
    }

    fn fault(&mut self, row: u64, message: String) {
        self.faults.push(Fault { row, message });
    }
}

fn counted(fields: u64) -> String {
    if fields == 1 { "1 field".to_owned() } else { format!("{fields} fields") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn told(text: &str) -> Vec<String> {
        let faults = faults(text.as_bytes(), b',').unwrap();
        faults.iter().map(|f| format!("{}: {}", f.row, f.message)).collect()
    }

    #[test]
    fn quotes_line_breaks_and_blank_lines_are_read() {
        for sound in [
            "",
            "a,b\n1,2\n",
            "a,b\r\n1,2\r\n",
            "\u{feff}\"a\",b\n1,2",
            "a,b\n\n1,2\n\n",
            "a,b\n\"x,\"\"y\"\"\n\",2\n",
            "a,b\n,\n",
            "a,b\nx\"y,2\n",
        ] {
            assert!(told(sound).is_empty(), "{sound:?}: {:?}", told(sound));
        }
    }

    #[test]
    fn a_ragged_row_is_told_with_the_line_it_begins_in() {
        assert_eq!(
            told("a,b\n1,2,3\n\"x\ny\",1\n4\n"),
            ["2: 3 fields, and the first row has 2", "5: 1 field, and the first row has 2"]
        );
        assert_eq!(told("a,b\n\"x\ny\"\n"), ["2: 1 field, and the first row has 2"]);
    }

    #[test]
    fn a_quote_without_end_and_text_after_one_are_told() {
        assert_eq!(told("a,b\n\"x,2\n3,4\n"), ["2: a quote is opened and never closed"]);
        assert_eq!(told("a,b\n\"x\"y,2\n"), ["2: text follows a closing quote"]);
    }

    #[test]
    fn faults_without_end_are_cut() {
        assert_eq!(told(&format!("a,b\n{}", "1\n".repeat(100_000))).len(), MOST_FAULTS);
    }

    fn field() -> impl Strategy<Value = String> {
        "[a-z\",\n]{0,6}"
    }

    fn quoted(field: &str) -> String {
        format!("\"{}\"", field.replace('"', "\"\""))
    }

    proptest! {
        #[test]
        fn what_is_written_by_the_rules_has_no_fault(
            rows in (1usize..4).prop_flat_map(|width| {
                proptest::collection::vec(proptest::collection::vec(field(), width), 0..6)
            })
        ) {
            let line = |row: &Vec<String>| {
                row.iter().map(|f| quoted(f)).collect::<Vec<_>>().join(",")
            };
            let text: String = rows.iter().map(|row| line(row) + "\n").collect();
            prop_assert_eq!(told(&text), Vec::<String>::new());
        }

        #[test]
        fn any_bytes_can_be_looked_at(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            prop_assert!(faults(&bytes[..], b',').is_ok());
        }
    }
}
