//! What can go wrong with a deployment, as facts.

use std::path::PathBuf;

use crate::base::RepoPath;
use crate::base::yaml::SpecErrors;
use crate::hook::process::ProcessError;
use crate::ops::deploy::NoCode;

/// Why an environment did not get a release.
#[derive(Debug, thiserror::Error)]
pub enum DeployError {
    #[error("the specification of a deployment is broken")]
    BrokenSpec(#[source] SpecErrors),
    #[error("no `deploy/*.yaml` has `env: {env}`")]
    NoSuchEnvironment { env: String, candidates: Vec<String> },
    #[error("`{env}` is the environment of `{first}` and of `{second}`")]
    TwoSpecs { env: String, first: String, second: String },
    #[error("`{env}` is being deployed to by {holder}")]
    Locked { env: String, holder: String },
    #[error("`{}` is no symbolic link", path.display())]
    NotALink { path: PathBuf },
    #[error("the target `{}` lies inside `.mlv`", path.display())]
    InsideRepository { path: PathBuf },
    #[error("`{}` is not in a Git checkout", path.display())]
    NotInGit { path: PathBuf },
    #[error("{what} of {release_id} failed: {how}; {outcome}")]
    Failed { what: String, release_id: String, how: String, outcome: String, tail: Vec<String> },
    #[error("{what} failed: {how}")]
    Target { what: String, how: String, tail: Vec<String> },
    #[error("`{file}` of release {release_id} is not what was released")]
    Damaged { release_id: String, file: String },
    #[error("the files of release {release_id} are gone")]
    Gone { release_id: String },
    #[error("`{env}` has no earlier release to go back to")]
    NothingEarlier { env: String },
    #[error("`{env}` has no release `{release_id}`")]
    NoSuchRelease { env: String, release_id: String, candidates: Vec<String> },
    #[error("`{path}` is neither in {place} nor in its code, {code} of Git")]
    NoSuchInclude { path: RepoPath, place: String, code: String, candidates: Vec<String> },
    #[error("`{path}` is not in {place}, and the code beside it cannot be had: {why}")]
    NoCode { path: RepoPath, place: String, why: NoCode },
    #[error(
        "`{path}` is code that Git tracks, and {place} was made while code was changed and not committed"
    )]
    DirtyCode { path: RepoPath, place: String },
    #[error("`{path}` is a pointer of Git LFS, not a file")]
    LfsPointer { path: RepoPath },
    #[error("`{path}` is recorded only: its bytes lie at {url}")]
    Elsewhere { path: RepoPath, url: String },
    #[error("the name of `{path}` cannot be part of a release")]
    OddName { path: RepoPath },
    #[error("`{variable}` is not set, and the webhook is signed with it")]
    NoSecret { variable: String },
    #[error("what the database says of a release cannot be read: {0}")]
    BadRecord(#[source] serde_json::Error),
    #[error(transparent)]
    Process(#[from] ProcessError),
}
