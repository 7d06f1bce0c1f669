//! `mlv hooks`: what would run, what has run, and who is trusted. One file a verb below it.

mod act;
mod add;
mod check;
mod list;
mod log;
mod metrics;
mod retry;
mod run;
mod runs;
mod schema;
mod show;
mod trust;
mod work;

use crate::cli::error::CommandError;
use crate::cli::exit::ExitStatus;
use crate::cli::globals::Globals;
use crate::cli::ui::Ui;

/// Look at hooks: what would run, what has run, and why
///
/// Hooks are written in `mlv.yaml`; `mlv help hooks` explains them.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  mlv hooks add max-file-size --with max=10MB
  mlv hooks check
  mlv hooks list
  mlv hooks runs --status failed
  mlv hooks show r-000042
  mlv hooks log r-000042 --follow
  mlv hooks retry --failed
  mlv hooks run pre-merge --source better-features --into main
  mlv hooks work --once
  mlv hooks trust --dry-run")]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    List(list::Args),
    Add(add::Args),
    Check(check::Args),
    Schema(schema::Args),
    Run(run::Args),
    Runs(runs::Args),
    Show(show::Args),
    Log(log::Args),
    Retry(retry::Args),
    Metrics(metrics::Args),
    Trust(trust::Args),
    Work(work::Args),
    #[command(hide = true)]
    Act(act::Args),
}

pub fn run(ui: &mut Ui, globals: &Globals, args: Args) -> Result<ExitStatus, CommandError> {
    match args.verb {
        Verb::List(args) => list::run(ui, globals, args),
        Verb::Add(args) => {
            globals.refuse_remote("hooks add")?;
            add::run(ui, globals, args)
        }
        Verb::Check(args) => {
            globals.refuse_remote("hooks check")?;
            check::run(ui, globals, args)
        }
        Verb::Schema(args) => schema::run(ui, args),
        Verb::Run(args) => run::run(ui, globals, args),
        Verb::Runs(args) => runs::run(ui, globals, args),
        Verb::Show(args) => show::run(ui, globals, args),
        Verb::Retry(args) => retry::run(ui, globals, args),
        Verb::Log(args) => log::run(ui, globals, args),
        Verb::Trust(args) => trust::run(ui, globals, args),
        Verb::Metrics(args) => {
            globals.refuse_remote("hooks metrics")?;
            metrics::run(ui, globals, args)
        }
        Verb::Work(args) => work::run(ui, globals, args),
        Verb::Act(args) => act::run(ui, globals, args),
    }
}
