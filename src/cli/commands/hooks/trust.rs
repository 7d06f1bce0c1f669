//! `mlv hooks trust`

use crate::cli::error::CommandError;
use crate::cli::exit::ExitStatus;
use crate::cli::globals::Globals;
use crate::cli::render::{count, printable};
use crate::cli::session;
use crate::cli::style::Label;
use crate::cli::ui::Ui;
use crate::ops::hooks::{self, TrustReport};

/// Let hooks run that came from elsewhere, after showing their commands
///
/// Hooks that came with a clone run nothing before you have looked at them. Trust holds in this
/// repository for exactly these definitions: changed ones that come from elsewhere ask again.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The branch or commit whose `mlv.yaml` it is; `HEAD` where none is named
    revision: Option<String>,

    /// Only show them
    #[arg(short = 'n', long)]
    dry_run: bool,

    /// Print `{"definition", "already", "hooks": [{"hook", "on", "run"}]}` as JSON
    #[arg(long)]
    json: bool,
}

pub fn run(ui: &mut Ui, globals: &Globals, args: Args) -> Result<ExitStatus, CommandError> {
    let context = session::open(ui, globals)?;
    let shown = hooks::trust(&context, args.revision.as_deref(), true)?;
    if args.json {
        ui.json(&shown)?;
    } else {
        show(ui, &shown)?;
    }
    if args.dry_run {
        let trusted = if shown.already { "trusted already" } else { "not trusted yet" };
        ui.status(format_args!("{}: {trusted}", count(shown.hooks.len(), "hook")));
        return Ok(ExitStatus::Done);
    }
    hooks::trust(&context, args.revision.as_deref(), false)?;
    ui.status(format_args!("{} trusted in this repository", count(shown.hooks.len(), "hook")));
    Ok(ExitStatus::Done)
}

fn show(ui: &mut Ui, report: &TrustReport) -> Result<(), CommandError> {
    for hook in &report.hooks {
        let name = ui.paint(Label::Heading, &hook.hook).to_string();
        ui.data(format_args!("{name} on {}", hook.on.join(", ")))?;
        for line in hook.run.trim_end().lines() {
            ui.data(format_args!("    {}", printable(line)))?;
        }
    }
    Ok(())
}
