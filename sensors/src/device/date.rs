//! Times as makers write them.

use chrono::{Datelike, NaiveDate, NaiveDateTime, Timelike};

/// Year since 2000, month, day, hour, minute, second, a byte each; `None` where these make no time.
pub(super) fn since_2000([year, month, day, hour, minute, second]: [u8; 6]) -> Option<NaiveDateTime> {
    NaiveDate::from_ymd_opt(i32::from(year).saturating_add(2000), month.into(), day.into())?.and_hms_opt(
        hour.into(),
        minute.into(),
        second.into(),
    )
}

/// The seven bytes of Date Time (0x2A08); a year that it has no room for is 0, which means unknown.
pub(super) fn date_time(time: NaiveDateTime) -> [u8; 7] {
    let [low, high] = u16::try_from(time.year()).unwrap_or_default().to_le_bytes();
    let small = [time.month(), time.day(), time.hour(), time.minute(), time.second()];
    let [month, day, hour, minute, second] = small.map(|field| u8::try_from(field).unwrap_or_default());
    [low, high, month, day, hour, minute, second]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::DateTime;

    #[test]
    fn bytes_make_a_time_of_this_century_or_none() {
        let time = since_2000([26, 11, 23, 8, 5, 59]).unwrap();
        assert_eq!(time.to_string(), "2026-11-23 08:05:59");
        assert_eq!(since_2000([25, 2, 29, 8, 0, 0]), None);
        assert_eq!(since_2000([26, 11, 23, 24, 0, 0]), None);
        assert_eq!(since_2000([0xFF; 6]), None);
    }

    #[test]
    fn the_time_that_is_set_is_the_time_that_is_read() {
        let time = since_2000([26, 11, 23, 8, 5, 59]).unwrap();
        assert_eq!(DateTime::decode(&date_time(time)).unwrap().time(), Some(time));
    }
}
