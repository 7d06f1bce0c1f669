//! A clone of a remote: its history, and as much of its contents as is asked for.

use crate::base::Progress;
use crate::config;
use crate::ops::clone::check_out::check_out;
use crate::ops::clone::claim::Claim;
use crate::ops::clone::snapshot::Snapshot;
use crate::ops::clone::{CloneOptions, Cloned, make, write_sparse};
use crate::ops::fsck::LostObjects;
use crate::ops::sync::{Place, attach_to};
use crate::ops::{Context, OpsError};
use crate::remote::log::RefLog;
use crate::remote::{Backend, Part, Remote, RemoteError, RemoteUrl, wait};
use crate::repo::reach::Roots;
use crate::repo::{OpenOptions, Repo};

/// What the remote of a clone is called.
const ORIGIN: &str = "origin";

/// Clones the remote at an address.
pub fn clone(
    url: &RemoteUrl,
    options: &CloneOptions,
    progress: &dyn Progress,
    context: impl FnOnce(Repo) -> Context,
) -> Result<Cloned, OpsError> {
    let backend = Backend::open(url, &options.environment, &options.remote)?;
    let log = wait(RefLog::open(&backend, None))?;
    let log = log.ok_or_else(|| RemoteError::NotARepository { remote: url.to_string() })?;
    let snapshot = Snapshot::of_refs(log.state().refs.clone(), options.branch.as_deref())?;
    let name = url.path().rsplit('/').next().filter(|name| !name.is_empty());
    let root = options.target(name.or(Some(url.bucket())).map(AsRef::as_ref));
    let claim = Claim::stake(&root, progress)?;
    make(claim, |layout| {
        let repo = Repo::open_unsealed(layout, OpenOptions::default())?;
        let dir = repo.layout().remote(ORIGIN);
        let mut remote = Remote::of(log, &dir)?;
        let leaves_out = options.lazy || options.sparse.is_some();
        let part = if leaves_out { Part::Lazy } else { Part::Whole };
        let (tips, known) = (snapshot.roots(), Roots::default());
        let fetched = remote.fetch(&repo, (&tips, &known), (part, options.depth), progress)?;
        repo.set_shallow(fetched.shallow.into_iter().collect())?;
        note_origin(&repo, url, options, leaves_out)?;
        write_sparse(&repo, options)?;
        let context = context(repo);
        if leaves_out {
            let name = Some(ORIGIN.to_owned());
            attach_to(&context, Place { name, url: url.clone(), backend, dir });
        }
        let out = check_out(&context, &snapshot, &mut LostObjects::new())?;
        Ok(Cloned {
            packs: fetched.downloaded.packs,
            bytes: fetched.downloaded.bytes,
            ..Cloned::of(&context, &snapshot, url.to_string(), out)
        })
    })
}

/// Writes down where the clone is from.
fn note_origin(
    repo: &Repo,
    url: &RemoteUrl,
    options: &CloneOptions,
    leaves_out: bool,
) -> Result<(), OpsError> {
    let file = repo.layout().config();
    for (setting, value) in &options.settings {
        config::set(&file, setting, value)?;
    }
    if leaves_out {
        config::set(&file, "remote.origin.promisor", "true")?;
    }
    Ok(config::set(&file, "remote.origin.url", url.as_str())?)
}
