//! `mlv cat`

use std::ffi::OsString;

use crate::cli::error::CommandError;
use crate::cli::exit::ExitStatus;
use crate::cli::globals::Globals;
use crate::cli::session;
use crate::cli::ui::Ui;
use crate::ops::inspect::cat;

/// Print a file of a commit
///
/// Nothing is checked out. The path is taken from the root of the repository; one that begins with
/// `./` from where you stand. Without a revision before the colon: what is staged.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  mlv cat HEAD:metrics/eval.json
  mlv cat v1.2:data/customers.csv | head
  mlv cat main~3:./customers.csv > before.csv
  mlv cat :data/customers.csv")]
pub struct Args {
    /// A file of a commit
    #[arg(value_name = "REV:PATH")]
    place: OsString,
}

pub fn run(ui: &mut Ui, globals: &Globals, args: Args) -> Result<ExitStatus, CommandError> {
    let context = session::open(ui, globals)?;
    let place = context.place(Some(&args.place))?;
    cat(&context, &place, &mut ui.writer())?;
    Ok(ExitStatus::Done)
}
