//! The remotes that the settings name: add, list, rename, move, remove.

use std::collections::BTreeMap;

use crate::base::CommitId;
use crate::config;
use crate::ops::sync::{Connection, Place};
use crate::ops::upstream::remotes;
use crate::ops::{Context, OpsError};
use crate::refs::{RefEdit, RefName, RefValue};
use crate::remote::{Backend, Remote, RemoteError, RemoteOptions, RemoteUrl};
use crate::repo::Update;
use crate::workspace::remove_all;

/// A remote in a listing.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct RemoteInfo {
    pub name: String,
    pub url: String,
}

/// A remote that was added.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct AddedRemote {
    pub name: String,
    pub url: String,
    /// Whether there was none at this place before.
    pub created: bool,
    /// Whether it can only be read.
    pub read_only: bool,
    pub branches: usize,
}

/// Returns all remotes, sorted by name.
pub fn list(context: &Context) -> Vec<RemoteInfo> {
    let url = |name: &String| context.config.string(&format!("remote.{name}.url"));
    let info = |name: String| {
        let url = url(&name).map(|value| value.text).unwrap_or_default();
        RemoteInfo { name, url }
    };
    remotes(context).into_iter().map(info).collect()
}

/// Adds a remote: makes one where there is none, and proves that the place keeps writers apart.
/// `options` are settings of the remote, by their short names.
pub fn add(
    context: &Context,
    name: &str,
    address: &str,
    options: &[(&str, String)],
) -> Result<AddedRemote, OpsError> {
    let url = RemoteUrl::parse(address, &context.directory)?;
    check_name(context, name)?;
    let file = context.repo.layout().config();
    let place = place(context, name, &url, options)?;
    let found = Remote::open(&place.backend, &place.dir)?;
    let created = found.is_none();
    let read_only = place.backend.is_read_only();
    let Connection { remote, .. } = match found {
        Some(remote) => Connection { place, remote },
        None if read_only => {
            return Err(RemoteError::NotARepository { remote: url.to_string() }.into());
        }
        None => place.open_or_create()?,
    };
    let read_only = read_only || (!created && cannot_write(&remote)?);
    for (key, value) in options {
        config::set(&file, &format!("remote.{name}.{key}"), value)?;
    }
    // The address is last: with it the remote is there.
    config::set(&file, &format!("remote.{name}.url"), url.as_str())?;
    let branches = remote.state().refs.keys().filter(|name| name.is_branch()).count();
    let (name, url) = (name.to_owned(), url.to_string());
    Ok(AddedRemote { name, url, created, read_only, branches })
}

/// Proves that a remote which is there keeps writers apart; tells whether it can only be read.
fn cannot_write(remote: &Remote) -> Result<bool, OpsError> {
    match remote.probe() {
        Err(error @ (RemoteError::Denied { .. } | RemoteError::ReadOnly { .. })) => {
            tracing::debug!(%error, "it can only be read");
            Ok(true)
        }
        probed => Ok(probed.map(|()| false)?),
    }
}

fn place(
    context: &Context,
    name: &str,
    url: &RemoteUrl,
    options: &[(&str, String)],
) -> Result<Place, OpsError> {
    let flags = options.iter().map(|(key, value)| (format!("remote.{name}.{key}"), value.clone()));
    let flags: Vec<_> = flags.collect();
    let (config, _) = config::Config::load(&context.environment, None, &flags)?;
    let options = RemoteOptions::of(&config, name);
    let backend = Backend::open(url, &context.environment, &options)?;
    let dir = context.repo.layout().remote(name);
    Ok(Place { name: Some(name.to_owned()), url: url.clone(), backend, dir })
}

fn check_name(context: &Context, name: &str) -> Result<(), OpsError> {
    if name.is_empty() || name.starts_with('-') || name.contains(['/', '.']) {
        let wrong = "it is empty, has a slash or a dot, or starts with a dash";
        return Err(OpsError::Unsupported {
            what: format!("`{name}` cannot name a remote: {wrong}"),
        });
    }
    // It is a part of the names of refs, and of a file.
    RefName::remote(&format!("{name}/x"))?;
    if remotes(context).iter().any(|known| known == name) {
        return Err(OpsError::RemoteExists { name: name.to_owned() });
    }
    Ok(())
}

fn known(context: &Context, name: &str) -> Result<(), OpsError> {
    let candidates = remotes(context);
    if candidates.iter().any(|known| known == name) {
        return Ok(());
    }
    Err(OpsError::NoSuchRemote { name: name.to_owned(), candidates })
}

/// Forgets a remote and where its branches stood. The remote itself stays as it is.
pub fn remove(context: &Context, name: &str) -> Result<(), OpsError> {
    known(context, name)?;
    let seen = context.repo.list(&format!("refs/remotes/{name}/"))?;
    let edits = seen.into_iter().map(|(name, _)| RefEdit::delete(name)).collect();
    context.repo.update(&Update::new(&context.command, context.now()?, edits))?;
    for (setting, _) in settings(context, name) {
        config::unset(&context.repo.layout().config(), &setting)?;
    }
    for (setting, value) in followers(context) {
        if value.strip_prefix(name).is_some_and(|rest| rest.starts_with('/')) {
            config::unset(&context.repo.layout().config(), &setting)?;
        }
    }
    Ok(remove_all(&context.repo.layout().remote(name))?)
}

/// Gives a remote another name.
pub fn rename(context: &Context, old: &str, new: &str) -> Result<(), OpsError> {
    known(context, old)?;
    check_name(context, new)?;
    let mut edits = Vec::new();
    for (name, value) in context.repo.list(&format!("refs/remotes/{old}/"))? {
        let branch = name.short().split_once('/').map_or("", |(_, branch)| branch);
        edits.push(RefEdit::set(RefName::remote(&format!("{new}/{branch}"))?, value));
        edits.push(RefEdit::delete(name));
    }
    let file = context.repo.layout().config();
    let settings = settings(context, old);
    for (setting, value) in &settings {
        let key = setting.rsplit_once('.').map_or("", |(_, key)| key);
        config::set(&file, &format!("remote.{new}.{key}"), value)?;
    }
    context.repo.update(&Update::new(&context.command, context.now()?, edits))?;
    for (setting, value) in followers(context) {
        if let Some(branch) = value.strip_prefix(&format!("{old}/")) {
            config::set(&file, &setting, &format!("{new}/{branch}"))?;
        }
    }
    for (setting, _) in settings {
        config::unset(&file, &setting)?;
    }
    // What was kept of it is found out again.
    Ok(remove_all(&context.repo.layout().remote(old))?)
}

/// Says where a remote is from now on.
pub fn set_url(context: &Context, name: &str, address: &str) -> Result<String, OpsError> {
    known(context, name)?;
    let url = RemoteUrl::parse(address, &context.directory)?;
    let file = context.repo.layout().config();
    config::set(&file, &format!("remote.{name}.url"), url.as_str())?;
    // What is known is of the place before.
    remove_all(&context.repo.layout().remote(name))?;
    Ok(url.to_string())
}

/// Returns the settings that the repository's own file may have of a remote.
fn settings(context: &Context, name: &str) -> Vec<(String, String)> {
    let prefix = format!("remote.{name}.");
    let entries = context.config.entries();
    let of_it = entries.filter(|(setting, _)| setting.starts_with(&prefix));
    of_it.map(|(setting, value)| (setting.to_owned(), value.text.clone())).collect()
}

/// Returns the settings of what branches follow.
fn followers(context: &Context) -> Vec<(String, String)> {
    let entries = context.config.entries();
    let follow = entries.filter(|(setting, _)| setting.starts_with("branch."));
    follow.map(|(setting, value)| (setting.to_owned(), value.text.clone())).collect()
}

/// A ref of a remote.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct RemoteRef {
    /// As in `refs/heads/main`.
    pub name: String,
    pub id: CommitId,
}

/// What a remote holds.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct RemoteListing {
    pub url: String,
    /// The branch that a clone stands on.
    pub head: Option<String>,
    pub refs: Vec<RemoteRef>,
    /// How many entries its log has.
    pub entries: u64,
    pub packs: usize,
    pub bytes: u64,
}

/// Returns what a remote holds.
pub fn listing(connection: &Connection) -> RemoteListing {
    let state = connection.remote.state();
    let refs: BTreeMap<&RefName, &RefValue> = state.refs.iter().collect();
    let shown = |(name, value): (&RefName, &RefValue)| {
        let is_named = name.is_branch() || name.is_tag() || name.is_model();
        let id = value.commit().filter(|_| is_named)?;
        Some(RemoteRef { name: name.as_str().to_owned(), id })
    };
    RemoteListing {
        url: connection.place.url.to_string(),
        head: connection.remote.head().map(|head| head.short().to_owned()),
        refs: refs.into_iter().filter_map(shown).collect(),
        entries: state.number,
        packs: state.packs.len(),
        bytes: state.packs.values().map(|pack| pack.len).sum(),
    }
}
