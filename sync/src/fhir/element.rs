//! Elements of resources that someone else wrote, read with their names at hand.
//!
//! Nothing is passed over in silence: an [`Element`] knows which of its members were read, and [`Element::finish`]
//! refuses the others by name, save those that the reader calls harmless. A `modifierExtension` is never harmless (R4,
//! 2.4: who does not know it must not use the element). Decimals are read from their text, so none is rounded.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeSet,
    rc::Rc,
};

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveTime};
use dagsform_care::{Decimal, time::ZONE};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    fault::{Fault, FaultKind},
    instant,
};
use crate::members::Members;

/// What changes the meaning of an element in a way that only its author knows.
const MODIFIERS: &str = "modifierExtension";

/// How deep elements may nest. FHIR's deepest resources, nested questionnaires, stay far below.
const DEEPEST: usize = 64;

/// What may be left unread without harm.
#[derive(Clone, Copy, Debug)]
pub(super) struct Harmless {
    /// Members, by name.
    pub(super) members: &'static [&'static str],
    /// Extensions, by address.
    pub(super) extension: fn(&str) -> bool,
}

/// Nothing may.
pub(super) const NOTHING: Harmless = Harmless { members: &[], extension: |_| false };

/// An object of a resource.
#[derive(Debug)]
pub(super) struct Element<'a> {
    resource: Rc<str>,
    path: String,
    depth: usize,
    members: Vec<Member<'a>>,
    /// The extensions that were asked for.
    asked: RefCell<BTreeSet<String>>,
}

#[derive(Debug)]
struct Member<'a> {
    name: String,
    value: &'a RawValue,
    read: Cell<bool>,
}

impl<'a> Element<'a> {
    /// A resource of this type.
    pub(super) fn resource(json: &'a RawValue, expected: &str) -> Result<Self, Fault> {
        let unread = Self {
            resource: expected.into(),
            path: String::new(),
            depth: 0,
            members: Vec::new(),
            asked: RefCell::default(),
        };
        let mut resource = unread.object(json, String::new())?;
        let kind = resource.need("resourceType", Self::text)?;
        if kind != expected {
            return Err(resource.fault(
                "resourceType",
                FaultKind::Unreadable,
                format!("{kind} stands where {expected} is expected"),
            ));
        }
        if let Some(id) = resource.text("id")? {
            resource.resource = format!("{expected}/{id}").into();
        }
        Ok(resource)
    }

    fn object(&self, json: &'a RawValue, path: String) -> Result<Self, Fault> {
        let bad = |problem: String| Fault {
            resource: self.resource.to_string(),
            element: if path.is_empty() { "the resource".to_owned() } else { path.clone() },
            problem,
            kind: FaultKind::Unreadable,
        };
        if self.depth >= DEEPEST {
            return Err(bad("it nests too deep; the tablet reads 64 levels".to_owned()));
        }
        let Members(members) =
            serde_json::from_str(json.get()).map_err(|_| bad("an object is expected here".to_owned()))?;
        let mut names = BTreeSet::new();
        if let Some((twice, _)) = members.iter().find(|(name, _)| !names.insert(name)) {
            return Err(bad(format!("it has '{twice}' twice; write it once")));
        }
        let member = |(name, value)| Member { name, value, read: Cell::new(false) };
        Ok(Self {
            resource: self.resource.clone(),
            depth: self.depth + 1,
            members: members.into_iter().map(member).collect(),
            path,
            asked: RefCell::default(),
        })
    }

    /// The same element under another name in messages, as `item 'sleep'`.
    pub(super) fn named(self, path: String) -> Self {
        Self { path, ..self }
    }

    /// Where a member is.
    pub(super) fn place(&self, member: &str) -> String {
        match (self.path.as_str(), member) {
            ("", "") => "the resource".to_owned(),
            ("", member) => member.to_owned(),
            (path, "") => path.to_owned(),
            (path, member) => format!("{path}.{member}"),
        }
    }

    /// A fault of a member; of the element itself where `member` is empty.
    pub(super) fn fault(&self, member: &str, kind: FaultKind, problem: impl Into<String>) -> Fault {
        Fault { resource: self.resource.to_string(), element: self.place(member), problem: problem.into(), kind }
    }

    /// That the tablet cannot do what a member asks for.
    pub(super) fn unsupported(&self, member: &str, problem: impl Into<String>) -> Fault {
        self.fault(member, FaultKind::Unsupported, problem)
    }

    /// That a member is missing, and what to write.
    pub(super) fn missing(&self, member: &str, what: &str) -> Fault {
        self.fault(member, FaultKind::Missing, format!("it is missing; {what}"))
    }

    fn unreadable(&self, member: &str, expected: &str) -> Fault {
        let said = self.members.iter().find(|one| one.name == member).map_or("", |one| one.value.get());
        let said: String = said.chars().take(60).collect();
        self.fault(member, FaultKind::Unreadable, format!("{said} is not {expected}"))
    }

    /// A member as it stands; it counts as read.
    fn raw(&self, name: &str) -> Option<&'a RawValue> {
        let member = self.members.iter().find(|member| member.name == name)?;
        member.read.set(true);
        Some(member.value)
    }

    /// Whether there is such a member, read or not.
    pub(super) fn has(&self, name: &str) -> bool {
        self.members.iter().any(|member| member.name == name)
    }

    /// What a reader gives of a member that must be there.
    pub(super) fn need<T>(
        &self,
        name: &str,
        read: impl FnOnce(&Self, &str) -> Result<Option<T>, Fault>,
    ) -> Result<T, Fault> {
        read(self, name)?.ok_or_else(|| self.missing(name, "write it"))
    }

    fn parsed<'s, T: Deserialize<'a>>(&'s self, name: &str, expected: &str) -> Result<Option<T>, Fault> {
        self.raw(name)
            .map(|raw| serde_json::from_str(raw.get()).map_err(|_| self.unreadable(name, expected)))
            .transpose()
    }

    /// A member that is text, a code or an address.
    pub(super) fn text(&self, name: &str) -> Result<Option<String>, Fault> {
        let text: Option<String> = self.parsed(name, "text")?;
        match text {
            Some(text) if text.trim().is_empty() => {
                Err(self.fault(name, FaultKind::Unreadable, "it is empty; write it or leave it out"))
            }
            text => Ok(text),
        }
    }

    /// A member that is a list of texts.
    pub(super) fn texts(&self, name: &str) -> Result<Vec<String>, Fault> {
        Ok(self.parsed(name, "a list of texts")?.unwrap_or_default())
    }

    /// One of some codes.
    pub(super) fn code<T: Clone>(&self, name: &str, codes: &[(&str, T)]) -> Result<Option<T>, Fault> {
        let Some(code) = self.text(name)? else { return Ok(None) };
        let known = codes.iter().find(|(known, _)| *known == code);
        known.map(|(_, meaning)| Some(meaning.clone())).ok_or_else(|| {
            let codes: Vec<&str> = codes.iter().map(|(known, _)| *known).collect();
            self.unsupported(name, format!("'{code}' is not known to the tablet; it knows {}", codes.join(", ")))
        })
    }

    /// A member that is true or false.
    pub(super) fn boolean(&self, name: &str) -> Result<Option<bool>, Fault> {
        self.parsed(name, "true or false")
    }

    /// A whole number.
    pub(super) fn integer(&self, name: &str) -> Result<Option<i32>, Fault> {
        self.parsed(name, "a whole number of FHIR (32 bits)")
    }

    /// A whole number above 0.
    pub(super) fn positive(&self, name: &str) -> Result<Option<u32>, Fault> {
        match self.parsed(name, "a whole number above 0")? {
            Some(0) => Err(self.unreadable(name, "a whole number above 0")),
            number => Ok(number),
        }
    }

    /// A whole number, not negative.
    pub(super) fn unsigned(&self, name: &str) -> Result<Option<u32>, Fault> {
        self.parsed(name, "a whole number, 0 or more")
    }

    /// A decimal, digit for digit.
    pub(super) fn decimal(&self, name: &str) -> Result<Option<Decimal>, Fault> {
        let raw = self.raw(name);
        raw.map(|raw| raw.get().parse().map_err(|_| self.unreadable(name, "a number of at most 18 digits"))).transpose()
    }

    /// A date that names a day. A year or a month alone is no answer to when.
    pub(super) fn date(&self, name: &str) -> Result<Option<NaiveDate>, Fault> {
        self.when(name, "a day such as 2026-11-23", instant::read_day)
    }

    /// The day of a dateTime, where patients are.
    pub(super) fn day(&self, name: &str) -> Result<Option<NaiveDate>, Fault> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        if text.contains('T') {
            return Ok(self.instant(name)?.map(|time| time.with_timezone(&ZONE).date_naive()));
        }
        self.date(name)
    }

    /// A time of day.
    pub(super) fn time(&self, name: &str) -> Result<Option<NaiveTime>, Fault> {
        self.when(name, "a time such as 08:00:00", instant::read_time)
    }

    /// An instant, or a dateTime with a time and an offset.
    pub(super) fn instant(&self, name: &str) -> Result<Option<DateTime<FixedOffset>>, Fault> {
        self.when(name, "a time such as 2026-11-23T08:00:00+01:00", instant::read)
    }

    fn when<T>(&self, name: &str, expected: &str, read: impl Fn(&str) -> Option<T>) -> Result<Option<T>, Fault> {
        let text = self.text(name)?;
        text.map(|text| read(&text).ok_or_else(|| self.unreadable(name, expected))).transpose()
    }

    /// A member that is an object.
    pub(super) fn child(&self, name: &str) -> Result<Option<Self>, Fault> {
        self.raw(name).map(|raw| self.object(raw, self.place(name))).transpose()
    }

    /// A member that is a list of objects.
    pub(super) fn list(&self, name: &str) -> Result<Vec<Self>, Fault> {
        let raw: Vec<&'a RawValue> = self.parsed(name, "a list")?.unwrap_or_default();
        let place = self.place(name);
        raw.into_iter().enumerate().map(|(n, raw)| self.object(raw, format!("{place}[{n}]"))).collect()
    }

    /// A list of resources in this one, such as `contained`.
    pub(super) fn resources(&self, name: &str) -> Result<Vec<&'a RawValue>, Fault> {
        Ok(self.parsed(name, "a list")?.unwrap_or_default())
    }

    /// The name of the member that holds a choice of types: `valueQuantity` of `value`.
    pub(super) fn choice(&self, prefix: &str) -> Result<Option<String>, Fault> {
        let is_choice =
            |name: &&str| name.strip_prefix(prefix).is_some_and(|kind| kind.starts_with(|c: char| c.is_uppercase()));
        let names = self.members.iter().map(|member| member.name.as_str());
        let mut names = names.filter(is_choice);
        match (names.next(), names.next()) {
            (Some(one), None) => Ok(Some(one.to_owned())),
            (Some(one), Some(other)) => {
                let problem = format!("{one} and {other} stand beside each other; write one");
                Err(self.fault("", FaultKind::Unreadable, problem))
            }
            (None, _) => Ok(None),
        }
    }

    /// All extensions with their addresses.
    fn extensions(&self) -> Result<Vec<(String, &'a RawValue)>, Fault> {
        #[derive(Deserialize)]
        struct Url {
            url: String,
        }
        let all: Vec<&'a RawValue> = match self.members.iter().find(|member| member.name == "extension") {
            Some(member) => {
                serde_json::from_str(member.value.get()).map_err(|_| self.unreadable("extension", "a list"))?
            }
            None => Vec::new(),
        };
        let with_url = |raw: &'a RawValue| {
            let url: Url = serde_json::from_str(raw.get())
                .map_err(|_| self.missing("extension.url", "each extension needs its address"))?;
            Ok((url.url, raw))
        };
        all.into_iter().map(with_url).collect()
    }

    /// The extensions of an address.
    pub(super) fn extensions_of(&self, url: &str) -> Result<Vec<Self>, Fault> {
        self.asked.borrow_mut().insert(url.to_owned());
        let short = url.rsplit('/').next().unwrap_or(url);
        let wanted = self.extensions()?.into_iter().filter(|(address, _)| address == url);
        wanted
            .map(|(_, raw)| {
                let extension = self.object(raw, self.place(&format!("extension({short})")))?;
                extension.raw("url");
                extension.raw("id");
                Ok(extension)
            })
            .collect()
    }

    /// The extension of an address, which may stand there once.
    pub(super) fn extension(&self, url: &str) -> Result<Option<Self>, Fault> {
        let mut all = self.extensions_of(url)?;
        let one = all.pop();
        match (one, all.is_empty()) {
            (one, true) => Ok(one),
            (Some(one), false) => Err(one.fault("", FaultKind::Contradiction, "it stands there twice; write it once")),
            (None, false) => Ok(None),
        }
    }

    /// What a reader gives of the value of an extension, and of nothing else in it.
    pub(super) fn extension_value<T>(
        &self,
        url: &str,
        member: &str,
        read: impl FnOnce(&Self, &str) -> Result<Option<T>, Fault>,
    ) -> Result<Option<T>, Fault> {
        let Some(extension) = self.extension(url)? else { return Ok(None) };
        let value = extension.need(member, read)?;
        extension.finish(&NOTHING)?;
        Ok(Some(value))
    }

    /// Refuses a `modifierExtension`, of an element of which the rest may be left unread.
    pub(super) fn refuse_modifiers(&self) -> Result<(), Fault> {
        if self.has(MODIFIERS) {
            return Err(
                self.unsupported(MODIFIERS, "the tablet knows none, and may not use what it changes; leave it out")
            );
        }
        Ok(())
    }

    /// Refuses what was not read and is not harmless: members, and extensions that nobody asked for. What stands
    /// beside a simple value (`_title`) is judged by its extensions alone.
    pub(super) fn finish(&self, harmless: &Harmless) -> Result<(), Fault> {
        self.refuse_modifiers()?;
        for member in self.members.iter().filter(|member| !member.read.get()) {
            match member.name.as_str() {
                "extension" | "id" => {}
                name if harmless.members.contains(&name) => {}
                name if name.starts_with('_') && self.is_annotated(name) => self.finish_annotation(name, harmless)?,
                name => {
                    return Err(self.unsupported(name, "the tablet does not use it here; leave it out"));
                }
            }
        }
        for (url, _) in self.extensions()? {
            if !self.asked.borrow().contains(&url) && !(harmless.extension)(&url) {
                return Err(self.unsupported("extension", format!("the tablet does not use {url} here; leave it out")));
            }
        }
        Ok(())
    }

    /// Whether `_name` stands beside a value that is there.
    fn is_annotated(&self, name: &str) -> bool {
        self.has(name.trim_start_matches('_'))
    }

    /// Extensions of a simple value, or of each of a list of them.
    fn finish_annotation(&self, name: &str, harmless: &Harmless) -> Result<(), Fault> {
        if harmless.members.contains(&name.trim_start_matches('_')) {
            return Ok(());
        }
        let Some(raw) = self.raw(name) else { return Ok(()) };
        if raw.get().starts_with('[') {
            let all: Vec<Option<&'a RawValue>> =
                serde_json::from_str(raw.get()).map_err(|_| self.unreadable(name, "a list"))?;
            return all.into_iter().flatten().try_for_each(|raw| self.object(raw, self.place(name))?.finish(harmless));
        }
        self.object(raw, self.place(name))?.finish(harmless)
    }
}
