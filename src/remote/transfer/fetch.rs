//! Bringing all that some roots lead to, level by level: what a level names is known only once it is
//! here. When it ends nothing that was asked for is missing.

use std::collections::BTreeSet;

use crate::base::progress::Unit;
use crate::base::{CommitId, interrupt};
use crate::object::{Link, ObjectDb, Paths};
use crate::remote::transfer::frontier::Frontier;
use crate::remote::transfer::history::Descent;
use crate::remote::transfer::off_thread;
use crate::remote::{Download, Downloaded, RemoteError};
use crate::repo::reach::Roots;
use crate::store::{BlobId, BlobKind, PackName};

/// How much of the content comes with the history.
#[derive(Clone, Copy)]
pub enum Part<'a> {
    Whole,
    /// No chunk: what is needed is fetched when it is.
    Lazy,
    /// Only the content of these paths; all directories.
    Paths(&'a Paths<'a>),
}

impl std::fmt::Debug for Part<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Whole => "Whole",
            Self::Lazy => "Lazy",
            Self::Paths(_) => "Paths",
        })
    }
}

/// A fetch to be.
#[derive(Debug, Clone, Copy)]
pub struct Fetch<'a> {
    pub download: Download<'a>,
    /// The objects of the same store, without a source: what is missing is fetched here.
    pub objects: &'a ObjectDb,
    pub part: Part<'a>,
    /// How many commits of each line are brought: all where it is nothing, 1 for the tips alone.
    pub depth: Option<u32>,
}

/// What a fetch brought.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fetched {
    pub downloaded: Downloaded,
    /// The commits whose parents were left out because of the depth.
    pub shallow: Vec<CommitId>,
    /// The commits that came with their parents.
    pub deepened: Vec<CommitId>,
}

impl Fetch<'_> {
    /// Brings what `tips` lead to. What `known` leads to must be here, in the part that is asked
    /// for: it is not looked at again.
    pub async fn run(&self, tips: &Roots, known: &Roots) -> Result<Fetched, RemoteError> {
        self.download.progress.phase("fetching history", None, Unit::Bytes);
        let mut fetched = Fetched::default();
        if self.depth.is_none() {
            fetched.downloaded.add(self.prefetch(&tips.commits).await?);
        }
        let mut descent = Descent::new(self.objects, &known.commits)?;
        descent.deepens = self.depth.is_some();
        self.fetch_commits(tips, &mut descent, &mut fetched).await?;
        let old = descent.boundary.iter().chain(&known.trees).map(|tree| Link::root(*tree));
        let trees = descent.trees.iter().chain(&tips.trees).map(|tree| Link::root(*tree));
        let chunks = self.fetch_trees(trees.collect(), old.collect(), &mut fetched).await?;
        fetched.downloaded.add(self.fetch_chunks(chunks).await?);
        Ok(fetched)
    }

    /// Brings every pack with a commit that is not here, at once: commits name each other one by
    /// one, and a long history would take as many rounds.
    async fn prefetch(&self, tips: &[CommitId]) -> Result<Downloaded, RemoteError> {
        let absent = self.download.store.absent(tips.iter().map(|id| commit_id(*id)))?;
        if absent.is_empty() {
            return Ok(Downloaded::default());
        }
        let mut commits: Vec<(BlobId, PackName)> = Vec::new();
        self.download.index.each(&mut |place| {
            if place.entry.id.kind == BlobKind::Commit {
                commits.push((place.entry.id, place.pack));
            }
        })?;
        let absent = self.download.store.absent(commits.iter().map(|(id, _)| *id))?;
        let wanted = commits.into_iter().filter(|(id, _)| absent.contains(id));
        let packs: BTreeSet<PackName> = wanted.map(|(_, pack)| pack).collect();
        self.download.fetch_packs(packs).await
    }

    async fn fetch_commits(
        &self,
        tips: &Roots,
        descent: &mut Descent<'_>,
        fetched: &mut Fetched,
    ) -> Result<(), RemoteError> {
        let mut level = descent.unmet(tips.commits.clone());
        let mut depth = 0;
        while !level.is_empty() {
            depth += 1;
            let ids = level.iter().map(|id| commit_id(*id));
            fetched.downloaded.add(self.download.fetch(ids).await?);
            let new = descent.enter(level, |id| self.objects.commit_as_stored(id))?;
            if self.depth.is_some_and(|most| depth >= most) {
                let cut = new.iter().filter(|(_, commit)| !commit.parents.is_empty());
                let cut = cut.map(|(id, _)| *id).filter(|id| !descent.has_parents(*id));
                fetched.shallow.extend(cut);
                return Ok(());
            }
            fetched.deepened.extend(new.iter().map(|(id, _)| *id));
            level = descent.unmet(new.into_iter().flat_map(|(_, commit)| commit.parents).collect());
        }
        Ok(())
    }

    /// Brings trees and manifests, and returns the chunks that they name.
    async fn fetch_trees(
        &self,
        trees: Vec<Link>,
        old: Vec<Link>,
        fetched: &mut Fetched,
    ) -> Result<Vec<BlobId>, RemoteError> {
        let paths = match self.part {
            Part::Paths(paths) => Some(paths),
            Part::Whole | Part::Lazy => None,
        };
        let mut frontier = Frontier::new(self.objects, paths, old);
        let mut chunks = Vec::new();
        let mut level = trees;
        loop {
            interrupt::check()?;
            level = frontier.enter(level);
            let leaves = level.extract_if(.., |link| matches!(link, Link::Chunk(_)));
            chunks.extend(leaves.map(|link| link.id()));
            if level.is_empty() {
                return Ok(chunks);
            }
            fetched.downloaded.add(self.download.fetch(level.iter().map(Link::id)).await?);
            level = frontier.descend(&level)?;
        }
    }

    async fn fetch_chunks(&self, chunks: Vec<BlobId>) -> Result<Downloaded, RemoteError> {
        if matches!(self.part, Part::Lazy) {
            return Ok(Downloaded::default());
        }
        let store = self.download.store.clone();
        let absent = off_thread(move || store.absent(chunks)).await?;
        let plan = self.download.plan(absent)?;
        if plan.is_empty() {
            return Ok(Downloaded::default());
        }
        self.download.progress.phase("fetching", Some(plan.bytes), Unit::Bytes);
        self.download.carry_out(plan).await
    }
}

fn commit_id(id: CommitId) -> BlobId {
    BlobId { kind: BlobKind::Commit, hash: id.0 }
}
