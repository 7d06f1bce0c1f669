//! `mlv clone`

use std::ffi::OsString;
use std::path::PathBuf;

use crate::base::fs::IoContext;
use crate::cli::error::CommandError;
use crate::cli::exit::ExitStatus;
use crate::cli::globals::Globals;
use crate::cli::render;
use crate::cli::runs::RunView;
use crate::cli::ui::Ui;
use crate::ops::Context;
use crate::ops::clone::{self, CloneOptions, Cloned};
use crate::repo::Layout;

/// Make a repository of your own out of another
///
/// Takes all branches as `origin/NAME`, all tags and their history, and checks one branch out. On one
/// file system both repositories share the stored data, which never changes. Hooks that come along
/// do not run before `mlv hooks trust`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  mlv clone /data/churn
  mlv clone ../churn mine
  mlv clone file:///data/churn -b experiment")]
pub struct Args {
    /// The directory of a repository, also as `file://PATH`
    source: OsString,
    /// Where to; new or empty. The name of the source where none is given
    directory: Option<PathBuf>,
    /// Check out this branch instead of the one that the source stands on
    #[arg(short, long)]
    branch: Option<String>,
    /// Print what was cloned as a JSON object
    #[arg(long)]
    json: bool,
}

pub fn run(ui: &mut Ui, globals: &Globals, args: Args) -> Result<ExitStatus, CommandError> {
    let Args { source, directory, branch, json } = args;
    let options = CloneOptions { source, directory, branch };
    let config = globals.config(ui, None::<&Layout>)?;
    let progress = ui.progress();
    let listener = Box::new(RunView::new(progress.clone(), ui));
    let standing = globals.directory()?;
    let standing = standing.canonicalize().context("open", &standing)?;
    let (environment, command) = (globals.environment.clone(), globals.command.clone());
    let told = progress.clone();
    let cloned = clone::clone(&options, progress.as_ref(), |repo| {
        Context::new(repo, config, environment, told, listener, command, standing)
    })?;
    if json {
        ui.json(&cloned)?;
    } else {
        show(ui, &cloned);
    }
    Ok(ExitStatus::Done)
}

fn show(ui: &mut Ui, cloned: &Cloned) {
    let (from, to) = (cloned.source.display(), cloned.root.display());
    ui.status(format_args!("cloned `{from}` into `{to}`"));
    let branches = match cloned.branches {
        1 => "1 branch".to_owned(),
        number => format!("{number} branches"),
    };
    let tags = render::count(cloned.tags as usize, "tag");
    let size = render::size(cloned.bytes);
    ui.status(format_args!("{branches}, {tags}, {size} of stored data"));
    let files = render::count(cloned.files as usize, "file");
    match (&cloned.branch, cloned.id) {
        (Some(branch), Some(_)) => ui.status(format_args!("on `{branch}`: {files}")),
        (Some(branch), None) => ui.status(format_args!("on `{branch}`, which has no commit yet")),
        (None, Some(id)) => ui.status(format_args!("at {}, on no branch: {files}", id.short())),
        (None, None) => {}
    }
    if cloned.untrusted_hooks {
        ui.hint(
            "it has hooks, which do not run yet: `mlv hooks trust` shows them and lets them run",
        );
    }
}
