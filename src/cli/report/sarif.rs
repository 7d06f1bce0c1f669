//! SARIF 2.1.0 (OASIS): a rule per hook, a result per annotation, and one for a failure without any.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::complaint;
use crate::hook::output::{Annotation, Level};
use crate::ops::hooks::ReportedRun;

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

pub(super) fn render(runs: &[ReportedRun]) -> String {
    let mut rules: Vec<&str> = runs.iter().map(ReportedRun::hook).collect();
    rules.sort_unstable();
    rules.dedup();
    let results: Vec<Value> = runs.iter().flat_map(results).collect();
    let rules: Vec<Value> = rules.iter().map(|hook| json!({"id": hook})).collect();
    let log = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "mlv",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            "results": results,
        }],
    });
    let mut text = serde_json::to_string_pretty(&log).expect("a report has a JSON form");
    text.push('\n');
    text
}

fn results(run: &ReportedRun) -> Vec<Value> {
    let mut results: Vec<Value> = run.annotations.iter().map(|note| finding(run, note)).collect();
    if let Some(complaint) = complaint(run).filter(|_| results.is_empty()) {
        results.push(json!({
            "ruleId": run.hook(),
            "level": "error",
            "message": {"text": complaint},
        }));
    }
    results
}

fn finding(run: &ReportedRun, note: &Annotation) -> Value {
    let level = match note.level {
        Level::Note => "note",
        Level::Warn => "warning",
        Level::Fail => "error",
    };
    let mut finding = json!({
        "ruleId": run.hook(),
        "level": level,
        "message": {"text": note.message},
    });
    if let Some(path) = &note.path {
        let mut place = json!({"artifactLocation": {"uri": uri(path)}});
        // Lines of SARIF begin at 1.
        if let Some(row) = note.row.filter(|row| *row > 0) {
            place["region"] = json!({"startLine": row});
        }
        finding["locations"] = json!([{"physicalLocation": place}]);
    }
    finding
}

/// Returns a path as a relative URI reference (RFC 3986), an absolute one as the URI of a file: two
/// slashes would begin the name of a host.
fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    if path.starts_with('/') {
        uri.push_str("file://");
    }
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri
}
