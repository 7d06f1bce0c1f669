//! `Records`: the cells of a text, record by record. Cells that stand in it as they are, which are most,
//! are cut out; csv-core reads those from which quotes must be taken.

use memchr::{memchr, memchr_iter, memchr2, memchr3};

/// How cells are set apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Marks {
    pub delimiter: u8,
    pub quote: u8,
}

/// A cursor over a text that starts at a record.
pub struct Records<'a> {
    text: &'a [u8],
    at: usize,
    marks: Marks,
    /// Where the next quote is, from some place at or before the cursor on.
    next_quote: usize,
    core: csv_core::Reader,
    /// Holds a cell while its quotes are taken off.
    cell: Vec<u8>,
}

impl<'a> Records<'a> {
    pub fn new(text: &'a [u8], marks: Marks) -> Self {
        let mut core = csv_core::ReaderBuilder::new();
        let mut core = core.delimiter(marks.delimiter).quote(marks.quote).build();
        // What it reads first it would look at for a byte order mark: that is not its business here.
        let _nothing = core.read_field(b"\n", &mut [0]);
        let next_quote = memchr(marks.quote, text).unwrap_or(text.len());
        Self { text, at: 0, marks, next_quote, core, cell: vec![0; 256] }
    }

    /// Returns how far it has read.
    pub fn offset(&self) -> usize {
        self.at
    }

    /// Hands the cells of the next record to `take`, each with whether it was quoted, and returns where
    /// it starts; nothing at the end. Empty lines are no records.
    pub fn read(&mut self, take: &mut impl FnMut(&[u8], bool)) -> Option<usize> {
        let rest = &self.text[self.at..];
        self.at += rest.iter().position(|byte| !matches!(byte, b'\r' | b'\n'))?;
        let start = self.at;
        let rest = &self.text[start..];
        if self.next_quote < start {
            self.next_quote =
                memchr(self.marks.quote, rest).map_or(self.text.len(), |at| start + at);
        }
        let len = memchr2(b'\r', b'\n', rest).unwrap_or(rest.len());
        if start + len <= self.next_quote {
            self.at += len;
            cut(&rest[..len], self.marks.delimiter, take);
        } else {
            self.read_quoted(take);
        }
        Some(start)
    }

    fn read_quoted(&mut self, take: &mut impl FnMut(&[u8], bool)) {
        loop {
            let rest = &self.text[self.at..];
            let is_quoted = rest.first() == Some(&self.marks.quote);
            let is_last = if let Some((cell, len)) = whole_cell(rest, self.marks) {
                take(cell, is_quoted);
                let is_last = rest.get(len) != Some(&self.marks.delimiter);
                self.at += len + usize::from(!is_last);
                is_last
            } else {
                let (len, is_last) = self.read_cell();
                take(&self.cell[..len], is_quoted);
                is_last
            };
            if is_last {
                return;
            }
        }
    }

    /// Reads a cell into the buffer; returns its length and whether the record ends with it.
    fn read_cell(&mut self) -> (usize, bool) {
        let mut filled = 0;
        loop {
            let rest = &self.text[self.at..];
            let (result, read, written) = self.core.read_field(rest, &mut self.cell[filled..]);
            self.at += read;
            filled += written;
            match result {
                // It asks again, with nothing to read, which is how it learns of the end.
                csv_core::ReadFieldResult::InputEmpty => {}
                csv_core::ReadFieldResult::OutputFull => self.cell.resize(self.cell.len() * 2, 0),
                csv_core::ReadFieldResult::Field { record_end } => return (filled, record_end),
                csv_core::ReadFieldResult::End => return (filled, true),
            }
        }
    }
}

/// Returns a cell that stands in the text as it is, without its quotes, and how many bytes it takes
/// there; nothing where there are quotes within.
fn whole_cell(rest: &[u8], marks: Marks) -> Option<(&[u8], usize)> {
    if rest.first() != Some(&marks.quote) {
        let len = memchr3(marks.delimiter, b'\r', b'\n', rest).unwrap_or(rest.len());
        return Some((&rest[..len], len));
    }
    let len = memchr(marks.quote, &rest[1..])?;
    let ends = [marks.delimiter, b'\r', b'\n'];
    let is_whole = rest.get(len + 2).is_none_or(|next| ends.contains(next));
    is_whole.then(|| (&rest[1..=len], len + 2))
}

/// Cuts a line that has no quotes.
fn cut(line: &[u8], delimiter: u8, take: &mut impl FnMut(&[u8], bool)) {
    let mut from = 0;
    for to in memchr_iter(delimiter, line) {
        take(&line[from..to], false);
        from = to + 1;
    }
    take(&line[from..], false);
}
