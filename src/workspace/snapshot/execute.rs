//! Carrying out an `add`: files are read in parallel and become edits of the staged tree.

use rayon::prelude::*;

use crate::base::progress::Unit;
use crate::base::{Progress, RepoPath};
use crate::object::{TreeEdit, TreeValue};
use crate::workspace::cache::{CachedFile, NewRow};
use crate::workspace::content::{Content, Deed};
use crate::workspace::error::WorkspaceError;
use crate::workspace::handle::Workspace;
use crate::workspace::notice::Notice;
use crate::workspace::snapshot::{AddPlan, PlannedFile};
use crate::workspace::status::same_bytes;

/// What an `add` did. The store has the bytes, but may not have flushed them.
#[derive(Debug, Clone, Default)]
pub struct AddOutcome {
    /// What makes the staged tree hold it, in the order of paths.
    pub edits: Vec<TreeEdit>,
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

impl Workspace {
    /// Carries out a plan. A file that cannot be read is named in the outcome; the rest goes on.
    pub fn execute_add(
        &self,
        plan: AddPlan,
        progress: &dyn Progress,
    ) -> Result<AddOutcome, WorkspaceError> {
        let present = self.present();
        let AddPlan { files, removals, notices, .. } = plan;
        let total = files.iter().map(|file| file.size).sum();
        progress.phase("adding", Some(total), Unit::Bytes);
        // One file is one piece of work: some take a thousand times as long as others.
        let read = files.into_par_iter().with_max_len(8).map_init(
            || self.disk.cursor(),
            |cursor, file| {
                crate::base::interrupt::check()?;
                let content = self.read_content(cursor, &file.path, Deed::Store, progress)?;
                Ok((file, content))
            },
        );
        let read: Vec<_> = read.collect::<Result<_, WorkspaceError>>()?;
        let mut outcome = AddOutcome { notices, ..AddOutcome::default() };
        let mut rows = Vec::new();
        for (file, content) in read {
            take(file, content, present, &mut outcome, &mut rows);
        }
        let removed = removals.iter().map(|path| edit(path.clone(), TreeValue::Remove));
        outcome.edits.extend(removed);
        outcome.edits.sort_by(|a, b| a.path.cmp(&b.path));
        outcome.notices.sort_by(|a, b| a.path().cmp(b.path()));
        self.cache.update(&rows, &removals);
        Ok(outcome)
    }
}

fn edit(path: RepoPath, value: TreeValue) -> TreeEdit {
    TreeEdit { path, value }
}

fn take(
    file: PlannedFile,
    content: Content,
    present: i64,
    outcome: &mut AddOutcome,
    rows: &mut Vec<NewRow>,
) {
    let PlannedFile { path, staged, .. } = file;
    let reason = match content {
        Content::Known { entry, stat } => {
            outcome.files += 1;
            outcome.bytes += entry.size();
            let same = staged.as_ref().is_some_and(|staged| same_bytes(staged, &entry));
            let held = staged.filter(|_| same).unwrap_or(entry);
            let cached = CachedFile { stat, observed_ns: present, entry: held.clone() };
            rows.push(NewRow { path: path.clone(), file: cached });
            outcome.edits.extend((!same).then(|| edit(path, TreeValue::Set(held))));
            return;
        }
        Content::Gone => {
            outcome.edits.extend(staged.map(|_| edit(path, TreeValue::Remove)));
            return;
        }
        Content::Other(kind) => {
            outcome.notices.push(Notice::Special { path, kind });
            return;
        }
        Content::Unreadable(reason) => reason,
        Content::Unsteady => "it keeps changing while it is read".to_owned(),
    };
    outcome.notices.push(Notice::Unreadable { path, reason });
}
