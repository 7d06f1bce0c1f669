//! `mlv init`

use std::path::PathBuf;

use crate::cli::error::CommandError;
use crate::cli::exit::ExitStatus;
use crate::cli::globals::Globals;
use crate::cli::style::Label;
use crate::cli::ui::Ui;
use crate::ops::init::{Initialized, init};

/// Make a repository, empty or from a template
///
/// Writes `.mlv/` into DIR, or into the present directory. Inside a Git work tree the two live side
/// by side: Git keeps the code, mlv the data, and Git is told to leave `.mlv/` alone.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  mlv init
  mlv init datasets -b trunk
  mlv init churn --template tabular-classification")]
pub struct Args {
    /// Where to make it; created where missing
    directory: Option<PathBuf>,

    /// Begin with the files of a template; the directory must be empty
    #[arg(long, value_name = "NAME")]
    template: Option<String>,

    /// Name the first branch [default: the setting `core.default_branch`]
    #[arg(short, long, value_name = "BRANCH")]
    branch: Option<String>,
}

pub fn run(ui: &mut Ui, globals: &Globals, args: Args) -> Result<ExitStatus, CommandError> {
    let config = globals.config(ui, None)?;
    let setting = || config.string("core.default_branch").map(|value| value.text);
    let branch = args.branch.or_else(setting).unwrap_or_else(|| "main".to_owned());
    let directory = match args.directory {
        Some(directory) => directory,
        None => globals.directory()?,
    };
    let made = init(&directory, &branch, args.template.as_deref())?;
    tell(ui, &made);
    Ok(ExitStatus::Done)
}

fn tell(ui: &mut Ui, made: &Initialized) {
    let branch = ui.paint_talk(Label::Branch, made.branch.clone());
    ui.status(format_args!("made a repository in `{}`, on branch {branch}", made.root.display()));
    if let Some(problem) = &made.git_problem {
        ui.warning(format_args!("Git will list `.mlv/` as untracked: {problem}"));
    } else if let Some(git) = &made.git {
        let work_tree = git.display();
        ui.status(format_args!(
            "Git's work tree `{work_tree}` leaves `.mlv/` and added data alone"
        ));
    }
    if made.template.is_some() {
        ui.hint("`README.md` says what is here, and what to type first");
    } else {
        ui.hint("`mlv add PATH` takes files in");
    }
}
