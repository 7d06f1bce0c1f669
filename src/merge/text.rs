//! Three-way merge of texts by lines, as `git merge-file` does: what only one side changed is
//! taken, and where both changed the same lines, or lines that touch, in different ways, it is a
//! conflict.

use gix::diff::blob::{Algorithm, InternedInput};
use gix::merge::blob::Resolution;
use gix::merge::blob::builtin_driver::text::{Conflict, ConflictStyle, Labels, Merge};

/// What became of two texts and their base.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TextMerge {
    Clean(Vec<u8>),
    Conflict,
}

/// Merges two texts that both come from `base`.
pub fn merge_texts(base: &[u8], ours: &[u8], theirs: &[u8]) -> TextMerge {
    let mut input = InternedInput::default();
    let merge = Merge::new(&mut input, ours, base, theirs, Algorithm::Histogram);
    let conflict =
        Conflict::Keep { style: ConflictStyle::Merge, marker_size: std::num::NonZeroU8::MIN };
    let mut merged = Vec::new();
    match merge.run(&mut merged, Labels::default(), conflict) {
        Resolution::Complete => TextMerge::Clean(merged),
        Resolution::Conflict | Resolution::CompleteWithAutoResolvedConflict => TextMerge::Conflict,
    }
}

#[cfg(test)]
mod tests;
