//! `mlv add`

use std::ffi::OsString;

use crate::cli::error::{CommandError, cli_error};
use crate::cli::exit::ExitStatus;
use crate::cli::globals::Globals;
use crate::cli::render::{count, size};
use crate::cli::session;
use crate::cli::style::Label;
use crate::cli::ui::Ui;
use crate::ops::add::{AddOptions, Added, add};

/// Take files of the working copy into the next commit
///
/// Paths are files, directories or patterns, from where you stand. Files that are gone from the disk
/// leave the next commit, new and changed ones enter it; what has not changed is not read again.
/// Files that `.mlvignore` or Git claims are passed over: `mlv help ignore`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  mlv add data/train.csv models
  mlv add 'data/*.parquet'
  mlv add -A
  mlv add -n .")]
pub struct Args {
    /// What to add
    #[arg(value_name = "PATH")]
    paths: Vec<OsString>,

    /// Everything in the repository, wherever you stand
    #[arg(short = 'A', long)]
    all: bool,

    /// Only list what would be added and removed
    #[arg(short = 'n', long)]
    dry_run: bool,

    /// Also add what `.mlvignore` hides
    #[arg(short, long)]
    force: bool,

    /// Print `{"added", "removed", "unchanged", "bytes", "healed", "notices", "incomplete"}` as JSON
    #[arg(long)]
    json: bool,
}

pub fn run(ui: &mut Ui, globals: &Globals, args: Args) -> Result<ExitStatus, CommandError> {
    if args.paths.is_empty() && !args.all {
        return Err(cli_error("nothing is named to be added")
            .hinted("`mlv add .` adds what is below here, `mlv add -A` everything"));
    }
    let context = session::open(ui, globals)?;
    let options = AddOptions {
        paths: args.paths,
        force: args.force,
        tracked_only: false,
        dry_run: args.dry_run,
    };
    let added = add(&context, &options)?;
    ui.end_progress();
    if args.json {
        ui.json(&added)?;
    } else {
        show(ui, &added, args.dry_run)?;
    }
    Ok(if added.incomplete { ExitStatus::Failed } else { ExitStatus::Done })
}

fn show(ui: &mut Ui, added: &Added, dry_run: bool) -> Result<(), CommandError> {
    for notice in &added.notices {
        if notice.is_failure() {
            ui.warning(notice);
        } else {
            ui.status(notice);
        }
    }
    if dry_run {
        for path in &added.added {
            ui.data(format_args!("{}     {path}", ui.paint(Label::Added, "add")))?;
        }
        for path in &added.removed {
            ui.data(format_args!("{}  {path}", ui.paint(Label::Deleted, "remove")))?;
        }
        return Ok(());
    }
    if added.healed > 0 {
        let objects = count(added.healed as usize, "object");
        ui.status(format_args!("stored {objects} again that had been lost"));
    }
    ui.status(summary(added));
    Ok(())
}

fn summary(added: &Added) -> String {
    let (new, gone) = (added.added.len(), added.removed.len());
    let mut parts = Vec::new();
    if new > 0 {
        parts.push(format!("added {} ({})", count(new, "file"), size(added.bytes)));
    }
    if gone > 0 {
        let noun = if new > 0 { gone.to_string() } else { count(gone, "file") };
        parts.push(format!("removed {noun}"));
    }
    if parts.is_empty() {
        let unchanged = usize::try_from(added.unchanged).unwrap_or(usize::MAX);
        return match unchanged {
            0 => "nothing to add: all of it is staged as it is".to_owned(),
            _ => format!("nothing to add: {} unchanged", count(unchanged, "file")),
        };
    }
    parts.join(", ")
}
