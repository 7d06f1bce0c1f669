//! Measures a suite of fifteen checks over a large csv file, then over the same rows as parquet: time, and
//! the most memory that was taken until then. `cargo bench --bench check`; `-- ROWS` sets how many rows
//! [default: 10 million].

#![expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]

use std::collections::BTreeMap;
use std::error::Error;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use arrow_array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};
use mlv::check::suite::{Input, parse, run};
use mlv::format::table::{Column, Table, TableFile, TableOptions};
use mlv::format::{FileSource, FormatError};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;

const SUITE: &str = "\
checks:
- columns: [id, age, plan, spend, day, note]
- row_count: {min: 1}
- unique: [id]
columns:
  id: {not_null: true, regex: '^c[0-9]+$'}
  age: {type: int, not_null: {mostly: 0.9}, range: {min: 18, max: 100}, mean: {min: 10}}
  plan: {in_set: [basic, plus, pro]}
  spend: {range: {min: 0}, median: {min: 1}, stdev: {min: 1}}
  day: {date_format: '%Y-%m-%d'}
  note: {length: {max: 40}}
";

fn main() -> Result<(), Box<dyn Error>> {
    let rows = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(10_000_000);
    let dir = tempfile::tempdir()?;
    let (csv, parquet) = (dir.path().join("data.csv"), dir.path().join("data.parquet"));
    write(&csv, rows)?;
    measure(&csv, rows)?;
    write_parquet(&csv, &parquet)?;
    measure(&parquet, rows)
}

/// Reads a file, and carries the suite out on it.
fn measure(path: &Path, rows: u64) -> Result<(), Box<dyn Error>> {
    let table = open(path)?;
    println!("{}: {rows} rows, {} MB", name(path), path.metadata()?.len() / 1_000_000);
    let start = Instant::now();
    let read = table.for_each(&mut |_| Ok::<(), FormatError>(()))?;
    println!("  read only    {:>6.2} s", start.elapsed().as_secs_f64());
    let suite = parse("suite.yaml", SUITE.as_bytes())?;
    let input = Input {
        dataset: name(path),
        table: Some(&table),
        files: Vec::new(),
        others: BTreeMap::new(),
        drift: BTreeMap::new(),
        now: 0,
        memory: 192 << 20,
    };
    let start = Instant::now();
    let report = run(&suite, &input)?;
    assert_eq!((report.rows, read), (rows, rows));
    assert!(report.passed(), "{report:?}");
    println!("  {} checks    {:>6.2} s", report.checks.len(), start.elapsed().as_secs_f64());
    println!("  most memory  {:>6} MB", most_memory()?);
    Ok(())
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn open(path: &Path) -> Result<Table, Box<dyn Error>> {
    let source = Arc::new(FileSource::open(path)?);
    let file = TableFile { name: name(path), source };
    Ok(Table::open(vec![file], TableOptions::default())?)
}

/// Writes the rows of a csv file as parquet, with numbers as such.
fn write_parquet(csv: &Path, path: &Path) -> Result<(), Box<dyn Error>> {
    let table = open(csv)?;
    let names: Vec<String> = table.fields().iter().map(|field| field.name.clone()).collect();
    let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
    let mut file = Some(File::create(path)?);
    let mut writer = None;
    table.for_each(&mut |batch| -> Result<(), Box<dyn Error>> {
        let columns = names.iter().zip(&batch.columns);
        let columns = columns.map(|(name, cells)| (name, typed(name, cells), true));
        let batch = RecordBatch::try_from_iter_with_nullable(columns)?;
        if let Some(file) = file.take() {
            let properties = Some(properties.clone());
            writer = Some(ArrowWriter::try_new(file, batch.schema(), properties)?);
        }
        writer.as_mut().map_or(Ok(()), |writer| Ok(writer.write(&batch)?))
    })?;
    writer.map_or(Ok(()), |writer| Ok(writer.close().map(|_| ())?))
}

fn typed(name: &str, cells: &Column) -> ArrayRef {
    let numbers = || (0..cells.len()).map(|row| cells.number(row));
    match (name, cells) {
        ("age", _) => {
            Arc::new(numbers().map(|number| number.map(|age| age as i64)).collect::<Int64Array>())
        }
        ("spend", _) => Arc::new(numbers().collect::<Float64Array>()),
        (_, Column::Text(texts)) => Arc::new(texts.clone()),
        _ => Arc::new((0..cells.len()).map(|row| cells.text(row)).collect::<StringArray>()),
    }
}

fn write(path: &Path, rows: u64) -> std::io::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    writeln!(file, "id,age,plan,spend,day,note")?;
    let mut state = 88_172_645_463_325_252_u64;
    for row in 0..rows {
        // Xorshift: enough for values that differ.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let plan = ["basic", "plus", "pro"][(state % 3) as usize];
        let (age, spend, day) = (18 + state % 80, state % 100_000, 1 + state % 28);
        let cents = state % 90 + 10;
        writeln!(file, "c{row},{age},{plan},{spend}.{cents},2024-03-{day:02},note {state:x}")?;
    }
    file.flush()
}

/// Returns the most memory that this process ever took, in MB.
fn most_memory() -> Result<u64, Box<dyn Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap_or_default();
    let kilobytes = line.split_whitespace().nth(1).and_then(|number| number.parse::<u64>().ok());
    Ok(kilobytes.unwrap_or_default() / 1024)
}
