//! Devices that depart from the standard: one file a maker, which says how a model is recognised, where its
//! readings come, in what layout, and what it wants to be told.
//!
//! A model is recognised by its services and characteristics together with what it says of itself (Device
//! Information Service), or by what it advertises; never by its name alone. A device that no [`Model`] claims is
//! taken to keep to the standard. How to add one: `ARCHITECTURE.md`, "Adding a device".

mod a_and_d;
mod ade;
mod beurer;
mod checksum;
mod contec;
mod contour;
mod date;
mod eufy;
mod fittrack;
mod huawei;
mod icomon;
mod keep;
mod koogeek;
mod layout;
mod masimo;
mod medisana;
mod microlife;
mod microlife_frame;
mod nonin;
mod nonin_serial;
mod nonin_waveform;
mod omron;
mod omron_record;
mod oximetry;
mod pieces;
mod qn;
mod renpho;
mod robi;
mod sanitas;
mod senssun;
mod soehnle;
mod terminal_io;
mod transtek;
mod viatom;
mod vitafit;
mod vitalograph;
mod xiaomi;
mod xiaomi_s400;
mod yonker;
mod yunmai;

use std::{fmt, time::Duration};

use chrono::{DateTime, FixedOffset};
use dagsform_care::{DeviceId, Kind};
use serde::{Deserialize, Serialize};

pub use self::{
    layout::{Detail, Layout, Said, Secrets, Standing},
    omron::{OmronMode, omron_mode},
};
use crate::{characteristic::Characteristic, codec::DecodeError};

/// Every maker; the first model that claims a device has it.
const MAKERS: &[Maker] = &[
    a_and_d::MAKER,
    ade::MAKER,
    beurer::MAKER,
    contec::MAKER,
    contour::MAKER,
    eufy::MAKER,
    fittrack::MAKER,
    huawei::MAKER,
    icomon::MAKER,
    keep::MAKER,
    koogeek::MAKER,
    masimo::MAKER,
    medisana::MAKER,
    microlife::MAKER,
    nonin::MAKER,
    omron::MAKER,
    qn::MAKER,
    renpho::MAKER,
    robi::MAKER,
    sanitas::MAKER,
    senssun::MAKER,
    soehnle::MAKER,
    viatom::MAKER,
    vitafit::MAKER,
    vitalograph::MAKER,
    xiaomi::MAKER,
    yonker::MAKER,
    yunmai::MAKER,
];

/// What is known of one maker's devices.
struct Maker {
    /// The models that are collected from.
    models: &'static [Model],
    /// Layouts that can be decoded, and that none of the models sends by itself: serial formats, memory dumps.
    loose: &'static [&'static Layout],
}

/// A model, or a family of models that behave alike.
pub struct Model {
    /// Maker and model as people know them, e.g. `Beurer BM 85`.
    pub name: &'static str,
    /// What it measures.
    pub kinds: &'static [Kind],
    /// What is known from bytes of the real device, and what is not; for the table in the README.
    pub known: &'static str,
    /// Whether a device that we are connected to is one.
    pub is: fn(&Seen<'_>) -> bool,
    /// Where its readings come, and in which layout. Empty for a model that only advertises, or that sends the
    /// standard's characteristics.
    pub channels: &'static [Channel],
    /// What it wants to be told before it sends anything, in order, once its channels are subscribed to. The time is
    /// the tablet's, local.
    pub opening: fn(DateTime<FixedOffset>) -> Vec<Write>,
    /// What it wants to be told after a frame; after one that is kept, only when it has been committed.
    pub acknowledgement: fn(&[u8]) -> Vec<Write>,
    /// What it must hear again and again while the link stands.
    pub keep_alive: Option<KeepAlive>,
    /// Its clock, where that lies elsewhere than in Current Time.
    pub clock: Option<Clock>,
    /// What an advertisement of it carries, if it is one of its.
    pub advertised: fn(&Advertisement, &Secrets<'_>) -> Option<Result<Frame, DecodeError>>,
    /// The layouts that it sends, for `decode`; those of its channels are among them.
    pub layouts: &'static [&'static Layout],
}

impl Model {
    /// What a model has that says nothing else: no channels, nothing to be told, no advertisements.
    pub const PLAIN: Self = Self {
        name: "",
        kinds: &[],
        known: "",
        is: |_| false,
        channels: &[],
        opening: |_| Vec::new(),
        acknowledgement: |_| Vec::new(),
        keep_alive: None,
        clock: None,
        advertised: |_, _| None,
        layouts: &[],
    };
}

impl fmt::Debug for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl PartialEq for Model {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Model {}

/// A characteristic on which readings come.
pub struct Channel {
    /// The characteristic; notified or indicated.
    pub characteristic: Characteristic,
    /// What its values are.
    pub layout: &'static Layout,
    /// How values make readings.
    pub way: Way,
}

/// How the values of a channel make readings.
#[derive(Clone, Copy, Debug)]
pub enum Way {
    /// Each value is a frame; the layout says which of them are readings.
    Readings,
    /// It streams while it measures; the last settled frame is the reading (`collector::settling`).
    Stream,
    /// A frame comes in pieces: how many of the bytes so far make the first frame, `None` while it is not whole.
    Pieces(fn(&[u8]) -> Option<usize>),
    /// It streams, and its frames come in pieces or several at once.
    StreamInPieces(fn(&[u8]) -> Option<usize>),
    /// A frame holds many records.
    Batch {
        /// As in [`Way::Pieces`].
        whole: fn(&[u8]) -> Option<usize>,
        /// Cuts a whole frame into what the layout reads one by one; none where the frame is not right.
        records: fn(&[u8]) -> Vec<Vec<u8>>,
    },
}

/// What a device must hear again and again, lest it stop sending.
#[derive(Clone, Copy, Debug)]
pub struct KeepAlive {
    /// How often.
    pub every: Duration,
    /// What.
    pub writes: fn() -> Vec<Write>,
}

/// A clock that lies elsewhere than in Current Time (0x2A2B).
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    /// Where it is set, and read if it can be: as the seven bytes of Date Time.
    pub characteristic: Characteristic,
    /// The bytes that set it to this time.
    pub now: fn(DateTime<FixedOffset>) -> Vec<u8>,
}

/// A write to a characteristic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Write {
    /// Where.
    pub characteristic: Characteristic,
    /// What.
    pub bytes: Vec<u8>,
}

/// What is known of a device that we are connected to.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// Its services.
    pub services: &'a [Characteristic],
    /// Its characteristics.
    pub characteristics: &'a [Characteristic],
    /// Manufacturer Name String (0x2A29), if it gives one.
    pub manufacturer: Option<&'a str>,
    /// Model Number String (0x2A24), if it gives one.
    pub model: Option<&'a str>,
    /// What it calls itself (Device Name); never enough by itself.
    pub name: Option<&'a str>,
}

impl Seen<'_> {
    /// Whether it has this characteristic.
    pub fn has(&self, characteristic: impl Into<Characteristic>) -> bool {
        self.characteristics.contains(&characteristic.into())
    }

    /// Whether it has this service.
    pub fn serves(&self, service: impl Into<Characteristic>) -> bool {
        self.services.contains(&service.into())
    }

    /// Whether its model number begins with one of these, in whatever case.
    pub fn is_model(&self, beginnings: &[&str]) -> bool {
        begins(self.model, beginnings)
    }

    /// Whether its name begins with one of these, in whatever case.
    pub fn is_called(&self, beginnings: &[&str]) -> bool {
        begins(self.name, beginnings)
    }
}

fn begins(text: Option<&str>, beginnings: &[&str]) -> bool {
    text.is_some_and(|text| {
        beginnings.iter().any(|b| text.trim().get(..b.len()).is_some_and(|start| start.eq_ignore_ascii_case(b)))
    })
}

/// What a device sends to everybody.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Advertisement {
    /// Local name.
    pub name: Option<String>,
    /// Service data, by service.
    pub service_data: Vec<(Characteristic, Vec<u8>)>,
    /// Manufacturer specific data, by company identifier.
    pub manufacturer_data: Vec<(u16, Vec<u8>)>,
}

impl Advertisement {
    /// The service data of a service, by its assigned number.
    pub fn of_service(&self, service: u16) -> Option<&[u8]> {
        self.service_data.iter().find(|(uuid, _)| *uuid == service).map(|(_, data)| data.as_slice())
    }
}

/// The bytes of one measurement, and how they are to be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// How.
    pub layout: &'static Layout,
    /// The bytes.
    pub bytes: Vec<u8>,
    /// It was encrypted with the device's key, so that nobody else can have sent it.
    pub authenticated: bool,
}

/// Every model that departs from the standard, by maker.
pub fn models() -> impl Iterator<Item = &'static Model> {
    MAKERS.iter().flat_map(|maker| maker.models)
}

/// The model that a connected device is, if it departs from the standard.
pub fn model_of(seen: &Seen<'_>) -> Option<&'static Model> {
    models().find(|model| (model.is)(seen))
}

/// Whether a device with these characteristics may be of a model that departs from the standard.
pub(crate) fn may_depart(characteristics: &[Characteristic]) -> bool {
    let has = |characteristic| characteristics.contains(&characteristic);
    models().any(|model| {
        model.channels.iter().any(|channel| has(channel.characteristic))
            || model.clock.is_some_and(|clock| has(clock.characteristic))
    })
}

/// What an advertisement says, if it is of a model that measures by advertising.
pub fn advertised(
    advertisement: &Advertisement,
    secrets: &Secrets<'_>,
) -> Option<(&'static Model, Result<Frame, DecodeError>)> {
    models().find_map(|model| (model.advertised)(advertisement, secrets).map(|frame| (model, frame)))
}

/// All layouts that are not a characteristic's own, each once.
pub fn layouts() -> impl Iterator<Item = &'static Layout> {
    MAKERS.iter().flat_map(|maker| maker.models.iter().flat_map(|model| model.layouts).chain(maker.loose)).copied()
}

/// The layout of this name.
pub fn layout(name: &str) -> Option<&'static Layout> {
    layouts().find(|layout| layout.name == name || layout.aliases.contains(&name))
}

/// The key of a device that encrypts what it advertises: 16 bytes, given by the maker's own program.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Key(pub [u8; 16]);

impl TryFrom<String> for Key {
    type Error = NotAKey;
    fn try_from(text: String) -> Result<Self, NotAKey> {
        text.parse()
    }
}

impl From<Key> for String {
    fn from(key: Key) -> Self {
        hex::encode(key.0)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}

/// A text that is no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a key is 32 hexadecimal digits")]
pub struct NotAKey;

impl std::str::FromStr for Key {
    type Err = NotAKey;
    fn from_str(text: &str) -> Result<Self, NotAKey> {
        let bytes = hex::decode(text.trim()).map_err(|_| NotAKey)?;
        bytes.try_into().map(Self).map_err(|_| NotAKey)
    }
}

/// The six bytes of an address, the first written first.
pub(crate) fn octets(device: &DeviceId) -> [u8; 6] {
    let mut octets = [0; 6];
    for (octet, pair) in octets.iter_mut().zip(device.as_str().split(':')) {
        *octet = u8::from_str_radix(pair, 16).unwrap_or_default();
    }
    octets
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::codec::{self, Selector};

    #[test]
    fn every_layout_is_found_by_each_of_its_names_and_no_name_is_given_twice() {
        let mut names = BTreeSet::new();
        for layout in layouts() {
            for name in layout.aliases.iter().chain([&layout.name]) {
                assert!(names.insert(*name), "{name} is given twice");
                assert_eq!(codec::by_name(name), Ok(Selector::Layout(layout)), "{name}");
            }
        }
    }

    #[test]
    fn what_comes_over_a_channel_is_among_the_layouts_of_its_model() {
        for model in models() {
            for channel in model.channels {
                assert!(model.layouts.contains(&channel.layout), "{}: {:?}", model.name, channel.layout);
            }
        }
    }
}
