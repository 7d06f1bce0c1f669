//! `mlv hooks list`

use crate::cli::error::CommandError;
use crate::cli::exit::ExitStatus;
use crate::cli::globals::Globals;
use crate::cli::render::{Column, Table, printable};
use crate::cli::session;
use crate::cli::style::Label;
use crate::cli::ui::Ui;
use crate::ops::hooks::{self, ListedHook};

/// Show which hooks would run for what is staged, and why the others would not
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Print `[{"event", "hook", "run", "would_run", "reason", ...}]` as JSON
    #[arg(long)]
    json: bool,
}

pub fn run(ui: &mut Ui, globals: &Globals, args: Args) -> Result<ExitStatus, CommandError> {
    let context = session::open(ui, globals)?;
    let listed = hooks::list(&context)?;
    if args.json {
        ui.json(&listed)?;
        return Ok(ExitStatus::Done);
    }
    ui.start_pager()?;
    show(ui, &listed)?;
    if listed.is_empty() {
        ui.status("no hooks: `mlv.yaml` is not staged, or names none");
        ui.hint("`mlv help hooks` shows how to write one");
    } else if listed.iter().any(|hook| !hook.trusted) {
        ui.hint("they run nothing yet: `mlv hooks trust` shows them and lets them run");
    }
    Ok(ExitStatus::Done)
}

fn show(ui: &mut Ui, listed: &[ListedHook]) -> Result<(), CommandError> {
    for (at, event) in listed.chunk_by(|a, b| a.event == b.event).enumerate() {
        let title = ui.paint(Label::Heading, event[0].event).to_string();
        ui.data(format_args!("{}{title}", if at > 0 { "\n" } else { "" }))?;
        let columns = [Column::left(), Column::left(), Column::left().labeled(Label::Faint)];
        let mut table = Table::new(columns);
        for hook in event {
            table.row([hook.hook.clone(), what(hook), why_not(hook)]);
        }
        for line in table.lines(ui.data_paint()) {
            ui.data(format_args!("  {line}"))?;
        }
    }
    Ok(())
}

/// Returns what the hook is for, or else the first line of its command.
fn what(hook: &ListedHook) -> String {
    let command = hook.run.trim().lines().next().unwrap_or_default();
    printable(hook.description.as_deref().unwrap_or(command)).into_owned()
}

fn why_not(hook: &ListedHook) -> String {
    match (&hook.reason, &hook.trigger) {
        (Some(reason), _) => format!("would not run: {reason}"),
        (None, Some(trigger)) => printable(trigger).into_owned(),
        (None, None) => "would run".to_owned(),
    }
}
