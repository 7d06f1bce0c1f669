//! `mlv undo`

use crate::cli::error::CommandError;
use crate::cli::exit::ExitStatus;
use crate::cli::globals::Globals;
use crate::cli::render::{count, printable};
use crate::cli::session;
use crate::cli::ui::Ui;
use crate::ops::undo::{TakenBack, undo};

/// Take the last operation back
///
/// Branches, tags, what is staged and the files go back to what they were before it, files that it
/// overwrote come back too. Again: the operation before that.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  mlv undo
  mlv undo && mlv undo
  mlv op log")]
pub struct Args {
    /// Print `{"operation", "files", "saved"}` as JSON
    #[arg(long)]
    json: bool,
}

pub fn run(ui: &mut Ui, globals: &Globals, args: Args) -> Result<ExitStatus, CommandError> {
    let context = session::open(ui, globals)?;
    let undone = undo(&context)?;
    if args.json {
        ui.json(&undone)?;
    } else {
        tell(ui, "undid", &undone, "mlv redo");
        ui.hint("`mlv redo` does it again");
    }
    Ok(ExitStatus::Done)
}

/// Says what was taken back, or done again, and what would reverse that.
pub fn tell(ui: &mut Ui, verb: &str, taken: &TakenBack, way_back: &str) {
    let command = printable(&taken.operation.command).into_owned();
    let files = match taken.files {
        0 => String::new(),
        files => format!(" ({} changed)", count(files as usize, "file")),
    };
    ui.status(format_args!("{verb} `{command}`{files}"));
    super::switch::tell_saved(ui, taken.saved, way_back);
}
