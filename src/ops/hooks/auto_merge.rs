//! The merge that follows a commit on `auto/HOOK` where its hook asks for one (`auto_merge`): through
//! the gates of the branch, as anybody's. Where it is refused `auto/HOOK` stays for somebody to look at.

use crate::base::lock::LockError;
use crate::hook::runner::RunRecord;
use crate::ops::hooks::follow_up::Delivery;
use crate::ops::hooks::followed::is_verdict;
use crate::ops::merge::{MergeReport, MergeRequest, MergeResult, ReportedConflict, merge};
use crate::ops::{Context, OpsError};
use crate::refs::RefName;
use crate::repo::RepoError;

/// How often it is tried again while the branch moves meanwhile.
const ATTEMPTS: usize = 10;

/// What came of the merge.
#[derive(Debug)]
pub(super) struct AutoMerge {
    pub remark: String,
    pub is_merged: bool,
    pub runs: Vec<RunRecord>,
}

/// Merges a branch of a hook, here and where else its commits go; nothing where that is merged already.
pub(super) fn auto_merge(
    context: &Context,
    from: &RefName,
    into: &RefName,
    delivery: Option<&dyn Delivery>,
) -> Result<Option<AutoMerge>, OpsError> {
    let refused = |reason: String, runs| {
        let remark = format!("`{}` was not merged into `{}`: {reason}", from.short(), into.short());
        Ok(Some(AutoMerge { remark, is_merged: false, runs }))
    };
    for _ in 0..ATTEMPTS {
        match attempt(context, from, into, delivery) {
            Ok(None) => {
                let reason = "there are commits here that were not pushed".to_owned();
                return refused(reason, Vec::new());
            }
            Ok(Some(report)) => match report.result {
                MergeResult::UpToDate => return Ok(None),
                MergeResult::Conflicts => return refused(conflicts(&report), report.hooks),
                _ => return Ok(Some(merged(into, report))),
            },
            Err(OpsError::Moved { .. }) => {}
            Err(OpsError::Repo(RepoError::Lock(LockError::Held { .. }))) => {
                drop(context.lock_patiently()?);
            }
            Err(error) if is_verdict(&error) => {
                let reason = error.to_string();
                let runs = match error {
                    OpsError::Refused { runs, .. } | OpsError::Required { runs, .. } => runs,
                    _ => Vec::new(),
                };
                return refused(reason, runs);
            }
            Err(error) => return Err(error),
        }
    }
    refused("it moved meanwhile, again and again".to_owned(), Vec::new())
}

/// Tries once; nothing where the branch is not here as it is where the merge goes.
fn attempt(
    context: &Context,
    from: &RefName,
    into: &RefName,
    delivery: Option<&dyn Delivery>,
) -> Result<Option<MergeReport>, OpsError> {
    if let Some(delivery) = delivery
        && !delivery.bring(into)?
    {
        return Ok(None);
    }
    let base = context.repo.get(into)?.and_then(|value| value.commit());
    let request = MergeRequest {
        source: from.as_str().to_owned(),
        into: Some(into.short().to_owned()),
        ..MergeRequest::default()
    };
    let report = merge(context, &request)?;
    let moved = matches!(report.result, MergeResult::Merged | MergeResult::FastForward);
    if let Some(delivery) = delivery.filter(|_| moved)
        && let Err(error) = delivery.send(into)
    {
        delivery.take_back(into, base)?;
        return Err(error);
    }
    Ok(Some(report))
}

fn merged(into: &RefName, report: MergeReport) -> AutoMerge {
    let commit = report.id.map(|id| format!(" as {}", id.short())).unwrap_or_default();
    let remark = format!("merged into `{}`{commit}", into.short());
    AutoMerge { remark, is_merged: true, runs: report.hooks }
}

fn conflicts(report: &MergeReport) -> String {
    match report.conflicts.as_slice() {
        [ReportedConflict { path, .. }] => format!("`{path}` is in conflict"),
        [ReportedConflict { path, .. }, rest @ ..] => {
            format!("`{path}` and {} more are in conflict", rest.len())
        }
        [] => "they are in conflict".to_owned(),
    }
}
