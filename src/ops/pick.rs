//! `cherry-pick` and `revert`: the change of one commit, or its opposite, as a new commit here.

use crate::base::{CommitId, RepoPath};
use crate::diff::tree::tree_changes;
use crate::hook::event::Around;
use crate::merge::{MergeOptions, Side, plan_merge};
use crate::ops::commit::Committed;
use crate::ops::land::{Candidate, Landing, Stage, land};
use crate::ops::merge::{ReportedConflict, no_merge_begins, read_pending, reported};
use crate::ops::{Context, OpsError, hooks};
use crate::refs::{RefError, RefName, Revision};

/// Which way a change is applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// As it was made.
    Forth,
    /// Its opposite.
    Back,
}

impl Direction {
    fn around(self) -> &'static [Around] {
        match self {
            Self::Forth => &[Around::CHERRY_PICK, Around::COMMIT],
            Self::Back => &[Around::REVERT, Around::COMMIT],
        }
    }
}

/// How to apply a change.
#[derive(Debug, Clone, Default)]
pub struct PickOptions {
    pub revision: String,
    pub message: Option<String>,
    /// For a merge commit: the parent, counted from 1, that the change is taken against.
    pub mainline: Option<usize>,
    pub strategy: Option<Side>,
    pub no_verify: bool,
}

/// What came of it.
#[derive(Debug, Clone)]
pub enum Picked {
    Done(Committed),
    /// Nothing was changed.
    Conflicts(Vec<ReportedConflict>),
}

/// Applies the change of a commit on top of `HEAD`, through the hooks of the verb and those of a
/// commit.
pub fn pick(
    context: &Context,
    direction: Direction,
    options: &PickOptions,
) -> Result<Picked, OpsError> {
    let verb = if direction == Direction::Forth { "cherry-pick" } else { "revert" };
    let lock = context.lock()?;
    if read_pending(context)?.is_some() {
        return Err(OpsError::MergeUnderWay);
    }
    let head = context.repo.head()?;
    if let Some(branch) = head.branch() {
        hooks::refuse_protected(context, branch, verb)?;
    }
    let head_tree = context.repo.tree_of(head.commit())?;
    let staged = context.repo.staged()?;
    if staged != head_tree {
        let changes = tree_changes(context.repo.objects(), head_tree, staged, &RepoPath::root());
        let paths = changes.map(|change| change.map(|change| change.path));
        return Err(OpsError::StagedInTheWay { paths: paths.collect::<Result<_, _>>()? });
    }
    let (id, source) = context.resolve_named(&Revision::parse(&options.revision)?)?;
    let objects = context.repo.objects();
    let picked = objects.commit(id)?;
    let before = context.repo.tree_of(parent(id, &picked.parents, options.mainline, verb)?)?;
    let (base, theirs) = match direction {
        Direction::Forth => (before, picked.tree),
        Direction::Back => (picked.tree, before),
    };
    let merging = MergeOptions { strategy: options.strategy, ..MergeOptions::default() };
    let plan = plan_merge(objects, &base.into(), head_tree, theirs, &merging)?;
    if !plan.is_clean() {
        return Ok(Picked::Conflicts(reported(&plan.conflicts)));
    }
    let tree = plan.apply_clean_part(objects)?;
    if tree == head_tree {
        return Err(OpsError::NothingTo { verb });
    }
    let author = (picked.author.clone(), picked.time);
    let candidate = Candidate {
        tree,
        parents: head.commit().into_iter().collect(),
        message: message(options, direction, id, &picked),
        meta: Vec::new(),
        author: (direction == Direction::Forth).then_some(author),
    };
    let landing = Landing {
        around: direction.around(),
        branch: head.branch().cloned(),
        base: head.commit(),
        is_new_branch: false,
        source: source.filter(RefName::is_branch).map(|name| name.short().to_owned()),
        definitions: hooks::definitions_of_commit(context, head.branch(), head_tree, tree)?,
        no_verify: options.no_verify || context.skips_hooks(),
        own: false,
        checked_out: context.has_working_copy(),
        stage: Stage { before: head_tree, files: head_tree, after: tree },
        edits: vec![no_merge_begins()],
        fast_forward: None,
        chain: Vec::new(),
        seen: Vec::new(),
    };
    let landed = land(context, Some(lock), candidate, landing)?;
    Ok(Picked::Done(Committed {
        id: landed.id,
        branch: head.branch().map(|name| name.short().to_owned()),
        parents: landed.parents,
        tree: landed.tree,
        files_changed: landed.files_changed,
        hooks: landed.runs,
        message: landed.message,
    }))
}

/// Returns the commit that the change is taken against; nothing for a first commit.
fn parent(
    id: CommitId,
    parents: &[CommitId],
    mainline: Option<usize>,
    verb: &'static str,
) -> Result<Option<CommitId>, OpsError> {
    match (parents, mainline) {
        ([], None) => Ok(None),
        ([only], None) => Ok(Some(*only)),
        (several, None) => Err(OpsError::ManyParents { verb, parents: several.len() }),
        (several, Some(number)) => {
            let found = number.checked_sub(1).and_then(|index| several.get(index));
            found
                .map(|id| Some(*id))
                .ok_or_else(|| RefError::NoParent { commit: id, number }.into())
        }
    }
}

fn message(
    options: &PickOptions,
    direction: Direction,
    id: CommitId,
    picked: &crate::object::Commit,
) -> String {
    match (&options.message, direction) {
        (Some(message), _) => message.clone(),
        (None, Direction::Forth) => picked.message.clone(),
        (None, Direction::Back) => {
            format!("Revert \"{}\"\n\nThis reverts commit {id}.", picked.subject())
        }
    }
}
