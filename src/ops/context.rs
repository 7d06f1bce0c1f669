//! What every operation works on: the repository, its working copy, the settings, who is asking.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use crate::base::interrupt;
use crate::base::lock::{FileLock, LockError};
use crate::base::{CommitId, Progress, RepoPath, Timestamp, TreeId};
use crate::config::{Config, Environment};
use crate::git::{Enclosing, GitError, TrackedPaths};
use crate::hook::runner::{RunEvent, RunRecord};
use crate::object::{CodeRevision, Signature};
use crate::ops::direct::Mirror;
use crate::ops::hooks::{KnownDefinitions, Owner};
use crate::ops::inspect::Place;
use crate::ops::{OpsError, heal, sparse};
use crate::refs::{RefName, Revision};
use crate::remote::elsewhere::Places;
use crate::repo::{Repo, RepoError, Update, Updated};
use crate::store::{ChunkStore as _, Durability};
use crate::workspace::{Pathspecs, Workspace, WorkspaceError, resolve_path};

/// Hears what hooks do while they do it.
pub trait Listener: Send + Sync + std::fmt::Debug {
    fn hear(&self, event: RunEvent);

    /// Is told that runs wait for a worker: these, or some that a dead worker left over.
    fn queued(&self, runs: &[RunRecord]);
}

/// Hears nothing.
#[derive(Debug, Clone, Copy)]
pub struct NoListener;

impl Listener for NoListener {
    fn hear(&self, _event: RunEvent) {}

    fn queued(&self, _runs: &[RunRecord]) {}
}

/// An open repository with everything an operation may ask for; what is costly is opened when it
/// is first asked for.
#[derive(Debug)]
pub struct Context {
    pub repo: Repo,
    pub config: Config,
    pub environment: Environment,
    pub progress: Arc<dyn Progress>,
    pub listener: Box<dyn Listener>,
    /// The command line, for the operation log.
    pub command: String,
    /// Where the user stands: paths are read relative to this directory.
    pub directory: PathBuf,
    /// Whether an earlier verdict may stand in for the run of a hook.
    pub reuses_verdicts: bool,
    pub definitions: KnownDefinitions,
    /// What stands between the repository and the remote that is worked on without a clone.
    pub mirror: Option<Mirror>,
    /// Reads files that lie elsewhere.
    pub places: Arc<Places>,
    workspace: OnceLock<Workspace>,
    git: OnceLock<Option<Enclosing>>,
    owner: OnceLock<Owner>,
    numbers: AtomicU64,
}

impl Context {
    /// Returns a context on an open repository.
    pub fn new(
        repo: Repo,
        config: Config,
        environment: Environment,
        progress: Arc<dyn Progress>,
        listener: Box<dyn Listener>,
        command: String,
        directory: PathBuf,
    ) -> Self {
        let hashes = repo.layout().references();
        let places = Arc::new(Places::new(config.clone(), environment.clone(), hashes));
        repo.objects().set_elsewhere(places.clone());
        Self {
            repo,
            config,
            environment,
            progress,
            listener,
            command,
            directory,
            reuses_verdicts: true,
            definitions: KnownDefinitions::default(),
            mirror: None,
            places,
            workspace: OnceLock::new(),
            git: OnceLock::new(),
            owner: OnceLock::new(),
            numbers: AtomicU64::new(0),
        }
    }

    /// Returns this process as the journal names it; `announce` makes it known first.
    pub fn owner(
        &self,
        announce: impl FnOnce() -> Result<Owner, OpsError>,
    ) -> Result<&Owner, OpsError> {
        if let Some(owner) = self.owner.get() {
            return Ok(owner);
        }
        let announced = announce()?;
        Ok(self.owner.get_or_init(|| announced))
    }

    /// Applies an update; where the repository is the mirror of a remote, there first.
    pub fn update(&self, update: &Update) -> Result<Updated, OpsError> {
        match &self.mirror {
            Some(mirror) => mirror.update(self, update),
            None => Ok(self.repo.update(update)?),
        }
    }

    /// Tells whether there are files of which the repository is: a remote has none.
    pub fn has_working_copy(&self) -> bool {
        self.mirror.is_none()
    }

    /// Takes the lock of those who change the working copy or the staged tree, and settles first
    /// what a crash left behind.
    pub fn lock(&self) -> Result<FileLock, OpsError> {
        heal::settle_hooks(self)?;
        let lock = self.repo.lock_worktree()?;
        // Another process may have changed it while the lock was not held.
        self.workspace()?.set_sparse(sparse::read(&self.repo)?);
        heal::settle_files(self)?;
        Ok(lock)
    }

    /// Takes the lock however long others hold it: what hooks judged for hours is not thrown away.
    pub fn lock_patiently(&self) -> Result<FileLock, OpsError> {
        let mut told = false;
        loop {
            match self.lock() {
                Err(OpsError::Repo(RepoError::Lock(held @ LockError::Held { .. }))) => {
                    interrupt::check()?;
                    if !std::mem::replace(&mut told, true) {
                        self.progress.notice(&format!("{held}: waiting for it to end"));
                    }
                }
                outcome => return outcome,
            }
        }
    }

    /// Takes data that is staged as far as `store.sync` asks: other processes see it in any case.
    /// What is not on the disk for sure is looked at again after the machine has been started anew.
    pub fn flush_staged(&self) -> Result<(), OpsError> {
        let always = self.config.string("store.sync").is_some_and(|value| value.text == "always");
        if always {
            return Ok(self.repo.store().flush(Durability::Durable)?);
        }
        heal::note_boot(self)?;
        Ok(self.repo.store().flush(Durability::Visible)?)
    }

    /// Makes durable what was written, as refs that point to it ask for.
    pub fn flush_trees(&self) -> Result<(), OpsError> {
        Ok(self.repo.store().flush(Durability::Durable)?)
    }

    /// Returns a number that this process has not used yet.
    pub fn next_number(&self) -> u64 {
        self.numbers.fetch_add(1, Ordering::Relaxed)
    }

    /// Tells whether the environment asks for no `pre-` hooks.
    pub fn skips_hooks(&self) -> bool {
        self.environment.get("MLV_NO_VERIFY").is_some_and(|text| !matches!(text, "" | "0"))
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
        let text = |key| {
            let value = self.config.string(key).map(|value| value.text);
            value.filter(|text| !text.is_empty())
        };
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
        if !self.has_working_copy() {
            return Ok(None);
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

    /// Returns the state of the code that a commit made now would record; what cannot be read counts
    /// as none.
    pub fn code_revision(&self) -> Result<Option<CodeRevision>, OpsError> {
        let revision = self.git()?.map_or(Ok(None), Enclosing::revision);
        Ok(self.readable(revision))
    }

    /// Does a deed while another thread finds out the state of the code, which takes as long as to
    /// look at each of Git's files; returns what both found.
    pub fn beside_code_revision<T>(
        &self,
        deed: impl FnOnce() -> Result<T, OpsError>,
    ) -> Result<(T, Option<CodeRevision>), OpsError> {
        let Some(git) = self.git()? else {
            return Ok((deed()?, None));
        };
        std::thread::scope(|scope| {
            let revision = scope.spawn(|| git.revision());
            let done = deed()?;
            let revision = revision.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            Ok((done, self.readable(revision)))
        })
    }

    /// Returns the state of the code, or says that it cannot be read.
    fn readable(&self, revision: Result<Option<CodeRevision>, GitError>) -> Option<CodeRevision> {
        revision.unwrap_or_else(|error| {
            self.progress.notice(&format!("the state of the code is not recorded: {error}"));
            None
        })
    }

    /// Returns the working copy.
    pub fn workspace(&self) -> Result<&Workspace, OpsError> {
        if let Some(workspace) = self.workspace.get() {
            return Ok(workspace);
        }
        let layout = self.repo.layout();
        let opened =
            Workspace::open(layout.root(), &layout.dot_dir(), self.repo.objects().clone())?;
        opened.set_sparse(sparse::read(&self.repo)?);
        heal::tell_torn(self.progress.as_ref(), opened.torn());
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

    /// Reads `REV`, `REV:PATH`, or `:PATH` for what is staged. Paths are taken from the root; those
    /// that begin with `./` or `../` from where the user stands.
    pub fn place(&self, text: Option<&OsStr>) -> Result<Place, OpsError> {
        let text = text.map_or(&b"HEAD"[..], OsStr::as_bytes);
        let colon = text.iter().position(|byte| *byte == b':');
        let (revision, path) = text.split_at(colon.unwrap_or(text.len()));
        let revision = String::from_utf8_lossy(revision).into_owned();
        let path = OsStr::from_bytes(path.get(1..).unwrap_or_default());
        let starts = |start: &[u8]| path.as_bytes().starts_with(start);
        let is_relative = starts(b"./") || starts(b"../");
        let standing = if is_relative { self.standing() } else { RepoPath::root() };
        let path = resolve_path(path, &standing)?;
        let tree = match (revision.as_str(), colon) {
            ("", Some(_)) => self.repo.staged()?,
            (revision, _) => self.tree_of(revision)?,
        };
        Ok(Place { revision, tree, path })
    }

    /// Returns where the user stands, relative to the root.
    pub fn standing(&self) -> RepoPath {
        let below = self.directory.strip_prefix(self.repo.root()).ok();
        below.and_then(|below| RepoPath::from_relative(below).ok()).unwrap_or_default()
    }

    /// Reads paths and patterns as the user wrote them.
    pub fn pathspecs(&self, arguments: &[OsString]) -> Result<Pathspecs, WorkspaceError> {
        let inside: Vec<_> = arguments.iter().map(|argument| self.inside(argument)).collect();
        let absolute = |argument: &&OsString| std::path::Path::new(argument).is_absolute();
        let standing = match arguments.iter().find(absolute) {
            Some(_) if arguments.iter().all(|a| absolute(&a)) => RepoPath::root(),
            _ => self.standing(),
        };
        Pathspecs::parse(&inside, &standing)
    }

    /// Returns the one path that the user named.
    pub fn path(&self, argument: &OsString) -> Result<RepoPath, WorkspaceError> {
        let absolute = std::path::Path::new(argument).is_absolute();
        let standing = if absolute { RepoPath::root() } else { self.standing() };
        resolve_path(&self.inside(argument), &standing)
    }

    /// Returns an absolute path below the root as one relative to it.
    fn inside(&self, argument: &OsString) -> OsString {
        let below = std::path::Path::new(argument).strip_prefix(self.repo.root());
        below.map_or_else(|_| argument.clone(), |below| below.as_os_str().to_owned())
    }

    /// Returns what Git tracks, where there is a Git repository.
    pub fn git_tracked(&self) -> Result<Option<TrackedPaths>, OpsError> {
        Ok(self.git()?.map(Enclosing::tracked).transpose()?)
    }
}
