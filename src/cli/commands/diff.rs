//! `mlv diff`

use std::ffi::OsString;

use serde_json::json;

use crate::cli::error::{CommandError, cli_error};
use crate::cli::exit::ExitStatus;
use crate::cli::globals::Globals;
use crate::cli::render::changes::{Form, described, show_changes};
use crate::cli::session;
use crate::cli::ui::Ui;
use crate::ops::diff::{DiffOptions, compare};

/// Show what differs between commits, the staged tree and the files
///
/// Without a revision: what was changed since it was staged. With one: the files against that commit.
/// With two: the second against the first. Texts up to 1 MiB are compared by lines, in a form that
/// `git apply` takes; of others the sizes are told, and how much of the old content is reused.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  mlv diff
  mlv diff --staged
  mlv diff HEAD~1 HEAD --stat
  mlv diff main..feature -- data/
  mlv diff --json v1.0 v1.1")]
pub struct Args {
    /// One revision or two, or `A..B`, or `A...B` for B against where it left A
    #[arg(value_name = "REV", num_args = 0..=2)]
    revisions: Vec<String>,
    /// Only these paths
    #[arg(last = true, value_name = "PATH")]
    paths: Vec<OsString>,
    /// Compare what is staged, with HEAD or with the revision
    #[arg(long, alias = "cached")]
    staged: bool,
    /// Tell how much changed
    #[arg(long)]
    stat: bool,
    /// Tell only which paths changed, after a letter: A, M, D, R or T
    #[arg(long, conflicts_with = "stat")]
    name_status: bool,
    /// Print `{"from", "to", "changes": [{"path", "change", "old", "new", ...}]}` as JSON
    #[arg(long, conflicts_with_all = ["stat", "name_status"])]
    json: bool,
}

pub fn run(ui: &mut Ui, globals: &Globals, args: Args) -> Result<ExitStatus, CommandError> {
    if args.staged && args.revisions.len() > 1 {
        return Err(cli_error("`--staged` takes one revision at the most"));
    }
    let context = session::open(ui, globals)?;
    let form = match (args.stat, args.name_status) {
        (true, _) => Form::Stat,
        (_, true) => Form::NameStatus,
        _ => Form::Patch,
    };
    let options = DiffOptions { revisions: args.revisions, staged: args.staged, paths: args.paths };
    let found = compare(&context, &options)?;
    if args.json {
        let changes = described(&context, &found.changes)?;
        ui.json(&json!({ "from": found.from, "to": found.to, "changes": changes }))?;
    } else if !found.changes.is_empty() {
        ui.start_pager()?;
        show_changes(ui, &context, &found.changes, form)?;
    }
    for notice in &found.notices {
        ui.warning(notice);
    }
    Ok(ExitStatus::Done)
}
