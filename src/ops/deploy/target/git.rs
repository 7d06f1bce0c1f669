//! A file in a checkout of Git that names the release: what watches the checkout rolls it out.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::base::fs::remove_file_if_exists;
use crate::base::fs::{IoContext, atomic_write, create_dirs, parent_of, read_if_exists};
use crate::ops::OpsError;
use crate::ops::deploy::DeployError;
use crate::ops::deploy::site::Site;
use crate::ops::deploy::target::command::manifest;
use crate::ops::deploy::target::{Held, Patience, Target};

#[derive(Debug)]
pub struct GitFile<'a> {
    site: &'a Site<'a>,
    file: PathBuf,
    push: bool,
}

impl<'a> GitFile<'a> {
    pub fn new(site: &'a Site<'a>, file: &str, push: bool) -> Self {
        Self { site, file: site.context.repo.root().join(file), push }
    }

    fn directory(&self) -> &Path {
        parent_of(&self.file)
    }

    /// Runs Git where the file is.
    fn git<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Result<(), OpsError> {
        let mut git = Command::new("git");
        git.current_dir(self.directory()).args(arguments).stdin(Stdio::null());
        let user = self.site.context.environment.iter();
        // What names another repository would lead Git elsewhere.
        let user = user.filter(|(name, _)| !name.to_string_lossy().starts_with("GIT_DIR"));
        git.env_clear().envs(user).env("GIT_TERMINAL_PROMPT", "0");
        // Where nobody is named here, Git knows best.
        if let Ok(who) = self.site.context.signature() {
            for (name, value) in [("NAME", &who.name), ("EMAIL", &who.email)] {
                git.env(format!("GIT_AUTHOR_{name}"), value);
                git.env(format!("GIT_COMMITTER_{name}"), value);
            }
        }
        let output = git.output().context("run git in", self.directory())?;
        if output.status.success() {
            return Ok(());
        }
        let told = String::from_utf8_lossy(&output.stderr);
        let first = arguments.first().map(|word| word.as_ref().to_string_lossy().into_owned());
        Err(DeployError::Target {
            what: format!("`git {}`", first.unwrap_or_default()),
            how: format!("exit code {}", output.status.code().unwrap_or(-1)),
            tail: told.lines().map(str::to_owned).collect(),
        }
        .into())
    }
}

impl Target for GitFile<'_> {
    fn lock(&self, _patience: Patience) -> Result<Box<dyn Held>, OpsError> {
        create_dirs(self.directory())?;
        if self.git(&["rev-parse", "--is-inside-work-tree"]).is_err() {
            return Err(DeployError::NotInGit { path: self.file.clone() }.into());
        }
        self.site.lock_here()
    }

    fn pointer(&self) -> Result<Option<String>, OpsError> {
        let bytes = read_if_exists(&self.file)?;
        Ok(bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
    }

    fn point(&self, to: Option<&str>) -> Result<(), OpsError> {
        let message = if let Some(to) = to {
            atomic_write(&self.file, to.as_bytes())?;
            let what = manifest(to).map(|manifest| manifest.release_id);
            format!("Deploy {} to {}", what.unwrap_or_default(), self.site.env())
        } else {
            remove_file_if_exists(&self.file)?;
            format!("Take the first release of {} back", self.site.env())
        };
        let file = self.file.as_os_str();
        let word = OsStr::new;
        self.git(&[word("add"), word("--all"), word("--"), file])?;
        let diff = [word("diff"), word("--cached"), word("--quiet"), word("--"), file];
        if self.git(&diff).is_err() {
            let message = word(&message);
            self.git(&[word("commit"), word("--quiet"), word("-m"), message, word("--"), file])?;
        }
        if self.push {
            self.git(&["push", "--quiet"])?;
        }
        Ok(())
    }

    // The file may be written and not committed yet.
    fn knows_itself(&self) -> bool {
        false
    }
}
