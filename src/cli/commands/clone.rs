//! `mlv clone`

use std::ffi::OsString;
use std::path::PathBuf;

use super::fsck::show_lost;
use super::shared;
use crate::base::RepoPath;
use crate::base::fs::IoContext;
use crate::cli::error::{CommandError, user_error};
use crate::cli::exit::ExitStatus;
use crate::cli::globals::Globals;
use crate::cli::render;
use crate::cli::runs::RunView;
use crate::cli::ui::Ui;
use crate::config::Source;
use crate::ops::Context;
use crate::ops::clone::{self, CloneOptions, Cloned};
use crate::remote::RemoteOptions;
use crate::repo::Layout;
use crate::workspace::resolve_path;

/// Make a repository of your own out of a remote, or out of another repository
///
/// Takes all branches as `origin/NAME`, all tags and their history, and checks one branch out. A clone
/// that was interrupted is gone on with by the same command. With `--sparse` the working copy holds
/// some paths only, with `--lazy` none: their contents stay at the remote until they are needed, and
/// `mlv pull PATH` brings them. Of a repository on this machine the data is shared, where its file
/// system allows that. Hooks that come along do not run before `mlv hooks trust`. What the source has
/// lost is named, with exit code 1, and all the rest is cloned.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  mlv clone s3://my-bucket/churn
  mlv clone /mnt/backup/churn mine -b experiment
  mlv clone s3://my-bucket/churn --sparse data/2026 models
  mlv clone gs://my-bucket/churn --lazy
  mlv -c remote.origin.endpoint=http://minio.lab:9000 clone s3://data/churn")]
pub struct Args {
    /// An address, the folder of a remote, or the directory of a repository
    source: OsString,
    /// Where to; new or empty. The name of the source where none is given
    directory: Option<PathBuf>,
    /// Check out this branch instead of the one that the source stands on
    #[arg(short, long)]
    branch: Option<String>,
    /// Let the working copy hold these paths only
    #[arg(long, value_name = "PATH", num_args = 1..)]
    sparse: Option<Vec<OsString>>,
    /// Leave all contents at the remote until they are needed
    #[arg(long)]
    lazy: bool,
    /// Bring no more than N commits of each line
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    depth: Option<u32>,
    /// Print what was cloned as a JSON object
    #[arg(long)]
    json: bool,
}

pub fn run(ui: &mut Ui, globals: &Globals, args: Args) -> Result<ExitStatus, CommandError> {
    let Args { source, directory, branch, sparse, lazy, depth, json } = args;
    let config = globals.config(ui, None::<&Layout>)?;
    let progress = ui.progress();
    let listener = Box::new(RunView::new(progress.clone(), ui, None));
    let standing = globals.directory()?;
    let standing = standing.canonicalize().context("open", &standing)?;
    let (environment, command) = (globals.environment.clone(), globals.command.clone());
    let sparse = sparse.map(|paths| {
        let paths = paths.iter().map(|path| resolve_path(path, &RepoPath::root()));
        paths.collect::<Result<Vec<_>, _>>()
    });
    let flags = config.entries().filter(|(_, value)| value.source == Source::Flag);
    let of_origin = flags.filter(|(setting, _)| setting.starts_with("remote.origin."));
    let is_empty = lazy && sparse.is_none();
    let options = CloneOptions {
        source,
        directory,
        branch,
        sparse: sparse.transpose()?,
        lazy,
        depth,
        standing: standing.clone(),
        environment: environment.clone(),
        remote: RemoteOptions::of(&config, "origin"),
        settings: of_origin.map(|(name, value)| (name.to_owned(), value.text.clone())).collect(),
    };
    let told = progress.clone();
    let cloned = clone::clone(&options, progress.as_ref(), |repo| {
        Context::new(repo, config, environment, told, listener, command, standing)
    })?;
    if json {
        ui.json(&cloned)?;
        return Ok(if cloned.lost_count == 0 { ExitStatus::Done } else { ExitStatus::Failed });
    }
    show(ui, &cloned);
    shared::tell_elsewhere(ui, cloned.references, "PATH");
    if is_empty {
        ui.hint("`mlv pull PATH` brings files into the working copy, `mlv ls -r` lists them");
    }
    if cloned.lost_count == 0 { Ok(ExitStatus::Done) } else { Err(incomplete(ui, &cloned)?) }
}

/// Lists what the source has lost, and returns the error that ends the verb.
fn incomplete(ui: &mut Ui, cloned: &Cloned) -> Result<CommandError, CommandError> {
    for lost in &cloned.lost {
        show_lost(ui, lost)?;
    }
    let more = cloned.lost_count - cloned.lost.len() as u64;
    if more > 0 {
        ui.data(format_args!("and {more} more"))?;
    }
    for path in &cloned.missing {
        ui.warning(format_args!("`{path}` is missing in the working copy"));
    }
    let lost = render::count(cloned.lost_count as usize, "object");
    Ok(user_error(format!("the source has lost {lost}; all the rest is cloned"))
        .hinted("where you still have a file as it was, `mlv add` in the clone stores it again"))
}

fn show(ui: &mut Ui, cloned: &Cloned) {
    let (from, to) = (&cloned.source, cloned.root.display());
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
