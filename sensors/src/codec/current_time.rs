//! Current Time (0x2A2B): what a device's clock says, and how it came to say so (Current Time Service 1.1, 3.1;
//! GATT Specification Supplement, Current Time).

use bitflags::bitflags;
use serde::{Serialize, Serializer};

use super::{
    code::code,
    date_time::DateTime,
    json,
    reader::{DecodeError, Reader},
};

/// What the clock says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct CurrentTime {
    /// The date and time.
    pub date_time: DateTime,
    /// Day of Week, as sent; it may disagree with the date.
    pub day_of_week: DayOfWeek,
    /// Fractions256: 1/256 of a second, 0 to 255.
    pub fractions_256: u8,
    /// Adjust Reason: why the clock was last set.
    pub adjust_reason: AdjustReason,
}

code! {
    /// Day of Week.
    DayOfWeek {
        0 /// 0: not known.
        Unknown,
        1 /// 1.
        Monday,
        2 /// 2.
        Tuesday,
        3 /// 3.
        Wednesday,
        4 /// 4.
        Thursday,
        5 /// 5.
        Friday,
        6 /// 6.
        Saturday,
        7 /// 7.
        Sunday,
    }
}

bitflags! {
    /// Adjust Reason, 8 bits. Bits 4 to 7 are reserved.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct AdjustReason: u8 {
        /// By hand.
        const MANUAL_TIME_UPDATE = 1;
        /// By a better clock.
        const EXTERNAL_REFERENCE_TIME_UPDATE = 1 << 1;
        /// The time zone changed.
        const CHANGE_OF_TIME_ZONE = 1 << 2;
        /// Summer time began or ended.
        const CHANGE_OF_DST = 1 << 3;
    }
}

impl CurrentTime {
    /// Its assigned number.
    pub const CHARACTERISTIC: u16 = 0x2A2B;

    /// Decodes the characteristic.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("Current Time", bytes);
        let decoded = Self {
            date_time: DateTime::read(&mut reader, "date_time")?,
            day_of_week: reader.u8("day_of_week")?.into(),
            fractions_256: reader.u8("fractions_256")?,
            adjust_reason: AdjustReason::from_bits_retain(reader.u8("adjust_reason")?),
        };
        reader.finish()?;
        Ok(decoded)
    }

    /// The bytes to write to the characteristic.
    pub fn bytes(self) -> [u8; 10] {
        let DateTime { year, month, day, hours, minutes, seconds } = self.date_time;
        let [low, high] = year.to_le_bytes();
        let (weekday, reason) = (self.day_of_week.number(), self.adjust_reason.bits());
        [low, high, month, day, hours, minutes, seconds, weekday, self.fractions_256, reason]
    }
}

impl Serialize for AdjustReason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        json::flags(self, serializer)
    }
}
