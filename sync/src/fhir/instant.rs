//! Times as FHIR writes them.

use chrono::{DateTime, Datelike, FixedOffset, SecondsFormat};

/// The widest offset of a FHIR time, in seconds: fourteen hours.
const WIDEST_OFFSET: i32 = 14 * 3600;

/// A time as a FHIR `dateTime` or `instant` (R4, 2.24.0.1): with offset, with as many decimals as it
/// has. `None` for what FHIR cannot write: years outside 1 to 9999, offsets beyond fourteen hours or
/// not of whole minutes.
pub fn write(time: DateTime<FixedOffset>) -> Option<String> {
    let offset = time.offset().local_minus_utc();
    let writable = (1..=9999).contains(&time.year()) && offset.abs() <= WIDEST_OFFSET && offset % 60 == 0;
    writable.then(|| time.to_rfc3339_opts(SecondsFormat::AutoSi, false))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeZone;

    #[test]
    fn a_time_keeps_its_offset_and_its_precision() {
        for text in ["2026-11-23T08:00:00+01:00", "2026-11-23T07:00:00.250+00:00", "2016-12-31T23:59:60+00:00"] {
            assert_eq!(write(DateTime::parse_from_rfc3339(text).unwrap()).as_deref(), Some(text));
        }
    }

    #[test]
    fn a_time_that_fhir_cannot_write_is_none() {
        let offset = |seconds| FixedOffset::east_opt(seconds).unwrap();
        assert_eq!(write(offset(2573).with_ymd_and_hms(1890, 1, 1, 0, 0, 0).unwrap()), None);
        assert_eq!(write(offset(0).with_ymd_and_hms(10_000, 1, 1, 0, 0, 0).unwrap()), None);
        assert_eq!(write(offset(15 * 3600).with_ymd_and_hms(2026, 1, 1, 0, 0, 0).unwrap()), None);
    }
}
