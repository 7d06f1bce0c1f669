//! `mlv du`

use std::ffi::OsString;

use crate::cli::error::CommandError;
use crate::cli::exit::ExitStatus;
use crate::cli::globals::Globals;
use crate::cli::render::{Column, Table, size};
use crate::cli::session;
use crate::cli::ui::Ui;
use crate::ops::inspect::usage;

/// Sum up how large a commit or a directory of it is
///
/// The sizes are those of the files as a checkout writes them; a reference counts with the size of what
/// lies elsewhere. They are kept in the tree: nothing is read below the first level.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  mlv du
  mlv du v1.2:data
  mlv du --json main")]
pub struct Args {
    /// A commit, and a directory or file of it [default: HEAD]; `:PATH` is what is staged
    #[arg(value_name = "REV[:PATH]")]
    place: Option<OsString>,
    /// Print `{"path", "files", "bytes", "children": [...]}` as JSON, children as in `ls --json`
    #[arg(long)]
    json: bool,
}

pub fn run(ui: &mut Ui, globals: &Globals, args: Args) -> Result<ExitStatus, CommandError> {
    let context = session::open(ui, globals)?;
    let place = context.place(args.place.as_deref())?;
    let usage = usage(&context, &place)?;
    if args.json {
        ui.json(&usage)?;
        return Ok(ExitStatus::Done);
    }
    let mut table = Table::new([Column::right(), Column::right(), Column::left()]);
    let files = |files: u64| crate::cli::render::count(files as usize, "file");
    for child in &usage.children {
        let name = super::ls::name(&place.path, child);
        table.row([size(child.size), files(child.files), name]);
    }
    table.row([size(usage.bytes), files(usage.files), "total".to_owned()]);
    table.lines(ui.data_paint()).iter().try_for_each(|line| ui.data(line))?;
    Ok(ExitStatus::Done)
}
