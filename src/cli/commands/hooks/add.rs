//! `mlv hooks add`

use crate::cli::error::{CommandError, cli_error};
use crate::cli::exit::ExitStatus;
use crate::cli::globals::Globals;
use crate::cli::render::{Column, Table};
use crate::cli::session;
use crate::cli::style::Label;
use crate::cli::ui::Ui;
use crate::hook::action::{Action, actions};
use crate::ops::hooks::{self, AddedHook, NewHook};

/// Add a ready-made hook to `mlv.yaml`, or list those there are
///
/// The hook is written into the file of the working copy, whose comments and layout stay. Parameters
/// that are not given have their defaults; `--json` shows all of them.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  mlv hooks add
  mlv hooks add max-file-size --with max=10MB
  mlv hooks add notify-webhook --as tell-team --on post-merge --branch main \\
    --with url=https://example.org/hook --with secret=HOOK_KEY")]
pub struct Args {
    /// The ready-made hook; all are listed where none is named
    action: Option<String>,

    /// Call it so [default: the name of the ready-made hook]
    #[arg(long = "as", value_name = "ID", requires = "action")]
    id: Option<String>,

    /// Give a parameter a value; repeat it for a list
    #[arg(long, value_name = "KEY=VALUE", requires = "action")]
    with: Vec<String>,

    /// Run it on this event; repeat it for several
    #[arg(long, value_name = "EVENT", requires = "action")]
    on: Vec<String>,

    /// Run it on these branches only
    #[arg(long, value_name = "GLOB", requires = "action")]
    branch: Vec<String>,

    /// Print those there are as `[{"name", "description", "on", "parameters", ...}]`
    #[arg(long, conflicts_with = "action")]
    json: bool,
}

pub fn run(ui: &mut Ui, globals: &Globals, args: Args) -> Result<ExitStatus, CommandError> {
    let Some(action) = args.action else {
        return list(ui, args.json);
    };
    let with = args.with.iter().map(|text| assignment(text)).collect::<Result<_, _>>()?;
    let new = NewHook { action, id: args.id, with, on: args.on, branches: args.branch };
    let context = session::open(ui, globals)?;
    tell(ui, &hooks::add(&context, &new)?);
    Ok(ExitStatus::Done)
}

fn assignment(text: &str) -> Result<(String, String), CommandError> {
    let parts = text.split_once('=').filter(|(key, _)| !key.is_empty());
    let (key, value) =
        parts.ok_or_else(|| cli_error(format!("`--with {text}` is not of the form KEY=VALUE")))?;
    Ok((key.to_owned(), value.to_owned()))
}

fn tell(ui: &mut Ui, added: &AddedHook) {
    let file = crate::hook::spec::FILE_NAME;
    let how = if added.created { "a new" } else { "your" };
    ui.status(format_args!("added hook `{}` to {how} `{file}`", added.id));
    if !added.secrets.is_empty() {
        ui.hint(format_args!(
            "it needs these variables where it runs: {}",
            added.secrets.join(", ")
        ));
    }
    ui.hint(format_args!("`mlv hooks check` reads the file; commit it: `mlv add {file}`"));
}

fn list(ui: &mut Ui, json: bool) -> Result<ExitStatus, CommandError> {
    if json {
        let all: Vec<_> = actions().iter().map(as_json).collect();
        ui.json(&all)?;
        return Ok(ExitStatus::Done);
    }
    let columns = [Column::left().labeled(Label::Heading), Column::left(), Column::left()];
    let mut table = Table::new(columns);
    for action in actions() {
        let on = action.on.iter().map(|event| event.name()).collect::<Vec<_>>().join(", ");
        table.row([action.name.to_owned(), on, action.description.clone()]);
    }
    for line in table.lines(ui.data_paint()) {
        ui.data(line)?;
    }
    ui.hint("`mlv hooks add NAME --with KEY=VALUE` adds one; `--json` shows their parameters");
    Ok(ExitStatus::Done)
}

fn as_json(action: &Action) -> serde_json::Value {
    serde_json::json!({
        "name": action.name,
        "description": action.description,
        "on": action.on,
        "cache": action.cache,
        "secrets": action.secrets,
        "parameters": action.parameters,
    })
}
