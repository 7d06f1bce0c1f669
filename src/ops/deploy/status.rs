//! What is active where, and what was.

use std::collections::BTreeMap;

use crate::base::CommitId;
use crate::base::yaml::MAX_BYTES;
use crate::ops::deploy::DeployError;
use crate::ops::deploy::find::{environments, views};
use crate::ops::deploy::heal::heal;
use crate::ops::deploy::release::{Release, ReleaseStatus, active_of, releases_of};
use crate::ops::deploy::site::Site;
use crate::ops::deploy::spec::parse;
use crate::ops::deploy::target::{self, Patience};
use crate::ops::{Context, OpsError, log};
use crate::refs::RefName;
use crate::repo::releases;

/// The release that users are served.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ActiveRelease {
    pub release_id: String,
    pub seq: u64,
    pub commit: CommitId,
    pub time: String,
}

/// How an environment stands.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct EnvironmentStatus {
    pub env: String,
    pub active: Option<ActiveRelease>,
    /// `active`, `failed` where the last deployment failed, `pending` where one is under way,
    /// `elsewhere` where somebody else changed what is served, or `none`.
    pub status: String,
    /// How many commits the branch has that the active release has not.
    pub behind: usize,
    /// The branch that it was deployed from.
    pub branch: Option<String>,
}

/// Returns how all environments stand, or one. What a process that died left behind is made up for
/// first, where nobody is at work.
pub fn status(context: &Context, env: Option<&str>) -> Result<Vec<EnvironmentStatus>, OpsError> {
    let mut known = known(context)?;
    if let Some(env) = env {
        if !known.contains_key(env) {
            let (env, candidates) = (env.to_owned(), known.into_keys().collect());
            return Err(DeployError::NoSuchEnvironment { env, candidates }.into());
        }
        known.retain(|name, _| name == env);
    }
    let mut found = Vec::new();
    for (env, file) in known {
        let told = file.map_or(Ok(None), |(path, bytes)| look(context, &path, &bytes))?;
        found.push(of(context, &env, told)?);
    }
    Ok(found)
}

/// The path and the bytes of a file.
type File = (crate::base::RepoPath, Vec<u8>);

/// Returns the environments that have a file, or got something, with their files.
fn known(context: &Context) -> Result<BTreeMap<String, Option<File>>, OpsError> {
    let names = releases::environments(&context.repo.connection())?;
    let mut known: BTreeMap<String, Option<File>> =
        names.into_iter().map(|env| (env, None)).collect();
    for view in views(context, None)? {
        for (env, file) in environments(&view)? {
            let place = known.entry(env).or_default();
            if place.is_none() {
                let bytes = view.read(&file.path, MAX_BYTES as u64)?;
                *place = bytes.map(|bytes| (file.path, bytes));
            }
        }
    }
    Ok(known)
}

/// Asks the target, and heals where that is possible. Returns whether what it serves is what is known
/// here; nothing where that cannot be told.
fn look(
    context: &Context,
    path: &crate::base::RepoPath,
    bytes: &[u8],
) -> Result<Option<bool>, OpsError> {
    // One who only looks is told of a broken file by `run`.
    let Ok(spec) = parse(&path.to_string(), bytes) else { return Ok(None) };
    let all = releases_of(context, &spec.env)?;
    let (Some(_), Ok(site)) = (all.first(), Site::new(context, &spec)) else {
        return Ok(None);
    };
    let Ok(target) = target::open(&site) else { return Ok(None) };
    if all.iter().any(|release| release.status == ReleaseStatus::Pending)
        && let Ok(_held) = target.lock(Patience::None)
    {
        heal(&site, target.as_ref())?;
    }
    let all = releases_of(context, &spec.env)?;
    let wanted = active_of(&all).map(|active| target.pointer_to(active));
    Ok(target.pointer().ok().map(|now| now == wanted))
}

fn of(context: &Context, env: &str, agrees: Option<bool>) -> Result<EnvironmentStatus, OpsError> {
    let all = releases_of(context, env)?;
    let active = active_of(&all);
    let status = match (all.first().map(|last| last.status), active, agrees) {
        (Some(ReleaseStatus::Pending), _, _) => "pending",
        (Some(_), _, Some(false)) => "elsewhere",
        (Some(ReleaseStatus::Failed), _, _) => "failed",
        (_, Some(_), _) => "active",
        (_, None, _) => "none",
    };
    Ok(EnvironmentStatus {
        env: env.to_owned(),
        behind: active.map_or(Ok(0), |active| behind(context, active))?,
        branch: active.and_then(|active| active.branch.clone()),
        active: active.map(|active| ActiveRelease {
            release_id: active.release_id.clone(),
            seq: active.seq,
            commit: active.commit,
            time: active.time.clone(),
        }),
        status: status.to_owned(),
    })
}

/// Returns how many commits the branch of a release has since.
fn behind(context: &Context, active: &Release) -> Result<usize, OpsError> {
    let Some(branch) = &active.branch else { return Ok(0) };
    let tip = context.repo.get(&RefName::branch(branch)?)?.and_then(|value| value.commit());
    tip.map_or(Ok(0), |tip| log::count_only_in(context, tip, &[active.commit]))
}

/// Returns what an environment got, or was to get, newest first.
pub fn history(context: &Context, env: &str) -> Result<Vec<Release>, OpsError> {
    status(context, Some(env))?;
    releases_of(context, env)
}
