//! A block of lines of ours in a file of the user's.

const OPENING: &str = "# >>> mlv: ";
const CLOSING: &[u8] = b"# <<< mlv";

/// Returns the file with the block of this title replaced, or added at the end. All other bytes
/// stay; a block that lost its closing line is taken for the user's but for its opening.
pub(super) fn replace(old: &[u8], title: &str, patterns: &[Vec<u8>]) -> Vec<u8> {
    let opening = format!("{OPENING}{title} (written by mlv, edits are lost)");
    let lines: Vec<&[u8]> = old.split_inclusive(|byte| *byte == b'\n').collect();
    let start = lines
        .iter()
        .position(|line| trimmed(line) == opening.as_bytes());
    let length = start.map(|start| block_length(&lines[start..]));
    let (start, length) = (start.unwrap_or(lines.len()), length.unwrap_or(0));

    let mut new = lines[..start].concat();
    if !new.is_empty() && !new.ends_with(b"\n") {
        new.push(b'\n');
    }
    for line in [opening.as_bytes()]
        .into_iter()
        .chain(patterns.iter().map(Vec::as_slice))
    {
        new.extend_from_slice(line);
        new.push(b'\n');
    }
    new.extend_from_slice(CLOSING);
    new.push(b'\n');
    new.extend(lines[start + length..].concat());
    new
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
