//! `mlv man`

use crate::cli::app;
use crate::cli::error::{CommandError, internal_error};
use crate::cli::exit::ExitStatus;
use crate::cli::globals::Globals;
use crate::cli::help;
use crate::cli::ui::Ui;

/// Print the man page of mlv or of a verb
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  mlv man > ~/.local/share/man/man1/mlv.1
  mlv man merge | man -l -")]
pub struct Args {
    /// A verb, and a verb below it
    #[arg(value_name = "VERB")]
    verbs: Vec<String>,
}

pub fn run(ui: &mut Ui, _: &Globals, args: Args) -> Result<ExitStatus, CommandError> {
    let command = help::find_command(app::command(), &args.verbs)?;
    let mut page = Vec::new();
    clap_mangen::Man::new(command).render(&mut page).map_err(internal_error)?;
    ui.bytes(&page)?;
    Ok(ExitStatus::Done)
}
