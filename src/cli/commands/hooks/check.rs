//! `mlv hooks check`

use std::path::PathBuf;

use crate::cli::error::CommandError;
use crate::cli::exit::ExitStatus;
use crate::cli::globals::Globals;
use crate::cli::render::count;
use crate::cli::session;
use crate::cli::ui::Ui;
use crate::ops::hooks;

/// Read `mlv.yaml` of the working copy and show every fault with its line
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Another file to read
    file: Option<PathBuf>,
}

pub fn run(ui: &mut Ui, globals: &Globals, args: Args) -> Result<ExitStatus, CommandError> {
    let context = session::open(ui, globals)?;
    let spec = hooks::check(&context, args.file.as_deref())?;
    let file = args.file.unwrap_or_else(|| crate::hook::spec::FILE_NAME.into());
    let hooks = count(spec.hooks.len(), "hook");
    ui.status(format_args!("`{}` is sound: {hooks}", file.display()));
    Ok(ExitStatus::Done)
}
