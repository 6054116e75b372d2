//! CGM Measurement (0x2AA7): one or more records of a glucose sensor in one value (Continuous Glucose Monitoring
//! Service 1.0.2, 3.1; GATT Specification Supplement, CGM Measurement). Decoded only: continuous glucose is not in
//! the kit, and a record has no time of its own without the CGM Session Start Time.

use bitflags::{Flags, bitflags};
use serde::{Serialize, Serializer};

use super::{
    amount::Amount,
    cgm_status::{CalibrationTemperature, SensorStatus, SensorWarning},
    e2e_crc::E2eCrc,
    json,
    reader::{DecodeError, Reader},
};

/// The records of one value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CgmMeasurement {
    /// One at least.
    pub records: Vec<CgmRecord>,
}

/// One record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CgmRecord {
    /// Flags: which fields follow.
    pub flags: CgmFlags,
    /// CGM Glucose Concentration: mg/dL.
    pub glucose_concentration: Amount,
    /// Time Offset: minutes since the session began.
    pub time_offset_minutes: u16,
    /// Status octet of the Sensor Status Annunciation, the first of the three.
    pub status: Option<SensorStatus>,
    /// Cal/Temp octet of it.
    pub calibration_temperature: Option<CalibrationTemperature>,
    /// Warning octet of it.
    pub warning: Option<SensorWarning>,
    /// CGM Trend Information: mg/dL a minute.
    pub trend: Option<Amount>,
    /// CGM Quality: per cent.
    pub quality: Option<Amount>,
    /// E2E-CRC: there where the record is two bytes longer than its fields.
    pub e2e_crc: Option<E2eCrc>,
    /// What follows where a bit is set that is reserved today. A checksum among it cannot be told apart.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub additional_data: Vec<u8>,
}

bitflags! {
    /// Flags of [`CgmRecord`], 8 bits. Bits 2 to 4 are reserved.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct CgmFlags: u8 {
        /// CGM Trend Information field is present.
        const TREND_INFORMATION_PRESENT = 1;
        /// CGM Quality field is present.
        const QUALITY_PRESENT = 1 << 1;
        /// Warning octet is present.
        const WARNING_OCTET_PRESENT = 1 << 5;
        /// Cal/Temp octet is present.
        const CALIBRATION_TEMPERATURE_OCTET_PRESENT = 1 << 6;
        /// Status octet is present.
        const STATUS_OCTET_PRESENT = 1 << 7;
    }
}

impl CgmMeasurement {
    /// Its assigned number.
    pub const CHARACTERISTIC: u16 = 0x2AA7;

    /// Decodes the characteristic.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("CGM Measurement", bytes);
        let mut records = vec![CgmRecord::read(&mut reader)?];
        while reader.remaining() > 0 {
            records.push(CgmRecord::read(&mut reader)?);
        }
        Ok(Self { records })
    }
}

impl CgmRecord {
    /// Takes one record; its first byte says how long it is, that byte included.
    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let whole = reader.peek();
        let size = reader.u8("size")?;
        let Some(length) = usize::from(size).checked_sub(1) else {
            return Err(reader.disagrees("size", 1, size.into()));
        };
        let whole = whole.get(..usize::from(size)).unwrap_or(whole);
        let mut record = reader.part("record", length)?;
        let r = &mut record;
        let flags = CgmFlags::from_bits_retain(r.u8("flags")?);
        let has = |flag| flags.contains(flag).then_some(());
        let sfloat = |r: &mut Reader<'_>, field, unit| r.sfloat(field).map(|value| Amount { value, unit });
        Ok(Self {
            flags,
            glucose_concentration: sfloat(r, "glucose_concentration", "mg/dL")?,
            time_offset_minutes: r.u16("time_offset")?,
            status: has(CgmFlags::STATUS_OCTET_PRESENT).map(|()| SensorStatus::read(r)).transpose()?,
            calibration_temperature: has(CgmFlags::CALIBRATION_TEMPERATURE_OCTET_PRESENT)
                .map(|()| CalibrationTemperature::read(r))
                .transpose()?,
            warning: has(CgmFlags::WARNING_OCTET_PRESENT).map(|()| SensorWarning::read(r)).transpose()?,
            trend: has(CgmFlags::TREND_INFORMATION_PRESENT).map(|()| sfloat(r, "trend", "mg/dL/min")).transpose()?,
            quality: has(CgmFlags::QUALITY_PRESENT).map(|()| sfloat(r, "quality", "%")).transpose()?,
            e2e_crc: if flags.contains_unknown_bits() { None } else { E2eCrc::read_if_any(r, whole)? },
            additional_data: record.additional_data(flags)?,
        })
    }
}

impl Serialize for CgmFlags {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        json::flags(self, serializer)
    }
}
