//! `mlv completions`

use clap_complete::Shell;

use crate::cli::error::CommandError;
use crate::cli::exit::ExitStatus;
use crate::cli::globals::Globals;
use crate::cli::ui::Ui;

/// Print the completion script of a shell
///
/// Load it from the start-up file of the shell, or write it where the shell looks for completions.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  mlv completions bash > ~/.local/share/bash-completion/completions/mlv
  mlv completions zsh > ~/.zfunc/_mlv
  mlv completions fish > ~/.config/fish/completions/mlv.fish")]
pub struct Args {
    shell: Shell,
}

pub fn run(ui: &mut Ui, _: &Globals, args: Args) -> Result<ExitStatus, CommandError> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut crate::cli::app::command(), "mlv", &mut script);
    ui.bytes(&script)?;
    Ok(ExitStatus::Done)
}
