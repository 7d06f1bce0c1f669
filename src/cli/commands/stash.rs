//! `mlv stash`

use crate::base::Timestamp;
use crate::cli::error::{CommandError, user_error};
use crate::cli::exit::ExitStatus;
use crate::cli::globals::Globals;
use crate::cli::render::{Column, Table, count, printable, relative};
use crate::cli::session;
use crate::cli::style::Label;
use crate::cli::ui::Ui;
use crate::ops::Context;
use crate::ops::stash::{self, Applied, StashInfo};

/// Set changes aside, and bring them back
///
/// Alone it is `mlv stash push`: the working copy goes back to `HEAD`, and its changes wait. Stash 0
/// is the newest. Bringing back what conflicts with the files as they are changes nothing.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  mlv stash
  mlv stash push -u -m \"half-done cleaning\"
  mlv stash list
  mlv stash pop")]
#[command(args_conflicts_with_subcommands = true)]
pub struct Args {
    #[command(flatten)]
    push: PushArgs,

    #[command(subcommand)]
    verb: Option<Verb>,
}

#[derive(Debug, clap::Args)]
struct PushArgs {
    /// Say what the changes are
    #[arg(short, long)]
    message: Option<String>,

    /// Also files that are not tracked yet
    #[arg(short = 'u', long)]
    include_untracked: bool,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    /// Set all changes of versioned files aside
    Push(PushArgs),
    /// List the stashes, the newest first
    List {
        /// Print `[{"number", "id", "time", "message", "files"}]` as JSON
        #[arg(long)]
        json: bool,
    },
    /// Bring changes back, and forget the stash
    Pop {
        #[arg(value_name = "N", default_value = "0", value_parser = number)]
        stash: usize,
    },
    /// Bring changes back, and keep the stash
    Apply {
        #[arg(value_name = "N", default_value = "0", value_parser = number)]
        stash: usize,
    },
    /// Forget a stash; `mlv undo` brings it back
    Drop {
        #[arg(value_name = "N", default_value = "0", value_parser = number)]
        stash: usize,
    },
}

pub fn run(ui: &mut Ui, globals: &Globals, args: Args) -> Result<ExitStatus, CommandError> {
    let context = session::open(ui, globals)?;
    match args.verb.unwrap_or(Verb::Push(args.push)) {
        Verb::Push(PushArgs { message, include_untracked }) => {
            let made = stash::push(&context, message, include_untracked)?;
            ui.status(format_args!("set aside {}", described(&made)));
            ui.hint("`mlv stash pop` brings it back");
            Ok(ExitStatus::Done)
        }
        Verb::List { json } => list(ui, &context, json),
        Verb::Pop { stash } => apply(ui, &context, stash, true),
        Verb::Apply { stash } => apply(ui, &context, stash, false),
        Verb::Drop { stash } => {
            let dropped = stash::drop(&context, stash)?;
            ui.status(format_args!("forgot stash {stash}: {}", described(&dropped)));
            Ok(ExitStatus::Done)
        }
    }
}

fn list(ui: &mut Ui, context: &Context, json: bool) -> Result<ExitStatus, CommandError> {
    let stashes = stash::list(context)?;
    if json {
        ui.json(&stashes)?;
        return Ok(ExitStatus::Done);
    }
    let columns = [
        Column::right().labeled(Label::CommitId),
        Column::left().labeled(Label::Time),
        Column::right(),
        Column::left(),
    ];
    let mut table = Table::new(columns);
    for stash in &stashes {
        let time = relative(stash.time, Timestamp::now());
        let message = printable(&stash.message).into_owned();
        table.row([stash.number.to_string(), time, files(stash), message]);
    }
    for line in table.lines(ui.data_paint()) {
        ui.data(line)?;
    }
    if stashes.is_empty() {
        ui.status("no stashes");
    }
    Ok(ExitStatus::Done)
}

fn apply(
    ui: &mut Ui,
    context: &Context,
    number: usize,
    forget: bool,
) -> Result<ExitStatus, CommandError> {
    match stash::apply(context, number, forget)? {
        Applied::Done(stash) => {
            let kept = if forget { "" } else { "; the stash is kept" };
            ui.status(format_args!("brought back {}{kept}", described(&stash)));
            Ok(ExitStatus::Done)
        }
        Applied::Conflicts(conflicts) => {
            let paths: Vec<_> = conflicts
                .iter()
                .map(|found| format!("  {} ({})", found.path, found.kind))
                .collect();
            Err(user_error(format!("stash {number} does not go together with what is here"))
                .exiting(ExitStatus::Conflicts)
                .hinted(format!("in conflict, nothing was changed:\n{}", paths.join("\n")))
                .hinted("commit what is here, or take it back, then try again"))
        }
    }
}

/// Returns what a stash is, in words.
fn described(stash: &StashInfo) -> String {
    format!("{}: {}", files(stash), printable(&stash.message))
}

fn files(stash: &StashInfo) -> String {
    count(usize::try_from(stash.files).unwrap_or(usize::MAX), "file")
}

/// Reads `2` or, as Git writes it, `stash@{2}`.
fn number(text: &str) -> Result<usize, String> {
    let inner = text.strip_prefix("stash@{").and_then(|rest| rest.strip_suffix('}'));
    inner.unwrap_or(text).parse().map_err(|_| "expected a number as `mlv stash list` shows".into())
}
