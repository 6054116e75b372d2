//! A reading: what a sensor measured, whose it is, when, and how far it can be trusted.

use std::collections::BTreeSet;

use chrono::{DateTime, FixedOffset};
use serde::{Deserialize, Serialize};

use crate::{
    device::DeviceId,
    identity::{Identity, Origin},
    metric::{Kind, Metric},
    person::{PatientId, Performer},
    quality::{Flag, Quality, Reason, Verdict},
    quantity::Quantity,
    time::{Circumstances, DeviceTime, ReadingTime, Trust, Tz},
};

/// One number of a reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Measured {
    /// What was measured.
    pub metric: Metric,
    /// The value in the unit that the device sent.
    pub quantity: Quantity,
}

/// What a codec made of one frame: the device's words in ours, nothing judged yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observed {
    /// The kind of reading.
    pub kind: Kind,
    /// The numbers, in the order of the specification.
    pub values: Vec<Measured>,
    /// All that the device said about the measurement and itself.
    pub flags: BTreeSet<Flag>,
    /// The device's time of the measurement.
    pub time: DeviceTime,
    /// The device's own number of the record, where it has one.
    pub sequence: Option<u32>,
    /// The frame without the bits that change with the transport; the identity's digest is of this.
    pub canonical: Vec<u8>,
}

/// How and when a frame reached the tablet, and in whose name.
#[derive(Clone, Debug)]
pub struct Reception {
    /// The tablet's patient.
    pub patient: PatientId,
    /// The assigned device.
    pub device: DeviceId,
    /// When the sensor was given to this patient. `None`: whatever is in its memory is theirs.
    pub assigned: Option<DateTime<FixedOffset>>,
    /// When the frame was received.
    pub at: DateTime<FixedOffset>,
    /// How far the tablet's clock was believed then.
    pub tablet_clock: Trust,
    /// It was fetched from the device's memory.
    pub from_storage: bool,
    /// How many identical frames stood before it in the same transfer of the memory.
    pub ordinal: u32,
    /// The zone of the device's local time.
    pub zone: Tz,
}

/// Where a reading came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// An assigned sensor.
    Sensor(DeviceId),
    /// Entered by hand.
    ByHand,
}

/// A reading, as it is kept, shown and sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// What makes a repeated reception or sending of it harmless.
    pub identity: Identity,
    /// Whose it is.
    pub patient: PatientId,
    /// Where it came from.
    pub source: Source,
    /// Its kind.
    pub kind: Kind,
    /// Its numbers.
    pub values: Vec<Measured>,
    /// All that the device said about it.
    pub flags: BTreeSet<Flag>,
    /// How far it can be trusted.
    pub quality: Quality,
    /// When it was taken.
    pub time: ReadingTime,
    /// The device's own number of the record, where it has one.
    pub sequence: Option<u32>,
    /// Who measured.
    pub performer: Performer,
}

impl Reading {
    /// Makes a reading of what a device reported. Pure: the same frame, received once more in the
    /// same way, gives the same identity.
    pub fn received(observed: Observed, reception: &Reception) -> Self {
        let from_storage = reception.from_storage || observed.flags.contains(&Flag::FromStorage);
        let time = ReadingTime::judge(
            observed.time,
            Circumstances {
                received: reception.at,
                tablet_clock: reception.tablet_clock,
                from_storage,
                clock_not_set: observed.flags.contains(&Flag::DeviceClockNotSet),
                zone: reception.zone,
            },
        );
        let mut quality = Quality::assess(&observed.values, &observed.flags);
        if time.in_doubt() {
            quality.add(Verdict::Doubtful, Reason::TimeInDoubt);
        }
        // Without a time nothing shows that it was taken after the sensor was given to this patient.
        let before = |assigned: &DateTime<FixedOffset>| time.effective.is_none_or(|taken| taken < *assigned);
        if from_storage && reception.assigned.as_ref().is_some_and(before) {
            quality.add(Verdict::Doubtful, Reason::BeforeAssignment);
        }
        let identity = Identity::of(&Origin {
            patient: &reception.patient,
            device: &reception.device,
            kind: observed.kind,
            time: observed.time,
            received: reception.at,
            sequence: observed.sequence,
            ordinal: reception.ordinal,
            canonical: &observed.canonical,
        });
        Self {
            identity,
            patient: reception.patient.clone(),
            source: Source::Sensor(reception.device.clone()),
            kind: observed.kind,
            values: observed.values,
            flags: observed.flags,
            quality,
            time,
            sequence: observed.sequence,
            performer: Performer::Unknown,
        }
    }

    /// One of its numbers.
    pub fn value(&self, metric: Metric) -> Option<Quantity> {
        self.values.iter().find(|m| m.metric == metric).map(|m| m.quantity)
    }

    /// Whether it may go to the service: not what is no reading, and not what may be someone else's.
    pub fn may_be_sent(&self) -> bool {
        self.quality.verdict < Verdict::NotAReading && !self.quality.reasons.contains(&Reason::BeforeAssignment)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        quantity::{Decimal, Unit, Value},
        time::ZONE,
    };

    fn at(text: &str) -> DateTime<FixedOffset> {
        DateTime::parse_from_rfc3339(text).unwrap()
    }

    /// A reading of a sensor that was given to the patient on 20 November at noon.
    fn reading(time: Option<&str>, from_storage: bool, mine: bool) -> Reading {
        let quantity = Quantity { value: Value::Number(Decimal::new(97, 0)), unit: Unit::Percent };
        let observed = Observed {
            kind: Kind::PulseOximetry,
            values: vec![Measured { metric: Metric::OxygenSaturation, quantity }],
            flags: BTreeSet::new(),
            time: time.map_or(DeviceTime::Absent, |text| DeviceTime::Local(text.parse().unwrap())),
            sequence: None,
            canonical: vec![1],
        };
        let reception = Reception {
            patient: PatientId("p".into()),
            device: DeviceId::parse("F0:F1:F2:F3:F4:F5").unwrap(),
            assigned: (!mine).then(|| at("2026-11-20T12:00:00+01:00")),
            at: at("2026-11-23T08:00:00+01:00"),
            tablet_clock: Trust::Trusted,
            from_storage,
            ordinal: 0,
            zone: ZONE,
        };
        Reading::received(observed, &reception)
    }

    #[test]
    fn what_may_be_someone_elses_is_not_sent() {
        for (time, from_storage, mine, sent) in [
            (Some("2026-11-21T08:00:00"), true, false, true),
            (Some("2026-11-19T08:00:00"), true, false, false),
            (Some("2026-11-19T08:00:00"), true, true, true),
            // No time, or a clock of 2021: nothing shows whose it is.
            (None, true, false, false),
            (Some("2021-01-01T00:00:30"), true, false, false),
            (Some("2021-01-01T00:00:30"), true, true, true),
            // A live reading is taken now, whatever its clock says.
            (None, false, false, true),
            (Some("2021-01-01T00:00:30"), false, false, true),
        ] {
            assert_eq!(reading(time, from_storage, mine).may_be_sent(), sent, "{time:?} {from_storage} {mine}");
        }
    }
}
