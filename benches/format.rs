//! How fast tables are read, and checked while they are.
//!
//! `cargo bench --bench format`; the number of rows as an argument changes the size.

#![expect(clippy::print_stdout, reason = "a benchmark speaks to a person")]

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use arrow_array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};
use mlv::format::table::{Batch, Column, Table, TableFile, TableOptions};
use mlv::format::{FileSource, FormatError};
use parquet::arrow::ArrowWriter;

type Failure = Box<dyn std::error::Error>;

const PLANS: [&str; 3] = ["basic", "plus", "pro"];

fn main() -> Result<(), Failure> {
    let rows = std::env::args().find_map(|text| text.parse().ok()).unwrap_or(10_000_000);
    let dir = tempfile::Builder::new().prefix("mlv-bench-").tempdir()?;
    type Writer = fn(&Path, u64) -> Result<(), Failure>;
    let kinds: [(&str, Writer); 4] =
        [("plain.csv", csv), ("quoted.csv", quoted), ("a.jsonl", jsonl), ("a.parquet", parquet)];
    println!("{rows} rows of 6 columns");
    for (name, write) in kinds {
        let path = dir.path().join(name);
        write(&path, rows)?;
        let table = open(&path)?;
        let bytes = path.metadata()?.len();
        timed(&format!("  {name}: read"), bytes, || {
            table.for_each(&mut |_| Ok::<(), FormatError>(()))
        })?;
        let mut failures = 0;
        timed(&format!("  {name}: 15 checks"), bytes, || {
            table.for_each(&mut |batch| {
                failures += checks(batch);
                Ok::<(), FormatError>(())
            })
        })?;
        let one = table.with_columns(&["plan".to_owned()])?;
        timed(&format!("  {name}: one column"), bytes, || {
            one.for_each(&mut |_| Ok::<(), FormatError>(()))
        })?;
        std::fs::remove_file(path)?;
    }
    println!("peak memory {:>29} MB", peak_kilobytes() / 1000);
    Ok(())
}

fn open(path: &Path) -> Result<Table, Failure> {
    let source = Arc::new(FileSource::open(path)?);
    let file = TableFile { name: path.display().to_string(), source };
    Ok(Table::open(vec![file], TableOptions::default())?)
}

/// Prints what `work` took, and the rate at which it went through `bytes`.
fn timed<T>(name: &str, bytes: u64, work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = work();
    let seconds = start.elapsed().as_secs_f64();
    println!("{name:<30} {seconds:>7.3} s {:>8.0} MB/s", bytes as f64 / seconds / 1e6);
    result
}

/// Fifteen plain checks: what is missing, out of range, no number, not in a set.
fn checks(batch: &Batch) -> u64 {
    let missing = |column: &Column| (0..batch.rows).filter(|row| column.is_null(*row)).count();
    let out_of_range = |column: &Column, most: f64| {
        let numbers = (0..batch.rows).filter_map(|row| column.number(row));
        numbers.filter(|number| !(0.0..=most).contains(number)).count()
    };
    let unknown = |column: &Column| {
        let texts = (0..batch.rows).filter_map(|row| column.text(row));
        texts.filter(|text| !PLANS.contains(&text.as_ref())).count()
    };
    let short = |column: &Column| {
        let texts = (0..batch.rows).filter_map(|row| column.text(row));
        texts.filter(|text| text.len() != 10).count()
    };
    let [id, age, plan, spend, day, note] = batch.columns.as_slice() else { return 0 };
    let counts = [
        batch.columns.iter().map(missing).sum::<usize>(),
        out_of_range(id, 1e9),
        out_of_range(age, 100.0),
        out_of_range(spend, 1000.0),
        unknown(plan),
        short(day),
        short(note),
        out_of_range(age, 50.0),
        unknown(note),
        out_of_range(spend, 100.0),
    ];
    counts.iter().sum::<usize>() as u64
}

fn create(path: &Path) -> Result<BufWriter<File>, Failure> {
    Ok(BufWriter::with_capacity(1 << 20, File::create(path)?))
}

fn plan(row: u64) -> &'static str {
    PLANS[(row % 3) as usize]
}

fn csv(path: &Path, rows: u64) -> Result<(), Failure> {
    let mut out = create(path)?;
    writeln!(out, "id,age,plan,spend,day,note")?;
    for row in 0..rows {
        let (age, cents) = (row % 80, row % 100_000);
        writeln!(out, "{row},{age},{},{}.5,2026-03-01,note {}", plan(row), cents, row % 1_000_000)?;
    }
    Ok(out.flush()?)
}

fn quoted(path: &Path, rows: u64) -> Result<(), Failure> {
    let mut out = create(path)?;
    writeln!(out, "id,age,plan,spend,day,note")?;
    for row in 0..rows {
        let (age, cents) = (row % 80, row % 100_000);
        writeln!(out, "{row},{age},\"{}\",{cents}.5,2026-03-01,\"note, {cents}\"", plan(row))?;
    }
    Ok(out.flush()?)
}

fn jsonl(path: &Path, rows: u64) -> Result<(), Failure> {
    let mut out = create(path)?;
    for row in 0..rows {
        let (age, plan, cents) = (row % 80, plan(row), row % 100_000);
        let head = format!(r#"{{"id":{row},"age":{age},"plan":"{plan}","#);
        writeln!(out, r#"{head}"spend":{cents}.5,"day":"2026-03-01","note":"note {cents}"}}"#)?;
    }
    Ok(out.flush()?)
}

fn parquet(path: &Path, rows: u64) -> Result<(), Failure> {
    let part = |from: u64, to: u64| {
        let columns: [(&str, ArrayRef); 6] = [
            ("id", Arc::new((from..to).map(|row| row as i64).collect::<Int64Array>())),
            ("age", Arc::new((from..to).map(|row| (row % 80) as i64).collect::<Int64Array>())),
            ("plan", Arc::new((from..to).map(|row| Some(plan(row))).collect::<StringArray>())),
            ("spend", Arc::new((from..to).map(|row| row as f64 / 7.0).collect::<Float64Array>())),
            ("day", Arc::new((from..to).map(|_| Some("2026-03-01")).collect::<StringArray>())),
            (
                "note",
                Arc::new(
                    (from..to).map(|row| Some(format!("note {row}"))).collect::<StringArray>(),
                ),
            ),
        ];
        RecordBatch::try_from_iter(columns)
    };
    let mut writer = ArrowWriter::try_new(File::create(path)?, part(0, 0)?.schema(), None)?;
    for from in (0..rows).step_by(100_000) {
        writer.write(&part(from, rows.min(from + 100_000))?)?;
    }
    writer.close()?;
    Ok(())
}

fn peak_kilobytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM"));
    line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok()).unwrap_or(0)
}
