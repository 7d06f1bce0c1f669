//! `fetch`: what a remote has comes here; no branch of one's own moves.

use crate::base::{CommitId, TreeId};
use crate::merge::History;
use crate::object::ObjectDb;
use crate::ops::sync::connect::{Connection, connect, default_remote};
use crate::ops::sync::verdicts::lacking;
use crate::ops::{Context, OpsError, model, sparse};
use crate::refs::{RefEdit, RefName, RefValue};
use crate::remote::{Downloaded, Part};
use crate::repo::reach::Roots;
use crate::repo::{Judged, Update};

/// What to fetch.
#[derive(Debug, Clone, Default)]
pub struct FetchRequest {
    /// A remote, or an address; the usual remote where it is nothing.
    pub remote: Option<String>,
    /// Only these branches; all, and all tags and aliases of models, where it is empty.
    pub branches: Vec<String>,
    /// Forget the branches that the remote has no more.
    pub prune: bool,
    /// Leave the contents of files until they are needed.
    pub lazy: bool,
    /// How many commits of each line come, all where it is nothing.
    pub depth: Option<u32>,
}

/// How a ref moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Movement {
    New,
    FastForward,
    Forced,
    Deleted,
    /// A tag or an alias that is another here: it stays as it is.
    Kept,
}

/// A ref that moved.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct MovedRef {
    /// As in `origin/main`, or `v1`.
    pub name: String,
    pub movement: Movement,
    pub old: Option<CommitId>,
    pub new: Option<CommitId>,
}

/// What was fetched.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct FetchReport {
    pub remote: String,
    pub url: String,
    pub refs: Vec<MovedRef>,
    /// Packs that came whole.
    pub packs: u64,
    /// Chunks, trees and commits that came.
    pub objects: u64,
    pub bytes: u64,
}

/// Fetches from a remote.
pub fn fetch(context: &Context, request: &FetchRequest) -> Result<FetchReport, OpsError> {
    let named = match &request.remote {
        Some(named) => named.clone(),
        None => default_remote(context)?,
    };
    context.progress.phase("reading the remote", None, crate::base::progress::Unit::Time);
    let mut connection = connect(context, &named)?;
    fetch_with(context, request, &mut connection)
}

/// Fetches from a remote that is open.
pub fn fetch_with(
    context: &Context,
    request: &FetchRequest,
    connection: &mut Connection,
) -> Result<FetchReport, OpsError> {
    let wanted = Wanted::of(connection, request)?;
    let downloaded = bring(context, request, connection, &wanted)?;
    let refs = settle(context, request, connection, &wanted)?;
    Ok(FetchReport {
        remote: connection.place.shown().to_owned(),
        url: connection.place.url.to_string(),
        refs,
        packs: downloaded.packs,
        objects: downloaded.blobs,
        bytes: downloaded.bytes,
    })
}

/// What of a remote is to come.
#[derive(Debug, Clone, Default)]
struct Wanted {
    branches: Vec<(RefName, RefValue)>,
    tags: Vec<(RefName, RefValue)>,
    models: Vec<(RefName, RefValue)>,
    verdicts: Option<TreeId>,
}

impl Wanted {
    fn of(connection: &Connection, request: &FetchRequest) -> Result<Self, OpsError> {
        let refs = &connection.remote.state().refs;
        let is = |wanted: fn(&RefName) -> bool| {
            let found = refs.iter().filter(move |(name, _)| wanted(name));
            found.map(|(name, value)| (name.clone(), value.clone())).collect::<Vec<_>>()
        };
        let verdicts = refs.get(&RefName::verdicts()).and_then(RefValue::tree);
        let branches = is(RefName::is_branch);
        if request.branches.is_empty() {
            let (tags, models) = (is(RefName::is_tag), is(RefName::is_model));
            return Ok(Self { branches, tags, models, verdicts });
        }
        let mut named = Vec::new();
        for name in &request.branches {
            let wanted = RefName::branch(name)?;
            let found = branches.iter().find(|(name, _)| *name == wanted);
            named.push(found.cloned().ok_or_else(|| OpsError::NotOnRemote {
                name: name.clone(),
                remote: connection.place.shown().to_owned(),
                candidates: branches.iter().map(|(name, _)| name.short().to_owned()).collect(),
            })?);
        }
        Ok(Self { branches: named, verdicts, ..Self::default() })
    }

    fn roots(&self) -> Roots {
        let mut roots = Roots::default();
        let named = self.branches.iter().chain(&self.tags).chain(&self.models);
        named.for_each(|(_, value)| roots.add(value));
        roots.trees.extend(self.verdicts);
        roots
    }
}

fn bring(
    context: &Context,
    request: &FetchRequest,
    connection: &mut Connection,
    wanted: &Wanted,
) -> Result<Downloaded, OpsError> {
    let repo = &context.repo;
    let held = sparse::read(repo)?;
    let is_held = |path: &crate::base::RepoPath| held.contains(path);
    let promised = connection.place.name.as_deref().is_some_and(|name| promises(context, name));
    let part = match (request.lazy, promised, held.is_everything()) {
        (true, _, _) | (false, true, true) => Part::Lazy,
        (false, true, false) => Part::Paths(&is_held),
        (false, false, _) => Part::Whole,
    };
    // Of other paths than the working copy held before, nothing need be here.
    let leaves_out = matches!(part, Part::Paths(_));
    let known = if leaves_out { Roots::default() } else { repo.ref_roots()? };
    let progress = context.progress.as_ref();
    let roots = wanted.roots();
    let fetched =
        connection.remote.fetch(repo, (&roots, &known), (part, request.depth), progress)?;
    let before = repo.shallow()?;
    let mut shallow = before.clone();
    fetched.deepened.iter().for_each(|id| _ = shallow.remove(id));
    shallow.extend(fetched.shallow);
    if shallow != before {
        repo.set_shallow(shallow)?;
    }
    Ok(fetched.downloaded)
}

/// Tells whether contents that are missing here are to be had from a remote.
pub(super) fn promises(context: &Context, remote: &str) -> bool {
    let setting = context.config.string(&format!("remote.{remote}.promisor"));
    setting.is_some_and(|value| value.text == "true")
}

/// Writes down where the branches of the remote are now, and takes in its tags, aliases and verdicts.
fn settle(
    context: &Context,
    request: &FetchRequest,
    connection: &Connection,
    wanted: &Wanted,
) -> Result<Vec<MovedRef>, OpsError> {
    let repo = &context.repo;
    let mut moves = Moves { objects: repo.objects(), edits: Vec::new(), moved: Vec::new() };
    if let Some(remote) = &connection.place.name {
        let known = repo.list(&format!("refs/remotes/{remote}/"))?;
        for (name, value) in &wanted.branches {
            let name = RefName::remote(&format!("{remote}/{}", name.short()))?;
            let old = known.iter().find(|(known, _)| *known == name).map(|(_, value)| value);
            moves.branch(name, old, value)?;
        }
        if request.prune {
            let is_there = |short: &str| {
                let branch =
                    short.strip_prefix(remote.as_str()).and_then(|it| it.strip_prefix('/'));
                let branch = branch.and_then(|branch| RefName::branch(branch).ok());
                branch.is_some_and(|branch| connection.remote.get(&branch).is_some())
            };
            let gone = known.into_iter().filter(|(name, _)| !is_there(name.short()));
            gone.for_each(|(name, value)| moves.gone(name, &value));
        }
    }
    for (name, value) in &wanted.tags {
        moves.tag(name, repo.get(name)?.as_ref(), value);
    }
    for (name, value) in &wanted.models {
        moves.alias(name, repo.get(name)?.as_ref(), value);
    }
    let verdicts = wanted.verdicts.map(|tree| lacking(context, repo.verdicts()?, tree));
    let mut update = Update::new(&context.command, context.now()?, moves.edits);
    update.judged = Judged { files: verdicts.transpose()?.unwrap_or_default(), runs: None };
    repo.update(&update)?;
    Ok(moves.moved)
}

/// Refs on their way, and what is told of them.
struct Moves<'a> {
    objects: &'a ObjectDb,
    edits: Vec<RefEdit>,
    moved: Vec<MovedRef>,
}

impl Moves<'_> {
    fn branch(
        &mut self,
        name: RefName,
        old: Option<&RefValue>,
        new: &RefValue,
    ) -> Result<(), OpsError> {
        if old == Some(new) {
            return Ok(());
        }
        let (from, to) = (old.and_then(RefValue::commit), new.commit());
        let movement = match (from, to) {
            (Some(from), Some(to)) => {
                let is_forward = History::of(self.objects).is_ancestor(from, to)?;
                if is_forward { Movement::FastForward } else { Movement::Forced }
            }
            _ => Movement::New,
        };
        self.tell(&name, movement, (from, to));
        self.edits.push(RefEdit::set(name, new.clone()));
        Ok(())
    }

    fn tag(&mut self, name: &RefName, old: Option<&RefValue>, new: &RefValue) {
        let (from, to) = (old.and_then(RefValue::commit), new.commit());
        match old {
            None => {
                self.tell(name, Movement::New, (from, to));
                self.edits.push(RefEdit::set(name.clone(), new.clone()));
            }
            Some(old) if old != new => self.tell(name, Movement::Kept, (from, to)),
            Some(_) => {}
        }
    }

    /// Takes in an alias, where it comes after the one here; one that comes before it is no news.
    fn alias(&mut self, name: &RefName, old: Option<&RefValue>, new: &RefValue) {
        match old {
            Some(old) if model::supersedes(new, old) => {
                self.tell(name, Movement::FastForward, (old.commit(), new.commit()));
                self.edits.push(RefEdit::replace(name.clone(), Some(old.clone()), new.clone()));
            }
            Some(old) if model::supersedes(old, new) => {}
            _ => self.tag(name, old, new),
        }
    }

    fn gone(&mut self, name: RefName, old: &RefValue) {
        self.tell(&name, Movement::Deleted, (old.commit(), None));
        self.edits.push(RefEdit::delete(name));
    }

    fn tell(
        &mut self,
        name: &RefName,
        movement: Movement,
        (old, new): (Option<CommitId>, Option<CommitId>),
    ) {
        self.moved.push(MovedRef { name: name.short().to_owned(), movement, old, new });
    }
}
