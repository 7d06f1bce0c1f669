//! `mlv revert`

use super::cherry_pick::{PickArgs, pick};
use crate::cli::error::CommandError;
use crate::cli::exit::ExitStatus;
use crate::cli::globals::Globals;
use crate::cli::ui::Ui;
use crate::ops::pick::Direction;

/// Take back the change of a commit, with a new commit
///
/// History stays as it is: the new commit holds the opposite of the change, and runs through the
/// hooks of a revert and those of every commit. A protected branch refuses it: revert on a branch,
/// then merge that.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  mlv revert HEAD
  mlv revert 8f3a2c1 -m \"January was exported twice\"
  mlv revert HEAD --mainline 1   # a merge: what it brought to its first parent")]
pub struct Args {
    #[command(flatten)]
    pick: PickArgs,
}

pub fn run(ui: &mut Ui, globals: &Globals, args: Args) -> Result<ExitStatus, CommandError> {
    pick(ui, globals, Direction::Back, args.pick)
}
