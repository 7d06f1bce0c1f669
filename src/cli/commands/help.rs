//! `mlv help`

use crate::cli::error::CommandError;
use crate::cli::exit::ExitStatus;
use crate::cli::globals::Globals;
use crate::cli::help;
use crate::cli::topics;
use crate::cli::ui::Ui;

/// Explain a verb or a concept
///
/// With nothing to explain, the overview of the verbs and the list of the concepts.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  mlv help
  mlv help version
  mlv help revisions")]
pub struct Args {
    /// A verb, a verb and the verb below it, or a concept
    #[arg(value_name = "VERB|TOPIC")]
    about: Vec<String>,
}

pub fn run(ui: &mut Ui, _: &Globals, args: Args) -> Result<ExitStatus, CommandError> {
    match args.about.as_slice() {
        [] => help::show_everything(ui),
        [word] => match topics::find(word) {
            Some(topic) => help::show_topic(ui, topic),
            None => help::show_verb(ui, &args.about),
        },
        words => help::show_verb(ui, words),
    }
}
