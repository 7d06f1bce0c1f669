//! `drift`: whether new data is distributed as a reference is. The verb and the action both come here.

mod act;
mod cache;
mod champion;
mod data;
mod reads;

use std::collections::BTreeSet;

use rayon::prelude::*;

use crate::base::progress::Unit;
use crate::base::suggest;
use crate::base::yaml::MAX_BYTES;
use crate::base::{Hash, RepoPath};
use crate::check::drift::{ColumnReport, Profile, Report, Sides, Spec, compare, profiles};
use crate::format::table::{Table, TableOptions};
use crate::ops::data::{DataFile, DataView};
use crate::ops::{Context, OpsError};

use cache::Cache;
use data::{Data, Piece};

pub use act::act;
pub use data::{Standpoint, from_here};
pub use reads::reads;

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
    let committed = DataView::at(context, Some("HEAD"));
    if let Ok(view) = &committed
        && let Some(bytes) = view.read(path, limit)?
    {
        return parse(path, &bytes);
    }
    // What the user sees is what they meant.
    let view = if context.has_working_copy() { DataView::at(context, None) } else { committed };
    Err(view?.no_such_file(path))
}

/// Reads a specification as it is in a file.
pub fn parse(path: &RepoPath, bytes: &[u8]) -> Result<Spec, OpsError> {
    let text = String::from_utf8_lossy(bytes);
    Spec::parse(&path.to_string(), &text).map_err(OpsError::BrokenFile)
}

fn missing(path: &str, view: &DataView<'_>) -> OpsError {
    view.no_such_path(path)
}

/// Compares what a specification names.
pub fn drift(
    context: &Context,
    spec: &Spec,
    standpoint: &Standpoint<'_>,
) -> Result<DriftReport, OpsError> {
    let (new, reference) = both(context, spec, standpoint)?;
    let names = (new.name.clone(), reference.name.clone());
    let options = TableOptions { null_values: spec.null_values(), ..TableOptions::default() };
    let mut reports = compare_sides(context, new, reference, &options, &[spec])?;
    let report = reports.pop().expect("there is a report for each specification")?;
    Ok(DriftReport { report, data: names.0, reference: names.1 })
}

/// Compares files with others, each of which are one table, once by each specification; of one that
/// names a column that neither side has, that is the answer. What is compared several times is read once.
pub fn compare_files(
    context: &Context,
    new: Vec<DataFile>,
    reference: Vec<DataFile>,
    options: &TableOptions,
    specs: &[&Spec],
) -> Result<Vec<Result<Report, OpsError>>, OpsError> {
    let data = |files: Vec<DataFile>| Data {
        name: String::new(),
        files: files.into_iter().map(Piece::from).collect(),
    };
    compare_sides(context, data(new), data(reference), options, specs)
}

fn compare_sides(
    context: &Context,
    new: Data,
    reference: Data,
    options: &TableOptions,
    specs: &[&Spec],
) -> Result<Vec<Result<Report, OpsError>>, OpsError> {
    context.progress.phase("comparing", None, Unit::Time);
    let (new, reference) = (Side::open(new, options)?, Side::open(reference, options)?);
    let asked: Vec<Result<Columns, OpsError>> =
        specs.iter().map(|spec| Columns::of(&reference.table, &new.table, spec)).collect();
    let mut found: Vec<Vec<ColumnReport>> = specs.iter().map(|_| Vec::new()).collect();
    let mut rows = Sides::default();
    let common = Columns::in_any(&new.table, &asked);
    for group in groups(&common, reference.bytes() + new.bytes()) {
        let pairs = profiles_of(context, &reference, &new, group)?;
        rows = pairs
            .first()
            .map_or(rows, |(_, reference, new)| Sides { reference: reference.rows, new: new.rows });
        for ((spec, asked), found) in specs.iter().zip(&asked).zip(&mut found) {
            let Ok(asked) = asked else { continue };
            let wanted = pairs.par_iter().filter(|(name, ..)| asked.common.contains(*name));
            let compared = wanted
                .map(|(name, reference, new)| compare(name, reference, new, &spec.settings))
                .collect::<Vec<_>>();
            found.extend(compared);
        }
    }
    let reports = specs.iter().zip(asked).zip(found).map(|((spec, asked), found)| {
        let Columns { only_in_reference, only_in_new, .. } = asked?;
        Ok(Report::new(found, rows, only_in_reference, only_in_new, &spec.settings))
    });
    Ok(reports.collect())
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
    options: TableOptions,
}

impl Side {
    fn open(data: Data, options: &TableOptions) -> Result<Self, OpsError> {
        let table = Table::open(data.table_files(), options.clone())?;
        Ok(Self { data, table, options: options.clone() })
    }

    /// Returns about how many bytes its columns take as numbers.
    fn bytes(&self) -> u64 {
        let cells = |rows: u64| rows.saturating_mul(8 * self.table.all_fields().len() as u64);
        self.table.row_count_hint().map_or_else(|| self.data.size(), cells)
    }

    /// Returns the profiles of columns, in their order: those that were kept, the others as they are read.
    fn profiles(&self, context: &Context, columns: &[String]) -> Result<Vec<Profile>, OpsError> {
        let cache = Cache::of(context, &self.data, &self.options);
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

    /// Returns the columns that are to be compared for anyone, in the order of the new data.
    fn in_any(new: &Table, asked: &[Result<Self, OpsError>]) -> Vec<String> {
        let is_wanted =
            |name: &String| asked.iter().flatten().any(|asked| asked.common.contains(name));
        new.all_fields().iter().map(|field| field.name.clone()).filter(is_wanted).collect()
    }
}

/// Cuts columns so that the numbers of each group find room, where all take so many bytes.
fn groups(columns: &[String], bytes: u64) -> impl Iterator<Item = &[String]> {
    let groups = (bytes / MOST_BYTES + 1) as usize;
    columns.chunks(columns.len().div_ceil(groups).max(1))
}

/// Returns columns with their profiles: the reference's, then that of the new data.
fn profiles_of<'c>(
    context: &Context,
    reference: &Side,
    new: &Side,
    columns: &'c [String],
) -> Result<Vec<(&'c String, Profile, Profile)>, OpsError> {
    let (references, news) =
        rayon::join(|| reference.profiles(context, columns), || new.profiles(context, columns));
    let sides = columns.iter().zip(references?).zip(news?);
    Ok(sides.map(|((column, reference), new)| (column, reference, new)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_that_do_not_find_room_together_are_compared_after_each_other() {
        let common = ["a", "b", "c", "d", "e"].map(str::to_owned).to_vec();
        let sizes = |bytes| groups(&common, bytes).map(<[String]>::len).collect::<Vec<_>>();
        assert_eq!(sizes(1000), [5]);
        assert_eq!(sizes(MOST_BYTES * 3 / 2), [3, 2]);
        assert_eq!(sizes(u64::MAX), [1; 5]);
        assert_eq!(groups(&[], 1000).count(), 0);
    }
}
