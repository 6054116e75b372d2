//! Nonin over a serial line (Serial Port Profile): Onyx II 9560, WristOx2 3150, and others with the same formats.
//!
//! Data format 8 (a frame a second), data format 13 (a spot check with its time, kept in the device's memory until it
//! is fetched) and the packets of the command protocol. By "9560 Bluetooth Specification" of the maker
//! (mattjlewis/NoninPulseOx@6153426), with the bytes and the expectations of silverbullet-dk/opentele-client-android
//! @0302f85 (NoninMeasurementPacketTest, NoninPacketFactoryTest, NoninSerialNumberPacketTest).
//!
//! Not known: the three-byte frames of the oldest models. No model is collected from: this program has no serial line.

use chrono::{NaiveDate, NaiveDateTime};
use dagsform_care::Flag;

use super::{
    Layout, Said, Secrets, Standing,
    checksum::{checked, sum},
    date::since_2000,
    nonin::{NO_PULSE, NO_SATURATION},
    oximetry::{oximetry, unless},
};
use crate::codec::{DecodeError, reader::Reader};

pub(super) static DF8: Layout = Layout { name: "nonin-df8", aliases: &[], repeats: false, read: df8 };
pub(super) static DF13: Layout = Layout { name: "nonin-df13", aliases: &[], repeats: false, read: df13 };
pub(super) static PACKET: Layout =
    Layout { name: "nonin-serial", aliases: &["nonin-serial-number"], repeats: false, read: packet };

const STX: u8 = 0x02;
const ETX: u8 = 0x03;

fn df8(bytes: &[u8], _: &Secrets<'_>) -> Result<Said, DecodeError> {
    let mut reader = Reader::new(DF8.name, bytes);
    let [status, low, saturation, status2] = reader.array("frame")?;
    reader.finish()?;
    if status < 0x80 || [low, saturation, status2].into_iter().any(|byte| byte >= 0x80) {
        return Err(DecodeError::Mismatch { of: DF8.name, problem: "bit 7 must be set in the first byte alone" });
    }
    let pulse = pulse(status, low);
    let missing = saturation == NO_SATURATION || pulse == NO_PULSE;
    let (out_of_track, low_perfusion) = (status & 1 << 5 != 0, status & 1 << 4 != 0);
    let (marginal_perfusion, artifact) = (status & 1 << 3 != 0, status & 1 << 2 != 0);
    // For ten seconds after the finger is out the last numbers are still sent, with this bit.
    let sensor_alarm = status2 & 1 << 3 != 0;
    let (smart_point, low_battery) = (status2 & 1 << 5 != 0, status2 & 1 != 0);
    Ok(oximetry(!sensor_alarm, unless(saturation == NO_SATURATION, saturation), unless(pulse == NO_PULSE, pulse))
        .flag(Flag::SignalProcessingIrregularity, out_of_track)
        .flag(Flag::LowPerfusion, low_perfusion)
        .flag(Flag::PoorSignal, marginal_perfusion)
        .flag(Flag::ErraticSignal, artifact)
        .flag(Flag::SensorUnconnectedToUser, sensor_alarm)
        .flag(Flag::FullyQualified, smart_point)
        .flag(Flag::BatteryLow, low_battery)
        .detail("out_of_track", out_of_track)
        .detail("low_perfusion", low_perfusion)
        .detail("marginal_perfusion", marginal_perfusion)
        .detail("artifact", artifact)
        .detail("sensor_alarm", sensor_alarm)
        .detail("smart_point", smart_point)
        .detail("low_battery", low_battery)
        .detail("measurement_missing", missing))
}

/// Nine bits, the upper two of them in the lowest bits of `high`.
pub(super) fn pulse(high: u8, low: u8) -> u16 {
    u16::from(high & 0b11) << 7 | u16::from(low & 0x7F)
}

fn df13(bytes: &[u8], _: &Secrets<'_>) -> Result<Said, DecodeError> {
    let mismatch = |problem| Err(DecodeError::Mismatch { of: DF13.name, problem });
    let mut reader = Reader::new(DF13.name, bytes);
    if reader.array("header")? != [0x00, STX, 0x00, 13] {
        return mismatch("it does not begin with 00 02 00 0D");
    }
    let length = usize::from(reader.u16_be("length")?);
    let mut data = reader.rest("data");
    let (Some(ETX), Some(checksum)) = (data.pop(), data.pop()) else { return mismatch("it does not end with 03") };
    if data.len() != length {
        return mismatch("it is not as long as it says");
    }
    let right = sum(&data) == checksum;

    let mut reader = Reader::new(DF13.name, &data);
    let time = reader.array("time")?;
    let status = reader.u16_be("status")?;
    let pulse = reader.u16_be("pulse_rate")? & 0x1FF;
    let _reserved = reader.u8("reserved")?;
    let saturation = reader.u8("spo2")? & 0x7F;
    let (smart_point, no_measurement) = (status & 1 << 9 != 0, status & 1 << 8 != 0);
    let (from_memory, low_battery) = (status & 1 << 4 != 0, status & 1 != 0);
    let none = |missing| missing || no_measurement;
    let said =
        oximetry(true, unless(none(saturation == NO_SATURATION), saturation), unless(none(pulse == NO_PULSE), pulse))
            .at(decimal_time(time))
            .flag(Flag::FullyQualified, smart_point)
            .flag(Flag::MeasurementUnavailable, no_measurement)
            .flag(Flag::FromStorage, from_memory)
            .flag(Flag::BatteryLow, low_battery)
            .detail("smart_point", smart_point)
            .detail("from_memory", from_memory)
            .detail("low_battery", low_battery);
    Ok(checked(said, right))
}

/// Century, year, month, day, hour, minute, second, hundredths, each as two decimal digits in a byte.
fn decimal_time(bytes: [u8; 8]) -> Option<NaiveDateTime> {
    let digits =
        |byte: u8| (byte >> 4 < 10 && byte & 0xF < 10).then(|| u32::from(byte >> 4) * 10 + u32::from(byte & 0xF));
    let [century, year, month, day, hour, minute, second, _] = bytes.map(digits);
    let year = i32::try_from(century? * 100 + year?).ok()?;
    NaiveDate::from_ymd_opt(year, month?, day?)?.and_hms_opt(hour?, minute?, second?)
}

/// A reply of the command protocol: one byte, or STX, operation, length, data, ETX.
fn packet(bytes: &[u8], _: &Secrets<'_>) -> Result<Said, DecodeError> {
    let mismatch = |problem| Err(DecodeError::Mismatch { of: PACKET.name, problem });
    let word = Said::new(Standing::Word);
    match bytes {
        [0x06] => return Ok(word.detail("reply", "ACK")),
        [0x15] => return Ok(word.detail("reply", "NAK")),
        _ => {}
    }
    let mut reader = Reader::new(PACKET.name, bytes);
    let [start, operation, length] = reader.array("header")?;
    let mut data = reader.rest("data");
    if start != STX || data.pop() != Some(ETX) {
        return mismatch("it does not begin with 02 and end with 03");
    }
    if data.len() != usize::from(length) {
        return mismatch("it is not as long as it says");
    }
    match (operation, data.as_slice()) {
        (0xF4, [2, serial @ .., checksum]) if serial.len() == 9 => {
            let right = sum(&[&[2], serial].concat()) == *checksum;
            Ok(checked(word.detail("serial_number", String::from_utf8_lossy(serial).into_owned()), right))
        }
        (0xF2, &[year, month, day, hour, minute, second]) => {
            Ok(word.at(since_2000([year, month, day, hour, minute, second])))
        }
        _ => mismatch("a reply that is not known here"),
    }
}
