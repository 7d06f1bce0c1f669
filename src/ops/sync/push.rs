//! `push`: branches and tags go to a remote with all that they lead to. All of it, or nothing.

use crate::base::CommitId;
use crate::base::lock::FileLock;
use crate::hook::runner::RunRecord;
use crate::merge::History;
use crate::ops::hooks::Deed;
use crate::ops::sync::connect::{Connection, default_remote, place};
use crate::ops::sync::fetch::{MovedRef, Movement};
use crate::ops::sync::note::note;
use crate::ops::sync::tags::going_along;
use crate::ops::sync::verdicts::{take_in, verdict_edit};
use crate::ops::upstream::{setting, upstream_of};
use crate::ops::{Context, OpsError, branch, hooks, model};
use crate::refs::{RefEdit, RefName, RefValue};
use crate::remote::{Note, Pushed, RefEdits, Remote};
use crate::repo::Update;

/// Whether a branch of the remote may lose commits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Force {
    #[default]
    No,
    /// Where it still stands where it was last seen.
    WithLease,
}

/// What to push.
#[derive(Debug, Clone, Default)]
pub struct PushRequest {
    /// A remote, or an address; the usual remote where it is nothing.
    pub remote: Option<String>,
    /// `BRANCH`, `LOCAL:REMOTE`, a tag or an alias of a model; the checked-out branch where it is empty.
    pub refs: Vec<String>,
    /// Every branch.
    pub all: bool,
    /// Every tag.
    pub tags: bool,
    /// Delete what is named at the remote.
    pub delete: bool,
    pub force: Force,
    pub dry_run: bool,
    /// From now on the branch follows where it was pushed to.
    pub set_upstream: bool,
}

/// What was pushed.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct PushReport {
    pub remote: String,
    pub url: String,
    /// The refs of the remote that moved, or with `--dry-run` would.
    pub refs: Vec<MovedRef>,
    pub packs: u64,
    pub bytes: u64,
    pub dry_run: bool,
    pub hooks: Vec<RunRecord>,
}

/// One ref to be moved at the remote.
#[derive(Debug, Clone)]
struct Wish {
    name: RefName,
    /// Nothing where it is to go.
    value: Option<RefValue>,
    /// The branch here that it comes from.
    local: Option<RefName>,
}

impl Wish {
    /// Takes what is to go for a tag or an alias where the remote has no such branch, but such a one.
    fn found_at(mut self, remote: &Remote) -> Self {
        if self.value.is_some() || remote.get(&self.name).is_some() {
            return self;
        }
        let others = [RefName::tag(self.name.short()), RefName::model(self.name.short())];
        if let Some(other) = others.into_iter().flatten().find(|name| remote.get(name).is_some()) {
            self.name = other;
        }
        self
    }
}

/// Pushes. The refs of the remote move together, in one entry of its log.
pub fn push(context: &Context, request: &PushRequest) -> Result<PushReport, OpsError> {
    let named = match &request.remote {
        Some(named) => named.clone(),
        None => default_remote(context)?,
    };
    let wishes = wishes(context, request, &named)?;
    context.progress.phase("reading the remote", None, crate::base::progress::Unit::Time);
    let place = place(context, &named)?;
    let is_there = request.dry_run || place.is_known()?;
    let mut connection = if is_there { place.open()? } else { place.open_or_create()? };
    let wishes = wishes.into_iter().map(|wish| wish.found_at(&connection.remote)).collect();
    let judge = Judge { context, request, remote: connection.place.name.clone(), wishes };
    let planned = judge.moves(&connection.remote)?;
    if !request.dry_run && !planned.is_empty() {
        take_in(context, &mut connection.remote)?;
    }
    if request.dry_run {
        let refs = planned.iter().map(|(_, moved)| moved.clone()).collect();
        return Ok(report(&connection, request, refs, Pushed::default(), Vec::new()));
    }
    let deeds = judge.deeds(&planned);
    let mut pushed = Pushed::default();
    let act = |lock: Option<FileLock>, noted: Vec<(String, String)>| {
        drop(lock);
        let note = note(context)?;
        let (place, head) = (connection.place.shown(), connection.remote.state().number);
        let landing = hooks::Landing::new(place, head, note.id);
        let intended = hooks::intend(context, &noted, &landing)?;
        match judge.send(&mut connection.remote, &planned, &note) {
            Ok(sent) => pushed = sent,
            Err(error) => {
                hooks::withdraw(context, &intended, &error)?;
                return Err(error);
            }
        }
        tracing::debug!(entry = pushed.entry, "landed at the remote");
        let mut update = Update::new(&context.command, context.now()?, judge.tracking(&planned)?);
        (update.pending, update.replaced) = (noted, intended);
        Ok(context.repo.update(&update)?)
    };
    let (_, hooks) = hooks::around(context, &deeds, None, act)?;
    judge.follow()?;
    let refs = planned.into_iter().map(|(_, moved)| moved).collect();
    Ok(report(&connection, request, refs, pushed, hooks))
}

fn report(
    connection: &Connection,
    request: &PushRequest,
    refs: Vec<MovedRef>,
    pushed: Pushed,
    hooks: Vec<RunRecord>,
) -> PushReport {
    PushReport {
        remote: connection.place.shown().to_owned(),
        url: connection.place.url.to_string(),
        refs,
        packs: pushed.packs,
        bytes: pushed.bytes,
        dry_run: request.dry_run,
        hooks,
    }
}

/// Returns what the words of the command ask for.
fn wishes(context: &Context, request: &PushRequest, remote: &str) -> Result<Vec<Wish>, OpsError> {
    let mut wishes = Vec::new();
    if request.all {
        for (name, value) in context.repo.list("refs/heads/")? {
            wishes.push(Wish { local: Some(name.clone()), name, value: Some(value) });
        }
    }
    if request.tags {
        for (name, value) in context.repo.list("refs/tags/")? {
            wishes.push(Wish { name, value: Some(value), local: None });
        }
    }
    for text in &request.refs {
        wishes.push(if request.delete { gone(text)? } else { wish(context, text)? });
    }
    if wishes.is_empty() && !request.all && !request.tags {
        wishes.push(of_branch(context, remote)?);
    }
    Ok(wishes)
}

/// Reads `BRANCH`, `TAG`, `MODEL@ALIAS` or `LOCAL:REMOTE`; `:REMOTE` deletes.
fn wish(context: &Context, text: &str) -> Result<Wish, OpsError> {
    let (here, there) = text.split_once(':').unwrap_or((text, text));
    if here.is_empty() {
        return gone(there);
    }
    let branch = named(here)?;
    if let Some(value) = context.repo.get(&branch)? {
        let local = branch.is_branch().then_some(branch);
        return Ok(Wish { name: named(there)?, value: Some(value), local });
    }
    for kind in [RefName::tag, RefName::model] {
        let Ok(name) = kind(short(here)) else { continue };
        if let Some(value) = context.repo.get(&name)? {
            return Ok(Wish { name: kind(short(there))?, value: Some(value), local: None });
        }
    }
    Err(branch::no_such_branch(context, short(here)))
}

fn gone(text: &str) -> Result<Wish, OpsError> {
    Ok(Wish { name: named(text)?, value: None, local: None })
}

/// Reads the name of a branch, or a full name.
fn named(text: &str) -> Result<RefName, OpsError> {
    let is_full = text.starts_with("refs/tags/") || text.starts_with("refs/models/");
    Ok(if is_full { text.parse()? } else { RefName::branch(short(text))? })
}

fn short(text: &str) -> &str {
    let prefixes = ["refs/heads/", "refs/tags/", "refs/models/"];
    prefixes.iter().find_map(|prefix| text.strip_prefix(prefix)).unwrap_or(text)
}

/// Returns the wish for the checked-out branch: to where it follows, or under its own name.
fn of_branch(context: &Context, remote: &str) -> Result<Wish, OpsError> {
    let head = context.repo.head()?;
    let branch = head.branch().cloned().ok_or(OpsError::Detached)?;
    let commit =
        head.commit().ok_or_else(|| OpsError::Unborn { branch: branch.short().to_owned() })?;
    let upstream = upstream_of(context, &branch)?.filter(|upstream| upstream.remote == remote);
    let name = match upstream {
        Some(upstream) => RefName::branch(&upstream.branch)?,
        None => branch.clone(),
    };
    Ok(Wish { name, value: Some(RefValue::Commit(commit)), local: Some(branch) })
}

/// Decides what may move at the remote.
struct Judge<'a> {
    context: &'a Context,
    request: &'a PushRequest,
    remote: Option<String>,
    wishes: Vec<Wish>,
}

/// A wish with how it moves the ref.
type Planned = Vec<(Wish, MovedRef)>;

impl Judge<'_> {
    /// Returns the wishes that move something, each with how; refuses all where one is refused.
    fn moves(&self, remote: &Remote) -> Result<Planned, OpsError> {
        let mut planned = Vec::new();
        for wish in &self.wishes {
            if let Some(moved) = self.movement(wish, remote)? {
                planned.push((wish.clone(), moved));
            }
        }
        let tips: Vec<CommitId> = self
            .wishes
            .iter()
            .filter(|wish| wish.name.is_branch())
            .filter_map(|wish| wish.value.as_ref().and_then(RefValue::commit))
            .collect();
        for (name, value) in going_along(self.context, &tips, &remote.state().refs)? {
            let is_named = planned.iter().any(|(wish, _)| wish.name == name);
            if !is_named {
                let wish = Wish { name, value: Some(value), local: None };
                planned.extend(self.movement(&wish, remote)?.map(|moved| (wish, moved)));
            }
        }
        Ok(planned)
    }

    /// Returns how a ref of the remote would move; nothing where it is there already.
    fn movement(&self, wish: &Wish, remote: &Remote) -> Result<Option<MovedRef>, OpsError> {
        let found = remote.get(&wish.name);
        if found == wish.value.as_ref() {
            return match found {
                None => Err(OpsError::NotOnRemote {
                    name: wish.name.short().to_owned(),
                    remote: self.shown(),
                    candidates: Vec::new(),
                }),
                Some(_) => Ok(None),
            };
        }
        let old = found.and_then(RefValue::commit);
        let new = wish.value.as_ref().and_then(RefValue::commit);
        let movement = match (found, &wish.value) {
            (None, _) => Movement::New,
            (Some(_), None) => {
                self.check_lease(wish, old)?;
                Movement::Deleted
            }
            (Some(_), Some(_)) if self.is_forward(wish, found, (old, new))? => {
                Movement::FastForward
            }
            (Some(_), Some(_)) => {
                self.check_lease(wish, old)?;
                Movement::Forced
            }
        };
        Ok(Some(MovedRef { name: wish.name.short().to_owned(), movement, old, new }))
    }

    fn is_forward(
        &self,
        wish: &Wish,
        found: Option<&RefValue>,
        (old, new): (Option<CommitId>, Option<CommitId>),
    ) -> Result<bool, OpsError> {
        if wish.name.is_model() {
            let both = wish.value.as_ref().zip(found);
            return Ok(both.is_some_and(|(new, old)| model::supersedes(new, old)));
        }
        let (Some(old), Some(new)) = (old, new) else { return Ok(false) };
        let objects = self.context.repo.objects();
        // What is not here cannot be part of what is here.
        let is_here = objects.commit(old).is_ok();
        Ok(wish.name.is_branch() && is_here && History::of(objects).is_ancestor(old, new)?)
    }

    /// Refuses to take commits from the remote that nobody here has seen, or where nobody asked for
    /// it. What is named for deletion was last seen where it is, or never.
    fn check_lease(&self, wish: &Wish, old: Option<CommitId>) -> Result<(), OpsError> {
        let branch = wish.name.short().to_owned();
        if wish.value.is_some() && self.request.force == Force::No {
            let (name, remote) = (branch, self.shown());
            return Err(if wish.name.is_branch() {
                OpsError::NotForward { name, remote }
            } else if wish.name.is_model() {
                OpsError::AliasDiffers { name, remote }
            } else {
                OpsError::TagDiffers { name, remote }
            });
        }
        self.refuse_protected(wish, old)?;
        let Some(remote) = &self.remote else { return Ok(()) };
        if !wish.name.is_branch() {
            return Ok(());
        }
        let tracking = RefName::remote(&format!("{remote}/{branch}"))?;
        let seen = self.context.repo.get(&tracking)?.and_then(|value| value.commit());
        if seen == old || (wish.value.is_none() && seen.is_none()) {
            return Ok(());
        }
        Err(OpsError::LeaseBroken { name: branch, remote: remote.clone() })
    }

    fn refuse_protected(&self, wish: &Wish, old: Option<CommitId>) -> Result<(), OpsError> {
        let Some(old) = old.filter(|_| wish.name.is_branch()) else { return Ok(()) };
        let Ok(commit) = self.context.repo.objects().commit(old) else { return Ok(()) };
        let spec = hooks::definitions(self.context, commit.tree)?;
        if spec.is_some_and(|spec| spec.protects(wish.name.short())) {
            let branch = wish.name.short().to_owned();
            return Err(OpsError::Protected { branch, verb: "push --force-with-lease" });
        }
        Ok(())
    }

    fn shown(&self) -> String {
        self.remote.clone().unwrap_or_else(|| "the remote".to_owned())
    }

    /// Returns what hooks are told: of each branch that gets commits.
    fn deeds(&self, planned: &Planned) -> Vec<Deed> {
        let remote = self.shown();
        let branches = planned.iter().filter(|(wish, _)| wish.name.is_branch());
        // Of a branch that is taken back unseen, nothing is known here.
        let seen = |id: &CommitId| self.context.repo.objects().commit(*id).is_ok();
        let deed = |(wish, moved): &(Wish, MovedRef)| {
            Some(Deed::push(&remote, wish.name.short(), moved.new?, moved.old.filter(seen)))
        };
        branches.filter_map(deed).collect()
    }

    /// Moves the refs of the remote as planned, or not at all.
    fn send(
        &self,
        remote: &mut Remote,
        planned: &Planned,
        note: &Note,
    ) -> Result<Pushed, OpsError> {
        let (repo, progress) = (&self.context.repo, self.context.progress.as_ref());
        let mut decide = |remote: &mut Remote| {
            let now = self.moves(remote)?;
            let same = |(a, b): (&(Wish, MovedRef), &(Wish, MovedRef))| a.1 == b.1;
            if now.len() != planned.len() || !now.iter().zip(planned).all(same) {
                // What hooks judged is what is done.
                return Err(OpsError::Moved { name: self.shown() });
            }
            self.edits(remote, planned)
        };
        remote.push(repo, note, progress, &mut decide)
    }

    /// Returns the edits of the remote's refs: those that are planned, and what goes along.
    fn edits(&self, remote: &mut Remote, planned: &Planned) -> Result<RefEdits, OpsError> {
        let mut edits: RefEdits =
            planned.iter().map(|(wish, _)| (wish.name.clone(), wish.value.clone())).collect();
        let first = planned.iter().find(|(wish, _)| wish.name.is_branch() && wish.value.is_some());
        if let Some((wish, _)) = first.filter(|_| remote.head().is_none()) {
            edits.push((RefName::head(), Some(RefValue::on_branch(&wish.name))));
        }
        edits.extend(verdict_edit(self.context, remote)?);
        Ok(edits)
    }

    /// Returns the edits that write down where the branches of the remote are now.
    fn tracking(&self, planned: &Planned) -> Result<Vec<RefEdit>, OpsError> {
        let Some(remote) = &self.remote else { return Ok(Vec::new()) };
        let branches = planned.iter().filter(|(wish, _)| wish.name.is_branch());
        branches
            .map(|(wish, _)| {
                let name = RefName::remote(&format!("{remote}/{}", wish.name.short()))?;
                Ok(match &wish.value {
                    Some(value) => RefEdit::set(name, value.clone()),
                    None => RefEdit::delete(name),
                })
            })
            .collect()
    }

    /// Writes down what branches follow from now on, where that is asked for.
    fn follow(&self) -> Result<(), OpsError> {
        let Some(remote) = self.remote.as_ref().filter(|_| self.request.set_upstream) else {
            return Ok(());
        };
        for wish in &self.wishes {
            if let (Some(local), true) = (&wish.local, wish.value.is_some()) {
                let upstream = format!("{remote}/{}", wish.name.short());
                crate::config::set(
                    &self.context.repo.layout().config(),
                    &setting(local),
                    &upstream,
                )?;
            }
        }
        Ok(())
    }
}
