//! `mlv params`

use crate::cli::commands::metrics::{Sides, compared};
use crate::cli::error::CommandError;
use crate::cli::exit::ExitStatus;
use crate::cli::globals::Globals;
use crate::cli::ui::Ui;
use crate::ops::metrics::Kind;

/// Compare parameters between commits and the files
///
/// Reads the artifacts of kind `params` in `mlv.yaml`; where it names none, `params.yaml`, `params.json` and
/// `params.toml`. What is nested is named with dots: `model.depth`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  mlv params diff
  mlv params diff main
  mlv params diff v1.0 v1.1 --json")]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    /// Show which parameters differ; without a revision, the files against HEAD
    Diff(Sides),
}

pub fn run(ui: &mut Ui, globals: &Globals, args: Args) -> Result<ExitStatus, CommandError> {
    let Verb::Diff(sides) = args.verb;
    compared(ui, globals, Kind::Params, &sides)
}
