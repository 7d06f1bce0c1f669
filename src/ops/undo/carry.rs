//! Work on a file that a renaming moved goes with it when the renaming is taken back.

use std::collections::{BTreeMap, HashMap};

use crate::base::RepoPath;
use crate::diff::tree::tree_changes;
use crate::object::{Entry, TreeEdit, TreeValue};
use crate::ops::{Context, OpsError};
use crate::refs::operation::Moved;
use crate::workspace::checkout::{CheckoutPlan, Policy};

/// The files that a way renames: what goes, and where the same content comes.
#[derive(Debug, Default)]
struct Renamings {
    gone: BTreeMap<RepoPath, Entry>,
    come: HashMap<Entry, Vec<RepoPath>>,
}

/// Returns the way with the user's work on renamed files at the names they get, and how many such
/// files there are.
pub fn carrying(
    context: &Context,
    way: Moved,
    policy: Policy<'_>,
) -> Result<(Moved, u64), OpsError> {
    let mut renamings = Renamings::of(context, way)?;
    if renamings.come.is_empty() {
        return Ok((way, 0));
    }
    let plan = context.workspace()?.plan_checkout(way.from, way.to, policy)?;
    let edits: Vec<_> =
        plan.unsaved.iter().filter_map(|path| renamings.edit(path, &plan)).collect();
    let carried = edits.len() as u64;
    let to = context.repo.objects().edit_tree(way.to, edits)?;
    Ok((Moved { from: way.from, to }, carried))
}

impl Renamings {
    fn of(context: &Context, way: Moved) -> Result<Self, OpsError> {
        let mut renamings = Self::default();
        for change in tree_changes(context.repo.objects(), way.from, way.to, &RepoPath::root()) {
            let change = change?;
            match (change.old, change.new) {
                (Some(old), None) => _ = renamings.gone.insert(change.path, old),
                (None, Some(new)) => renamings.come.entry(new).or_default().push(change.path),
                _ => {}
            }
        }
        let Self { gone, come } = &mut renamings;
        gone.retain(|_, entry| come.contains_key(entry));
        Ok(renamings)
    }

    /// Returns the edit that takes what a file holds on the disk to its other name.
    fn edit(&mut self, path: &RepoPath, plan: &CheckoutPlan) -> Option<TreeEdit> {
        let names = self.come.get_mut(self.gone.get(path)?)?;
        // Of files with the same content, the one whose path ends most alike.
        let alike = |name: &RepoPath| common_end(name, path);
        let best = (0..names.len()).max_by_key(|index| alike(&names[*index]))?;
        let step = plan.steps.binary_search_by(|step| step.path.cmp(path)).ok()?;
        let held = plan.steps[step].old.clone()?;
        Some(TreeEdit { path: names.swap_remove(best), value: TreeValue::Set(held.entry) })
    }
}

/// Returns how many of the last components of two paths are the same.
fn common_end(one: &RepoPath, other: &RepoPath) -> usize {
    let (one, other): (Vec<_>, Vec<_>) = (one.components().collect(), other.components().collect());
    one.iter().rev().zip(other.iter().rev()).take_while(|(a, b)| a == b).count()
}
