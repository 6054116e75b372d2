//! Vitalograph.
//!
//! Lung Monitor: after each blow it sends one frame of digits between STX and ETX, with the exclusive or of all before
//! it as the last byte, and wants ACK or NAK. The older one (Bluetooth with a serial line) sends the volumes; the newer
//! one (Bluetooth Low Energy) also the peak flow. The newer is recognised by Telit's Terminal I/O service, which many
//! other things have too, together with its maker's name or what it calls itself (`LUNG…`); neither is enough alone.
//!
//! Known from a frame of the older device and its tests in silverbullet-dk/opentele-client-android@0302f85
//! (LungMonitorPacketCollectorTest, FevMeasurementPacket) and the program for the newer in
//! eViaHealthSystem/eviahealth-app@c217dd0 (LUNGcontrol.java, SigleTestData.java, DispositivosPaciente.java).
//!
//! Not known: bytes of the newer device, and whether it says anything in the Device Information Service; its memory
//! and clock (commands GV.. in its remote mode). Its program sends no ACK for a blow; the older one's does.

use chrono::{NaiveDate, NaiveDateTime};
use dagsform_care::{Flag, Kind, Metric, Unit};

use super::{
    Channel, Layout, Maker, Model, Said, Secrets, Standing, Way, Write,
    checksum::{checked, xor},
    pieces::up_to_next,
    terminal_io,
};
use crate::codec::{DecodeError, reader::Reader};

pub(super) const MAKER: Maker = Maker { models: &[LUNG_MONITOR], loose: &[] };

const LUNG_MONITOR: Model = Model {
    name: "Vitalograph Lung Monitor BLE",
    kinds: &[Kind::Spirometry],
    known: "a frame of the older device, and a program for this one",
    is: |seen| terminal_io::spoken(seen) && (seen.is_called(&["LUNG"]) || of_vitalograph(seen.manufacturer)),
    channels: &[
        terminal_io::CREDITS_CHANNEL,
        Channel { characteristic: terminal_io::FROM_DEVICE, layout: &BLOW, way: Way::Pieces(whole) },
    ],
    opening: |_| vec![terminal_io::grant(32)],
    acknowledgement: answer,
    layouts: &[&BLOW, &terminal_io::CREDITS],
    ..Model::PLAIN
};

static BLOW: Layout = Layout { name: NAME, aliases: &[], repeats: false, read };
const NAME: &str = "vitalograph-lung-monitor";
const STX: u8 = 0x02;
const ETX: u8 = 0x03;
const ACK: u8 = 0x06;
const NAK: u8 = 0x15;

fn of_vitalograph(manufacturer: Option<&str>) -> bool {
    manufacturer.is_some_and(|name| name.to_ascii_lowercase().starts_with("vitalograph"))
}

/// A frame ends one byte after its ETX.
fn whole(bytes: &[u8]) -> Option<usize> {
    if *bytes.first()? != STX {
        return Some(up_to_next(STX, bytes));
    }
    let length = bytes.iter().position(|byte| *byte == ETX)?.checked_add(2)?;
    (length <= bytes.len()).then_some(length)
}

/// What a frame is answered with, and as many credits again as it takes in values of 20 bytes.
fn answer(bytes: &[u8]) -> Vec<Write> {
    match bytes {
        [STX, .., ETX, _] => {
            vec![terminal_io::send(&[if is_right(bytes) { ACK } else { NAK }]), terminal_io::grant(4)]
        }
        _ => Vec::new(),
    }
}

fn is_right(frame: &[u8]) -> bool {
    frame.split_last().is_some_and(|(checksum, rest)| xor(rest) == *checksum)
}

fn read(bytes: &[u8], _: &Secrets<'_>) -> Result<Said, DecodeError> {
    let mismatch = |problem| DecodeError::Mismatch { of: NAME, problem };
    let [STX, text @ .., ETX, _] = bytes else {
        return Err(mismatch("it does not begin with STX and end with ETX and a checksum"));
    };
    let mut digits = Digits(Reader::new(NAME, text));
    let _ = digits.0.array::<3>("kind")?;
    let device: [u8; 10] = digits.0.array("device")?;
    // The newer one has 68 characters, the older one 56.
    let newer = text.len() == 68;
    let mut said = Said::new(Standing::Reading(Kind::Spirometry))
        .detail("device_id", String::from_utf8_lossy(&device).into_owned());
    if newer {
        said = said.value(Metric::PeakExpiratoryFlow, digits.next::<3>("pef")?, 0, Unit::LitrePerMinute);
        said = said.number("fev0_75_l", digits.next::<3>("fev0.75")?, -2);
    }
    said = said
        .value(Metric::ForcedExpiratoryVolume, digits.next::<3>("fev1")?, -2, Unit::Litre)
        .number("fev6_l", digits.next::<3>("fev6")?, -2)
        .number("fev1_fev6_ratio", digits.next::<3>("ratio")?, -2)
        .number("fef2575_l_per_s", digits.next::<3>("fef25-75")?, -2)
        .number("fev1_personal_best_l", digits.next::<3>("fev1_personal_best")?, -2);
    if newer {
        said = said.detail("pef_personal_best_l_per_min", digits.next::<3>("pef_personal_best")?);
    }
    said = said.detail("fev1_of_personal_best_percent", digits.next::<3>("fev1_percent")?);
    if newer {
        said = said.detail("pef_of_personal_best_percent", digits.next::<3>("pef_percent")?);
    }
    said = said
        .detail("green_zone_percent", digits.next::<3>("green_zone")?)
        .detail("yellow_zone_percent", digits.next::<3>("yellow_zone")?)
        .detail("orange_zone_percent", digits.next::<3>("orange_zone")?)
        .at(digits.time()?);
    let bad = match digits.next::<1>("bad_test")? {
        0 => false,
        1 => true,
        _ => return Err(mismatch("whether the test was good is neither 0 nor 1")),
    };
    let said = said
        .flag(Flag::QuestionableMeasurement, bad)
        .detail("good_test", !bad)
        .detail("software", digits.next::<3>("software")?)
        .detail("reply", if is_right(bytes) { "ACK" } else { "NAK" });
    digits.0.finish()?;
    Ok(checked(said, is_right(bytes)))
}

/// Numbers written in decimal digits, of a fixed length each.
struct Digits<'a>(Reader<'a>);

impl Digits<'_> {
    fn next<const N: usize>(&mut self, field: &'static str) -> Result<u32, DecodeError> {
        let digits: [u8; N] = self.0.array(field)?;
        digits.iter().try_fold(0, |number, digit| match digit {
            b'0'..=b'9' => Ok(number * 10 + u32::from(*digit & 0xF)),
            _ => Err(DecodeError::Mismatch { of: NAME, problem: "a number is not written in digits" }),
        })
    }

    /// Year from 2000, month, day, hour, minute, second.
    fn time(&mut self) -> Result<Option<NaiveDateTime>, DecodeError> {
        let mut two = || self.next::<2>("time");
        let (year, month, day, hour, minute, second) = (two()?, two()?, two()?, two()?, two()?, two()?);
        let year = i32::try_from(year).ok().map(|year| 2000 + year);
        let date = year.and_then(|year| NaiveDate::from_ymd_opt(year, month, day));
        Ok(date.and_then(|date| date.and_hms_opt(hour, minute, second)))
    }
}
