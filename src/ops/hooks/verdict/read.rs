//! Verdicts looked up by the tree that they are about.

use crate::base::TreeId;
use crate::object::Entry;
use crate::ops::hooks::verdict::file::{Verdict, directory};
use crate::ops::{Context, OpsError};

/// No verdict is longer.
const LIMIT: u64 = 1 << 20;

/// All verdicts as they were at one moment.
#[derive(Debug)]
pub struct VerdictBook<'a> {
    context: &'a Context,
    root: Option<TreeId>,
}

impl<'a> VerdictBook<'a> {
    /// Opens the verdicts as they are now.
    pub fn open(context: &'a Context) -> Result<Self, OpsError> {
        Ok(Self { context, root: context.repo.verdicts()? })
    }

    /// Returns the verdicts on a tree, by hook, the newest last; what is no verdict is left out.
    pub fn on(&self, tree: TreeId) -> Result<Vec<Verdict>, OpsError> {
        let Some(root) = self.root else { return Ok(Vec::new()) };
        let objects = self.context.repo.objects();
        let mut found = Vec::new();
        for item in objects.walk_tree(root, &directory(tree)) {
            let (_, entry) = item?;
            let Entry::File { file, .. } = entry else { continue };
            if file.size > LIMIT {
                continue;
            }
            let verdict = Verdict::read(&objects.read_file(&file, LIMIT)?);
            found.extend(verdict.filter(|verdict| verdict.tree == tree.to_hex()));
        }
        found.sort_by(|a, b| (&a.hook, &a.time, &a.run_id).cmp(&(&b.hook, &b.time, &b.run_id)));
        Ok(found)
    }
}
