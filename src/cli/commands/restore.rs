//! `mlv restore`

use std::ffi::OsString;

use crate::cli::error::CommandError;
use crate::cli::exit::ExitStatus;
use crate::cli::globals::Globals;
use crate::cli::render::count;
use crate::cli::session;
use crate::cli::ui::Ui;
use crate::ops::reset::{RestoreOptions, restore};

/// Bring files back to what is staged, or to what a commit holds
///
/// With `--staged` the next commit is what changes, and the files stay; with `--worktree` beside it,
/// both. What is overwritten is kept for `mlv undo`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  mlv restore data/train.csv
  mlv restore --staged .
  mlv restore --source HEAD~2 models/
  mlv restore --staged --worktree data")]
pub struct Args {
    /// Files, directories or patterns
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<OsString>,

    /// Restore what is staged; without `--source`, from `HEAD`
    #[arg(short = 'S', long)]
    staged: bool,

    /// Restore the files, which is meant where nothing is said
    #[arg(short = 'W', long)]
    worktree: bool,

    /// Take them from this commit
    #[arg(short, long, value_name = "REV")]
    source: Option<String>,
}

pub fn run(ui: &mut Ui, globals: &Globals, args: Args) -> Result<ExitStatus, CommandError> {
    let context = session::open(ui, globals)?;
    let options = RestoreOptions {
        paths: args.paths,
        source: args.source,
        staged: args.staged,
        worktree: args.worktree || !args.staged,
    };
    let restored = restore(&context, &options)?;
    if options.staged {
        ui.status(format_args!(
            "restored {} in the next commit",
            count(restored.staged.len(), "path")
        ));
    }
    if options.worktree {
        let files = usize::try_from(restored.files).unwrap_or(usize::MAX);
        ui.status(format_args!("restored {}", count(files, "file")));
    }
    Ok(ExitStatus::Done)
}
