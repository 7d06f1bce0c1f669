//! `mlv export`

use std::ffi::OsString;
use std::path::PathBuf;

use crate::cli::error::CommandError;
use crate::cli::exit::ExitStatus;
use crate::cli::globals::Globals;
use crate::cli::render::{count, size};
use crate::cli::session;
use crate::cli::ui::Ui;
use crate::ops::inspect::export;

/// Write the files of a commit into a directory
///
/// The directory must be empty or missing; neither the working copy nor any branch is touched. Every
/// byte is verified on its way.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  mlv export v1.2 /tmp/release
  mlv export main:data ../data-of-main
  mlv export HEAD:models/churn.bin out")]
pub struct Args {
    /// A commit, and a directory or file of it; `:PATH` is what is staged
    #[arg(value_name = "REV[:PATH]")]
    place: OsString,
    /// Where to
    #[arg(value_name = "DIR")]
    directory: PathBuf,
    /// Print `{"directory", "files", "bytes"}` as JSON
    #[arg(long)]
    json: bool,
}

pub fn run(ui: &mut Ui, globals: &Globals, args: Args) -> Result<ExitStatus, CommandError> {
    let context = session::open(ui, globals)?;
    let place = context.place(Some(&args.place))?;
    let exported = export(&context, &place, &args.directory)?;
    if args.json {
        ui.json(&exported)?;
    } else {
        let files = count(exported.files as usize, "file");
        let into = exported.directory.display();
        ui.status(format_args!("wrote {files} ({}) into `{into}`", size(exported.bytes)));
    }
    Ok(ExitStatus::Done)
}
