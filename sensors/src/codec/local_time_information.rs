//! Local Time Information (0x2A0F): how a device's clock stands to UTC (Current Time Service 1.1, 3.2; GATT
//! Specification Supplement, Local Time Information, Time Zone and DST Offset).

use serde::Serialize;

use super::{
    code::code,
    reader::{DecodeError, Reader},
};

/// How the clock stands to UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct LocalTimeInformation {
    /// Time Zone, without summer time.
    pub time_zone: TimeZone,
    /// DST Offset: what summer time adds.
    pub dst_offset: DstOffset,
}

/// Time Zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TimeZone {
    /// Minutes before UTC (negative) or after it, in steps of 15: -720 to 840.
    Minutes(i16),
    /// -128: not known.
    Unknown,
    /// Any other number.
    Reserved(i8),
}

code! {
    /// DST Offset.
    DstOffset {
        0 /// 0: none.
        StandardTime,
        2 /// 2: half an hour.
        HalfHourDaylightTime,
        4 /// 4: one hour.
        DaylightTime,
        8 /// 8: two hours.
        DoubleDaylightTime,
        255 /// 255: not known.
        Unknown,
    }
}

impl LocalTimeInformation {
    /// Its assigned number.
    pub const CHARACTERISTIC: u16 = 0x2A0F;

    /// Decodes the characteristic.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("Local Time Information", bytes);
        let decoded = Self { time_zone: TimeZone::read(&mut reader)?, dst_offset: DstOffset::read(&mut reader)? };
        reader.finish()?;
        Ok(decoded)
    }
}

impl TimeZone {
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(match reader.u8("time_zone")?.cast_signed() {
            i8::MIN => Self::Unknown,
            quarters @ -48..=56 => Self::Minutes(i16::from(quarters) * 15),
            other => Self::Reserved(other),
        })
    }
}

impl DstOffset {
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        reader.u8("dst_offset").map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_zone_counts_quarters_of_an_hour_within_those_of_the_earth() {
        for (byte, zone) in [
            (4, TimeZone::Minutes(60)),
            (0xD0, TimeZone::Minutes(-720)),
            (56, TimeZone::Minutes(840)),
            (0xCF, TimeZone::Reserved(-49)),
            (57, TimeZone::Reserved(57)),
            (0x80, TimeZone::Unknown),
        ] {
            assert_eq!(LocalTimeInformation::decode(&[byte, 0]).map(|i| i.time_zone), Ok(zone));
        }
    }
}
