//! The one reading of a device that only streams: Continuous Measurement (0x2A5F) without Spot-Check.
//!
//! The rule: an episode begins with the first valid frame. A frame is valid if it has numbers for
//! oxygen saturation and pulse, both above zero, and no flag against it. Once [`ENOUGH`] valid frames
//! have come in a row the episode has settled, and each valid frame that keeps the row going replaces
//! the one before. The episode ends when the sensor says that it is off the person, when no valid frame
//! has come for [`QUIET`], or with the link; the last settled frame is then the reading. An episode
//! that never settled gives none.

use std::time::Duration;

use dagsform_care::{Flag, Metric, Observed, Verdict, quality::Quality};

use crate::sink::RawFrame;

/// So many valid frames in a row settle an episode; the devices send one a second.
pub const ENOUGH: u32 = 5;
/// So long without a valid frame ends it.
pub const QUIET: Duration = Duration::from_secs(3);

/// What a frame says about the episode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Says {
    /// Valid numbers.
    Valid,
    /// The sensor is not on the person.
    Off,
    /// Neither: an early estimate, a lost pulse, movement.
    Unsettled,
}

/// The episode so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settling {
    in_a_row: u32,
    settled: Option<RawFrame>,
}

impl Settling {
    /// Takes a frame; gives the reading where the frame ends the episode.
    pub fn frame(&mut self, frame: &RawFrame, says: Says) -> Option<RawFrame> {
        match says {
            Says::Valid => {
                self.in_a_row = self.in_a_row.saturating_add(1);
                if self.in_a_row >= ENOUGH {
                    self.settled = Some(frame.clone());
                }
                None
            }
            Says::Unsettled => {
                self.in_a_row = 0;
                None
            }
            Says::Off => self.end(),
        }
    }

    /// Ends the episode: it was quiet for too long, or the link is gone.
    pub fn end(&mut self) -> Option<RawFrame> {
        self.in_a_row = 0;
        self.settled.take()
    }
}

/// What a decoded frame says about the episode.
pub fn says(observed: &Observed) -> Says {
    const OFF: [Flag; 3] = [Flag::SensorUnconnectedToUser, Flag::SensorDisconnected, Flag::SensorDisplaced];
    if OFF.iter().any(|flag| observed.flags.contains(flag)) {
        return Says::Off;
    }
    let positive = |metric| {
        let measured = observed.values.iter().find(|measured| measured.metric == metric);
        let number = measured.and_then(|measured| measured.quantity.value.number());
        number.is_some_and(|number| number.mantissa > 0)
    };
    // A continuous measurement goes on by its nature; that flag alone speaks against nothing.
    let mut flags = observed.flags.clone();
    flags.remove(&Flag::MeasurementOngoing);
    // Demonstrations settle too: the record marks them and never sends them.
    flags.remove(&Flag::Demonstration);
    flags.remove(&Flag::Testing);
    let good = Quality::assess(&observed.values, &flags).verdict == Verdict::Good;
    if positive(Metric::OxygenSaturation) && positive(Metric::PulseRate) && good {
        Says::Valid
    } else {
        Says::Unsettled
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec;

    fn frame(n: u8) -> RawFrame {
        RawFrame {
            device: dagsform_care::DeviceId::parse("F0:F1:F2:F3:F4:F5").unwrap(),
            format: 0x2A5F.into(),
            bytes: vec![0, n, 0, 60, 0],
            context: None,
            received: chrono::DateTime::parse_from_rfc3339("2026-11-23T08:00:00+01:00").unwrap(),
            from_storage: false,
            ordinal: 0,
        }
    }

    /// v: valid, u: unsettled, o: off, e: the end (quiet, link). The frames are numbered from 1.
    fn readings(story: &str) -> Vec<u8> {
        let mut settling = Settling::default();
        let mut readings = Vec::new();
        for (n, step) in (1..).zip(story.chars()) {
            let reading = match step {
                'v' => settling.frame(&frame(n), Says::Valid),
                'u' => settling.frame(&frame(n), Says::Unsettled),
                'o' => settling.frame(&frame(n), Says::Off),
                _ => settling.end(),
            };
            readings.extend(reading.map(|frame| frame.bytes[1]));
        }
        readings
    }

    #[test]
    fn an_episode_gives_its_last_settled_frame_and_no_other() {
        for (story, expected) in [
            ("", vec![]),
            ("e", vec![]),
            ("vvvve", vec![]),
            ("vvvvve", vec![5]),
            ("vvvvvvvo", vec![7]),
            ("vvvvvvvoe", vec![7]),
            ("uuvvvvve", vec![7]),
            // A pulse lost for a moment: the row begins anew, what had settled stays.
            ("vvvvvuvve", vec![5]),
            ("vvvvvuvvvvve", vec![11]),
            ("vvvuvvve", vec![]),
            ("vvvvvovvvvve", vec![5, 11]),
            ("vvvvveooovvvvvo", vec![5, 14]),
        ] {
            assert_eq!(readings(story), expected, "{story}");
        }
    }

    #[test]
    fn a_frame_is_valid_only_with_both_numbers_and_nothing_against_it() {
        for (bytes, expected) in [
            (vec![0x00, 97, 0, 60, 0], Says::Valid),
            // SpO2 is NaN (0x07FF).
            (vec![0x00, 0xFF, 0x07, 60, 0], Says::Unsettled),
            (vec![0x00, 97, 0, 0, 0], Says::Unsettled),
            // Measurement status: ongoing (bit 5).
            (vec![0x04, 97, 0, 60, 0, 0x20, 0x00], Says::Valid),
            // Measurement status: early estimate (bit 6).
            (vec![0x04, 97, 0, 60, 0, 0x40, 0x00], Says::Unsettled),
            // Device and sensor status: sensor unconnected to user (bit 11).
            (vec![0x08, 97, 0, 60, 0, 0x00, 0x08, 0x00], Says::Off),
        ] {
            let observed = codec::observe(0x2A5F, &bytes, None).unwrap().unwrap();
            assert_eq!(says(&observed), expected, "{bytes:02X?}");
        }
    }
}
