//! Metrics and parameters for people.

use serde_json::Value as Json;

use crate::cli::error::CommandError;
use crate::cli::render::{Column, Table, printable};
use crate::cli::style::Label;
use crate::cli::ui::Ui;
use crate::ops::metrics::{Change, Comparison};

/// How many significant digits of a number are shown.
const DIGITS: i32 = 6;

/// Returns a value as people read it.
pub fn value(value: &Json) -> String {
    match value {
        Json::Null => "-".to_owned(),
        Json::String(text) => printable(text).into_owned(),
        Json::Number(number) if number.is_f64() => number.as_f64().map_or_else(String::new, figure),
        other => printable(&other.to_string()).into_owned(),
    }
}

/// Returns a number with as many digits as tell something.
pub fn figure(number: f64) -> String {
    let scale = number.abs().log10().floor();
    if number == 0.0 || !number.is_finite() || !(-5.0..15.0).contains(&scale) {
        return format!("{number:e}").replace("0e0", "0");
    }
    let decimals = (DIGITS - 1 - scale as i32).max(0) as usize;
    let text = format!("{number:.decimals$}");
    if !text.contains('.') {
        return text;
    }
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Prints what differs, a line for each value.
pub fn show_comparison(ui: &mut Ui, comparison: &Comparison) -> Result<(), CommandError> {
    let mut table = Table::new([
        Column::left().labeled(Label::Path),
        Column::left(),
        Column::right(),
        Column::right(),
        Column::right(),
    ]);
    for change in &comparison.changes {
        table.row([
            printable(&change.path).into_owned(),
            printable(&change.name).into_owned(),
            value(&change.old),
            value(&change.new),
            difference(change),
        ]);
    }
    for line in table.lines(ui.data_paint()) {
        ui.data(line)?;
    }
    for fault in &comparison.faults {
        ui.warning(printable(fault));
    }
    if comparison.changes.is_empty() {
        ui.status("nothing differs");
    }
    Ok(())
}

/// Returns by how much a number differs, as in `+0.0218 (+2.78 %)`.
fn difference(change: &Change) -> String {
    let signed = |number: f64, text: String| if number > 0.0 { format!("+{text}") } else { text };
    let Some(absolute) = change.change else { return String::new() };
    let absolute = signed(absolute, figure(absolute));
    match change.relative.map(|share| share * 100.0) {
        Some(percent) => format!("{absolute} ({} %)", signed(percent, format!("{percent:.2}"))),
        None => absolute,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_as_many_digits_as_tell_something() {
        for (number, text) in [
            (0.0, "0"),
            (0.5, "0.5"),
            (0.788_123_456, "0.788123"),
            (-1234.5678, "-1234.57"),
            (123_456_789.0, "123456789"),
            (1e-9, "1e-9"),
            (0.1 + 0.2, "0.3"),
        ] {
            assert_eq!(figure(number), text);
        }
    }
}
