//! Xiaomi Body Composition Scale S400: encrypted MiBeacon frames (version 5) in the service data of 0xFE95.
//!
//! A frame is: frame control, product (0x3BD5), a counter, the scale's address where frame control says so, the
//! encrypted object, three more bytes of the counter, and four of the check value (AES-128-CCM with the scale's key;
//! the nonce is the address reversed, product and counter, and the rest of the counter; the associated data is 0x11).
//! The object 0x6E16 has a profile, one word of weight, heart rate and impedance, and the seconds since 1970. Of one
//! weighing come: the weight alone, the weight with heart rate and impedance at the higher frequency, and weight 0 with
//! the impedance at the lower one. `xiaomi-s400` reads the frame as heard; what is handed on and kept is
//! `xiaomi-s400-plain`: profile, weight and time, decrypted, which is the same for the first two.
//!
//! Known: openScale@f7a733b2 S400Decryptor.kt and its test (two scales, with keys), ble_monitor@5690220 xiaomi.py. The
//! seconds are UTC by their dates, so no local time is said. Not known: what the scale sends of its memory.

use aes::Aes128;
use ccm::{
    Ccm, KeyInit,
    aead::{Aead, Payload},
    consts::{U4, U12},
};
use dagsform_care::{Kind, Metric, Unit};

use super::{Advertisement, Frame, Layout, Model, Said, Secrets, Standing, octets};
use crate::codec::{DecodeError, reader::Reader};

pub(super) const S400: Model = Model {
    name: "Xiaomi Body Composition Scale S400",
    kinds: &[Kind::BodyWeight],
    known: "bytes of two devices, with their keys",
    advertised,
    layouts: &[&PLAIN],
    ..Model::PLAIN
};

pub(super) static ENCRYPTED: Layout = Layout {
    name: "xiaomi-s400",
    aliases: &[],
    repeats: true,
    read: |bytes, secrets| Ok(open(bytes, secrets)?.said()),
};
static PLAIN: Layout = Layout { name: "xiaomi-s400-plain", aliases: &[], repeats: true, read: read_plain };

/// The service of MiBeacon frames.
const MI_BEACON: u16 = 0xFE95;
/// The S400, as the frame's bytes say it.
const PRODUCT: [u8; 2] = [0xD5, 0x3B];
/// The object that bears the measurement.
const OBJECT: u16 = 0x6E16;
/// Bits of frame control.
const IS_ENCRYPTED: u16 = 1 << 3;
const HAS_ADDRESS: u16 = 1 << 4;
const HAS_CAPABILITY: u16 = 1 << 5;
const HAS_OBJECT: u16 = 1 << 6;

/// The object of one frame. The word has the weight in its 11 lowest bits, then 7 of heart rate, then the impedance.
struct Measured {
    profile: u8,
    word: u32,
    time: u32,
}

impl Measured {
    fn weight(&self) -> u32 {
        self.word & 0x7FF
    }

    fn said(&self) -> Said {
        let said = spoken(self.profile, self.weight(), self.time);
        let impedance = self.word >> 18;
        let of = if self.weight() == 0 { "impedance_low_ohm" } else { "impedance_ohm" };
        let said = if impedance == 0 { said } else { said.number(of, impedance, -1) };
        match (self.word >> 11) & 0x7F {
            0 | 127 => said,
            heart_rate => said.detail("heart_rate", heart_rate.saturating_add(50)),
        }
    }

    fn plain(&self) -> Vec<u8> {
        let mut bytes = vec![self.profile];
        bytes.extend(self.weight().to_le_bytes().iter().take(2));
        bytes.extend(self.time.to_le_bytes());
        bytes
    }
}

fn advertised(heard: &Advertisement, secrets: &Secrets<'_>) -> Option<Result<Frame, DecodeError>> {
    let data = heard.of_service(MI_BEACON).filter(|data| data.get(2..4) == Some(&PRODUCT) && data.len() >= 24)?;
    match open(data, secrets) {
        Ok(measured) => Some(Ok(Frame { layout: &PLAIN, bytes: measured.plain(), authenticated: true })),
        Err(error @ (DecodeError::KeyNeeded { .. } | DecodeError::WrongKey { .. })) => Some(Err(error)),
        // Something else that it advertises.
        Err(_) => None,
    }
}

/// Weight 0 is the frame of the second impedance, which is no weighing of its own.
fn spoken(profile: u8, weight: u32, time: u32) -> Said {
    let standing = if weight == 0 { Standing::Word } else { Standing::Reading(Kind::BodyWeight) };
    let said = Said::new(standing).value(Metric::BodyWeight, weight, -1, Unit::Kilogram);
    said.detail("profile", profile).detail("unix_time_s", time)
}

fn read_plain(bytes: &[u8], _: &Secrets<'_>) -> Result<Said, DecodeError> {
    let mut reader = Reader::new(PLAIN.name, bytes);
    let (profile, weight, time) = (reader.u8("profile")?, reader.u16("weight")?, reader.u32("time")?);
    reader.finish()?;
    Ok(spoken(profile, weight.into(), time))
}

fn open(bytes: &[u8], secrets: &Secrets<'_>) -> Result<Measured, DecodeError> {
    let of = ENCRYPTED.name;
    let wrong = |problem| DecodeError::Mismatch { of, problem };
    // Programs that keep the whole field of the advertisement leave the service before its data.
    let bytes = bytes.strip_prefix(&MI_BEACON.to_le_bytes()).unwrap_or(bytes);
    let mut reader = Reader::new(of, bytes);
    let control = reader.u16("frame control")?;
    let [low, high, counter] = reader.array("product and counter")?;
    if [low, high] != PRODUCT {
        return Err(wrong("it is not of an S400"));
    }
    if control & (IS_ENCRYPTED | HAS_CAPABILITY | HAS_OBJECT) != IS_ENCRYPTED | HAS_OBJECT {
        return Err(wrong("it carries no encrypted object"));
    }
    let inside = if control & HAS_ADDRESS == 0 { None } else { Some(reader.array::<6>("address")?) };
    let rest = reader.rest("object");
    let (rest, check) = rest.split_last_chunk::<4>().ok_or(wrong("it is cut short"))?;
    let (object, [a, b, c]) = rest.split_last_chunk::<3>().ok_or(wrong("it is cut short"))?;

    // A frame writes the address with its last octet first.
    let known = || {
        let [a, b, c, d, e, f] = octets(secrets.address?);
        Some([f, e, d, c, b, a])
    };
    let (Some(key), Some([o, p, q, r, s, t])) = (secrets.key, inside.or_else(known)) else {
        return Err(DecodeError::KeyNeeded { of });
    };
    let nonce = [o, p, q, r, s, t, low, high, counter, *a, *b, *c];
    let sealed = [object, check].concat();
    let open = Ccm::<Aes128, U4, U12>::new(&key.0.into())
        .decrypt(&nonce.into(), Payload { msg: &sealed, aad: &[0x11] })
        .map_err(|_| DecodeError::WrongKey { of })?;

    let mut reader = Reader::new(of, &open);
    if reader.u16("object")? != OBJECT || reader.u8("length")? != 9 {
        return Err(wrong("its object is no measurement"));
    }
    let (profile, word, time) = (reader.u8("profile")?, reader.u32("measured")?, reader.u32("time")?);
    reader.finish()?;
    Ok(Measured { profile, word, time })
}
