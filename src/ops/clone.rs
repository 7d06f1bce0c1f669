//! `clone`: a repository of its own out of another on this machine. Until it is whole it has no format
//! file, so no other command takes it for a repository, and the next clone sweeps it away. What the
//! source has lost is named; all the rest is cloned.

mod partial;

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::base::fs::{IoContext, create_dirs, remove_file_if_exists};
use crate::base::lock::{FileLock, LockError, LockKind};
use crate::base::progress::Unit;
use crate::base::{CommitId, Progress, RepoPath, TreeId};
use crate::ops::fsck::{self, Lost, LostObjects};
use crate::ops::worktree::{Move, move_to};
use crate::ops::{Context, OpsError, hooks};
use crate::refs::{RefEdit, RefName, RefValue, operation};
use crate::repo::reach::{Roots, Walk};
use crate::repo::{Layout, OpenOptions, Repo, RepoError, Update};
use crate::store::{Adopted, BlobId, ChunkStore};
use crate::workspace::checkout::Direction;
use crate::workspace::{Workspace, remove_all};
use partial::{Proof, SoundPart, note, sound_part};

/// What to clone, and where to.
#[derive(Debug, Clone)]
pub struct CloneOptions {
    /// A path, or a `file://` address.
    pub source: OsString,
    /// The name of the source in the present directory where it is nothing.
    pub directory: Option<PathBuf>,
    /// The branch to check out; the one that the source stands on where it is nothing.
    pub branch: Option<String>,
}

/// What was cloned.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Cloned {
    pub root: PathBuf,
    pub source: PathBuf,
    pub branch: Option<String>,
    pub id: Option<CommitId>,
    pub branches: u64,
    pub tags: u64,
    pub packs: u64,
    pub bytes: u64,
    /// Files of the working copy.
    pub files: u64,
    /// Whether there are hooks, which do not run before the user has looked at them.
    pub untrusted_hooks: bool,
    /// Objects that the source has lost, with what needs them; the list is cut at a limit.
    pub lost: Vec<Lost>,
    pub lost_count: u64,
    /// Files that are missing in the working copy because of that.
    pub missing: Vec<RepoPath>,
}

/// What a clone has of its source: read at one moment, while no garbage is collected there.
#[derive(Debug)]
struct Snapshot {
    branches: Vec<(RefName, RefValue)>,
    tags: Vec<(RefName, RefValue)>,
    /// What hooks found.
    verdicts: Option<RefValue>,
    /// What will be checked out.
    head: RefValue,
    commit: Option<CommitId>,
}

/// Clones. `context` makes of the new repository what operations work on.
pub fn clone(
    options: &CloneOptions,
    progress: &dyn Progress,
    context: impl FnOnce(Repo) -> Context,
) -> Result<Cloned, OpsError> {
    let source = open_source(&options.source)?;
    let snapshot = Snapshot::of(&source, options.branch.as_deref())?;
    let root = target(options, source.root());
    let claim = Claim::stake(&root, progress)?;
    match fill(&source, &snapshot, claim.layout.clone(), progress, context) {
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

fn open_source(source: &std::ffi::OsStr) -> Result<Repo, OpsError> {
    let text = source.to_string_lossy();
    let path = match text.split_once("://") {
        Some(("file", path)) => PathBuf::from(path),
        Some((scheme, _)) => {
            let what = format!("`{scheme}://` cannot be cloned from: a path or `file://` can");
            return Err(OpsError::Unsupported { what });
        }
        None => PathBuf::from(source),
    };
    let root = path.canonicalize().context("open", &path)?;
    let layout = Layout::at(&root);
    if !layout.format().exists() {
        return Err(OpsError::NoSource { path });
    }
    Ok(Repo::open(layout, OpenOptions::default())?)
}

fn target(options: &CloneOptions, source: &Path) -> PathBuf {
    let name = || source.file_name().map_or_else(|| PathBuf::from("clone"), PathBuf::from);
    options.directory.clone().unwrap_or_else(name)
}

impl Snapshot {
    fn of(source: &Repo, branch: Option<&str>) -> Result<Self, OpsError> {
        // One question, so that all answers are of one moment.
        let all = source.list("")?;
        let find = |wanted: &RefName| {
            all.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.clone())
        };
        let below = |prefix: &str| {
            let found = all.iter().filter(|(name, _)| name.as_str().starts_with(prefix));
            found.cloned().collect::<Vec<_>>()
        };
        let branches = below("refs/heads/");
        let head = match branch {
            Some(name) => {
                let wanted = RefName::branch(name)?;
                if find(&wanted).is_none() {
                    let short = |(name, _): &(RefName, RefValue)| name.short().to_owned();
                    let candidates = branches.iter().map(short).collect();
                    return Err(OpsError::NoSuchBranch { name: name.to_owned(), candidates });
                }
                RefValue::on_branch(&wanted)
            }
            None => match find(&RefName::head()) {
                Some(head) => head,
                None => RefValue::on_branch(&RefName::branch("main")?),
            },
        };
        let commit = head.commit().or_else(|| find(&head.branch()?)?.commit());
        let verdicts = find(&RefName::verdicts());
        Ok(Self { branches, tags: below("refs/tags/"), verdicts, head, commit })
    }

    fn roots(&self) -> Roots {
        let mut roots = Roots::default();
        self.branches.iter().chain(&self.tags).for_each(|(_, value)| roots.add(value));
        self.verdicts.iter().for_each(|value| roots.add(value));
        roots.commits.extend(self.commit);
        roots
    }

    /// Returns the refs of the clone: the branches as those of `origin`, the tags, what is checked
    /// out.
    fn edits(&self, tree: TreeId) -> Result<Vec<RefEdit>, OpsError> {
        let mut edits = Vec::new();
        for (name, value) in &self.branches {
            let name = RefName::remote(&format!("origin/{}", name.short()))?;
            edits.push(RefEdit::set(name, value.clone()));
        }
        edits.extend(
            self.tags.iter().map(|(name, value)| RefEdit::set(name.clone(), value.clone())),
        );
        let verdicts = self.verdicts.clone();
        edits.extend(verdicts.map(|value| RefEdit::set(RefName::verdicts(), value)));
        if let (Some(branch), Some(id)) = (self.head.branch(), self.commit) {
            edits.push(RefEdit::set(branch, RefValue::Commit(id)));
        }
        edits.push(RefEdit::set(RefName::head(), self.head.clone()));
        edits.push(RefEdit::set(RefName::staged(), RefValue::Tree(tree)));
        Ok(edits)
    }
}

/// Makes the new repository, all but the file that says that it is one.
fn fill(
    source: &Repo,
    snapshot: &Snapshot,
    layout: Layout,
    progress: &dyn Progress,
    context: impl FnOnce(Repo) -> Context,
) -> Result<Cloned, OpsError> {
    let repo = Repo::open_unsealed(layout, OpenOptions::default())?;
    let (adopted, mut lost) = take_over(source, &repo, &snapshot.roots(), progress)?;
    let address = source.root().to_string_lossy();
    crate::config::set(&repo.layout().config(), "remote.origin.url", &address)?;
    let context = context(repo);
    let (files, missing) = check_out(&context, snapshot, &mut lost)?;
    context.repo.store().note_lost(lost.keys().copied())?;
    let untrusted = hooks::trust(&context, None, true);
    Ok(Cloned {
        root: context.repo.root().to_owned(),
        source: source.root().to_owned(),
        branch: snapshot.head.branch().map(|name| name.short().to_owned()),
        id: snapshot.commit,
        branches: snapshot.branches.len() as u64,
        tags: snapshot.tags.len() as u64,
        packs: adopted.packs,
        bytes: adopted.bytes,
        files,
        untrusted_hooks: untrusted.is_ok_and(|hooks| !hooks.already && !hooks.hooks.is_empty()),
        lost: fsck::trace(&context, &lost, fsck::LISTED)?,
        lost_count: lost.len() as u64,
        missing,
    })
}

/// Takes over the packs that hold what the roots lead to, and finds out what is missing.
fn take_over(
    source: &Repo,
    repo: &Repo,
    roots: &Roots,
    progress: &dyn Progress,
) -> Result<(Adopted, LostObjects), OpsError> {
    progress.phase("finding what to clone", None, Unit::Objects);
    let mut walk = Walk::new(source.objects());
    let (mut lost, mut broken) = (LostObjects::new(), Ok(()));
    walk.visit(roots, &mut |error| {
        let noted = note(&mut lost, error);
        broken = std::mem::replace(&mut broken, Ok(())).and(noted);
    })?;
    broken?;
    let live = walk.into_seen();
    let is_live = |id: &BlobId| live.contains(id);
    let packs = source.store().packs_with(&is_live)?;
    let adopted = repo.store().adopt(source.store(), &packs, &is_live, progress)?;
    for id in live {
        if !repo.store().contains(id)? {
            lost.entry(id).or_insert_with(|| "no sound copy of it is in the source".to_owned());
        }
    }
    Ok((adopted, lost))
}

/// Writes the refs and the files that are whole; returns how many, and which are not. With them
/// history begins, so there is nothing to undo.
fn check_out(
    context: &Context,
    snapshot: &Snapshot,
    lost: &mut LostObjects,
) -> Result<(u64, Vec<RepoPath>), OpsError> {
    let repo = &context.repo;
    let empty = repo.objects().empty_tree()?;
    let tree = repo.tree_of(snapshot.commit).or_else(|error| note(lost, error).map(|()| empty))?;
    if let Some(git) = context.git()? {
        git.exclude(&[], &[])?;
    }
    let written = write_files(context, tree, lost);
    // Where a directory cannot be read, no file is written, and the lost object says why.
    let written = written.or_else(|error| note(lost, error).map(|()| (0, Vec::new())))?;
    repo.edit_unlogged(&snapshot.edits(tree)?)?;
    let operations = operation::list(&repo.connection(), usize::MAX)?;
    let ids: Vec<i64> = operations.iter().map(|operation| operation.id).collect();
    repo.transact(|connection| Ok(operation::forget(connection, &ids)?))?;
    Ok(written)
}

/// Writes the files of a tree that are whole; returns how many, and which are not.
fn write_files(
    context: &Context,
    tree: TreeId,
    lost: &mut LostObjects,
) -> Result<(u64, Vec<RepoPath>), OpsError> {
    let empty = context.repo.objects().empty_tree()?;
    let now = context.now()?;
    let write = |part: SoundPart| {
        let update = Update::new(&context.command, now, Vec::new());
        let moved = move_to(context, Move::keeping(empty, part.tree), update)?;
        Ok((moved.files, part.missing))
    };
    write(sound_part(context, tree, lost, Proof::Known)?).or_else(|error| {
        // Data that is shared with the source was not read before.
        note(lost, error)?;
        write(sound_part(context, tree, lost, Proof::Read)?)
    })
}

/// The right to make a repository in a directory, and the traces of it.
#[derive(Debug)]
struct Claim {
    layout: Layout,
    made_root: bool,
    _lock: FileLock,
}

impl Claim {
    /// Takes a directory that is new, empty, or holds half of a clone, which is swept away.
    fn stake(root: &Path, progress: &dyn Progress) -> Result<Self, OpsError> {
        let made_root = !root.exists();
        create_dirs(root)?;
        let layout = Layout::at(root.canonicalize().context("open", root)?);
        let half_cloned = layout.clone_lock().exists() && !layout.format().exists();
        let mut children = fs::read_dir(layout.root()).context("read", root)?;
        if !half_cloned && children.next().is_some() {
            return Err(OpsError::NotEmpty { path: root.to_owned() });
        }
        create_dirs(&layout.dot_dir())?;
        let lock = FileLock::acquire(&layout.clone_lock(), LockKind::Exclusive, Duration::ZERO);
        let lock = lock.map_err(|error| match error {
            LockError::Held { .. } => OpsError::CloneUnderWay { path: root.to_owned() },
            error @ LockError::Path(_) => RepoError::from(error).into(),
        })?;
        // Another clone may have been faster.
        if layout.format().exists() {
            return Err(OpsError::NotEmpty { path: root.to_owned() });
        }
        let claim = Self { layout, made_root, _lock: lock };
        if half_cloned {
            claim.sweep(progress)?;
        }
        Ok(claim)
    }

    /// Removes what an interrupted clone left behind; files of the user stay.
    fn sweep(&self, progress: &dyn Progress) -> Result<(), OpsError> {
        progress.notice("a clone that was interrupted here is begun anew");
        // Where its database is damaged too, there is only the directory to be removed.
        if let Ok(repo) = Repo::open_unsealed(self.layout.clone(), OpenOptions::default()) {
            let dot_dir = self.layout.dot_dir();
            let workspace = Workspace::open(self.layout.root(), &dot_dir, repo.objects().clone())?;
            if let Ok(Some(checkout)) = workspace.interrupted_checkout() {
                checkout.resolve(Direction::Back, progress)?;
            }
        }
        self.clear()
    }

    /// Empties `.mlv/`, save for the lock.
    fn clear(&self) -> Result<(), OpsError> {
        let dot_dir = self.layout.dot_dir();
        for entry in fs::read_dir(&dot_dir).context("read", &dot_dir)? {
            let path = entry.context("read", &dot_dir)?.path();
            if path != self.layout.clone_lock() {
                remove_all(&path)?;
            }
        }
        Ok(())
    }

    /// Makes it a repository.
    fn finish(self) -> Result<(), OpsError> {
        self.layout.seal()?;
        Ok(remove_file_if_exists(&self.layout.clone_lock())?)
    }

    /// Removes what was made. Where that fails, the next clone does it.
    fn give_up(self) {
        if self.clear().is_ok() && remove_all(&self.layout.dot_dir()).is_ok() && self.made_root {
            // Fails where the user has put something there meanwhile.
            let _ = fs::remove_dir(self.layout.root());
        }
    }
}
