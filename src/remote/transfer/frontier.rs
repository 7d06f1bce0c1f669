//! A descent from what is new to what it names, level by level, that leaves out what older trees
//! have: what they share is met at the same level of both and looked into on neither side.

use std::collections::HashSet;
use std::sync::Arc;

use crate::base::RepoPath;
use crate::object::{Link, ObjectDb, ObjectError, Paths};
use crate::store::BlobId;

/// The edge between what was visited and what is still to be.
pub struct Frontier<'a> {
    objects: &'a ObjectDb,
    paths: Option<&'a Paths<'a>>,
    seen: HashSet<BlobId>,
    /// Where paths matter, a tree is another one in every directory it is met in.
    seen_in: HashSet<(BlobId, Arc<RepoPath>)>,
    old: Vec<Link>,
    met_old: HashSet<BlobId>,
}

impl std::fmt::Debug for Frontier<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let counts = (self.seen.len(), self.met_old.len());
        f.debug_tuple("Frontier").field(&counts).finish()
    }
}

impl<'a> Frontier<'a> {
    /// Returns the edge before anything was visited. What `old` leads to is of no interest.
    pub fn new(objects: &'a ObjectDb, paths: Option<&'a Paths<'a>>, old: Vec<Link>) -> Self {
        let met_old = old.iter().map(Link::id).collect();
        let (seen, seen_in) = (HashSet::new(), HashSet::new());
        Self { objects, paths, seen, seen_in, old, met_old }
    }

    /// Returns those of a level that are new; each is returned once.
    pub fn enter(&mut self, level: Vec<Link>) -> Vec<Link> {
        if !self.old.is_empty() {
            let present: HashSet<BlobId> = level.iter().map(Link::id).collect();
            // What is on both sides is looked into on neither.
            self.old.retain(|link| !present.contains(&link.id()));
        }
        level.into_iter().filter(|link| self.is_new(link)).collect()
    }

    fn is_new(&mut self, link: &Link) -> bool {
        let id = link.id();
        if self.met_old.contains(&id) {
            return false;
        }
        let first = self.seen.insert(id);
        match link {
            Link::Tree { directory, .. } if self.paths.is_some() => {
                self.seen_in.insert((id, directory.clone()))
            }
            _ => first,
        }
    }

    /// Returns the next level: what these objects, which must be here, name.
    pub fn descend(&mut self, level: &[Link]) -> Result<Vec<Link>, ObjectError> {
        let mut next = Vec::new();
        for link in level {
            next.extend(self.objects.follow(link, self.paths)?);
        }
        if !next.is_empty() {
            self.descend_old();
        }
        Ok(next)
    }

    fn descend_old(&mut self) {
        for link in std::mem::take(&mut self.old) {
            // What cannot be read saves nothing, and harms nothing.
            let links = self.objects.follow(&link, None).unwrap_or_default();
            let unmet = links.into_iter().filter(|link| self.met_old.insert(link.id()));
            self.old.extend(unmet);
        }
    }

    /// Returns everything new that was met.
    pub fn into_seen(self) -> HashSet<BlobId> {
        self.seen
    }
}
