//! A block of lines of ours in a file of the user's.

use std::ops::Range;

const OPENING: &str = "# >>> mlv: ";
const CLOSING: &[u8] = b"# <<< mlv";

/// Returns the file with the block of this title replaced, or added at the end. All other bytes
/// stay; a block that lost its closing line is taken for the user's but for its opening.
pub(super) fn replace(old: &[u8], title: &str, patterns: &[Vec<u8>]) -> Vec<u8> {
    let opening = opening(title);
    let lines = lines_of(old);
    let block = find(&lines, &opening);

    let mut new = lines[..block.start].concat();
    if !new.is_empty() && !new.ends_with(b"\n") {
        new.push(b'\n');
    }
    for line in [opening.as_bytes()].into_iter().chain(patterns.iter().map(Vec::as_slice)) {
        new.extend_from_slice(line);
        new.push(b'\n');
    }
    new.extend_from_slice(CLOSING);
    new.push(b'\n');
    new.extend(lines[block.end..].concat());
    new
}

/// Returns the patterns of the block of this title.
pub(super) fn patterns_of<'f>(file: &'f [u8], title: &str) -> Vec<&'f [u8]> {
    let lines = lines_of(file);
    let block = find(&lines, &opening(title));
    let lines = lines[block].iter().map(|line| line.strip_suffix(b"\n").unwrap_or(line));
    lines.filter(|line| line.starts_with(b"/")).collect()
}

fn opening(title: &str) -> String {
    format!("{OPENING}{title} (written by mlv, edits are lost)")
}

fn lines_of(file: &[u8]) -> Vec<&[u8]> {
    file.split_inclusive(|byte| *byte == b'\n').collect()
}

/// Returns which lines the block takes, or the empty range at the end.
fn find(lines: &[&[u8]], opening: &str) -> Range<usize> {
    match lines.iter().position(|line| trimmed(line) == opening.as_bytes()) {
        Some(start) => start..start + block_length(&lines[start..]),
        None => lines.len()..lines.len(),
    }
}

/// Returns how many lines belong to the block that the first line opens.
fn block_length(lines: &[&[u8]]) -> usize {
    let is_marker = |line: &&[u8]| line.starts_with(OPENING.as_bytes()) || trimmed(line) == CLOSING;
    match lines.iter().skip(1).position(is_marker) {
        Some(position) if trimmed(lines[position + 1]) == CLOSING => position + 2,
        _ => 1,
    }
}

fn trimmed(line: &[u8]) -> &[u8] {
    line.trim_ascii_end()
}
