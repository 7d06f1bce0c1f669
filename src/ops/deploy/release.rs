//! Releases as the database keeps them and as `--json` shows them.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::base::{CommitId, Hash, TreeId};
use crate::ops::deploy::DeployError;
use crate::ops::deploy::spec::TargetSpec;
use crate::ops::{Context, OpsError};
use crate::repo::releases::{self, ReleaseRow};

/// What brought a release to its environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    Deploy,
    Rollback,
}

impl Action {
    pub fn name(self) -> &'static str {
        match self {
            Self::Deploy => "deploy",
            Self::Rollback => "rollback",
        }
    }
}

/// How far it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReleaseStatus {
    /// It is under way, or its process died.
    Pending,
    Active,
    /// It was active until another took its place.
    Superseded,
    Failed,
}

impl ReleaseStatus {
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Active => "active",
            Self::Superseded => "superseded",
            Self::Failed => "failed",
        }
    }

    /// Tells whether users were served it.
    pub fn was_active(self) -> bool {
        matches!(self, Self::Active | Self::Superseded)
    }
}

/// A file of a release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleasedFile {
    pub path: String,
    pub size: u64,
    /// BLAKE3 of its bytes; of a symbolic link, of its target.
    pub hash: Hash,
    /// `file`, `executable` or `symlink`.
    pub kind: String,
}

/// What a hook found of the commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleaseVerdict {
    pub hook: String,
    pub verdict: String,
    pub run_id: String,
}

/// Where a release went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleaseTarget {
    #[serde(rename = "type")]
    pub kind: String,
    pub place: String,
}

impl ReleaseTarget {
    pub fn of(spec: &TargetSpec) -> Self {
        Self { kind: spec.name().to_owned(), place: spec.place() }
    }
}

impl fmt::Display for ReleaseTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.place)
    }
}

/// One deed: an environment got a release, or was to get it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    pub env: String,
    /// Counts the deeds of the environment.
    pub seq: u64,
    pub action: Action,
    pub release_id: String,
    pub status: ReleaseStatus,
    pub commit: CommitId,
    pub tree: TreeId,
    /// The branch that the commit was taken from.
    pub branch: Option<String>,
    pub artifact: String,
    pub files: Vec<ReleasedFile>,
    pub verdicts: Vec<ReleaseVerdict>,
    /// The file that says what goes where.
    pub spec: String,
    pub target: ReleaseTarget,
    /// The release that was active before.
    pub previous: Option<String>,
    /// `passed`, `failed`, or nothing where there is no smoke test or it was not reached.
    pub smoke: Option<String>,
    /// Why it failed.
    pub message: Option<String>,
    pub time: String,
    pub finished: Option<String>,
    pub actor: String,
    /// The run of the hook that deployed it.
    pub run_id: Option<String>,
    /// How many releases stay.
    pub keep: usize,
    /// What the target pointed to before.
    pub replaced: Option<String>,
}

/// The part of a release that its target is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    pub env: String,
    pub release_id: String,
    pub seq: u64,
    pub commit: CommitId,
    pub tree: TreeId,
    pub artifact: String,
    pub files: Vec<ReleasedFile>,
    pub time: String,
}

impl Release {
    /// Returns what the target is told.
    pub fn manifest(&self) -> Manifest {
        Manifest {
            env: self.env.clone(),
            release_id: self.release_id.clone(),
            seq: self.seq,
            commit: self.commit,
            tree: self.tree,
            artifact: self.artifact.clone(),
            files: self.files.clone(),
            time: self.time.clone(),
        }
    }

    pub fn row(&self) -> ReleaseRow {
        ReleaseRow {
            env: self.env.clone(),
            seq: self.seq,
            status: self.status.name().to_owned(),
            record: serde_json::to_string(self).expect("a release has a JSON form"),
        }
    }

    fn read(row: &ReleaseRow) -> Result<Self, DeployError> {
        serde_json::from_str(&row.record).map_err(DeployError::BadRecord)
    }

    /// Writes it down, over what was known of it.
    pub fn write(&self, context: &Context) -> Result<(), OpsError> {
        let row = self.row();
        Ok(context.repo.transact(|connection| Ok(releases::write(connection, &row)?))?)
    }
}

/// Returns the releases of an environment, newest first.
pub fn releases_of(context: &Context, env: &str) -> Result<Vec<Release>, OpsError> {
    let rows = releases::of(&context.repo.connection(), env)?;
    Ok(rows.iter().map(Release::read).collect::<Result<_, _>>()?)
}

/// Returns the release that users are served, as far as it is known here.
pub fn active_of(all: &[Release]) -> Option<&Release> {
    all.iter().find(|release| release.status == ReleaseStatus::Active)
}

/// Returns the ids of the releases that stay, the active one first.
pub fn kept(all: &[Release]) -> Vec<&str> {
    let keep = all.iter().find(|release| release.status.was_active()).map_or(0, |it| it.keep);
    let active = active_of(all).into_iter();
    let mut seen = BTreeSet::new();
    let others = all.iter().filter(|release| release.status.was_active());
    let ids = active.chain(others).map(|release| release.release_id.as_str());
    ids.filter(|id| seen.insert(*id)).take(keep.max(1)).collect()
}

/// Returns the commits that releases which stay were made of.
pub fn kept_commits(context: &Context) -> Result<Vec<CommitId>, OpsError> {
    let mut commits = Vec::new();
    let environments = releases::environments(&context.repo.connection())?;
    for env in environments {
        let all = releases_of(context, &env)?;
        let kept = kept(&all);
        let stays = |release: &&Release| {
            kept.contains(&release.release_id.as_str()) || release.status == ReleaseStatus::Pending
        };
        commits.extend(all.iter().filter(stays).map(|release| release.commit));
    }
    Ok(commits)
}
