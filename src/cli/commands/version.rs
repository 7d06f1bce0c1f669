//! `mlv version`

use crate::cli::error::CommandError;
use crate::cli::exit::ExitStatus;
use crate::cli::globals::Globals;
use crate::cli::ui::Ui;

/// Show the version of mlv
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  mlv version
  mlv version --json")]
pub struct Args {
    /// Print `{"version"}` as JSON
    #[arg(long)]
    json: bool,
}

pub fn run(ui: &mut Ui, _: &Globals, args: Args) -> Result<ExitStatus, CommandError> {
    let version = env!("CARGO_PKG_VERSION");
    if args.json {
        ui.json(&serde_json::json!({ "version": version }))?;
    } else {
        ui.data(format_args!("mlv {version}"))?;
    }
    Ok(ExitStatus::Done)
}
