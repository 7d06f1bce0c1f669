//! `mlv hooks act`, which only hooks start: an action that mlv itself carries out.

use std::io::Write;

use crate::action::{self, ActionError, Outcome, Told};
use crate::base::Timestamp;
use crate::base::fs::IoContext;
use crate::cli::error::{CommandError, user_error};
use crate::cli::exit::ExitStatus;
use crate::cli::globals::Globals;
use crate::cli::session;
use crate::cli::ui::Ui;
use crate::hook::Annotation;
use crate::hook::action::find;
use crate::ops::act::{self, ActError};

/// Carry out an action in a hook's sandbox
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The action, one that needs no script
    name: String,
}

pub fn run(ui: &mut Ui, globals: &Globals, args: Args) -> Result<ExitStatus, CommandError> {
    let told = Told::read(&globals.environment)?;
    let reads_tree = find(&args.name).is_some_and(|action| action.reads_tree);
    let outcome = if reads_tree {
        let context = session::open_for_action(ui, globals)?;
        act::carry_out(&context, &args.name, &told)?
    } else {
        action::carry_out(&args.name, &told)?
    };
    for note in &outcome.annotations {
        ui.data(line(note, reads_tree))?;
    }
    ui.data(&outcome.summary)?;
    let mut file = std::fs::File::options()
        .append(true)
        .create(true)
        .open(&told.output)
        .context("open", &told.output)?;
    file.write_all(lines(&outcome).as_bytes()).context("write", &told.output)?;
    Ok(if outcome.passed { ExitStatus::Done } else { ExitStatus::Failed })
}

/// Returns a remark in a line. What reads tables counts their rows, which need not be lines.
fn line(note: &Annotation, of_tables: bool) -> String {
    let row =
        note.row.map(|row| if of_tables { format!(", row {row}") } else { format!(":{row}") });
    let row = row.unwrap_or_default();
    format!("{}{row}: {}", note.path.as_deref().unwrap_or_default(), note.message)
}

/// Returns the answer as a hook gives it.
fn lines(outcome: &Outcome) -> String {
    let notes = outcome.annotations.iter().map(|note| serde_json::json!({ "annotation": note }));
    let metrics =
        (!outcome.metrics.is_empty()).then(|| serde_json::json!({ "metric": outcome.metrics }));
    let end = outcome.valid_until.map(|seconds| {
        let time = Timestamp::from_seconds(seconds).to_string();
        serde_json::json!({ "valid_until": time })
    });
    let all =
        notes.chain(metrics).chain(end).chain([serde_json::json!({ "summary": outcome.summary })]);
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

impl From<ActError> for CommandError {
    fn from(error: ActError) -> Self {
        match error {
            ActError::Action(error) => error.into(),
            ActError::Ops(error) => (*error).into(),
        }
    }
}
