//! A three-way merge of trees, decided path by path and then done. What one side left alone is the
//! other's; what both changed alike is that; files whose lines go together are merged by lines;
//! everything else is a conflict, and all of them are found.

use crate::base::RepoPath;
use crate::base::TreeId;
use crate::diff::tree_changes;
use crate::merge::join::{Group, Join, ThreeWay};
use crate::merge::three_way::{Decision, decide, texts_of};
use crate::merge::{Conflict, ConflictKind, MergeBase, MergeError, Side};
use crate::object::{ObjectDb, ObjectError, TreeEdit, TreeValue};

/// How to merge.
#[derive(Debug, Clone)]
pub struct MergeOptions {
    /// Whose version a path in conflict gets, as a whole; nobody's by default. Paths without
    /// conflict are merged as ever.
    pub strategy: Option<Side>,
    /// Up to which size files are merged by lines.
    pub text_limit: u64,
}

impl Default for MergeOptions {
    fn default() -> Self {
        Self { strategy: None, text_limit: 1 << 20 }
    }
}

/// How many changed paths are looked at before the first of them is decided on.
const BATCH: usize = 1024;

/// A merge, decided and not yet done.
#[derive(Debug, Clone)]
pub struct MergePlan {
    /// The tree that the edits apply to: ours, or theirs where ours is the base.
    onto: TreeId,
    edits: Vec<TreeEdit>,
    /// What is left to the user, sorted by path.
    pub conflicts: Vec<Conflict>,
    /// What the strategy settled, sorted by path.
    pub settled: Vec<Conflict>,
    /// The files that were merged by lines, sorted.
    pub line_merged: Vec<RepoPath>,
}

/// Decides how to merge two trees that come from `base`. The content of files merged by lines is
/// stored already, and nothing points to it yet.
pub fn plan_merge(
    db: &ObjectDb,
    base: &MergeBase,
    ours: TreeId,
    theirs: TreeId,
    options: &MergeOptions,
) -> Result<MergePlan, ObjectError> {
    let is_certain = base.contested.is_empty();
    if ours == theirs || (is_certain && theirs == base.tree) {
        return Ok(MergePlan::without_edits(ours));
    }
    if is_certain && ours == base.tree {
        return Ok(MergePlan::without_edits(theirs));
    }
    let root = RepoPath::root();
    let mut changes = Join::new(
        tree_changes(db, base.tree, ours, &root),
        tree_changes(db, base.tree, theirs, &root),
    );
    let mut planner = Planner { db, base, theirs, options, plan: MergePlan::without_edits(ours) };
    loop {
        let groups = changes.next_groups(BATCH)?;
        if groups.is_empty() {
            return Ok(planner.plan);
        }
        let paths =
            groups.iter().flat_map(|group| std::iter::once(&group.head).chain(&group.below));
        db.prefetch(paths.flat_map(|three| texts_of(three, options)))?;
        groups.into_iter().try_for_each(|group| planner.add_group(group))?;
    }
}

impl MergePlan {
    fn without_edits(onto: TreeId) -> Self {
        Self {
            onto,
            edits: Vec::new(),
            conflicts: Vec::new(),
            settled: Vec::new(),
            line_merged: Vec::new(),
        }
    }

    /// Tells whether nothing is left to the user.
    pub fn is_clean(&self) -> bool {
        self.conflicts.is_empty()
    }

    /// Stores the merged tree. A plan with conflicts is refused.
    pub fn apply(&self, db: &ObjectDb) -> Result<TreeId, MergeError> {
        match self.conflicts.len() {
            0 => Ok(self.apply_clean_part(db)?),
            conflicts => Err(MergeError::Unsettled { conflicts }),
        }
    }

    /// Stores the tree in which all is merged but the paths in conflict, which stay as in ours.
    pub fn apply_clean_part(&self, db: &ObjectDb) -> Result<TreeId, ObjectError> {
        if self.edits.is_empty() {
            return Ok(self.onto);
        }
        db.edit_tree(self.onto, self.edits.clone())
    }
}

struct Planner<'a> {
    db: &'a ObjectDb,
    base: &'a MergeBase,
    theirs: TreeId,
    options: &'a MergeOptions,
    plan: MergePlan,
}

impl Planner<'_> {
    fn add_group(&mut self, group: Group) -> Result<(), ObjectError> {
        if group.is_file_and_directory() {
            return self.add_conflict(group.head, ConflictKind::FileDirectory);
        }
        std::iter::once(group.head).chain(group.below).try_for_each(|three| self.add_path(three))
    }

    fn add_path(&mut self, three: ThreeWay) -> Result<(), ObjectError> {
        let contested = self.base.is_contested(&three.path);
        match decide(self.db, &three, contested, self.options)? {
            Decision::Keep => {}
            Decision::Take(entry) => {
                self.edit(three.path, entry.map_or(TreeValue::Remove, TreeValue::Set));
            }
            Decision::LineMerged(entry) => {
                self.plan.line_merged.push(three.path.clone());
                self.edit(three.path, TreeValue::Set(entry));
            }
            Decision::Conflict(kind) => self.add_conflict(three, kind)?,
        }
        Ok(())
    }

    fn add_conflict(&mut self, three: ThreeWay, kind: ConflictKind) -> Result<(), ObjectError> {
        let ThreeWay { path, base, ours, theirs } = three;
        if self.options.strategy == Some(Side::Theirs) {
            let value = match &theirs {
                Some(entry) => TreeValue::Set(entry.clone()),
                None => match self.db.subtree(self.theirs, &path)? {
                    Some(directory) => TreeValue::Graft(directory),
                    None => TreeValue::Remove,
                },
            };
            self.edit(path.clone(), value);
        }
        let conflict = Conflict { path, kind, base, ours, theirs };
        match self.options.strategy {
            None => self.plan.conflicts.push(conflict),
            Some(_) => self.plan.settled.push(conflict),
        }
        Ok(())
    }

    fn edit(&mut self, path: RepoPath, value: TreeValue) {
        self.plan.edits.push(TreeEdit { path, value });
    }
}

#[cfg(test)]
mod tests;
