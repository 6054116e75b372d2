//! What a device's clock shows against the tablet's, and what is written to it to set it right.
//!
//! A device keeps local time without a zone. It is compared with the clock on the wall: one that still shows summer time
//! in November is an hour off, and one that shows 02:30 in either half of October's long night is right. When it may be
//! set is the session's to say; never between the fetching of a reading and its storing.

use chrono::{DateTime, Datelike, Duration, FixedOffset, NaiveDateTime, Timelike};
use dagsform_care::{DeviceTime, time::ZONE};

use crate::{
    characteristic::Characteristic,
    codec::{
        CurrentTime, DateTime as Fields,
        current_time::{AdjustReason, DayOfWeek},
    },
    device::Model,
};

/// A clock that is off by more is set. Readings are shown to the minute and many devices keep no seconds: setting a
/// clock that is closer would change nothing that anybody sees, and each setting is a step in the order of its readings.
pub(super) const THRESHOLD: Duration = Duration::seconds(60);

/// What a clock shows against the tablet's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    /// The same, within [`THRESHOLD`].
    Right,
    /// So many seconds more, or less.
    Off(i64),
    /// It is not set (year, month or day 0), or shows what no clock shows.
    Unknown,
}

impl Shown {
    /// The seconds that it is ahead; `None` where nothing can be said.
    pub(super) fn seconds(self) -> Option<i64> {
        match self {
            Self::Right => Some(0),
            Self::Off(seconds) => Some(seconds),
            Self::Unknown => None,
        }
    }
}

/// Where a device with these characteristics keeps its clock: where its model says, else in Current Time, else in
/// Date Time.
pub(super) fn place(characteristics: &[Characteristic], model: Option<&'static Model>) -> Option<Characteristic> {
    let own = model.and_then(|model| model.clock.as_ref()).map(|clock| clock.characteristic);
    let standard = [CurrentTime::CHARACTERISTIC, Fields::CHARACTERISTIC].map(Characteristic::assigned);
    own.into_iter().chain(standard).find(|place| characteristics.contains(place))
}

/// What the clock at this place shows; `None` where its bytes cannot be read.
pub(super) fn read(place: Characteristic, bytes: &[u8], now: DateTime<FixedOffset>) -> Option<Shown> {
    let fields = if place == CurrentTime::CHARACTERISTIC {
        CurrentTime::decode(bytes).ok()?.date_time
    } else {
        Fields::decode(bytes).ok()?
    };
    Some(compare(fields.device_time(), now))
}

fn compare(shown: DeviceTime, now: DateTime<FixedOffset>) -> Shown {
    let DeviceTime::Local(shown) = shown else { return Shown::Unknown };
    let ahead = shown.signed_duration_since(on_the_wall(now));
    if ahead.abs() <= THRESHOLD { Shown::Right } else { Shown::Off(ahead.num_seconds()) }
}

/// What is written to the clock at this place to set it.
pub(super) fn written(place: Characteristic, model: Option<&'static Model>, now: DateTime<FixedOffset>) -> Vec<u8> {
    if let Some(clock) = model.and_then(|model| model.clock.as_ref()).filter(|clock| clock.characteristic == place) {
        return (clock.now)(now);
    }
    let now = on_the_wall(now);
    let current = current_time(now);
    if place == CurrentTime::CHARACTERISTIC {
        return current.bytes().to_vec();
    }
    // Date Time is the first seven bytes of it.
    current.bytes().into_iter().take(7).collect()
}

fn on_the_wall(now: DateTime<FixedOffset>) -> NaiveDateTime {
    now.with_timezone(&ZONE).naive_local()
}

fn current_time(now: NaiveDateTime) -> CurrentTime {
    let small = |n: u32| u8::try_from(n).unwrap_or_default();
    CurrentTime {
        date_time: Fields {
            year: u16::try_from(now.year()).unwrap_or_default(),
            month: small(now.month()),
            day: small(now.day()),
            hours: small(now.hour()),
            minutes: small(now.minute()),
            seconds: small(now.second()),
        },
        day_of_week: DayOfWeek::from(small(now.weekday().number_from_monday())),
        fractions_256: small(now.nanosecond() / (1_000_000_000 / 256)),
        adjust_reason: AdjustReason::MANUAL_TIME_UPDATE | AdjustReason::EXTERNAL_REFERENCE_TIME_UPDATE,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::device;

    fn at(text: &str) -> DateTime<FixedOffset> {
        DateTime::parse_from_rfc3339(text).unwrap()
    }

    fn numbered(number: u16) -> Characteristic {
        Characteristic::assigned(number)
    }

    #[test]
    fn a_clock_is_compared_with_the_one_on_the_wall() {
        let shows = |text: &str| DeviceTime::Local(text.parse().unwrap());
        for (what, shown, now, verdict) in [
            ("the same", shows("2026-11-23T08:00:00"), "2026-11-23T08:00:00+01:00", Shown::Right),
            ("a minute ahead", shows("2026-11-23T08:01:00"), "2026-11-23T08:00:00+01:00", Shown::Right),
            ("more than that", shows("2026-11-23T08:01:01"), "2026-11-23T08:00:00+01:00", Shown::Off(61)),
            ("behind", shows("2026-11-23T07:58:00"), "2026-11-23T08:00:00+01:00", Shown::Off(-120)),
            ("a tablet that says UTC", shows("2026-11-23T08:00:00"), "2026-11-23T07:00:00+00:00", Shown::Right),
            ("still summer time", shows("2026-11-23T09:00:00"), "2026-11-23T08:00:00+01:00", Shown::Off(3600)),
            ("2021", shows("2021-01-01T00:00:30"), "2026-11-23T08:00:30+01:00", Shown::Off(-185_961_600)),
            ("not set", DeviceTime::Unknown, "2026-11-23T08:00:00+01:00", Shown::Unknown),
            ("before the clock goes back", shows("2026-10-25T02:30:00"), "2026-10-25T02:30:00+02:00", Shown::Right),
            ("after", shows("2026-10-25T02:30:00"), "2026-10-25T02:30:00+01:00", Shown::Right),
            ("not put back", shows("2026-10-25T03:30:00"), "2026-10-25T02:30:00+01:00", Shown::Off(3600)),
            ("not put forward", shows("2026-03-29T02:30:00"), "2026-03-29T03:30:00+02:00", Shown::Off(-3600)),
        ] {
            assert_eq!(compare(shown, at(now)), verdict, "{what}");
        }
    }

    #[test]
    fn it_is_written_with_the_day_of_the_week_and_the_reason() {
        let now = at("2026-11-23T08:05:09.5+01:00");
        let bytes = [0xEA, 0x07, 11, 23, 8, 5, 9, 1, 128, 3];
        assert_eq!(written(numbered(0x2A2B), None, now), bytes);
        assert_eq!(written(numbered(0x2A08), None, now), bytes[..7]);
        assert_eq!(written(numbered(0x2A2B), None, at("2026-11-29T08:00:00+01:00"))[7], 7, "a Sunday");
    }

    #[test]
    fn it_lies_in_current_time_or_else_in_date_time() {
        let found = |numbers: &[u16]| {
            let there: Vec<_> = numbers.iter().copied().map(numbered).collect();
            place(&there, None).and_then(Characteristic::number)
        };
        assert_eq!(found(&[0x2A35, 0x2A08, 0x2A2B]), Some(0x2A2B));
        assert_eq!(found(&[0x2A35, 0x2A08]), Some(0x2A08));
        assert_eq!(found(&[0x2A35]), None);
    }

    #[test]
    fn a_model_whose_clock_lies_elsewhere_is_read_and_set_there() {
        const OWN: Characteristic = Characteristic::own(0x0000_1026_0002_11E2_9E96_0800_200C_9A66);
        static MODEL: Model =
            Model { clock: Some(device::Clock { characteristic: OWN, now: |_| vec![1, 2] }), ..Model::PLAIN };
        let now = at("2026-11-23T08:00:00+01:00");
        assert_eq!(place(&[numbered(0x2A2B), OWN], Some(&MODEL)), Some(OWN));
        assert_eq!(read(OWN, &[0xEA, 7, 11, 23, 9, 0, 0], now), Some(Shown::Off(3600)));
        assert_eq!(written(OWN, Some(&MODEL), now), [1, 2]);
        // Without it the standard's place is taken.
        assert_eq!(place(&[numbered(0x2A08)], Some(&MODEL)), Some(numbered(0x2A08)));
    }

    #[test]
    fn what_is_cut_short_shows_nothing() {
        let now = at("2026-11-23T08:00:00+01:00");
        assert_eq!(read(numbered(0x2A2B), &[0xEA, 7, 11, 23, 8, 0, 0], now), None);
        assert_eq!(read(numbered(0x2A08), &[0xEA, 7, 11, 23, 8, 0, 0], now), Some(Shown::Right));
        assert_eq!(read(numbered(0x2A2B), &[0, 0, 0, 0, 8, 0, 0, 0, 0, 0], now), Some(Shown::Unknown));
    }

    proptest! {
        #[test]
        fn a_clock_that_was_set_is_right(seconds in 0_i64..4_102_444_800) {
            let now = DateTime::from_timestamp(seconds, 0).unwrap().fixed_offset();
            for place in [0x2A2B, 0x2A08].map(numbered) {
                prop_assert_eq!(read(place, &written(place, None, now), now), Some(Shown::Right));
            }
        }
    }
}
