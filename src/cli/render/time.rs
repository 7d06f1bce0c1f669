//! Times as people say them.

use crate::base::Timestamp;

const UNITS: &[(i64, &str)] = &[
    (365 * 86_400, "year"),
    (30 * 86_400, "month"),
    (7 * 86_400, "week"),
    (86_400, "day"),
    (3_600, "hour"),
    (60, "minute"),
    (1, "second"),
];

/// Returns how far a time lies back, as in `3 hours ago`.
pub fn relative(time: Timestamp, now: Timestamp) -> String {
    let seconds = time.seconds_until(now);
    let distance = seconds.saturating_abs();
    let Some((length, unit)) = UNITS.iter().find(|(length, _)| distance >= *length) else {
        return "now".to_owned();
    };
    let number = distance / length;
    let plural = if number == 1 { "" } else { "s" };
    if seconds < 0 {
        format!("in {number} {unit}{plural}")
    } else {
        format!("{number} {unit}{plural} ago")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_distance_is_told_in_its_largest_unit() {
        let now = Timestamp::from_seconds(1_000_000_000);
        let before = |seconds: i64| relative(Timestamp::from_seconds(1_000_000_000 - seconds), now);
        assert_eq!(before(0), "now");
        assert_eq!(before(59), "59 seconds ago");
        assert_eq!(before(60), "1 minute ago");
        assert_eq!(before(8 * 86_400), "1 week ago");
        assert_eq!(before(800 * 86_400), "2 years ago");
        assert_eq!(before(-7200), "in 2 hours");
    }

    #[test]
    fn an_absurd_time_can_be_told() {
        let text = relative(Timestamp::from_seconds(i64::MIN), Timestamp::from_seconds(i64::MAX));
        assert!(text.ends_with("years ago"));
    }
}
