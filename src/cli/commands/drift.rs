//! `mlv drift`

use std::ffi::{OsStr, OsString};

use clap::builder::PossibleValuesParser;

use crate::check::drift::{ColumnReport, Method, Mode, Spec, Status, significant};
use crate::cli::error::CommandError;
use crate::cli::exit::ExitStatus;
use crate::cli::globals::Globals;
use crate::cli::render::{Column, Table, printable};
use crate::cli::session;
use crate::cli::ui::Ui;
use crate::ops::drift::{DriftReport, Standpoint, drift, from_here, read_spec};
use crate::ops::{Context, OpsError};

/// Tell whether new data is distributed as a reference is
///
/// Each column that both have is compared, by a method that its type and the size of the reference
/// choose; these choices, their thresholds and their scores are those of Evidently 0.7. The whole has
/// drifted where half of the columns have, or one of those that `--critical` names.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  mlv drift data/new.csv --reference main:data/train.csv
  mlv drift 'data/2026-11-*.parquet' --reference v1.2:data/raw --all
  mlv drift main:data --reference main~10:data --method psi --columns age,plan
  mlv drift data/new.csv --reference HEAD:data/new.csv --critical age --fail-on-drift
  mlv drift data/new.csv --reference churn@champion
  mlv drift drift/weekly.yaml --json")]
pub struct Args {
    /// The new data: a path, a glob, a directory or REV:PATH; or a YAML file that says it all
    #[arg(value_name = "NEW|SPEC")]
    new: OsString,
    /// What it is compared with: a path, a glob, a directory, REV:PATH, or NAME@ALIAS for what that
    /// model was trained on [default: what the one champion was trained on]
    #[arg(long, value_name = "REV:PATH")]
    reference: Option<OsString>,
    /// Compare by this method every column that it fits
    #[arg(long, value_name = "METHOD", value_parser = PossibleValuesParser::new(Method::names()))]
    method: Option<String>,
    /// Report the scores of all methods that fit a column
    #[arg(long)]
    all: bool,
    /// End with 3 where the data has drifted
    #[arg(long)]
    fail_on_drift: bool,
    /// Take the reference for a sample too, and share the threshold of tests between columns
    #[arg(long)]
    strict: bool,
    /// Compare only these columns
    #[arg(long, value_name = "NAME,...", value_delimiter = ',')]
    columns: Vec<String>,
    /// Columns whose drift alone is the drift of the whole
    #[arg(long, value_name = "NAME,...", value_delimiter = ',')]
    critical: Vec<String>,
    /// Compare no column of a side with fewer rows [default: 200]
    #[arg(long, value_name = "N")]
    min_rows: Option<u64>,
    /// Print `{"drift", "share", "columns": [{"column", "score", ...}], ...}` as JSON
    #[arg(long)]
    json: bool,
}

pub fn run(ui: &mut Ui, globals: &Globals, args: Args) -> Result<ExitStatus, CommandError> {
    let context = session::open(ui, globals)?;
    let spec = spec(&context, &args)?;
    let report = drift(&context, &spec, &Standpoint::User)?;
    ui.end_progress();
    if args.json {
        ui.json(&report)?;
    } else {
        show(ui, &report, args.all)?;
    }
    let refuses = args.fail_on_drift && report.report.drift;
    Ok(if refuses { ExitStatus::Refused } else { ExitStatus::Done })
}

/// Returns what is asked for: the file that is named, with the flags in its place.
fn spec(context: &Context, args: &Args) -> Result<Spec, OpsError> {
    let mut spec = if is_spec(&args.new) {
        read_spec(context, &context.path(&args.new)?)?
    } else {
        Spec { data: Some(from_here(context, &args.new)?), ..Spec::default() }
    };
    if let Some(reference) = &args.reference {
        spec.reference = Some(from_here(context, reference)?);
    }
    let settings = &mut spec.settings;
    settings.method = args.method.as_deref().and_then(Method::parse).or(settings.method);
    settings.all = args.all;
    settings.min_rows = args.min_rows.unwrap_or(settings.min_rows);
    if args.strict {
        settings.mode = Mode::Strict;
    }
    if !args.critical.is_empty() {
        settings.critical.clone_from(&args.critical);
    }
    if !args.columns.is_empty() {
        spec.columns.clone_from(&args.columns);
    }
    Ok(spec)
}

fn is_spec(path: &OsStr) -> bool {
    let end = std::path::Path::new(path).extension();
    end.is_some_and(|end| end == "yaml" || end == "yml")
}

fn show(ui: &mut Ui, report: &DriftReport, all: bool) -> Result<(), CommandError> {
    let left = Column::left();
    let right = Column::right();
    let mut table = Table::new([left, left, left, left, right, left, left]);
    table.row(["", "column", "type", "method", "score", "drifts at", ""].map(str::to_owned));
    for column in &report.report.columns {
        table.row(row(column));
        for (method, score) in column.distances.iter().filter(|_| all) {
            if column.method != Some(*method) {
                let mut cells: [String; 7] = Default::default();
                method.name().clone_into(&mut cells[3]);
                cells[4] = significant(*score);
                table.row(cells);
            }
        }
    }
    table.lines(ui.data_paint()).iter().try_for_each(|line| ui.data(line))?;
    ui.status(printable(&report.report.to_string()));
    Ok(())
}

fn row(column: &ColumnReport) -> [String; 7] {
    let verdict = match column.status {
        Status::Stable => "stable",
        Status::Drifted => "drift",
        Status::NotRun => "not run",
        Status::Skipped => "skipped",
    };
    let drifts_at = |method: Method| {
        column.threshold.map(|at| format!("{} {}", method.relation(), significant(at)))
    };
    [
        verdict.to_owned(),
        printable(&column.column).into(),
        column.kind.name().to_owned(),
        column.method.map_or("", Method::name).to_owned(),
        column.score.map(significant).unwrap_or_default(),
        column.method.and_then(drifts_at).unwrap_or_default(),
        column.reason.clone().unwrap_or_default(),
    ]
}
