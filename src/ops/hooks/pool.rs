//! The sandboxes that hooks of a plan have left, for those that come after them. A hook never gets one
//! in which another process may still be at work.

use std::sync::{Mutex, PoisonError};

use crate::base::{NoProgress, TreeId};
use crate::workspace::sandbox::{Sandbox, SandboxOptions};
use crate::workspace::{Workspace, WorkspaceError};

/// Sandboxes that nobody is in.
#[derive(Debug, Default)]
pub(super) struct Pool {
    idle: Mutex<Vec<Sandbox>>,
}

impl Pool {
    /// Lays out a tree, in one of them where there is one.
    pub fn sandbox(
        &self,
        workspace: &Workspace,
        tree: TreeId,
        options: &SandboxOptions<'_>,
    ) -> Result<Sandbox, WorkspaceError> {
        let used = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        // Several are laid out at a time: the view says of each hook that it runs.
        match used {
            Some(used) => workspace.refit_sandbox(used, tree, options, &NoProgress),
            None => workspace.create_sandbox(tree, options, &NoProgress),
        }
    }

    /// Keeps a sandbox for the next hook, or removes it.
    pub fn give_back(&self, sandbox: Sandbox) {
        if sandbox.is_worth_keeping() && !sandbox.is_in_use() {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(sandbox);
        }
    }
}
