//! `mlv metrics`

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::base::fs::atomic_write;
use crate::cli::error::{CommandError, cli_error, internal_error, user_error};
use crate::cli::exit::ExitStatus;
use crate::cli::globals::Globals;
use crate::cli::render::plot;
use crate::cli::render::values::{show_comparison, value};
use crate::cli::render::{Column, Table, count, printable};
use crate::cli::session;
use crate::cli::style::Label;
use crate::cli::ui::Ui;
use crate::ops::metrics::{self, Chart, Kind, PlotOptions, ShowOptions, Shown};

/// Show, compare and draw metrics, in the files and across commits
///
/// Reads the artifacts of kind `metrics` in `mlv.yaml`; where it names none, `metrics.json` (`.yaml`, `.toml`)
/// and what lies in `metrics/`. What is nested is named with dots: `test.auc`. Of tables that count the
/// steps of a training the last row is shown.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  mlv metrics show
  mlv metrics show main better-features
  mlv metrics show v1.0..main --json
  mlv metrics diff main
  mlv metrics plot --range v1.0..main -o metrics.html
  mlv metrics plot metrics/training.csv")]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    /// Show the metrics of revisions; without one, those in the files
    Show {
        /// Revisions, or `A..B` for every commit of B that A has not
        #[arg(value_name = "REV")]
        revisions: Vec<String>,
        /// The tip of every branch
        #[arg(long)]
        all_branches: bool,
        /// Print `[{"revision", "commit", "path", "metrics", "fault"}]` as JSON
        #[arg(long)]
        json: bool,
    },
    /// Show which metrics differ; without a revision, the files against HEAD
    Diff(Sides),
    /// Draw metrics over commits, or the columns of a table over its rows
    Plot {
        /// One file; all metrics where none is named
        path: Option<OsString>,
        /// The commits [default: all that lead to HEAD]
        #[arg(long, value_name = "A..B")]
        range: Option<String>,
        /// Write an `.svg` or an `.html` in place of drawing in the terminal
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
}

/// What is compared.
#[derive(Debug, clap::Args)]
pub struct Sides {
    /// The older side, or `A..B`
    #[arg(value_name = "A")]
    from: Option<String>,
    /// The newer side [default: the files]
    #[arg(value_name = "B")]
    to: Option<String>,
    /// Print `{"from", "to", "changes": [{"path", "name", "old", "new", "change", "relative"}], "faults"}`
    #[arg(long)]
    json: bool,
}

/// More panels than this are not drawn.
const MOST_LINES: usize = 64;

pub fn run(ui: &mut Ui, globals: &Globals, args: Args) -> Result<ExitStatus, CommandError> {
    match args.verb {
        Verb::Show { revisions, all_branches, json } => {
            let context = session::open(ui, globals)?;
            let shown = metrics::show(&context, &ShowOptions { revisions, all_branches })?;
            if json {
                ui.json(&shown)?;
            } else {
                show(ui, &shown)?;
            }
            Ok(ExitStatus::Done)
        }
        Verb::Diff(sides) => compared(ui, globals, Kind::Metrics, &sides),
        Verb::Plot { path, range, output } => {
            let context = session::open(ui, globals)?;
            let chart = metrics::plot(&context, &PlotOptions { path, range })?;
            draw(ui, globals, chart, output.as_deref())?;
            Ok(ExitStatus::Done)
        }
    }
}

/// Compares two sides, and shows what differs.
pub fn compared(
    ui: &mut Ui,
    globals: &Globals,
    kind: Kind,
    sides: &Sides,
) -> Result<ExitStatus, CommandError> {
    let context = session::open(ui, globals)?;
    let from = sides.from.as_deref().unwrap_or("HEAD");
    let (from, to) = match (from.split_once(".."), &sides.to) {
        (Some(_), Some(_)) => return Err(cli_error("`A..B` stands for both sides: leave B out")),
        (Some((from, to)), None) => (or_head(from), Some(or_head(to))),
        (None, to) => (from, to.as_deref()),
    };
    let comparison = metrics::compare(&context, kind, from, to)?;
    if sides.json {
        ui.json(&comparison)?;
    } else {
        show_comparison(ui, &comparison)?;
    }
    Ok(ExitStatus::Done)
}

fn or_head(text: &str) -> &str {
    if text.is_empty() { "HEAD" } else { text }
}

fn show(ui: &mut Ui, shown: &[Shown]) -> Result<(), CommandError> {
    if shown.is_empty() {
        ui.status("no metrics");
        ui.hint("`artifacts:` in `mlv.yaml` may name files of kind `metrics`");
    }
    let mut table = Table::new([
        Column::left().labeled(Label::CommitId),
        Column::left().labeled(Label::Path),
        Column::left(),
        Column::right(),
    ]);
    for file in shown {
        let revision = printable(file.revision.as_deref().unwrap_or_default()).into_owned();
        for (name, number) in &file.metrics {
            let path = printable(&file.path).into_owned();
            table.row([revision.clone(), path, printable(name).into_owned(), value(number)]);
        }
    }
    ui.start_pager()?;
    for line in table.lines(ui.data_paint()) {
        // The files have no revision in front.
        ui.data(line.trim_start())?;
    }
    for fault in shown.iter().filter_map(|file| file.fault.as_deref()) {
        ui.warning(printable(fault));
    }
    Ok(())
}

fn draw(
    ui: &mut Ui,
    globals: &Globals,
    mut chart: Chart,
    output: Option<&Path>,
) -> Result<(), CommandError> {
    if chart.lines.is_empty() {
        return Err(user_error(format!("`{}` has no numbers to draw", chart.title))
            .hinted("`mlv metrics show` lists what is known"));
    }
    if chart.lines.len() > MOST_LINES {
        let left_out = count(chart.lines.len() - MOST_LINES, "line");
        chart.lines.truncate(MOST_LINES);
        ui.warning(format_args!("{left_out} more are not drawn"));
    }
    let Some(output) = output else {
        ui.start_pager()?;
        return plot::terminal(&chart).into_iter().try_for_each(|line| ui.data(line));
    };
    let end = output.extension().unwrap_or_default().to_ascii_lowercase();
    let drawn = match end.to_str() {
        Some("svg") => plot::svg(&chart),
        Some("html" | "htm") => plot::html(&chart),
        _ => {
            let name = output.display().to_string();
            let message = format!("`{}` ends in neither .svg nor .html", printable(&name));
            return Err(cli_error(message));
        }
    };
    let drawn = drawn.map_err(internal_error)?;
    atomic_write(&globals.directory()?.join(output), drawn.as_bytes())?;
    let (lines, name) = (count(chart.lines.len(), "line"), output.display().to_string());
    ui.status(format_args!("{lines} drawn in `{}`", printable(&name)));
    Ok(())
}
