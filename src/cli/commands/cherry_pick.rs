//! `mlv cherry-pick`, and what it shares with `mlv revert`.

use serde_json::{Value, json};

use super::shared::{self, Side};
use crate::cli::error::{CommandError, user_error};
use crate::cli::exit::ExitStatus;
use crate::cli::globals::Globals;
use crate::cli::render::count;
use crate::cli::runs::warn_of_late_failures;
use crate::cli::session;
use crate::cli::ui::Ui;
use crate::ops::OpsError;
use crate::ops::commit::Committed;
use crate::ops::merge::ReportedConflict;
use crate::ops::pick::{self as ops, Direction, PickOptions, Picked};

/// Make the change of another commit here, with a new commit
///
/// The author and the time of the change stay those of the commit it is taken from; the new commit
/// runs through the hooks of a cherry-pick and those of every commit. A protected branch refuses it.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  mlv cherry-pick better-features
  mlv cherry-pick 8f3a2c1 --strategy theirs
  mlv cherry-pick v1.2 --mainline 1")]
pub struct Args {
    #[command(flatten)]
    pick: PickArgs,
}

/// Which change, and how.
#[derive(Debug, clap::Args)]
pub struct PickArgs {
    /// The commit whose change it is
    #[arg(value_name = "REV")]
    revision: String,

    /// Say why, in place of the usual message
    #[arg(short, long)]
    message: Option<String>,

    /// Of a merge, take the change against this parent, counted from 1
    #[arg(long, value_name = "N")]
    mainline: Option<usize>,

    /// Settle conflicts, and only those, with this side: what is here, or the change
    #[arg(long, value_name = "SIDE")]
    strategy: Option<Side>,

    /// Run no `pre-` hooks; the commit says so
    #[arg(long)]
    no_verify: bool,

    /// Print `{"result", "id", "branch", "parents", "tree", "files_changed", "conflicts", "hooks"}`
    /// as JSON
    #[arg(long)]
    json: bool,
}

pub fn run(ui: &mut Ui, globals: &Globals, args: Args) -> Result<ExitStatus, CommandError> {
    pick(ui, globals, Direction::Forth, args.pick)
}

/// Applies the change of a commit, one way or the other.
pub fn pick(
    ui: &mut Ui,
    globals: &Globals,
    direction: Direction,
    args: PickArgs,
) -> Result<ExitStatus, CommandError> {
    let context = session::open(ui, globals)?;
    let options = PickOptions {
        revision: args.revision,
        message: args.message,
        mainline: args.mainline,
        strategy: args.strategy.map(Into::into),
        no_verify: args.no_verify,
    };
    let committed = match ops::pick(&context, direction, &options) {
        Ok(Picked::Done(committed)) => committed,
        Ok(Picked::Conflicts(conflicts)) => {
            return Err(conflicted(ui, args.json, &options, &conflicts)?);
        }
        Err(error) => return Err(failed(ui, args.json, error)?),
    };
    show(ui, args.json, direction, &options.revision, &committed)?;
    warn_of_late_failures(ui, "commit", &committed.hooks);
    Ok(shared::unless_interrupted())
}

fn show(
    ui: &mut Ui,
    json: bool,
    direction: Direction,
    revision: &str,
    committed: &Committed,
) -> Result<(), CommandError> {
    if json {
        return ui.json(&with_conflicts(shared::committed_json(committed), &[]));
    }
    let deed = if direction == Direction::Forth { "picked" } else { "reverted" };
    let files = count(committed.files_changed as usize, "file");
    ui.status(format_args!("{deed} `{revision}` as {}, {files} changed", committed.id.short()));
    Ok(())
}

fn with_conflicts(mut report: Value, conflicts: &[ReportedConflict]) -> Value {
    report["conflicts"] = json!(conflicts);
    report
}

/// Returns the error as it is told; one that hooks made is part of the data too.
fn failed(ui: &mut Ui, json: bool, error: OpsError) -> Result<CommandError, CommandError> {
    if json && let Some(runs) = shared::refusing_runs(&error) {
        ui.json(&with_conflicts(shared::uncommitted_json("refused", runs), &[]))?;
    }
    Ok(error.into())
}

/// Lists every conflict, and returns the error that ends the verb.
fn conflicted(
    ui: &mut Ui,
    json: bool,
    options: &PickOptions,
    conflicts: &[ReportedConflict],
) -> Result<CommandError, CommandError> {
    if json {
        ui.json(&with_conflicts(shared::uncommitted_json("conflicts", &[]), conflicts))?;
    } else {
        shared::list_conflicts(ui, conflicts)?;
    }
    let number = count(conflicts.len(), "conflict");
    let error = format!("`{}` does not go here: {number}; nothing was changed", options.revision);
    Ok(user_error(error)
        .hinted("`--strategy ours` or `theirs` settles them all with one side")
        .exiting(ExitStatus::Conflicts))
}
