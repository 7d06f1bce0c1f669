//! What a csv file's head tells about its dialect.

use super::records::{Marks, Records};
use crate::format::table::LineEnd;

/// The characters that may stand between cells, the likelier first.
const DELIMITERS: [u8; 4] = *b",;\t|";

/// Finds the delimiter and the quote of a text whose last record may be cut.
pub fn marks(head: &[u8], told: Option<u8>, is_tsv: bool) -> Marks {
    let told = told.or(is_tsv.then_some(b'\t'));
    let candidates = told.map_or(DELIMITERS.to_vec(), |told| vec![told]);
    let likeliness = |delimiter: &u8| {
        let quote = quote(head, *delimiter);
        let (fields, share) = shape(head, Marks { delimiter: *delimiter, quote });
        // What cuts nothing off the header is no delimiter; what cuts all rows alike is the best one.
        if fields < 2 { (0, 0) } else { (1 + share, fields) }
    };
    // The first of the best: `max_by_key` would return the last.
    let best = candidates.iter().rev().max_by_key(|delimiter| likeliness(delimiter));
    let delimiter = best.copied().unwrap_or(b',');
    Marks { delimiter, quote: quote(head, delimiter) }
}

/// Returns how many cells the first record has, and how many records of a thousand have as many.
fn shape(head: &[u8], marks: Marks) -> (usize, usize) {
    let mut records = Records::new(head, marks);
    let (mut first, mut all, mut alike) = (None, 0, 0);
    loop {
        let mut cells = 0;
        let read = records.read(&mut |_, _| cells += 1);
        // The record that the end of the head cuts says nothing.
        let is_cut = records.offset() == head.len() && first.is_some();
        if read.is_none() || is_cut {
            break;
        }
        all += 1;
        alike += usize::from(*first.get_or_insert(cells) == cells);
    }
    (first.unwrap_or(0), alike * 1000 / all.max(1))
}

/// Returns the single quote where cells are wrapped in it and none in the double one.
fn quote(head: &[u8], delimiter: u8) -> u8 {
    let is_end = |byte: u8| byte == delimiter || matches!(byte, b'\r' | b'\n');
    let opens = |mark: u8| {
        let at = |at: usize| head[at] == mark && (at == 0 || is_end(head[at - 1]));
        (0..head.len()).filter(|place| at(*place)).count()
    };
    let closes =
        |mark: u8| head.windows(2).filter(|pair| pair[0] == mark && is_end(pair[1])).count();
    let (single, closed) = (opens(b'\''), closes(b'\''));
    // An apostrophe now and then opens a word; as many must close one.
    if opens(b'"') == 0 && single > 1 && single.abs_diff(closed) <= 1 { b'\'' } else { b'"' }
}

/// Returns how the first line ends.
pub fn line_end(head: &[u8]) -> LineEnd {
    match memchr::memchr2(b'\r', b'\n', head) {
        Some(at) if head[at] == b'\n' => LineEnd::Lf,
        Some(at) if head.get(at + 1) == Some(&b'\n') => LineEnd::CrLf,
        // A carriage return among line feeds ends no line.
        Some(_) if head.contains(&b'\n') => LineEnd::Lf,
        Some(_) => LineEnd::Cr,
        None => LineEnd::Lf,
    }
}
