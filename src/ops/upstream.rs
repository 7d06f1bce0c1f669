//! Which branch of a remote a branch follows: the one that `branch.NAME.upstream` names, or else the
//! one of the same name, where just one remote has it.

use crate::base::CommitId;
use crate::merge::{AheadBehind, History};
use crate::ops::{Context, OpsError};
use crate::refs::RefName;

/// A branch of a remote, as it was last seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upstream {
    pub remote: String,
    pub branch: String,
    /// Where it stood; nothing where it is not known, or gone.
    pub commit: Option<CommitId>,
}

/// How far a branch and its upstream are apart.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Distance {
    /// As in `origin/main`.
    pub name: String,
    /// Commits that the upstream lacks; nothing where the upstream is gone.
    pub ahead: Option<usize>,
    /// Commits that only the upstream has.
    pub behind: Option<usize>,
}

impl Upstream {
    /// Returns it as users write it.
    pub fn name(&self) -> String {
        format!("{}/{}", self.remote, self.branch)
    }

    /// Reads `REMOTE/BRANCH`, where the remote is one of `remotes`.
    fn parse(name: &str, remotes: &[String]) -> Option<Self> {
        let of = |remote: &String| {
            let branch = name.strip_prefix(remote.as_str())?.strip_prefix('/')?;
            Some(Self { remote: remote.clone(), branch: branch.to_owned(), commit: None })
        };
        // The longest name of a remote that fits: `a/b` may be a remote beside `a`.
        remotes.iter().filter_map(of).max_by_key(|upstream| upstream.remote.len())
    }

    fn seen(mut self, context: &Context) -> Result<Self, OpsError> {
        let tracking = RefName::remote(&self.name())?;
        self.commit = context.repo.get(&tracking)?.and_then(|value| value.commit());
        Ok(self)
    }
}

/// Returns the name of the setting that holds the upstream of a branch.
pub fn setting(branch: &RefName) -> String {
    format!("branch.{}.upstream", branch.short())
}

/// Returns the names of the remotes that the settings have, sorted.
pub fn remotes(context: &Context) -> Vec<String> {
    let url = |(name, _): (&str, _)| {
        let name = name.strip_prefix("remote.")?.strip_suffix(".url")?;
        Some(name.to_owned())
    };
    context.config.entries().filter_map(url).collect()
}

/// Returns what a branch follows.
pub fn upstream_of(context: &Context, branch: &RefName) -> Result<Option<Upstream>, OpsError> {
    let remotes = remotes(context);
    if let Some(set) = context.config.string(&setting(branch)) {
        let upstream = Upstream::parse(&set.text, &remotes);
        return upstream.map(|upstream| upstream.seen(context)).transpose();
    }
    let mut named = Vec::new();
    for remote in remotes {
        let branch = branch.short().to_owned();
        let upstream = Upstream { remote, branch, commit: None }.seen(context)?;
        named.extend(upstream.commit.is_some().then_some(upstream));
    }
    Ok(if named.len() == 1 { named.pop() } else { None })
}

/// Returns how far a branch that stands on `tip` and what it follows are apart.
pub fn distance(
    context: &Context,
    branch: &RefName,
    tip: Option<CommitId>,
) -> Result<Option<Distance>, OpsError> {
    let Some(upstream) = upstream_of(context, branch)? else { return Ok(None) };
    let apart = match (tip, upstream.commit) {
        (Some(tip), Some(there)) => {
            Some(History::of(context.repo.objects()).ahead_behind(tip, there)?)
        }
        _ => None,
    };
    Ok(Some(Distance {
        name: upstream.name(),
        ahead: apart.map(|AheadBehind { ahead, .. }| ahead),
        behind: apart.map(|AheadBehind { behind, .. }| behind),
    }))
}
