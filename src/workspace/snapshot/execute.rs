//! Carrying out an `add`: files are read in parallel and become edits of the staged tree, so many at
//! a time: memory does not grow with their number.

use rayon::prelude::*;

use crate::base::progress::Unit;
use crate::base::{PathList, Progress, RepoPath, TreeId};
use crate::object::{Entry, TreeEdit, TreeValue};
use crate::workspace::cache::{CachedFile, NewRow};
use crate::workspace::content::{Content, Deed};
use crate::workspace::error::WorkspaceError;
use crate::workspace::handle::Workspace;
use crate::workspace::notice::Notice;
use crate::workspace::snapshot::AddPlan;
use crate::workspace::status::same_bytes;

/// How many files become edits of the tree at a time. While they do, as many others are read. Tests
/// see many batches of few files.
const BATCH: usize = if cfg!(test) { 4 } else { 1 << 15 };

/// What an `add` did. The store has the bytes, but may not have flushed them.
#[derive(Debug, Clone)]
pub struct AddOutcome {
    /// The staged tree that holds it.
    pub tree: TreeId,
    /// How many files were read, and their bytes.
    pub files: u64,
    pub bytes: u64,
    /// Files that were passed over, and files that could not be read.
    pub notices: Vec<Notice>,
}

impl AddOutcome {
    /// Tells whether a file that was meant could not be added.
    pub fn has_failures(&self) -> bool {
        self.notices.iter().any(Notice::is_failure)
    }
}

/// A file to be read, and what the staged tree holds there.
type Planned = (RepoPath, Option<Entry>);

/// What was read of it.
type Read = (Planned, Content);

impl Workspace {
    /// Carries out a plan on the staged tree it was made for. A file that cannot be read is named in
    /// the outcome; the rest goes on.
    pub fn execute_add(
        &self,
        staged: TreeId,
        plan: &AddPlan,
        progress: &dyn Progress,
    ) -> Result<AddOutcome, WorkspaceError> {
        progress.phase("adding", Some(plan.bytes), Unit::Bytes);
        let outcome =
            AddOutcome { tree: staged, files: 0, bytes: 0, notices: plan.notices.clone() };
        let mut adder = Adder { workspace: self, present: self.present(), outcome };
        // Where a file has become a directory, it goes before what the directory holds comes.
        adder.remove(&plan.removals)?;
        let mut planned = plan.planned();
        let mut read = Vec::new();
        loop {
            let batch: Vec<Planned> = planned.by_ref().take(BATCH).collect();
            let is_last = batch.is_empty();
            let (next, taken) =
                rayon::join(|| self.read_all(batch, progress), || adder.take_all(read));
            taken?;
            read = next?;
            if is_last {
                break;
            }
        }
        let mut outcome = adder.outcome;
        outcome.notices.sort_by(|a, b| a.path().cmp(b.path()));
        Ok(outcome)
    }

    /// Reads files, in parallel, into the store.
    fn read_all(
        &self,
        files: Vec<Planned>,
        progress: &dyn Progress,
    ) -> Result<Vec<Read>, WorkspaceError> {
        // One file is one piece of work: some take a thousand times as long as others.
        let read = files.into_par_iter().with_max_len(8).map_init(
            || self.disk.cursor(),
            |cursor, file| {
                crate::base::interrupt::check()?;
                let content = self.read_content(cursor, &file.0, Deed::Store, progress)?;
                Ok((file, content))
            },
        );
        read.collect()
    }
}

impl AddPlan {
    /// Returns the files to be read, with what is staged of them.
    fn planned(&self) -> impl Iterator<Item = Planned> {
        let mut staged = self.staged.iter().peekable();
        self.files.iter().enumerate().map(move |(number, path)| {
            let entry = staged.next_if(|(place, _)| *place == number);
            (path, entry.map(|(_, entry)| entry.clone()))
        })
    }
}

/// Turns what was read into edits, and remembers what the files hold.
struct Adder<'a> {
    workspace: &'a Workspace,
    present: i64,
    outcome: AddOutcome,
}

impl Adder<'_> {
    fn remove(&mut self, paths: &PathList) -> Result<(), WorkspaceError> {
        let mut paths = paths.iter();
        loop {
            let batch: Vec<RepoPath> = paths.by_ref().take(BATCH).collect();
            if batch.is_empty() {
                return Ok(());
            }
            self.workspace.cache.update(&[], &batch);
            self.edit(batch.into_iter().map(|path| edit(path, TreeValue::Remove)).collect())?;
        }
    }

    fn take_all(&mut self, read: Vec<Read>) -> Result<(), WorkspaceError> {
        let (mut edits, mut rows) = (Vec::new(), Vec::new());
        for (file, content) in read {
            edits.extend(self.take(file, content, &mut rows));
        }
        self.workspace.cache.update(&rows, &[]);
        self.edit(edits)
    }

    fn edit(&mut self, edits: Vec<TreeEdit>) -> Result<(), WorkspaceError> {
        if !edits.is_empty() {
            self.outcome.tree = self.workspace.objects.edit_tree(self.outcome.tree, edits)?;
        }
        Ok(())
    }

    fn take(
        &mut self,
        (path, staged): Planned,
        content: Content,
        rows: &mut Vec<NewRow>,
    ) -> Option<TreeEdit> {
        let outcome = &mut self.outcome;
        let reason = match content {
            Content::Known { entry, stat } => {
                outcome.files += 1;
                outcome.bytes += entry.size();
                let same = staged.as_ref().is_some_and(|staged| same_bytes(staged, &entry));
                let held = staged.filter(|_| same).unwrap_or(entry);
                let cached = CachedFile { stat, observed_ns: self.present, entry: held.clone() };
                rows.push(NewRow { path: path.clone(), file: cached });
                return (!same).then(|| edit(path, TreeValue::Set(held)));
            }
            Content::Gone => return staged.map(|_| edit(path, TreeValue::Remove)),
            Content::Other(kind) => {
                outcome.notices.push(Notice::Special { path, kind });
                return None;
            }
            Content::Unreadable(reason) => reason,
            Content::Unsteady => "it keeps changing while it is read".to_owned(),
        };
        outcome.notices.push(Notice::Unreadable { path, reason });
        None
    }
}

fn edit(path: RepoPath, value: TreeValue) -> TreeEdit {
    TreeEdit { path, value }
}
