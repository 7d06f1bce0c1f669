//! `Repo`: an open repository.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::Connection;

use crate::base::Timestamp;
use crate::base::lock::{FileLock, LockKind};
use crate::base::{CommitId, TreeId};
use crate::object::{ObjectDb, TreeEdit};
use crate::refs::operation::{self, Moved, NewOperation, OperationKind};
use crate::refs::table::{self, RefEdit};
use crate::refs::{RefName, RefValue};
use crate::repo::database::{self, database_error};
use crate::repo::{Layout, RepoError};
use crate::repo::{hook_cache, journal, shallow};
use crate::store::{BlobId, ChunkStore, Durability, LayeredStore, LocalStore, Source, StoreError};

/// How a repository is opened.
#[derive(Debug, Clone)]
pub struct OpenOptions {
    /// How long to wait for another process that changes the working copy.
    pub patience: Duration,
}

impl Default for OpenOptions {
    fn default() -> Self {
        Self { patience: Duration::from_secs(10) }
    }
}

/// An open repository: its database and its store.
#[derive(Debug)]
pub struct Repo {
    layout: Layout,
    connection: Mutex<Connection>,
    store: Arc<LayeredStore>,
    objects: ObjectDb,
    options: OpenOptions,
}

/// One operation to be: ref edits, what else is to be remembered, and events to be noted, all in one
/// transaction.
#[derive(Debug, Clone)]
pub struct Update {
    pub command: String,
    pub time: Timestamp,
    pub kind: OperationKind,
    pub edits: Vec<RefEdit>,
    pub checkout: Option<Moved>,
    pub saved: Option<TreeId>,
    /// The owner and the context of each event whose hooks are to be run.
    pub pending: Vec<(String, String)>,
    /// The numbers of events that were noted before, in whose place these come.
    pub replaced: Vec<i64>,
    /// Marks the checkout under way as the one that counts.
    pub checkout_token: Option<String>,
    /// What hooks found of what the edits point to.
    pub judged: Judged,
}

/// What hooks found, to be written together with the refs that it allows to move.
#[derive(Debug, Clone, Default)]
pub struct Judged {
    /// Files for the tree of verdicts.
    pub files: Vec<TreeEdit>,
    /// The runs that were for a commit, by their ids.
    pub runs: Option<(CommitId, Vec<String>)>,
}

/// The fact that says which checkout the refs agree with.
const CHECKOUT_FACT: &str = "checkout";

/// What an update came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Updated {
    /// The number of the operation; nothing where nothing was changed.
    pub operation: Option<i64>,
    /// How many files were changed.
    pub files: u64,
    /// How many files held unsaved work that was put aside.
    pub saved: u64,
    /// The numbers of the events that were noted.
    pub pending: Vec<i64>,
}

impl Judged {
    fn by_run(&self) -> impl Iterator<Item = (CommitId, &str)> {
        let runs = self.runs.iter();
        runs.flat_map(|(commit, runs)| runs.iter().map(|run| (*commit, run.as_str())))
    }
}

impl Update {
    /// Returns an operation that edits refs and nothing else.
    pub fn new(command: impl Into<String>, time: Timestamp, edits: Vec<RefEdit>) -> Self {
        Self {
            command: command.into(),
            time,
            kind: OperationKind::Normal,
            edits,
            checkout: None,
            saved: None,
            pending: Vec::new(),
            replaced: Vec::new(),
            checkout_token: None,
            judged: Judged::default(),
        }
    }
}

impl Repo {
    /// Makes a repository in `root` whose `HEAD` is the unborn `branch`.
    pub fn init(root: &Path, branch: &str, options: OpenOptions) -> Result<Self, RepoError> {
        let (branch, layout) = (RefName::branch(branch)?, Layout::at(root));
        layout.create()?;
        let repo = Self::open_layout(layout, options)?;
        // One is there where only the format file was lost.
        if repo.get(&RefName::head())?.is_none() {
            repo.edit_unlogged(&[RefEdit::set(RefName::head(), RefValue::on_branch(&branch))])?;
        }
        repo.layout.seal()?;
        Ok(repo)
    }

    /// Opens a repository that is being made, and that nobody else finds before its layout is sealed.
    pub fn open_unsealed(layout: Layout, options: OpenOptions) -> Result<Self, RepoError> {
        layout.create_dirs()?;
        Self::open_layout(layout, options)
    }

    /// Edits refs with which history begins: nothing that `undo` could take back.
    pub fn edit_unlogged(&self, edits: &[RefEdit]) -> Result<(), RepoError> {
        self.store.flush(Durability::Visible)?;
        self.transact(|connection| Ok(table::apply(connection, edits).map(|_| ())?))
    }

    /// Opens the repository that `start` lies in.
    pub fn discover(start: &Path, options: OpenOptions) -> Result<Self, RepoError> {
        Self::open(Layout::discover(start)?, options)
    }

    /// Opens the repository of this layout.
    pub fn open(layout: Layout, options: OpenOptions) -> Result<Self, RepoError> {
        layout.check_format()?;
        Self::open_layout(layout, options)
    }

    fn open_layout(layout: Layout, options: OpenOptions) -> Result<Self, RepoError> {
        let connection = Mutex::new(database::open(&layout.database())?);
        let store = Arc::new(LayeredStore::new(Arc::new(LocalStore::open(&layout.store())?)));
        let objects = ObjectDb::new(store.clone());
        objects.set_shallow(shallow::read(&layout.shallow())?);
        Ok(Self { layout, connection, store, objects, options })
    }

    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Returns the root of the working copy.
    pub fn root(&self) -> &Path {
        self.layout.root()
    }

    /// Returns the objects; those that are missing come from the source.
    pub fn objects(&self) -> &ObjectDb {
        &self.objects
    }

    /// Returns the objects that are here: nothing is fetched.
    pub fn local_objects(&self) -> ObjectDb {
        self.objects.over(self.store().clone())
    }

    pub fn store(&self) -> &Arc<LocalStore> {
        self.store.local()
    }

    /// Says where objects come from that are missing here. The first answer counts.
    pub fn set_source(&self, source: Arc<dyn Source>) {
        self.store.set_source(source);
    }

    /// Tells whether the source has an object, whether it is here or not.
    pub fn promises(&self, id: BlobId) -> Result<bool, StoreError> {
        self.store.promises(id)
    }

    /// Tells whether an object is here, or promised.
    pub fn has(&self, id: BlobId) -> Result<bool, StoreError> {
        Ok(self.store.contains(id)? || self.store.promises(id)?)
    }

    /// Returns the database, for reading, until the guard is dropped.
    pub fn connection(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the lock of those who change the working copy or the staged tree.
    pub fn lock_worktree(&self) -> Result<FileLock, RepoError> {
        let path = self.layout.worktree_lock();
        Ok(FileLock::acquire(&path, LockKind::Exclusive, self.options.patience)?)
    }

    /// Runs `deed` in one transaction; an error undoes all of it.
    pub fn transact<T>(
        &self,
        deed: impl FnOnce(&Connection) -> Result<T, RepoError>,
    ) -> Result<T, RepoError> {
        let path = self.layout.database();
        let fail = |error| database_error(&path, error);
        let mut connection = self.connection();
        let transaction = database::write(&mut connection).map_err(fail)?;
        let value = deed(&transaction)?;
        transaction.commit().map_err(fail)?;
        Ok(value)
    }

    /// Runs `deed` in one transaction that survives the death of the process at once, and a power cut
    /// together with the next `transact`: for notes of which there are many.
    pub fn jot<T>(
        &self,
        deed: impl FnOnce(&Connection) -> Result<T, RepoError>,
    ) -> Result<T, RepoError> {
        let path = self.layout.database();
        let fail = |error| database_error(&path, error);
        let mut connection = self.connection();
        database::relax(&connection).map_err(fail)?;
        let jotted = (|| {
            let transaction = database::write(&mut connection).map_err(fail)?;
            let value = deed(&transaction)?;
            transaction.commit().map_err(fail)?;
            Ok(value)
        })();
        database::tighten(&connection).map_err(fail)?;
        jotted
    }

    /// Tells whether the refs were moved together with this checkout.
    pub fn agrees_with_checkout(&self, token: &str) -> Result<bool, RepoError> {
        Ok(journal::fact(&self.connection(), CHECKOUT_FACT)?.as_deref() == Some(token))
    }

    /// Applies an update and writes it into the operation log. What the edits point to others will
    /// see; what must survive a power cut has been flushed durably before.
    pub fn update(&self, update: &Update) -> Result<Updated, RepoError> {
        self.store.flush(Durability::Visible)?;
        self.with_verdicts(&update.judged.files, |connection| {
            let applied = table::apply(connection, &update.edits)?;
            for (commit, run) in update.judged.by_run() {
                hook_cache::name_commit(connection, run, commit)?;
            }
            let mut updated = Updated::default();
            for number in &update.replaced {
                journal::remove_pending(connection, *number)?;
            }
            for (owner, context) in &update.pending {
                updated.pending.push(journal::add_pending(connection, owner, context)?);
            }
            if let Some(token) = &update.checkout_token {
                journal::set_fact(connection, CHECKOUT_FACT, token)?;
            }
            let is_nothing =
                applied.is_empty() && update.checkout.is_none() && update.saved.is_none();
            // Taking back is noted also where nothing was left to do: it is done then.
            if is_nothing && update.kind == OperationKind::Normal {
                return Ok(updated);
            }
            let operation = NewOperation {
                time: update.time,
                command: update.command.clone(),
                kind: update.kind,
                checkout: update.checkout,
                saved: update.saved,
            };
            let number = operation::record(connection, &operation, &applied)?;
            tracing::debug!(number, edits = applied.len(), command = update.command, "recorded");
            updated.operation = Some(number);
            Ok(updated)
        })
    }
}
