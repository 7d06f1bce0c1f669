//! `mlv model`

use std::ffi::OsString;

use super::shared;
use crate::cli::error::{CommandError, cli_error};
use crate::cli::exit::ExitStatus;
use crate::cli::globals::Globals;
use crate::cli::render::{Column, Table, relative};
use crate::cli::runs::warn_of_late_failures;
use crate::cli::session;
use crate::cli::style::Label;
use crate::cli::ui::Ui;
use crate::ops::Context;
use crate::ops::hooks::Done;
use crate::ops::model::{self, Assignment, ModelRef};

/// The alias that a promotion moves where none is named.
const CHAMPION: &str = "champion";

/// Name models: which one is the champion, and which one was before
///
/// An alias, as `churn@champion`, names a path of a commit. It can be given wherever a commit is asked
/// for, remembers what it named before, and travels with `push` and `fetch`. The hooks of pre-promote
/// and post-promote run around each move. Without a verb, the aliases are listed.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  mlv model promote churn main:models/churn
  mlv model promote churn HEAD:models/churn --alias challenger --data data/train.csv
  mlv model list
  mlv model rollback churn
  mlv model alias delete churn challenger
  mlv show churn@champion")]
pub struct Args {
    #[command(subcommand)]
    verb: Option<Verb>,
    /// Print `[{"model", "alias", "commit", "path", …}]` as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    /// Let an alias name a model
    Promote {
        /// The name of the model
        name: String,
        #[command(flatten)]
        target: Target,
        /// The alias
        #[arg(long, default_value = CHAMPION)]
        alias: String,
    },
    /// Let an alias name again what it named before
    Rollback {
        /// The name of the model
        name: String,
        /// The alias
        #[arg(default_value = CHAMPION)]
        alias: String,
    },
    /// List the aliases of all models
    List(List),
    /// List, move or delete aliases
    Alias {
        #[command(subcommand)]
        verb: AliasVerb,
    },
}

#[derive(Debug, clap::Subcommand)]
enum AliasVerb {
    /// Let an alias name a model
    Set {
        /// The name of the model
        name: String,
        /// The alias
        alias: String,
        #[command(flatten)]
        target: Target,
    },
    /// List the aliases of all models
    List(List),
    /// Forget an alias; `mlv undo` brings it back
    Delete {
        /// The name of the model
        name: String,
        /// The alias
        alias: String,
    },
}

#[derive(Debug, clap::Args)]
struct Target {
    /// The commit, and where the model lies in it
    #[arg(value_name = "REV:PATH")]
    place: OsString,
    /// What it was trained on, in the same commit [default: its artifacts of kind `dataset`]
    #[arg(long, value_name = "PATH")]
    data: Vec<OsString>,
}

#[derive(Debug, clap::Args)]
struct List {
    /// Only those of this model
    name: Option<String>,
    /// Print `[{"model", "alias", "commit", "path", …}]` as JSON
    #[arg(long)]
    json: bool,
}

pub fn run(ui: &mut Ui, globals: &Globals, args: Args) -> Result<ExitStatus, CommandError> {
    let context = session::open(ui, globals)?;
    let everything = List { name: None, json: args.json };
    match args.verb.unwrap_or(Verb::List(everything)) {
        Verb::Promote { name, target, alias } => set(ui, &context, (&name, &alias), &target)?,
        Verb::Rollback { name, alias } => roll_back(ui, &context, &name, &alias)?,
        Verb::List(wanted) | Verb::Alias { verb: AliasVerb::List(wanted) } => {
            list(ui, &context, &wanted)?;
        }
        Verb::Alias { verb: AliasVerb::Set { name, alias, target } } => {
            set(ui, &context, (&name, &alias), &target)?;
        }
        Verb::Alias { verb: AliasVerb::Delete { name, alias } } => {
            let deleted = model::delete(&context, &name, &alias)?;
            let was = deleted.commit.short();
            ui.status(format_args!("deleted `{name}@{alias}` (it was at {was})"));
        }
    }
    Ok(shared::unless_interrupted())
}

fn set(
    ui: &mut Ui,
    context: &Context,
    (model, alias): (&str, &str),
    target: &Target,
) -> Result<(), CommandError> {
    let place = context.place(Some(&target.place))?;
    if place.revision.is_empty() {
        return Err(cli_error("an alias names what a commit holds, not what is staged"));
    }
    if place.path.is_root() {
        return Err(cli_error("which path is the model? `REV:PATH`"));
    }
    let data = target.data.iter().map(|path| context.path(path)).collect::<Result<_, _>>()?;
    let done = model::set(context, &Assignment { model, alias, place: &place, data })?;
    tell(ui, &done);
    Ok(())
}

fn roll_back(ui: &mut Ui, context: &Context, model: &str, alias: &str) -> Result<(), CommandError> {
    let done = model::roll_back(context, model, alias)?;
    tell(ui, &done);
    Ok(())
}

fn tell(ui: &mut Ui, Done { done: model, hooks }: &Done<ModelRef>) {
    ui.end_progress();
    let ModelRef { model, alias, commit, path, .. } = model;
    ui.status(format_args!("`{model}@{alias}` is `{path}` of {}", commit.short()));
    warn_of_late_failures(ui, "promotion", hooks);
}

fn list(ui: &mut Ui, context: &Context, wanted: &List) -> Result<(), CommandError> {
    let models = model::list(context, wanted.name.as_deref())?;
    if wanted.json {
        return ui.json(&models);
    }
    let columns = [
        Column::left().labeled(Label::Tag),
        Column::left().labeled(Label::CommitId),
        Column::left().labeled(Label::Path),
        Column::left(),
        Column::left(),
    ];
    let (mut table, now) = (Table::new(columns), context.now()?);
    for ModelRef { model, alias, commit, path, time, by, .. } in models {
        let (name, when) = (format!("{model}@{alias}"), relative(time, now));
        table.row([name, commit.short(), path.to_string(), when, by.name]);
    }
    table.lines(ui.data_paint()).iter().try_for_each(|line| ui.data(line))
}
