//! An update of a mirror: the refs of the remote move first, in one entry of its log, and only from
//! where the mirror expects them; then those of the mirror follow.

use crate::ops::direct::mirror::{Mirror, follow, is_shared};
use crate::ops::sync::{note, verdict_edit};
use crate::ops::{Context, OpsError};
use crate::refs::{Expected, RefEdit, RefName};
use crate::remote::{Pushed, RefEdits, Remote, RemoteError};
use crate::repo::{Update, Updated};

impl Mirror {
    /// Moves the refs of the remote, then those of the mirror, and notes what is to be noted; where
    /// the remote is not what is expected, nothing.
    pub fn update(&self, context: &Context, update: &Update) -> Result<Updated, OpsError> {
        if !update.edits.iter().any(moves_remote) {
            return Ok(context.repo.update(update)?);
        }
        if self.place.backend.is_read_only() {
            return Err(RemoteError::ReadOnly { remote: self.address().to_owned() }.into());
        }
        // What hooks found is kept, whatever becomes of the refs, and goes along.
        context.repo.with_verdicts(&update.judged.files, |_| Ok(()))?;
        context.flush_trees()?;
        let _lock = self.lock(context)?;
        self.push(context, &update.edits)?;
        let mut followed = update.clone();
        for edit in followed.edits.iter_mut().filter(|edit| is_shared(&edit.name)) {
            edit.expected = Expected::Anything;
        }
        let updated = context.repo.update(&followed);
        updated.map_err(|source| OpsError::MovedUnnoted {
            remote: self.address().to_owned(),
            source: Box::new(source),
        })
    }

    fn push(&self, context: &Context, edits: &[RefEdit]) -> Result<Pushed, OpsError> {
        let mut connection = self.place.clone().open()?;
        let mut decide = |remote: &mut Remote| {
            let mut decided = expected(remote, edits)?;
            decided.extend(verdict_edit(context, remote)?);
            Ok(decided)
        };
        let progress = context.progress.as_ref();
        let pushed = connection.remote.push(&context.repo, &note(context)?, progress, &mut decide);
        if let Err(OpsError::Moved { .. }) = pushed {
            // Whoever tries again does so on what is there now.
            follow(context, &mut connection)?;
        }
        pushed
    }
}

/// Tells whether an edit is one of the remote's refs: one of `HEAD` that leaves it as it is only
/// watches over who stands where.
fn moves_remote(edit: &RefEdit) -> bool {
    let watches = edit.name == RefName::head()
        && matches!((&edit.expected, &edit.new), (Expected::Exactly(old), Some(new)) if old == new);
    is_shared(&edit.name) && !watches
}

/// Returns the edits of the remote's refs, which must hold what the mirror's were expected to.
fn expected(remote: &Remote, edits: &[RefEdit]) -> Result<RefEdits, OpsError> {
    let mut decided = RefEdits::new();
    for edit in edits.iter().filter(|edit| moves_remote(edit)) {
        let found = remote.get(&edit.name);
        let is_expected = match &edit.expected {
            Expected::Anything => true,
            Expected::Absent => found.is_none(),
            // A remote that names no branch to stand on has the usual one.
            Expected::Exactly(old) => {
                found == Some(old) || (found.is_none() && edit.name == RefName::head())
            }
        };
        if !is_expected {
            return Err(OpsError::Moved { name: edit.name.short().to_owned() });
        }
        if found != edit.new.as_ref() {
            decided.push((edit.name.clone(), edit.new.clone()));
        }
    }
    Ok(decided)
}
