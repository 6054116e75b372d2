//! What the bytes of a maker's own layout say.

use std::{collections::BTreeSet, fmt};

use dagsform_care::{
    Decimal, DeviceId, DeviceTime, Flag, Kind, Meal, Measured, Metric, Observed, Quantity, Unit, User, Value,
};
use serde::{Serialize, Serializer, ser::SerializeMap};

use super::Key;
use crate::codec::{DecodeError, json::Written};

/// How the bytes of one measurement lie, as a maker has chosen.
pub struct Layout {
    /// Its name on the command line, in JSON and in the record: never changed once a record may hold it.
    pub name: &'static str,
    /// Other names under which `decode` finds it.
    pub aliases: &'static [&'static str],
    /// Whether it comes in advertisements, which repeat: the same bytes within minutes are the same measurement.
    pub repeats: bool,
    /// Reads the bytes. Says what they say; refuses only what they cannot be.
    pub read: fn(&[u8], &Secrets<'_>) -> Result<Said, DecodeError>,
}

impl fmt::Debug for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl PartialEq for Layout {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Layout {}

impl std::hash::Hash for Layout {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

/// What is needed beside the bytes to read encrypted ones.
#[derive(Clone, Copy, Debug, Default)]
pub struct Secrets<'a> {
    /// The device's key.
    pub key: Option<&'a Key>,
    /// The device's address; part of the nonce.
    pub address: Option<&'a DeviceId>,
}

/// What one frame of a layout says: its numbers in our words, and all else it says in the maker's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// What it is.
    pub standing: Standing,
    /// The numbers.
    pub values: Vec<Measured>,
    /// What it says about the measurement and about the device, in our words.
    pub flags: BTreeSet<Flag>,
    /// Its time, by the device's clock.
    pub time: DeviceTime,
    /// The device's own number of the record.
    pub sequence: Option<u32>,
    /// Which of its users has measured.
    pub user: User,
    /// How it stands to a meal.
    pub meal: Option<Meal>,
    /// All else, by name in snake case with the unit at its end (`impedance_ohm`).
    pub details: Vec<(&'static str, Detail)>,
    /// What makes it the same measurement as another frame; `None`: all its bytes.
    pub same: Option<Vec<u8>>,
}

/// Whether a frame is a reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// A reading of this kind.
    Reading(Kind),
    /// The measurement is still going on; the numbers are not final.
    Interim(Kind),
    /// A device's word that is no measurement: a state, an acknowledgement.
    Word,
    /// It looks like a measurement and must not be taken as one, for this reason (a wrong checksum, a placeholder).
    /// It is kept with the reason.
    Refused(&'static str),
}

/// A word of a device's that `dagsform-care` has no name for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Detail {
    /// Yes or no.
    Bit(bool),
    /// A whole number.
    Whole(i64),
    /// A number with its precision.
    #[serde(serialize_with = "number")]
    Number(Decimal),
    /// A text or a code.
    Text(String),
    /// Bytes in hexadecimal.
    #[serde(serialize_with = "hexadecimal")]
    Bytes(Vec<u8>),
}

impl Said {
    /// A frame that says nothing yet.
    pub fn new(standing: Standing) -> Self {
        Self {
            standing,
            values: Vec::new(),
            flags: BTreeSet::new(),
            time: DeviceTime::Absent,
            sequence: None,
            user: User::Unsaid,
            meal: None,
            details: Vec::new(),
            same: None,
        }
    }

    /// With a number: `mantissa` × 10^`exponent` of the unit.
    #[must_use]
    pub fn value(self, metric: Metric, mantissa: impl Into<i64>, exponent: i16, unit: Unit) -> Self {
        self.quantity(metric, Quantity { value: Value::Number(Decimal::new(mantissa.into(), exponent)), unit })
    }

    /// With a quantity.
    #[must_use]
    pub fn quantity(mut self, metric: Metric, quantity: Quantity) -> Self {
        self.values.push(Measured { metric, quantity });
        self
    }

    /// With a flag, where it is set.
    #[must_use]
    pub fn flag(mut self, flag: Flag, set: bool) -> Self {
        if set {
            self.flags.insert(flag);
        }
        self
    }

    /// With the device's time; fields that make no time are [`DeviceTime::Unknown`].
    #[must_use]
    pub fn at(mut self, time: Option<chrono::NaiveDateTime>) -> Self {
        self.time = time.map_or(DeviceTime::Unknown, DeviceTime::Local);
        self
    }

    /// With one of the device's users.
    #[must_use]
    pub fn by(mut self, user: User) -> Self {
        self.user = user;
        self
    }

    /// With a detail.
    #[must_use]
    pub fn detail(mut self, name: &'static str, detail: impl Into<Detail>) -> Self {
        self.details.push((name, detail.into()));
        self
    }

    /// With a detail that is a decimal number.
    #[must_use]
    pub fn number(self, name: &'static str, mantissa: impl Into<i64>, exponent: i16) -> Self {
        self.detail(name, Detail::Number(Decimal::new(mantissa.into(), exponent)))
    }

    /// With what makes it the same measurement as another frame: a scale may send one weighing twice, the second
    /// time with an impedance.
    #[must_use]
    pub fn same_as(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.same = Some(bytes.into());
        self
    }

    /// As a reading, in the words of `dagsform-care`; `None` if it is none. `frame` is what this was read from.
    pub(crate) fn observed(self, frame: &[u8]) -> Option<Observed> {
        let (Standing::Reading(kind) | Standing::Interim(kind)) = self.standing else { return None };
        let interim = matches!(self.standing, Standing::Interim(_));
        let said = self.flag(Flag::MeasurementOngoing, interim);
        Some(Observed {
            kind,
            values: said.values,
            flags: said.flags,
            time: said.time,
            sequence: said.sequence,
            user: said.user,
            meal: said.meal,
            canonical: said.same.unwrap_or_else(|| frame.to_vec()),
        })
    }
}

impl Serialize for Said {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        let (standing, kind) = match self.standing {
            Standing::Reading(kind) => ("reading", Some(kind)),
            Standing::Interim(kind) => ("interim", Some(kind)),
            Standing::Word => ("word", None),
            Standing::Refused(_) => ("refused", None),
        };
        map.serialize_entry("standing", standing)?;
        if let Standing::Refused(reason) = self.standing {
            map.serialize_entry("reason", reason)?;
        }
        if let Some(kind) = kind {
            map.serialize_entry("kind", kind.name())?;
        }
        for Measured { metric, quantity } in &self.values {
            map.serialize_entry(metric.name(), &Written::new(quantity.value, Some(quantity.unit.ucum())))?;
        }
        match self.time {
            DeviceTime::Absent => {}
            DeviceTime::Unknown => map.serialize_entry("time", "unknown")?,
            DeviceTime::Local(time) => map.serialize_entry("time", &time)?,
        }
        match self.user {
            User::Unsaid => {}
            User::Unknown => map.serialize_entry("user", "unknown")?,
            User::Index(index) => map.serialize_entry("user", &index)?,
        }
        if let Some(sequence) = self.sequence {
            map.serialize_entry("sequence_number", &sequence)?;
        }
        if !self.flags.is_empty() {
            map.serialize_entry("flags", &self.flags)?;
        }
        for (name, detail) in &self.details {
            map.serialize_entry(name, detail)?;
        }
        map.end()
    }
}

impl From<bool> for Detail {
    fn from(bit: bool) -> Self {
        Self::Bit(bit)
    }
}

impl From<&str> for Detail {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Detail {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Vec<u8>> for Detail {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes)
    }
}

macro_rules! whole {
    ($($number:ty),+) => { $(impl From<$number> for Detail {
        fn from(number: $number) -> Self {
            Self::Whole(i64::from(number))
        }
    })+ };
}
whole!(u8, u16, u32, i8, i16, i32, i64);

fn number<S: Serializer>(number: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
    Written::new(Value::Number(*number), None).serialize(serializer)
}

fn hexadecimal<S: Serializer>(bytes: &Vec<u8>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&hex::encode(bytes))
}
