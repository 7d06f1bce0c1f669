//! `mlv rm`

use std::ffi::OsString;

use crate::cli::error::CommandError;
use crate::cli::exit::ExitStatus;
use crate::cli::globals::Globals;
use crate::cli::render::{count, seen_from};
use crate::cli::session;
use crate::cli::ui::Ui;
use crate::ops::OpsError;
use crate::ops::remove::{RemoveOptions, remove};
use crate::workspace::WorkspaceError;

/// Remove files from the next commit and from the disk
///
/// Files with changes that no commit holds are not removed without `-f`; `mlv undo` brings back also
/// those. With `--cached` the files stay on the disk and are versioned no longer.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  mlv rm old.csv 'scratch/*.tmp'
  mlv rm -r data/2019
  mlv rm --cached notes.txt")]
pub struct Args {
    /// Files, or patterns of them
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<OsString>,

    /// Also whole directories
    #[arg(short, long)]
    recursive: bool,

    /// Leave the files on the disk
    #[arg(long)]
    cached: bool,

    /// Also files with unsaved changes
    #[arg(short, long)]
    force: bool,

    /// Only list what would be removed
    #[arg(short = 'n', long)]
    dry_run: bool,
}

pub fn run(ui: &mut Ui, globals: &Globals, args: Args) -> Result<ExitStatus, CommandError> {
    let context = session::open(ui, globals)?;
    let options = RemoveOptions {
        paths: args.paths,
        recursive: args.recursive,
        cached: args.cached,
        force: args.force,
        dry_run: args.dry_run,
    };
    let removed = remove(&context, &options).map_err(|error| {
        let blocked = matches!(error, OpsError::Workspace(WorkspaceError::Blocked { .. }));
        let hint = "`mlv rm -f` removes them all the same, `--cached` leaves them on the disk";
        CommandError::from(error).maybe_hinted(blocked.then_some(hint))
    })?;
    if args.dry_run {
        let standing = context.standing();
        for path in &removed {
            ui.data(format_args!("remove  {}", seen_from(&standing, &path)))?;
        }
        return Ok(ExitStatus::Done);
    }
    let only = if args.cached { " from the next commit only" } else { "" };
    ui.status(format_args!("removed {}{only}", count(removed.len(), "file")));
    Ok(ExitStatus::Done)
}
