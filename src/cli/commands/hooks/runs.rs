//! `mlv hooks runs`

use serde_json::Value;

use crate::base::Timestamp;
use crate::cli::error::CommandError;
use crate::cli::exit::ExitStatus;
use crate::cli::globals::Globals;
use crate::cli::render::{Column, Table, printable, relative};
use crate::cli::report::{self, ReportFormat};
use crate::cli::runs::mark;
use crate::cli::session;
use crate::cli::style::Label;
use crate::cli::ui::Ui;
use crate::hook::event::Event;
use crate::hook::runner::Status;
use crate::ops::hooks::{self, Filter};
use crate::ops::remote_worker;

/// List what hooks have run, the newest first
///
/// With `--remote`, what workers of a remote have run, from wherever: those of the newest entries of its
/// log first. The logs of these runs are where the worker is.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Show at most N runs
    #[arg(short = 'n', long = "limit", value_name = "N", default_value_t = 30)]
    limit: usize,

    /// Show only runs of this status: queued, running, passed, warned, failed, skipped or cancelled
    #[arg(long, value_parser = known_status, value_name = "STATUS")]
    status: Option<Status>,

    /// Show only runs under this event, as `post-merge`
    #[arg(long, value_parser = known_event, value_name = "EVENT")]
    event: Option<Event>,

    /// Show only runs of this hook; all cells of one that has a matrix
    #[arg(long, value_name = "HOOK")]
    hook: Option<String>,

    /// Show only runs on this branch
    #[arg(long, value_name = "BRANCH")]
    branch: Option<String>,

    /// Show what the workers of this remote have run
    #[arg(long, value_name = "REMOTE")]
    remote: Option<String>,

    /// Print `[run]` as JSON
    #[arg(long)]
    json: bool,

    /// Print a report for another tool
    #[arg(long, value_name = "FORMAT", conflicts_with_all = ["json", "remote"])]
    format: Option<ReportFormat>,
}

fn known_status(text: &str) -> Result<Status, String> {
    let names = Status::ALL.map(Status::name).join(", ");
    Status::parse(text).ok_or_else(|| format!("expected one of {names}"))
}

/// Reads the name of an event.
pub(super) fn known_event(name: &str) -> Result<Event, String> {
    Event::parse(name).map_err(|error| match error.candidates.first() {
        Some(nearest) => format!("no such event; did you mean `{nearest}`?"),
        None => error.to_string(),
    })
}

pub fn run(ui: &mut Ui, globals: &Globals, args: Args) -> Result<ExitStatus, CommandError> {
    let context = session::open(ui, globals)?;
    hooks::bury(&context)?;
    let wanted = Filter {
        status: args.status.map(|status| status.name().to_owned()),
        event: args.event.map(|event| event.name().to_owned()),
        hook: args.hook,
        branch: args.branch,
    };
    if let Some(format) = args.format {
        report::write(ui, format, &hooks::reported(&context, &wanted, args.limit)?)?;
        return Ok(ExitStatus::Done);
    }
    let runs = match &args.remote {
        Some(remote) => remote_worker::outcomes(&context, remote, &wanted, args.limit)?,
        None => hooks::runs(&context, &wanted, args.limit)?,
    };
    if args.json {
        ui.json(&runs)?;
        return Ok(ExitStatus::Done);
    }
    ui.start_pager()?;
    let columns = [
        Column::left().labeled(Label::CommitId),
        Column::left(),
        Column::left(),
        Column::left(),
        Column::left().labeled(Label::Branch),
        Column::left().labeled(Label::Time),
        Column::left(),
    ];
    let mut table = Table::new(columns);
    let now = context.now()?;
    for run in &runs {
        table.row(row(run, now));
    }
    for (line, run) in table.lines(ui.data_paint()).into_iter().zip(&runs) {
        let (sign, label) = mark(status(run));
        let sign = ui.paint(label, sign).to_string();
        ui.data(format_args!("{sign} {line}"))?;
    }
    if runs.is_empty() {
        let all = Filter::default();
        ui.status(if wanted == all { "no hook has run yet" } else { "no run is like that" });
    }
    Ok(ExitStatus::Done)
}

fn text<'a>(run: &'a Value, field: &str) -> &'a str {
    run[field].as_str().unwrap_or_default()
}

fn status(run: &Value) -> Status {
    Status::parse(text(run, "status")).unwrap_or(Status::Skipped)
}

fn row(run: &Value, now: Timestamp) -> [String; 7] {
    let time = run["finished"].as_str().or(run["started"].as_str());
    let time = time.and_then(|time| time.parse().ok()).map(|time| relative(time, now));
    [
        text(run, "run_id").to_owned(),
        status(run).name().to_owned(),
        text(run, "event").to_owned(),
        text(run, "hook").to_owned(),
        printable(text(run, "branch")).into_owned(),
        time.unwrap_or_default(),
        printable(text(run, "message")).into_owned(),
    ]
}
