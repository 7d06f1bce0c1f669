//! The places that releases go to. Each has a pointer to what users are served; to move it is one step,
//! and to move it back is the same.

mod bucket;
mod command;
mod folder;
mod git;
mod webhook;

use std::fmt;
use std::path::Path;

use crate::ops::OpsError;
use crate::ops::deploy::release::Release;
use crate::ops::deploy::site::Site;
use crate::ops::deploy::spec::TargetSpec;

/// A place that releases go to.
pub trait Target: fmt::Debug {
    /// Takes the lock of the environment, so that nobody else deploys to it. A holder that is at work
    /// is not waited for; one of which it cannot be told whether it lives is, as patience allows.
    fn lock(&self, patience: Patience) -> Result<Box<dyn Held>, OpsError>;

    /// Returns the highest number that a release there has, as far as the place tells.
    fn last_seq(&self) -> Result<u64, OpsError> {
        Ok(0)
    }

    /// Returns what it points to now, in its own words.
    fn pointer(&self) -> Result<Option<String>, OpsError>;

    /// Returns what it is to point to for a release.
    fn pointer_to(&self, release: &Release) -> String {
        serde_json::to_string_pretty(&release.manifest()).expect("a manifest has a JSON form")
    }

    /// Brings a release there that lies on the shelf; nobody is served it yet.
    fn publish(&self, _release: &Release, _directory: &Path) -> Result<(), OpsError> {
        Ok(())
    }

    /// Lets it point somewhere, or nowhere.
    fn point(&self, to: Option<&str>) -> Result<(), OpsError>;

    /// Tells whether the pointer is the truth, or only what it was told last.
    fn knows_itself(&self) -> bool {
        true
    }

    /// Holds a release there against what was released.
    fn check(&self, _release: &Release) -> Result<(), OpsError> {
        Ok(())
    }

    /// Removes a release that nobody will go back to.
    fn remove(&self, _release_id: &str) -> Result<(), OpsError> {
        Ok(())
    }
}

/// How one goes on where the holder of a lock may be dead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Patience {
    /// Waits until it gives a sign of life, or has given none for so long that it is dead.
    Wait,
    /// Does without the lock.
    None,
}

/// A lock that is held until this is dropped.
pub trait Held: fmt::Debug {
    /// Tells whether it is still ours.
    fn is_ours(&self) -> Result<bool, OpsError> {
        Ok(true)
    }
}

/// Returns the target that a specification names.
pub fn open<'a>(site: &'a Site<'a>) -> Result<Box<dyn Target + 'a>, OpsError> {
    Ok(match &site.spec.target {
        TargetSpec::Folder { .. } => Box::new(folder::Folder::new(site)),
        TargetSpec::Bucket { url } => Box::new(bucket::Bucket::open(site, url)?),
        TargetSpec::Command { script } => Box::new(command::Command::new(site, script)),
        TargetSpec::Webhook { url, secret, attempts } => {
            Box::new(webhook::Webhook::open(site, (url, secret), *attempts)?)
        }
        TargetSpec::Git { file, push } => Box::new(git::GitFile::new(site, file, *push)),
    })
}
