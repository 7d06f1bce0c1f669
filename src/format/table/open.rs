//! `Table`: files of the same columns, read as one.

use std::sync::Arc;

use super::csv::CsvFile;
use super::jsonl::{JsonlFile, Keys};
use super::parquet::ParquetFile;
use super::pipeline::{self, Parts};
use super::{Batch, Dialect, Field, Format, TableFile, TableOptions};
use crate::format::{FormatError, OtherColumns};

/// Files of the same columns in the same order. Opening reads their heads only.
#[derive(Debug, Clone)]
pub struct Table {
    readers: Vec<Reader>,
    /// All columns of the files.
    all: Vec<Field>,
    /// The columns that are read.
    fields: Vec<Field>,
    /// For each column of the files whether it is read.
    wanted: Vec<bool>,
}

#[derive(Debug, Clone)]
enum Reader {
    Csv(CsvFile),
    Jsonl(JsonlFile),
    Parquet(ParquetFile),
}

impl Reader {
    fn open(file: TableFile, options: &TableOptions) -> Result<Self, FormatError> {
        match Format::of(&file.name)? {
            Format::Csv => CsvFile::open(file, options).map(Self::Csv),
            Format::Jsonl => JsonlFile::open(file, options).map(Self::Jsonl),
            Format::Parquet => ParquetFile::open(file, options).map(Self::Parquet),
        }
    }

    fn fields(&self) -> &[Field] {
        match self {
            Self::Csv(file) => file.fields(),
            Self::Jsonl(file) => file.fields(),
            Self::Parquet(file) => file.fields(),
        }
    }

    fn name(&self) -> &str {
        match self {
            Self::Csv(file) => file.name(),
            Self::Jsonl(file) => file.name(),
            Self::Parquet(file) => file.name(),
        }
    }

    fn dialect(&self) -> &Dialect {
        match self {
            Self::Csv(file) => file.dialect(),
            Self::Jsonl(file) => file.dialect(),
            Self::Parquet(file) => file.dialect(),
        }
    }

    fn rows(&self) -> Option<u64> {
        match self {
            Self::Csv(_) | Self::Jsonl(_) => None,
            Self::Parquet(file) => file.rows(),
        }
    }

    /// Hands on the parts of the file; tells whether more are wanted.
    fn read<'a>(&'a self, wanted: &'a [bool], parts: &Parts<'_, 'a>) -> bool {
        let read = match self {
            Self::Csv(file) => file.read(wanted, parts),
            Self::Jsonl(file) => file.read(wanted, parts),
            Self::Parquet(file) => file.read(wanted, parts),
        };
        read.unwrap_or_else(|error| {
            parts.fail(error);
            false
        })
    }
}

impl Table {
    /// Opens files, in the order of their names, as one table.
    pub fn open(mut files: Vec<TableFile>, options: TableOptions) -> Result<Self, FormatError> {
        files.sort_by(|a, b| a.name.cmp(&b.name));
        let readers = files.into_iter().map(|file| Reader::open(file, &options));
        let mut readers: Vec<Reader> = readers.collect::<Result<_, _>>()?;
        share_keys(&mut readers)?;
        let first = readers.first().ok_or(FormatError::NoFiles)?;
        for other in &readers[1..] {
            same_columns(first, other)?;
        }
        let all = first.fields().to_vec();
        let table = Self { wanted: vec![true; all.len()], fields: all.clone(), all, readers };
        match &options.columns {
            Some(columns) => table.with_columns(columns),
            None => Ok(table),
        }
    }

    /// Returns the table of these columns only, which keep the order they have in the files.
    pub fn with_columns(&self, columns: &[String]) -> Result<Self, FormatError> {
        let has = |name: &String| self.all.iter().any(|field| field.name == *name);
        if let Some(missing) = columns.iter().find(|name| !has(name)) {
            let file = self.readers[0].name().to_owned();
            return Err(FormatError::NoSuchColumn { file, column: missing.clone() });
        }
        let wanted: Vec<bool> = self.all.iter().map(|it| columns.contains(&it.name)).collect();
        let fields = self.all.iter().zip(&wanted).filter(|(_, wanted)| **wanted);
        let fields = fields.map(|(field, _)| field.clone()).collect();
        Ok(Self { fields, wanted, ..self.clone() })
    }

    /// Returns the columns that are read, in the order they have in the files and in each batch.
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// Returns the columns that the files have, whether they are read or not.
    pub fn all_fields(&self) -> &[Field] {
        &self.all
    }

    /// Returns the names of the files, in the order in which they are read.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.readers.iter().map(Reader::name)
    }

    /// Returns what was detected about the first file.
    pub fn dialect(&self) -> &Dialect {
        self.readers[0].dialect()
    }

    /// Returns how many rows there are, where the files say so.
    pub fn row_count_hint(&self) -> Option<u64> {
        self.readers.iter().map(Reader::rows).sum()
    }

    /// Reads all rows, batch by batch, in bounded memory; other threads read ahead while `take` works.
    /// Returns how many rows there are. The first error ends it, be it of a file or of `take`.
    pub fn for_each<E: From<FormatError>>(
        &self,
        take: &mut dyn FnMut(&Batch) -> Result<(), E>,
    ) -> Result<u64, E> {
        self.for_each_looked(&|_| (), &mut |batch, ()| take(batch))
    }

    /// Reads all rows as `for_each` does. Before `take` gets a batch, `look` sees it on the thread that
    /// decoded it, while others are decoded; there, rows are counted from the first of the batch.
    pub fn for_each_looked<'a, T: Send, E: From<FormatError>>(
        &'a self,
        look: &(dyn Fn(&Batch) -> T + Sync),
        take: &mut dyn FnMut(&Batch, T) -> Result<(), E>,
    ) -> Result<u64, E> {
        let mut first_row = 0;
        let produce = |parts: &Parts<'_, 'a>| {
            let mut readers = self.readers.iter().enumerate();
            // Stops at the first that wants no more.
            let _is_read_out =
                readers.all(|(number, reader)| reader.read(&self.wanted, &parts.of(number)));
        };
        pipeline::run(produce, look, &mut |batch, looked| -> Result<(), E> {
            let batch = Batch { first_row, ..batch };
            take(&batch, looked)?;
            first_row += batch.rows as u64;
            Ok(())
        })?;
        Ok(first_row)
    }
}

/// Gives every file of objects the keys of all: an object has no order, and lacks what is missing.
fn share_keys(readers: &mut [Reader]) -> Result<(), FormatError> {
    let mut shared = Keys::default();
    for reader in &*readers {
        if let Reader::Jsonl(file) = reader {
            file.add_keys_to(&mut shared)?;
        }
    }
    let shared = Arc::new(shared);
    for reader in readers {
        if let Reader::Jsonl(file) = reader {
            file.take_keys(shared.clone());
        }
    }
    Ok(())
}

/// Holds the columns of a file against those of the table's first.
fn same_columns(first: &Reader, other: &Reader) -> Result<(), FormatError> {
    let (ours, theirs) = (first.fields(), other.fields());
    for at in 0..ours.len().max(theirs.len()) {
        let name = |fields: &[Field]| fields.get(at).map(|field| field.name.clone());
        let (expected, found) = (name(ours), name(theirs));
        if expected != found {
            return Err(FormatError::OtherColumns(Box::new(OtherColumns {
                file: other.name().to_owned(),
                first: first.name().to_owned(),
                number: at + 1,
                expected,
                found,
            })));
        }
    }
    Ok(())
}
