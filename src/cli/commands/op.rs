//! `mlv op`

use crate::cli::error::CommandError;
use crate::cli::exit::ExitStatus;
use crate::cli::globals::Globals;
use crate::cli::render::{Column, Table, printable, relative};
use crate::cli::session;
use crate::cli::style::Label;
use crate::cli::ui::Ui;
use crate::ops::operation_log::{self, OperationInfo, RefMove};
use crate::ops::{Context, undo};

/// Show the operation log, and go back in it
///
/// Whatever changed the repository is an operation: commits, merges, switches, resets, tags, and each
/// undo itself.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  mlv op log
  mlv op show 12
  mlv op restore 12")]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    /// List the operations, newest first
    Log {
        /// Show no more than N operations
        #[arg(short = 'n', long = "max-count", value_name = "N")]
        limit: Option<usize>,
        /// Print `[{"id", "time", "command", "kind", "of", "refs", "moved_files", "saved_files"}]` as JSON
        #[arg(long)]
        json: bool,
    },
    /// Show what an operation did
    Show {
        id: i64,
        /// Print it as an object of `op log --json`
        #[arg(long)]
        json: bool,
    },
    /// Go back to how everything was after an operation
    Restore {
        id: i64,
        /// Print `{"operation", "files", "saved"}` as JSON
        #[arg(long)]
        json: bool,
    },
}

pub fn run(ui: &mut Ui, globals: &Globals, args: Args) -> Result<ExitStatus, CommandError> {
    let context = session::open(ui, globals)?;
    match args.verb {
        Verb::Log { limit, json } => {
            let operations = operation_log::list(&context, limit.unwrap_or(usize::MAX))?;
            if json { ui.json(&operations)? } else { list(ui, &context, &operations)? }
        }
        Verb::Show { id, json } => {
            let operation = operation_log::show(&context, id)?;
            if json { ui.json(&operation)? } else { show(ui, &operation)? }
        }
        Verb::Restore { id, json } => {
            let restored = undo::restore(&context, id)?;
            if json {
                ui.json(&restored)?;
            } else {
                super::undo::tell(ui, "everything is as it was after", &restored, "mlv undo");
            }
        }
    }
    Ok(ExitStatus::Done)
}

fn list(ui: &mut Ui, context: &Context, operations: &[OperationInfo]) -> Result<(), CommandError> {
    let columns = [
        Column::right().labeled(Label::CommitId),
        Column::left().labeled(Label::Time),
        Column::left(),
        Column::left().labeled(Label::Faint),
    ];
    let mut table = Table::new(columns);
    let now = context.now()?;
    for operation in operations {
        let command = printable(&operation.command).into_owned();
        let of = operation.of.map(|of| format!("of {of}")).unwrap_or_default();
        table.row([operation.id.to_string(), relative(operation.time, now), command, of]);
    }
    ui.start_pager()?;
    table.lines(ui.data_paint()).iter().try_for_each(|line| ui.data(line))
}

fn show(ui: &mut Ui, operation: &OperationInfo) -> Result<(), CommandError> {
    let id = ui.paint(Label::CommitId, operation.id).to_string();
    ui.data(format_args!("operation {id}"))?;
    ui.data(format_args!("command:  {}", printable(&operation.command)))?;
    ui.data(format_args!("time:     {}", ui.paint(Label::Time, operation.time)))?;
    if let Some(of) = operation.of {
        ui.data(format_args!("{:<10}operation {of}", format!("{}:", operation.kind)))?;
    }
    let mut table = Table::new([Column::left().labeled(Label::Branch), Column::left()]);
    for RefMove { name, old, new } in &operation.refs {
        table.row([name.clone(), format!("{} -> {}", short(old.as_ref()), short(new.as_ref()))]);
    }
    for line in table.lines(ui.data_paint()) {
        ui.data(format_args!("  {line}"))?;
    }
    match (operation.moved_files, operation.saved_files) {
        (_, true) => ui.data("files were changed; unsaved work of theirs is kept"),
        (true, false) => ui.data("files were changed"),
        (false, false) => Ok(()),
    }
}

/// Returns the value of a ref, an id shortened as elsewhere.
fn short(value: Option<&String>) -> String {
    match value {
        None => "nothing".to_owned(),
        Some(value) => value
            .parse::<crate::base::CommitId>()
            .map_or_else(|_| printable(value).into_owned(), crate::base::CommitId::short),
    }
}
