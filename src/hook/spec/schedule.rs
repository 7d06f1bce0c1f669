//! Times at which a hook runs of its own accord, as a cron expression in UTC.

use std::fmt;
use std::sync::Arc;

use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};

use crate::base::Timestamp;

/// The minutes that a cron expression names.
#[derive(Clone)]
pub struct Schedule {
    text: String,
    cron: Arc<Cron>,
}

/// A text that is no cron expression, or one that never comes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotASchedule {
    #[error("`{text}` is not a cron expression: {reason}")]
    Malformed { text: String, reason: String },
    #[error("`{text}` never comes: no such day is in the calendar")]
    Never { text: String },
}

/// The longest expression; a list of every minute of an hour is not half as long.
const MAX_LENGTH: usize = 512;

impl Schedule {
    /// Reads minute, hour, day of the month, month and day of the week, or `@daily` and its like.
    pub fn parse(text: &str) -> Result<Self, NotASchedule> {
        let malformed =
            |reason: &str| NotASchedule::Malformed { text: text.to_owned(), reason: reason.into() };
        let fields = text.split_whitespace().count();
        if text.len() > MAX_LENGTH {
            return Err(malformed("it is too long"));
        }
        if fields != 5 && !text.trim_start().starts_with('@') {
            return Err(malformed(&format!("it has {fields} fields, not 5")));
        }
        let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed);
        let cron = parser
            .build()
            .parse(text.trim())
            .map_err(|error| malformed(reason(&error.to_string())))?;
        let schedule = Self { text: text.to_owned(), cron: Arc::new(cron) };
        // The calendar repeats itself after 400 years; a leap day comes within eight.
        let epoch = Timestamp::from_seconds(0);
        match schedule.next_after(epoch) {
            Some(_) => Ok(schedule),
            None => Err(NotASchedule::Never { text: text.to_owned() }),
        }
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the first of its times that is later than `time`.
    pub fn next_after(&self, time: Timestamp) -> Option<Timestamp> {
        let time = jiff::Timestamp::from_second(time.seconds).ok()?;
        let zoned = time.to_zoned(jiff::tz::TimeZone::UTC);
        let next = self.cron.find_next_occurrence(&zoned, false).ok()?;
        Some(Timestamp::from_seconds(next.timestamp().as_second()))
    }
}

/// Returns what the library says without its own heading.
fn reason(text: &str) -> &str {
    let text = text.split_once(": ").map_or(text, |(_, reason)| reason);
    text.trim_end_matches('.')
}

impl fmt::Debug for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Schedule").field(&self.text).finish()
    }
}

impl PartialEq for Schedule {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn next(text: &str, after: &str) -> String {
        let schedule = Schedule::parse(text).unwrap();
        schedule.next_after(after.parse().unwrap()).unwrap().to_string()
    }

    #[test]
    fn the_next_time_is_later_and_in_utc() {
        let noon = "2026-01-31T12:00:00Z";
        assert_eq!(next("0 3 * * *", noon), "2026-02-01T03:00:00Z");
        assert_eq!(next("0 12 * * *", noon), "2026-02-01T12:00:00Z");
        assert_eq!(next("*/15 * * * *", noon), "2026-01-31T12:15:00Z");
        assert_eq!(next("0 3 * * MON", "2026-01-31T14:00:00+02:00"), "2026-02-02T03:00:00Z");
        assert_eq!(next("@daily", noon), "2026-02-01T00:00:00Z");
        assert_eq!(next("0 0 29 2 *", noon), "2028-02-29T00:00:00Z");
    }

    #[test]
    fn what_is_no_expression_or_never_comes_is_refused() {
        for text in ["", "0 3 * *", "61 * * * *", "* * * * * *", "every day", "@never", "a b c d e"]
        {
            assert!(Schedule::parse(text).is_err(), "{text}");
        }
        assert!(matches!(Schedule::parse("0 0 31 2 *"), Err(NotASchedule::Never { .. })));
    }

    proptest! {
        #[test]
        fn reading_any_text_never_panics(text in "[0-9*/,A-Z#?L@ -]{0,24}") {
            let _ = Schedule::parse(&text);
        }
    }
}
