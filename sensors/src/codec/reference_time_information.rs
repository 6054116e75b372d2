//! Reference Time Information (0x2A14): where a device's clock has its time from, and how good that is (Current
//! Time Service 1.1, 3.3; GATT Specification Supplement, Reference Time Information).

use dagsform_care::{Decimal, Value};
use serde::Serialize;

use super::{
    amount::Amount,
    code::code,
    reader::{DecodeError, Reader},
};

/// Where the clock has its time from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct ReferenceTimeInformation {
    /// Time Source.
    pub time_source: TimeSource,
    /// Time Accuracy: how far the clock may be off.
    pub time_accuracy: TimeAccuracy,
    /// Days Since Update.
    pub days_since_update: SinceUpdate,
    /// Hours Since Update, beyond the days.
    pub hours_since_update: SinceUpdate,
}

code! {
    /// Time Source.
    TimeSource {
        0 /// 0.
        Unknown,
        1 /// 1.
        NetworkTimeProtocol,
        2 /// 2.
        Gps,
        3 /// 3.
        RadioTimeSignal,
        4 /// 4.
        Manual,
        5 /// 5.
        AtomicClock,
        6 /// 6.
        CellularNetwork,
        7 /// 7.
        NotSynchronized,
    }
}

/// Time Accuracy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TimeAccuracy {
    /// 0 to 253: seconds, in steps of 1/8.
    Within(Amount),
    /// 254: worse than these.
    Worse,
    /// 255: not known.
    Unknown,
}

/// Days or hours since the clock was last set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SinceUpdate {
    /// That many.
    Exactly(u8),
    /// 255: 255 days or more, or not known.
    Longer,
    /// Hours that no day has.
    Reserved(u8),
}

impl ReferenceTimeInformation {
    /// Its assigned number.
    pub const CHARACTERISTIC: u16 = 0x2A14;

    /// Decodes the characteristic.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("Reference Time Information", bytes);
        let decoded = Self {
            time_source: reader.u8("time_source")?.into(),
            time_accuracy: reader.u8("time_accuracy")?.into(),
            days_since_update: SinceUpdate::new(reader.u8("days_since_update")?, 254),
            hours_since_update: SinceUpdate::new(reader.u8("hours_since_update")?, 23),
        };
        reader.finish()?;
        Ok(decoded)
    }
}

impl From<u8> for TimeAccuracy {
    fn from(byte: u8) -> Self {
        match byte {
            255 => Self::Unknown,
            254 => Self::Worse,
            eighths => {
                Self::Within(Amount { value: Value::Number(Decimal::new(i64::from(eighths) * 125, -3)), unit: "s" })
            }
        }
    }
}

impl SinceUpdate {
    fn new(byte: u8, greatest: u8) -> Self {
        match byte {
            255 => Self::Longer,
            other if other > greatest => Self::Reserved(other),
            exactly => Self::Exactly(exactly),
        }
    }
}
