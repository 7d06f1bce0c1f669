//! `mlv ls-remote`

use crate::cli::error::CommandError;
use crate::cli::exit::ExitStatus;
use crate::cli::globals::Globals;
use crate::cli::render::{Column, Table, count, printable, size};
use crate::cli::session;
use crate::cli::style::Label;
use crate::cli::ui::Ui;
use crate::ops::{remotes, sync};

/// List the branches and tags of a remote; nothing is brought
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  mlv ls-remote
  mlv ls-remote backup
  mlv ls-remote s3://my-bucket/churn --json")]
pub struct Args {
    /// A remote or an address [default: what the branch follows, or `origin`]
    remote: Option<String>,
    /// Print `{"url", "head", "refs", "entries", "packs", "bytes"}` as JSON
    #[arg(long)]
    json: bool,
}

pub fn run(ui: &mut Ui, globals: &Globals, args: Args) -> Result<ExitStatus, CommandError> {
    let context = session::open(ui, globals)?;
    let named = match args.remote {
        Some(named) => named,
        None => sync::default_remote(&context)?,
    };
    let connection = sync::connect(&context, &named)?;
    let listing = remotes::listing(&connection);
    ui.end_progress();
    if args.json {
        ui.json(&listing)?;
        return Ok(ExitStatus::Done);
    }
    let mut table = Table::new([Column::left().labeled(Label::CommitId), Column::left()]);
    for found in &listing.refs {
        table.row([found.id.short(), printable(&found.name).into_owned()]);
    }
    table.lines(ui.data_paint()).iter().try_for_each(|line| ui.data(line))?;
    let packs = count(listing.packs, "pack");
    ui.status(format_args!("{}: {packs}, {}", listing.url, size(listing.bytes)));
    Ok(ExitStatus::Done)
}
