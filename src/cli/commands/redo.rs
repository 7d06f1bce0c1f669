//! `mlv redo`

use crate::cli::error::CommandError;
use crate::cli::exit::ExitStatus;
use crate::cli::globals::Globals;
use crate::cli::session;
use crate::cli::ui::Ui;
use crate::ops::undo::redo;

/// Take an undo back
///
/// What was undone last is done again. Anything new that is done in between ends what can be redone.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  mlv redo
  mlv undo && mlv redo")]
pub struct Args {
    /// Print `{"operation", "files", "saved"}` as JSON
    #[arg(long)]
    json: bool,
}

pub fn run(ui: &mut Ui, globals: &Globals, args: Args) -> Result<ExitStatus, CommandError> {
    let context = session::open(ui, globals)?;
    let redone = redo(&context)?;
    if args.json {
        ui.json(&redone)?;
    } else {
        super::undo::tell(ui, "redid", &redone, "mlv undo");
    }
    Ok(ExitStatus::Done)
}
