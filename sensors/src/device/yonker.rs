//! Yonker.
//!
//! YK-IBPA1, a cuff, also sold as Yongrow YK-IBPA1, Yonker YK-BPW5 and Metiko MT-YK-BPA1. It notifies frames of fifteen
//! bytes on a characteristic of its own: 80 while it measures, with the pressure of the cuff; 81 for a result. Known
//! from derdilla/blood-pressure-monitor-fl@17aba3d0 (yonker_measurement_data.dart, issue 615; one frame) and from
//! EverCare's decoder and its test (a second frame, compared with the display). Other devices of the maker, oximeters
//! too, have the same service and a first byte of 81: it takes the model number or the name beside it to be this one.
//!
//! The date is doubtful. It is read here as the first source reads it: day, month, year. In both frames known the byte
//! that it takes for the day is 25, and its own frame was published on the very day that year, month, day would give
//! (24 November 2025). Therefore the time is always marked as that of a clock that has not been set.
//!
//! Not known: what the other bytes are, whether it can be asked for its memory, what it sends when measuring failed,
//! how its clock is set.

use dagsform_care::{Flag, Kind, Metric, Unit};

use super::{Channel, Layout, Maker, Model, Said, Secrets, Standing, Way, date::since_2000};
use crate::{
    characteristic::Characteristic,
    codec::{DecodeError, reader::Reader},
};

pub(super) const MAKER: Maker = Maker { models: &[YK_IBPA1], loose: &[] };

const SERVICE: Characteristic = Characteristic::own(0xcdeacd80_5235_4c07_8846_93a37ee6b86d);
const MEASUREMENT: Characteristic = Characteristic::own(0xcdeacd81_5235_4c07_8846_93a37ee6b86d);
const NAMES: &[&str] = &["YK-IBPA1", "YK-BPW5", "MT-YK-BPA1"];

const YK_IBPA1: Model = Model {
    name: "Yonker YK-IBPA1",
    kinds: &[Kind::BloodPressure],
    known: "bytes of the device; its date is doubtful",
    is: |seen| seen.serves(SERVICE) && seen.has(MEASUREMENT) && (seen.is_model(NAMES) || seen.is_called(NAMES)),
    channels: &[Channel { characteristic: MEASUREMENT, layout: &FRAME, way: Way::Readings }],
    layouts: &[&FRAME],
    ..Model::PLAIN
};

static FRAME: Layout = Layout { name: "yonker-yk-ibpa1", aliases: &[], repeats: false, read };

fn read(bytes: &[u8], _: &Secrets<'_>) -> Result<Said, DecodeError> {
    let mut r = Reader::new(FRAME.name, bytes);
    let kind = r.u8("kind")?;
    let [systolic, diastolic, pulse] = r.array("measurement")?;
    let _: [u8; 2] = r.array("unknown")?;
    let [day, month, year, hour, minute] = r.array("time")?;
    let _: [u8; 4] = r.array("unknown")?;
    r.finish()?;
    match kind {
        0x80 => Ok(Said::new(Standing::Interim(Kind::BloodPressure)).detail("cuff_pressure_mmhg", diastolic)),
        0x81 => Ok(Said::new(Standing::Reading(Kind::BloodPressure))
            .value(Metric::Systolic, systolic, 0, Unit::MillimetreOfMercury)
            .value(Metric::Diastolic, diastolic, 0, Unit::MillimetreOfMercury)
            .value(Metric::PulseRateByCuff, pulse, 0, Unit::PerMinute)
            .at(since_2000([year, month, day, hour, minute, 0]))
            .flag(Flag::DeviceClockNotSet, true)),
        _ => Err(DecodeError::Mismatch { of: FRAME.name, problem: "the first byte is neither 80 nor 81" }),
    }
}
