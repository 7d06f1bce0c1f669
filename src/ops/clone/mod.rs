//! `clone`: a repository of its own out of another, or out of a remote. Until it is whole it has no
//! format file, so no other command takes it for a repository, and the next clone goes on with it.

mod check_out;
mod claim;
mod local;
mod partial;
mod remote;
mod snapshot;

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use crate::base::{CommitId, Progress, RepoPath};
use crate::config::Environment;
use crate::ops::fsck::Lost;
use crate::ops::{Context, OpsError, hooks};
use crate::refs::{RefEdit, RefName, RefValue};
use crate::remote::{RemoteOptions, RemoteUrl};
use crate::repo::{Layout, Repo};
use crate::workspace::Sparse;
use check_out::CheckedOut;
use claim::Claim;
use snapshot::Snapshot;

/// What to clone, and where to.
#[derive(Debug, Clone)]
pub struct CloneOptions {
    /// The address of a remote, or the path of a remote or a repository.
    pub source: OsString,
    /// The name of the source in the present directory where it is nothing.
    pub directory: Option<PathBuf>,
    /// The branch to check out; the one that the source stands on where it is nothing.
    pub branch: Option<String>,
    /// The only paths that the working copy is to hold; all where it is nothing.
    pub sparse: Option<Vec<RepoPath>>,
    /// Leave contents at the remote, and write no files but those of `sparse`.
    pub lazy: bool,
    /// How many commits of each line come, all where it is nothing.
    pub depth: Option<u32>,
    /// Where the user stands.
    pub standing: PathBuf,
    pub environment: Environment,
    pub remote: RemoteOptions,
    /// Settings of `remote.origin` for the new repository to keep.
    pub settings: Vec<(String, String)>,
}

impl CloneOptions {
    /// Returns where to clone to: what was asked for, or the name of the source.
    fn target(&self, name: Option<&OsStr>) -> PathBuf {
        let named = || PathBuf::from(name.unwrap_or(OsStr::new("clone")));
        self.directory.clone().unwrap_or_else(named)
    }
}

/// What was cloned.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Cloned {
    pub root: PathBuf,
    /// A path, or an address.
    pub source: String,
    pub branch: Option<String>,
    pub id: Option<CommitId>,
    pub branches: u64,
    pub tags: u64,
    pub packs: u64,
    pub bytes: u64,
    /// Files of the working copy.
    pub files: u64,
    /// How many files of what is checked out lie elsewhere, and stay there.
    pub references: u64,
    /// Whether there are hooks, which do not run before the user has looked at them.
    pub untrusted_hooks: bool,
    /// Objects that the source has lost, with what needs them; the list is cut at a limit.
    pub lost: Vec<Lost>,
    pub lost_count: u64,
    /// Files that are missing in the working copy because of that.
    pub missing: Vec<RepoPath>,
}

impl Cloned {
    fn of(context: &Context, snapshot: &Snapshot, source: String, out: CheckedOut) -> Self {
        let untrusted = hooks::trust(context, None, true);
        Self {
            root: context.repo.root().to_owned(),
            source,
            branch: snapshot.head.branch().map(|name| name.short().to_owned()),
            id: snapshot.commit,
            branches: snapshot.branches.len() as u64,
            tags: snapshot.tags.len() as u64,
            packs: 0,
            bytes: 0,
            files: out.files,
            references: out.references,
            untrusted_hooks: untrusted.is_ok_and(|hooks| !hooks.already && !hooks.hooks.is_empty()),
            lost: Vec::new(),
            lost_count: 0,
            missing: out.missing,
        }
    }
}

/// Clones. `context` makes of the new repository what operations work on.
pub fn clone(
    options: &CloneOptions,
    progress: &dyn Progress,
    context: impl FnOnce(Repo) -> Context,
) -> Result<Cloned, OpsError> {
    let text = options.source.to_string_lossy();
    let is_plain = !text.contains("://");
    let path = if is_plain { PathBuf::from(&options.source) } else { PathBuf::new() };
    let url = match RemoteUrl::parse(&text, &options.standing) {
        Ok(url) => Some(url),
        // A path need not be text.
        Err(_) if is_plain => None,
        Err(error) => return Err(error.into()),
    };
    let folder = url.as_ref().filter(|url| url.bucket().is_empty()).map(|url| url.path().into());
    let folder: PathBuf = folder.unwrap_or_else(|| options.standing.join(path));
    let is_folder = is_plain || url.as_ref().is_some_and(|url| url.bucket().is_empty());
    if is_folder && Layout::at(&folder).format().exists() {
        return local::clone(&folder, options, progress, context);
    }
    match url {
        Some(_) if is_folder && !folder.exists() => Err(OpsError::NoSource { path: folder }),
        Some(url) => remote::clone(&url, options, progress, context),
        None => Err(OpsError::NoSource { path: folder }),
    }
}

/// Fills the place that was claimed, and makes it a repository.
fn make(
    claim: Claim,
    fill: impl FnOnce(Layout) -> Result<Cloned, OpsError>,
) -> Result<Cloned, OpsError> {
    match fill(claim.layout.clone()) {
        Ok(cloned) => {
            claim.finish()?;
            Ok(cloned)
        }
        Err(error) => {
            claim.give_up();
            Err(error)
        }
    }
}

/// Writes down which part of the trees the working copy is to hold.
fn write_sparse(repo: &Repo, options: &CloneOptions) -> Result<(), OpsError> {
    let paths = match (&options.sparse, options.lazy) {
        (Some(paths), _) => paths.clone(),
        (None, true) => Vec::new(),
        (None, false) => return Ok(()),
    };
    let value = RefValue::Record(None, Sparse::of(paths).encode());
    Ok(repo.edit_unlogged(&[RefEdit::set(RefName::sparse(), value)])?)
}
