//! `mlv deploy`

use super::shared;
use crate::cli::error::CommandError;
use crate::cli::exit::ExitStatus;
use crate::cli::globals::Globals;
use crate::cli::render::{Column, Table, count, size};
use crate::cli::runs::warn_of_late_failures;
use crate::cli::session;
use crate::cli::style::Label;
use crate::cli::ui::Ui;
use crate::ops::Context;
use crate::ops::deploy::{self, DeployRequest, Deployed, Release, ReleaseStatus};

/// Give environments releases of models, and take them back
///
/// A file `deploy/NAME.yaml` says which model and what else makes a release, where it goes, and how it
/// is tried there. A release is flipped to in one step; where anything fails, what was served before is
/// served again.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  mlv deploy run prod
  mlv deploy run prod --at churn@champion
  mlv deploy run deploy/staging.yaml --dry-run
  mlv deploy status
  mlv deploy history prod
  mlv deploy rollback prod")]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    /// Give an environment a release of a commit
    Run {
        /// The environment, or the path of its file
        #[arg(value_name = "ENV|SPEC")]
        wanted: String,
        /// The commit [default: HEAD]
        #[arg(long, value_name = "REV")]
        at: Option<String>,
        /// Only tell what would be released
        #[arg(long, conflicts_with = "json")]
        dry_run: bool,
        /// Print the release as JSON
        #[arg(long)]
        json: bool,
    },
    /// Show what is active where
    Status {
        /// Only this environment
        env: Option<String>,
        /// Print `[{"env", "active", "status", "behind", …}]` as JSON
        #[arg(long)]
        json: bool,
    },
    /// List what an environment got, newest first
    History {
        /// The environment
        env: String,
        /// Print the releases as JSON
        #[arg(long)]
        json: bool,
    },
    /// Make a stored release active again; nothing is built, and no branch moves
    Rollback {
        /// The environment, or the path of its file
        env: String,
        /// The release [default: the one that was active before]
        #[arg(long, value_name = "ID")]
        to: Option<String>,
        /// Print the release as JSON
        #[arg(long)]
        json: bool,
    },
}

pub fn run(ui: &mut Ui, globals: &Globals, args: Args) -> Result<ExitStatus, CommandError> {
    let context = session::open(ui, globals)?;
    match args.verb {
        Verb::Run { wanted, at, dry_run, json } => {
            let at = at.as_deref();
            let request =
                DeployRequest { wanted: &wanted, at, branch: None, candidate: None, run_id: None };
            if dry_run {
                plan(ui, &context, &request)?;
            } else {
                let deployed = deploy::deploy(&context, &request)?;
                tell(ui, &deployed, json)?;
            }
        }
        Verb::Status { env, json } => status(ui, &context, env.as_deref(), json)?,
        Verb::History { env, json } => history(ui, &context, &env, json)?,
        Verb::Rollback { env, to, json } => {
            let deployed = deploy::roll_back(&context, &env, to.as_deref())?;
            tell(ui, &deployed, json)?;
        }
    }
    Ok(shared::unless_interrupted())
}

fn plan(ui: &mut Ui, context: &Context, request: &DeployRequest<'_>) -> Result<(), CommandError> {
    let plan = deploy::plan(context, request)?;
    for planned in &plan.files {
        ui.data(&planned.file.path)?;
    }
    let bytes = plan.files.iter().map(|planned| planned.file.size).sum();
    let files = count(plan.files.len(), "file");
    let (env, target) = (&plan.spec.env, &plan.spec.target);
    ui.status(format_args!(
        "would release {files} ({}) of {} to `{env}` ({} {})",
        size(bytes),
        plan.commit.short(),
        target.name(),
        target.place()
    ));
    Ok(())
}

fn tell(ui: &mut Ui, deployed: &Deployed, json: bool) -> Result<(), CommandError> {
    ui.end_progress();
    let release = &deployed.release;
    let (env, id) = (&release.env, &release.release_id);
    if deployed.was_active {
        ui.status(format_args!("{id} is active in `{env}` already"));
    } else {
        ui.status(format_args!("{id} is active in `{env}`"));
    }
    warn_of_late_failures(ui, "deployment", &deployed.hooks);
    if json { ui.json(release) } else { Ok(()) }
}

fn status(
    ui: &mut Ui,
    context: &Context,
    env: Option<&str>,
    json: bool,
) -> Result<(), CommandError> {
    let environments = deploy::status(context, env)?;
    ui.end_progress();
    if json {
        return ui.json(&environments);
    }
    let columns = [
        Column::left().labeled(Label::Heading),
        Column::left(),
        Column::left(),
        Column::left().labeled(Label::CommitId),
        Column::left(),
    ];
    let mut table = Table::new(columns);
    for environment in environments {
        let behind = match (environment.behind, &environment.branch) {
            (0, _) | (_, None) => String::new(),
            (behind, Some(branch)) => {
                format!("{} behind {branch}", count(behind, "commit"))
            }
        };
        let (id, commit) = match environment.active {
            Some(active) => (active.release_id, active.commit.short()),
            None => Default::default(),
        };
        table.row([environment.env, environment.status, id, commit, behind]);
    }
    table.lines(ui.data_paint()).iter().try_for_each(|line| ui.data(line))
}

fn history(ui: &mut Ui, context: &Context, env: &str, json: bool) -> Result<(), CommandError> {
    let releases = deploy::history(context, env)?;
    ui.end_progress();
    if json {
        return ui.json(&releases);
    }
    let columns = [
        Column::right(),
        Column::left(),
        Column::left(),
        Column::left(),
        Column::left().labeled(Label::Time),
        Column::left(),
    ];
    let mut table = Table::new(columns);
    for Release { seq, action, release_id, status, time, message, .. } in releases {
        let why = message.filter(|_| status == ReleaseStatus::Failed).unwrap_or_default();
        let (action, status) = (action.name().to_owned(), status.name().to_owned());
        table.row([seq.to_string(), action, release_id, status, time, why]);
    }
    table.lines(ui.data_paint()).iter().try_for_each(|line| ui.data(line))
}
