//! `mlv verify`

use super::shared;
use crate::cli::error::{CommandError, user_error};
use crate::cli::exit::ExitStatus;
use crate::cli::globals::Globals;
use crate::cli::render::{count, printable};
use crate::cli::session;
use crate::cli::ui::Ui;
use crate::ops::sync::{self, VerifyReport};

/// Check that a remote has all of a commit; nothing is downloaded
///
/// Compares what the commit and its history lead to with what the remote's log and listing say it has.
/// `mlv fsck --remote` also reads all of it and verifies every hash.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  mlv verify
  mlv verify v1.2
  mlv verify main --remote backup")]
pub struct Args {
    /// The commit
    #[arg(default_value = "HEAD")]
    revision: String,
    /// A remote or an address [default: what the branch follows, or `origin`]
    #[arg(long, value_name = "NAME")]
    remote: Option<String>,
    /// Print `{"remote", "id", "objects", "references", "kept", "missing", "missing_count", "ok"}` as JSON
    #[arg(long)]
    json: bool,
}

pub fn run(ui: &mut Ui, globals: &Globals, args: Args) -> Result<ExitStatus, CommandError> {
    let context = session::open(ui, globals)?;
    let remote = match args.remote {
        Some(remote) => remote,
        None => sync::default_remote(&context)?,
    };
    let report = sync::verify(&context, &args.revision, &remote)?;
    ui.end_progress();
    if args.json {
        ui.json(&report)?;
        return Ok(if report.ok { ExitStatus::Done } else { ExitStatus::Failed });
    }
    if report.ok {
        let objects = count(report.objects as usize, "object");
        ui.status(format_args!("`{}` has all of {}: {objects}", report.remote, report.id.short()));
        shared::tell_references(ui, report.references);
        return Ok(ExitStatus::Done);
    }
    Err(verdict(&report))
}

fn verdict(report: &VerifyReport) -> CommandError {
    let (remote, id) = (printable(&report.remote), report.id.short());
    if report.missing_count > 0 {
        let missing = count(report.missing_count as usize, "object");
        let first = report.missing.first().cloned().unwrap_or_default();
        return user_error(format!("`{remote}` lacks {missing} of {id}, as {first}"))
            .hinted("`mlv push` sends what is missing, where no branch there has it yet")
            .hinted(format!("`mlv fsck --remote {remote}` tells what else is wrong"));
    }
    user_error(format!("`{remote}` has all of {id}, but no branch or tag there leads to it"))
        .hinted("`mlv push` a branch or a tag with it, or a collection may remove it")
}
