//! `ParquetFile`: a parquet file whose footer has been read.

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::{DataType, Field as ArrowField, FieldRef, Schema, TimeUnit};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader,
    ParquetRecordBatchReaderBuilder,
};
use parquet::basic::Type as PhysicalType;
use parquet::errors::ParquetError;

use super::chunks::Chunks;
use super::{compact, convert};
use crate::format::FormatError;
use crate::format::table::options::{MOST_CELLS, MOST_COLUMNS};
use crate::format::table::{Dialect, Field, Format, Parts, TableFile, TableOptions};

/// A file of typed columns.
#[derive(Debug, Clone)]
pub struct ParquetFile {
    name: String,
    chunks: Chunks,
    metadata: ArrowReaderMetadata,
    fields: Vec<Field>,
    dialect: Dialect,
    batch_rows: usize,
}

impl ParquetFile {
    pub fn open(file: TableFile, options: &TableOptions) -> Result<Self, FormatError> {
        let TableFile { name, source } = file;
        let chunks = Chunks(source);
        let (metadata, fields) = guarded(|| {
            let footer = chunks.footer()?;
            if !footer.is_some_and(|footer| compact::is_sound_footer(&footer)) {
                let reason = "this is no parquet file, or its footer is damaged";
                return Err(ParquetError::General(reason.to_owned()));
            }
            let metadata = ArrowReaderMetadata::load(&chunks, plain())?;
            let fields = metadata.schema().fields().iter().map(|it| field(it));
            let fields: Vec<Field> = fields.collect();
            Ok((with_views(&metadata)?, fields))
        })
        .map_err(|error| damaged(&name, error))?;
        refuse_columns(&name, &fields)?;
        let dialect = Dialect { format: Format::Parquet, encoding: None, csv: None };
        let batch_rows = options.batch_rows.max(1);
        Ok(Self { name, chunks, metadata, fields, dialect, batch_rows })
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    pub fn dialect(&self) -> &Dialect {
        &self.dialect
    }

    /// Returns how many rows the file says it has.
    pub fn rows(&self) -> Option<u64> {
        u64::try_from(self.metadata.metadata().file_metadata().num_rows()).ok()
    }

    /// Hands on batches of the file; tells whether more are wanted.
    pub fn read<'a>(&'a self, wanted: &'a [bool], parts: &Parts<'a>) -> Result<bool, FormatError> {
        let mut reader =
            guarded(|| self.reader(wanted)).map_err(|error| damaged(&self.name, error))?;
        let mut rows = 0;
        while let Some(batch) = next(&mut reader).map_err(|error| damaged(&self.name, error))? {
            rows += batch.num_rows() as u64;
            let work = move || convert::rows(&batch, wanted).map_err(|error| error.of(&self.name));
            if !parts.put(Box::new(work)) {
                return Ok(false);
            }
        }
        match self.rows() {
            Some(claimed) if claimed == rows => Ok(true),
            _ => Err(FormatError::Damaged {
                file: self.name.clone(),
                reason: format!("there are {rows} rows, and the footer tells of another number"),
            }),
        }
    }

    fn reader(&self, wanted: &[bool]) -> Result<ParquetRecordBatchReader, ParquetError> {
        let mut roots: Vec<usize> = (0..wanted.len()).filter(|at| wanted[*at]).collect();
        if roots.is_empty() {
            // A column is read all the same: rows that only the footer claims are no rows.
            roots.push(0);
        }
        let batch_rows = (MOST_CELLS / roots.len()).clamp(1, self.batch_rows);
        let mask = ProjectionMask::roots(self.metadata.parquet_schema(), roots);
        ParquetRecordBatchReaderBuilder::new_with_metadata(
            self.chunks.clone(),
            self.metadata.clone(),
        )
        .with_projection(mask)
        .with_batch_size(batch_rows)
        .build()
    }
}

/// Types are those that parquet itself tells: an arrow schema in the metadata need not fit them.
fn plain() -> ArrowReaderOptions {
    ArrowReaderOptions::new().with_skip_arrow_metadata(true)
}

/// Reads texts as views: a dictionary's value that stands in many rows is then in memory once.
fn with_views(metadata: &ArrowReaderMetadata) -> Result<ArrowReaderMetadata, ParquetError> {
    let roots = metadata.parquet_schema().root_schema().get_fields();
    let fields = metadata.schema().fields().iter().zip(roots).map(|(field, root)| {
        // Far dates, as some writers use for "never", do not fit the nanoseconds of old timestamps.
        if root.is_primitive() && root.get_physical_type() == PhysicalType::INT96 {
            let microseconds = DataType::Timestamp(TimeUnit::Microsecond, None);
            return Arc::new(ArrowField::clone(field).with_data_type(microseconds));
        }
        viewed_field(field)
    });
    let schema = Arc::new(Schema::new(fields.collect::<Vec<FieldRef>>()));
    ArrowReaderMetadata::try_new(metadata.metadata().clone(), plain().with_schema(schema))
}

fn viewed_field(field: &ArrowField) -> FieldRef {
    Arc::new(field.clone().with_data_type(viewed(field.data_type())))
}

fn viewed(data_type: &DataType) -> DataType {
    match data_type {
        DataType::Utf8 => DataType::Utf8View,
        DataType::Binary => DataType::BinaryView,
        DataType::List(item) => DataType::List(viewed_field(item)),
        DataType::Map(entries, sorted) => DataType::Map(viewed_field(entries), *sorted),
        DataType::Struct(fields) => {
            DataType::Struct(fields.iter().map(|field| viewed_field(field)).collect())
        }
        other => other.clone(),
    }
}

fn field(field: &ArrowField) -> Field {
    Field { name: field.name().clone(), type_name: field.data_type().to_string() }
}

fn refuse_columns(name: &str, fields: &[Field]) -> Result<(), FormatError> {
    let mut seen = HashSet::new();
    let twice = fields.iter().find(|field| !seen.insert(field.name.as_str()));
    let reason = match (fields.len(), twice) {
        (0, _) => "there are no columns".to_owned(),
        (_, Some(field)) => format!("two columns are called `{}`", field.name),
        (count @ MOST_COLUMNS.., None) => {
            format!("{count} columns, and {MOST_COLUMNS} are too many")
        }
        _ => return Ok(()),
    };
    Err(FormatError::Damaged { file: name.to_owned(), reason })
}

fn next(reader: &mut ParquetRecordBatchReader) -> Result<Option<RecordBatch>, ParquetError> {
    guarded(|| reader.next().transpose().map_err(ParquetError::from))
}

/// Runs the decoder, which panics at some of what only a damaged file says.
fn guarded<T>(decode: impl FnOnce() -> Result<T, ParquetError>) -> Result<T, ParquetError> {
    // What it leaves behind is dropped by the caller, as an error is returned.
    catch_unwind(AssertUnwindSafe(decode))
        .unwrap_or_else(|_| Err(ParquetError::General("the file is damaged".to_owned())))
}

fn damaged(name: &str, error: ParquetError) -> FormatError {
    let reason = match error {
        ParquetError::General(reason) | ParquetError::EOF(reason) => reason,
        other => other.to_string(),
    };
    FormatError::Damaged { file: name.to_owned(), reason }
}
