//! A nested cell as JSON.

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef};
use arrow_schema::DataType;
use serde_json::{Map, Value};

use super::convert::{hex, scalar, time_of_day};
use crate::format::table::Column;

/// Returns a cell as JSON; nothing where its type is unknown here.
pub fn value(array: &ArrayRef, row: usize) -> Option<Value> {
    if array.is_null(row) {
        return Some(Value::Null);
    }
    match array.data_type() {
        DataType::BinaryView => Some(hex(array.as_binary_view().value(row)).into()),
        DataType::FixedSizeBinary(_) => Some(hex(array.as_fixed_size_binary().value(row)).into()),
        DataType::Time32(_) | DataType::Time64(_) => time_of_day(array, row).map(Value::from),
        DataType::List(_) => list(&array.as_list::<i32>().value(row)),
        DataType::FixedSizeList(..) => list(&array.as_fixed_size_list().value(row)),
        DataType::Struct(fields) => {
            let cells = fields.iter().zip(array.as_struct().columns());
            let cells =
                cells.map(|(field, cells)| Some((field.name().clone(), value(cells, row)?)));
            cells.collect::<Option<Map<_, _>>>().map(Value::Object)
        }
        DataType::Map(..) => map(array, row),
        _ => scalar(&array.slice(row, 1)).map(|column| of_column(&column)),
    }
}

fn list(items: &ArrayRef) -> Option<Value> {
    (0..items.len()).map(|row| value(items, row)).collect::<Option<Vec<_>>>().map(Value::Array)
}

/// A map is an object, whose keys are texts.
fn map(array: &ArrayRef, row: usize) -> Option<Value> {
    let entries = array.as_map().value(row);
    let [keys, values] = entries.columns() else { return None };
    let entry = |row| {
        let key = match value(keys, row)? {
            Value::String(key) => key,
            key => key.to_string(),
        };
        Some((key, value(values, row)?))
    };
    (0..entries.len()).map(entry).collect::<Option<Map<_, _>>>().map(Value::Object)
}

/// Returns the only cell of a column as JSON.
fn of_column(column: &Column) -> Value {
    match column {
        Column::Int(array) => array.value(0).into(),
        Column::Float(array) => array.value(0).into(),
        Column::Bool(array) => array.value(0).into(),
        other => other.text(0).map_or(Value::Null, |text| text.into_owned().into()),
    }
}
