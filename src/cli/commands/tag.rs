//! `mlv tag`

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
use crate::ops::hooks::Done;
use crate::ops::tag::{self, TagInfo};

/// List, make or delete tags: names for commits that do not move
///
/// A tag with a message also keeps who made it, and when. Without a name, the tags are listed.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  mlv tag
  mlv tag v1.2
  mlv tag -m 'Data as of June' v1.3 HEAD~1
  mlv tag -d v1.2
  mlv tag --json")]
pub struct Args {
    /// The new tag, and the commit it names [default: HEAD]; with -d tags to delete
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Why the commit is tagged
    #[arg(short, long, value_name = "TEXT", requires = "names")]
    message: Option<String>,
    /// Delete tags; `mlv undo` brings them back
    #[arg(short, long, requires = "names", conflicts_with_all = ["message", "force"])]
    delete: bool,
    /// Move a tag that is there
    #[arg(short, long, requires = "names")]
    force: bool,
    /// Print `[{"name", "id", "tagger", "time", "message"}]` as JSON
    #[arg(long, conflicts_with = "names")]
    json: bool,
}

pub fn run(ui: &mut Ui, globals: &Globals, args: Args) -> Result<ExitStatus, CommandError> {
    let context = session::open(ui, globals)?;
    if args.delete {
        let deleted = tag::delete(&context, &args.names)?;
        ui.end_progress();
        for tag in &deleted.done {
            ui.status(format_args!("deleted `{}` (it was at {})", tag.name, tag.id.short()));
        }
        warn_of_late_failures(ui, "deletion", &deleted.hooks);
        return Ok(shared::unless_interrupted());
    }
    let (name, target) = match args.names.as_slice() {
        [] => return list(ui, &context, args.json).map(|()| ExitStatus::Done),
        [name] => (name, None),
        [name, target] => (name, Some(target.as_str())),
        more => return Err(cli_error(format!("{} names are too many", more.len()))),
    };
    let Done { done: made, hooks } = tag::create(&context, name, target, args.message, args.force)?;
    ui.end_progress();
    ui.status(format_args!("`{}` is {}", made.name, made.id.short()));
    warn_of_late_failures(ui, "tagging", &hooks);
    Ok(shared::unless_interrupted())
}

fn list(ui: &mut Ui, context: &Context, json: bool) -> Result<(), CommandError> {
    let tags = tag::list(context)?;
    if json {
        return ui.json(&tags);
    }
    let columns = [
        Column::left().labeled(Label::Tag),
        Column::left().labeled(Label::CommitId),
        Column::left(),
    ];
    let mut table = Table::new(columns);
    for TagInfo { name, id, message, .. } in tags {
        let text = match message {
            Some(message) => message,
            None => context.repo.objects().commit(id)?.message,
        };
        let subject = printable(text.lines().next().unwrap_or_default()).into_owned();
        table.row([name, id.short(), subject]);
    }
    table.lines(ui.data_paint()).iter().try_for_each(|line| ui.data(line))
}
