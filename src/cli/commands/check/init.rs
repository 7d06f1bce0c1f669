//! `mlv check init`

use std::path::PathBuf;

use crate::cli::error::CommandError;
use crate::cli::exit::ExitStatus;
use crate::cli::globals::Globals;
use crate::cli::session;
use crate::cli::ui::Ui;
use crate::ops::check::propose;
use crate::ops::data::DataView;

/// Propose a suite that data passes as it is
///
/// Reads the data, and writes what holds of it: types, missing values, ranges, categories, keys. Look
/// through it: what holds by chance should go.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A file, a directory or a glob from the root
    path: String,
    /// Profile the data of this revision, and not of the working copy
    #[arg(long, value_name = "REV")]
    at: Option<String>,
    /// Write the suite into this file, which must not exist yet
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(super) fn run(ui: &mut Ui, globals: &Globals, args: Args) -> Result<ExitStatus, CommandError> {
    let context = session::open(ui, globals)?;
    let view = DataView::at(&context, args.at.as_deref())?;
    let suite = propose(&view, &args.path)?;
    ui.end_progress();
    super::import::deliver(ui, &suite, args.output.as_deref())
}
