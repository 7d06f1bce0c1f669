//! Line diffs of texts, as values: hunks with three lines of context that `patch` and `git apply`
//! understand once [`TextDiff::write_unified`] has written them. Texts are bytes of any encoding; a
//! line ends with `\n`, and a last line without one stays without.

pub mod unified;

use std::ops::Range;

use gix::diff::blob::{
    Algorithm, Diff, Hunk as Change, InternedInput, diff_with_slider_heuristics,
};

/// How many unchanged lines stand before and after a change.
const CONTEXT: u32 = 3;

/// How far into a file a NUL byte is looked for.
const SNIFFED: usize = 8 * 1024;

/// Tells whether content is text of at most `limit` bytes: no NUL in its first 8 KiB.
pub fn is_text(bytes: &[u8], limit: u64) -> bool {
    bytes.len() as u64 <= limit && !bytes[..bytes.len().min(SNIFFED)].contains(&0)
}

/// What happened to a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LineKind {
    Context,
    Removed,
    Added,
}

/// A line of a hunk, with its line end where it has one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiffLine {
    pub kind: LineKind,
    pub bytes: Vec<u8>,
}

/// A run of changes with the lines around it. Lines count from 1; where a side has no lines here,
/// its start is the line before (0 at the top of the file), as in the unified format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hunk {
    pub old_start: u32,
    pub old_lines: u32,
    pub new_start: u32,
    pub new_lines: u32,
    pub lines: Vec<DiffLine>,
}

/// How many lines a change adds and removes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct LineCounts {
    pub added: u32,
    pub removed: u32,
}

/// The difference of two texts; no hunks where they are equal.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TextDiff {
    pub hunks: Vec<Hunk>,
    pub counts: LineCounts,
}

/// Returns how `new` differs from `old`.
pub fn diff_texts(old: &[u8], new: &[u8]) -> TextDiff {
    let input = InternedInput::new(old, new);
    let diff = diff_with_slider_heuristics(Algorithm::Histogram, &input);
    let changes: Vec<Change> = diff.hunks().collect();
    let near = |a: &Change, b: &Change| b.before.start - a.before.end <= 2 * CONTEXT;
    let hunks = changes.chunk_by(near).map(|group| hunk_of(&input, group)).collect();
    TextDiff { hunks, counts: counts_of(&diff) }
}

/// Returns only how many lines differ: cheaper, and all that `--stat` needs.
pub fn count_lines(old: &[u8], new: &[u8]) -> LineCounts {
    counts_of(&Diff::compute(Algorithm::Histogram, &InternedInput::new(old, new)))
}

fn counts_of(diff: &Diff) -> LineCounts {
    LineCounts { added: diff.count_additions(), removed: diff.count_removals() }
}

/// Makes one hunk of changes that are near each other.
fn hunk_of(input: &InternedInput<&[u8]>, group: &[Change]) -> Hunk {
    let (first, last) = (&group[0], &group[group.len() - 1]);
    let lead = CONTEXT.min(first.before.start);
    let trail = CONTEXT.min(input.before.len() as u32 - last.before.end);
    let old = first.before.start - lead..last.before.end + trail;
    let new = first.after.start - lead..last.after.end + trail;

    let mut lines = Lines { input, collected: Vec::new() };
    let mut done = old.start;
    for change in group {
        lines.push(LineKind::Context, done..change.before.start);
        lines.push(LineKind::Removed, change.before.clone());
        lines.push(LineKind::Added, change.after.clone());
        done = change.before.end;
    }
    lines.push(LineKind::Context, done..old.end);
    Hunk {
        old_start: first_line(&old),
        old_lines: old.len() as u32,
        new_start: first_line(&new),
        new_lines: new.len() as u32,
        lines: lines.collected,
    }
}

fn first_line(range: &Range<u32>) -> u32 {
    if range.is_empty() { range.start } else { range.start + 1 }
}

/// Lines being collected into a hunk.
struct Lines<'i, 't> {
    input: &'i InternedInput<&'t [u8]>,
    collected: Vec<DiffLine>,
}

impl Lines<'_, '_> {
    fn push(&mut self, kind: LineKind, range: Range<u32>) {
        let side = match kind {
            LineKind::Added => &self.input.after,
            LineKind::Context | LineKind::Removed => &self.input.before,
        };
        let tokens = &side[range.start as usize..range.end as usize];
        let line = |token| DiffLine { kind, bytes: self.input.interner[token].to_vec() };
        self.collected.extend(tokens.iter().map(|token| line(*token)));
    }
}

#[cfg(test)]
mod tests;
