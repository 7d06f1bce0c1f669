//! The unified format of a [`TextDiff`]: what `diff -u` prints and `patch` reads.

use std::fmt::Write as _;

use super::{DiffLine, Hunk, LineKind, TextDiff};

const NO_LINE_END: &[u8] = b"\n\\ No newline at end of file\n";

impl TextDiff {
    /// Appends the difference in the unified format. The labels are the file names of the two
    /// sides, by custom with `a/` and `b/` before them, or `/dev/null`. Equal texts write nothing.
    pub fn write_unified(&self, old_label: &[u8], new_label: &[u8], out: &mut Vec<u8>) {
        if self.hunks.is_empty() {
            return;
        }
        write_label(b"--- ", old_label, out);
        write_label(b"+++ ", new_label, out);
        for hunk in &self.hunks {
            out.extend_from_slice(hunk.header().as_bytes());
            out.push(b'\n');
            hunk.lines.iter().for_each(|line| line.write_unified(out));
        }
    }
}

impl Hunk {
    /// Returns the line that opens this hunk, as in `@@ -1,3 +1,4 @@`.
    pub fn header(&self) -> String {
        let mut header = String::from("@@");
        let sides = [('-', self.old_start, self.old_lines), ('+', self.new_start, self.new_lines)];
        for (sign, start, lines) in sides {
            let written = match lines {
                1 => write!(header, " {sign}{start}"),
                _ => write!(header, " {sign}{start},{lines}"),
            };
            written.expect("writing to a string cannot fail");
        }
        header + " @@"
    }
}

impl DiffLine {
    /// Returns the character that marks such a line.
    pub fn sign(&self) -> char {
        match self.kind {
            LineKind::Context => ' ',
            LineKind::Removed => '-',
            LineKind::Added => '+',
        }
    }

    /// Returns the line without its line end.
    pub fn text(&self) -> &[u8] {
        self.bytes.strip_suffix(b"\n").unwrap_or(&self.bytes)
    }

    /// Tells whether the line has a line end; only the last of a file may lack it.
    pub fn is_terminated(&self) -> bool {
        self.bytes.ends_with(b"\n")
    }

    fn write_unified(&self, out: &mut Vec<u8>) {
        out.push(self.sign() as u8);
        out.extend_from_slice(&self.bytes);
        if !self.is_terminated() {
            out.extend_from_slice(NO_LINE_END);
        }
    }
}

/// Writes a file name, with a tab behind it where it has a space that readers could take for its end.
fn write_label(prefix: &[u8], label: &[u8], out: &mut Vec<u8>) {
    let name = git_name(label);
    out.extend_from_slice(prefix);
    out.extend_from_slice(&name);
    if !name.starts_with(b"\"") && label.contains(&b' ') {
        out.push(b'\t');
    }
    out.push(b'\n');
}

/// Returns a file name as Git writes it: quoted where it has bytes that would break a line.
pub fn git_name(name: &[u8]) -> Vec<u8> {
    if !name.iter().any(|byte| byte.is_ascii_control() || matches!(byte, b'"' | b'\\')) {
        return name.to_vec();
    }
    let mut quoted = vec![b'"'];
    for byte in name {
        write_quoted(*byte, &mut quoted);
    }
    quoted.push(b'"');
    quoted
}

fn write_quoted(byte: u8, out: &mut Vec<u8>) {
    match byte {
        b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
        _ if byte.is_ascii_control() => out.extend_from_slice(format!("\\{byte:03o}").as_bytes()),
        _ => out.push(byte),
    }
}
