//! The last step of a clone: its refs, and the files of what is checked out.

use crate::base::{RepoPath, TreeId};
use crate::ops::clone::partial::{Proof, SoundPart, note, sound_part};
use crate::ops::clone::snapshot::Snapshot;
use crate::ops::fsck::LostObjects;
use crate::ops::worktree::{Move, move_to};
use crate::ops::{Context, OpsError, import};
use crate::refs::operation;
use crate::repo::Update;

/// What the working copy of a clone holds of the tree that is checked out.
#[derive(Debug, Default)]
pub struct CheckedOut {
    pub files: u64,
    /// How many files of the tree lie elsewhere.
    pub references: u64,
    /// Files that are not whole at the source.
    pub missing: Vec<RepoPath>,
}

/// Writes the refs and the files that are whole. With them history begins, so there is nothing to undo.
pub fn check_out(
    context: &Context,
    snapshot: &Snapshot,
    lost: &mut LostObjects,
) -> Result<CheckedOut, OpsError> {
    let repo = &context.repo;
    let empty = repo.objects().empty_tree()?;
    let tree = repo.tree_of(snapshot.commit).or_else(|error| note(lost, error).map(|()| empty))?;
    if let Some(git) = context.git()? {
        git.exclude(&[], &[])?;
    }
    let written = write_files(context, tree, lost);
    // Where a directory cannot be read, no file is written, and the lost object says why.
    let written = written.or_else(|error| note(lost, error).map(|()| CheckedOut::default()))?;
    repo.edit_unlogged(&snapshot.edits(tree)?)?;
    let operations = operation::list(&repo.connection(), usize::MAX)?;
    let ids: Vec<i64> = operations.iter().map(|operation| operation.id).collect();
    repo.transact(|connection| Ok(operation::forget(connection, &ids)?))?;
    Ok(written)
}

/// Writes the files of a tree that are whole.
fn write_files(
    context: &Context,
    tree: TreeId,
    lost: &mut LostObjects,
) -> Result<CheckedOut, OpsError> {
    let empty = context.repo.objects().empty_tree()?;
    let now = context.now()?;
    let write = |part: SoundPart| {
        let update = Update::new(&context.command, now, Vec::new());
        let moved = move_to(context, Move::keeping(empty, part.tree), update)?;
        let (files, missing) = (moved.files, part.missing);
        let all = context.repo.objects().tree_summary(part.tree)?.files;
        // Where every file was written, none lies elsewhere.
        let references = if files == all {
            0
        } else {
            import::references(context.repo.objects(), part.tree, &[RepoPath::root()])?
        };
        Ok(CheckedOut { files, references, missing })
    };
    write(sound_part(context, tree, lost, Proof::Known)?).or_else(|error| {
        // Data that is shared with the source was not read before.
        note(lost, error)?;
        write(sound_part(context, tree, lost, Proof::Read)?)
    })
}
