//! From the command line to an operation: the repository opened, with settings, progress and an
//! ear for hooks.

use super::error::CommandError;
use super::globals::Globals;
use super::runs::RunView;
use super::ui::Ui;
use super::worker::Workplace;
use crate::action::ActionError;
use crate::config::Config;
use crate::ops::direct::{self, Mirror};
use crate::ops::{Context, NoListener, sync};
use crate::repo::{Layout, OpenOptions, Repo};

/// Opens the repository the user stands in, or the mirror of the remote that is named. A worker is
/// started where hooks are left to one and `hooks.worker` does not leave that to the user.
pub fn open(ui: &mut Ui, globals: &Globals) -> Result<Context, CommandError> {
    open_with(ui, globals, true)
}

/// Opens the repository for a worker, which starts no other.
pub fn open_for_worker(ui: &mut Ui, globals: &Globals) -> Result<Context, CommandError> {
    open_with(ui, globals, false)
}

/// Opens the repository for an action that a hook carries out: the one that the hook is of, whose
/// remotes are not asked for anything.
pub fn open_for_action(ui: &mut Ui, globals: &Globals) -> Result<Context, CommandError> {
    let dot_dir = globals.environment.path("MLV_DIR");
    let dot_dir = dot_dir.ok_or(ActionError::NotAHook("MLV_DIR"))?;
    let layout = Layout::at(crate::base::fs::parent_of(&dot_dir));
    let config = globals.config(ui, Some(&layout))?;
    let repo = Repo::open_unsealed(layout, OpenOptions::default())?;
    let progress = ui.progress();
    Ok(Context::new(
        repo,
        config,
        globals.environment.clone(),
        progress,
        Box::new(NoListener),
        globals.command.clone(),
        globals.directory()?,
    ))
}

fn open_with(ui: &mut Ui, globals: &Globals, starts_worker: bool) -> Result<Context, CommandError> {
    let Opened { repo, config, mirror } = match globals.remote() {
        Some(remote) => open_mirror(ui, globals, remote)?,
        None => open_here(ui, globals)?,
    };
    let is_manual = config.string("hooks.worker").is_some_and(|value| value.text == "manual");
    let worker = (starts_worker && !is_manual).then(|| Workplace {
        root: repo.root().to_owned(),
        remote: mirror.as_ref().map(|mirror| mirror.place().shown().to_owned()),
    });
    let directory = globals.directory()?;
    let directory = directory.canonicalize().unwrap_or(directory);
    let progress = ui.progress();
    let view = RunView::new(progress.clone(), ui, worker);
    let mut context = Context::new(
        repo,
        config,
        globals.environment.clone(),
        progress,
        Box::new(view),
        globals.command.clone(),
        directory,
    );
    context.mirror = mirror;
    match &context.mirror {
        Some(mirror) => mirror.refresh(&context)?,
        None => sync::attach(&context),
    }
    Ok(context)
}

/// A repository with the settings that hold in it.
struct Opened {
    repo: Repo,
    config: Config,
    mirror: Option<Mirror>,
}

fn open_here(ui: &mut Ui, globals: &Globals) -> Result<Opened, CommandError> {
    let layout = globals.layout()?;
    let config = globals.config(ui, Some(&layout))?;
    let repo = Repo::open(layout, OpenOptions::default())?;
    Ok(Opened { repo, config, mirror: None })
}

fn open_mirror(ui: &mut Ui, globals: &Globals, remote: &str) -> Result<Opened, CommandError> {
    let config = globals.config(ui, None)?;
    let standing = globals.directory()?;
    let (repo, mirror) = direct::open(remote, &standing, &globals.environment, &config)?;
    Ok(Opened { repo, config, mirror: Some(mirror) })
}
