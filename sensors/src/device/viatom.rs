//! Viatom, Wellue and Creative Medical.
//!
//! PC-60FW (also sold as KS-60FW, OxySmart), a finger oximeter: it notifies frames (AA 55, token, length, type, CRC-8)
//! as soon as one listens, its numbers once a second. Recognised by Nordic's UART service, which many other things have
//! too, together with its model number or name; neither is enough alone.
//!
//! Known from sza2/viatom_pc60fw@d1abe96 (README), the maker's own library in programs that include it (GitHub file
//! 41841200899, PC60FwBleResponse.kt; names: 22110364955), and frames of the device in GitHub files 15950429373,
//! 10997742465, 39752770301, 60846461288 and, of a PC-60NW over a serial line, in a post to alt.os.linux (2017-12-10).
//!
//! Not known: what the device sends while no finger is in (its library only names the bit); its memory, if it has one.
//! The rings and wrist models of the same maker (O2Ring, Checkme O2) must be asked for each number and are no case for
//! this file.

use dagsform_care::{Flag, Kind, Metric, Unit};

use super::{
    Channel, Layout, Maker, Model, Said, Secrets, Standing, Way,
    checksum::{checked, crc8_maxim},
    oximetry::{oximetry, unless},
    pieces::up_to_next,
};
use crate::{
    characteristic::Characteristic,
    codec::{DecodeError, reader::Reader},
};

pub(super) const MAKER: Maker = Maker { models: &[PC_60FW], loose: &[] };

/// Nordic UART Service.
const SERVICE: Characteristic = Characteristic::own(0x6E400001_B5A3_F393_E0A9_E50E24DCCA9E);
const FRAMES: Characteristic = Characteristic::own(0x6E400003_B5A3_F393_E0A9_E50E24DCCA9E);

const PC_60FW: Model = Model {
    name: "Viatom PC-60FW",
    kinds: &[Kind::PulseOximetry],
    known: "bytes of the device",
    is: |seen| {
        let names = ["PC-60F", "KS-60F", "OxySmart"];
        seen.serves(SERVICE) && seen.has(FRAMES) && (seen.is_model(&names) || seen.is_called(&names))
    },
    channels: &[Channel { characteristic: FRAMES, layout: &FRAME, way: Way::StreamInPieces(whole) }],
    layouts: &[&FRAME],
    ..Model::PLAIN
};

const NAME: &str = "viatom-pc-60fw";
static FRAME: Layout = Layout { name: NAME, aliases: &["pc-60fw"], repeats: false, read };
const START: u8 = 0xAA;

/// The fourth byte says how many come after it. The mark alone may also stand within a wave.
fn whole(bytes: &[u8]) -> Option<usize> {
    let length = match bytes {
        [] | [START] | [START, 0x55] | [START, 0x55, 0x0F | 0xF0] => return None,
        [START, 0x55, 0x0F | 0xF0, length, ..] => usize::from(*length).saturating_add(4),
        _ => up_to_next(START, bytes),
    };
    (length <= bytes.len()).then_some(length)
}

fn read(bytes: &[u8], _: &Secrets<'_>) -> Result<Said, DecodeError> {
    let mismatch = |problem| DecodeError::Mismatch { of: NAME, problem };
    let mut reader = Reader::new(NAME, bytes);
    if reader.array("start")? != [START, 0x55] {
        return Err(mismatch("it does not begin with AA 55"));
    }
    let (token, length) = (reader.u8("token")?, reader.u8("length")?);
    if reader.remaining() != usize::from(length) {
        return Err(mismatch("it is not as long as it says"));
    }
    let said = match (token, reader.u8("type")?) {
        (0x0F, 0x01) => numbers(&mut reader)?,
        (0x0F, 0x21) => {
            let [mode, step, first, second] = reader.array("state")?;
            let said = Said::new(Standing::Word).detail("mode", mode).detail("step", step);
            said.detail("first", first).detail("second", second)
        }
        (0xF0, 0x03) => Said::new(Standing::Word).detail("battery_of_3", reader.u8("battery")?),
        (_, kind) => {
            // All but the checksum.
            let mut data = reader.rest("data");
            data.pop();
            let said = Said::new(Standing::Word).detail("token", token).detail("type", kind).detail("data", data);
            return Ok(checked(said, crc8_maxim(bytes) == 0));
        }
    };
    let _checksum = reader.u8("checksum")?;
    reader.finish()?;
    Ok(checked(said, crc8_maxim(bytes) == 0))
}

fn numbers(reader: &mut Reader<'_>) -> Result<Said, DecodeError> {
    let (saturation, pulse) = (reader.u8("spo2")?, reader.u16("pulse_rate")?);
    let (perfusion, status, battery) = (reader.u8("pi")?, reader.u8("status")?, reader.u8("battery")?);
    let (off, searching) = (status & 1 << 1 != 0, status & 1 << 2 != 0);
    Ok(oximetry(!off && !searching, unless(saturation == 0, saturation), unless(pulse == 0, pulse))
        .value(Metric::PulseAmplitudeIndex, perfusion, -1, Unit::Percent)
        .flag(Flag::SensorUnconnectedToUser, off)
        .flag(Flag::SignalAnalysisOngoing, searching)
        .flag(Flag::MeasurementUnavailable, saturation == 0 && pulse == 0)
        .detail("no_finger", off)
        .detail("searching", searching)
        .detail("battery_of_3", battery >> 6))
}
