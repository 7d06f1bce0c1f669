//! `mlv pull`

use std::ffi::OsString;

use serde_json::json;

use super::{merge, shared};
use crate::cli::error::{CommandError, cli_error};
use crate::cli::exit::ExitStatus;
use crate::cli::globals::Globals;
use crate::cli::render::{count, printable};
use crate::cli::runs::warn_of_late_failures;
use crate::cli::session;
use crate::cli::ui::Ui;
use crate::merge::Side;
use crate::ops::merge::MergeResult;
use crate::ops::sync::{self, PullReport, PullRequest, Pulled};
use crate::ops::upstream;

/// Bring what a remote has and merge it into the branch you stand on
///
/// The gates of the branch judge the merge as any other. Of a repository whose contents are left at the
/// remote, `mlv pull PATH` brings the files below a path into the working copy. Files that were recorded
/// by reference stay at their sources: `mlv import --fetch PATH` copies them.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  mlv pull
  mlv pull origin main
  mlv pull --ff-only
  mlv pull data/raw")]
pub struct Args {
    /// A remote, then a branch of it; or paths to bring
    #[arg(value_name = "REMOTE [BRANCH] | PATH")]
    what: Vec<OsString>,
    /// Only move the branch forward, never merge
    #[arg(long)]
    ff_only: bool,
    /// Settle conflicts with one side
    #[arg(long, value_name = "SIDE")]
    strategy: Option<shared::Side>,
    /// Print `{"fetched", "merged", "hooks"}` as JSON, or of paths `{"paths", "files", "references"}`
    #[arg(long)]
    json: bool,
}

pub fn run(ui: &mut Ui, globals: &Globals, args: Args) -> Result<ExitStatus, CommandError> {
    let context = session::open(ui, globals)?;
    let words: Vec<_> = args.what.iter().map(|word| word.to_string_lossy()).collect();
    let remotes = upstream::remotes(&context);
    let first = words.first();
    let is_remote = first.is_none_or(|word| remotes.iter().any(|name| name == word));
    if !is_remote {
        if args.ff_only || args.strategy.is_some() {
            return Err(cli_error("paths are brought, not merged"));
        }
        let pulled = sync::pull_paths(&context, &args.what)?;
        ui.end_progress();
        return tell_paths(ui, &args, &pulled);
    }
    let (remote, branch) = match words.as_slice() {
        [] => (None, None),
        [remote] => (Some(remote.to_string()), None),
        [remote, branch] => (Some(remote.to_string()), Some(branch.to_string())),
        more => return Err(cli_error(format!("{} branches are too many", more.len() - 1))),
    };
    let strategy = args.strategy.map(Side::from);
    let request = PullRequest { remote, branch, fast_forward_only: args.ff_only, strategy };
    let pulled = sync::pull(&context, &request)?;
    ui.end_progress();
    if args.json {
        let PullReport { fetched, merged, hooks } = &pulled;
        let merged = merge::as_json(merged);
        ui.json(&json!({"fetched": fetched, "merged": merged, "hooks": hooks}))?;
    } else {
        shared::tell_fetched(ui, &pulled.fetched);
    }
    if pulled.merged.result == MergeResult::Conflicts {
        return Err(merge::conflicts(ui, args.json, false, &pulled.merged)?);
    }
    if !args.json {
        ui.status(merge::summary(&pulled.merged, false));
    }
    warn_of_late_failures(ui, "merge", &pulled.merged.hooks);
    warn_of_late_failures(ui, "pull", &pulled.hooks);
    Ok(shared::unless_interrupted())
}

fn tell_paths(ui: &mut Ui, args: &Args, pulled: &Pulled) -> Result<ExitStatus, CommandError> {
    if args.json {
        ui.json(pulled)?;
        return Ok(shared::unless_interrupted());
    }
    if pulled.files > 0 || pulled.references == 0 {
        let files = count(pulled.files as usize, "file");
        ui.status(format_args!("brought {files} into the working copy"));
    }
    let paths: Vec<_> = args.what.iter().map(|path| path.to_string_lossy()).collect();
    shared::tell_elsewhere(ui, pulled.references, &printable(&paths.join(" ")));
    Ok(shared::unless_interrupted())
}
