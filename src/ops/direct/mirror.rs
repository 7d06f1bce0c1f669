//! `Mirror`: the repository in the user's cache through which one works on a remote.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::base::interrupt;
use crate::base::lock::{FileLock, LockError, LockKind};
use crate::base::progress::Unit;
use crate::config::{Config, Environment};
use crate::ops::direct::cache;
use crate::ops::sync::{Connection, Place, attach_open, lacking};
use crate::ops::{Context, OpsError};
use crate::refs::{RefEdit, RefName, RefValue, table};
use crate::remote::{Backend, Part, RemoteOptions, RemoteUrl};
use crate::repo::reach::Roots;
use crate::repo::{Repo, RepoError};

/// So long one waits before saying what for.
const PATIENCE: Duration = Duration::from_secs(1);

/// The mirror of a remote that is open, and the remote.
#[derive(Debug)]
pub struct Mirror {
    pub(super) place: Place,
    refs_lock: PathBuf,
    /// Keeps others from emptying it.
    _shared: FileLock,
}

/// Opens the mirror of the remote at an address, or of this name in the user's settings.
pub fn open(
    named: &str,
    standing: &Path,
    environment: &Environment,
    config: &Config,
) -> Result<(Repo, Mirror), OpsError> {
    let place = place(named, standing, environment, config)?;
    let layout = cache::layout(environment, &place.url)?;
    if !layout.database().exists() {
        place.refuse_absent()?;
    }
    let place = Place { dir: layout.remote("origin"), ..place };
    let refs_lock = layout.dot_dir().join("refs.lock");
    let (repo, shared) = cache::open(layout, config)?;
    Ok((repo, Mirror { place, refs_lock, _shared: shared }))
}

fn place(
    named: &str,
    standing: &Path,
    environment: &Environment,
    config: &Config,
) -> Result<Place, OpsError> {
    let known = config.string(&format!("remote.{named}.url"));
    let name = known.as_ref().map(|_| named.to_owned());
    let options = match &name {
        Some(name) => RemoteOptions::of(config, name),
        None => RemoteOptions::default(),
    };
    let address = known.map_or_else(|| named.to_owned(), |value| value.text);
    let url = RemoteUrl::parse(&address, standing)?;
    let backend = Backend::open(&url, environment, &options)?;
    Ok(Place { name, url, backend, dir: PathBuf::new() })
}

impl Mirror {
    /// Returns the address of the remote.
    pub fn address(&self) -> &str {
        self.place.url.as_str()
    }

    /// Returns the remote, as `sync` finds it.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// Takes the lock of those who move the refs of the mirror, however long others hold it.
    pub(super) fn lock(&self, context: &Context) -> Result<FileLock, OpsError> {
        let mut told = false;
        loop {
            match FileLock::acquire(&self.refs_lock, LockKind::Exclusive, PATIENCE) {
                Ok(lock) => return Ok(lock),
                Err(held @ LockError::Held { .. }) => {
                    interrupt::check()?;
                    if !std::mem::replace(&mut told, true) {
                        context.progress.notice(&format!("{held}: waiting for it to end"));
                    }
                }
                Err(error @ LockError::Path(_)) => return Err(RepoError::from(error).into()),
            }
        }
    }

    /// Brings the mirror to what the remote is now, and lets it read what it has not.
    pub fn refresh(&self, context: &Context) -> Result<(), OpsError> {
        context.progress.phase("reading the remote", None, Unit::Time);
        let _lock = self.lock(context)?;
        let mut connection = self.place.clone().open()?;
        follow(context, &mut connection)?;
        attach_open(context, connection);
        Ok(())
    }
}

/// Brings the mirror to what the remote was when it was read; the caller holds the lock.
pub(super) fn follow(context: &Context, connection: &mut Connection) -> Result<(), OpsError> {
    let theirs = shared(connection);
    if ours(&context.repo)? == theirs {
        return Ok(());
    }
    bring(context, connection, &theirs)?;
    adopt(context, &theirs)
}

/// Returns the refs of a remote that its mirror has too.
fn shared(connection: &Connection) -> BTreeMap<RefName, RefValue> {
    let remote = &connection.remote;
    let refs = remote.state().refs.iter().filter(|(name, _)| is_shared(name));
    let mut refs: BTreeMap<_, _> = refs.map(|(name, ref_)| (name.clone(), ref_.clone())).collect();
    let head = remote.head().or_else(|| RefName::branch("main").ok());
    refs.extend(head.map(|head| (RefName::head(), RefValue::on_branch(&head))));
    refs
}

fn ours(repo: &Repo) -> Result<BTreeMap<RefName, RefValue>, OpsError> {
    Ok(repo.list("")?.into_iter().filter(|(name, _)| is_shared(name)).collect())
}

/// Tells whether a ref is the same at a remote and in its mirror.
pub(super) fn is_shared(name: &RefName) -> bool {
    let fixed = [RefName::head(), RefName::verdicts()];
    name.is_branch() || name.is_tag() || name.is_model() || fixed.contains(name)
}

/// Brings the history and the directories of all that the refs name; no contents.
fn bring(
    context: &Context,
    connection: &mut Connection,
    refs: &BTreeMap<RefName, RefValue>,
) -> Result<(), OpsError> {
    let (mut tips, known) = (Roots::default(), context.repo.ref_roots()?);
    for value in refs.values() {
        tips.add(value);
    }
    let progress = context.progress.as_ref();
    connection.remote.fetch(&context.repo, (&tips, &known), (Part::Lazy, None), progress)?;
    Ok(())
}

/// Gives the mirror the refs of the remote, but for verdicts, of which it keeps its own too.
fn adopt(context: &Context, refs: &BTreeMap<RefName, RefValue>) -> Result<(), OpsError> {
    let repo = &context.repo;
    let gone = ours(repo)?.into_keys().filter(|name| !refs.contains_key(name));
    let gone = gone.map(RefEdit::delete);
    let set = refs.iter().map(|(name, value)| RefEdit::set(name.clone(), value.clone()));
    let mut edits: Vec<RefEdit> = gone.chain(set).collect();
    edits.retain(|edit| edit.name != RefName::verdicts());
    let theirs = refs.get(&RefName::verdicts()).and_then(RefValue::tree);
    let files = theirs.map(|tree| lacking(context, repo.verdicts()?, tree)).transpose()?;
    repo.with_verdicts(&files.unwrap_or_default(), |connection| {
        Ok(table::apply(connection, &edits).map(drop)?)
    })?;
    Ok(())
}
