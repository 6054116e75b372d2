//! FHIR's times as spans: `2026-11` is all of November (R4, 3.1.1.4.4, "date").

use chrono::{DateTime, Datelike, Months, NaiveDate, TimeDelta, Utc};

/// A span of time, in microseconds since 1970 UTC; `high` is the first moment after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) low: i64,
    pub(crate) high: i64,
}

/// Reads a `date`, `dateTime` or `instant`. What has no offset is in UTC. `None` for anything else.
pub(crate) fn read(text: &str) -> Option<Span> {
    let digits = |part: &str, n: usize| part.len() == n && part.bytes().all(|b| b.is_ascii_digit());
    let parts: Vec<&str> = text.split('T').collect();
    let date: Vec<&str> = parts.first()?.split('-').collect();
    let day = |year: &str, month: &str, day: &str| {
        let all = digits(year, 4) && digits(month, 2) && digits(day, 2);
        let found = NaiveDate::from_ymd_opt(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)?;
        (all && found.year() >= 1).then_some(found)
    };
    match (date.as_slice(), parts.get(1)) {
        ([year], None) => months(day(year, "01", "01")?, 12),
        ([year, month], None) => months(day(year, month, "01")?, 1),
        ([y, m, d], None) => {
            let first = day(y, m, d)?;
            span(midnight(first), midnight(first.succ_opt()?))
        }
        ([y, m, d], Some(clock)) if parts.len() == 2 => {
            day(y, m, d)?;
            moment(text, clock)
        }
        _ => None,
    }
}

fn moment(text: &str, clock: &str) -> Option<Span> {
    let offset = clock.find(['Z', '+', '-'])?;
    let (time, zone) = clock.split_at_checked(offset)?;
    let plain = matches!(time.split('.').next()?.len(), 8) && matches!(zone.len(), 1 | 6);
    let at = DateTime::parse_from_rfc3339(text).ok().filter(|_| plain)?.with_timezone(&Utc);
    let decimals = time.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    let width = match u32::try_from(decimals) {
        Ok(n @ 0..=5) => 1_000_000 / 10_i64.checked_pow(n)?,
        _ => 1,
    };
    span(at, at.checked_add_signed(TimeDelta::microseconds(width))?)
}

fn months(first: NaiveDate, n: u32) -> Option<Span> {
    span(midnight(first), midnight(first.checked_add_months(Months::new(n))?))
}

fn midnight(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(chrono::NaiveTime::MIN).and_utc()
}

fn span(low: DateTime<Utc>, high: DateTime<Utc>) -> Option<Span> {
    Some(Span { low: low.timestamp_micros(), high: high.timestamp_micros() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_time_is_as_long_as_its_precision() {
        let length = |text| read(text).map(|span| span.high - span.low);
        const SECOND: i64 = 1_000_000;
        assert_eq!(length("2026"), Some(365 * 86_400 * SECOND));
        assert_eq!(length("2024-02"), Some(29 * 86_400 * SECOND));
        assert_eq!(length("2026-11-23"), Some(86_400 * SECOND));
        assert_eq!(length("2026-11-23T08:00:00Z"), Some(SECOND));
        assert_eq!(length("2026-11-23T08:00:00.25+01:00"), Some(SECOND / 100));
        assert_eq!(length("2026-11-23T08:00:00.123456789Z"), Some(1));
    }

    #[test]
    fn an_offset_counts() {
        assert_eq!(read("2026-11-23T08:00:00+01:00"), read("2026-11-23T07:00:00Z"));
    }

    #[test]
    fn what_is_no_fhir_time_is_none() {
        for text in [
            "",
            "20261123",
            "2026-13",
            "2026-02-30",
            "26-01-01",
            "2026-11-23T08:00",
            "2026-11-23T08:00:00",
            "soon",
            "2026-11-23 08:00:00Z",
            "2026-1-1",
            "2026-11-23T08:00:00Z+01:00",
            "0000",
            "99999",
            "2026-11-23T25:00:00Z",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "\\PC*|[0-9T:.Z+-]{0,30}") {
            if let Some(span) = read(&text) {
                prop_assert!(span.low < span.high);
            }
        }
    }
}
