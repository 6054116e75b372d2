//! FHIR R4 Timing (data types, Timing), as [`Timing`].

use chrono::{NaiveTime, Weekday};
use dagsform_care::timing::{Bounds, Length, Moment, Repeat, Timing};
use serde::{
    Deserialize,
    de::{IntoDeserializer, value::StrDeserializer},
};

use super::{
    codes::UCUM,
    element::{Element, NOTHING},
    fault::{Fault, FaultKind},
    instant,
};

/// The customary abbreviations (R4 value set timing-abbreviation).
const ABBREVIATIONS: &str = "http://terminology.hl7.org/CodeSystem/v3-GTSAbbreviation";

const WEEKDAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Mon),
    ("tue", Weekday::Tue),
    ("wed", Weekday::Wed),
    ("thu", Weekday::Thu),
    ("fri", Weekday::Fri),
    ("sat", Weekday::Sat),
    ("sun", Weekday::Sun),
];

/// The Timing that a member holds, checked.
pub(super) fn read(holder: &Element<'_>, name: &str) -> Result<Option<Timing>, Fault> {
    let Some(element) = holder.child(name)? else { return Ok(None) };
    let timing = Timing {
        event: moments(&element, "event")?,
        repeat: element.child("repeat")?.map(|repeat| read_repeat(&repeat)).transpose()?,
        code: abbreviation(&element)?,
        as_needed: false,
    };
    element.finish(&NOTHING)?;
    timing.check().map_err(|refused| element.fault(refused.field, FaultKind::Contradiction, refused.why))?;
    Ok(Some(timing))
}

fn read_repeat(repeat: &Element<'_>) -> Result<Repeat, Fault> {
    let read = Repeat {
        bounds: bounds(repeat)?,
        count: repeat.positive("count")?,
        count_max: repeat.positive("countMax")?,
        duration: repeat.decimal("duration")?,
        duration_max: repeat.decimal("durationMax")?,
        duration_unit: word(repeat, "durationUnit", "one of s, min, h, d, wk, mo, a")?,
        frequency: repeat.positive("frequency")?,
        frequency_max: repeat.positive("frequencyMax")?,
        period: repeat.decimal("period")?,
        period_max: repeat.decimal("periodMax")?,
        period_unit: word(repeat, "periodUnit", "one of s, min, h, d, wk, mo, a")?,
        day_of_week: weekdays(repeat, "dayOfWeek")?,
        time_of_day: times_of_day(repeat)?,
        when: words(repeat, "when", "of the value set event-timing, such as MORN or ACM")?,
        offset: repeat.unsigned("offset")?,
    };
    repeat.finish(&NOTHING)?;
    Ok(read)
}

/// A list of days of the week: mon, tue.
pub(super) fn weekdays(holder: &Element<'_>, name: &str) -> Result<Vec<Weekday>, Fault> {
    let day = |text: &str| WEEKDAYS.iter().find(|(code, _)| *code == text).map(|(_, day)| *day);
    each(holder, name, "a day of the week: mon, tue, wed, thu, fri, sat or sun", day)
}

fn times_of_day(repeat: &Element<'_>) -> Result<Vec<NaiveTime>, Fault> {
    each(repeat, "timeOfDay", "a time such as 08:00:00", instant::read_time)
}

/// `Timing.event` and its like: each names a day at least.
fn moments(holder: &Element<'_>, name: &str) -> Result<Vec<Moment>, Fault> {
    each(holder, name, "a day, or a time with its offset", moment)
}

fn moment(text: &str) -> Option<Moment> {
    instant::read(text).map(Moment::Instant).or_else(|| instant::read_day(text).map(Moment::Date))
}

/// Each text of a list, read.
fn each<T>(
    holder: &Element<'_>,
    name: &str,
    expected: &str,
    read: impl Fn(&str) -> Option<T>,
) -> Result<Vec<T>, Fault> {
    let of = |text: &String| {
        read(text).ok_or_else(|| holder.fault(name, FaultKind::Unreadable, format!("'{text}' is not {expected}")))
    };
    holder.texts(name)?.iter().map(of).collect()
}

/// Reads a code of which `care` has the codes.
fn coded<T: for<'de> Deserialize<'de>>(text: &str) -> Option<T> {
    let deserializer: StrDeserializer<'_, serde::de::value::Error> = text.into_deserializer();
    T::deserialize(deserializer).ok()
}

fn words<T: for<'de> Deserialize<'de>>(holder: &Element<'_>, name: &str, expected: &str) -> Result<Vec<T>, Fault> {
    each(holder, name, expected, coded)
}

fn word<T: for<'de> Deserialize<'de>>(holder: &Element<'_>, name: &str, expected: &str) -> Result<Option<T>, Fault> {
    let Some(text) = holder.text(name)? else { return Ok(None) };
    let bad = || holder.fault(name, FaultKind::Unreadable, format!("'{text}' is not {expected}"));
    coded(&text).map(Some).ok_or_else(bad)
}

fn bounds(repeat: &Element<'_>) -> Result<Option<Bounds>, Fault> {
    let Some(name) = repeat.choice("bounds")? else { return Ok(None) };
    let Some(bounds) = repeat.child(&name)? else { return Ok(None) };
    let end = |name: &str| {
        let text = bounds.text(name)?;
        let expected = "a day, or a time with its offset";
        text.map(|text| {
            moment(&text)
                .ok_or_else(|| bounds.fault(name, FaultKind::Unreadable, format!("'{text}' is not {expected}")))
        })
        .transpose()
    };
    let read = match name.as_str() {
        "boundsPeriod" => Bounds::Period { start: end("start")?, end: end("end")? },
        "boundsRange" => Bounds::Range { low: length(&bounds, "low")?, high: length(&bounds, "high")? },
        "boundsDuration" => return length(repeat, &name).map(|length| length.map(Bounds::Duration)),
        _ => return Err(repeat.unsupported(&name, "write boundsPeriod, boundsDuration or boundsRange")),
    };
    bounds.finish(&NOTHING)?;
    Ok(Some(read))
}

/// A FHIR Duration: a quantity in a unit of time of UCUM.
pub(super) fn length(holder: &Element<'_>, name: &str) -> Result<Option<Length>, Fault> {
    let Some(element) = holder.child(name)? else { return Ok(None) };
    let value = element.need("value", Element::decimal)?;
    if element.text("system")?.is_some_and(|system| system != UCUM) {
        return Err(element.unsupported("system", format!("a length of time is in units of {UCUM}")));
    }
    let unit = word(&element, "code", "one of s, min, h, d, wk, mo, a")?;
    let unit = unit.ok_or_else(|| element.missing("code", "write the unit: s, min, h, d, wk, mo or a"))?;
    element.text("unit")?;
    element.finish(&NOTHING)?;
    Ok(Some(Length { value, unit }))
}

/// `Timing.code`: one of the abbreviations that R4 defines. Words alone are nobody's agreement.
fn abbreviation(timing: &Element<'_>) -> Result<Option<dagsform_care::timing::Abbreviation>, Fault> {
    let Some(concept) = timing.child("code")? else { return Ok(None) };
    concept.text("text")?;
    for coding in concept.list("coding")? {
        if coding.text("system")?.as_deref() == Some(ABBREVIATIONS) {
            return word(&coding, "code", "an abbreviation that the tablet knows, such as BID; write repeat instead");
        }
    }
    Err(concept.unsupported("", format!("no abbreviation of {ABBREVIATIONS}; write repeat")))
}
