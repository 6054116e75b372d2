//! The zones of a self-treatment plan (brief R19): how it is, and what was agreed for then.
//!
//! The words are the service's own, in the language of its plan. Nothing is added to them, and nothing is
//! concluded from them.

use serde::{Deserialize, Serialize};

/// How far from well, by the plan. The order is from better to worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// As usual.
    Green,
    /// Worse than usual.
    Yellow,
    /// Much worse than usual.
    Red,
}

/// A zone. Every list may be empty, and several zones may have one level.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Zone {
    /// The service's own name for it in its system; no two zones of a plan share it.
    pub id: String,
    /// How far from well.
    pub level: Level,
    /// What it is called, as "Gul sone".
    pub name: String,
    /// What I notice.
    #[serde(default)]
    pub notice: Vec<String>,
    /// What I do myself.
    #[serde(default)]
    pub act: Vec<String>,
    /// What is prescribed for this situation.
    #[serde(default)]
    pub prescribed: Vec<String>,
    /// Whom I call.
    #[serde(default)]
    pub call: Vec<Call>,
}

/// Someone to call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Call {
    /// Who, as "Fastlegen".
    pub who: String,
    /// The number to dial, where the plan has one: digits, spaces, and `+` before them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// When, in the plan's words; may be empty.
    #[serde(default)]
    pub when: String,
}

/// Why zones are refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A zone cannot be told from others.
    #[error("zone {0} of the plan has no id: give each zone one")]
    WithoutId(usize),
    /// Two zones have one id.
    #[error("two zones have the id '{0}': give each its own")]
    SameId(String),
    /// A zone has no name.
    #[error("zone '{0}' has no name: write what it is called")]
    WithoutName(String),
    /// Something in it is empty.
    #[error("zone '{zone}' has an empty text under '{part}': write it or leave it out")]
    Blank {
        /// The zone's id.
        zone: String,
        /// The field.
        part: &'static str,
    },
    /// A number that no telephone dials.
    #[error("zone '{zone}': '{phone}' is no telephone number; write digits, with + first for another country")]
    Phone {
        /// The zone's id.
        zone: String,
        /// What stands there.
        phone: String,
    },
}

/// Refuses zones with a fault, naming it.
pub fn check(zones: &[Zone]) -> Result<(), Fault> {
    for (place, zone) in zones.iter().enumerate() {
        if is_blank(&zone.id) {
            return Err(Fault::WithoutId(place + 1));
        }
        if zones.iter().take(place).any(|other| other.id == zone.id) {
            return Err(Fault::SameId(zone.id.clone()));
        }
        zone.check()?;
    }
    Ok(())
}

impl Zone {
    fn check(&self) -> Result<(), Fault> {
        if is_blank(&self.name) {
            return Err(Fault::WithoutName(self.id.clone()));
        }
        let who = self.call.iter().map(|call| &call.who);
        let blank = |part, blank: bool| if blank { Err(Fault::Blank { zone: self.id.clone(), part }) } else { Ok(()) };
        blank("notice", self.notice.iter().any(|text| is_blank(text)))?;
        blank("act", self.act.iter().any(|text| is_blank(text)))?;
        blank("prescribed", self.prescribed.iter().any(|text| is_blank(text)))?;
        blank("call", who.into_iter().any(|text| is_blank(text)))?;
        match self.call.iter().filter_map(|call| call.phone.as_ref()).find(|phone| !is_phone(phone)) {
            Some(phone) => Err(Fault::Phone { zone: self.id.clone(), phone: phone.clone() }),
            None => Ok(()),
        }
    }
}

fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}

/// Whether a telephone can dial it: 3 digits (113) to 15 (ITU-T E.164), the country's `+` before them.
fn is_phone(text: &str) -> bool {
    let number = text.strip_prefix('+').unwrap_or(text);
    let digits = number.chars().filter(char::is_ascii_digit).count();
    (3..=15).contains(&digits) && number.chars().all(|c| c.is_ascii_digit() || c == ' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone() -> Zone {
        Zone {
            id: "zone/yellow".into(),
            level: Level::Yellow,
            name: "Gul sone".into(),
            notice: vec!["Mer slim enn vanlig".into()],
            act: vec!["Hvil mer".into()],
            prescribed: vec!["Prednisolon som avtalt".into()],
            call: vec![Call { who: "Fastlegen".into(), phone: Some("+47 22 00 00 00".into()), when: String::new() }],
        }
    }

    #[test]
    fn a_zone_of_which_every_list_is_empty_is_a_zone() {
        let bare: Zone = serde_json::from_str(r#"{"id": "z", "level": "red", "name": "Rød sone"}"#).unwrap();
        assert_eq!(check(&[zone(), bare]), Ok(()));
        assert_eq!(check(&[]), Ok(()));
    }

    #[test]
    fn several_zones_may_have_one_level() {
        assert_eq!(check(&[zone(), Zone { id: "zone/weight".into(), ..zone() }]), Ok(()));
    }

    #[test]
    fn a_faulty_zone_is_refused_by_name() {
        let blank = |part| Fault::Blank { zone: "zone/yellow".into(), part };
        let calls = |who: &str, phone: &str| vec![Call { who: who.into(), phone: Some(phone.into()), when: "".into() }];
        let phone = |phone: &str| Fault::Phone { zone: "zone/yellow".into(), phone: phone.into() };
        for (zones, fault) in [
            (vec![Zone { id: " ".into(), ..zone() }], Fault::WithoutId(1)),
            (vec![zone(), zone()], Fault::SameId("zone/yellow".into())),
            (vec![Zone { name: "".into(), ..zone() }], Fault::WithoutName("zone/yellow".into())),
            (vec![Zone { notice: vec!["".into()], ..zone() }], blank("notice")),
            (vec![Zone { act: vec!["Hvil".into(), "\n".into()], ..zone() }], blank("act")),
            (vec![Zone { prescribed: vec![" ".into()], ..zone() }], blank("prescribed")),
            (vec![Zone { call: calls("", "113"), ..zone() }], blank("call")),
            (vec![Zone { call: calls("Legen", "11"), ..zone() }], phone("11")),
            (vec![Zone { call: calls("Legen", "ring meg"), ..zone() }], phone("ring meg")),
            (vec![Zone { call: calls("Legen", "22+000000"), ..zone() }], phone("22+000000")),
            (vec![Zone { call: calls("Legen", "1234567890123456"), ..zone() }], phone("1234567890123456")),
        ] {
            assert_eq!(check(&zones), Err(fault));
        }
    }

    #[test]
    fn red_is_worse_than_yellow_and_yellow_worse_than_green() {
        assert!(Level::Red > Level::Yellow && Level::Yellow > Level::Green);
    }

    #[test]
    fn a_zone_reads_back_as_it_was_written() {
        let text = serde_json::to_string(&zone()).unwrap();
        assert_eq!(serde_json::from_str::<Zone>(&text).unwrap(), zone());
    }
}
