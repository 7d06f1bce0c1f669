//! From the command line to an operation: the repository opened, with settings, progress and an
//! ear for hooks.

use super::error::CommandError;
use super::globals::Globals;
use super::runs::RunView;
use super::ui::Ui;
use crate::ops::{Context, sync};
use crate::repo::{OpenOptions, Repo};

/// Opens the repository the user stands in. A worker is started where hooks are left to one and
/// `hooks.worker` does not leave that to the user.
pub fn open(ui: &mut Ui, globals: &Globals) -> Result<Context, CommandError> {
    open_with(ui, globals, true)
}

/// Opens the repository for a worker, which starts no other.
pub fn open_for_worker(ui: &mut Ui, globals: &Globals) -> Result<Context, CommandError> {
    open_with(ui, globals, false)
}

fn open_with(ui: &mut Ui, globals: &Globals, starts_worker: bool) -> Result<Context, CommandError> {
    let layout = globals.layout()?;
    let config = globals.config(ui, Some(&layout))?;
    let is_manual = config.string("hooks.worker").is_some_and(|value| value.text == "manual");
    let worker = (starts_worker && !is_manual).then(|| layout.root().to_owned());
    let repo = Repo::open(layout, OpenOptions::default())?;
    let directory = globals.directory()?;
    let directory = directory.canonicalize().unwrap_or(directory);
    let progress = ui.progress();
    let view = RunView::new(progress.clone(), ui, worker);
    let context = Context::new(
        repo,
        config,
        globals.environment.clone(),
        progress,
        Box::new(view),
        globals.command.clone(),
        directory,
    );
    sync::attach(&context)?;
    Ok(context)
}
