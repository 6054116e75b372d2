//! Nonin.
//!
//! Model 3230, a finger oximeter, and WristOx2 3150 with Bluetooth Low Energy: they notify the maker's Oximetry
//! Measurement once a second while a finger is in. Recognised by the maker's service and characteristic. One that also
//! has the standard's Pulse Oximeter Service keeps to the standard and is no case for this file. The older models talk
//! over a serial line: `nonin_serial`, `nonin_waveform`.
//!
//! Known from Nonin's own sample programs for the 3230 (iOS, 2013; UWP in STAR's Nonin.cs), from the tables of the
//! specification 113142-000-02 Rev B in maurovm/swift-async_pulse_ox@06b5d4b
//! (Sources/ble_decoders/ble_nco_spec_decoder.swift) and andreasdri/nonin-3230-ble@dff81d5 (index.js), which agree.
//!
//! Not known: bytes of the real device (none was found); what the 3150 sends from its memory; the control point
//! (1447AF80-0D60-11E2-88B6-0002A5D5C51B), to which 62 4E 4D 49 is written to end a measurement, is left alone.

use dagsform_care::{Flag, Kind, Metric, Unit};

use super::{
    Channel, Layout, Maker, Model, Said, Secrets, Way, nonin_serial, nonin_waveform,
    oximetry::{keeps_to_the_standard, oximetry, unless},
};
use crate::{
    characteristic::Characteristic,
    codec::{DecodeError, reader::Reader},
};

pub(super) const MAKER: Maker = Maker {
    models: &[NONIN_3230],
    loose: &[
        &nonin_waveform::DF2,
        &nonin_waveform::DF7,
        &nonin_serial::DF8,
        &nonin_serial::DF13,
        &nonin_serial::PACKET,
    ],
};

/// Nonin Oximetry Service.
const SERVICE: Characteristic = Characteristic::own(0x46A970E0_0D5F_11E2_8B5E_0002A5D5C51B);
/// Oximetry Measurement.
const MEASUREMENT: Characteristic = Characteristic::own(0x0AAD7EA0_0D60_11E2_8E3C_0002A5D5C51B);

const NONIN_3230: Model = Model {
    name: "Nonin 3230 and WristOx2 3150 BLE",
    kinds: &[Kind::PulseOximetry],
    known: "the maker's specification and sample programs",
    is: |seen| seen.serves(SERVICE) && seen.has(MEASUREMENT) && !keeps_to_the_standard(seen),
    channels: &[Channel { characteristic: MEASUREMENT, layout: &OXIMETRY_MEASUREMENT, way: Way::Stream }],
    layouts: &[&OXIMETRY_MEASUREMENT],
    ..Model::PLAIN
};

/// What stands where there is no saturation.
pub(super) const NO_SATURATION: u8 = 127;
/// What stands where there is no pulse rate.
pub(super) const NO_PULSE: u16 = 511;

const NAME: &str = "nonin-3230";

static OXIMETRY_MEASUREMENT: Layout =
    Layout { name: NAME, aliases: &["nonin-3150-ble", "nonin-oximetry-measurement"], repeats: false, read };

fn read(bytes: &[u8], _: &Secrets<'_>) -> Result<Said, DecodeError> {
    let mut reader = Reader::new(NAME, bytes);
    // The length counts itself; what comes after the tenth byte is reserved for the future.
    if usize::from(reader.u8("length")?) != bytes.len() {
        return Err(DecodeError::Mismatch { of: NAME, problem: "it is not as long as it says" });
    }
    let status = reader.u8("status")?;
    let is = |bit: u8| status & bit != 0;
    let (battery, amplitude) = (reader.u8("battery_voltage")?, reader.u16_be("pulse_amplitude_index")?);
    let counter = reader.u16_be("counter")?;
    let (saturation, pulse) = (reader.u8("spo2")?, reader.u16_be("pulse_rate")?);
    let reserved = reader.rest("reserved");

    let (weak, searching, placed, low_battery) = (is(1 << 1), is(1 << 3), is(1 << 4), is(1 << 5));
    let said = oximetry(
        placed && !searching,
        unless(saturation == NO_SATURATION, saturation),
        unless(pulse == NO_PULSE, pulse),
    )
    .value(Metric::PulseAmplitudeIndex, amplitude, -2, Unit::Percent)
    .flag(Flag::LowPerfusion, weak)
    .flag(Flag::FullyQualified, is(1 << 2))
    .flag(Flag::SignalAnalysisOngoing, searching)
    .flag(Flag::SensorDisplaced, !placed)
    .flag(Flag::BatteryLow, low_battery)
    .detail("weak_signal", weak)
    .detail("smart_point", is(1 << 2))
    .detail("searching", searching)
    .detail("correct_check", placed)
    .detail("low_battery", low_battery)
    .detail("encrypted", is(1 << 6))
    .number("battery_v", battery, -1)
    .detail("counter_s", counter);
    Ok(match reserved.is_empty() {
        true => said,
        false => said.detail("reserved", reserved),
    })
}
