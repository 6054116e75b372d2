//! `Retry-After` (RFC 9110, 10.2.3): seconds, or a date.

use std::time::{Duration, SystemTime};

use chrono::{DateTime, Utc};

/// How long the service asks to be left alone. A date that has passed asks for nothing; what is
/// neither a number nor a date gives `None`.
pub fn read(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    // RFC 9110, 5.6.7: IMF-fixdate, which RFC 2822 parsing takes; the two obsolete forms are not used.
    let until = DateTime::parse_from_rfc2822(value).ok()?.with_timezone(&Utc);
    Some(until.signed_duration_since(DateTime::<Utc>::from(now)).to_std().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_and_dates_are_read_and_the_past_asks_for_nothing() {
        let now = SystemTime::from(DateTime::parse_from_rfc3339("2026-11-23T08:00:00Z").unwrap());
        assert_eq!(read(" 120 ", now), Some(Duration::from_secs(120)));
        assert_eq!(read("Mon, 23 Nov 2026 08:00:30 GMT", now), Some(Duration::from_secs(30)));
        assert_eq!(read("Mon, 23 Nov 2026 07:00:00 GMT", now), Some(Duration::ZERO));
        for nonsense in ["", "-1", "soon", "1.5", "99999999999999999999"] {
            assert_eq!(read(nonsense, now), None, "{nonsense}");
        }
    }
}
