//! `mlv branch`

use super::shared;
use crate::cli::error::{CommandError, cli_error};
use crate::cli::exit::ExitStatus;
use crate::cli::globals::Globals;
use crate::cli::render::{Column, Table, printable};
use crate::cli::runs::warn_of_late_failures;
use crate::cli::session;
use crate::cli::style::Label;
use crate::cli::ui::Ui;
use crate::ops::Context;
use crate::ops::branch::{self, BranchInfo};
use crate::ops::hooks::Done;
use crate::repo::Head;

/// List, make, rename or delete branches
///
/// A branch is a name for a commit, so none of this depends on how much data there is. Without a name,
/// the branches are listed.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  mlv branch
  mlv branch experiment
  mlv branch hotfix v1.2
  mlv branch -d experiment
  mlv branch -m old-name new-name")]
pub struct Args {
    /// The new branch, and where it starts [default: HEAD]; with -d branches to delete; with -m the
    /// old name [default: the current branch] and the new one
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Delete branches whose commits are elsewhere too
    #[arg(short, long, conflicts_with_all = ["rename", "json"], requires = "names")]
    delete: bool,
    /// Delete branches in any case; `mlv undo` brings them back
    #[arg(short = 'D', conflicts_with_all = ["delete", "rename", "json"], requires = "names")]
    force_delete: bool,
    /// Rename a branch
    #[arg(short = 'm', long = "move", conflicts_with = "json", requires = "names")]
    rename: bool,
    /// Move or overwrite a branch that is there
    #[arg(short, long, requires = "names")]
    force: bool,
    /// Print `[{"name", "id", "current", "upstream"}]` as JSON
    #[arg(long, conflicts_with = "names")]
    json: bool,
}

pub fn run(ui: &mut Ui, globals: &Globals, args: Args) -> Result<ExitStatus, CommandError> {
    let context = session::open(ui, globals)?;
    let words: Vec<&str> = args.names.iter().map(String::as_str).collect();
    if args.delete || args.force_delete {
        let force = args.force_delete || args.force;
        delete(ui, &context, &args.names, force)?;
        return Ok(shared::unless_interrupted());
    }
    match (args.rename, words.as_slice()) {
        (true, [new]) => rename(ui, &context, None, new, args.force)?,
        (true, [old, new]) => rename(ui, &context, Some(old), new, args.force)?,
        (false, []) => list(ui, &context, args.json)?,
        (false, [name]) => create(ui, &context, name, None, args.force)?,
        (false, [name, start]) => create(ui, &context, name, Some(start), args.force)?,
        (_, more) => return Err(cli_error(format!("{} names are too many", more.len()))),
    }
    Ok(shared::unless_interrupted())
}

fn delete(
    ui: &mut Ui,
    context: &Context,
    names: &[String],
    force: bool,
) -> Result<(), CommandError> {
    let deleted = branch::delete(context, names, force)?;
    ui.end_progress();
    for branch in &deleted.done {
        let was = branch.id.short();
        ui.status(format_args!("deleted `{}` (it was at {was})", branch.name));
    }
    warn_of_late_failures(ui, "deletion", &deleted.hooks);
    Ok(())
}

fn create(
    ui: &mut Ui,
    context: &Context,
    name: &str,
    start: Option<&str>,
    force: bool,
) -> Result<(), CommandError> {
    let Done { done: created, hooks } = branch::create(context, name, start, force)?;
    ui.end_progress();
    ui.status(format_args!("`{}` is at {}", created.name, created.id.short()));
    warn_of_late_failures(ui, "creation", &hooks);
    Ok(())
}

fn rename(
    ui: &mut Ui,
    context: &Context,
    old: Option<&str>,
    new: &str,
    force: bool,
) -> Result<(), CommandError> {
    let renamed = branch::rename(context, old, new, force)?;
    ui.end_progress();
    ui.status(format_args!("`{}` is called `{new}` now", renamed.done.old));
    warn_of_late_failures(ui, "renaming", &renamed.hooks);
    Ok(())
}

fn list(ui: &mut Ui, context: &Context, json: bool) -> Result<(), CommandError> {
    let branches = branch::list(context)?;
    if json {
        return ui.json(&branches);
    }
    let columns = [
        Column::left().labeled(Label::Branch),
        Column::left().labeled(Label::CommitId),
        Column::left(),
    ];
    let mut table = Table::new(columns);
    if let Some(row) = without_commits(context)? {
        table.row(row);
    }
    for BranchInfo { name, id, current, .. } in branches {
        let commit = context.repo.objects().commit(id)?;
        let name = format!("{} {name}", if current { "*" } else { " " });
        let subject = printable(commit.subject()).into_owned();
        table.row([name, id.short(), subject]);
    }
    table.lines(ui.data_paint()).iter().try_for_each(|line| ui.data(line))
}

/// Returns the line of where one stands, if that is no branch with a commit.
fn without_commits(context: &Context) -> Result<Option<[String; 3]>, CommandError> {
    Ok(match context.repo.head()? {
        Head::Branch { name, commit: None } => Some([
            format!("* {name}", name = name.short()),
            String::new(),
            "no commit yet".to_owned(),
        ]),
        Head::Branch { .. } => None,
        Head::Detached(id) => Some(["* (no branch)".to_owned(), id.short(), String::new()]),
    })
}
