//! `mlv hooks schema`

use crate::cli::error::CommandError;
use crate::cli::exit::ExitStatus;
use crate::cli::ui::Ui;
use crate::hook::spec::json_schema;

/// Print the JSON Schema of `mlv.yaml`, with which editors complete and check it
///
/// With the YAML language server, put `# yaml-language-server: $schema=PATH` on the first line of
/// the file, where PATH is a file that holds what this prints.
#[derive(Debug, clap::Args)]
pub struct Args {}

pub fn run(ui: &mut Ui, _args: Args) -> Result<ExitStatus, CommandError> {
    ui.json(&json_schema())?;
    Ok(ExitStatus::Done)
}
