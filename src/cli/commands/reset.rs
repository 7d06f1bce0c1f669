//! `mlv reset`

use crate::cli::error::CommandError;
use crate::cli::exit::ExitStatus;
use crate::cli::globals::Globals;
use crate::cli::render::{count, printable};
use crate::cli::session;
use crate::cli::ui::Ui;
use crate::ops::reset::{ResetDone, ResetMode, reset};
use crate::ops::{Context, log};

/// Move the current branch to another commit
///
/// Without a mode, what is staged follows and the files stay as they are. With `--hard` the files
/// follow too; unsaved work that this overwrites is kept, and `mlv undo` brings it back.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  mlv reset
  mlv reset --soft HEAD~1
  mlv reset --hard v1.2
  mlv undo")]
pub struct Args {
    /// Where to [default: HEAD]
    #[arg(value_name = "REV")]
    revision: Option<String>,
    /// Move the branch only
    #[arg(long, group = "mode")]
    soft: bool,
    /// Move the branch and what is staged; this is the default
    #[arg(long, group = "mode")]
    mixed: bool,
    /// Move the branch, what is staged and the files
    #[arg(long, group = "mode")]
    hard: bool,
    /// Print `{"branch", "id", "mode", "files", "saved"}` as JSON
    #[arg(long)]
    json: bool,
}

pub fn run(ui: &mut Ui, globals: &Globals, args: Args) -> Result<ExitStatus, CommandError> {
    let context = session::open(ui, globals)?;
    let mode = match (args.soft, args.mixed, args.hard) {
        (true, _, _) => ResetMode::Soft,
        (_, _, true) => ResetMode::Hard,
        _ => ResetMode::Mixed,
    };
    let done = reset(&context, args.revision.as_deref(), mode)?;
    if args.json {
        ui.json(&done)?;
    } else {
        tell(ui, &context, &done)?;
    }
    Ok(ExitStatus::Done)
}

fn tell(ui: &mut Ui, context: &Context, done: &ResetDone) -> Result<(), CommandError> {
    let what = done.branch.as_ref().map_or("HEAD".to_owned(), |branch| format!("`{branch}`"));
    let files = match done.files {
        0 => String::new(),
        files => format!(" ({} changed)", count(files as usize, "file")),
    };
    match done.id {
        Some(id) => {
            let entry = log::entry(context, id)?;
            let subject = printable(entry.subject()).into_owned();
            ui.status(format_args!("{what} is at {} {subject}{files}", id.short()));
        }
        None => ui.status(format_args!("nothing is staged{files}")),
    }
    super::switch::tell_saved(ui, done.saved, "mlv undo");
    Ok(())
}
