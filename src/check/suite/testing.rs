//! Tables in memory, for tests.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::check::suite::engine::{Flow, Input, Rows, run};
use crate::check::suite::error::CheckError;
use crate::check::suite::report::{CheckResult, Report};
use crate::check::suite::spec::{Suite, parse};
use crate::format::table::{Batch, Column, Field};

/// A table of batches.
#[derive(Debug, Default)]
pub struct Batches {
    pub fields: Vec<Field>,
    pub batches: Vec<Batch>,
}

impl Rows for Batches {
    fn fields(&self) -> Vec<Field> {
        self.fields.clone()
    }

    fn read(
        &self,
        take: &mut (dyn FnMut(&Batch) -> Result<Flow, CheckError> + Send),
    ) -> Result<(), CheckError> {
        for batch in &self.batches {
            if take(batch)? == Flow::Enough {
                break;
            }
        }
        Ok(())
    }
}

/// Returns a table of typed columns in one batch.
pub fn typed(columns: Vec<(&str, Column)>) -> Batches {
    let field = |name: &str| Field { name: name.to_owned(), type_name: "typed".to_owned() };
    let fields = columns.iter().map(|(name, _)| field(name)).collect();
    let rows = columns.first().map_or(0, |(_, column)| column.len());
    let columns = columns.into_iter().map(|(_, column)| column).collect();
    Batches { fields, batches: vec![Batch { file: 0, first_row: 0, rows, columns }] }
}

/// Returns the table of a text with `|` between cells, in batches of so many rows; an empty cell is
/// missing.
pub fn table(text: &str, batch: usize) -> Batches {
    let mut lines = text.lines().map(|line| line.split('|').map(str::trim).collect::<Vec<_>>());
    let names = lines.next().unwrap_or_default();
    let rows: Vec<Vec<&str>> = lines.collect();
    let batches = rows.chunks(batch.max(1)).enumerate().map(|(number, rows)| {
        let column = |at: usize| {
            let cells = rows.iter().map(|row| Some(row[at]).filter(|cell| !cell.is_empty()));
            Column::Text(cells.collect::<Vec<_>>().into())
        };
        Batch {
            file: 0,
            first_row: (number * batch.max(1)) as u64,
            rows: rows.len(),
            columns: (0..names.len()).map(column).collect(),
        }
    });
    let field = |name: &&str| Field { name: (*name).to_owned(), type_name: "text".to_owned() };
    Batches { batches: batches.collect(), fields: names.iter().map(field).collect() }
}

/// Returns a column `x` with these cells.
pub fn column(cells: &[&str]) -> String {
    cells.iter().fold("x\n".to_owned(), |text, cell| text + cell + "\n")
}

pub fn suite(text: &str) -> Suite {
    parse("suite.yaml", text.as_bytes()).unwrap_or_else(|errors| panic!("{errors}"))
}

/// Returns what a suite finds in a table; other tables are all `other`.
pub fn report_on(text: &str, table: &Batches, other: Option<&Batches>, memory: usize) -> Report {
    let suite = suite(text);
    let others =
        suite.needs().into_iter().map(|need| (need, other.map(|table| table as &dyn Rows)));
    let input = Input {
        dataset: "data".to_owned(),
        table: Some(table),
        files: Vec::new(),
        others: others.collect::<BTreeMap<_, _>>(),
        drift: BTreeMap::new(),
        now: 1_767_225_600_000_000,
        memory,
    };
    run(&suite, &input).unwrap()
}

/// Returns what the only check of a column `x` finds.
pub fn check_on(check: &str, table: &Batches) -> CheckResult {
    let report = report_on(&format!("columns: {{x: {{{check}}}}}"), table, None, 1 << 20);
    report.checks.into_iter().next().expect("there is one check")
}

/// Returns what the only check finds in a column `x` of texts.
pub fn check(check: &str, cells: &[&str]) -> CheckResult {
    check_on(check, &table(&column(cells), 3))
}

/// Returns status, considered and unexpected, and the rows that are shown, as in `fail 5/2 [0, 4]`.
pub fn told(result: &CheckResult) -> String {
    let number = |number: Option<u64>| number.map_or("-".to_owned(), |number| number.to_string());
    let rows: Vec<u64> = result.sample.iter().filter_map(|sample| sample.row).collect();
    let counts = format!("{}/{}", number(result.considered), number(result.unexpected));
    format!("{} {counts} {rows:?}", result.status.name())
}

/// Returns status and what was observed.
pub fn observed(result: &CheckResult) -> (&'static str, Json) {
    (result.status.name(), result.observed.clone())
}
