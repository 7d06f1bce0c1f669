//! `drift`: whether new data is distributed as a reference is. The verb and the action both come here.

mod act;
mod cache;
mod champion;
mod data;

use std::collections::BTreeSet;

use rayon::prelude::*;

use crate::base::progress::Unit;
use crate::base::suggest;
use crate::base::yaml::MAX_BYTES;
use crate::base::{Hash, RepoPath};
use crate::check::drift::{ColumnReport, Profile, Report, Sides, Spec, compare, profiles};
use crate::format::table::{Table, TableOptions};
use crate::ops::data::DataView;
use crate::ops::{Context, OpsError};

use cache::Cache;
use data::Data;

pub use act::act;
pub use data::{Standpoint, from_here};

/// Numbers of both sides that are held at a time; of more, some columns are compared after the others.
const MOST_BYTES: u64 = 1 << 30;

/// What was compared with what, and what was found.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct DriftReport {
    #[serde(flatten)]
    pub report: Report,
    pub data: String,
    pub reference: String,
}

/// Reads a specification; those that lie in the working copy come before those of the last commit.
pub fn read_spec(context: &Context, path: &RepoPath) -> Result<Spec, OpsError> {
    let limit = MAX_BYTES as u64;
    if context.has_working_copy() {
        let view = DataView::at(context, None)?;
        if let Some(bytes) = view.read(path, limit)? {
            return parse(path, &bytes);
        }
    }
    let view = DataView::at(context, Some("HEAD"))?;
    match view.read(path, limit)? {
        Some(bytes) => parse(path, &bytes),
        None => Err(missing(path.to_string(), &view)),
    }
}

/// Reads a specification as it is in a file.
pub fn parse(path: &RepoPath, bytes: &[u8]) -> Result<Spec, OpsError> {
    let text = String::from_utf8_lossy(bytes);
    Spec::parse(&path.to_string(), &text).map_err(OpsError::BrokenFile)
}

fn missing(path: String, view: &DataView<'_>) -> OpsError {
    OpsError::NoSuchPath { path, place: view.name().to_owned(), candidates: Vec::new() }
}

/// Compares what a specification names.
pub fn drift(
    context: &Context,
    spec: &Spec,
    standpoint: &Standpoint<'_>,
) -> Result<DriftReport, OpsError> {
    let (new, reference) = both(context, spec, standpoint)?;
    context.progress.phase("comparing", None, Unit::Time);
    let (new, reference) = (Side::open(new, spec)?, Side::open(reference, spec)?);
    let columns = Columns::of(&reference.table, &new.table, spec)?;
    let mut reports = Vec::new();
    let mut rows = Sides::default();
    for group in columns.groups(reference.bytes() + new.bytes()) {
        let group = compare_columns(context, &reference, &new, group, spec)?;
        rows = group.first().map_or(rows, |(_, rows)| *rows);
        reports.extend(group.into_iter().map(|(report, _)| report));
    }
    let Columns { only_in_reference, only_in_new, .. } = columns;
    let report = Report::new(reports, rows, only_in_reference, only_in_new, &spec.settings);
    Ok(DriftReport { report, data: new.data.name, reference: reference.data.name })
}

/// Returns the new data and what it is compared with.
fn both(
    context: &Context,
    spec: &Spec,
    standpoint: &Standpoint<'_>,
) -> Result<(Data, Data), OpsError> {
    let data = spec.data.as_deref().ok_or(OpsError::NoData)?;
    let reference = match &spec.reference {
        Some(reference) => Some(reference.clone()),
        None => champion::default(context)?,
    };
    let reference = reference.ok_or_else(|| OpsError::NoReference { data: data.to_owned() })?;
    Ok((standpoint.data(context, data)?, standpoint.data(context, &reference)?))
}

/// Returns what tells, as long as it is the same, that a comparison would come to the same: the content
/// of both sides, as far as it is known without reading it.
pub fn content(
    context: &Context,
    spec: &Spec,
    standpoint: &Standpoint<'_>,
) -> Result<Hash, OpsError> {
    let (new, reference) = both(context, spec, standpoint)?;
    let mut hasher = blake3::Hasher::new();
    for side in [new, reference] {
        hasher.update(&(side.files.len() as u64).to_le_bytes());
        for file in side.files {
            let content = file.content.map(Hash::to_hex).unwrap_or_default();
            hasher.update(format!("{}\0{content}\0", file.name).as_bytes());
        }
    }
    Ok(Hash(*hasher.finalize().as_bytes()))
}

/// Data that is open as a table.
struct Side {
    data: Data,
    table: Table,
    null_values: Vec<String>,
}

impl Side {
    fn open(data: Data, spec: &Spec) -> Result<Self, OpsError> {
        let null_values = spec.null_values();
        let options = TableOptions { null_values: null_values.clone(), ..TableOptions::default() };
        let table = Table::open(data.table_files(), options)?;
        Ok(Self { data, table, null_values })
    }

    /// Returns about how many bytes its columns take as numbers.
    fn bytes(&self) -> u64 {
        let cells = |rows: u64| rows.saturating_mul(8 * self.table.all_fields().len() as u64);
        self.table.row_count_hint().map_or_else(|| self.data.size(), cells)
    }

    /// Returns the profiles of columns, in their order: those that were kept, the others as they are read.
    fn profiles(&self, context: &Context, columns: &[String]) -> Result<Vec<Profile>, OpsError> {
        let cache = Cache::of(context, &self.data, &self.null_values);
        let kept = |column: &String| cache.as_ref().and_then(|cache| cache.read(column));
        let mut kept: Vec<_> = columns.par_iter().map(kept).collect();
        let absent = columns.iter().zip(&kept).filter(|(_, kept)| kept.is_none());
        let absent: Vec<String> = absent.map(|(column, _)| column.clone()).collect();
        if !absent.is_empty() {
            let mut read = profiles::<OpsError>(&self.table, &absent)?;
            if let Some(cache) = &cache {
                read.par_iter().for_each(|(column, profile)| cache.write(column, profile));
                cache.bound();
            }
            for (column, kept) in columns.iter().zip(&mut kept) {
                *kept = kept.take().or_else(|| read.remove(column));
            }
        }
        Ok(kept.into_iter().flatten().collect())
    }
}

/// The columns of both sides.
struct Columns {
    /// Those that both have, in the order of the new data.
    common: Vec<String>,
    only_in_reference: Vec<String>,
    only_in_new: Vec<String>,
}

impl Columns {
    fn of(reference: &Table, new: &Table, spec: &Spec) -> Result<Self, OpsError> {
        let names = |table: &Table| -> Vec<String> {
            table.all_fields().iter().map(|field| field.name.clone()).collect()
        };
        let (reference, new) = (names(reference), names(new));
        for column in spec.columns.iter().chain(&spec.settings.critical) {
            if !reference.contains(column) && !new.contains(column) {
                let known: BTreeSet<&str> =
                    reference.iter().chain(&new).map(String::as_str).collect();
                let candidates = suggest::candidates(column, known);
                return Err(OpsError::NoSuchColumn { column: column.clone(), candidates });
            }
        }
        let wanted = |name: &&String| {
            spec.columns.is_empty()
                || spec.columns.contains(name)
                || spec.settings.critical.contains(name)
        };
        let pick = |from: &[String], other: &[String], in_both: bool| -> Vec<String> {
            let those = from.iter().filter(|name| other.contains(name) == in_both);
            those.filter(wanted).cloned().collect()
        };
        Ok(Self {
            common: pick(&new, &reference, true),
            only_in_reference: pick(&reference, &new, false),
            only_in_new: pick(&new, &reference, false),
        })
    }

    /// Cuts them so that the numbers of each group find room, where all take so many bytes.
    fn groups(&self, bytes: u64) -> impl Iterator<Item = &[String]> {
        let groups = (bytes / MOST_BYTES + 1) as usize;
        self.common.chunks(self.common.len().div_ceil(groups).max(1))
    }
}

/// Compares some columns; returns with each how many rows there are.
fn compare_columns(
    context: &Context,
    reference: &Side,
    new: &Side,
    columns: &[String],
    spec: &Spec,
) -> Result<Vec<(ColumnReport, Sides)>, OpsError> {
    let (references, news) =
        rayon::join(|| reference.profiles(context, columns), || new.profiles(context, columns));
    let sides = columns.par_iter().zip(references?).zip(news?);
    let compared = sides.map(|((column, reference), new)| {
        let rows = Sides { reference: reference.rows, new: new.rows };
        (compare(column, &reference, &new, &spec.settings), rows)
    });
    Ok(compared.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_that_do_not_find_room_together_are_compared_after_each_other() {
        let common = ["a", "b", "c", "d", "e"].map(str::to_owned).to_vec();
        let columns = Columns { common, only_in_reference: Vec::new(), only_in_new: Vec::new() };
        let sizes = |bytes| columns.groups(bytes).map(<[String]>::len).collect::<Vec<_>>();
        assert_eq!(sizes(1000), [5]);
        assert_eq!(sizes(MOST_BYTES * 3 / 2), [3, 2]);
        assert_eq!(sizes(u64::MAX), [1; 5]);
        let none = Columns { common: Vec::new(), ..columns };
        assert_eq!(none.groups(1000).count(), 0);
    }
}
