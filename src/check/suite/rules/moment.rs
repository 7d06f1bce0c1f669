//! Dates and times in cells and suites.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;

use crate::check::suite::engine::View;
use crate::format::table::Column;

const DAY: i64 = 86_400_000_000;

/// A point in time, in microseconds since 1970; without an offset it is taken as UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(pub i64);

impl Moment {
    /// Reads a date, or a date with a time.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Some(date) = plain_date(text) {
            return Self::of_day(date);
        }
        if let Ok(time) = text.parse::<Timestamp>() {
            return Some(Self(time.as_microsecond()));
        }
        Self::of_civil(text.parse().ok()?)
    }

    fn of_day(date: Date) -> Option<Self> {
        Self::of_civil(date.to_datetime(Time::midnight()))
    }

    fn of_civil(time: DateTime) -> Option<Self> {
        let time = time.to_zoned(TimeZone::UTC).ok()?;
        Some(Self(time.timestamp().as_microsecond()))
    }

    /// Reads a cell.
    pub(super) fn of(view: &View<'_>, column: usize, row: usize) -> Option<Self> {
        match view.column(column) {
            cells if cells.is_null(row) => None,
            Column::Text(cells) => Self::parse(cells.value(row)),
            Column::Json(cells) => Self::parse(cells.value(row).trim_matches('"')),
            Column::Date(cells) => Some(Self(i64::from(cells.value(row)) * DAY)),
            Column::Timestamp(cells) => Some(Self(cells.value(row))),
            _ => None,
        }
    }
}

/// Reads `2024-01-31`, which is most of what there is, without more ado.
fn plain_date(text: &str) -> Option<Date> {
    let bytes = text.as_bytes();
    if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
        return None;
    }
    let number = |from: usize, to: usize| -> Option<i16> {
        let digits = &bytes[from..to];
        digits
            .iter()
            .all(u8::is_ascii_digit)
            .then(|| digits.iter().fold(0, |number, digit| number * 10 + i16::from(digit - b'0')))
    };
    let (month, day) = (number(5, 7)? as i8, number(8, 10)? as i8);
    Date::new(number(0, 4)?, month, day).ok()
}

/// Tells whether a text is a date alone.
pub(super) fn is_date(text: &str) -> bool {
    plain_date(text).is_some()
}

/// Tells whether a text is a date with a time.
pub(super) fn is_timestamp(text: &str) -> bool {
    text.len() > 10 && Moment::parse(text).is_some()
}
