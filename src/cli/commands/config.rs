//! `mlv config`

use std::path::PathBuf;

use serde_json::json;

use crate::cli::error::{CommandError, user_error};
use crate::cli::exit::ExitStatus;
use crate::cli::globals::Globals;
use crate::cli::render::{Column, Table, printable};
use crate::cli::style::Label;
use crate::cli::ui::Ui;
use crate::config::{self, Key, Value};

/// Show and change settings
///
/// A setting is looked for on the command line (`-c KEY=VALUE`), in the environment, in the
/// repository's `.mlv/config.toml`, in the user's file, in the system's, then among the defaults.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  mlv config list
  mlv config get user.email
  mlv config set --user user.name \"Ada Lovelace\"
  mlv config unset ui.pager")]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    /// Show every setting with where it comes from
    List {
        /// Print `[{"key", "value", "source"}]` as JSON
        #[arg(long)]
        json: bool,
    },
    /// Print the value of a setting; exit code 1 where it has none
    Get {
        key: String,
        /// Print `{"key", "value", "source"}` as JSON
        #[arg(long)]
        json: bool,
    },
    /// Set a setting, in the repository or with `--user` for all of them
    Set {
        key: String,
        value: String,
        /// In the user's file
        #[arg(long)]
        user: bool,
    },
    /// Remove a setting, so that the next source counts
    Unset {
        key: String,
        /// From the user's file
        #[arg(long)]
        user: bool,
    },
}

pub fn run(ui: &mut Ui, globals: &Globals, args: Args) -> Result<ExitStatus, CommandError> {
    match args.verb {
        Verb::List { json } => list(ui, globals, json),
        Verb::Get { key, json } => get(ui, globals, &key, json),
        Verb::Set { key, value, user } => {
            let path = file(globals, user)?;
            config::set(&path, &key, &value)?;
            ui.status(format_args!("set `{key}` in `{}`", path.display()));
            Ok(ExitStatus::Done)
        }
        Verb::Unset { key, user } => unset(ui, globals, &key, user),
    }
}

fn list(ui: &mut Ui, globals: &Globals, json: bool) -> Result<ExitStatus, CommandError> {
    let layout = globals.layout_if_any()?;
    let config = globals.config(ui, layout.as_ref())?;
    if json {
        let entries: Vec<_> = config.entries().map(|(key, value)| as_json(key, value)).collect();
        ui.json(&entries)?;
        return Ok(ExitStatus::Done);
    }
    let columns = [Column::left(), Column::left(), Column::left().labeled(Label::Faint)];
    let mut table = Table::new(columns);
    for (key, value) in config.entries() {
        let text = printable(&value.text).into_owned();
        table.row([key.to_owned(), text, format!("from {}", value.source)]);
    }
    for line in table.lines(ui.data_paint()) {
        ui.data(line)?;
    }
    Ok(ExitStatus::Done)
}

fn get(ui: &mut Ui, globals: &Globals, key: &str, json: bool) -> Result<ExitStatus, CommandError> {
    let layout = globals.layout_if_any()?;
    let config = globals.config(ui, layout.as_ref())?;
    check_known(key)?;
    let Some(value) = config.string(key) else {
        let hint = format!("`mlv config set {key} VALUE` sets it");
        return Err(user_error(format!("`{key}` is not set")).hinted(hint));
    };
    if json {
        ui.json(&as_json(key, &value))?;
    } else {
        ui.data(&value.text)?;
    }
    Ok(ExitStatus::Done)
}

fn unset(
    ui: &mut Ui,
    globals: &Globals,
    key: &str,
    user: bool,
) -> Result<ExitStatus, CommandError> {
    let path = file(globals, user)?;
    if !config::unset(&path, key)? {
        let hint = "`mlv config list` says where each value comes from";
        return Err(user_error(format!("`{key}` is not set in `{}`", path.display())).hinted(hint));
    }
    ui.status(format_args!("removed `{key}` from `{}`", path.display()));
    Ok(ExitStatus::Done)
}

fn check_known(key: &str) -> Result<(), CommandError> {
    let unknown = || config::ConfigError::UnknownKey {
        key: key.to_owned(),
        candidates: Key::candidates(key),
    };
    Key::find(key).map(|_| ()).ok_or_else(|| unknown().into())
}

fn file(globals: &Globals, user: bool) -> Result<PathBuf, CommandError> {
    if user {
        let nowhere = || user_error("neither MLV_CONFIG nor HOME says where your settings are");
        return globals.environment.user_config().ok_or_else(nowhere);
    }
    let layout = globals.layout().map_err(|error| error.hinted("`--user` sets it everywhere"))?;
    Ok(layout.config())
}

fn as_json(key: &str, value: &Value) -> serde_json::Value {
    json!({ "key": key, "value": value.text, "source": value.source.to_string() })
}
