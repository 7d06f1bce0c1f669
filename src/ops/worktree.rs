//! Moving the working copy together with refs: the files first, with a way back, then the refs in
//! one transaction; after a crash the refs tell which way the files go.

use crate::base::{Hash, PathList, RepoPath, TreeId};
use crate::diff::tree::tree_changes;
use crate::ops::{Context, OpsError, add};
use crate::refs::operation::Moved;
use crate::repo::{Update, Updated};
use crate::store::{ChunkStore, Durability};
use crate::workspace::checkout::{AppliedCheckout, Direction, Policy, UntilInterrupted};

/// A way for the working copy.
#[derive(Debug, Clone, Copy)]
pub struct Move<'a> {
    /// The tree its files are believed to hold, as far as they are to hold it.
    pub from: TreeId,
    pub to: TreeId,
    pub policy: Policy<'a>,
    pub extent: Extent<'a>,
}

/// Which paths of both trees a move is about.
#[derive(Debug, Clone, Copy)]
pub enum Extent<'a> {
    /// Those that the working copy holds, and these.
    Held(&'a [RepoPath]),
    /// All: the trees have only what the files held, or shall hold.
    Whole,
}

impl Move<'_> {
    /// Touches only what differs between the trees; unsaved work in the way refuses the move.
    pub fn keeping(from: TreeId, to: TreeId) -> Self {
        Self { from, to, policy: Policy::Keep, extent: Extent::Held(&[]) }
    }

    /// Makes all tracked files hold `to`; unsaved work is kept in the operation log.
    pub fn forcing(from: TreeId, to: TreeId) -> Self {
        let policy = Policy::Force { wanted: &|_: &RepoPath| true };
        Self { from, to, policy, extent: Extent::Held(&[]) }
    }
}

/// Moves the working copy and applies the update, or does neither.
pub fn move_to(context: &Context, way: Move<'_>, mut update: Update) -> Result<Updated, OpsError> {
    let workspace = context.workspace()?;
    let progress = context.progress.as_ref();
    let way = narrowed(context, way)?;
    let plan = workspace.plan_checkout(way.from, way.to, way.policy)?;
    if plan.steps.is_empty() && plan.blocked.is_empty() {
        return Ok(context.repo.update(&update)?);
    }
    tracing::debug!(from = %way.from, to = %way.to, files = plan.steps.len(), "moving the files");
    let token = token(context)?;
    let applied = workspace.apply_checkout(plan, token.as_bytes(), &UntilInterrupted, progress)?;
    let outcome = record(context, way, &applied, token, &mut update);
    match outcome {
        Ok(updated) => {
            let (files, saved) = (applied.changed() as u64, applied.saved().len() as u64);
            applied.finish()?;
            hide_from_git(context, way);
            Ok(Updated { files, saved, ..updated })
        }
        Err(error) => {
            applied.roll_back(progress)?;
            Err(error)
        }
    }
}

/// Returns the way of the files alone. The trees that it leads over are durable, as those are that it
/// was given: a journal or an operation may name them.
fn narrowed<'a>(context: &Context, way: Move<'a>) -> Result<Move<'a>, OpsError> {
    let Extent::Held(also) = way.extent else { return Ok(way) };
    let (from, to) = context.workspace()?.parts(way.from, way.to, also)?;
    if (from, to) != (way.from, way.to) {
        context.flush_trees()?;
    }
    Ok(Move { from, to, ..way })
}

/// Keeps Git from offering what the move has brought.
fn hide_from_git(context: &Context, way: Move<'_>) {
    if !matches!(context.git(), Ok(Some(_))) {
        return;
    }
    let changes = tree_changes(context.repo.objects(), way.from, way.to, &RepoPath::root());
    let new = changes.flatten().filter(|change| change.old.is_none());
    let new: PathList = new.map(|change| change.path).collect();
    add::exclude_from_git(context, way.to, &new);
}

/// Writes the operation that goes with files that have been moved. It remembers what they held, to
/// the byte, not what they were believed to hold: so it can be taken back.
fn record(
    context: &Context,
    way: Move<'_>,
    applied: &AppliedCheckout<'_>,
    token: String,
    update: &mut Update,
) -> Result<Updated, OpsError> {
    let objects = context.repo.objects();
    let mut from = way.from;
    if !applied.before().is_empty() {
        from = objects.edit_tree(way.from, applied.before().to_vec())?;
    }
    if !applied.saved().is_empty() {
        update.saved = Some(objects.edit_tree(objects.empty_tree()?, applied.saved().to_vec())?);
    }
    context.repo.store().flush(Durability::Durable)?;
    update.checkout = Some(Moved { from, to: way.to });
    update.checkout_token = Some(token);
    Ok(context.repo.update(update)?)
}

/// Returns a name for a checkout that no other one has.
fn token(context: &Context) -> Result<String, OpsError> {
    let owner = crate::ops::hooks::owner(context)?;
    let number = context.next_number();
    Ok(Hash::of(format!("{} {number}", owner.name).as_bytes()).to_hex())
}

/// Settles a checkout that a dead process left behind: forward where the refs moved with it, back
/// where they did not.
pub fn recover(context: &Context) -> Result<(), OpsError> {
    let Some(interrupted) = context.workspace()?.interrupted_checkout()? else { return Ok(()) };
    let token = String::from_utf8_lossy(interrupted.note()).into_owned();
    let forward = context.repo.agrees_with_checkout(&token)?;
    let (from, direction) = if forward {
        (interrupted.to(), Direction::Forward)
    } else {
        (interrupted.from(), Direction::Back)
    };
    let recovery = interrupted.resolve(direction, context.progress.as_ref())?;
    let outcome = if forward { "finished" } else { "taken back" };
    context.progress.notice(&format!("a checkout that a crash interrupted was {outcome}"));
    for blocked in &recovery.left {
        context.progress.notice(&format!("`{}` was left as it is", blocked.path));
    }
    if !recovery.saved.is_empty() {
        let objects = context.repo.objects();
        let mut update = Update::new("recover", context.now()?, Vec::new());
        update.saved = Some(objects.edit_tree(objects.empty_tree()?, recovery.saved)?);
        update.checkout = Some(Moved { from, to: from });
        context.repo.store().flush(Durability::Durable)?;
        context.repo.update(&update)?;
    }
    Ok(())
}
