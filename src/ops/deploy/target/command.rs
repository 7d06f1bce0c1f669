//! A command that is given the directory of a release, and does with it what it likes.

use std::path::PathBuf;

use crate::base::fs::{atomic_write, read_if_exists};
use crate::ops::OpsError;
use crate::ops::deploy::DeployError;
use crate::ops::deploy::release::Manifest;
use crate::ops::deploy::site::{ScriptPlace, Site};
use crate::ops::deploy::spec::Script;
use crate::ops::deploy::target::{Held, Patience, Target};

/// What the place was told last, which it cannot be asked for.
#[derive(Debug)]
pub(super) struct Told(PathBuf);

impl Told {
    pub fn of(site: &Site<'_>) -> Self {
        Self(site.own_directory().join("current.json"))
    }

    pub fn read(&self) -> Result<Option<String>, OpsError> {
        let bytes = read_if_exists(&self.0)?;
        Ok(bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
    }

    pub fn write(&self, pointer: &str) -> Result<(), OpsError> {
        Ok(atomic_write(&self.0, pointer.as_bytes())?)
    }
}

/// Reads what a pointer says of its release.
pub(super) fn manifest(pointer: &str) -> Result<Manifest, OpsError> {
    Ok(serde_json::from_str(pointer).map_err(DeployError::BadRecord)?)
}

#[derive(Debug)]
pub struct Command<'a> {
    site: &'a Site<'a>,
    script: &'a Script,
    told: Told,
}

impl<'a> Command<'a> {
    pub fn new(site: &'a Site<'a>, script: &'a Script) -> Self {
        Self { site, script, told: Told::of(site) }
    }
}

impl Target for Command<'_> {
    fn lock(&self, _patience: Patience) -> Result<Box<dyn Held>, OpsError> {
        self.site.lock_here()
    }

    fn pointer(&self) -> Result<Option<String>, OpsError> {
        self.told.read()
    }

    fn point(&self, to: Option<&str>) -> Result<(), OpsError> {
        // Nobody can tell a command to take back the first release that it was given.
        let Some(to) = to else { return Ok(()) };
        let manifest = manifest(to)?;
        let is_back = self.told.read()?.is_some_and(|last| last == to);
        let shelf = self.site.shelf().place(&manifest.release_id);
        let place = ScriptPlace {
            directory: self.site.context.repo.root(),
            release: &shelf,
            phase: "active",
            may_be_interrupted: !is_back,
        };
        if let Err(failure) = self.site.run(self.script, &manifest, &place)? {
            return Err(DeployError::Target {
                what: "the command of the target".to_owned(),
                how: failure.how,
                tail: failure.tail,
            }
            .into());
        }
        self.told.write(to)
    }

    fn knows_itself(&self) -> bool {
        false
    }
}
