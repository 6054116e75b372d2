//! Intermediate Cuff Pressure (0x2A36): the pressure in the cuff while it still measures (Blood Pressure
//! Service 1.1.1, 3.2; GATT Specification Supplement, Intermediate Cuff Pressure). Never a reading: the Blood
//! Pressure Measurement that ends the measurement is.

use dagsform_care::Quantity;
use serde::Serialize;

use super::{
    blood_pressure_measurement::{BloodPressureFlags, BloodPressureStatus, Details},
    date_time::DateTime,
    json,
    reader::{DecodeError, Reader},
    user_id::UserId,
};

/// The pressure in the cuff at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct IntermediateCuffPressure {
    /// Flags: the unit of the pressure, and which fields follow.
    pub flags: BloodPressureFlags,
    /// Current Cuff Pressure: mmHg or kPa.
    #[serde(serialize_with = "json::quantity")]
    pub current_cuff_pressure: Quantity,
    /// Time Stamp, by the device's clock.
    pub timestamp: Option<DateTime>,
    /// Pulse Rate: beats per minute.
    #[serde(serialize_with = "json::optional_quantity")]
    pub pulse_rate: Option<Quantity>,
    /// User ID.
    pub user_id: Option<UserId>,
    /// Measurement Status.
    pub measurement_status: Option<BloodPressureStatus>,
    /// What follows, announced by a bit that is reserved today. Its meaning is not known.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub additional_data: Vec<u8>,
}

impl IntermediateCuffPressure {
    /// Its assigned number.
    pub const CHARACTERISTIC: u16 = 0x2A36;

    /// Decodes the characteristic.
    ///
    /// It has the layout of a Blood Pressure Measurement, of whose three pressures it uses the first. What
    /// stands in place of the others is nothing: NaN by the service, zeros from some devices.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("Intermediate Cuff Pressure", bytes);
        let r = &mut reader;
        let flags = BloodPressureFlags::from_bits_retain(r.u8("flags")?);
        let current_cuff_pressure = Quantity { value: r.sfloat("current_cuff_pressure")?, unit: flags.unit() };
        r.array::<4>("unused")?;
        let Details { timestamp, pulse_rate, user_id, measurement_status } = Details::read(r, flags)?;
        let additional_data = reader.additional_data(flags)?;
        Ok(Self { flags, current_cuff_pressure, timestamp, pulse_rate, user_id, measurement_status, additional_data })
    }
}
