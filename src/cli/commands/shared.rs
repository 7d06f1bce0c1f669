//! What the verbs that make commits have in common.

use serde_json::{Value, json};

use crate::base::{CommitId, interrupt};
use crate::cli::error::CommandError;
use crate::cli::exit::ExitStatus;
use crate::cli::render::{count, printable, size};
use crate::cli::style::Label;
use crate::cli::ui::Ui;
use crate::hook::runner::RunRecord;
use crate::ops::OpsError;
use crate::ops::commit::Committed;
use crate::ops::merge::ReportedConflict;
use crate::ops::sync::{FetchReport, MovedRef, Movement};

/// Whose side wins where both changed a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Side {
    Ours,
    Theirs,
}

impl From<Side> for crate::merge::Side {
    fn from(side: Side) -> Self {
        match side {
            Side::Ours => Self::Ours,
            Side::Theirs => Self::Theirs,
        }
    }
}

/// Returns the runs behind a refusal; none where hooks that should have run were not allowed to.
pub fn refusing_runs(error: &OpsError) -> Option<&[RunRecord]> {
    match error {
        OpsError::Refused { runs, .. } | OpsError::Required { runs, .. } => Some(runs),
        OpsError::Untrusted { .. } => Some(&[]),
        _ => None,
    }
}

/// Returns what came of a verb that makes a commit, as JSON has it.
pub fn committed_json(committed: &Committed) -> Value {
    json!({
        "result": "committed",
        "id": committed.id,
        "branch": committed.branch,
        "parents": committed.parents,
        "tree": committed.tree,
        "files_changed": committed.files_changed,
        "hooks": committed.hooks,
    })
}

/// Returns the same for a verb that made none, and why it did not.
pub fn uncommitted_json(result: &str, hooks: &[RunRecord]) -> Value {
    json!({
        "result": result,
        "id": null,
        "branch": null,
        "parents": [],
        "tree": null,
        "files_changed": 0,
        "hooks": hooks,
    })
}

/// Lists conflicts, one a line.
pub fn list_conflicts(ui: &mut Ui, conflicts: &[ReportedConflict]) -> Result<(), CommandError> {
    for conflict in conflicts {
        let kind = ui.paint(Label::Conflict, format!("{:<18}", conflict.kind.to_string()));
        ui.data(format_args!("{kind}  {}", conflict.path))?;
    }
    Ok(())
}

/// Returns how a verb ends whose deed is done: what was interrupted then is its late hooks.
pub fn unless_interrupted() -> ExitStatus {
    if interrupt::requested() { ExitStatus::Interrupted } else { ExitStatus::Done }
}

/// Says how a ref moved.
pub fn moved(moved: &MovedRef) -> String {
    let name = printable(&moved.name);
    let at = |id: Option<CommitId>| id.map(CommitId::short).unwrap_or_default();
    let (old, new) = (at(moved.old), at(moved.new));
    match moved.movement {
        Movement::New => format!("{name} at {new} (new)"),
        Movement::FastForward => format!("{name} from {old} to {new}"),
        Movement::Forced => format!("{name} from {old} to {new} (not forward)"),
        Movement::Deleted => format!("{name} is gone (it was at {old})"),
        Movement::Kept => format!("{name} is another there ({new}), and stays at {old} here"),
    }
}

/// Says what a fetch brought.
pub fn tell_fetched(ui: &mut Ui, fetched: &FetchReport) {
    for found in &fetched.refs {
        ui.status(moved(found));
    }
    let remote = &fetched.remote;
    if fetched.refs.is_empty() && fetched.bytes == 0 {
        ui.status(format_args!("`{remote}` has nothing new"));
    } else {
        ui.status(format_args!("from {}: {}", fetched.url, size(fetched.bytes)));
    }
}

/// Says how many files stay where they lie, and how those below some paths become files.
pub fn tell_elsewhere(ui: &mut Ui, references: u64, paths: &str) {
    if references > 0 {
        let files = count(references as usize, "file");
        let verb = if references == 1 { "stays" } else { "stay" };
        ui.status(format_args!("{files}, recorded by reference, {verb} at the source"));
        ui.hint(format_args!(
            "`mlv import --fetch {paths}` makes files of them here, `mlv cat` reads one there"
        ));
    }
}

/// Says how many files lie elsewhere, which no check looks at.
pub fn tell_references(ui: &mut Ui, references: u64) {
    if references > 0 {
        let references = count(references as usize, "reference");
        ui.status(format_args!("{references} to files elsewhere: `mlv import --check` asks there"));
    }
}
