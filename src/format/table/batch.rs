//! A part of a table: some rows of each column.

use std::borrow::Cow;

use arrow_array::{
    Array, BooleanArray, Date32Array, Float64Array, Int64Array, StringArray,
    TimestampMicrosecondArray,
};

/// The cells of one column in one batch. Files of text know texts only; what they mean is for who
/// checks them.
#[derive(Debug, Clone)]
pub enum Column {
    Text(StringArray),
    Int(Int64Array),
    Float(Float64Array),
    Bool(BooleanArray),
    /// Days since 1970-01-01.
    Date(Date32Array),
    /// Microseconds since 1970-01-01T00:00:00Z.
    Timestamp(TimestampMicrosecondArray),
    /// Each cell as a JSON text: nested values, and columns of mixed types.
    Json(StringArray),
}

/// Rows of a table, column by column.
#[derive(Debug, Clone)]
pub struct Batch {
    /// The number of the first row in the whole table, from 0.
    pub first_row: u64,
    pub rows: usize,
    /// In the order of the table's columns, each with `rows` cells.
    pub columns: Vec<Column>,
}

impl Column {
    fn array(&self) -> &dyn Array {
        match self {
            Self::Text(array) | Self::Json(array) => array,
            Self::Int(array) => array,
            Self::Float(array) => array,
            Self::Bool(array) => array,
            Self::Date(array) => array,
            Self::Timestamp(array) => array,
        }
    }

    pub fn len(&self) -> usize {
        self.array().len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Tells whether a cell is missing.
    pub fn is_null(&self, row: usize) -> bool {
        self.array().is_null(row)
    }

    /// Returns a cell as it would stand in a csv file; nothing where it is missing.
    pub fn text(&self, row: usize) -> Option<Cow<'_, str>> {
        if self.is_null(row) {
            return None;
        }
        Some(match self {
            Self::Text(array) | Self::Json(array) => Cow::Borrowed(array.value(row)),
            Self::Int(array) => array.value(row).to_string().into(),
            Self::Float(array) => array.value(row).to_string().into(),
            Self::Bool(array) => if array.value(row) { "true" } else { "false" }.into(),
            Self::Date(array) => date(i64::from(array.value(row))).into(),
            Self::Timestamp(array) => time(array.value(row)).into(),
        })
    }

    /// Returns a cell as a number; a text counts where it is one, a truth as 0 or 1, and what is missing
    /// or no number gives nothing. Infinities and NaN are numbers here.
    pub fn number(&self, row: usize) -> Option<f64> {
        if self.is_null(row) {
            return None;
        }
        match self {
            Self::Int(array) => Some(array.value(row) as f64),
            Self::Float(array) => Some(array.value(row)),
            Self::Bool(array) => Some(f64::from(u8::from(array.value(row)))),
            Self::Text(array) | Self::Json(array) => array.value(row).trim().parse().ok(),
            Self::Date(_) | Self::Timestamp(_) => None,
        }
    }
}

fn date(days: i64) -> String {
    let span = jiff::Span::new().try_days(days);
    let day = span.and_then(|span| jiff::civil::Date::constant(1970, 1, 1).checked_add(span));
    day.map_or_else(|_| format!("day {days}"), |day| day.to_string())
}

fn time(microseconds: i64) -> String {
    let time = jiff::Timestamp::from_microsecond(microseconds);
    time.map_or_else(|_| format!("microsecond {microseconds}"), |time| time.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_shown_as_in_a_csv_file() {
        let columns = [
            Column::Text(vec![Some("a"), None].into()),
            Column::Int(vec![Some(-5), None].into()),
            Column::Float(vec![Some(0.5), None].into()),
            Column::Bool(vec![Some(true), None].into()),
            Column::Date(vec![Some(20_000), None].into()),
            Column::Timestamp(vec![Some(1_000_000), None].into()),
            Column::Json(vec![Some("[1]"), None].into()),
        ];
        let texts: Vec<_> = columns.iter().map(|column| column.text(0).unwrap()).collect();
        assert_eq!(texts, ["a", "-5", "0.5", "true", "2024-10-04", "1970-01-01T00:00:01Z", "[1]"]);
        assert!(columns.iter().all(|column| column.text(1).is_none() && column.is_null(1)));
        assert!(columns.iter().all(|column| column.number(1).is_none()));
        let text = Column::Text(vec![Some(" 1e3"), Some("x"), Some("inf")].into());
        assert_eq!(text.number(0), Some(1000.0));
        assert_eq!((text.number(1), text.number(2)), (None, Some(f64::INFINITY)));
    }

    #[test]
    fn days_and_times_beyond_the_calendar_are_shown_all_the_same() {
        let far = Column::Date(vec![i32::MAX].into());
        assert_eq!(far.text(0).unwrap(), "day 2147483647");
        let far = Column::Timestamp(vec![i64::MAX].into());
        assert_eq!(far.text(0).unwrap(), "microsecond 9223372036854775807");
    }
}
