//! The three-way rule for one path.

use crate::base::RepoPath;
use crate::diff::text::is_text;
use crate::merge::join::ThreeWay;
use crate::merge::text::{TextMerge, merge_texts};
use crate::merge::{ConflictKind, MergeOptions};
use crate::object::{Entry, FileRef, ObjectDb, ObjectError, Reference};

/// What a path is to hold after the merge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Decision {
    /// What it holds in ours.
    Keep,
    /// What theirs made of it, which may be nothing.
    Take(Option<Entry>),
    /// A file made of the lines of both.
    LineMerged(Entry),
    Conflict(ConflictKind),
}

/// Decides about one path. Where the base itself is contested, there is nothing that a side could
/// have left alone: only equal sides agree.
pub(super) fn decide(
    db: &ObjectDb,
    three: &ThreeWay,
    contested: bool,
    options: &MergeOptions,
) -> Result<Decision, ObjectError> {
    let ThreeWay { base, ours, theirs, .. } = three;
    if ours == theirs || (!contested && theirs == base) {
        return Ok(Decision::Keep);
    }
    if !contested && ours == base {
        return Ok(Decision::Take(theirs.clone()));
    }
    Ok(match (ours, theirs) {
        (None, _) => Decision::Conflict(ConflictKind::DeletedByOurs),
        (_, None) => Decision::Conflict(ConflictKind::DeletedByTheirs),
        (Some(Entry::Symlink { .. }), Some(Entry::Symlink { .. })) => differing(base.as_ref()),
        (Some(Entry::Reference(ours)), Some(Entry::Reference(theirs))) => {
            let base = match base {
                Some(Entry::Reference(base)) => Some(base.as_ref()),
                _ => None,
            };
            match one_of(base, ours, theirs) {
                Some(one) => settle(three, Entry::Reference(Box::new(one.clone()))),
                None => differing(three.base.as_ref()),
            }
        }
        (
            Some(Entry::File { file: ours, executable: our_bit }),
            Some(Entry::File { file: theirs, executable: their_bit }),
        ) => {
            let Some(Entry::File { file: base, executable: base_bit }) = base else {
                return Ok(differing(base.as_ref()));
            };
            // Two bits that differ: one of them is the base's, so the other is the change.
            let executable = if our_bit == their_bit { *our_bit } else { !base_bit };
            match merge_content(db, base, ours, theirs, options)? {
                Content::Of(file) => settle(three, Entry::File { file, executable }),
                Content::LineMerged(file) => Decision::LineMerged(Entry::File { file, executable }),
                Content::Conflict => Decision::Conflict(ConflictKind::BothModified),
            }
        }
        _ => Decision::Conflict(ConflictKind::TypeChange),
    })
}

/// Returns the files that are read to decide on a path: those whose lines may go together.
pub(super) fn texts_of<'t>(
    three: &'t ThreeWay,
    options: &MergeOptions,
) -> impl Iterator<Item = (&'t RepoPath, &'t Entry)> + use<'t> {
    let sides = [three.base.as_ref(), three.ours.as_ref(), three.theirs.as_ref()];
    let all_are = |fits: &dyn Fn(&Entry) -> bool| sides.iter().all(|it| it.is_some_and(fits));
    let may_merge =
        all_are(&|side| matches!(side, Entry::File { .. }) && side.size() <= options.text_limit)
            && (0..3)
                .all(|n| sides[n].map(Entry::content) != sides[(n + 1) % 3].map(Entry::content));
    sides.into_iter().flatten().filter(move |_| may_merge).map(|side| (&three.path, side))
}

fn differing(base: Option<&Entry>) -> Decision {
    Decision::Conflict(match base {
        Some(_) => ConflictKind::BothModified,
        None => ConflictKind::BothAdded,
    })
}

/// Returns the reference that only one side changed, or that both mean; one whose hash is known goes
/// before one whose is not.
fn one_of<'r>(
    base: Option<&Reference>,
    ours: &'r Reference,
    theirs: &'r Reference,
) -> Option<&'r Reference> {
    if ours.means_the_same(theirs) {
        return Some(if ours.content.is_some() { ours } else { theirs });
    }
    let is_kept = |side: &Reference| base.is_some_and(|base| side.means_the_same(base));
    match (is_kept(ours), is_kept(theirs)) {
        (true, false) => Some(theirs),
        (false, true) => Some(ours),
        _ => None,
    }
}

fn settle(three: &ThreeWay, merged: Entry) -> Decision {
    let merged = Some(merged);
    if merged == three.ours { Decision::Keep } else { Decision::Take(merged) }
}

/// What became of the content of a file, apart from its executable bit.
enum Content {
    Of(FileRef),
    LineMerged(FileRef),
    Conflict,
}

fn merge_content(
    db: &ObjectDb,
    base: &FileRef,
    ours: &FileRef,
    theirs: &FileRef,
    options: &MergeOptions,
) -> Result<Content, ObjectError> {
    if ours.content == theirs.content || theirs.content == base.content {
        return Ok(Content::Of(*ours));
    }
    if ours.content == base.content {
        return Ok(Content::Of(*theirs));
    }
    let files = [base, ours, theirs];
    if files.iter().any(|file| file.size > options.text_limit) {
        return Ok(Content::Conflict);
    }
    let mut texts = Vec::new();
    for file in files {
        let bytes = db.read_file(file, options.text_limit)?;
        if !is_text(&bytes, options.text_limit) {
            return Ok(Content::Conflict);
        }
        texts.push(bytes);
    }
    match merge_texts(&texts[0], &texts[1], &texts[2]) {
        TextMerge::Clean(merged) => Ok(Content::LineMerged(db.ingest_bytes(&merged)?)),
        TextMerge::Conflict => Ok(Content::Conflict),
    }
}
