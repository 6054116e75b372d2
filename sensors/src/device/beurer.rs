//! Beurer.
//!
//! BM 85, a cuff with the Blood Pressure Service. In its Blood Pressure Measurement (0x2A35) the User ID is always
//! there, though bit 3 of the flags is clear; the Pulse Rate and the Measurement Status have their bytes the other way
//! round; the mean arterial pressure is 0 for "none". Bit 6 of the flags, reserved, is always set. All of this is seen
//! in four frames of the device with both its users (derdilla/blood-pressure-monitor-fl@17aba3d0, pull requests 735 and
//! 737). It sends all of its memory after each connection, and stays silent if it is subscribed to within 100 ms of
//! the discovery of its services (the same, ble_read_cubit.dart).
//!
//! Not known: its Model Number String, therefore its name is taken too, together with the characteristic; what it sends
//! when measuring failed; what bit 6 of the status means (seen once); how its clock is set. Beurer's own program is said
//! to read BM 48, BM 59 and Elite 900 the same way; no bytes of these are known, so they are taken to keep to the
//! standard.

use dagsform_care::{Decimal, Kind, Metric, Quantity, Unit, Value};

use super::{Channel, Layout, Maker, Model, Said, Secrets, Standing, Way};
use crate::{
    characteristic::Characteristic,
    codec::{
        BloodPressureMeasurement, DateTime, DecodeError, UserId,
        blood_pressure_measurement::{BloodPressureFlags, BloodPressureStatus},
        reader::Reader,
        sfloat::sfloat,
    },
};

pub(super) const MAKER: Maker = Maker { models: &[BM85], loose: &[] };

const NAMES: &[&str] = &["BM85", "BM 85", "Beurer BM85", "Beurer BM 85"];

const BM85: Model = Model {
    name: "Beurer BM 85",
    kinds: &[Kind::BloodPressure],
    known: "bytes of the device, both users, an irregular pulse",
    is: |seen| seen.has(BloodPressureMeasurement::CHARACTERISTIC) && (seen.is_model(NAMES) || seen.is_called(NAMES)),
    channels: &[Channel {
        characteristic: Characteristic::assigned(BloodPressureMeasurement::CHARACTERISTIC),
        layout: &MEASUREMENT,
        way: Way::Readings,
    }],
    layouts: &[&MEASUREMENT],
    ..Model::PLAIN
};

static MEASUREMENT: Layout = Layout { name: "beurer-bm85", aliases: &[], repeats: false, read };

fn read(bytes: &[u8], _: &Secrets<'_>) -> Result<Said, DecodeError> {
    let mut r = Reader::new(MEASUREMENT.name, bytes);
    let flags = BloodPressureFlags::from_bits_retain(r.u8("flags")?);
    let unit =
        if flags.contains(BloodPressureFlags::UNITS_OF_KPA) { Unit::Kilopascal } else { Unit::MillimetreOfMercury };
    let pressure = |value| Quantity { value, unit };
    let mut said = Said::new(Standing::Reading(Kind::BloodPressure))
        .quantity(Metric::Systolic, pressure(r.sfloat("systolic")?))
        .quantity(Metric::Diastolic, pressure(r.sfloat("diastolic")?));
    let mean = r.sfloat("mean_arterial_pressure")?;
    if mean != Value::Number(Decimal::new(0, 0)) {
        said = said.quantity(Metric::MeanArterialPressure, pressure(mean));
    }
    if flags.contains(BloodPressureFlags::TIMESTAMP_PRESENT) {
        said.time = DateTime::read(&mut r, "timestamp")?.device_time();
    }
    if flags.contains(BloodPressureFlags::PULSE_RATE_PRESENT) {
        let value = sfloat(u16::from_be_bytes(r.array("pulse_rate")?));
        said = said.quantity(Metric::PulseRateByCuff, Quantity { value, unit: Unit::PerMinute });
    }
    said = said.by(UserId::from(r.u8("user_id")?).into());
    if flags.contains(BloodPressureFlags::MEASUREMENT_STATUS_PRESENT) {
        let status = BloodPressureStatus::from_bits_retain(u16::from_be_bytes(r.array("measurement_status")?));
        said.flags.extend(status.flags());
        said = said.detail("measurement_status", status.bits());
    }
    r.finish()?;
    Ok(said)
}
