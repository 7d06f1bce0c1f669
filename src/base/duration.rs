//! Spans of time as people write them: `90s`, `10m`, `1h30m`.

use std::fmt::Write;
use std::time::Duration;

/// A text that is no span of time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a duration: expected a number with a unit, as in 90s, 10m, 2h or 1h30m")]
pub struct NotADuration {
    pub text: String,
}

/// Returns the span that `text` writes with the units `ms`, `s`, `m`, `h` and `d`.
pub fn parse_duration(text: &str) -> Result<Duration, NotADuration> {
    let total = milliseconds(text).ok_or_else(|| NotADuration { text: text.to_owned() })?;
    Ok(Duration::from_millis(total))
}

fn milliseconds(text: &str) -> Option<u64> {
    let mut rest = text.trim();
    let mut total: Option<u64> = None;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let count: u64 = rest[..digits].parse().ok()?;
        let tail = &rest[digits..];
        let end = tail.find(|c: char| c.is_ascii_digit()).unwrap_or(tail.len());
        let scale = match &tail[..end] {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => return None,
        };
        total = Some(total.unwrap_or(0).checked_add(count.checked_mul(scale)?)?);
        rest = &tail[end..];
    }
    total
}

/// Returns the shortest way to write `span`, exact to the millisecond.
pub fn format_duration(span: Duration) -> String {
    let mut rest = u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
    if rest == 0 {
        return "0s".to_owned();
    }
    let mut text = String::new();
    for (unit, scale) in
        [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)]
    {
        if rest >= scale {
            let _ = write!(text, "{}{unit}", rest / scale);
            rest %= scale;
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn spans_are_read_as_people_write_them() {
        for (text, seconds) in [("90s", 90), ("10m", 600), ("2h", 7_200), ("1h30m", 5_400)] {
            assert_eq!(parse_duration(text), Ok(Duration::from_secs(seconds)));
        }
        assert_eq!(parse_duration("250ms"), Ok(Duration::from_millis(250)));
    }

    #[test]
    fn numbers_without_a_unit_and_nonsense_are_refused() {
        for text in ["", "5", "s", "5 parsecs", "-1s", "1.5h", "99999999999999999999s", "1h3"] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
        assert!(parse_duration("18446744073709551615d").is_err());
    }

    proptest! {
        #[test]
        fn a_span_survives_the_way_through_text(milliseconds in 0_u64..1_000_000_000_000) {
            let span = Duration::from_millis(milliseconds);
            prop_assert_eq!(parse_duration(&format_duration(span)), Ok(span));
        }

        #[test]
        fn reading_any_text_never_panics(text in ".{0,12}") {
            let _ = parse_duration(&text);
        }
    }
}
