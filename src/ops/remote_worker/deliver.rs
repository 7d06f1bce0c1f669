//! Commits of hooks on their way to a remote: the branches here go along with those there.

use std::cell::RefCell;

use crate::base::CommitId;
use crate::merge::History;
use crate::ops::hooks::{Delivery, is_in_the_way, makers};
use crate::ops::merge::read_pending;
use crate::ops::switch::carry_staged;
use crate::ops::sync::{Connection, FetchRequest, PushRequest, fetch_with, push};
use crate::ops::worktree::{Move, move_to};
use crate::ops::{Context, OpsError};
use crate::refs::{RefEdit, RefName, RefValue};
use crate::repo::Update;
use crate::store::{ChunkStore as _, Durability};

/// Sends what hooks make to the remote whose event they ran for.
#[derive(Debug)]
pub struct ToRemote<'a> {
    pub context: &'a Context,
    pub connection: RefCell<&'a mut Connection>,
}

impl ToRemote<'_> {
    fn ours(&self, branch: &RefName) -> Result<Option<CommitId>, OpsError> {
        Ok(self.context.repo.get(branch)?.and_then(|value| value.commit()))
    }

    /// Moves a branch here, and the working copy where that stands on it.
    fn go(
        &self,
        branch: &RefName,
        from: Option<CommitId>,
        to: Option<CommitId>,
    ) -> Result<(), OpsError> {
        let (context, repo) = (self.context, &self.context.repo);
        let _lock = context.lock()?;
        let edit = match (from, to) {
            (old, Some(to)) => {
                let old = old.map(RefValue::Commit);
                RefEdit::replace(branch.clone(), old, RefValue::Commit(to))
            }
            (_, None) => RefEdit::delete(branch.clone()),
        };
        let mut update = Update::new(&context.command, context.now()?, vec![edit]);
        if repo.head()?.branch() != Some(branch) || to.is_none() {
            repo.update(&update)?;
            return Ok(());
        }
        if read_pending(context)?.is_some() {
            return Err(OpsError::MergeUnderWay);
        }
        let (before, staged, after) = (repo.tree_of(from)?, repo.staged()?, repo.tree_of(to)?);
        let after = carry_staged(context, before, staged, after)?;
        repo.store().flush(Durability::Durable)?;
        update.edits.push(RefEdit::set(RefName::staged(), RefValue::Tree(after)));
        move_to(context, Move::keeping(staged, after), update)?;
        Ok(())
    }
}

impl Delivery for ToRemote<'_> {
    fn bring(&self, branch: &RefName) -> Result<bool, OpsError> {
        let mut connection = self.connection.borrow_mut();
        connection.remote.refresh()?;
        fetch_with(self.context, &FetchRequest::default(), &mut connection)?;
        let theirs = connection.remote.get(branch).and_then(RefValue::commit);
        let ours = self.ours(branch)?;
        let (Some(theirs), true) = (theirs, ours != theirs) else { return Ok(true) };
        let Some(tip) = ours else {
            return self.go(branch, None, Some(theirs)).map(|()| true);
        };
        let mut history = History::of(self.context.repo.objects());
        if history.is_ancestor(theirs, tip)? {
            // What hooks made may go along; what people made they send themselves.
            return Ok(!makers(self.context, Some(theirs), tip)?.is_empty());
        }
        if !history.is_ancestor(tip, theirs)? {
            return Ok(false);
        }
        match self.go(branch, ours, Some(theirs)) {
            Err(error) if is_in_the_way(&error) => Ok(false),
            done => done.map(|()| true),
        }
    }

    fn send(&self, branch: &RefName) -> Result<(), OpsError> {
        let remote = Some(self.connection.borrow().place.shown().to_owned());
        let refs = vec![branch.short().to_owned()];
        match push(self.context, &PushRequest { remote, refs, ..PushRequest::default() }) {
            Err(OpsError::NotForward { .. } | OpsError::Moved { .. }) => {
                Err(OpsError::Moved { name: branch.short().to_owned() })
            }
            sent => sent.map(|_| ()),
        }
    }

    fn take_back(&self, branch: &RefName, base: Option<CommitId>) -> Result<(), OpsError> {
        self.go(branch, self.ours(branch)?, base)
    }
}
