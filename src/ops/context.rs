//! What every operation works on: the repository, its working copy, the settings, who is asking.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::base::{Progress, RepoPath, Timestamp};
use crate::config::{Config, Environment};
use crate::git::Enclosing;
use crate::object::{CodeRevision, Signature};
use crate::ops::OpsError;
use crate::repo::Repo;
use crate::workspace::Workspace;

/// An open repository with everything an operation may ask for; what is costly is opened when it
/// is first asked for.
#[derive(Debug)]
pub struct Context {
    pub repo: Repo,
    pub config: Config,
    pub environment: Environment,
    pub progress: Arc<dyn Progress>,
    /// The command line, for the operation log.
    pub command: String,
    /// Where the user stands: paths are read relative to this directory.
    pub directory: PathBuf,
    workspace: OnceCell<Workspace>,
    git: OnceCell<Option<Enclosing>>,
}

impl Context {
    /// Returns a context on an open repository.
    pub fn new(
        repo: Repo,
        config: Config,
        environment: Environment,
        progress: Arc<dyn Progress>,
        command: String,
        directory: PathBuf,
    ) -> Self {
        let (workspace, git) = (OnceCell::new(), OnceCell::new());
        Self { repo, config, environment, progress, command, directory, workspace, git }
    }

    /// Returns the present, or the time that `MLV_COMMIT_DATE` sets in its place.
    pub fn now(&self) -> Result<Timestamp, OpsError> {
        match self.environment.get("MLV_COMMIT_DATE") {
            Some(text) => Ok(text.parse()?),
            None => Ok(Timestamp::now()),
        }
    }

    /// Returns who the user is: environment, settings, then Git's settings.
    pub fn signature(&self) -> Result<Signature, OpsError> {
        let text = |key| self.config.string(key).map(|value| value.text);
        let (name, email) = (text("user.name"), text("user.email"));
        if let (Some(name), Some(email)) = (&name, &email) {
            return Ok(Signature { name: name.clone(), email: email.clone() });
        }
        let from_git = crate::git::user_identity(self.git()?);
        let name = name.or_else(|| from_git.as_ref().map(|git| git.name.clone()));
        let email = email.or_else(|| from_git.map(|git| git.email));
        match (name, email) {
            (Some(name), Some(email)) => Ok(Signature { name, email }),
            _ => Err(OpsError::NoIdentity),
        }
    }

    /// Returns the Git repository that encloses this one; a Git repository that cannot be read
    /// counts as none, since data can be versioned without it.
    pub fn git(&self) -> Result<Option<&Enclosing>, OpsError> {
        if let Some(git) = self.git.get() {
            return Ok(git.as_ref());
        }
        let found = match Enclosing::discover(self.repo.root()) {
            Ok(found) => found,
            Err(error) => {
                self.progress.notice(&format!("the enclosing Git repository is ignored: {error}"));
                None
            }
        };
        Ok(self.git.get_or_init(|| found).as_ref())
    }

    /// Returns the state of the code that a commit made now would record.
    pub fn code_revision(&self) -> Result<Option<CodeRevision>, OpsError> {
        match self.git()? {
            Some(git) => Ok(git.revision()?),
            None => Ok(None),
        }
    }

    /// Returns the working copy.
    pub fn workspace(&self) -> Result<&Workspace, OpsError> {
        if let Some(workspace) = self.workspace.get() {
            return Ok(workspace);
        }
        let layout = self.repo.layout();
        let opened =
            Workspace::open(layout.root(), &layout.dot_dir(), self.repo.objects().clone())?;
        Ok(self.workspace.get_or_init(|| opened))
    }

    /// Returns the commit that a revision means.
    pub fn resolve(&self, revision: &Revision) -> Result<CommitId, OpsError> {
        Ok(self.resolve_named(revision)?.0)
    }

    /// Returns the commit that a revision means, and the ref that was named.
    pub fn resolve_named(
        &self,
        revision: &Revision,
    ) -> Result<(CommitId, Option<RefName>), OpsError> {
        Ok(revision.resolve(&self.repo.connection(), self.repo.objects())?)
    }

    /// Returns the tree of a revision.
    pub fn tree_of(&self, revision: &str) -> Result<TreeId, OpsError> {
        let commit = self.resolve(&Revision::parse(revision)?)?;
        Ok(self.repo.objects().commit(commit)?.tree)
    }

    /// Reads `REV`, `REV:PATH` or, where no revision is said, `HEAD`'s path.
    pub fn place(&self, text: Option<&str>) -> Result<Place, OpsError> {
        let (revision, path) = split_path(text.unwrap_or("HEAD"));
        let revision = if revision.is_empty() { "HEAD" } else { revision };
        let path = path.unwrap_or_default().trim_end_matches('/');
        let path = RepoPath::from_bytes(path).map_err(|rule| WorkspaceError::BadPath {
            text: path.to_owned(),
            rule,
        })?;
        Ok(Place { revision: revision.to_owned(), tree: self.tree_of(revision)?, path })
    }

    /// Returns the path inside the repository that the user means, who stands in `directory`.
    pub fn path(&self, text: &Path) -> Result<RepoPath, OpsError> {
        Ok(pathspec::to_repo_path(self.repo.root(), &self.directory, text)?)
    }
}
