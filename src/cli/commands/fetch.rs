//! `mlv fetch`

use super::shared;
use crate::cli::error::CommandError;
use crate::cli::exit::ExitStatus;
use crate::cli::globals::Globals;
use crate::cli::session;
use crate::cli::ui::Ui;
use crate::ops::sync::{self, FetchRequest};

/// Bring what a remote has, and move no branch of your own
///
/// Its branches are then there as `origin/NAME`, its tags as they are. Only what is missing here
/// travels, verified; an interrupted fetch goes on where it was.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  mlv fetch
  mlv fetch origin main
  mlv fetch --prune
  mlv fetch --lazy
  mlv fetch --depth 1 origin main")]
pub struct Args {
    /// A remote or an address [default: what the branch follows, or `origin`]
    remote: Option<String>,
    /// Only these branches
    #[arg(value_name = "BRANCH")]
    branches: Vec<String>,
    /// Forget the branches that the remote has no more
    #[arg(short, long)]
    prune: bool,
    /// Leave the contents of files at the remote until they are needed
    #[arg(long)]
    lazy: bool,
    /// Bring N commits of each line, also where fewer are here
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    depth: Option<u32>,
    /// Print `{"remote", "url", "refs", "packs", "objects", "bytes"}` as JSON
    #[arg(long)]
    json: bool,
}

pub fn run(ui: &mut Ui, globals: &Globals, args: Args) -> Result<ExitStatus, CommandError> {
    let context = session::open(ui, globals)?;
    let request = FetchRequest {
        remote: args.remote,
        branches: args.branches,
        prune: args.prune,
        lazy: args.lazy,
        depth: args.depth,
    };
    let fetched = sync::fetch(&context, &request)?;
    ui.end_progress();
    if args.json {
        ui.json(&fetched)?;
    } else {
        shared::tell_fetched(ui, &fetched);
    }
    Ok(shared::unless_interrupted())
}
