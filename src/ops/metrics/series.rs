//! Numbers as lines: over the steps of a training, from a csv file, or over commits.

use std::ffi::OsString;
use std::sync::Arc;

use serde_json::Value as Json;

use crate::base::RepoPath;
use crate::check::document::number;
use crate::format::FormatError;
use crate::format::table::{Format, Table, TableFile, TableOptions};
use crate::ops::data::{DataFile, DataView};
use crate::ops::metrics::show::{history, view_of};
use crate::ops::metrics::{FileValues, Kind, Reader};
use crate::ops::{Context, OpsError};

/// Names of columns that count the steps of a training.
const STEPS: [&str; 10] = [
    "step",
    "steps",
    "epoch",
    "epochs",
    "iteration",
    "iter",
    "round",
    "batch",
    "tree",
    "global_step",
];

/// More points of one line are not drawn: they are thinned out evenly.
const MOST_POINTS: usize = 10_000;

/// Numbers by name.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    pub name: String,
    pub points: Vec<(f64, f64)>,
}

/// Lines over one axis.
#[derive(Debug, Clone, PartialEq)]
pub struct Chart {
    pub title: String,
    /// What the axis counts.
    pub axis: String,
    pub lines: Vec<Line>,
}

/// What is drawn.
#[derive(Debug, Clone, Default)]
pub struct PlotOptions {
    /// One file; all metrics where none is named.
    pub path: Option<OsString>,
    /// The commits, as `A..B`; all that lead to `HEAD` where nothing is said.
    pub range: Option<String>,
}

/// Returns the lines to draw: of a table over its rows, of other files over commits.
pub fn plot(context: &Context, options: &PlotOptions) -> Result<Chart, OpsError> {
    let path = match &options.path {
        Some(path) => Some(context.path(path)?),
        None => None,
    };
    match (&path, &options.range) {
        (Some(path), None) if Format::of(&path.to_string()).is_ok() => of_table(context, path),
        (path, range) => over_commits(context, path.as_ref(), range.as_deref().unwrap_or("HEAD")),
    }
}

fn of_table(context: &Context, path: &RepoPath) -> Result<Chart, OpsError> {
    let revision = (!context.has_working_copy()).then_some("HEAD");
    let view = DataView::at(context, revision)?;
    let Some(file) = view.file(path)? else {
        return Err(OpsError::NoSuchPath {
            path: path.to_string(),
            place: view.name().to_owned(),
            candidates: Vec::new(),
        });
    };
    let table = open(&file)?;
    let step = step_column(&table);
    let names = table.fields().iter().map(|field| field.name.clone());
    let mut lines: Vec<Line> = names.map(|name| Line { name, points: Vec::new() }).collect();
    table.for_each(&mut |batch| -> Result<(), FormatError> {
        for row in 0..batch.rows {
            let number = |at: usize| batch.columns[at].number(row).filter(|it| it.is_finite());
            let own = (batch.first_row + row as u64) as f64;
            let x = step.map_or(Some(own), number);
            for (at, line) in lines.iter_mut().enumerate() {
                line.points.extend(x.zip(number(at)));
            }
        }
        Ok(())
    })?;
    let axis = step.map_or("row", |step| &table.fields()[step].name).to_owned();
    if let Some(step) = step {
        lines.remove(step);
    }
    lines.retain(|line| !line.points.is_empty());
    for line in &mut lines {
        line.points = thinned(std::mem::take(&mut line.points));
    }
    Ok(Chart { title: path.to_string(), axis, lines })
}

fn thinned(points: Vec<(f64, f64)>) -> Vec<(f64, f64)> {
    let every = points.len().div_ceil(MOST_POINTS).max(1);
    if every == 1 { points } else { points.into_iter().step_by(every).collect() }
}

fn over_commits(
    context: &Context,
    path: Option<&RepoPath>,
    range: &str,
) -> Result<Chart, OpsError> {
    let mut reader = match path {
        Some(path) => Reader::of_file(context, Kind::Metrics, path)?,
        None => Reader::new(context, Kind::Metrics),
    };
    let mut lines: Vec<(RepoPath, Line)> = Vec::new();
    let commits = history(context, range)?;
    for (at, (name, commit)) in commits.iter().rev().enumerate() {
        crate::base::interrupt::check()?;
        for file in reader.read(&view_of(context, *commit, name)?)? {
            for (name, value) in numbers(&file) {
                let known =
                    lines.iter().position(|(path, line)| *path == file.path && line.name == name);
                let line = known.unwrap_or_else(|| {
                    lines.push((file.path.clone(), Line { name, points: Vec::new() }));
                    lines.len() - 1
                });
                lines[line].1.points.push((at as f64, value));
            }
        }
    }
    let title = path.map_or_else(|| "metrics".to_owned(), ToString::to_string);
    Ok(Chart { title, axis: "commit".to_owned(), lines: titled(lines) })
}

/// Names lines by their files too where these are several.
fn titled(lines: Vec<(RepoPath, Line)>) -> Vec<Line> {
    let is_alone = lines.iter().all(|(path, _)| *path == lines[0].0);
    let name = |(path, line): (RepoPath, Line)| {
        let own = format!("{path}: {}", line.name);
        if is_alone { line } else { Line { name: own, ..line } }
    };
    lines.into_iter().map(name).collect()
}

/// Returns the numbers of a file.
fn numbers(file: &FileValues) -> Vec<(String, f64)> {
    let finite = |value: &Json| number(value).filter(|number| number.is_finite());
    let values = file.values.iter();
    values.filter_map(|(name, value)| Some((name.clone(), finite(value)?))).collect()
}

fn open(file: &DataFile) -> Result<Table, OpsError> {
    let file = TableFile { name: file.path.to_string(), source: file.source.clone() };
    Ok(Table::open(vec![file], TableOptions::default())?)
}

fn step_column(table: &Table) -> Option<usize> {
    let is_step = |name: &str| STEPS.iter().any(|step| name.eq_ignore_ascii_case(step));
    table.fields().iter().position(|field| is_step(&field.name))
}

type Read = Result<Arc<Vec<(String, Json)>>, String>;

/// Returns the numbers in the last row of a table, where it is one of the steps of a training, or was
/// asked for; nothing of other files.
pub fn last_row(file: &DataFile, is_asked_for: bool) -> Option<Read> {
    if Format::of(&file.path.to_string()).is_err() {
        return None;
    }
    let table = match open(file) {
        Ok(table) => table,
        Err(error) => return Some(Err(error.to_string())),
    };
    if step_column(&table).is_none() && !is_asked_for {
        return None;
    }
    let mut last = Vec::new();
    let read = table.for_each(&mut |batch| -> Result<(), FormatError> {
        let Some(row) = batch.rows.checked_sub(1) else { return Ok(()) };
        let cells = table.fields().iter().zip(&batch.columns);
        last = cells
            .filter_map(|(field, column)| {
                Some((
                    field.name.clone(),
                    serde_json::Number::from_f64(column.number(row)?)?.into(),
                ))
            })
            .collect();
        Ok(())
    });
    Some(read.map(|_| Arc::new(last)).map_err(|error| error.to_string()))
}
