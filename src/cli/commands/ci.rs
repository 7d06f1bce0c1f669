//! `mlv ci`: hooks of merges on a forge's runners.

use crate::cli::error::{CommandError, user_error};
use crate::cli::exit::ExitStatus;
use crate::cli::globals::Globals;
use crate::cli::session;
use crate::cli::ui::Ui;
use crate::ops::OpsError;
use crate::ops::ci::{self, Forge};

/// Let a forge run the hooks of merges
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  mlv ci init github
  mlv ci init gitlab --branch trunk")]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    /// Write `.github/workflows/mlv.yml` or `.gitlab-ci.yml`
    ///
    /// On a pull request the runner clones the data, runs the `pre-merge` hooks on what the merge would
    /// make, and shows what they find; after the merge it runs the `post-merge` hooks. The file says what
    /// to set.
    Init {
        forge: ForgeName,
        /// The branch that is merged into
        #[arg(long, default_value = "main")]
        branch: String,
        /// Replace a file that is there
        #[arg(long)]
        force: bool,
    },
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum ForgeName {
    Github,
    Gitlab,
}

pub fn run(ui: &mut Ui, globals: &Globals, args: Args) -> Result<ExitStatus, CommandError> {
    let Verb::Init { forge, branch, force } = args.verb;
    let forge = match forge {
        ForgeName::Github => Forge::GitHub,
        ForgeName::Gitlab => Forge::GitLab,
    };
    let context = session::open(ui, globals)?;
    let path = ci::init(&context, forge, &branch, force).map_err(|error| match error {
        OpsError::PathExists { .. } => user_error(error).hinted("`--force` replaces it"),
        error => error.into(),
    })?;
    ui.status(format_args!("wrote `{}`", path.display()));
    ui.hint("its first lines say what to set; then commit it with Git");
    Ok(ExitStatus::Done)
}
