//! How fast drift is told between two tables: from columns in memory, and from csv files.
//!
//! `cargo bench --bench drift`; `ROWS` and `COLUMNS` as arguments change the sizes.

#![expect(clippy::print_stdout, reason = "a benchmark speaks to a person")]

use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use mlv::base::interrupt::Interrupted;
use mlv::check::drift::{
    Collector, ColumnReport, Profile, Settings, compare, decode, encode, profiles,
};
use mlv::format::table::{Column, Table, TableFile, TableOptions};
use mlv::format::{FileSource, FormatError};
use rayon::prelude::*;

const BATCH: usize = 65_536;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let sizes: Vec<usize> = std::env::args().filter_map(|text| text.parse().ok()).collect();
    let rows = sizes.first().copied().unwrap_or(1_000_000);
    let columns = sizes.get(1).copied().unwrap_or(20);
    println!("{columns} columns of {rows} rows on each side");
    let settings = Settings::default();
    let (reference, new) = timed("  profile both, in memory", || {
        rayon::join(|| in_memory(rows, columns, 0.0), || in_memory(rows, columns, 0.05))
    });
    timed("  compare", || compare_all(&reference, &new, &settings));
    let all = Settings { all: true, ..settings.clone() };
    timed("  compare by all methods", || compare_all(&reference, &new, &all));
    let kept: Vec<Vec<u8>> =
        timed("  encode one side", || reference.par_iter().map(encode).collect());
    timed("  decode one side", || kept.par_iter().filter_map(|bytes| decode(bytes)).count());
    println!("  peak memory {:>22} MB", peak_kilobytes() / 1000);
    drop((reference, new, kept));
    let dir = tempfile::Builder::new().prefix("mlv-bench-").tempdir()?;
    let (before, after) = (dir.path().join("before.csv"), dir.path().join("after.csv"));
    write_csv(&before, rows, columns, 0.0)?;
    write_csv(&after, rows, columns, 0.05)?;
    timed("  from csv to verdict", || -> Result<(), Failure> {
        let (reference, new) = rayon::join(|| of_csv(&before), || of_csv(&after));
        compare_all(&reference?, &new?, &settings);
        Ok(())
    })?;
    println!("  peak memory {:>22} MB", peak_kilobytes() / 1000);
    Ok(())
}

#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Format(#[from] FormatError),
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// Prints what `work` took.
fn timed<T>(name: &str, work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = work();
    println!("{name:<28} {:>7.3} s", start.elapsed().as_secs_f64());
    result
}

/// Numbers that look like chance and are the same each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> f64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// Returns a value of a column: of every fourth a category, else a number.
fn value(column: usize, dice: &mut Dice, shift: f64) -> f64 {
    let chance = dice.roll();
    if column.is_multiple_of(4) { (chance * 8.0).floor() } else { chance + dice.roll() + shift }
}

fn in_memory(rows: usize, columns: usize, shift: f64) -> Vec<Profile> {
    let profile = |column: usize| {
        let mut dice = Dice(column as u64);
        let mut collector = Collector::default();
        let mut left = rows;
        while left > 0 {
            let batch = left.min(BATCH);
            let numbers: Vec<f64> = (0..batch).map(|_| value(column, &mut dice, shift)).collect();
            collector.take(&Column::Float(numbers.into()));
            left -= batch;
        }
        collector.finish().expect("a column of numbers is of one kind")
    };
    (0..columns).into_par_iter().map(profile).collect()
}

fn compare_all(reference: &[Profile], new: &[Profile], settings: &Settings) -> Vec<ColumnReport> {
    let pairs = reference.par_iter().zip(new);
    pairs.map(|(reference, new)| compare("column", reference, new, settings)).collect()
}

fn write_csv(path: &Path, rows: usize, columns: usize, shift: f64) -> std::io::Result<()> {
    let mut file = BufWriter::new(std::fs::File::create(path)?);
    let mut dice: Vec<Dice> = (0..columns).map(|column| Dice(column as u64)).collect();
    let names: Vec<String> = (0..columns).map(|column| format!("column_{column}")).collect();
    writeln!(file, "{}", names.join(","))?;
    for _ in 0..rows {
        for (column, dice) in dice.iter_mut().enumerate() {
            let end = if column + 1 == columns { "\n" } else { "," };
            let value = value(column, dice, shift);
            if column.is_multiple_of(4) {
                write!(file, "kind {value}{end}")?;
            } else {
                write!(file, "{value:.6}{end}")?;
            }
        }
    }
    file.flush()
}

fn of_csv(path: &Path) -> Result<Vec<Profile>, Failure> {
    let source = Arc::new(FileSource::open(path)?);
    let file = TableFile { name: path.display().to_string(), source };
    let table = Table::open(vec![file], TableOptions::default())?;
    let names: Vec<String> = table.fields().iter().map(|field| field.name.clone()).collect();
    Ok(profiles::<Failure>(&table, &names)?.into_values().collect())
}

/// Returns the most memory that the process has held.
fn peak_kilobytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim_end_matches("kB").trim().parse().ok()).unwrap_or_default()
}
