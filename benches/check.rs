//! Measures a suite of fifteen checks over a large csv file: time, and the most memory it took.
//! `cargo bench --bench check`; `-- ROWS` sets how many rows [default: 10 million].

#![expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]

use std::collections::BTreeMap;
use std::error::Error;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use mlv::check::suite::{Input, parse, run};
use mlv::format::FileSource;
use mlv::format::table::{Table, TableFile, TableOptions};

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
    let path = dir.path().join("data.csv");
    write(&path, rows)?;
    let bytes = path.metadata()?.len();
    println!("{rows} rows, {} MB", bytes / 1_000_000);
    let table = open(&path)?;
    let start = Instant::now();
    let read = table.for_each(&mut |_| Ok::<(), mlv::format::FormatError>(()))?;
    println!("  read only    {:>6.2} s", start.elapsed().as_secs_f64());
    let suite = parse("suite.yaml", SUITE.as_bytes())?;
    let input = Input {
        dataset: "data.csv".to_owned(),
        table: Some(&table),
        files: Vec::new(),
        others: BTreeMap::new(),
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

fn open(path: &Path) -> Result<Table, Box<dyn Error>> {
    let source = Arc::new(FileSource::open(path)?);
    let file = TableFile { name: "data.csv".to_owned(), source };
    Ok(Table::open(vec![file], TableOptions::default())?)
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
