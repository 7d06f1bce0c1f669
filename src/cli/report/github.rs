//! Workflow commands of GitHub Actions: an annotation per remark, and one for a failure without any.

use std::fmt::Write as _;

use super::complaint;
use crate::hook::output::{Annotation, Level};
use crate::ops::hooks::ReportedRun;

pub(super) fn render(runs: &[ReportedRun]) -> String {
    runs.iter().map(commands).collect()
}

fn commands(run: &ReportedRun) -> String {
    let mut text: String = run.annotations.iter().map(|note| command(run, note)).collect();
    if let Some(complaint) = complaint(run).filter(|_| text.is_empty()) {
        let title = property(run.hook());
        let _ = writeln!(text, "::error title={title}::{}", data(&complaint));
    }
    text
}

fn command(run: &ReportedRun, note: &Annotation) -> String {
    let level = match note.level {
        Level::Note => "notice",
        Level::Warn => "warning",
        Level::Fail => "error",
    };
    let mut properties = vec![format!("title={}", property(run.hook()))];
    properties.extend(note.path.as_ref().map(|path| format!("file={}", property(path))));
    properties.extend(note.row.map(|row| format!("line={row}")));
    format!("::{level} {}::{}\n", properties.join(","), data(&note.message))
}

/// Returns a text as the message of a command: a line break would end it.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Returns a text as the value of a property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
