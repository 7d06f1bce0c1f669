//! A Markdown table of runs, and below it what the hooks remarked.

use std::fmt::Write as _;

use crate::base::markdown::escaped;
use crate::cli::runs::mark;
use crate::hook::output::{Annotation, Level};
use crate::ops::hooks::ReportedRun;

/// More remarks of one run are counted, not listed.
const MAX_REMARKS: usize = 20;

pub(super) fn render(runs: &[ReportedRun]) -> String {
    let mut text = String::from("| | event | hook | result | time |\n|---|---|---|---|---:|\n");
    for run in runs {
        text.push_str(&row(run));
    }
    for run in runs.iter().filter(|run| !run.annotations.is_empty()) {
        let _ = writeln!(text, "\n**{}**\n", escaped(run.hook()));
        for note in run.annotations.iter().take(MAX_REMARKS) {
            let _ = writeln!(text, "- {}", escaped(&remark(note)));
        }
        let more = run.annotations.len().saturating_sub(MAX_REMARKS);
        if more > 0 {
            let _ = writeln!(text, "- and {more} more");
        }
    }
    text
}

fn row(run: &ReportedRun) -> String {
    let time = run.duration.map(|span| format!("{:.1}s", span.as_secs_f64()));
    let message = run.message().unwrap_or_else(|| run.status().name());
    let [event, hook, message] = [run.event(), run.hook(), message].map(escaped);
    let (sign, _) = mark(run.status());
    format!("| {sign} | {event} | {hook} | {message} | {} |\n", time.unwrap_or_default())
}

/// Returns a remark in one line, with its place before it.
pub fn remark(note: &Annotation) -> String {
    let level = match note.level {
        Level::Note => "",
        Level::Warn => "warning: ",
        Level::Fail => "error: ",
    };
    match (&note.path, note.row) {
        (Some(path), Some(row)) => format!("{path}:{row}: {level}{}", note.message),
        (Some(path), None) => format!("{path}: {level}{}", note.message),
        (None, _) => format!("{level}{}", note.message),
    }
}
