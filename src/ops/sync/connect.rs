//! From the name of a remote, or an address, to the remote itself.

use std::path::PathBuf;

use crate::base::Hash;
use crate::base::fs::read_if_exists;
use crate::config::{Config, Environment};
use crate::ops::upstream::{remotes, upstream_of};
use crate::ops::{Context, OpsError};
use crate::remote::log::RefLog;
use crate::remote::{Backend, Remote, RemoteError, RemoteOptions, RemoteUrl, wait};
use crate::repo::Layout;

/// Where a remote is, and where what is known of it is kept.
#[derive(Debug, Clone)]
pub struct Place {
    /// Nothing where an address was given.
    pub name: Option<String>,
    pub url: RemoteUrl,
    pub backend: Backend,
    pub dir: PathBuf,
}

/// A remote, read up to the head of its log.
#[derive(Debug)]
pub struct Connection {
    pub place: Place,
    pub remote: Remote,
}

impl Place {
    /// Returns the name of the remote, or its address where it has none.
    pub fn shown(&self) -> &str {
        self.name.as_deref().unwrap_or(self.url.as_str())
    }

    /// Opens the remote that must be there.
    pub fn open(self) -> Result<Connection, OpsError> {
        self.refuse_repository()?;
        match Remote::open(&self.backend, &self.dir)? {
            Some(remote) => Ok(Connection { place: self, remote }),
            None => Err(self.absent()),
        }
    }

    /// Tells whether a remote was seen here before: one that is gone, as with a disk that is not
    /// mounted, is not to be made anew.
    pub fn is_known(&self) -> Result<bool, OpsError> {
        Ok(self.name.is_some() && read_if_exists(&self.dir.join("state"))?.is_some())
    }

    /// Refuses where there is no remote, before anything is kept of it.
    pub fn refuse_absent(&self) -> Result<(), OpsError> {
        self.refuse_repository()?;
        match wait(RefLog::open(&self.backend, None))? {
            Some(_) => Ok(()),
            None => Err(self.absent()),
        }
    }

    fn absent(&self) -> OpsError {
        RemoteError::NotARepository { remote: self.url.to_string() }.into()
    }

    /// Opens the remote, and makes it where there is none yet.
    pub fn open_or_create(self) -> Result<Connection, OpsError> {
        self.refuse_repository()?;
        let remote = Remote::create(&self.backend, &self.dir)?;
        Ok(Connection { place: self, remote })
    }

    /// Refuses a repository with a working copy: it has a log of its own, and no remote's.
    fn refuse_repository(&self) -> Result<(), OpsError> {
        let is_folder = self.url.bucket().is_empty();
        if is_folder && Layout::at(self.url.path()).format().exists() {
            return Err(OpsError::NotARemote { path: self.url.path().into() });
        }
        Ok(())
    }
}

/// Returns the remote of this name, or the one at this address.
pub fn place(context: &Context, named: &str) -> Result<Place, OpsError> {
    if let Some(mirror) = context.mirror.as_ref().filter(|mirror| mirror.place().shown() == named) {
        return Ok(mirror.place().clone());
    }
    let layout = context.repo.layout();
    if let Some(url) = context.config.string(&format!("remote.{named}.url")) {
        let url = RemoteUrl::parse(&url.text, context.repo.root())?;
        let backend = backend(&url, &context.config, &context.environment, named)?;
        return Ok(Place { name: Some(named.to_owned()), url, backend, dir: layout.remote(named) });
    }
    if !is_address(named) {
        let (name, candidates) = (named.to_owned(), remotes(context));
        return Err(OpsError::NoSuchRemote { name, candidates });
    }
    let url = RemoteUrl::parse(named, &context.directory)?;
    let backend = Backend::open(&url, &context.environment, &RemoteOptions::default())?;
    // No remote's name starts with a dot.
    let dir = layout.remote(&format!(".{}", &Hash::of(url.as_str().as_bytes()).to_hex()[..16]));
    Ok(Place { name: None, url, backend, dir })
}

/// Opens the place of a remote that the settings name.
pub(super) fn backend(
    url: &RemoteUrl,
    config: &Config,
    environment: &Environment,
    named: &str,
) -> Result<Backend, RemoteError> {
    Backend::open(url, environment, &RemoteOptions::of(config, named))
}

fn is_address(text: &str) -> bool {
    text.contains("://") || text.starts_with(['/', '.'])
}

/// Opens the remote of this name, or at this address, which must be there.
pub fn connect(context: &Context, named: &str) -> Result<Connection, OpsError> {
    place(context, named)?.open()
}

/// Returns the remote that is worked on without a clone.
pub fn worked_on(context: &Context) -> Option<String> {
    context.mirror.as_ref().map(|mirror| mirror.place().shown().to_owned())
}

/// Returns the remote that is meant where none is named: that one works on, that of the branch's
/// upstream, `origin`, or the only one.
pub fn default_remote(context: &Context) -> Result<String, OpsError> {
    if let Some(remote) = worked_on(context) {
        return Ok(remote);
    }
    if let Some(branch) = context.repo.head()?.branch()
        && let Some(upstream) = upstream_of(context, branch)?
    {
        return Ok(upstream.remote);
    }
    let mut names = remotes(context);
    if names.iter().any(|name| name == "origin") {
        return Ok("origin".to_owned());
    }
    match names.len() {
        1 => Ok(names.remove(0)),
        0 => Err(OpsError::NoRemote),
        _ => Err(OpsError::WhichRemote { names }),
    }
}
