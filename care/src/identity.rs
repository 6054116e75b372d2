//! What makes a repeated reception or a repeated sending of a reading harmless.
//!
//! The HL7 Personal Health Device implementation guide (R4) identifies an Observation by device,
//! patient, type and the time that the *device* reported, before any correction. That is not enough:
//! two readings within one minute, the repeated hour of October, a battery that died, or a device
//! without a clock would be merged, and one of them lost. So the identity also holds the device's
//! record number where there is one, the place among identical records of one memory, and a digest
//! of the record without the bits that change with the transport (a stored record is the same
//! reading as the live one that it repeats). Without a device time the time of reception stands in.
//!
//! The identity is assigned once, when the reading is committed. It never holds the national number.

use std::fmt;

use chrono::{DateTime, FixedOffset, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::{
    device::DeviceId,
    metric::{Kind, Metric},
    person::PatientId,
    time::DeviceTime,
};

/// The identity of a reading: a UUID, version 8 (RFC 9562, 5.8), of what the device reported, or
/// version 7 for what was entered by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Identity(Uuid);

/// All that goes into the identity of a device's reading.
#[derive(Clone, Copy, Debug)]
pub struct Origin<'a> {
    /// The patient, by the opaque id.
    pub patient: &'a PatientId,
    /// The device.
    pub device: &'a DeviceId,
    /// The kind of reading.
    pub kind: Kind,
    /// The device's time, uncorrected.
    pub time: DeviceTime,
    /// When the frame that is kept was received; counts only without a device time.
    pub received: DateTime<FixedOffset>,
    /// The device's own number of the record.
    pub sequence: Option<u32>,
    /// How many identical records stood before it in the device's memory.
    pub ordinal: u32,
    /// The record without transport-dependent bits.
    pub canonical: &'a [u8],
}

impl Identity {
    /// The identity of a device's reading.
    pub fn of(origin: &Origin<'_>) -> Self {
        let time = match origin.time {
            DeviceTime::Local(local) => local.format("%Y-%m-%dT%H:%M:%S%.f").to_string(),
            DeviceTime::Absent | DeviceTime::Unknown => {
                let received = origin.received.with_timezone(&Utc);
                format!("none/{}", received.to_rfc3339_opts(SecondsFormat::Micros, true))
            }
        };
        let sequence = origin.sequence.map(|n| n.to_string()).unwrap_or_default();
        let ordinal = origin.ordinal.to_string();
        Self(digest(&[
            b"dagsform-reading-1",
            origin.patient.0.as_bytes(),
            origin.device.as_str().as_bytes(),
            origin.kind.name().as_bytes(),
            time.as_bytes(),
            sequence.as_bytes(),
            ordinal.as_bytes(),
            origin.canonical,
        ]))
    }

    /// The identity of what was entered by hand: a UUIDv7 made when it was saved.
    pub fn by_hand(made: Uuid) -> Self {
        Self(made)
    }

    /// The identity of one number of the reading, where each travels as an Observation of its own.
    pub fn of_metric(self, metric: Metric) -> Self {
        self.of_code(metric.mdc(), metric.modality())
    }

    /// The identity of several numbers of the reading that travel as one Observation, such as a blood pressure, by
    /// the code of the whole in ISO/IEEE 11073-10101.
    pub fn of_panel(self, mdc: u32) -> Self {
        self.of_code(mdc, None)
    }

    fn of_code(self, mdc: u32, modality: Option<u32>) -> Self {
        let modality = modality.map(|m| m.to_string()).unwrap_or_default();
        Self(digest(&[b"dagsform-metric-1", self.0.as_bytes(), mdc.to_string().as_bytes(), modality.as_bytes()]))
    }

    /// The UUID itself.
    pub fn uuid(self) -> Uuid {
        self.0
    }
}

/// SHA-256 over the parts, each with its length before it so that no two lists of parts agree by
/// accident, as a UUID.
fn digest(parts: &[&[u8]]) -> Uuid {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(part);
    }
    let mut bytes = [0; 16];
    for (byte, from) in bytes.iter_mut().zip(hash.finalize()) {
        *byte = from;
    }
    Uuid::new_v8(bytes)
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::str::FromStr for Identity {
    type Err = uuid::Error;
    fn from_str(text: &str) -> Result<Self, uuid::Error> {
        text.parse().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn patient() -> PatientId {
        PatientId("p-1".into())
    }
    fn device() -> DeviceId {
        DeviceId::parse("F0:F1:F2:F3:F4:F5").unwrap()
    }
    fn at(text: &str) -> DateTime<FixedOffset> {
        DateTime::parse_from_rfc3339(text).unwrap()
    }
    fn identity(time: DeviceTime, received: &str, ordinal: u32, canonical: &[u8]) -> Identity {
        Identity::of(&Origin {
            patient: &patient(),
            device: &device(),
            kind: Kind::PulseOximetry,
            time,
            received: at(received),
            sequence: None,
            ordinal,
            canonical,
        })
    }
    const MORNING: &str = "2026-11-23T08:00:00+01:00";
    const EVENING: &str = "2026-11-23T20:00:00+01:00";
    fn minute() -> DeviceTime {
        DeviceTime::Local("2026-11-23T08:00:00".parse().unwrap())
    }

    #[test]
    fn the_same_record_fetched_again_is_the_same_reading() {
        assert_eq!(identity(minute(), MORNING, 0, b"a"), identity(minute(), EVENING, 0, b"a"));
    }

    #[test]
    fn two_values_within_one_minute_are_two_readings() {
        assert_ne!(identity(minute(), MORNING, 0, b"a"), identity(minute(), MORNING, 0, b"b"));
    }

    #[test]
    fn two_identical_records_of_one_memory_are_two_readings() {
        assert_ne!(identity(minute(), MORNING, 0, b"a"), identity(minute(), MORNING, 1, b"a"));
    }

    #[test]
    fn without_a_device_time_reception_tells_readings_apart_whatever_the_zone() {
        assert_ne!(identity(DeviceTime::Absent, MORNING, 0, b"a"), identity(DeviceTime::Absent, EVENING, 0, b"a"));
        assert_eq!(
            identity(DeviceTime::Absent, MORNING, 0, b"a"),
            identity(DeviceTime::Absent, "2026-11-23T07:00:00+00:00", 0, b"a")
        );
    }

    #[test]
    fn the_identities_of_a_readings_numbers_are_frozen_too() {
        let whole = identity(minute(), MORNING, 0, b"a");
        assert_eq!(whole.of_metric(Metric::PulseRate).to_string(), FROZEN_NUMBER);
        assert_eq!(whole.of_panel(150_020).to_string(), FROZEN_PANEL);
    }
    const FROZEN_NUMBER: &str = "5cddb795-385c-8007-9841-dc48a46761da";
    const FROZEN_PANEL: &str = "e0da0442-f6b7-8700-8718-4cc4e04de882";

    #[test]
    fn the_identity_is_frozen() {
        // If this fails, every tablet in use would send its readings a second time.
        assert_eq!(identity(minute(), MORNING, 0, b"a").to_string(), FROZEN);
    }
    const FROZEN: &str = "3786a933-8d82-838b-9cf3-6cedd7b9c881";

    #[test]
    fn the_identity_is_frozen_for_every_kind_and_every_way_to_say_the_time() {
        // None of these may ever change, for the same reason.
        let fraction = DeviceTime::Local("2026-11-23T08:00:00.5".parse().unwrap());
        for (kind, time, sequence, ordinal, frozen) in [
            (Kind::PulseOximetry, minute(), Some(0), 0, "c63d8e03-e2f6-88d1-a11f-5debfa1c8db3"),
            (Kind::BloodPressure, minute(), None, 0, "c6771daf-4627-8231-ad32-f5fcdf69bcfb"),
            (Kind::BodyWeight, fraction, None, 0, "239598fa-768c-862c-b3e9-490d6d56e099"),
            (Kind::BloodGlucose, minute(), Some(65_535), 0, "bacff550-2923-846b-8d5b-304a0f71fdcf"),
            (Kind::BodyTemperature, DeviceTime::Absent, None, 1, "bfd3a44a-8cd1-82f6-9ed5-13af82843545"),
            (Kind::Spirometry, DeviceTime::Unknown, Some(7), 0, "007d9727-6c0d-8a77-973b-a660bc8684a9"),
        ] {
            let (patient, device) = (patient(), device());
            let identity = Identity::of(&Origin {
                patient: &patient,
                device: &device,
                kind,
                time,
                received: at(MORNING),
                sequence,
                ordinal,
                canonical: b"a",
            });
            assert_eq!(identity.to_string(), frozen, "{kind:?}");
        }
        let kinds =
            ["pulse-oximetry", "blood-pressure", "body-weight", "blood-glucose", "body-temperature", "spirometry"];
        assert_eq!(Kind::ALL.map(Kind::name), kinds);
    }

    proptest! {
        #[test]
        fn parts_never_run_into_each_other(a: Vec<u8>, b: Vec<u8>, c: Vec<u8>, d: Vec<u8>) {
            prop_assume!((&a, &b) != (&c, &d));
            prop_assert_ne!(digest(&[&a, &b]), digest(&[&c, &d]));
        }

        #[test]
        fn each_number_of_a_reading_has_an_identity_of_its_own(record: Vec<u8>) {
            let whole = identity(minute(), MORNING, 0, &record);
            let mut all: Vec<_> = Metric::ALL.iter().map(|m| whole.of_metric(*m)).collect();
            // A blood pressure as a whole (MDC_PRESS_BLD_NONINV).
            all.extend([whole, whole.of_panel(150_020)]);
            all.sort();
            all.dedup();
            prop_assert_eq!(all.len(), Metric::ALL.len() + 2);
        }
    }
}
