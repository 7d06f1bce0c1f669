//! Columns of arrow as columns of a table.

use std::ops::Range;

use arrow_array::builder::StringBuilder;
use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Date64Type, Decimal32Type, Decimal64Type, Decimal128Type,
    Decimal256Type, Float16Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, Time32MillisecondType, Time64MicrosecondType, Time64NanosecondType,
    TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
    TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{
    Array, ArrayRef, Float64Array, Int64Array, PrimitiveArray, RecordBatch, StringArray,
};
use arrow_schema::{ArrowError, DataType, TimeUnit};

use super::nested;
use crate::format::FormatError;
use crate::format::table::{Column, Rows};

/// How many bytes of text a batch may have, but for a single row of more.
const MOST_TEXT: u64 = if cfg!(test) { 1 << 10 } else { 32 << 20 };

/// Why a column cannot be read.
#[derive(Debug)]
pub enum Unfit {
    Type { column: String, data_type: DataType },
    Value { column: String, reason: String },
}

impl Unfit {
    pub fn of(self, file: &str) -> FormatError {
        let reason = match self {
            Self::Type { column, data_type } => {
                format!("column `{column}` has the type {data_type}, which is not read")
            }
            Self::Value { column, reason } => format!("column `{column}`: {reason}"),
        };
        FormatError::Damaged { file: file.to_owned(), reason }
    }
}

/// Returns the rows of a batch, cut where their texts are large, without columns that are not wanted.
pub fn rows(batch: &RecordBatch, wanted: &[bool]) -> Result<Vec<Rows>, Unfit> {
    let is_only_counted = !wanted.contains(&true);
    cuts(batch)
        .into_iter()
        .map(|Range { start, end }| {
            let part = batch.slice(start, end - start);
            let fields = part.schema_ref().fields().iter().zip(part.columns());
            let columns = fields.map(|(field, array)| column(field.name(), array));
            let columns = if is_only_counted { Ok(Vec::new()) } else { columns.collect() };
            Ok(Rows { rows: part.num_rows(), columns: columns? })
        })
        .collect()
}

/// Cuts a batch where its texts are large: a few bytes of a dictionary may stand for many.
fn cuts(batch: &RecordBatch) -> Vec<Range<usize>> {
    let views: Vec<&[u128]> = batch.columns().iter().filter_map(views).collect();
    let mut cuts = Vec::new();
    let (mut start, mut bytes) = (0, 0);
    for row in 0..batch.num_rows() {
        // The length is in the lowest bits of a view.
        let here: u64 = views.iter().map(|views| u64::from(views[row] as u32)).sum();
        if row > start && bytes + here > MOST_TEXT {
            cuts.push(start..row);
            (start, bytes) = (row, 0);
        }
        bytes += here;
    }
    cuts.push(start..batch.num_rows());
    cuts
}

fn views(array: &ArrayRef) -> Option<&[u128]> {
    match array.data_type() {
        DataType::Utf8View => Some(array.as_string_view().views()),
        DataType::BinaryView => Some(array.as_binary_view().views()),
        _ => None,
    }
}

fn column(name: &str, array: &ArrayRef) -> Result<Column, Unfit> {
    let unfit =
        |error: ArrowError| Unfit::Value { column: name.to_owned(), reason: error.to_string() };
    Ok(match array.data_type() {
        DataType::Null => Column::Text(StringArray::new_null(array.len())),
        DataType::Boolean => Column::Bool(array.as_boolean().clone()),
        DataType::Utf8View => Column::Text(array.as_string_view().iter().collect()),
        DataType::Int8 => integers::<Int8Type>(array),
        DataType::Int16 => integers::<Int16Type>(array),
        DataType::Int32 => integers::<Int32Type>(array),
        DataType::Int64 => integers::<Int64Type>(array),
        DataType::UInt8 => integers::<UInt8Type>(array),
        DataType::UInt16 => integers::<UInt16Type>(array),
        DataType::UInt32 => integers::<UInt32Type>(array),
        DataType::UInt64 => large_integers(array.as_primitive()),
        DataType::Float16 => floats::<Float16Type>(array),
        DataType::Float32 => floats::<Float32Type>(array),
        DataType::Float64 => floats::<Float64Type>(array),
        DataType::Date32 => Column::Date(array.as_primitive::<Date32Type>().clone()),
        DataType::Date64 => timestamps(array.as_primitive::<Date64Type>(), 1000).map_err(unfit)?,
        DataType::Timestamp(unit, _) => timestamp(array, *unit).map_err(unfit)?,
        DataType::Decimal32(_, scale) => {
            decimals(array.as_primitive::<Decimal32Type>(), *scale, |it, row| {
                it.value_as_string(row)
            })
        }
        DataType::Decimal64(_, scale) => {
            decimals(array.as_primitive::<Decimal64Type>(), *scale, |it, row| {
                it.value_as_string(row)
            })
        }
        DataType::Decimal128(_, scale) => {
            decimals(array.as_primitive::<Decimal128Type>(), *scale, |it, row| {
                it.value_as_string(row)
            })
        }
        DataType::Decimal256(_, scale) => {
            decimals(array.as_primitive::<Decimal256Type>(), *scale, |it, row| {
                it.value_as_string(row)
            })
        }
        data_type => return texts(name, array, data_type),
    })
}

/// Times and bytes are texts, what is nested is JSON.
fn texts(name: &str, array: &ArrayRef, data_type: &DataType) -> Result<Column, Unfit> {
    let unknown = || Unfit::Type { column: name.to_owned(), data_type: data_type.clone() };
    let mut cells = StringBuilder::new();
    for row in 0..array.len() {
        if array.is_null(row) {
            cells.append_null();
            continue;
        }
        match nested::value(array, row).ok_or_else(unknown)? {
            serde_json::Value::String(text) => cells.append_value(text),
            value => cells.append_value(value.to_string()),
        }
    }
    let is_nested = data_type.is_nested();
    Ok(if is_nested { Column::Json(cells.finish()) } else { Column::Text(cells.finish()) })
}

fn integers<T: ArrowPrimitiveType>(array: &ArrayRef) -> Column
where
    i64: From<T::Native>,
{
    Column::Int(array.as_primitive::<T>().unary(i64::from))
}

/// Integers, or floats where one is beyond the largest integer of a column.
fn large_integers(array: &PrimitiveArray<UInt64Type>) -> Column {
    let integers: Result<Int64Array, _> = array.try_unary(i64::try_from);
    integers.map_or_else(|_| Column::Float(array.unary(|value| value as f64)), Column::Int)
}

fn floats<T: ArrowPrimitiveType>(array: &ArrayRef) -> Column
where
    f64: From<T::Native>,
{
    Column::Float(array.as_primitive::<T>().unary(f64::from))
}

fn timestamp(array: &ArrayRef, unit: TimeUnit) -> Result<Column, ArrowError> {
    match unit {
        TimeUnit::Second => timestamps(array.as_primitive::<TimestampSecondType>(), 1_000_000),
        TimeUnit::Millisecond => timestamps(array.as_primitive::<TimestampMillisecondType>(), 1000),
        TimeUnit::Microsecond => timestamps(array.as_primitive::<TimestampMicrosecondType>(), 1),
        TimeUnit::Nanosecond => {
            let array = array.as_primitive::<TimestampNanosecondType>();
            Ok(Column::Timestamp(array.unary(|value| value.div_euclid(1000))))
        }
    }
}

fn timestamps<T: ArrowPrimitiveType<Native = i64>>(
    array: &PrimitiveArray<T>,
    microseconds: i64,
) -> Result<Column, ArrowError> {
    let far =
        || ArrowError::ComputeError("a time too far to be counted in microseconds".to_owned());
    let scaled = |value: i64| value.checked_mul(microseconds).ok_or_else(far);
    array.try_unary(scaled).map(Column::Timestamp)
}

/// Whole numbers are integers, or texts where one is too large for it: they are often keys. Others are
/// floats.
fn decimals<T: ArrowPrimitiveType>(
    array: &PrimitiveArray<T>,
    scale: i8,
    shown: impl Fn(&PrimitiveArray<T>, usize) -> String,
) -> Column {
    let cells = (0..array.len()).map(|row| array.is_valid(row).then(|| shown(array, row)));
    let texts: Vec<Option<String>> = cells.collect();
    if scale > 0 {
        let float = |text: &Option<String>| text.as_ref().and_then(|text| text.parse().ok());
        return Column::Float(texts.iter().map(float).collect::<Float64Array>());
    }
    let integer = |text: &Option<String>| text.as_ref().map(|text| text.parse()).transpose();
    let integers: Result<Int64Array, std::num::ParseIntError> = texts.iter().map(integer).collect();
    integers.map_or_else(|_| Column::Text(texts.into()), Column::Int)
}

/// Returns a time of day, counted in parts of a second, as a text.
pub fn time_of_day(array: &dyn Array, row: usize) -> Option<String> {
    let nanoseconds = match array.data_type() {
        DataType::Time32(TimeUnit::Millisecond) => {
            i64::from(array.as_primitive::<Time32MillisecondType>().value(row))
                .checked_mul(1_000_000)
        }
        DataType::Time64(TimeUnit::Microsecond) => {
            array.as_primitive::<Time64MicrosecondType>().value(row).checked_mul(1000)
        }
        DataType::Time64(TimeUnit::Nanosecond) => {
            Some(array.as_primitive::<Time64NanosecondType>().value(row))
        }
        _ => return None,
    };
    let span = nanoseconds.and_then(|count| jiff::Span::new().try_nanoseconds(count).ok());
    let time = span.and_then(|span| jiff::civil::Time::midnight().checked_add(span).ok());
    Some(time.map_or_else(|| "no time of day".to_owned(), |time| time.to_string()))
}

/// Returns bytes as hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes all");
        text
    })
}

/// Returns a scalar cell as a column of one row does.
pub fn scalar(array: &ArrayRef) -> Option<Column> {
    let is_text = matches!(
        array.data_type(),
        DataType::BinaryView
            | DataType::FixedSizeBinary(_)
            | DataType::Time32(_)
            | DataType::Time64(_)
    );
    if is_text || array.data_type().is_nested() {
        return None;
    }
    column("", array).ok()
}
