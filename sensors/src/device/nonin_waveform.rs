//! Nonin's data formats 2 and 7: 75 frames of five bytes a second with the pulse wave; 25 of them make a packet, in
//! which each carries one byte of the numbers.
//!
//! By "9560 Bluetooth Specification" of the maker (mattjlewis/NoninPulseOx@6153426), with the packets of
//! pez-globo/pufferfish-software@f1e5e47 (TestPacketReceiver.cpp) for the OEM III, which gives bit 6 of the status a
//! meaning (sensor disconnected) where the 9560 has it reserved. The numbers that are meant for display are taken.
//!
//! Not known: bytes of a real device.

use dagsform_care::{Flag, Metric, Quantity, Unit};

use super::{
    Layout, Said, Secrets,
    checksum::{checked, sum},
    nonin::{NO_PULSE, NO_SATURATION},
    nonin_serial::pulse,
    oximetry::{oximetry, unless},
};
use crate::codec::{DecodeError, reader::Reader};

/// With the wave in eight bits.
pub(super) static DF2: Layout = Layout {
    name: "nonin-df2",
    aliases: &[],
    repeats: false,
    read: |bytes, _: &Secrets<'_>| {
        read(DF2.name, bytes, |[start, status, _, number, _]| (start == 1).then_some((status, number)))
    },
};
/// With the wave in sixteen bits.
pub(super) static DF7: Layout = Layout {
    name: "nonin-df7",
    aliases: &[],
    repeats: false,
    read: |bytes, _: &Secrets<'_>| read(DF7.name, bytes, |[status, _, _, number, _]| Some((status, number))),
};

/// Reads a packet of 25 frames. `cut` gives the status and the number of a frame, `None` if it is none.
fn read(of: &'static str, bytes: &[u8], cut: fn([u8; 5]) -> Option<(u8, u8)>) -> Result<Said, DecodeError> {
    let mismatch = |problem| DecodeError::Mismatch { of, problem };
    let mut reader = Reader::new(of, bytes);
    let mut numbers = [0; 25];
    let (mut statuses, mut right) = (0, true);
    for (index, number) in numbers.iter_mut().enumerate() {
        let frame @ [a, b, c, d, checksum] = reader.array("frame")?;
        let (status, value) =
            cut(frame).filter(|(status, _)| *status >= 0x80).ok_or(mismatch("no frame begins here"))?;
        // Bit 0 is set in the first frame of a packet and in no other.
        if (status & 1 == 1) != (index == 0) {
            return Err(mismatch("the packet does not begin with its first frame"));
        }
        right &= sum(&[a, b, c, d]) == checksum;
        statuses |= status;
        *number = value;
    }
    reader.finish()?;
    let mut numbers = Reader::new(of, &numbers);
    let _for_recording = numbers.array::<3>("pulse_and_spo2")?;
    let [revision, _, timer_high, timer_low, status2] = numbers.array("status")?;
    let [saturation, fast, beat, _, _] = numbers.array("spo2")?;
    let [_, _, _, slow, _, _] = numbers.array("extended")?;
    let [pulse_high, pulse_low, slow_high, slow_low] = numbers.array("pulse_rate")?;

    let rate = |high, low| {
        let rate = pulse(high, low);
        Quantity { value: unless(rate == NO_PULSE, rate), unit: Unit::PerMinute }
    };
    let percent = |byte: u8| Quantity { value: unless(byte & 0x7F == NO_SATURATION, byte & 0x7F), unit: Unit::Percent };
    let (artifact, out_of_track, sensor_alarm) =
        (statuses & 1 << 5 != 0, statuses & 1 << 4 != 0, statuses & 1 << 3 != 0);
    let (disconnected, weak) = (statuses & 1 << 6 != 0, statuses & 1 << 2 != 0);
    let (smart_point, low_battery) = (status2 & 1 << 5 != 0, status2 & 1 != 0);
    let said = oximetry(!sensor_alarm, percent(saturation).value, rate(pulse_high, pulse_low).value)
        .quantity(Metric::OxygenSaturationFast, percent(fast))
        .quantity(Metric::OxygenSaturationSlow, percent(slow))
        .quantity(Metric::PulseRateSlow, rate(slow_high, slow_low))
        .flag(Flag::ErraticSignal, artifact)
        .flag(Flag::SignalProcessingIrregularity, out_of_track)
        .flag(Flag::SensorUnconnectedToUser, sensor_alarm)
        .flag(Flag::PoorSignal, weak)
        .flag(Flag::FullyQualified, smart_point)
        .flag(Flag::BatteryLow, low_battery)
        .detail("artifact", artifact)
        .detail("out_of_track", out_of_track)
        .detail("sensor_alarm", sensor_alarm)
        .detail("sensor_disconnected_oem3", disconnected)
        .detail("low_or_marginal_perfusion", weak)
        .detail("smart_point", smart_point)
        .detail("low_battery", low_battery)
        .detail("firmware_revision", revision)
        .detail("timer_thirds_s", fourteen_bits(timer_high, timer_low))
        .detail("beat_to_beat_percent", beat & 0x7F);
    Ok(checked(said, right))
}

/// Fourteen bits, seven in each byte.
fn fourteen_bits(high: u8, low: u8) -> u16 {
    u16::from(high & 0x7F) << 7 | u16::from(low & 0x7F)
}
