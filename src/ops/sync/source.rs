//! Contents that are missing here and come from a remote when they are needed.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::base::Progress;
use crate::config::{Config, Environment};
use crate::ops::Context;
use crate::ops::sync::connect::{Connection, Place, backend};
use crate::ops::sync::fetch::promises;
use crate::ops::upstream::remotes;
use crate::remote::{Backend, Remote, RemoteError, RemoteIndex, RemoteUrl};
use crate::store::{BlobId, LocalStore, Source, StoreError};

/// The remote that has what is missing here.
#[derive(Debug)]
struct Promisor {
    name: String,
    dir: PathBuf,
    way: Way,
    progress: Arc<dyn Progress>,
    /// What is known here of its packs.
    index: OnceLock<RemoteIndex>,
    /// The remote itself, once something had to be fetched.
    remote: Mutex<Option<Remote>>,
}

/// How the remote is reached.
#[derive(Debug)]
enum Way {
    Open(Backend),
    /// By the settings, once something is missing: until then they cost nothing, and refuse nothing.
    Settings {
        config: Box<Config>,
        environment: Box<Environment>,
        root: PathBuf,
    },
}

impl Way {
    fn backend(&self, name: &str) -> Result<Backend, RemoteError> {
        match self {
            Self::Open(backend) => Ok(backend.clone()),
            Self::Settings { config, environment, root } => {
                let url = config.string(&format!("remote.{name}.url"));
                let url = url.map(|value| value.text).unwrap_or_default();
                backend(&RemoteUrl::parse(&url, root)?, config, environment, name)
            }
        }
    }
}

/// Lets the repository read what is missing from the remote that promises it, if there is one.
/// Nobody is asked before something is missing.
pub fn attach(context: &Context) {
    let Some(name) = remotes(context).into_iter().find(|name| promises(context, name)) else {
        return;
    };
    let way = Way::Settings {
        config: Box::new(context.config.clone()),
        environment: Box::new(context.environment.clone()),
        root: context.repo.root().to_owned(),
    };
    let dir = context.repo.layout().remote(&name);
    set(context, name, dir, way, None);
}

/// Lets the repository read what is missing from this remote.
pub fn attach_to(context: &Context, place: Place) {
    let name = place.shown().to_owned();
    set(context, name, place.dir, Way::Open(place.backend), None);
}

/// Lets the repository read what is missing from this remote, whose log was read.
pub fn attach_open(context: &Context, connection: Connection) {
    let Connection { place, remote } = connection;
    let name = place.shown().to_owned();
    set(context, name, place.dir, Way::Open(place.backend), Some(remote));
}

fn set(context: &Context, name: String, dir: PathBuf, way: Way, remote: Option<Remote>) {
    let (index, remote) = (OnceLock::new(), Mutex::new(remote));
    let progress = Arc::clone(&context.progress);
    context.repo.set_source(Arc::new(Promisor { name, dir, way, progress, index, remote }));
}

impl Promisor {
    fn index(&self) -> Result<&RemoteIndex, RemoteError> {
        if let Some(index) = self.index.get() {
            return Ok(index);
        }
        let opened = Remote::last_seen(&self.dir)?;
        Ok(self.index.get_or_init(|| opened))
    }

    fn bring(&self, ids: &[BlobId], into: &Arc<LocalStore>) -> Result<(), RemoteError> {
        let mut held = self.remote.lock().unwrap_or_else(PoisonError::into_inner);
        let remote = match &mut *held {
            Some(remote) => remote,
            empty => {
                let backend = self.way.backend(&self.name)?;
                let opened = Remote::open(&backend, &self.dir)?;
                let missing = || RemoteError::NotARepository { remote: backend.url().to_string() };
                empty.insert(opened.ok_or_else(missing)?)
            }
        };
        let mut wanted: BTreeSet<BlobId> = ids.iter().copied().collect();
        remote.fetch_blobs(&wanted, into, self.progress.as_ref())?;
        wanted = into.absent(wanted)?.into_iter().collect();
        // What came there after its log was read is not known yet.
        if wanted.is_empty() || remote.refresh()?.is_empty() {
            return Ok(());
        }
        remote.fetch_blobs(&wanted, into, self.progress.as_ref())
    }

    fn failed(&self, error: RemoteError) -> StoreError {
        match error {
            RemoteError::Interrupted(stopped) => stopped.into(),
            RemoteError::Store(error) => error,
            error => StoreError::NotFetched { remote: self.name.clone(), source: Box::new(error) },
        }
    }
}

impl Source for Promisor {
    fn fetch(&self, ids: &[BlobId], into: &Arc<LocalStore>) -> Result<(), StoreError> {
        self.bring(ids, into).map_err(|error| self.failed(error))
    }

    fn promises(&self, id: BlobId) -> Result<bool, StoreError> {
        let index = self.index().map_err(|error| self.failed(error))?;
        index.contains(id).map_err(|error| self.failed(error))
    }
}
