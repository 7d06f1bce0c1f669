//! From the command line to an operation: the repository opened, with settings, progress and an
//! ear for hooks.

use super::error::CommandError;
use super::globals::Globals;
use super::runs::RunView;
use super::ui::Ui;
use crate::ops::Context;
use crate::repo::{OpenOptions, Repo};

/// Opens the repository the user stands in.
pub fn open(ui: &mut Ui, globals: &Globals) -> Result<Context, CommandError> {
    let layout = globals.layout()?;
    let config = globals.config(ui, Some(&layout))?;
    let repo = Repo::open(layout, OpenOptions::default())?;
    let directory = globals.directory()?;
    let directory = directory.canonicalize().unwrap_or(directory);
    let progress = ui.progress();
    let view = RunView::new(progress.clone(), ui);
    Ok(Context::new(
        repo,
        config,
        globals.environment.clone(),
        progress,
        Box::new(view),
        globals.command.clone(),
        directory,
    ))
}
