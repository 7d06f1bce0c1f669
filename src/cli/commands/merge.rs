//! `mlv merge`

use serde_json::{Value, json};

use super::shared::{self, Side};
use crate::cli::error::{CommandError, user_error};
use crate::cli::exit::ExitStatus;
use crate::cli::globals::Globals;
use crate::cli::render::{count, printable};
use crate::cli::runs::warn_of_late_failures;
use crate::cli::session;
use crate::cli::ui::Ui;
use crate::ops::merge::{self, MergeReport, MergeRequest, MergeResult};
use crate::ops::{Context, OpsError};

/// Merge a branch, through the gates of the branch it goes into
///
/// The merge is made first, and judged by the hooks of the target on exactly that tree; only if all
/// pass does the branch move. Whatever stops a merge, nothing is changed: conflicts are listed, all
/// of them, and exit with 4; a hook that refuses exits with 3.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  mlv merge better-features
  mlv merge better-features --into main
  mlv merge better-features --dry-run --json
  mlv merge better-features --strategy theirs
  mlv merge better-features --no-commit   # settle conflicts by hand, then
  mlv merge --continue")]
pub struct Args {
    /// The branch, tag or commit to merge
    #[arg(value_name = "SRC", required_unless_present_any = ["abort", "go_on"])]
    source: Option<String>,

    /// Merge into this branch; needs no checkout
    #[arg(long, value_name = "DST")]
    into: Option<String>,

    /// Say why, in place of the usual message
    #[arg(short, long)]
    message: Option<String>,

    /// Make one commit with only the target as its parent
    #[arg(long, conflicts_with_all = ["no_ff", "no_commit"])]
    squash: bool,

    /// Make a commit even where the branch could simply move forward
    #[arg(long)]
    no_ff: bool,

    /// Settle conflicts, and only those, with this side
    #[arg(long, value_name = "SIDE")]
    strategy: Option<Side>,

    /// Prepare everything in the working copy and stop before the commit
    #[arg(long, conflicts_with = "dry_run")]
    no_commit: bool,

    /// Tell what would come of it; no hook runs, nothing is changed
    #[arg(long)]
    dry_run: bool,

    /// Run every hook, also where an earlier verdict could stand in
    #[arg(long)]
    no_cache: bool,

    /// Take back the merge under way
    #[arg(long, conflicts_with_all = ["source", "into", "message", "squash", "no_ff", "strategy",
        "no_commit", "dry_run", "go_on", "json"])]
    abort: bool,

    /// Commit the merge under way, its conflicts settled
    #[arg(long = "continue", conflicts_with_all = ["source", "into", "squash", "no_ff", "strategy",
        "no_commit", "dry_run"])]
    go_on: bool,

    /// Print `{"result", "id", "conflicts", "hooks"}` as JSON
    #[arg(long)]
    json: bool,
}

pub fn run(ui: &mut Ui, globals: &Globals, args: Args) -> Result<ExitStatus, CommandError> {
    let mut context = session::open(ui, globals)?;
    context.reuses_verdicts = !args.no_cache;
    if args.abort {
        merge::abort(&context)?;
        ui.status("the merge was taken back");
        return Ok(ExitStatus::Done);
    }
    let (json, under_way, dry_run) = (args.json, args.no_commit || args.go_on, args.dry_run);
    let report = match carry_out(&context, args) {
        Ok(report) => report,
        Err(error) => return Err(failed(ui, json, error)?),
    };
    if json {
        ui.json(&as_json(&report))?;
    }
    if report.result == MergeResult::Conflicts {
        return Err(conflicts(ui, json, under_way, &report)?);
    }
    ui.status(summary(&report, dry_run));
    for path in &report.line_merged {
        ui.detail(format_args!("merged by lines: {path}"));
    }
    if report.result == MergeResult::Prepared {
        ui.hint("`mlv merge --continue` commits it, `mlv merge --abort` takes it back");
    }
    warn_of_late_failures(ui, "merge", &report.hooks);
    Ok(shared::unless_interrupted())
}

fn carry_out(context: &Context, args: Args) -> Result<MergeReport, OpsError> {
    if args.go_on {
        return merge::proceed(context, args.message);
    }
    let request = MergeRequest {
        source: args.source.unwrap_or_default(),
        into: args.into,
        message: args.message,
        squash: args.squash,
        no_fast_forward: args.no_ff,
        strategy: args.strategy.map(Into::into),
        no_commit: args.no_commit,
        dry_run: args.dry_run,
    };
    merge::merge(context, &request)
}

/// Returns the error as it is told; one that hooks made is part of the data too.
fn failed(ui: &mut Ui, json: bool, error: OpsError) -> Result<CommandError, CommandError> {
    if json && let Some(runs) = shared::refusing_runs(&error) {
        ui.json(&json!({"result": "refused", "id": null, "conflicts": [], "hooks": runs}))?;
    }
    Ok(error.into())
}

/// Returns what came of a merge as it is printed.
pub(super) fn as_json(report: &MergeReport) -> Value {
    json!({
        "result": report.result,
        "id": report.id,
        "conflicts": report.conflicts,
        "hooks": report.hooks,
    })
}

/// Lists every conflict, and returns the error that ends the verb.
pub(super) fn conflicts(
    ui: &mut Ui,
    json: bool,
    under_way: bool,
    report: &MergeReport,
) -> Result<CommandError, CommandError> {
    if !json {
        shared::list_conflicts(ui, &report.conflicts)?;
    }
    let number = count(report.conflicts.len(), "conflict");
    let target = target(report);
    let source = printable(&report.source);
    let error = if under_way {
        user_error(format!("{number} to settle before `{source}` is in `{target}`"))
            .hinted("`PATH.ours` and `PATH.theirs` hold both sides; `mlv add PATH` settles one")
            .hinted("then `mlv merge --continue`; `mlv merge --abort` takes everything back")
    } else {
        user_error(format!("merge of `{source}` into `{target}`: {number}; nothing was changed"))
            .hinted(format!("`mlv merge {source} --no-commit` on `{target}` prepares both sides"))
            .hinted("`--strategy ours` or `theirs` settles them all with one side")
    };
    Ok(error.exiting(ExitStatus::Conflicts))
}

fn target(report: &MergeReport) -> String {
    printable(report.target.as_deref().unwrap_or("HEAD")).into_owned()
}

/// Returns what was done, or would be, in a line.
pub(super) fn summary(report: &MergeReport, dry_run: bool) -> String {
    let (source, target) = (printable(&report.source), target(report));
    let would = if dry_run { "would have " } else { "" };
    let deed = match report.result {
        MergeResult::UpToDate => return format!("`{target}` has all of `{source}` already"),
        MergeResult::FastForward => format!("{would}moved `{target}` forward to `{source}`"),
        MergeResult::Prepared => format!("prepared the merge of `{source}` into `{target}`"),
        _ => format!("{would}merged `{source}` into `{target}`"),
    };
    let id = report.id.map(|id| format!(" at {}", id.short())).unwrap_or_default();
    format!("{deed}{id}, {} changed", count(report.files_changed as usize, "file"))
}
