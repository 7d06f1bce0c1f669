//! `mlv gc`

use crate::cli::error::{CommandError, user_error};
use crate::cli::exit::ExitStatus;
use crate::cli::globals::Globals;
use crate::cli::render;
use crate::cli::session;
use crate::cli::ui::Ui;
use crate::ops::gc::{self, GcReport};
use crate::ops::sync::{self, CollectReport};

/// Free the space of data that nothing can bring back any more
///
/// Kept is what a branch, a tag, a stash, the staged files or a merge under way lead to, and what
/// `mlv undo` may need: the operations of the last `undo.keep_days` days and the last
/// `undo.keep_operations` ones. Waits for other commands; changes nothing where data that is needed
/// is missing, and keeps packs that are damaged until what they held is stored again.
///
/// Of a remote, kept is what its branches and tags lead to. Others may push meanwhile: nothing of theirs
/// is lost.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  mlv gc
  mlv gc --dry-run
  mlv gc --remote origin
  mlv -c undo.keep_days=0 -c undo.keep_operations=10 gc")]
pub struct Args {
    /// Free the space of a remote in place of this repository's
    #[arg(long, value_name = "NAME")]
    remote: Option<String>,
    /// Only say what would be freed
    #[arg(short = 'n', long)]
    dry_run: bool,
    /// Print what was done as a JSON object
    #[arg(long)]
    json: bool,
}

pub fn run(ui: &mut Ui, globals: &Globals, args: Args) -> Result<ExitStatus, CommandError> {
    let context = session::open(ui, globals)?;
    if let Some(remote) = args.remote.or_else(|| sync::worked_on(&context)) {
        let report = sync::collect(&context, &remote, args.dry_run)?;
        ui.end_progress();
        if args.json {
            ui.json(&report)?;
        } else {
            tell_remote(ui, &report)?;
        }
        return Ok(ExitStatus::Done);
    }
    let report = gc::gc(&context, args.dry_run)?;
    if args.json {
        ui.json(&report)?;
    } else {
        ui.data(summary(&report))?;
        details(ui, &report);
    }
    if !report.out_of_room {
        return Ok(ExitStatus::Done);
    }
    Err(user_error("the disk is too full to free all: what is in use could not be moved together")
        .hinted("make some room, or free more with each `mlv gc` as long as it frees something"))
}

/// Says what was freed of a remote.
fn tell_remote(ui: &mut Ui, report: &CollectReport) -> Result<(), CommandError> {
    let packs = report.packs_removed + report.packs_rewritten + report.orphans_removed;
    if packs + report.files_deleted == 0 {
        ui.data("nothing to free")?;
    } else {
        let verb = if report.dry_run { "would free" } else { "freed" };
        let size = render::size(report.bytes_freed);
        ui.data(format_args!("{verb} {size} in {}", render::count(packs as usize, "pack")))?;
    }
    if report.orphans_removed > 0 {
        let orphans = render::count(report.orphans_removed as usize, "pack");
        ui.status(format_args!("{orphans} of pushes that never ended among them"));
    }
    if report.leftovers_removed > 0 {
        let left = render::count(report.leftovers_removed as usize, "leftover");
        ui.status(format_args!("removed {left} of workers and of probes"));
    }
    Ok(())
}

fn summary(report: &GcReport) -> String {
    let verb = if report.dry_run { "would free" } else { "freed" };
    let packs = (report.packs_removed + report.packs_rewritten) as usize;
    if packs == 0 {
        return "nothing to free".to_owned();
    }
    let blobs = render::count(report.blobs_freed as usize, "object");
    format!(
        "{verb} {} in {blobs} of {}",
        render::size(report.bytes_freed),
        render::count(packs, "pack")
    )
}

fn details(ui: &mut Ui, report: &GcReport) {
    let forgotten = report.operations_forgotten as usize;
    if forgotten > 0 {
        let verb = if report.dry_run { "would forget" } else { "forgot" };
        let operations = render::count(forgotten, "old operation");
        ui.status(format_args!("{verb} {operations}"));
    }
    let leftovers = report.leftovers_removed as usize;
    if leftovers > 0 {
        let left = render::count(leftovers, "leftover");
        ui.status(format_args!("removed {left} of commands and hooks that died"));
    }
    if report.bytes_unused > 0 {
        let unused = render::size(report.bytes_unused);
        ui.detail(format_args!("{unused} stay unused: not worth the moving yet"));
    }
    for pack in &report.damaged {
        ui.warning(format_args!("`{pack}` is damaged and was kept: see `mlv fsck`"));
    }
}
