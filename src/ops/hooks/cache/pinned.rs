//! The bar that a branch cannot lower for itself: in a merge, the files that `pinned` names are those
//! of the branch merged into.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::base::TreeId;
use crate::hook::spec::Hook;
use crate::ops::land::overlay;
use crate::ops::{Context, OpsError};

/// The trees that hooks with pinned files see.
#[derive(Debug)]
pub struct Pinned<'a> {
    context: &'a Context,
    /// Where pinned files come from; nothing where they are what the tree holds anyway.
    from: Option<TreeId>,
    views: Mutex<HashMap<(TreeId, Vec<String>), TreeId>>,
}

impl<'a> Pinned<'a> {
    /// Pinned files come from the tree `from`, or are what a tree holds anyway.
    pub fn of(context: &'a Context, from: Option<TreeId>) -> Self {
        Self { context, from, views: Mutex::default() }
    }

    /// Returns the tree that a hook is shown for a candidate.
    pub fn view(&self, hook: &Hook, tree: TreeId) -> Result<TreeId, OpsError> {
        let Some(from) = self.from.filter(|_| !hook.pinned.is_empty()) else { return Ok(tree) };
        let question = (tree, hook.pinned.patterns().to_vec());
        let known =
            self.views.lock().unwrap_or_else(PoisonError::into_inner).get(&question).copied();
        if let Some(known) = known {
            return Ok(known);
        }
        let view =
            overlay(self.context, tree, (tree, from), |path| hook.pinned.matches_path(path))?;
        self.views.lock().unwrap_or_else(PoisonError::into_inner).insert(question, view);
        Ok(view)
    }
}
