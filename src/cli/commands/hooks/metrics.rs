//! `mlv hooks metrics`

use std::path::PathBuf;

use crate::cli::error::CommandError;
use crate::cli::exit::ExitStatus;
use crate::cli::globals::Globals;
use crate::cli::session;
use crate::cli::ui::Ui;
use crate::ops::prometheus;

/// Print how runs ended and what they found, for Prometheus
///
/// The text is what a node exporter reads of its text files: how often runs of each hook passed or
/// failed, what the newest ones measured, how data that hooks watch drift. Counts never fall. With
/// `mlv config set metrics.textfile PATH` the file is written anew whenever hooks ran.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Write it to FILE, at once and whole
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub fn run(ui: &mut Ui, globals: &Globals, args: Args) -> Result<ExitStatus, CommandError> {
    let context = session::open(ui, globals)?;
    match args.output {
        Some(file) => prometheus::write(&context, &context.directory.join(file))?,
        None => ui.data(prometheus::metrics(&context)?.trim_end())?,
    }
    Ok(ExitStatus::Done)
}
