//! `mlv hooks act`, which only hooks start: an action that mlv itself carries out.

use std::io::Write;

use crate::action::{self, ActionError, Outcome};
use crate::base::fs::IoContext;
use crate::cli::error::{CommandError, user_error};
use crate::cli::exit::ExitStatus;
use crate::cli::globals::Globals;
use crate::cli::ui::Ui;
use crate::hook::Annotation;

/// Carry out an action in a hook's sandbox
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The action, one that needs no script
    name: String,
}

pub fn run(ui: &mut Ui, globals: &Globals, args: Args) -> Result<ExitStatus, CommandError> {
    let (outcome, answer) = action::carry_out(&args.name, &globals.environment)?;
    for note in &outcome.annotations {
        ui.data(line(note))?;
    }
    ui.data(&outcome.summary)?;
    let mut file = std::fs::File::options()
        .append(true)
        .create(true)
        .open(&answer)
        .context("open", &answer)?;
    file.write_all(lines(&outcome).as_bytes()).context("write", &answer)?;
    Ok(if outcome.passed { ExitStatus::Done } else { ExitStatus::Failed })
}

fn line(note: &Annotation) -> String {
    let row = note.row.map(|row| format!(":{row}")).unwrap_or_default();
    format!("{}{row}: {}", note.path.as_deref().unwrap_or_default(), note.message)
}

/// Returns the answer as a hook gives it.
fn lines(outcome: &Outcome) -> String {
    let notes = outcome.annotations.iter().map(|note| serde_json::json!({ "annotation": note }));
    let all = notes.chain([serde_json::json!({ "summary": outcome.summary })]);
    let lines: Vec<String> = all.map(|value| value.to_string()).collect();
    lines.join("\n") + "\n"
}

impl From<ActionError> for CommandError {
    fn from(error: ActionError) -> Self {
        match error {
            ActionError::Path(error) => error.into(),
            error => user_error(error),
        }
    }
}
