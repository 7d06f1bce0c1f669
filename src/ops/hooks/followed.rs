//! What became of what hooks made after a deed, and how it is written down with their runs.

use crate::hook::runner::{FollowedBy, RunRecord, Status};
use crate::ops::hooks::auto_merge::AutoMerge;
use crate::ops::hooks::ledger::Ledger;
use crate::ops::land::Landed;
use crate::ops::{Context, OpsError, prometheus};
use crate::refs::RefName;
use crate::repo::journal;

/// What became of what a hook made.
pub(super) enum Followed {
    /// It is on this branch already.
    Nothing(RefName),
    Landed(RefName, Landed),
}

/// Writes down with the run what became of its outputs; returns the runs of the commit's own hooks,
/// and of the merge's.
pub(super) fn settle(
    context: &Context,
    ledger: &Ledger,
    run: &mut RunRecord,
    outcome: Result<Followed, OpsError>,
    merged: Option<AutoMerge>,
) -> Result<Vec<RunRecord>, OpsError> {
    let (mut remarks, mut runs) = (Vec::new(), Vec::new());
    match outcome {
        Ok(Followed::Nothing(_)) => {}
        Ok(Followed::Landed(branch, landed)) => {
            let (branch, commit) = (branch.short().to_owned(), landed.id);
            remarks.push(format!("its outputs are {} on `{branch}`", commit.short()));
            run.detail.followed_by = Some(FollowedBy { branch, commit });
            runs = landed.runs;
        }
        Err(error) if is_verdict(&error) => {
            run.status = Status::Failed;
            remarks.push(format!("its outputs were not committed: {error}"));
            if let OpsError::Refused { runs: of_error, .. } = error {
                runs = of_error;
            }
        }
        Err(error) => return Err(error),
    }
    if let Some(merged) = merged {
        if !merged.is_merged {
            run.status = Status::Warned;
        }
        remarks.push(merged.remark);
        runs.extend(merged.runs);
    }
    if remarks.is_empty() {
        return Ok(runs);
    }
    let remark = remarks.join("; ");
    context.progress.notice(&format!("`{}`: {remark}", run.hook));
    run.message = Some(match run.message.take() {
        Some(message) => format!("{message}; {remark}"),
        None => remark,
    });
    let row = ledger.row(run, None).expect("a run has a JSON form");
    context.repo.transact(|connection| Ok(journal::write(connection, &row)?))?;
    prometheus::refresh(context);
    Ok(runs)
}

/// Tells whether to try again would come to the same.
pub(super) fn is_verdict(error: &OpsError) -> bool {
    matches!(
        error,
        OpsError::Refused { .. }
            | OpsError::Required { .. }
            | OpsError::Untrusted { .. }
            | OpsError::Protected { .. }
            | OpsError::BrokenSpec(_)
            | OpsError::Unsupported { .. }
    ) || is_in_the_way(error)
}

/// Tells whether unsaved work keeps the commit off.
pub fn is_in_the_way(error: &OpsError) -> bool {
    use crate::workspace::WorkspaceError::Blocked;
    matches!(
        error,
        OpsError::StagedInTheWay { .. }
            | OpsError::OutputInTheWay { .. }
            | OpsError::MergeUnderWay
            | OpsError::Workspace(Blocked { .. })
    )
}
