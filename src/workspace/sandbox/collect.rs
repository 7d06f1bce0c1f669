//! What a program made in a sandbox: edits of the tree where it may write, and a list of the rest.

use std::cmp::Ordering;
use std::sync::Arc;

use rayon::prelude::*;

use crate::base::{Progress, RepoPath};
use crate::object::{Entry, TreeEdit, TreeValue};
use crate::workspace::content::{Content, Deed};
use crate::workspace::error::WorkspaceError;
use crate::workspace::handle::Workspace;
use crate::workspace::notice::Notice;
use crate::workspace::sandbox::Sandbox;
use crate::workspace::sandbox::create::Laid;
use crate::workspace::scan::{Found, Scan, ScanOptions};
use crate::workspace::status::same_bytes;

/// What came of a run.
#[derive(Debug, Clone, Default)]
pub struct Collected {
    /// What changed among the outputs, in the order of paths.
    pub edits: Vec<TreeEdit>,
    /// What changed elsewhere, and is lost with the sandbox.
    pub discarded: Vec<RepoPath>,
    pub notices: Vec<Notice>,
}

/// A path that is not as it was laid out.
struct Touched {
    path: RepoPath,
    before: Option<Laid>,
    is_there: bool,
}

impl Workspace {
    /// Takes in what differs from what was laid out, where `is_output` says that it may.
    pub fn collect(
        &self,
        sandbox: &Sandbox,
        is_output: &(dyn Fn(&RepoPath) -> bool + Sync),
        progress: &dyn Progress,
    ) -> Result<Collected, WorkspaceError> {
        let mut collected = Collected::default();
        let touched = touched(sandbox, &mut collected.notices)?;
        let (outputs, others): (Vec<_>, Vec<_>) =
            touched.into_iter().partition(|touched| is_output(&touched.path));
        collected.discarded = others.into_iter().map(|touched| touched.path).collect();
        let taken: Vec<_> = outputs
            .into_par_iter()
            .with_max_len(8)
            .map_init(
                || sandbox.disk.cursor(),
                |cursor, touched| {
                    crate::base::interrupt::check()?;
                    let content = if touched.is_there {
                        self.read_content(cursor, &touched.path, Deed::Store, progress)?
                    } else {
                        Content::Gone
                    };
                    Ok((touched, content))
                },
            )
            .collect::<Result<_, WorkspaceError>>()?;
        for (touched, content) in taken {
            take(touched, content, &mut collected);
        }
        Ok(collected)
    }
}

fn take(touched: Touched, content: Content, collected: &mut Collected) {
    let Touched { path, before, .. } = touched;
    let tracked = before.and_then(|laid| laid.entry);
    let reason = match content {
        Content::Known { entry, .. } => {
            if !tracked.is_some_and(|tracked| is_same(&tracked, &entry)) {
                collected.edits.push(TreeEdit { path, value: TreeValue::Set(entry) });
            }
            return;
        }
        Content::Gone => {
            let edit = TreeEdit { path, value: TreeValue::Remove };
            collected.edits.extend(tracked.map(|_| edit));
            return;
        }
        Content::Other(kind) => {
            collected.notices.push(Notice::Special { path, kind });
            return;
        }
        Content::Unreadable(reason) => reason,
        Content::Unsteady => "it keeps changing while it is read".to_owned(),
    };
    collected.notices.push(Notice::Unreadable { path, reason });
}

/// Tells whether a file is as it was laid out; of a reference, as far as its hash is recorded.
fn is_same(tracked: &Entry, now: &Entry) -> bool {
    match (tracked, now) {
        (Entry::Reference(reference), Entry::File { file, executable: false }) => {
            reference.content == Some(file.content)
        }
        _ => same_bytes(tracked, now),
    }
}

/// Returns what is new, gone or changed, by the facts of the files.
fn touched(sandbox: &Sandbox, notices: &mut Vec<Notice>) -> Result<Vec<Touched>, WorkspaceError> {
    let options = ScanOptions {
        below: RepoPath::root(),
        use_ignore_files: false,
        enter_ignored: Box::new(|_| true),
        wants_facts: Arc::new(|_| true),
    };
    if !sandbox.is_in_place() {
        return Err(WorkspaceError::SandboxGone { path: sandbox.path().to_owned() });
    }
    let mut before = sandbox.laid.iter().cloned().peekable();
    let mut touched = Vec::new();
    let gone =
        |laid: Laid| Touched { path: laid.path.clone(), before: Some(laid), is_there: false };
    for found in Scan::new(&sandbox.disk, options) {
        crate::base::interrupt::check()?;
        let (path, stat) = match found {
            Found::File { path, stat, .. } => (path, stat),
            Found::Special { path, kind } => {
                notices.push(Notice::Special { path, kind });
                continue;
            }
            Found::Unknown { notice } | Found::Notice { notice } => {
                notices.push(notice);
                continue;
            }
            Found::IgnoredDirectory { .. } | Found::Name { .. } => continue,
        };
        while let Some(laid) = before.next_if(|laid| laid.path.cmp(&path) == Ordering::Less) {
            touched.push(gone(laid));
        }
        let laid = before.next_if(|laid| laid.path == path);
        if laid.as_ref().is_none_or(|laid| laid.stat != stat) {
            touched.push(Touched { path, before: laid, is_there: true });
        }
    }
    touched.extend(before.map(gone));
    Ok(touched)
}
