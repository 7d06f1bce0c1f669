//! `mlv show`

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;

use crate::cli::error::CommandError;
use crate::cli::exit::ExitStatus;
use crate::cli::globals::Globals;
use crate::cli::render::changes::{Form, described, show_changes};
use crate::cli::render::commit::CommitView;
use crate::cli::render::printable;
use crate::cli::session;
use crate::cli::ui::Ui;
use crate::object::TreeEntry;
use crate::ops::diff::compare_commit;
use crate::ops::hooks::Verdict;
use crate::ops::{Context, inspect, log};
use crate::refs::Revision;

/// Show a commit and what it changed, or a file or directory of a commit
///
/// The changes are those against the first parent.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  mlv show
  mlv show HEAD~1 --stat
  mlv show v1.2:metrics/eval.json
  mlv show main --json")]
pub struct Args {
    /// A commit, or with `:PATH` what it holds there [default: HEAD]
    #[arg(value_name = "REV[:PATH]")]
    object: Option<OsString>,
    /// Tell how much changed in place of the changes
    #[arg(long)]
    stat: bool,
    /// Print the object of `log --json` with `changes` as in `diff --json`, or for a path the object of
    /// `ls --json`
    #[arg(long, conflicts_with = "stat")]
    json: bool,
}

pub fn run(ui: &mut Ui, globals: &Globals, args: Args) -> Result<ExitStatus, CommandError> {
    let context = session::open(ui, globals)?;
    match &args.object {
        Some(object) if object.as_bytes().contains(&b':') => {
            show_path(ui, &context, object, args.json)?;
        }
        object => {
            let revision = object.as_ref().map_or("HEAD".into(), |object| object.to_string_lossy());
            show_commit(ui, &context, &revision, &args)?;
        }
    }
    Ok(ExitStatus::Done)
}

fn show_commit(
    ui: &mut Ui,
    context: &Context,
    revision: &str,
    args: &Args,
) -> Result<(), CommandError> {
    let id = context.resolve(&Revision::parse(revision)?)?;
    let entry = log::entry(context, id)?;
    let found = compare_commit(context, id, &[])?;
    if args.json {
        let mut value = serde_json::to_value(&entry).map_err(crate::cli::error::internal_error)?;
        value["changes"] = serde_json::to_value(described(context, &found.changes)?)
            .map_err(crate::cli::error::internal_error)?;
        return ui.json(&value);
    }
    ui.start_pager()?;
    let view = CommitView::new(ui.data_paint(), &context.repo.head()?);
    view.lines(&entry).iter().try_for_each(|line| ui.data(line))?;
    show_verdicts(ui, &entry.verdicts)?;
    if !found.changes.is_empty() {
        ui.data("")?;
    }
    let form = if args.stat { Form::Stat } else { Form::Patch };
    show_changes(ui, context, &found.changes, form)
}

/// Shows the newest verdict of each hook on what the commit holds.
fn show_verdicts(ui: &mut Ui, verdicts: &[Verdict]) -> Result<(), CommandError> {
    if verdicts.is_empty() {
        return Ok(());
    }
    ui.data("")?;
    for (place, verdict) in verdicts.iter().enumerate() {
        let is_newest = verdicts.get(place + 1).is_none_or(|next| next.hook != verdict.hook);
        if is_newest {
            let code = if verdict.is_dirty() { ", with uncommitted code" } else { "" };
            let Verdict { verdict, hook, run_id, .. } = verdict;
            let line = format!("{verdict:<7} by {hook} in {run_id}{code}");
            ui.data(format_args!("    {}", printable(&line)))?;
        }
    }
    Ok(())
}

fn show_path(
    ui: &mut Ui,
    context: &Context,
    object: &OsString,
    json: bool,
) -> Result<(), CommandError> {
    let place = context.place(Some(object))?;
    let entry = context.repo.objects().tree_entry(place.tree, &place.path)?;
    let is_file = matches!(entry, Some(TreeEntry::Leaf(_)));
    if is_file && !json {
        inspect::cat(context, &place, &mut ui.writer())?;
        return Ok(());
    }
    let options = super::ls::Options { long: false, recursive: false, json };
    super::ls::show(ui, context, &place, options)
}
