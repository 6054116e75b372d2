//! Date Time (0x2A08), alone or as a field (GATT Specification Supplement, Date Time).

use chrono::{NaiveDate, NaiveDateTime};
use dagsform_care::DeviceTime;
use serde::{Serialize, Serializer, ser::SerializeStruct};

use super::reader::{DecodeError, Reader};

/// A local date and time as a device keeps it, its fields exactly as sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DateTime {
    /// 1582 to 9999 of the Gregorian calendar; 0 is unknown.
    pub year: u16,
    /// 1 to 12; 0 is unknown.
    pub month: u8,
    /// 1 to 31; 0 is unknown.
    pub day: u8,
    /// 0 to 23.
    pub hours: u8,
    /// 0 to 59.
    pub minutes: u8,
    /// 0 to 59.
    pub seconds: u8,
}

/// Whether the fields make a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Validity {
    /// They do.
    Known,
    /// Year, month or day is 0: the device does not know the date.
    Unknown,
    /// They make no time (31 February, month 13, hour 24). Not an error: the measurement that bears
    /// it must not be lost for it; its time counts as unknown.
    Impossible,
}

impl DateTime {
    /// Its assigned number.
    pub const CHARACTERISTIC: u16 = 0x2A08;

    /// Decodes the characteristic.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("Date Time", bytes);
        let decoded = Self {
            year: reader.u16("year")?,
            month: reader.u8("month")?,
            day: reader.u8("day")?,
            hours: reader.u8("hours")?,
            minutes: reader.u8("minutes")?,
            seconds: reader.u8("seconds")?,
        };
        reader.finish()?;
        Ok(decoded)
    }

    /// Takes the seven bytes as one field of another characteristic.
    pub fn read(reader: &mut Reader<'_>, field: &'static str) -> Result<Self, DecodeError> {
        let [low, high, month, day, hours, minutes, seconds] = reader.array(field)?;
        let year = u16::from_le_bytes([low, high]);
        Ok(Self { year, month, day, hours, minutes, seconds })
    }

    /// The time that the fields make.
    pub fn time(self) -> Option<NaiveDateTime> {
        if !(1582..=9999).contains(&self.year) {
            return None;
        }
        NaiveDate::from_ymd_opt(self.year.into(), self.month.into(), self.day.into())?.and_hms_opt(
            self.hours.into(),
            self.minutes.into(),
            self.seconds.into(),
        )
    }

    /// Whether the fields make a time.
    pub fn validity(self) -> Validity {
        if self.year == 0 || self.month == 0 || self.day == 0 {
            Validity::Unknown
        } else if self.time().is_some() {
            Validity::Known
        } else {
            Validity::Impossible
        }
    }

    /// The same in the words of `dagsform-care`.
    pub fn device_time(self) -> DeviceTime {
        match self.validity() {
            Validity::Known => self.time().map_or(DeviceTime::Unknown, DeviceTime::Local),
            Validity::Unknown | Validity::Impossible => DeviceTime::Unknown,
        }
    }
}

impl Serialize for DateTime {
    /// The fields as sent, with `time` (or null) and `validity`.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut s = serializer.serialize_struct("DateTime", 8)?;
        s.serialize_field("year", &self.year)?;
        s.serialize_field("month", &self.month)?;
        s.serialize_field("day", &self.day)?;
        s.serialize_field("hours", &self.hours)?;
        s.serialize_field("minutes", &self.minutes)?;
        s.serialize_field("seconds", &self.seconds)?;
        s.serialize_field("time", &self.time())?;
        s.serialize_field("validity", &self.validity())?;
        s.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn validity(year: u16, month: u8, day: u8, hours: u8, minutes: u8, seconds: u8) -> Validity {
        let [low, high] = year.to_le_bytes();
        let bytes = [low, high, month, day, hours, minutes, seconds];
        let decoded = DateTime::decode(&bytes).unwrap();
        let local = matches!(decoded.device_time(), DeviceTime::Local(_));
        assert_eq!(local, decoded.validity() == Validity::Known);
        decoded.validity()
    }

    #[test]
    fn a_zero_in_the_date_means_unknown_and_a_zero_in_the_time_means_zero() {
        assert_eq!(validity(0, 11, 23, 8, 0, 0), Validity::Unknown);
        assert_eq!(validity(2026, 0, 23, 8, 0, 0), Validity::Unknown);
        assert_eq!(validity(2026, 11, 0, 8, 0, 0), Validity::Unknown);
        assert_eq!(validity(2026, 11, 23, 0, 0, 0), Validity::Known);
    }

    #[test]
    fn what_no_calendar_and_no_clock_has_is_impossible_and_no_error() {
        assert_eq!(validity(2026, 2, 29, 8, 0, 0), Validity::Impossible);
        assert_eq!(validity(2024, 2, 29, 8, 0, 0), Validity::Known);
        assert_eq!(validity(2026, 13, 1, 8, 0, 0), Validity::Impossible);
        assert_eq!(validity(2026, 11, 23, 24, 0, 0), Validity::Impossible);
        assert_eq!(validity(2026, 11, 23, 8, 60, 0), Validity::Impossible);
        assert_eq!(validity(2026, 11, 23, 8, 0, 60), Validity::Impossible);
        assert_eq!(validity(0xFFFF, 11, 23, 8, 0, 0), Validity::Impossible);
        assert_eq!(validity(1581, 11, 23, 8, 0, 0), Validity::Impossible);
    }
}
