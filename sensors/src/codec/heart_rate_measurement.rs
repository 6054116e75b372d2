//! Heart Rate Measurement (0x2A37; Heart Rate Service 1.0, 3.1; GATT Specification Supplement, Heart Rate
//! Measurement). Decoded only: the pulse of the kit comes from the oximeter and the cuff.

use bitflags::bitflags;
use dagsform_care::{Decimal, Quantity, Unit, Value};
use serde::{Serialize, Serializer};

use super::{
    json,
    reader::{DecodeError, Reader},
};

/// The heart rate at one moment, and the beats since the last one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HeartRateMeasurement {
    /// Flags: the size of the heart rate, contact with the skin, and which fields follow.
    pub flags: HeartRateFlags,
    /// Heart Rate Measurement Value: beats per minute.
    #[serde(serialize_with = "json::quantity")]
    pub heart_rate: Quantity,
    /// Sensor Contact Status, two bits of the flags.
    pub sensor_contact: SensorContact,
    /// Energy Expended since it was last reset: kilojoules; 65535 may be more.
    pub energy_expended_kilojoules: Option<u16>,
    /// RR-Intervals, the oldest first: the time from one beat to the next in 1/1024 of a second. Empty: the
    /// flags announce none.
    pub rr_intervals_1024: Vec<u16>,
    /// What follows, announced by a bit that is reserved today. Its meaning is not known.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub additional_data: Vec<u8>,
}

bitflags! {
    /// Flags of [`HeartRateMeasurement`], 8 bits. Bits 5 to 7 are reserved.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct HeartRateFlags: u8 {
        /// The heart rate has 16 bits; without the bit 8.
        const HEART_RATE_OF_16_BITS = 1;
        /// Contact with the skin is detected; nothing without the next bit.
        const SENSOR_CONTACT_DETECTED = 1 << 1;
        /// The device detects contact.
        const SENSOR_CONTACT_SUPPORTED = 1 << 2;
        /// Energy Expended field is present.
        const ENERGY_EXPENDED_PRESENT = 1 << 3;
        /// One or more RR-Interval fields are present.
        const RR_INTERVALS_PRESENT = 1 << 4;
    }
}

/// Sensor Contact Status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SensorContact {
    /// The device cannot tell.
    NotSupported,
    /// No contact, or a poor one.
    NotDetected,
    /// Contact.
    Detected,
}

impl HeartRateMeasurement {
    /// Its assigned number.
    pub const CHARACTERISTIC: u16 = 0x2A37;

    /// Decodes the characteristic.
    ///
    /// The intervals go on to the end of the value; one is announced at least. With a reserved bit set what is
    /// left of them cannot be told from data to come.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("Heart Rate Measurement", bytes);
        let r = &mut reader;
        let flags = HeartRateFlags::from_bits_retain(r.u8("flags")?);
        let has = |flag| flags.contains(flag).then_some(());
        let beats = match has(HeartRateFlags::HEART_RATE_OF_16_BITS) {
            Some(()) => r.u16("heart_rate")?,
            None => r.u8("heart_rate")?.into(),
        };
        let energy_expended_kilojoules =
            has(HeartRateFlags::ENERGY_EXPENDED_PRESENT).map(|()| r.u16("energy_expended")).transpose()?;
        let mut rr_intervals_1024 = Vec::new();
        if flags.contains(HeartRateFlags::RR_INTERVALS_PRESENT) {
            rr_intervals_1024.push(r.u16("rr_interval")?);
            while r.remaining() > 0 {
                rr_intervals_1024.push(r.u16("rr_interval")?);
            }
        }
        Ok(Self {
            flags,
            heart_rate: Quantity { value: Value::Number(Decimal::new(i64::from(beats), 0)), unit: Unit::PerMinute },
            sensor_contact: flags.sensor_contact(),
            energy_expended_kilojoules,
            rr_intervals_1024,
            additional_data: reader.additional_data(flags)?,
        })
    }
}

impl HeartRateFlags {
    /// What the two bits of the contact say together.
    fn sensor_contact(self) -> SensorContact {
        if !self.contains(Self::SENSOR_CONTACT_SUPPORTED) {
            SensorContact::NotSupported
        } else if self.contains(Self::SENSOR_CONTACT_DETECTED) {
            SensorContact::Detected
        } else {
            SensorContact::NotDetected
        }
    }
}

impl Serialize for HeartRateFlags {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        json::flags(self, serializer)
    }
}
