//! What every command that changes something does first: settle what a crash left behind.

use std::time::Duration;

use crate::base::boot::boot_id;
use crate::base::lock::{FileLock, LockKind};
use crate::base::{Progress, RepoPath};
use crate::diff::tree::tree_changes;
use crate::object::{Entry, TreeEdit, TreeValue};
use crate::ops::{Context, OpsError, hooks, worktree};
use crate::refs::{RefEdit, RefName, RefValue};
use crate::repo::{Update, journal};

/// Settles an interrupted checkout and what a power cut damaged; the caller holds the lock of the
/// working copy.
pub fn settle_files(context: &Context) -> Result<(), OpsError> {
    worktree::recover(context)?;
    let noted = journal::fact(&context.repo.connection(), STAGED_BOOT)?;
    let is_new_boot = noted.is_some() && noted != boot_id();
    if !is_new_boot && context.repo.store().report().damaged.is_empty() {
        return Ok(());
    }
    unstage_lost(context)?;
    context.repo.transact(|connection| Ok(journal::remove_fact(connection, STAGED_BOOT)?))?;
    Ok(())
}

/// Settles a checkout that a crash left behind, before files are only looked at: what it left half
/// done is nobody's change. Where another process is at work, that is up to it.
pub fn settle_checkout(context: &Context) -> Result<(), OpsError> {
    if !context.workspace()?.is_amid_checkout() {
        return Ok(());
    }
    let path = context.repo.layout().worktree_lock();
    let Ok(_lock) = FileLock::acquire(&path, LockKind::Exclusive, Duration::ZERO) else {
        return Ok(());
    };
    if let Err(error) = worktree::recover(context) {
        let what = "a checkout that a crash interrupted is not settled yet";
        context.progress.notice(&format!("{what}: {error}"));
    }
    Ok(())
}

/// The fact that says in which boot of the machine data was staged that may not be on the disk.
const STAGED_BOOT: &str = "staged_boot";

/// Notes that staged data is not on the disk for sure while this boot lasts.
pub fn note_boot(context: &Context) -> Result<(), OpsError> {
    let Some(boot) = boot_id() else { return Ok(()) };
    if journal::fact(&context.repo.connection(), STAGED_BOOT)?.as_ref() == Some(&boot) {
        return Ok(());
    }
    Ok(context
        .repo
        .transact(|connection| Ok(journal::set_fact(connection, STAGED_BOOT, &boot)?))?)
}

/// Says which files a power cut has torn, and how they are brought back.
pub fn tell_torn(progress: &dyn Progress, torn: &[RepoPath]) {
    let Some(first) = torn.first() else { return };
    let what = match torn.len() {
        1 => format!("a power cut tore `{first}`"),
        number => format!("a power cut tore {number} files, `{first}` among them"),
    };
    progress.notice(&format!("{what}: `mlv restore {first}` brings it back"));
}

/// Marks runs whose process died, and runs noted hooks.
pub fn settle_hooks(context: &Context) -> Result<(), OpsError> {
    hooks::heal(context)
}

/// Takes out of the staged tree what a power cut kept from reaching the disk: the files themselves
/// are still in the working copy.
fn unstage_lost(context: &Context) -> Result<(), OpsError> {
    let (head, staged) = (context.repo.head_tree()?, context.repo.staged()?);
    let mut edits = Vec::new();
    for change in tree_changes(context.repo.objects(), head, staged, &RepoPath::root()) {
        let Ok(change) = change else {
            // A node of the staged tree itself is lost.
            return replace_staged(context, head, "everything that was staged");
        };
        if change.new.as_ref().is_some_and(|entry| !is_whole(context, entry)) {
            let notice =
                format!("`{}` is no longer staged: a power cut took its data", change.path);
            context.progress.notice(&notice);
            let value = change.old.map_or(TreeValue::Remove, TreeValue::Set);
            edits.push(TreeEdit { path: change.path, value });
        }
    }
    if edits.is_empty() {
        return Ok(());
    }
    let count = edits.len();
    let tree = context.repo.objects().edit_tree(staged, edits)?;
    replace_staged(context, tree, &format!("{count} staged files"))
}

fn is_whole(context: &Context, entry: &Entry) -> bool {
    let Entry::File { file, .. } = entry else { return true };
    let mut whole = true;
    let reached = context.repo.objects().reach_file(file, &mut |id| {
        let found = context.repo.has(id).unwrap_or(false);
        whole &= found;
        found
    });
    whole && reached.is_ok()
}

fn replace_staged(
    context: &Context,
    tree: crate::base::TreeId,
    what: &str,
) -> Result<(), OpsError> {
    let notice = format!("{what} was lost in a power cut: add it again from the working copy");
    context.progress.notice(&notice);
    let edit = RefEdit::set(RefName::staged(), RefValue::Tree(tree));
    context.repo.update(&Update::new("recover", context.now()?, vec![edit]))?;
    Ok(())
}
