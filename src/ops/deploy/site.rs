//! An environment as it is worked on: its specification, its shelf, and what its commands are told.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::ops::deploy::release::Manifest;
use crate::ops::deploy::script::{ScriptFailure, Setting, carry_out};
use crate::ops::deploy::shelf::Shelf;
use crate::ops::deploy::spec::{Script, Spec, TargetSpec};
use crate::ops::deploy::target::Held;
use crate::ops::deploy::{DeployError, lock};
use crate::ops::{Context, OpsError};

/// An environment, and what it takes to deploy to it.
#[derive(Debug)]
pub struct Site<'a> {
    pub context: &'a Context,
    pub spec: &'a Spec,
    /// Who deploys, as others are told.
    pub me: String,
}

impl<'a> Site<'a> {
    pub fn new(context: &'a Context, spec: &'a Spec) -> Result<Self, OpsError> {
        let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
        let me = format!("{} (process {} on {host})", actor(context)?, std::process::id());
        let site = Self { context, spec, me };
        if let Some(path) = site.folder() {
            let inside = without_dots(&path).starts_with(context.repo.layout().dot_dir());
            if inside {
                return Err(DeployError::InsideRepository { path }.into());
            }
        }
        Ok(site)
    }

    pub fn env(&self) -> &str {
        &self.spec.env
    }

    /// Returns the folder that is deployed to, where it is one.
    pub fn folder(&self) -> Option<PathBuf> {
        match &self.spec.target {
            TargetSpec::Folder { path } => Some(self.context.repo.root().join(path)),
            _ => None,
        }
    }

    /// Returns where mlv keeps what it knows of the environment.
    pub fn own_directory(&self) -> PathBuf {
        self.context.repo.layout().deployments(self.env())
    }

    /// Takes the lock of an environment of which this repository alone knows what it was told.
    pub fn lock_here(&self) -> Result<Box<dyn Held>, OpsError> {
        Ok(Box::new(lock::take(&self.own_directory(), self.env(), &self.me)?))
    }

    /// Returns where releases lie as directories.
    pub fn shelf(&self) -> Shelf {
        let above = self.folder().unwrap_or_else(|| self.own_directory());
        Shelf::new(above.join("releases"))
    }

    fn log(&self, seq: u64) -> PathBuf {
        self.own_directory().join("logs").join(format!("{seq:06}.log"))
    }

    /// Runs a command for a release that lies in `release_dir`.
    pub fn run(
        &self,
        script: &Script,
        release: &Manifest,
        place: &ScriptPlace<'_>,
    ) -> Result<Result<(), ScriptFailure>, OpsError> {
        let text = OsString::from;
        let variables = vec![
            ("MLV_ROOT", self.context.repo.root().as_os_str().to_owned()),
            ("MLV_ENV", text(self.env())),
            ("MLV_RELEASE_ID", text(&release.release_id)),
            ("MLV_RELEASE_DIR", place.release.as_os_str().to_owned()),
            ("MLV_COMMIT", text(&release.commit.to_hex())),
            ("MLV_ARTIFACT", text(&release.artifact)),
            ("MLV_PHASE", text(place.phase)),
        ];
        let secrets = match &self.spec.target {
            TargetSpec::Webhook { secret, .. } => vec![secret.clone()],
            _ => Vec::new(),
        };
        let setting = Setting {
            environment: &self.context.environment,
            directory: place.directory,
            log: &self.log(release.seq),
            variables,
            secrets,
            may_be_interrupted: place.may_be_interrupted,
        };
        carry_out(script, &setting)
    }
}

/// Returns who asks: a hook may be told nobody's name.
pub fn actor(context: &Context) -> Result<String, OpsError> {
    match context.signature() {
        Ok(who) => Ok(format!("{} <{}>", who.name, who.email)),
        Err(OpsError::NoIdentity) => Ok("mlv".to_owned()),
        Err(error) => Err(error),
    }
}

/// Where a command runs, and for what.
#[derive(Debug, Clone, Copy)]
pub struct ScriptPlace<'a> {
    pub directory: &'a Path,
    /// The directory of the release.
    pub release: &'a Path,
    /// `staged` or `active`.
    pub phase: &'static str,
    pub may_be_interrupted: bool,
}

/// Returns a path without `.` and `..`, as far as names alone tell.
fn without_dots(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::CurDir => {}
            std::path::Component::ParentDir => drop(plain.pop()),
            part => plain.push(part),
        }
    }
    plain
}
