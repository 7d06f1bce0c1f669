//! `mlv hooks show`

use serde_json::{Value, json};

use crate::base::Timestamp;
use crate::base::duration::format_duration;
use crate::cli::error::CommandError;
use crate::cli::exit::ExitStatus;
use crate::cli::globals::Globals;
use crate::cli::render::{Column, Table, printable, relative};
use crate::cli::report::{self, ReportFormat, remark};
use crate::cli::runs::mark;
use crate::cli::session;
use crate::cli::style::Label;
use crate::cli::ui::Ui;
use crate::ops::hooks::{self, ReportedRun};

/// More paths that a verdict hangs on are counted, not listed.
const MAX_INPUTS: usize = 20;

/// Show everything that is known of a run
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The run, as `mlv hooks runs` names it
    run: String,

    /// Print the run as JSON, with `duration_ms`, `annotations`, `tail`, `source`, `base`,
    /// `definitions`, `dependencies` and `follow_up`
    #[arg(long)]
    json: bool,

    /// Print a report for another tool
    #[arg(long, value_name = "FORMAT", conflicts_with = "json")]
    format: Option<ReportFormat>,
}

pub fn run(ui: &mut Ui, globals: &Globals, args: Args) -> Result<ExitStatus, CommandError> {
    let context = session::open(ui, globals)?;
    hooks::bury(&context)?;
    let run = hooks::report(&context, &args.run)?;
    let dependencies = hooks::dependencies(&context, &args.run)?;
    if let Some(format) = args.format {
        report::write(ui, format, &[run])?;
    } else if args.json {
        ui.json(&shown(&run, dependencies))?;
    } else {
        ui.start_pager()?;
        show(ui, &run, context.now()?)?;
        section(ui, "hangs on", &grounds(&dependencies.unwrap_or_default()))?;
    }
    Ok(ExitStatus::Done)
}

/// Returns the run with what the other listings leave out.
fn shown(run: &ReportedRun, dependencies: Option<Value>) -> Value {
    let mut value = run.record.clone();
    let noted = run.noted.as_ref();
    let more = json!({
        "duration_ms": run.duration.map(|span| span.as_millis()),
        "annotations": run.annotations,
        "tail": run.tail,
        "source": noted.and_then(|event| event.source.clone()),
        "base": noted.and_then(|event| event.base.clone()),
        "definitions": noted.map(|event| event.definitions.clone()),
        "dependencies": dependencies,
        "follow_up": run.followed_by,
    });
    if let (Value::Object(value), Value::Object(more)) = (&mut value, more) {
        value.extend(more);
    }
    value
}

fn show(ui: &mut Ui, run: &ReportedRun, now: Timestamp) -> Result<(), CommandError> {
    let (sign, label) = mark(run.status());
    let sign = ui.paint(label, sign).to_string();
    let name = ui.paint(Label::Heading, run.hook()).to_string();
    ui.data(format_args!("{sign} {name} {}", run.text("run_id")))?;
    let mut table = Table::new([Column::left().labeled(Label::Faint), Column::left()]);
    for (name, value) in facts(run, now) {
        table.row([name.to_owned(), printable(&value).into_owned()]);
    }
    for line in table.lines(ui.data_paint()) {
        ui.data(format_args!("  {line}"))?;
    }
    let remarks: Vec<String> = run.annotations.iter().map(remark).collect();
    section(ui, "remarks", &remarks)?;
    section(ui, "last lines", &run.tail)
}

/// Returns what a verdict hangs on, a line each.
fn grounds(dependencies: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let whole = text(&dependencies["whole"]["tree"]).map(|tree| format!("all of tree {tree}"));
    let code = text(&dependencies["whole"]["code"]).map(|code| format!("the code at {code}"));
    let base = text(&dependencies["base"]).map(|tree| format!("the tree it replaces, {tree}"));
    let inputs = dependencies["inputs"].as_array().into_iter().flatten();
    let mut inputs: Vec<String> = inputs.filter_map(|input| text(&input["path"])).collect();
    let more = inputs.len().saturating_sub(MAX_INPUTS);
    inputs.truncate(MAX_INPUTS);
    let more = (more > 0).then(|| format!("and {more} more paths"));
    let variables = dependencies["variables"].as_object().into_iter().flatten();
    let variables =
        variables.map(|(name, value)| format!("{name}={}", value.as_str().unwrap_or("")));
    let toolchain = text(&dependencies["toolchain"]).filter(|note| !note.is_empty());
    let facts = [whole, code, base, toolchain].into_iter().flatten();
    facts.chain(inputs).chain(more).chain(variables).collect()
}

fn section(ui: &mut Ui, title: &str, lines: &[String]) -> Result<(), CommandError> {
    if lines.is_empty() {
        return Ok(());
    }
    let title = ui.paint(Label::Heading, title).to_string();
    ui.data(format_args!("\n{title}"))?;
    for line in lines {
        let plain = anstream::adapter::strip_str(line).to_string();
        ui.data(format_args!("  {}", printable(&plain)))?;
    }
    Ok(())
}

/// Returns what there is to say of a run, by name.
fn facts(run: &ReportedRun, now: Timestamp) -> Vec<(&'static str, String)> {
    let text = |field| Some(run.text(field).to_owned()).filter(|text| !text.is_empty());
    let number = |field: &str| run.record[field].as_i64().map(|number| number.to_string());
    let noted = run.noted.as_ref();
    let facts = [
        ("status", Some(status(run))),
        ("event", Some(event(run))),
        ("commit", text("commit")),
        ("base", noted.and_then(|event| event.base.clone())),
        ("tree", text("tree")),
        ("started", text("started").map(|time| with_age(&time, now))),
        ("took", run.duration.map(format_duration)),
        ("attempt", number("attempt")),
        ("exit code", number("exit_code")),
        ("metrics", metrics(run)),
        ("log", text("log")),
        ("outputs", run.followed_by.as_ref().map(|to| format!("{} on {}", to.commit, to.branch))),
    ];
    facts.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

fn status(run: &ReportedRun) -> String {
    let cached = if run.record["cached"] == json!(true) { ", cached" } else { "" };
    let message = run.message().map(|message| format!(": {message}")).unwrap_or_default();
    format!("{}{cached}{message}", run.status().name())
}

fn event(run: &ReportedRun) -> String {
    let noted = run.noted.as_ref();
    let on = run.record["branch"].as_str().map(|branch| format!(" on {branch}"));
    let from = noted.and_then(|event| event.source.as_ref());
    let from = from.map(|source| format!(", from {source}"));
    let tag = noted.and_then(|event| event.tag.as_ref()).map(|tag| format!(", tag {tag}"));
    [Some(run.event().to_owned()), on, from, tag].into_iter().flatten().collect()
}

fn with_age(time: &str, now: Timestamp) -> String {
    match time.parse() {
        Ok(parsed) => format!("{time}, {}", relative(parsed, now)),
        Err(_) => time.to_owned(),
    }
}

fn metrics(run: &ReportedRun) -> Option<String> {
    let metrics = run.record["metrics"].as_object().filter(|metrics| !metrics.is_empty())?;
    let all: Vec<String> = metrics.iter().map(|(name, value)| format!("{name} {value}")).collect();
    Some(all.join(", "))
}
