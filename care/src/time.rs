//! When a reading was taken: every clock's word, how far it is trusted, and what we make of it.

use chrono::{DateTime, Duration, FixedOffset, LocalResult, NaiveDateTime, Offset, TimeZone};
pub use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

/// The zone of the patients; a device's local time is read in it.
pub const ZONE: Tz = chrono_tz::Europe::Oslo;

/// A device clock that differs from a trusted one by no more than this is right.
pub const CLOCK_TOLERANCE: Duration = Duration::minutes(2);

/// A stored reading that is dated ahead by no more than this was measured within that span before it came: the
/// device's clock has drifted, or keeps summer time. It takes the time of reception, marked as in doubt.
pub const AHEAD: Duration = Duration::minutes(65);

/// A stored reading reported as older than this was taken with a wrong clock: no device of the kit is left unread so
/// long, clocks fall back to years like 2000 or 2021 when a battery dies, and one that was set by hand may be a year
/// behind.
pub const OLDEST_BELIEVED: Duration = Duration::days(300);

/// What a device reported as the time of a measurement, before any correction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeviceTime {
    /// The device sent no time.
    Absent,
    /// It sent a time whose year, month or day is 0, which means unknown
    /// (GATT Specification Supplement, Date Time).
    Unknown,
    /// It sent this local time, without a zone.
    Local(NaiveDateTime),
}

/// How far a clock is believed.
#[derive(Default, Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trust {
    /// Compared with a trusted clock and right within [`CLOCK_TOLERANCE`].
    Trusted,
    /// Plausible, but there was nothing to compare with.
    #[default]
    Unverified,
    /// Known to be wrong, or says so itself.
    Untrusted,
}

/// The time of a reading: never one number alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadingTime {
    /// The device's own word.
    pub device: DeviceTime,
    /// How far the device's clock is believed.
    pub device_clock: Trust,
    /// When the tablet received it.
    pub received: DateTime<FixedOffset>,
    /// How far the tablet's clock was believed then.
    pub tablet_clock: Trust,
    /// Seconds that were added to the device's time to get [`ReadingTime::effective`].
    pub correction_seconds: Option<i64>,
    /// When the measurement was taken, as far as known; `None` where any answer would be a guess.
    pub effective: Option<DateTime<FixedOffset>>,
    /// The reported local time exists twice or not at all (a clock change).
    pub local_time_ambiguous: bool,
    /// It came out of the device's memory: reception says nothing about when it was measured.
    #[serde(default)]
    pub from_storage: bool,
    /// The device itself said that its clock was not set.
    #[serde(default)]
    pub clock_not_set: bool,
    /// Seconds by which the tablet's clock was behind at reception, learnt later; [`ReadingTime::received`]
    /// keeps what the clock showed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tablet_correction_seconds: Option<i64>,
    /// A person gave the time with its date, not as so long ago by the tablet's clock.
    #[serde(default)]
    pub by_calendar: bool,
}

/// What is known when a device's time is judged.
#[derive(Clone, Copy, Debug)]
pub struct Circumstances {
    /// When the tablet received the frame.
    pub received: DateTime<FixedOffset>,
    /// How far the tablet's clock is believed.
    pub tablet_clock: Trust,
    /// The frame came out of the device's memory: reception says nothing about when it was measured.
    pub from_storage: bool,
    /// The device itself says that its clock is not set.
    pub clock_not_set: bool,
    /// The zone that the device's local time is read in.
    pub zone: Tz,
}

impl ReadingTime {
    /// Judges the device's time.
    ///
    /// A live frame tells how far the device's clock is off; a stored one does not, and if its time
    /// cannot be believed there is no effective time: it is sent as in doubt, never guessed (brief R6).
    pub fn judge(device: DeviceTime, c: Circumstances) -> Self {
        let mut time = Self {
            device,
            device_clock: Trust::Untrusted,
            received: c.received,
            tablet_clock: c.tablet_clock,
            correction_seconds: None,
            effective: None,
            local_time_ambiguous: false,
            from_storage: c.from_storage,
            clock_not_set: c.clock_not_set,
            tablet_correction_seconds: None,
            by_calendar: false,
        };
        let DeviceTime::Local(local) = device else {
            time.effective = (!c.from_storage).then_some(c.received);
            return time;
        };
        let (reported, ambiguous) = resolve(local, c.zone, c.received);
        let behind = c.received.signed_duration_since(reported);
        if c.from_storage {
            let in_future = behind < -CLOCK_TOLERANCE;
            if tablet_knows(&c) && in_future && behind >= -AHEAD && !c.clock_not_set {
                time.correction_seconds = Some(behind.num_seconds());
                time.effective = Some(c.received);
                return time;
            }
            if c.clock_not_set || (tablet_knows(&c) && (in_future || behind > OLDEST_BELIEVED)) {
                return time;
            }
            time.device_clock = Trust::Unverified;
            time.local_time_ambiguous = ambiguous;
            time.effective = Some(reported);
        } else if behind.abs() <= CLOCK_TOLERANCE && !c.clock_not_set {
            time.device_clock = if c.tablet_clock == Trust::Trusted { Trust::Trusted } else { Trust::Unverified };
            time.effective = Some(reported);
        } else {
            time.correction_seconds = Some(behind.num_seconds());
            time.effective = Some(c.received);
        }
        time
    }

    /// The time of what was entered by hand: the person says when, or it is now.
    pub fn by_hand(at: DateTime<FixedOffset>, entered: DateTime<FixedOffset>, tablet_clock: Trust) -> Self {
        Self {
            device: DeviceTime::Absent,
            device_clock: Trust::Untrusted,
            received: entered,
            tablet_clock,
            correction_seconds: None,
            effective: Some(at),
            local_time_ambiguous: false,
            from_storage: false,
            clock_not_set: false,
            tablet_correction_seconds: None,
            by_calendar: false,
        }
    }

    /// Judges the time anew, now that it is known by how many seconds the tablet's clock was behind at
    /// reception (brief R31). What the clock showed is kept.
    #[must_use]
    pub fn corrected(&self, behind: i64, zone: Tz) -> Self {
        let shift = |time: DateTime<FixedOffset>| {
            let shifted = Duration::try_seconds(behind).and_then(|by| time.checked_add_signed(by));
            shifted.map_or(time, |shifted| {
                let local = shifted.with_timezone(&zone);
                local.with_timezone(&local.offset().fix())
            })
        };
        let c = Circumstances {
            received: shift(self.received),
            tablet_clock: Trust::Trusted,
            from_storage: self.from_storage,
            clock_not_set: self.clock_not_set,
            zone,
        };
        let mut time = match self.device {
            DeviceTime::Absent if self.by_calendar => Self { tablet_clock: Trust::Trusted, ..self.clone() },
            // The person chose the time by the clock on the wall or by the tablet's: only the latter was wrong.
            DeviceTime::Absent if self.effective.is_some_and(|at| at != self.received) => {
                Self { effective: self.effective.map(shift), tablet_clock: Trust::Trusted, ..self.clone() }
            }
            device => Self::judge(device, c),
        };
        time.received = self.received;
        time.tablet_correction_seconds = Some(behind);
        time
    }

    /// Whether the time itself is a reason for doubt.
    pub fn in_doubt(&self) -> bool {
        self.effective.is_none()
            || self.local_time_ambiguous
            || self.tablet_clock == Trust::Untrusted
            || (self.from_storage && self.correction_seconds.is_some())
    }
}

/// Whether the tablet's clock can show a device's to be wrong.
fn tablet_knows(c: &Circumstances) -> bool {
    c.tablet_clock == Trust::Trusted
}

/// Reads a local time in a zone. The second value says that it exists twice or not at all; of two,
/// the later one not after reception is taken.
fn resolve(local: NaiveDateTime, zone: Tz, received: DateTime<FixedOffset>) -> (DateTime<FixedOffset>, bool) {
    let fixed = |t: DateTime<Tz>| t.with_timezone(&t.offset().fix());
    match zone.from_local_datetime(&local) {
        LocalResult::Single(t) => (fixed(t), false),
        LocalResult::Ambiguous(first, second) => {
            let (first, second) = (fixed(first), fixed(second));
            (if second <= received { second } else { first }, true)
        }
        LocalResult::None => {
            // An hour that the clock skipped: the device kept winter time.
            let before = zone.offset_from_utc_datetime(&(local - Duration::hours(3))).fix();
            let utc = local - Duration::seconds(i64::from(before.local_minus_utc()));
            (fixed(zone.from_utc_datetime(&utc)), true)
        }
    }
}

/// Judges the tablet's own clock: one that shows a time before something that has certainly
/// happened (the program was built; the last reading was stored) is wrong (brief R31).
pub fn judge_tablet_clock(now: DateTime<FixedOffset>, certainly_past: DateTime<FixedOffset>) -> Trust {
    if now.signed_duration_since(certainly_past) < -CLOCK_TOLERANCE { Trust::Untrusted } else { Trust::Trusted }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<FixedOffset> {
        DateTime::parse_from_rfc3339(text).unwrap()
    }
    fn local(text: &str) -> DeviceTime {
        DeviceTime::Local(text.parse().unwrap())
    }
    fn judge(device: DeviceTime, received: &str, from_storage: bool) -> ReadingTime {
        let c = Circumstances {
            received: at(received),
            tablet_clock: Trust::Trusted,
            from_storage,
            clock_not_set: false,
            zone: ZONE,
        };
        ReadingTime::judge(device, c)
    }

    #[test]
    fn a_live_reading_by_a_right_clock_keeps_the_devices_time() {
        let t = judge(local("2026-11-23T08:00:00"), "2026-11-23T08:01:00+01:00", false);
        assert_eq!((t.device_clock, t.effective), (Trust::Trusted, Some(at("2026-11-23T08:00:00+01:00"))));
        assert_eq!(t.correction_seconds, None);
    }

    #[test]
    fn a_live_reading_by_a_clock_of_2021_takes_the_time_of_reception_and_keeps_both() {
        let t = judge(local("2021-01-01T00:00:30"), "2026-11-23T08:00:30+01:00", false);
        assert_eq!(t.device_clock, Trust::Untrusted);
        assert_eq!(t.effective, Some(at("2026-11-23T08:00:30+01:00")));
        assert_eq!(t.correction_seconds, Some(185_961_600));
        assert_eq!(t.device, local("2021-01-01T00:00:30"));
        assert!(!t.in_doubt());
    }

    #[test]
    fn a_stored_reading_by_a_clock_of_2021_has_no_time_rather_than_a_guess() {
        let t = judge(local("2021-01-01T00:00:30"), "2026-11-23T08:00:30+01:00", true);
        assert_eq!((t.device_clock, t.effective), (Trust::Untrusted, None));
        assert!(t.in_doubt());
    }

    #[test]
    fn a_stored_reading_of_the_future_has_no_time() {
        assert_eq!(judge(local("2026-11-24T08:00:00"), "2026-11-23T08:00:00+01:00", true).effective, None);
    }

    #[test]
    fn a_stored_reading_of_last_week_is_believed_but_unverified() {
        let t = judge(local("2026-11-16T08:00:00"), "2026-11-23T08:00:00+01:00", true);
        assert_eq!((t.device_clock, t.effective), (Trust::Unverified, Some(at("2026-11-16T08:00:00+01:00"))));
    }

    #[test]
    fn without_a_device_time_a_live_reading_takes_reception_and_a_stored_one_has_none() {
        for device in [DeviceTime::Absent, DeviceTime::Unknown] {
            assert_eq!(
                judge(device, "2026-11-23T08:00:00+01:00", false).effective,
                Some(at("2026-11-23T08:00:00+01:00"))
            );
            assert_eq!(judge(device, "2026-11-23T08:00:00+01:00", true).effective, None);
        }
    }

    #[test]
    fn the_repeated_hour_of_october_is_in_doubt_and_never_after_reception() {
        let t = judge(local("2026-10-25T02:30:00"), "2026-10-25T02:31:00+02:00", false);
        assert_eq!(t.effective, Some(at("2026-10-25T02:30:00+02:00")));
        let t = judge(local("2026-10-25T02:30:00"), "2026-10-25T10:00:00+01:00", true);
        assert_eq!(t.effective, Some(at("2026-10-25T02:30:00+01:00")));
        assert!(t.in_doubt());
    }

    #[test]
    fn the_skipped_hour_of_march_is_read_as_winter_time() {
        let t = judge(local("2026-03-29T02:30:00"), "2026-03-29T12:00:00+02:00", true);
        assert_eq!(t.effective, Some(at("2026-03-29T03:30:00+02:00")));
        assert!(t.in_doubt());
    }

    #[test]
    fn a_tablet_clock_behind_what_has_happened_is_not_trusted() {
        let past = at("2026-11-23T08:00:00+01:00");
        assert_eq!(judge_tablet_clock(at("1970-01-01T00:00:00+00:00"), past), Trust::Untrusted);
        assert_eq!(judge_tablet_clock(at("2026-11-23T07:59:00+01:00"), past), Trust::Trusted);
    }

    #[test]
    fn a_stored_reading_by_a_clock_that_is_a_little_ahead_takes_the_time_of_reception_in_doubt() {
        for (device, effective) in [
            ("2026-11-23T08:01:30", Some("2026-11-23T08:01:30+01:00")),
            ("2026-11-23T08:03:00", Some("2026-11-23T08:00:00+01:00")),
            ("2026-11-23T09:04:00", Some("2026-11-23T08:00:00+01:00")),
            ("2026-11-23T09:30:00", None),
        ] {
            let t = judge(local(device), "2026-11-23T08:00:00+01:00", true);
            assert_eq!(t.effective, effective.map(at), "{device}");
            assert_eq!(t.in_doubt(), device != "2026-11-23T08:01:30", "{device}");
        }
    }

    #[test]
    fn a_time_that_a_person_gave_with_its_date_is_not_shifted_with_the_tablets_clock() {
        let taken = at("2026-11-23T08:15:00+01:00");
        let shown = at("2027-11-23T09:00:00+01:00");
        let by_calendar = ReadingTime { by_calendar: true, ..ReadingTime::by_hand(taken, shown, Trust::Untrusted) };
        assert_eq!(by_calendar.corrected(-365 * 86_400, ZONE).effective, Some(taken));
        let ago = ReadingTime::by_hand(shown - Duration::minutes(45), shown, Trust::Untrusted);
        assert_eq!(ago.corrected(-365 * 86_400, ZONE).effective, Some(at("2026-11-23T08:15:00+01:00")));
    }

    #[test]
    fn an_untrusted_tablet_clock_condemns_no_stored_device_time() {
        let c = Circumstances {
            received: at("1970-01-01T00:05:00+00:00"),
            tablet_clock: Trust::Untrusted,
            from_storage: true,
            clock_not_set: false,
            zone: ZONE,
        };
        assert!(ReadingTime::judge(local("2026-11-23T08:00:00"), c).effective.is_some());
    }

    #[test]
    fn a_time_by_an_untrusted_tablet_clock_is_corrected_later_and_keeps_what_the_clock_showed() {
        let c = Circumstances {
            received: at("1970-01-01T00:05:00+00:00"),
            tablet_clock: Trust::Untrusted,
            from_storage: false,
            clock_not_set: false,
            zone: ZONE,
        };
        let behind = at("2026-11-23T08:00:00+01:00").signed_duration_since(c.received).num_seconds();
        // A device without a clock, one with a right clock, one with a clock of 2021.
        for (device, effective) in [
            (DeviceTime::Absent, "2026-11-23T08:00:00+01:00"),
            (local("2026-11-23T07:59:00"), "2026-11-23T07:59:00+01:00"),
            (local("2021-01-01T00:00:00"), "2026-11-23T08:00:00+01:00"),
        ] {
            let before = ReadingTime::judge(device, c);
            assert!(before.in_doubt());
            let after = before.corrected(behind, ZONE);
            assert_eq!(after.effective, Some(at(effective)), "{device:?}");
            assert!(!after.in_doubt());
            assert_eq!((after.received, after.tablet_correction_seconds), (c.received, Some(behind)));
        }
    }

    #[test]
    fn a_correction_makes_no_stored_time_out_of_none() {
        let c = Circumstances {
            received: at("1970-01-01T00:05:00+00:00"),
            tablet_clock: Trust::Untrusted,
            from_storage: true,
            clock_not_set: false,
            zone: ZONE,
        };
        let after = ReadingTime::judge(DeviceTime::Absent, c).corrected(1_700_000_000, ZONE);
        assert_eq!(after.effective, None);
    }

    #[test]
    fn no_correction_is_too_large() {
        let time =
            ReadingTime::by_hand(at("1970-01-01T00:05:00+00:00"), at("1970-01-01T00:05:00+00:00"), Trust::Untrusted);
        assert_eq!(time.corrected(i64::MAX, ZONE).effective, time.effective);
    }
}
