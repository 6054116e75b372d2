//! Whether a reading that came unasked was measured now or comes out of the device's memory.
//!
//! Cuffs, scales and thermometers have no control point for their memory. As soon as they are subscribed
//! to, they send what they have kept and what was just measured in the same way, and only the time of the
//! reading tells one from the other. The rule, by what the reading says of its time:
//!
//! - the time of reception, within the tolerance for a clock that is right: measured now;
//! - any other time: memory. If the clock is right that is when it was measured. If it is wrong the reading
//!   is in doubt, which is better than three old readings that were all measured "now";
//! - that the device's clock is not set: memory, so that its time stays open, for the same reason;
//! - nothing, since the device has no clock: measured now, unless it comes so soon after another reading of
//!   the same link that nobody can have measured in between.
//!
//! Pulse oximeters say it themselves (Pulse Oximeter Service 1.0.1, Measurement Status, bit 9).

use chrono::{DateTime, Duration, FixedOffset};
use dagsform_care::{
    DeviceTime, Flag, Kind, Observed, ReadingTime, Trust,
    time::{Circumstances, ZONE},
};

/// Readings of one memory come faster than this, one about every two seconds; no device of the kit measures twice so soon.
const AT_ONCE: Duration = Duration::seconds(5);

/// Whether the reading comes out of the memory; `before` is when another one came over the same link.
pub(super) fn from_storage(
    observed: &Observed,
    received: DateTime<FixedOffset>,
    before: Option<DateTime<FixedOffset>>,
) -> bool {
    if observed.kind == Kind::PulseOximetry {
        return observed.flags.contains(&Flag::FromStorage);
    }
    match observed.time {
        DeviceTime::Local(_) => !is_now(observed.time, received),
        DeviceTime::Unknown => true,
        DeviceTime::Absent => before.is_some_and(|before| received.signed_duration_since(before).abs() < AT_ONCE),
    }
}

/// Whether a clock that showed this time when it was received was right.
fn is_now(time: DeviceTime, received: DateTime<FixedOffset>) -> bool {
    let live = Circumstances {
        received,
        tablet_clock: Trust::Unverified,
        from_storage: false,
        clock_not_set: false,
        zone: ZONE,
    };
    ReadingTime::judge(time, live).correction_seconds.is_none()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec;

    fn at(text: &str) -> DateTime<FixedOffset> {
        DateTime::parse_from_rfc3339(text).unwrap()
    }

    /// A weight with this time stamp, received at eight.
    fn stored(stamp: &[u8], before: Option<&str>) -> bool {
        let flags = if stamp.is_empty() { 0 } else { 2 };
        let frame = [&[flags, 0x80, 0x3E], stamp].concat();
        let observed = codec::observe(0x2A9D, &frame, None).unwrap().unwrap();
        from_storage(&observed, at("2026-11-23T08:00:00+01:00"), before.map(at))
    }

    #[test]
    fn only_a_reading_of_this_moment_or_without_any_clock_is_live() {
        let year = |year: u16| year.to_le_bytes();
        let stamp = |y: u16, rest: [u8; 5]| [&year(y)[..], &rest].concat();
        for (what, stamp, before, memory) in [
            ("this moment", stamp(2026, [11, 23, 8, 0, 0]), None, false),
            ("a minute ago", stamp(2026, [11, 23, 7, 59, 0]), None, false),
            ("a clock a minute fast", stamp(2026, [11, 23, 8, 1, 0]), None, false),
            ("three minutes ago", stamp(2026, [11, 23, 7, 57, 0]), None, true),
            ("yesterday", stamp(2026, [11, 22, 8, 0, 0]), None, true),
            ("a clock still in summer time", stamp(2026, [11, 23, 9, 0, 0]), None, true),
            ("a clock of 2021", stamp(2021, [1, 1, 0, 0, 30]), None, true),
            ("a clock that is not set", stamp(0, [0, 0, 0, 0, 0]), None, true),
            ("an impossible date", stamp(2026, [2, 31, 8, 0, 0]), None, true),
            ("no clock", vec![], None, false),
            ("no clock, the second of two", vec![], Some("2026-11-23T07:59:58+01:00"), true),
            ("no clock, used again", vec![], Some("2026-11-23T07:59:30+01:00"), false),
            (
                "this moment, behind one of the memory",
                stamp(2026, [11, 23, 8, 0, 0]),
                Some("2026-11-23T07:59:58+01:00"),
                false,
            ),
        ] {
            assert_eq!(stored(&stamp, before), memory, "{what}");
        }
    }

    #[test]
    fn in_the_repeated_hour_of_october_a_reading_is_live_in_both_of_its_halves() {
        let stamp = [2, 0x80, 0x3E, 0xEA, 7, 10, 25, 2, 30, 0];
        let observed = codec::observe(0x2A9D, &stamp, None).unwrap().unwrap();
        for received in ["2026-10-25T02:30:30+02:00", "2026-10-25T02:30:30+01:00"] {
            assert!(!from_storage(&observed, at(received), None), "{received}");
        }
    }

    #[test]
    fn an_oximeter_says_itself_what_comes_out_of_its_memory() {
        for (status, memory) in [(0x80, false), (0x280, true)] {
            let [low, high] = u16::to_le_bytes(status);
            let frame = [2, 97, 0, 60, 0, low, high];
            let observed = codec::observe(0x2A5E, &frame, None).unwrap().unwrap();
            assert_eq!(from_storage(&observed, at("2026-11-23T08:00:00+01:00"), None), memory);
        }
    }
}
