//! Times as FHIR writes them.

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, NaiveTime, SecondsFormat};

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

/// Reads an `instant`, or a `dateTime` that has a time and an offset.
pub(super) fn read(text: &str) -> Option<DateTime<FixedOffset>> {
    // RFC 3339 allows a blank, and Chrono more.
    let is_fhir = text.as_bytes().get(10) == Some(&b'T');
    DateTime::parse_from_rfc3339(text).ok().filter(|_| is_fhir)
}

/// Reads a `date` that names a day; a year or a month alone does not.
pub(super) fn read_day(text: &str) -> Option<NaiveDate> {
    // Chrono also takes a sign and single digits.
    let is_fhir = text.len() == "2026-11-23".len() && [4, 7].iter().all(|at| text.as_bytes().get(*at) == Some(&b'-'));
    NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().filter(|_| is_fhir)
}

/// Reads a `time`, which has its seconds.
pub(super) fn read_time(text: &str) -> Option<NaiveTime> {
    let is_fhir = text.as_bytes().get(2) == Some(&b':') && text.as_bytes().get(5) == Some(&b':');
    NaiveTime::parse_from_str(text, "%H:%M:%S%.f").ok().filter(|_| is_fhir && text.len() >= "08:00:00".len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeZone;

    #[test]
    fn days_and_times_are_read_as_fhir_writes_them_and_no_other_way() {
        for text in ["2026-11-23T08:00:00+01:00", "2026-11-23T07:00:00.250Z"] {
            assert_eq!(read(text), DateTime::parse_from_rfc3339(text).ok(), "{text}");
        }
        for text in ["2026-11-23 08:00:00+01:00", "2026-11-23T08:00:00", "2026-11-23", "2026-11-23T08:00+01:00", ""] {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(read_day("2028-02-29"), NaiveDate::from_ymd_opt(2028, 2, 29));
        for text in ["2026", "2026-11", "2026-2-01", "2026-02-29", "+2026-02-1", "2026-11-23T"] {
            assert_eq!(read_day(text), None, "{text}");
        }
        assert_eq!(read_time("08:00:00"), NaiveTime::from_hms_opt(8, 0, 0));
        assert_eq!(read_time("08:00:00.250"), NaiveTime::from_hms_milli_opt(8, 0, 0, 250));
        for text in ["8:00:00", "08:00", "08:0:00", "24:00:00", "08:00:0"] {
            assert_eq!(read_time(text), None, "{text}");
        }
    }

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
