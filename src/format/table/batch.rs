//! A part of a table: some rows of each column.

use std::borrow::Cow;

use arrow_array::{
    Array, BooleanArray, Date32Array, Float64Array, Int64Array, StringArray,
    TimestampMicrosecondArray,
};
use arrow_buffer::NullBuffer;

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
    /// Which of the table's files it is of, from 0.
    pub file: usize,
    /// The number of the first row in the whole table, from 0.
    pub first_row: u64,
    pub rows: usize,
    /// In the order of the table's columns, each with `rows` cells.
    pub columns: Vec<Column>,
}

impl Column {
    /// Returns which cells are missing; nothing where none is.
    pub fn nulls(&self) -> Option<&NullBuffer> {
        match self {
            Self::Text(array) | Self::Json(array) => array.nulls(),
            Self::Int(array) => array.nulls(),
            Self::Float(array) => array.nulls(),
            Self::Bool(array) => array.nulls(),
            Self::Date(array) => array.nulls(),
            Self::Timestamp(array) => array.nulls(),
        }
    }

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
        self.nulls().is_some_and(|nulls| nulls.is_null(row))
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
            Self::Text(array) | Self::Json(array) => number(array.value(row)),
            Self::Date(_) | Self::Timestamp(_) => None,
        }
    }
}

/// Returns a text as a number where it is one, without the white space around it.
pub fn number(text: &str) -> Option<f64> {
    plain_number(text.as_bytes()).or_else(|| text.trim().parse().ok())
}

/// Powers of ten that a float holds to the last digit.
const TENS: [f64; 16] =
    [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];

/// Reads what most numbers are: at most 15 digits, maybe with a point. Both the digits and the power of
/// ten are floats without loss then, so that one division rounds as it should (Clinger 1990).
pub fn plain_number(text: &[u8]) -> Option<f64> {
    let (is_negative, unsigned) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] | rest => (false, rest),
    };
    if unsigned.len() > TENS.len() {
        return None;
    }
    let (mut digits, mut point) = (0_i64, None);
    for (at, byte) in unsigned.iter().enumerate() {
        match byte.wrapping_sub(b'0') {
            digit @ 0..=9 => digits = digits * 10 + i64::from(digit),
            _ if *byte == b'.' && point.is_none() => point = Some(at),
            _ => return None,
        }
    }
    let (count, decimals) = match point {
        Some(at) => (unsigned.len() - 1, unsigned.len() - 1 - at),
        None => (unsigned.len(), 0),
    };
    if count == 0 || count >= TENS.len() {
        return None;
    }
    let size = digits as f64 / TENS[decimals];
    Some(if is_negative { -size } else { size })
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

    proptest::proptest! {
        #[test]
        fn numbers_are_read_to_the_last_digit(text in "[-+]?[0-9]{0,9}[.]?[0-9]{0,9}( |e5|x)?") {
            let expected = text.trim().parse::<f64>().ok();
            let bits = |number: Option<f64>| number.map(f64::to_bits);
            proptest::prop_assert_eq!(bits(number(&text)), bits(expected));
        }
    }

    #[test]
    fn days_and_times_beyond_the_calendar_are_shown_all_the_same() {
        let far = Column::Date(vec![i32::MAX].into());
        assert_eq!(far.text(0).unwrap(), "day 2147483647");
        let far = Column::Timestamp(vec![i64::MAX].into());
        assert_eq!(far.text(0).unwrap(), "microsecond 9223372036854775807");
    }
}
