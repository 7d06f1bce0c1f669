//! `mlv sparse`

use std::ffi::OsString;

use crate::base::RepoPath;
use crate::cli::error::CommandError;
use crate::cli::exit::ExitStatus;
use crate::cli::globals::Globals;
use crate::cli::render::{count, printable};
use crate::cli::session;
use crate::cli::ui::Ui;
use crate::ops::sparse::{self, SparseDone};
use crate::ops::{Context, OpsError};
use crate::workspace::Sparse;

/// Keep only a part of the files in the working copy
///
/// Commits stay whole: what lies outside of the set is neither on the disk nor changed by what you
/// commit, merge or switch to. `mlv undo` takes a change of the set back.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  mlv sparse set data/2026 models/best.safetensors
  mlv sparse add params.yaml
  mlv sparse list --json
  mlv sparse disable")]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    /// Hold these files and directories, and nothing else that is versioned
    Set {
        /// Files, or directories with all in them; `.` where you stand
        #[arg(required = true, value_name = "PATH")]
        paths: Vec<OsString>,
    },
    /// Hold these files and directories too
    Add {
        #[arg(required = true, value_name = "PATH")]
        paths: Vec<OsString>,
    },
    /// List what is held, a path a line, relative to the root
    List {
        /// Print `{"paths"}` as JSON: null where everything is held
        #[arg(long)]
        json: bool,
    },
    /// Hold everything again
    Disable,
}

pub fn run(ui: &mut Ui, globals: &Globals, args: Args) -> Result<ExitStatus, CommandError> {
    let context = session::open(ui, globals)?;
    let done = match args.verb {
        Verb::Set { paths } => sparse::set(&context, resolved(&context, &paths)?)?,
        Verb::Add { paths } => sparse::add(&context, resolved(&context, &paths)?)?,
        Verb::Disable => sparse::disable(&context)?,
        Verb::List { json } => {
            list(ui, &sparse::read(&context.repo)?, json)?;
            return Ok(ExitStatus::Done);
        }
    };
    tell(ui, &done);
    Ok(ExitStatus::Done)
}

fn resolved(context: &Context, paths: &[OsString]) -> Result<Vec<RepoPath>, OpsError> {
    paths.iter().map(|path| Ok(context.path(path)?)).collect()
}

/// What `--json` tells.
#[derive(Debug, serde::Serialize)]
struct Listing<'a> {
    paths: &'a Sparse,
}

fn list(ui: &mut Ui, sparse: &Sparse, json: bool) -> Result<(), CommandError> {
    if json {
        return Ok(ui.json(&Listing { paths: sparse })?);
    }
    if sparse.is_everything() {
        ui.status("the working copy holds everything");
        return Ok(());
    }
    for path in sparse.paths() {
        ui.data(printable(&path.to_string()))?;
    }
    Ok(())
}

fn tell(ui: &mut Ui, done: &SparseDone) {
    ui.end_progress();
    let what = match done.paths.paths().len() {
        _ if done.paths.is_everything() => "everything".to_owned(),
        number => count(number, "path"),
    };
    let files = count(usize::try_from(done.files).unwrap_or(usize::MAX), "file");
    ui.status(format_args!("the working copy holds {what} ({files} changed)"));
    for path in &done.unknown {
        ui.warning(format_args!("`{path}` is not in what is staged"));
    }
}
