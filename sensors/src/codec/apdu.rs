//! A measurement report of an IEEE 11073-20601 agent: what the health devices before Bluetooth low energy send, and
//! some programs still keep (IEEE 11073-20601, Annex A: DataApdu, EventReportArgumentSimple, ScanReportInfoFixed and
//! its kin).
//!
//! Decoded are the event reports that bring measurements with their handles: fixed and variable format, for one
//! person and for several, from the device itself and from its scanners. The grouped format and all other messages
//! (association, configuration) are refused by their number. Numbers here have the most significant byte first.
//!
//! A report tells its objects by handle. What a handle means was agreed before, by a configuration that is not part
//! of the report: see [`configuration`].

pub mod configuration;
#[cfg(test)]
mod tests;

use std::iter;

use dagsform_care::Value;
use serde::Serialize;

use super::{
    date_time::DateTime,
    json,
    reader::{DecodeError, Reader},
    sfloat,
};
use configuration::Named;

/// A measurement report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Apdu {
    /// Invoke-id: the answer to a report that must be confirmed bears the same.
    pub invoke_id: u16,
    /// Whether the device waits for a confirmation.
    pub confirmed: bool,
    /// Event-type: the format of the report.
    pub event_type: u16,
    /// The observations, in their order.
    pub observations: Vec<Observation>,
    /// What they would be by each standard configuration that they fit.
    pub by_standard_configuration: Vec<Named>,
}

/// One observation of one object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Observation {
    /// Person-id, where the device knows several persons.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<u16>,
    /// Obj-handle.
    pub handle: u16,
    /// The numbers; several where they belong together.
    pub numbers: Vec<Number>,
    /// How they are laid out.
    pub shape: Shape,
    /// Unit-Code, where the report tells it; UCUM, or the number of one that has no name here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<Unit>,
    /// Absolute-Time-Stamp.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<AbsoluteTime>,
    /// What is none of these, as sent.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub other: Vec<Attribute>,
}

/// A number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Number(#[serde(serialize_with = "json::value")] pub Value);

/// How the numbers of an observation are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shape {
    /// No number.
    None,
    /// One SFLOAT: Basic-Nu-Observed-Value.
    Sfloat,
    /// One FLOAT: Simple-Nu-Observed-Value.
    Float,
    /// Several SFLOATs: Compound-Basic-Nu-Observed-Value.
    Sfloats,
}

/// A unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// Its UCUM code.
    Ucum(&'static str),
    /// Its number in the nomenclature (IEEE 11073-10101).
    Code(u16),
}

/// AbsoluteTime: the device's clock, in binary coded decimals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct AbsoluteTime {
    /// To the second.
    #[serde(flatten)]
    pub date_time: DateTime,
    /// Hundredths of a second.
    pub hundredths: u8,
}

/// An attribute that is not decoded here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Attribute {
    /// Attribute-id; `None` in the fixed format, which tells none.
    pub id: Option<u16>,
    /// Its value.
    pub value: Vec<u8>,
}

/// How a report lists its observations.
#[derive(Clone, Copy)]
struct Format {
    several_persons: bool,
    fixed: bool,
}

impl Apdu {
    /// Decodes a whole APDU, or the data in one from its octet string on, as some programs keep it.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("IEEE 11073-20601 APDU", bytes);
        let mut data = match reader.peek() {
            [0xE7, 0x00, ..] => {
                reader.u16_be("apdu_choice")?;
                let mut apdu = sized(&mut reader, "apdu")?;
                let data = sized(&mut apdu, "data")?;
                apdu.finish()?;
                data
            }
            // Association and release; no octet string is that long.
            [0xE2..=0xE7, ..] => {
                let choice = reader.u16_be("apdu_choice")?;
                return Err(reader.not_decoded("apdu_choice", choice));
            }
            _ => sized(&mut reader, "data")?,
        };
        reader.finish()?;
        let invoke_id = data.u16_be("invoke_id")?;
        let confirmed = match data.u16_be("message")? {
            0x0100 => false,
            0x0101 => true,
            other => return Err(data.not_decoded("message", other)),
        };
        let mut event = sized(&mut data, "event")?;
        data.finish()?;
        event.u16_be("object_handle")?;
        event.u32_be("event_time")?;
        let event_type = event.u16_be("event_type")?;
        let format = Format::of(event_type).ok_or_else(|| event.not_decoded("event_type", event_type))?;
        let mut report = sized(&mut event, "event_info")?;
        event.finish()?;
        report.u16_be("data_request_id")?;
        report.u16_be("scan_report_number")?;
        let observations = format.read(&mut report)?;
        report.finish()?;
        let by_standard_configuration = configuration::fitting(&observations);
        Ok(Self { invoke_id, confirmed, event_type, observations, by_standard_configuration })
    }
}

impl Format {
    /// That of an event type (IEEE 11073-10101): the device's own reports, those of a scanner as it goes, those that
    /// a scanner collects.
    fn of(event_type: u16) -> Option<Self> {
        let (several_persons, fixed) = match event_type {
            0x0D1D | 0x0D23 | 0x0D29 => (false, true),
            0x0D1E | 0x0D22 | 0x0D28 => (false, false),
            0x0D1F | 0x0D26 | 0x0D2C => (true, true),
            0x0D20 | 0x0D25 | 0x0D2B => (true, false),
            _ => return None,
        };
        Some(Self { several_persons, fixed })
    }

    fn read(self, report: &mut Reader<'_>) -> Result<Vec<Observation>, DecodeError> {
        if !self.several_persons {
            return self.read_observations(report, None);
        }
        let persons = list(report, "persons", |r| {
            let person = r.u16_be("person_id")?;
            self.read_observations(r, Some(person))
        })?;
        Ok(persons.into_iter().flatten().collect())
    }

    fn read_observations(self, r: &mut Reader<'_>, person: Option<u16>) -> Result<Vec<Observation>, DecodeError> {
        list(r, "observations", |r| {
            let mut observation = Observation::new(r.u16_be("handle")?, person);
            if self.fixed {
                let length = r.u16_be("value_length")?;
                let mut value = r.part("value", length.into())?;
                observation.read_fixed(&mut value)?;
                value.finish()?;
            } else {
                list(r, "attributes", |r| {
                    let id = r.u16_be("attribute_id")?;
                    let mut value = sized(r, "attribute_value")?;
                    observation.read_attribute(id, &mut value)?;
                    value.finish()
                })?;
            }
            Ok(observation)
        })
    }
}

impl Observation {
    fn new(handle: u16, person: Option<u16>) -> Self {
        Self { person, handle, numbers: Vec::new(), shape: Shape::None, unit: None, time: None, other: Vec::new() }
    }

    /// Reads a value whose attributes are told by the configuration alone. One that is not a number, or numbers
    /// that belong together, with a time after it is kept as sent.
    fn read_fixed(&mut self, r: &mut Reader<'_>) -> Result<(), DecodeError> {
        const TIME: usize = 8;
        let shape = match (r.remaining().checked_sub(TIME), r.peek()) {
            (Some(2), _) => Shape::Sfloat,
            (Some(4), _) => Shape::Float,
            (Some(size), [0, count, 0, length, ..])
                if *count > 0 && size == usize::from(*length) + 4 && *length == count.saturating_mul(2) =>
            {
                Shape::Sfloats
            }
            _ => {
                self.other.push(Attribute { id: None, value: r.rest("value") });
                return Ok(());
            }
        };
        self.read_numbers(r, shape)?;
        self.time = Some(AbsoluteTime::read(r)?);
        Ok(())
    }

    fn read_attribute(&mut self, id: u16, r: &mut Reader<'_>) -> Result<(), DecodeError> {
        match id {
            0x0A4C => self.read_numbers(r, Shape::Sfloat)?,
            0x0A56 => self.read_numbers(r, Shape::Float)?,
            0x0A75 => self.read_numbers(r, Shape::Sfloats)?,
            0x0990 => self.time = Some(AbsoluteTime::read(r)?),
            0x0996 => self.unit = Some(Unit::of(r.u16_be("unit")?)),
            _ => self.other.push(Attribute { id: Some(id), value: r.rest("attribute_value") }),
        }
        Ok(())
    }

    fn read_numbers(&mut self, r: &mut Reader<'_>, shape: Shape) -> Result<(), DecodeError> {
        let short = |r: &mut Reader<'_>| r.u16_be("number").map(sfloat::sfloat).map(Number);
        self.numbers = match shape {
            Shape::None => Vec::new(),
            Shape::Sfloat => vec![short(r)?],
            Shape::Float => vec![r.u32_be("number").map(sfloat::float).map(Number)?],
            Shape::Sfloats => list(r, "numbers", short)?,
        };
        self.shape = shape;
        Ok(())
    }
}

impl Unit {
    /// The units that the kit's devices use (IEEE 11073-10101, MDC_DIM).
    fn of(code: u16) -> Self {
        Self::Ucum(match code {
            0x0220 => "%",
            0x0511 => "cm",
            0x0560 => "[in_i]",
            0x06C3 => "kg",
            0x06E0 => "[lb_av]",
            0x07A0 => "kg/m2",
            0x0852 => "mg/dL",
            0x0AA0 => "/min",
            0x0F03 => "kPa",
            0x0F20 => "mm[Hg]",
            0x1140 => "[degF]",
            0x1272 => "mmol/L",
            0x17A0 => "Cel",
            other => return Self::Code(other),
        })
    }
}

impl AbsoluteTime {
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        // What is no decimal makes no time: the greatest byte stands for it.
        let decimal = |byte: u8| match (byte >> 4, byte & 0x0F) {
            (tens @ 0..=9, ones @ 0..=9) => tens * 10 + ones,
            _ => u8::MAX,
        };
        let [century, year, month, day, hours, minutes, seconds, hundredths] = r.array("time")?.map(decimal);
        let year = u16::from(century) * 100 + u16::from(year);
        Ok(Self { date_time: DateTime { year, month, day, hours, minutes, seconds }, hundredths })
    }
}

/// Takes a length of two bytes and that many bytes.
fn sized<'a>(r: &mut Reader<'a>, field: &'static str) -> Result<Reader<'a>, DecodeError> {
    let length = r.u16_be(field)?;
    r.part(field, length.into())
}

/// Takes a list: how many there are, how long they are together, and they.
fn list<'a, T>(
    r: &mut Reader<'a>,
    field: &'static str,
    mut item: impl FnMut(&mut Reader<'a>) -> Result<T, DecodeError>,
) -> Result<Vec<T>, DecodeError> {
    let count = r.u16_be(field)?;
    let mut items = sized(r, field)?;
    let all = iter::repeat_with(|| item(&mut items)).take(count.into()).collect::<Result<_, _>>()?;
    items.finish()?;
    Ok(all)
}
