//! `mlv mv`

use std::ffi::OsString;

use crate::cli::error::CommandError;
use crate::cli::exit::ExitStatus;
use crate::cli::globals::Globals;
use crate::cli::render::seen_from;
use crate::cli::session;
use crate::cli::ui::Ui;
use crate::ops::rename::rename;

/// Move or rename files and directories, on the disk and in the next commit
///
/// No bytes are copied or read, however large the files. Several sources, or a destination that is a
/// directory, move into it. Nothing is overwritten.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  mlv mv train.csv train-2025.csv
  mlv mv a.csv b.csv data/")]
pub struct Args {
    /// What to move, then where to
    #[arg(value_name = "PATH", num_args = 2.., required = true)]
    paths: Vec<OsString>,
}

pub fn run(ui: &mut Ui, globals: &Globals, mut args: Args) -> Result<ExitStatus, CommandError> {
    let context = session::open(ui, globals)?;
    let destination = args.paths.pop().expect("clap asks for two paths at least");
    let renamed = rename(&context, &args.paths, &destination)?;
    let standing = context.standing();
    for pair in renamed {
        let (from, to) = (seen_from(&standing, &pair.from), seen_from(&standing, &pair.to));
        ui.status(format_args!("moved `{from}` to `{to}`"));
    }
    Ok(ExitStatus::Done)
}
