//! `ParquetFile`: a parquet file whose footer has been read.

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;

use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field as ArrowField, FieldRef, Schema, TimeUnit};
use crossbeam_channel::{Receiver, Sender, bounded};
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

/// How many readers share the columns, so that several threads decode.
const MOST_READERS: usize = 16;

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
        let chunks = Chunks::new(source);
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
        let chunks = chunks.described(metadata.metadata());
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
    pub fn read<'a>(
        &'a self,
        wanted: &'a [bool],
        parts: &Parts<'_, 'a>,
    ) -> Result<bool, FormatError> {
        let readers = guarded(|| self.readers(wanted));
        let readers = readers.map_err(|error| damaged(&self.name, error))?;
        thread::scope(|scope| {
            // The caller may be one of a pool's threads, all of which wait here: these are its own.
            let decode = |reader| {
                let (sender, receiver) = bounded(1);
                scope.spawn(move || send_all(reader, &sender));
                receiver
            };
            self.put_all(&readers.into_iter().map(decode).collect::<Vec<_>>(), wanted, parts)
        })
    }

    /// Hands on the batches of readers side by side.
    fn put_all<'a>(
        &'a self,
        readers: &[Receiver<Part>],
        wanted: &'a [bool],
        parts: &Parts<'_, 'a>,
    ) -> Result<bool, FormatError> {
        let mut rows = 0;
        while let Some(batch) = next(readers).map_err(|error| damaged(&self.name, error))? {
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

    /// Returns readers of some columns each, which go through the same rows side by side.
    fn readers(&self, wanted: &[bool]) -> Result<Vec<ParquetRecordBatchReader>, ParquetError> {
        let mut roots: Vec<usize> = (0..wanted.len()).filter(|at| wanted[*at]).collect();
        if roots.is_empty() {
            // A column is read all the same: rows that only the footer claims are no rows.
            roots.push(0);
        }
        let batch_rows = (MOST_CELLS / roots.len()).clamp(1, self.batch_rows);
        let readers = thread::available_parallelism().map_or(1, usize::from).min(MOST_READERS);
        let parts = self.shared_out(&roots, readers);
        parts.into_iter().map(|roots| self.reader(roots, batch_rows)).collect()
    }

    /// Cuts columns into parts of about as many bytes each.
    fn shared_out<'r>(&self, roots: &'r [usize], parts: usize) -> Vec<&'r [usize]> {
        let mut sizes = vec![0_u64; self.fields.len()];
        let leaves = self.metadata.parquet_schema();
        for group in self.metadata.metadata().row_groups() {
            for (leaf, column) in group.columns().iter().enumerate() {
                let size = &mut sizes[leaves.get_column_root_idx(leaf)];
                *size = size.saturating_add(column.compressed_size().unsigned_abs());
            }
        }
        let all = roots.iter().fold(0_u64, |all, root| all.saturating_add(sizes[*root]));
        let share = (all / parts as u64).saturating_add(1);
        let mut before = 0_u64;
        let part_of = roots.iter().map(|root| {
            let middle = before.saturating_add(sizes[*root] / 2);
            before = before.saturating_add(sizes[*root]);
            middle / share
        });
        let part_of: Vec<u64> = part_of.collect();
        let mut cuts: Vec<usize> =
            (1..roots.len()).filter(|at| part_of[*at] > part_of[*at - 1]).collect();
        cuts.push(roots.len());
        let mut from = 0;
        let part = |to| &roots[std::mem::replace(&mut from, to)..to];
        cuts.into_iter().map(part).collect()
    }

    fn reader(
        &self,
        roots: &[usize],
        batch_rows: usize,
    ) -> Result<ParquetRecordBatchReader, ParquetError> {
        let mask = ProjectionMask::roots(self.metadata.parquet_schema(), roots.iter().copied());
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

/// The next rows of a reader; nothing at its end.
type Part = Result<Option<RecordBatch>, ParquetError>;

/// Sends what a reader reads until it ends, or nobody wants more.
fn send_all(mut reader: ParquetRecordBatchReader, sender: &Sender<Part>) {
    loop {
        let part = guarded(|| reader.next().transpose().map_err(ParquetError::from));
        let is_last = !matches!(part, Ok(Some(_)));
        if sender.send(part).is_err() || is_last {
            return;
        }
    }
}

/// Returns the next rows of all readers as one batch.
fn next(readers: &[Receiver<Part>]) -> Part {
    let ended = |_| ParquetError::General("a reader ended early".to_owned());
    let parts = readers.iter().map(|reader| reader.recv().map_err(ended)?);
    let parts: Vec<Option<RecordBatch>> = parts.collect::<Result<_, _>>()?;
    let parts: Vec<RecordBatch> = parts.into_iter().flatten().collect();
    match parts.len() {
        0 => return Ok(None),
        some if some < readers.len() => {
            let reason = "not all columns have as many rows";
            return Err(ParquetError::General(reason.to_owned()));
        }
        _ => {}
    }
    let fields: Vec<FieldRef> =
        parts.iter().flat_map(|part| part.schema().fields().to_vec()).collect();
    let columns: Vec<ArrayRef> = parts.iter().flat_map(|part| part.columns().to_vec()).collect();
    Ok(Some(RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)?))
}

/// Runs the decoder, which panics at some of what only a damaged file says.
fn guarded<T>(decode: impl FnOnce() -> Result<T, ParquetError>) -> Result<T, ParquetError> {
    // What it leaves behind is dropped by the caller, as an error is returned.
    catch_unwind(AssertUnwindSafe(decode))
        .unwrap_or_else(|_| Err(ParquetError::General("the file is damaged".to_owned())))
}

/// How the libraries begin what they say of each other's errors.
const WRAPPINGS: [&str; 4] =
    ["External: ", "Arrow: ", "Parquet argument error: ", "Parquet error: "];

fn damaged(name: &str, error: ParquetError) -> FormatError {
    let text = error.to_string();
    let mut reason = text.as_str();
    while let Some(inner) = WRAPPINGS.iter().find_map(|start| reason.strip_prefix(start)) {
        reason = inner;
    }
    FormatError::Damaged { file: name.to_owned(), reason: reason.to_owned() }
}
