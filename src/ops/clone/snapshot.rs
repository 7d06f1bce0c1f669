//! What a clone has of its source.

use std::collections::BTreeMap;

use crate::base::{CommitId, TreeId};
use crate::ops::OpsError;
use crate::refs::{RefEdit, RefName, RefValue};
use crate::repo::Repo;
use crate::repo::reach::Roots;

/// What a clone has of its source: read at one moment, while no garbage is collected there.
#[derive(Debug)]
pub struct Snapshot {
    pub branches: Vec<(RefName, RefValue)>,
    pub tags: Vec<(RefName, RefValue)>,
    /// The aliases of models.
    pub models: Vec<(RefName, RefValue)>,
    /// What hooks found.
    pub verdicts: Option<RefValue>,
    /// What will be checked out.
    pub head: RefValue,
    pub commit: Option<CommitId>,
}

impl Snapshot {
    /// Reads another repository.
    pub fn of(source: &Repo, branch: Option<&str>) -> Result<Self, OpsError> {
        // One question, so that all answers are of one moment.
        Self::of_refs(source.list("")?.into_iter().collect(), branch)
    }

    /// Takes the refs of a source for what there is to clone; `branch` is to be checked out, or what
    /// the source stands on.
    pub fn of_refs(
        all: BTreeMap<RefName, RefValue>,
        branch: Option<&str>,
    ) -> Result<Self, OpsError> {
        let find = |wanted: &RefName| all.get(wanted).cloned();
        let below = |prefix: &str| {
            let found = all.iter().filter(|(name, _)| name.as_str().starts_with(prefix));
            let own = |(name, value): (&RefName, &RefValue)| (name.clone(), value.clone());
            found.map(own).collect::<Vec<_>>()
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
        let (tags, models) = (below("refs/tags/"), below("refs/models/"));
        Ok(Self { branches, tags, models, verdicts, head, commit })
    }

    pub fn roots(&self) -> Roots {
        let mut roots = Roots::default();
        let named = self.branches.iter().chain(&self.tags).chain(&self.models);
        named.for_each(|(_, value)| roots.add(value));
        self.verdicts.iter().for_each(|value| roots.add(value));
        roots.commits.extend(self.commit);
        roots
    }

    /// Returns the refs of the clone: the branches as those of `origin`, the tags, the aliases of
    /// models, what is checked out.
    pub fn edits(&self, tree: TreeId) -> Result<Vec<RefEdit>, OpsError> {
        let mut edits = Vec::new();
        for (name, value) in &self.branches {
            let name = RefName::remote(&format!("origin/{}", name.short()))?;
            edits.push(RefEdit::set(name, value.clone()));
        }
        let kept = self.tags.iter().chain(&self.models);
        edits.extend(kept.map(|(name, value)| RefEdit::set(name.clone(), value.clone())));
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
