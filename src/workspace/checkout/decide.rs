//! The decision: what to write and remove, and what is in the way. Nothing is changed here.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use crate::base::{NoProgress, RepoPath, TreeId};
use crate::diff::tree::{TreeChange, tree_changes};
use crate::object::{Entry, TreeEdit, TreeEntry, TreeValue};
use crate::workspace::cache::{CachedFile, NewRow};
use crate::workspace::checkout::{
    BlockReason, Blocked, CheckoutPlan, Held, Pace, Policy, Step, UntilInterrupted,
};
use crate::workspace::content::{Content, Deed};
use crate::workspace::disk::{Cursor, FileKind};
use crate::workspace::error::WorkspaceError;
use crate::workspace::handle::Workspace;
use crate::workspace::join::{Facts, Join, Joined, OnDisk};
use crate::workspace::sparse::Sparse;
use crate::workspace::status::{Verdict, compare, same_bytes};

/// How many paths are looked at before the first of them is decided on. Tests see many batches.
const BATCH: usize = if cfg!(test) { 4 } else { 1 << 15 };

/// What a path shall hold, and what it is believed to hold.
pub(super) struct Want {
    pub path: RepoPath,
    pub believed: Option<Entry>,
    pub target: Option<Entry>,
    /// Of a recovery: whether the file may have been left between both.
    pub in_place: Option<bool>,
}

/// What is at a path.
enum Found {
    Nothing,
    Directory,
    Held(Held),
    Special,
    Unreadable(String),
}

impl Workspace {
    /// Decides how to get from the tree that the working copy is believed to hold to another.
    pub fn plan_checkout(
        &self,
        from: TreeId,
        to: TreeId,
        policy: Policy<'_>,
    ) -> Result<CheckoutPlan, WorkspaceError> {
        match policy {
            Policy::Keep => {
                let wants = self.differences(from, to);
                self.plan_wants(from, to, wants, false, &UntilInterrupted)
            }
            Policy::Force { wanted } => {
                let wants = self.deviations(from, to, wanted)?.into_iter().map(Ok);
                self.plan_wants(from, to, wants, true, &UntilInterrupted)
            }
        }
    }

    /// Decides how to fulfil wants, which come in the order of paths.
    pub(super) fn plan_wants(
        &self,
        from: TreeId,
        to: TreeId,
        wants: impl Iterator<Item = Result<Want, WorkspaceError>>,
        force: bool,
        pace: &dyn Pace,
    ) -> Result<CheckoutPlan, WorkspaceError> {
        let present = self.present();
        let look = |cursor: &mut Cursor, want: &Want| {
            pace.before_step()?;
            self.state(cursor, want)
        };
        let mut planner = Planner::new(self, force, present);
        let mut wants = wants.fuse();
        loop {
            let batch = wants.by_ref().take(BATCH).collect::<Result<Vec<Want>, _>>()?;
            if batch.is_empty() {
                break;
            }
            let states: Vec<Found> = batch
                .par_iter()
                .with_min_len(64)
                .map_init(|| self.disk.cursor(), look)
                .collect::<Result<_, _>>()?;
            for (want, state) in batch.into_iter().zip(states) {
                planner.want(want, state)?;
            }
        }
        planner.clear_directories()?;
        Ok(planner.finish(from, to))
    }

    fn differences(
        &self,
        from: TreeId,
        to: TreeId,
    ) -> impl Iterator<Item = Result<Want, WorkspaceError>> + use<> {
        let want = |change: TreeChange| Want {
            path: change.path,
            believed: change.old,
            target: change.new,
            in_place: None,
        };
        tree_changes(&self.objects, from, to, &RepoPath::root())
            .map(move |change| Ok(want(change?)))
    }

    /// Returns the wanted paths where the disk may differ from `to`: those of `to`, and those of
    /// `from` that `to` has not.
    fn deviations(
        &self,
        from: TreeId,
        to: TreeId,
        wanted: &dyn Fn(&RepoPath) -> bool,
    ) -> Result<Vec<Want>, WorkspaceError> {
        let mut wants = BTreeMap::new();
        let (all, root) = (Sparse::everything(), RepoPath::root());
        let mut join = Join::new(self, to, &all, &root, |_| false, Facts::OfTracked);
        while let Some(joined) = join.advance()? {
            let Joined { path, tracked: Some(entry), on_disk, cached } = joined else {
                continue;
            };
            let same = match on_disk {
                OnDisk::File { stat, .. } => {
                    compare(&entry, &stat, cached.as_ref()) == Verdict::Same
                }
                OnDisk::Elsewhere => true,
                _ => false,
            };
            if !same && wanted(&path) {
                wants.insert(path, (None, Some(entry)));
            }
        }
        for (path, (believed, _)) in &mut wants {
            if let Some(TreeEntry::Leaf(entry)) = self.objects.tree_entry(from, path)? {
                *believed = Some(entry);
            }
        }
        for change in tree_changes(&self.objects, from, to, &RepoPath::root()) {
            let TreeChange { path, old, new } = change?;
            if new.is_none() && wanted(&path) {
                wants.insert(path, (old, None));
            }
        }
        let want = |(path, (believed, target))| Want { path, believed, target, in_place: None };
        Ok(wants.into_iter().map(want).collect())
    }

    /// Looks at a path; reads the file only where the stat cache proves nothing.
    fn state(&self, cursor: &mut Cursor, want: &Want) -> Result<Found, WorkspaceError> {
        let stat = match cursor.stat(&want.path) {
            Ok(Some(stat)) => stat,
            Ok(None) => return Ok(Found::Nothing),
            Err(error) => return Ok(Found::Unreadable(error.source.to_string())),
        };
        match stat.kind() {
            FileKind::Directory => return Ok(Found::Directory),
            kind if !kind.is_storable() => return Ok(Found::Special),
            _ => {}
        }
        if let Some(row) = self.cache.get(&want.path).filter(|row| row.proves(&stat)) {
            return Ok(Found::Held(Held { stat, entry: row.entry }));
        }
        let found = self.read_state(cursor, &want.path)?;
        match (found, &want.believed) {
            (Found::Held(Held { stat, entry }), Some(believed))
                if self.is_half_patched(cursor, want, &stat, &entry)? =>
            {
                tracing::debug!(path = %want.path, found = ?entry, "a file is half patched");
                Ok(Found::Held(Held { stat, entry: believed.clone() }))
            }
            (found, _) => Ok(found),
        }
    }

    fn read_state(&self, cursor: &mut Cursor, path: &RepoPath) -> Result<Found, WorkspaceError> {
        Ok(match self.read_content(cursor, path, Deed::Hash, &NoProgress)? {
            Content::Known { entry, stat } => Found::Held(Held { stat, entry }),
            Content::Gone => Found::Nothing,
            Content::Other(FileKind::Directory) => Found::Directory,
            Content::Other(_) => Found::Special,
            Content::Unreadable(reason) => Found::Unreadable(reason),
            Content::Unsteady => Found::Unreadable("it keeps changing".to_owned()),
        })
    }
}

/// Collects the decisions.
struct Planner<'a> {
    workspace: &'a Workspace,
    cursor: Cursor,
    force: bool,
    present: i64,
    /// What is wanted, in the order of paths.
    steps: Vec<Step>,
    /// Files in the way that nobody wants anything of.
    displaced: BTreeMap<RepoPath, Step>,
    blocked: BTreeMap<RepoPath, BlockReason>,
    unsaved: BTreeSet<RepoPath>,
    right: Vec<NewRow>,
    strayed: Vec<TreeEdit>,
    /// Directories that stand where a file shall go.
    directories: Vec<RepoPath>,
}

impl<'a> Planner<'a> {
    fn new(workspace: &'a Workspace, force: bool, present: i64) -> Self {
        Self {
            workspace,
            cursor: workspace.disk.cursor(),
            force,
            present,
            steps: Vec::new(),
            displaced: BTreeMap::new(),
            blocked: BTreeMap::new(),
            unsaved: BTreeSet::new(),
            right: Vec::new(),
            strayed: Vec::new(),
            directories: Vec::new(),
        }
    }

    fn want(&mut self, want: Want, found: Found) -> Result<(), WorkspaceError> {
        let Want { path, believed, target, in_place } = want;
        let is_believed = believed.as_ref().is_some_and(Entry::is_on_disk);
        if is_believed && matches!(found, Found::Nothing | Found::Directory) {
            self.strayed.push(TreeEdit { path: path.clone(), value: TreeValue::Remove });
        }
        match found {
            // What is no file of ours may stay where none shall be.
            Found::Nothing | Found::Directory | Found::Special if target.is_none() => {}
            Found::Nothing => {
                self.clear_way(&path)?;
                self.step(path, None, target, false);
            }
            Found::Directory => {
                self.directories.push(path.clone());
                self.step(path, None, target, false);
            }
            Found::Special => self.block(path, BlockReason::Special),
            Found::Unreadable(reason) => self.block(path, BlockReason::Unreadable(reason)),
            Found::Held(held) => self.replace(path, held, believed.as_ref(), target, in_place),
        }
        Ok(())
    }

    /// Decides on a file that is there.
    fn replace(
        &mut self,
        path: RepoPath,
        held: Held,
        believed: Option<&Entry>,
        target: Option<Entry>,
        in_place: Option<bool>,
    ) {
        if let Some(target) = &target
            && same_bytes(&held.entry, target)
        {
            if !believed.is_some_and(|believed| same_bytes(believed, target)) {
                let value = TreeValue::Set(target.clone());
                self.strayed.push(TreeEdit { path: path.clone(), value });
            }
            let file =
                CachedFile { stat: held.stat, observed_ns: self.present, entry: target.clone() };
            self.right.push(NewRow { path, file });
            return;
        }
        let clean = believed.is_some_and(|believed| same_bytes(&held.entry, believed));
        if clean {
            // The tree's entry is in the store for certain.
            let held = Held { entry: believed.cloned().unwrap_or(held.entry), ..held };
            let in_place = in_place
                .unwrap_or_else(|| self.workspace.may_patch(&held, target.as_ref(), self.present));
            return self.step(path, Some(held), target, in_place);
        }
        let reason =
            if believed.is_some() { BlockReason::Modified } else { BlockReason::Untracked };
        self.displace(path, held, reason, target);
    }

    /// Puts unsaved work aside, or blocks.
    fn displace(&mut self, path: RepoPath, held: Held, reason: BlockReason, target: Option<Entry>) {
        if self.force {
            self.unsaved.insert(path.clone());
            let new = target.filter(Entry::is_on_disk);
            let step = Step { path, old: Some(held), new: new.map(Box::new), in_place: false };
            // Whatever was not wanted may lie anywhere.
            match reason {
                BlockReason::Modified => self.steps.push(step),
                _ => _ = self.displaced.insert(step.path.clone(), step),
            }
        } else {
            self.block(path, reason);
        }
    }

    /// Sees to a file that stands where a directory of `path` must be.
    fn clear_way(&mut self, path: &RepoPath) -> Result<(), WorkspaceError> {
        match self.cursor.obstacle(path)? {
            Some(obstacle) if !self.removes(&obstacle) => self.displace_unplanned(obstacle),
            _ => Ok(()),
        }
    }

    /// Sees to the files in directories that stand where a file shall go.
    fn clear_directories(&mut self) -> Result<(), WorkspaceError> {
        for dir in std::mem::take(&mut self.directories) {
            for found in self.workspace.everything_below(&dir) {
                match found {
                    Ok(path) if self.removes(&path) => {}
                    Ok(path) => self.displace_unplanned(path)?,
                    Err(Blocked { path, reason }) => self.block(path, reason),
                }
            }
        }
        Ok(())
    }

    fn displace_unplanned(&mut self, path: RepoPath) -> Result<(), WorkspaceError> {
        match self.workspace.read_state(&mut self.cursor, &path)? {
            Found::Held(held) => self.displace(path, held, BlockReason::Untracked, None),
            Found::Nothing | Found::Directory => {}
            Found::Special => self.block(path, BlockReason::Special),
            Found::Unreadable(reason) => self.block(path, BlockReason::Unreadable(reason)),
        }
        Ok(())
    }

    fn removes(&self, path: &RepoPath) -> bool {
        let index = self.steps.binary_search_by(|step| step.path.cmp(path));
        let step = index.map(|index| &self.steps[index]).ok();
        step.or_else(|| self.displaced.get(path)).is_some_and(|step| step.new.is_none())
    }

    fn step(&mut self, path: RepoPath, old: Option<Held>, new: Option<Entry>, in_place: bool) {
        let new = new.filter(Entry::is_on_disk);
        if old.is_some() || new.is_some() {
            self.steps.push(Step { path, old, new: new.map(Box::new), in_place });
        }
    }

    fn block(&mut self, path: RepoPath, reason: BlockReason) {
        self.blocked.entry(path).or_insert(reason);
    }

    fn finish(self, from: TreeId, to: TreeId) -> CheckoutPlan {
        let mut steps = self.steps;
        if !self.displaced.is_empty() {
            steps.extend(self.displaced.into_values());
            steps.sort_by(|a, b| a.path.cmp(&b.path));
        }
        let blocked = self.blocked.into_iter().map(|(path, reason)| Blocked { path, reason });
        CheckoutPlan {
            from,
            to,
            steps,
            blocked: blocked.collect(),
            unsaved: self.unsaved.into_iter().collect(),
            right: self.right,
            strayed: self.strayed,
        }
    }
}
