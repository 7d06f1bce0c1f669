//! `refs/verdicts`: a tree of files to which every process adds. No operation records it, so `undo`
//! leaves it alone.

use rusqlite::Connection;

use crate::base::TreeId;
use crate::object::TreeEdit;
use crate::refs::table;
use crate::refs::{RefEdit, RefName, RefValue};
use crate::repo::{Repo, RepoError};
use crate::store::{ChunkStore, Durability};

/// What became of an attempt.
enum Attempt<T> {
    Done(T),
    /// Somebody else has added something meanwhile.
    Beaten,
}

impl Repo {
    /// Returns the tree of all verdicts.
    pub fn verdicts(&self) -> Result<Option<TreeId>, RepoError> {
        Ok(self.get(&RefName::verdicts())?.and_then(|value| value.tree()))
    }

    /// Adds files to the tree of verdicts in the transaction of `deed`, which is tried again on top
    /// of what others add meanwhile: none is lost.
    pub fn with_verdicts<T>(
        &self,
        files: &[TreeEdit],
        mut deed: impl FnMut(&Connection) -> Result<T, RepoError>,
    ) -> Result<T, RepoError> {
        if files.is_empty() {
            return self.transact(deed);
        }
        loop {
            let old = self.verdicts()?;
            let start = old.map_or_else(|| self.objects().empty_tree(), Ok)?;
            let new = self.objects().edit_tree(start, files.to_vec())?;
            self.store().flush(Durability::Durable)?;
            let attempt = self.transact(|connection| {
                let found = table::get(connection, &RefName::verdicts())?;
                if found.and_then(|value| value.tree()) != old {
                    return Ok(Attempt::Beaten);
                }
                let done = deed(connection)?;
                let edit = RefEdit::set(RefName::verdicts(), RefValue::Tree(new));
                table::apply(connection, &[edit])?;
                Ok(Attempt::Done(done))
            })?;
            if let Attempt::Done(done) = attempt {
                return Ok(done);
            }
        }
    }
}
