//! Times: seconds since the Unix epoch with the offset of the place, shown as RFC 3339.

use std::fmt;
use std::str::FromStr;

use jiff::tz::{Offset, TimeZone};

/// A point in time to the second, and the UTC offset of where it was noted, in minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, minicbor::Encode, minicbor::Decode)]
pub struct Timestamp {
    #[n(0)]
    pub seconds: i64,
    #[n(1)]
    pub offset_minutes: i32,
}

/// A text that is no time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a time: expected RFC 3339 as in 2026-01-31T12:00:00Z, or Unix seconds")]
pub struct NotATime {
    pub text: String,
}

impl Timestamp {
    /// Returns the present, with the local offset.
    pub fn now() -> Self {
        Self::from_zoned(&jiff::Zoned::now())
    }

    /// Returns the time of these Unix seconds, in UTC.
    pub fn from_seconds(seconds: i64) -> Self {
        Self { seconds, offset_minutes: 0 }
    }

    fn from_zoned(zoned: &jiff::Zoned) -> Self {
        Self {
            seconds: zoned.timestamp().as_second(),
            offset_minutes: zoned.offset().seconds() / 60,
        }
    }

    /// Returns the whole seconds from this time until `later`, negative where it is earlier.
    pub fn seconds_until(self, later: Self) -> i64 {
        later.seconds.saturating_sub(self.seconds)
    }
}

impl PartialOrd for Timestamp {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Timestamp {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.seconds, self.offset_minutes).cmp(&(other.seconds, other.offset_minutes))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let offset = Offset::from_seconds(self.offset_minutes.saturating_mul(60));
        match (jiff::Timestamp::from_second(self.seconds), offset) {
            (Ok(time), Ok(offset)) if self.offset_minutes == 0 || offset == Offset::UTC => {
                write!(f, "{time}")
            }
            (Ok(time), Ok(offset)) => {
                let zoned = time.to_zoned(TimeZone::fixed(offset));
                write!(f, "{}", zoned.strftime("%Y-%m-%dT%H:%M:%S%:z"))
            }
            _ => write!(f, "@{}", self.seconds),
        }
    }
}

impl FromStr for Timestamp {
    type Err = NotATime;

    fn from_str(text: &str) -> Result<Self, NotATime> {
        let not_a_time = || NotATime { text: text.to_owned() };
        let digits = text.strip_prefix('@').unwrap_or(text);
        if let Ok(seconds) = digits.parse::<i64>() {
            jiff::Timestamp::from_second(seconds).map_err(|_| not_a_time())?;
            return Ok(Self::from_seconds(seconds));
        }
        let pieces = jiff::fmt::temporal::DateTimeParser::new()
            .parse_pieces(text)
            .map_err(|_| not_a_time())?;
        let offset = pieces.to_numeric_offset().unwrap_or(Offset::UTC);
        let civil = pieces.date().to_datetime(pieces.time().unwrap_or_default());
        let time = offset.to_timestamp(civil).map_err(|_| not_a_time())?;
        Ok(Self { seconds: time.as_second(), offset_minutes: offset.seconds() / 60 })
    }
}

impl serde::Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_survives_the_way_through_text() {
        for text in ["2026-01-31T12:00:00Z", "2026-01-31T12:00:00+02:00", "1969-12-31T23:59:59Z"] {
            assert_eq!(text.parse::<Timestamp>().unwrap().to_string(), text);
        }
        assert_eq!("@1".parse::<Timestamp>(), Ok(Timestamp::from_seconds(1)));
        assert_eq!("2026-01-31".parse::<Timestamp>().unwrap().to_string(), "2026-01-31T00:00:00Z");
    }

    #[test]
    fn nonsense_is_no_time_and_absurd_times_can_be_shown() {
        assert!("yesterday".parse::<Timestamp>().is_err());
        assert!("99999999999999999".parse::<Timestamp>().is_err());
        let absurd = Timestamp { seconds: i64::MAX, offset_minutes: i32::MIN };
        assert_eq!(absurd.to_string(), format!("@{}", i64::MAX));
    }
}
