//! A folder: releases lie below `releases/`, and the symbolic link `current` names the one that users
//! are served. A reader that follows it finds a whole release at any moment.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::base::fs::{IoContext, remove_file_if_exists, rename_durably, sync_dir};
use crate::ops::OpsError;
use crate::ops::deploy::release::Release;
use crate::ops::deploy::site::Site;
use crate::ops::deploy::target::{Held, Patience, Target};
use crate::ops::deploy::{DeployError, lock};

const CURRENT: &str = "current";
/// The link on its way.
const NEXT: &str = ".current-next";

#[derive(Debug)]
pub struct Folder<'a> {
    site: &'a Site<'a>,
    root: PathBuf,
}

impl<'a> Folder<'a> {
    pub fn new(site: &'a Site<'a>) -> Self {
        let root = site.folder().unwrap_or_else(|| site.own_directory());
        Self { site, root }
    }

    fn current(&self) -> PathBuf {
        self.root.join(CURRENT)
    }
}

/// Returns what a symbolic link names; nothing where there is none.
fn link(path: &Path) -> Result<Option<String>, OpsError> {
    match fs::read_link(path) {
        Ok(target) => Ok(Some(target.to_string_lossy().into_owned())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) if error.kind() == ErrorKind::InvalidInput => {
            Err(DeployError::NotALink { path: path.to_owned() }.into())
        }
        Err(error) => Err(error).context("read link", path).map_err(OpsError::from),
    }
}

impl Target for Folder<'_> {
    fn lock(&self, _patience: Patience) -> Result<Box<dyn Held>, OpsError> {
        let held = lock::take(&self.root, self.site.env(), &self.site.me)?;
        link(&self.current())?;
        Ok(Box::new(held))
    }

    fn last_seq(&self) -> Result<u64, OpsError> {
        Ok(self.site.shelf().last_seq())
    }

    fn pointer(&self) -> Result<Option<String>, OpsError> {
        link(&self.current())
    }

    fn pointer_to(&self, release: &Release) -> String {
        format!("releases/{}", release.release_id)
    }

    fn point(&self, to: Option<&str>) -> Result<(), OpsError> {
        let (next, current) = (self.root.join(NEXT), self.current());
        let Some(to) = to else {
            remove_file_if_exists(&current)?;
            sync_dir(&self.root)?;
            tracing::debug!("points nowhere");
            return Ok(());
        };
        remove_file_if_exists(&next)?;
        std::os::unix::fs::symlink(to, &next).context("create link", &next)?;
        tracing::debug!(to, "made the link");
        rename_durably(&next, &current)?;
        tracing::debug!(to, "flipped");
        Ok(())
    }
}
