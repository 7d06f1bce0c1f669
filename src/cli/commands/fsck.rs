//! `mlv fsck`

use crate::cli::error::{CommandError, user_error};
use crate::cli::exit::ExitStatus;
use crate::cli::globals::Globals;
use crate::cli::render::{self, printable};
use crate::cli::session;
use crate::cli::style::Label;
use crate::cli::ui::Ui;
use crate::ops::fsck::{self, FsckReport, IrregularTree, Lost, Need};
use crate::ops::{Context, sync};

/// Prove that everything under `.mlv/` is as it was written
///
/// Reads all data and verifies every hash, then follows all history. Names each damaged file, each
/// object that is lost with it, and the commits and paths that need it; also each tree that is not cut
/// into nodes as its content asks, so that equal trees have equal ids. Exit code 1 where anything is
/// found. Changes nothing, but notes what is damaged: the next `mlv add` of it stores it again.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  mlv fsck
  mlv fsck --remote origin
  mlv fsck --json")]
pub struct Args {
    /// Check a remote in place of this repository: all that it has is read
    #[arg(long, value_name = "NAME")]
    remote: Option<String>,
    /// Print what was found as a JSON object
    #[arg(long)]
    json: bool,
}

pub fn run(ui: &mut Ui, globals: &Globals, args: Args) -> Result<ExitStatus, CommandError> {
    let context = session::open(ui, globals)?;
    if let Some(remote) = args.remote.or_else(|| sync::worked_on(&context)) {
        return check_remote(ui, &context, &remote, args.json);
    }
    let report = fsck::fsck(&context)?;
    if args.json {
        ui.json(&report)?;
        return Ok(if report.ok { ExitStatus::Done } else { ExitStatus::Failed });
    }
    show(ui, &report)?;
    if report.ok { Ok(ExitStatus::Done) } else { Err(verdict(&report)) }
}

fn check_remote(
    ui: &mut Ui,
    context: &Context,
    remote: &str,
    json: bool,
) -> Result<ExitStatus, CommandError> {
    let report = sync::fsck_remote(context, remote)?;
    ui.end_progress();
    if json {
        ui.json(&report)?;
        return Ok(if report.ok { ExitStatus::Done } else { ExitStatus::Failed });
    }
    for damaged in &report.damaged {
        let what = match damaged.places {
            0 => "is not there, or not whole".to_owned(),
            places => format!("is damaged in {}", render::count(places as usize, "place")),
        };
        ui.data(format_args!("pack {} {what}", damaged.pack))?;
    }
    for checkpoint in &report.wrong_checkpoints {
        ui.data(format_args!("`{checkpoint}` is not what the log says"))?;
    }
    for missing in &report.missing {
        ui.data(format_args!("missing: {missing}"))?;
    }
    if !report.ok {
        return Err(user_error(format!("`{}` is not sound", printable(&report.remote)))
            .hinted("who still has what is lost pushes to a new remote: `mlv push --all --tags`"));
    }
    let entries = match report.entries {
        1 => "1 entry".to_owned(),
        number => format!("{number} entries"),
    };
    let packs = render::count(report.packs as usize, "pack");
    ui.status(format_args!("all sound: {entries}, {packs} of {}", render::size(report.bytes)));
    Ok(ExitStatus::Done)
}

fn show(ui: &mut Ui, report: &FsckReport) -> Result<(), CommandError> {
    for problem in &report.problems {
        let file = ui.paint(Label::Path, &problem.file);
        let line = format!("damaged {file}: {}", printable(&problem.reason));
        ui.data(line)?;
    }
    for lost in &report.lost {
        show_lost(ui, lost)?;
    }
    for tree in &report.irregular {
        show_irregular(ui, tree)?;
    }
    let listed = (report.problems.len() + report.lost.len() + report.irregular.len()) as u64;
    let all = report.problem_count + report.lost_count + report.irregular_count;
    if all > listed {
        ui.data(format_args!("and {} more", all - listed))?;
    }
    if report.superseded_count > 0 {
        let copies = match report.superseded_count {
            1 => "1 damaged copy is".to_owned(),
            number => format!("{number} damaged copies are"),
        };
        ui.status(format_args!("{copies} stored again: `mlv gc` removes what is damaged"));
    }
    if report.index_rebuilt > 0 {
        let parts = render::count(report.index_rebuilt as usize, "part");
        ui.status(format_args!("{parts} of the index was damaged and is made anew"));
    }
    super::shared::tell_references(ui, report.references);
    if report.promised > 0 {
        let objects = render::count(report.promised as usize, "object");
        ui.status(format_args!("{objects} only in a remote: they are fetched when they are read"));
    }
    if report.ok {
        let packs = render::count(report.packs as usize, "pack");
        let commits = render::count(report.commits as usize, "commit");
        let objects = render::count(report.objects as usize, "object");
        let size = render::size(report.bytes);
        ui.status(format_args!("all sound: {commits}, {objects}, {packs} of {size}"));
    }
    Ok(())
}

/// Prints a lost object, and what needs it.
pub fn show_lost(ui: &mut Ui, lost: &Lost) -> Result<(), CommandError> {
    let kind = &lost.kind;
    ui.data(format_args!("lost {kind} {}: {}", lost.id.short(), printable(&lost.reason)))?;
    for need in &lost.needed_by {
        let line = needed(ui, need);
        ui.data(format_args!("  {line}"))?;
    }
    let more = lost.need_count.saturating_sub(lost.needed_by.len() as u64);
    if more > 0 {
        ui.data(format_args!("  and {more} more"))?;
    }
    if lost.need_count == 0 {
        ui.data("  needed for `mlv undo` only")?;
    }
    Ok(())
}

fn show_irregular(ui: &mut Ui, tree: &IrregularTree) -> Result<(), CommandError> {
    let IrregularTree { id, reason, needed_by } = tree;
    ui.data(format_args!("irregular tree {}: {reason}", id.short()))?;
    let directory = needed_by.path.as_ref().map_or_else(String::new, |path| format!("{path}/"));
    let directory = ui.paint(Label::Path, printable(&directory)).to_string();
    let holder = match (needed_by.commit, &needed_by.name) {
        (Some(commit), _) => format!("commit {}", ui.paint(Label::CommitId, commit.short())),
        (None, Some(name)) => format!("`{}`", printable(name)),
        (None, None) => "`mlv undo`".to_owned(),
    };
    ui.data(format_args!("  directory {directory} of {holder}"))
}

fn needed(ui: &Ui, need: &Need) -> String {
    let path = need.path.as_ref().map(ToString::to_string);
    let path = path.map(|path| ui.paint(Label::Path, printable(&path)).to_string());
    let commit = need.commit.map(|id| ui.paint(Label::CommitId, id.short()).to_string());
    match (path, commit, &need.name) {
        (Some(path), Some(commit), _) => format!("{path}, since commit {commit}"),
        (Some(path), None, _) => format!("{path}, as it is staged"),
        (None, Some(commit), _) => format!("needed by commit {commit}"),
        (None, None, Some(name)) => format!("needed by `{}`", printable(name)),
        (None, None, None) => "needed".to_owned(),
    }
}

/// The kinds of objects that adding a file makes.
const HEALABLE: [&str; 2] = ["chunk", "manifest"];

fn verdict(report: &FsckReport) -> CommandError {
    if report.problem_count + report.lost_count == 0 {
        let trees = render::count(report.irregular_count as usize, "tree");
        return user_error(format!("{trees} not stored as `mlv` stores them; nothing is lost"))
            .hinted(
                "their files can be read; committed anew in a new repository they are regular",
            );
    }
    let damaged = render::count(report.problem_count as usize, "damage");
    if report.lost_count == 0 {
        return user_error(format!("{damaged} found; nothing is lost"))
            .hinted("clone into a new directory while all can still be read");
    }
    let lost = render::count(report.lost_count as usize, "object");
    let error = user_error(format!("{damaged} found; {lost} lost"));
    let needs = report.lost.iter().filter(|lost| HEALABLE.contains(&lost.kind.as_str()));
    let path = needs.flat_map(|lost| &lost.needed_by).find_map(|need| need.path.as_ref());
    let again = path.map(|path| {
        format!("where you still have a file as it was, `mlv add {path}` stores it again")
    });
    error
        .maybe_hinted(again)
        .hinted("copy the damaged packs back from a backup or a clone of this repository")
}
