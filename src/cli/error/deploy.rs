//! Errors of deployments: hints and exit codes from their facts.

use super::{CommandError, did_you_mean, user_error};
use crate::cli::exit::ExitStatus;
use crate::ops::deploy::{DeployError, NoCode};

impl From<DeployError> for CommandError {
    fn from(error: DeployError) -> Self {
        let (near, hint, exit) = (near(&error), hint(&error), exit(&error));
        user_error(error).maybe_hinted(near).maybe_hinted(hint).exiting(exit)
    }
}

fn near(error: &DeployError) -> Option<String> {
    match error {
        DeployError::NoSuchEnvironment { env: name, candidates }
        | DeployError::NoSuchRelease { release_id: name, candidates, .. } => {
            did_you_mean(name, candidates.iter().map(String::as_str))
        }
        DeployError::NoSuchInclude { path, candidates, .. } => {
            did_you_mean(&path.to_string(), candidates.iter().map(String::as_str))
        }
        _ => None,
    }
}

fn exit(error: &DeployError) -> ExitStatus {
    match error {
        DeployError::Locked { .. } => ExitStatus::Moved,
        _ => ExitStatus::Failed,
    }
}

/// Returns the next thing to type, or what a command has said.
fn hint(error: &DeployError) -> Option<String> {
    Some(match error {
        DeployError::NoSuchEnvironment { .. } => "`mlv deploy status` lists them".into(),
        DeployError::TwoSpecs { .. } => "name the file that you mean".into(),
        DeployError::Locked { .. } => "nothing was changed; try again when it has ended".into(),
        DeployError::NotALink { path } => {
            format!("move `{}` away: mlv makes a symbolic link of that name", path.display())
        }
        DeployError::NotInGit { .. } => "name a file in a checkout of Git".into(),
        DeployError::Failed { tail, .. } | DeployError::Target { tail, .. } if !tail.is_empty() => {
            let lines: Vec<String> = tail.iter().map(|line| format!("  {line}")).collect();
            format!("its last lines:\n{}", lines.join("\n"))
        }
        DeployError::Damaged { .. } | DeployError::Gone { .. } => {
            "`mlv deploy run ENV --at COMMIT` makes it anew".into()
        }
        DeployError::NothingEarlier { env } | DeployError::NoSuchRelease { env, .. } => {
            format!("`mlv deploy history {env}` lists what there was")
        }
        DeployError::OddName { .. } => {
            "paths of a release are text, without line breaks and the like".into()
        }
        DeployError::NoCode { why: NoCode::NotRecorded, .. } => {
            "a commit made inside the Git repository records one: `mlv commit --allow-empty`".into()
        }
        DeployError::NoCode { why: NoCode::NotThere { .. }, .. } => {
            "where it was pushed, `git fetch` brings it".into()
        }
        DeployError::DirtyCode { .. } => {
            "commit the code in Git, then `mlv commit --allow-empty` records it".into()
        }
        DeployError::LfsPointer { .. } => {
            "give it to mlv: `mlv add` takes files of any size".into()
        }
        DeployError::NoSecret { variable } => format!("export {variable}"),
        _ => return None,
    })
}
