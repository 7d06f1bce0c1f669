//! `mlv check`

mod import;
mod init;
mod show;

use std::ffi::OsString;

use crate::check::suite::Report;
use crate::cli::error::{CommandError, cli_error};
use crate::cli::exit::ExitStatus;
use crate::cli::globals::Globals;
use crate::cli::session;
use crate::cli::ui::Ui;
use crate::ops::check::{Subject, check, read_suite};
use crate::ops::data::DataView;
use crate::ops::{Context, OpsError};
use crate::refs::Revision;

/// Check data against a suite of expectations
///
/// The suite is a YAML file; `docs/checks.md` lists what it can hold. The files of its dataset are read
/// as one table, as a stream. Rows are counted from 0 at the first row of data. A check that fails, or a
/// file that cannot be read, ends with exit code 3.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
#[command(after_help = "Examples:
  mlv check checks/raw.yaml
  mlv check checks/raw.yaml data/new --at v1.2
  mlv check init data/raw -o checks/raw.yaml
  mlv check import contract.yaml -o checks/raw.yaml")]
pub struct Args {
    /// The suite; of the working copy, or else of the revision
    #[arg(required = true)]
    suite: Option<OsString>,
    /// A file, a directory or a glob from the root, in place of the suite's dataset
    path: Option<String>,
    /// Check the data of this revision, and not of the working copy
    #[arg(long, value_name = "REV")]
    at: Option<String>,
    /// Print `{"status", "dataset", "rows", "files", "message", "checks": [...]}` as JSON
    #[arg(long, conflicts_with = "format")]
    json: bool,
    /// Print a report for another tool
    #[arg(long, value_enum)]
    format: Option<ReportFormat>,

    #[command(subcommand)]
    verb: Option<Verb>,
}

/// A format of reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum ReportFormat {
    /// The validation result of Great Expectations, as JSON
    Gx,
    /// JUnit XML, which every CI shows as a table of tests
    Junit,
    /// A Markdown table, for the comment of a merge request
    Markdown,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    /// Propose a suite that data passes as it is
    Init(init::Args),
    /// Turn a suite of another tool into one of mlv
    Import(import::Args),
    /// Print the JSON Schema of suites, for editors
    Schema,
}

pub fn run(ui: &mut Ui, globals: &Globals, args: Args) -> Result<ExitStatus, CommandError> {
    match args.verb {
        Some(Verb::Init(args)) => init::run(ui, globals, args),
        Some(Verb::Import(args)) => import::run(ui, globals, args),
        Some(Verb::Schema) => {
            ui.json(&crate::check::suite::json_schema())?;
            Ok(ExitStatus::Done)
        }
        None => judge(ui, globals, args),
    }
}

fn judge(ui: &mut Ui, globals: &Globals, args: Args) -> Result<ExitStatus, CommandError> {
    let context = session::open(ui, globals)?;
    let suite = args.suite.ok_or_else(|| cli_error("a suite is needed"))?;
    let path = context.path(&suite).map_err(OpsError::from)?;
    let view = DataView::at(&context, args.at.as_deref())?;
    let here = if context.has_working_copy() { DataView::at(&context, None).ok() } else { None };
    let views: Vec<&DataView<'_>> = here.iter().chain([&view]).collect();
    let suite = read_suite(&views, &path)?;
    let target = head(&context);
    let subject = Subject { view: view.clone(), dataset: args.path.into_iter().collect(), target };
    let report = check(&context, &suite, &subject)?;
    ui.end_progress();
    show_report(ui, &report, args.json, args.format)?;
    Ok(if report.passed() { ExitStatus::Done } else { ExitStatus::Refused })
}

/// Returns the commit that the data would replace; nothing before the first.
fn head(context: &Context) -> Option<crate::base::CommitId> {
    context.resolve(&Revision::parse("HEAD").ok()?).ok()
}

fn show_report(
    ui: &mut Ui,
    report: &Report,
    json: bool,
    format: Option<ReportFormat>,
) -> Result<(), CommandError> {
    use crate::check::suite::{as_gx, as_junit, as_markdown};
    match format {
        _ if json => ui.json(report),
        Some(ReportFormat::Gx) => ui.json(&as_gx(report)),
        Some(ReportFormat::Junit) => ui.bytes(as_junit(report).as_bytes()),
        Some(ReportFormat::Markdown) => ui.bytes(as_markdown(report).as_bytes()),
        None => show::report(ui, report),
    }
}
