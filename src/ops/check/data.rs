//! The tables and files that a suite is carried out on.

use crate::check::suite::{FileFacts, ReadOptions, Suite};
use crate::format::FormatError;
use crate::format::table::{Format, Table, TableFile, TableOptions};
use crate::hook::spec::Globs;
use crate::ops::OpsError;
use crate::ops::data::{DataFile, DataView};

/// Returns the files of a dataset.
pub(super) fn files(view: &DataView<'_>, dataset: &[String]) -> Result<Vec<DataFile>, OpsError> {
    let globs = Globs::of_paths(dataset.to_vec())
        .map_err(|error| OpsError::Unsupported { what: format!("the dataset: {error}") })?;
    let mut files = view.files(&globs)?;
    // What begins with a dot keeps directories and settings, unless it is named itself.
    let is_hidden =
        |file: &DataFile| file.path.file_name().is_some_and(|name| name.starts_with(b"."));
    files.retain(|file| !is_hidden(file) || dataset.contains(&file.path.to_string()));
    Ok(files)
}

/// Returns the tables among files, or all where there is none.
pub(super) fn tables(files: &[DataFile]) -> Vec<&DataFile> {
    let is_table = |file: &&DataFile| Format::of(&file.path.to_string()).is_ok();
    let tables: Vec<&DataFile> = files.iter().filter(is_table).collect();
    if tables.is_empty() { files.iter().collect() } else { tables }
}

/// Opens files as one table, of which the columns are read that a suite names. Files of other formats
/// are passed over where there is any table.
pub(super) fn open(
    files: &[DataFile],
    options: &ReadOptions,
    columns: Option<Vec<&str>>,
) -> Result<Table, FormatError> {
    let tables = tables(files);
    let named =
        |file: &DataFile| TableFile { name: file.path.to_string(), source: file.source.clone() };
    let table = Table::open(tables.into_iter().map(named).collect(), table_options(options))?;
    let Some(columns) = columns else { return Ok(table) };
    let known = table.fields().iter().map(|field| field.name.clone());
    let read: Vec<String> = known.filter(|name| columns.contains(&name.as_str())).collect();
    table.with_columns(&read)
}

pub(super) fn table_options(options: &ReadOptions) -> TableOptions {
    TableOptions {
        delimiter: options.delimiter,
        encoding: options.encoding.clone(),
        null_values: options.null_values.clone(),
        header: !options.headless,
        ..TableOptions::default()
    }
}

/// Returns the columns of another table that the checks of a suite read.
pub(super) fn columns_elsewhere(suite: &Suite) -> Vec<&str> {
    let keys = suite.checks.iter().filter_map(|check| check.settings.text("key"));
    suite.checks.iter().flat_map(|check| check.columns()).chain(keys).collect()
}

pub(super) fn facts(files: &[DataFile]) -> Vec<FileFacts> {
    let facts =
        |file: &DataFile| FileFacts { path: file.path.to_string(), source: file.source.clone() };
    files.iter().map(facts).collect()
}
