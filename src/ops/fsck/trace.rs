//! From a lost object to what needs it: the paths of the commits that brought it in, of what is
//! staged, and the refs and commits that name a lost commit.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::base::progress::Unit;
use crate::base::{CommitId, ManifestId, RepoPath, TreeId, interrupt};
use crate::diff::tree::tree_changes;
use crate::object::{Entry, ObjectDb};
use crate::ops::fsck::check::{LostObjects, named};
use crate::ops::fsck::report::{Lost, Need};
use crate::ops::{Context, OpsError};
use crate::refs::RefName;
use crate::store::{BlobId, BlobKind};

/// How many needs are listed of one object; all that are come upon are counted.
const LISTED: usize = 20;

/// Says of up to `limit` lost objects what needs them.
pub fn trace(context: &Context, lost: &LostObjects, limit: usize) -> Result<Vec<Lost>, OpsError> {
    if lost.is_empty() {
        return Ok(Vec::new());
    }
    let (objects, needs, manifests) =
        (context.repo.local_objects(), BTreeMap::new(), HashMap::new());
    let mut tracer = Tracer { context, objects, lost, needs, manifests };
    tracer.commits()?;
    tracer.staged();
    let Tracer { mut needs, .. } = tracer;
    let told = lost.iter().take(limit).map(|(id, reason)| {
        let needed_by = needs.remove(id).unwrap_or_default();
        Lost {
            kind: id.kind.to_string(),
            id: id.hash,
            reason: reason.clone(),
            need_count: needed_by.len() as u64,
            needed_by: needed_by.into_iter().take(LISTED).collect(),
        }
    });
    Ok(told.collect())
}

struct Tracer<'a> {
    context: &'a Context,
    /// What is here: nothing is fetched to find out what is lost.
    objects: ObjectDb,
    lost: &'a LostObjects,
    needs: BTreeMap<BlobId, Vec<Need>>,
    /// What of each manifest is lost.
    manifests: HashMap<ManifestId, Vec<BlobId>>,
}

impl Tracer<'_> {
    /// Goes through history: each commit is asked for what it changed.
    fn commits(&mut self) -> Result<(), OpsError> {
        self.context.progress.phase("finding what needs it", None, Unit::Objects);
        let mut pending = Vec::new();
        for (name, value) in self.context.repo.list("")? {
            if let Some(id) = value.commit() {
                let need = Need { commit: None, name: Some(name.to_string()), path: None };
                self.needs_commit(id, need);
                pending.push(id);
            }
        }
        let mut seen = HashSet::new();
        while let Some(id) = pending.pop() {
            interrupt::check()?;
            if !seen.insert(id) {
                continue;
            }
            let Ok(commit) = self.objects.commit(id) else { continue };
            for parent in &commit.parents {
                self.needs_commit(*parent, Need { commit: Some(id), name: None, path: None });
            }
            let before = commit.parents.first().copied();
            let before = self.context.repo.tree_of(before).ok();
            self.changes(before, commit.tree, Some(id), None)?;
            pending.extend(commit.parents);
        }
        Ok(())
    }

    fn staged(&mut self) {
        let repo = &self.context.repo;
        let Ok(staged) = repo.staged() else { return };
        // What is staged was in no commit, or it was found there.
        let name = Some(RefName::staged().to_string());
        let _ = self.changes(repo.head_tree().ok(), staged, None, name);
    }

    fn needs_commit(&mut self, id: CommitId, need: Need) {
        self.note(BlobId { kind: BlobKind::Commit, hash: id.0 }, need);
    }

    fn note(&mut self, id: BlobId, need: Need) {
        if self.lost.contains_key(&id) {
            self.needs.entry(id).or_default().push(need);
        }
    }

    /// Notes what of a tree is lost and was not in the tree before.
    fn changes(
        &mut self,
        before: Option<TreeId>,
        tree: TreeId,
        commit: Option<CommitId>,
        name: Option<String>,
    ) -> Result<(), OpsError> {
        let objects = self.objects.clone();
        let before = before.map_or_else(|| objects.empty_tree(), Ok)?;
        let need = |path| Need { commit, name: name.clone(), path };
        for change in tree_changes(&objects, before, tree, &RepoPath::root()) {
            match change {
                Ok(change) => {
                    for id in change.new.map(|entry| self.lost_of(&entry)).unwrap_or_default() {
                        self.note(id, need(Some(change.path.clone())));
                    }
                }
                Err(error) => {
                    if let Some(id) = named(&error) {
                        self.note(id, need(None));
                    }
                }
            }
        }
        Ok(())
    }

    /// Returns the objects of a file that are lost.
    fn lost_of(&mut self, entry: &Entry) -> Vec<BlobId> {
        let Entry::File { file, .. } = entry else { return Vec::new() };
        let Some(manifest) = file.manifest else {
            let id = BlobId::chunk(file.content);
            return self.lost.contains_key(&id).then_some(id).into_iter().collect();
        };
        if let Some(known) = self.manifests.get(&manifest) {
            return known.clone();
        }
        let mut found = Vec::new();
        let _ = self.objects.reach_file(file, &mut |id| {
            let lost = self.lost.contains_key(&id);
            found.extend(lost.then_some(id));
            // A lost node leads nowhere.
            !lost
        });
        self.manifests.insert(manifest, found.clone());
        found
    }
}
