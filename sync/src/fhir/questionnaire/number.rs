//! How numbers are asked for: bounds, units, sliders.

use dagsform_care::{
    Decimal,
    questionnaire::{Answer, Bounds, Coding, Number, QuantityUnit, Slider, Text},
};

use super::{
    List,
    extensions::{MAX_DECIMAL_PLACES, MAX_VALUE, MIN_VALUE, SLIDER_STEP, UNIT, UNIT_OPTION},
    text, value,
};
use crate::fhir::{
    element::{Element, Harmless, NOTHING},
    fault::Fault,
};

/// The words at the ends of a slider.
#[derive(Default)]
pub(super) struct Ends {
    pub(super) low: Option<Text>,
    pub(super) high: Option<Text>,
}

/// How a number is asked for; `slider`: on a line, with these words at its ends.
pub(super) fn number(item: &Element<'_>, list: &List<'_>, slider: Option<Ends>) -> Result<Number, Fault> {
    let slider = match slider {
        Some(ends) => Some(Slider { step: step(item)?, low: ends.low, high: ends.high }),
        None => None,
    };
    Ok(Number {
        bounds: Bounds { min: decimal(item, MIN_VALUE)?, max: decimal(item, MAX_VALUE)? },
        decimals: item
            .extension_value(MAX_DECIMAL_PLACES, "valueInteger", Element::unsigned)?
            .and_then(|places| u8::try_from(places).ok()),
        unit: unit(item, list)?.map(|(_, text)| text),
        slider,
    })
}

/// From where to where a day or a time may be, by the type that it is written in.
pub(super) fn span<'a, T>(
    item: &Element<'a>,
    name: &str,
    read: impl Fn(&Element<'a>, &str) -> Result<Option<T>, Fault>,
) -> Result<Bounds<T>, Fault> {
    Ok(Bounds {
        min: item.extension_value(MIN_VALUE, name, &read)?,
        max: item.extension_value(MAX_VALUE, name, &read)?,
    })
}

/// The units of a quantity.
pub(super) fn units(item: &Element<'_>, list: &List<'_>) -> Result<Vec<QuantityUnit>, Fault> {
    let mut units = Vec::new();
    for extension in item.extensions_of(UNIT_OPTION)? {
        let (coding, text) = unit_of(&extension, list)?;
        let coding = coding.ok_or_else(|| extension.missing("valueCoding.code", "write the code of the unit"))?;
        units.push(QuantityUnit { coding, text });
    }
    if units.is_empty()
        && let Some((coding, text)) = unit(item, list)?
    {
        let coding =
            coding.ok_or_else(|| item.missing("extension(questionnaire-unit)", "write the code of the unit"))?;
        units.push(QuantityUnit { coding, text });
    }
    Ok(units)
}

fn unit(item: &Element<'_>, list: &List<'_>) -> Result<Option<(Option<Coding>, Text)>, Fault> {
    item.extension(UNIT)?.map(|extension| unit_of(&extension, list)).transpose()
}

/// The code of a unit, if it has one, and how it is shown.
fn unit_of(extension: &Element<'_>, list: &List<'_>) -> Result<(Option<Coding>, Text), Fault> {
    let element = extension.child("valueCoding")?;
    extension.finish(&NOTHING)?;
    let element = element.ok_or_else(|| extension.missing("valueCoding", "write the unit"))?;
    let shown = text::read(&element, "display", list.language.as_deref())?;
    if !element.has("code") {
        element.text("system")?;
        element.finish(&Harmless { members: &["version"], extension: |_| false })?;
        return shown.map(|text| (None, text)).ok_or_else(|| element.missing("code", "write the unit"));
    }
    let coding = value::coding(&element)?;
    let text = shown.unwrap_or_else(|| Text::plain(coding.code.clone()));
    Ok((Some(coding), text))
}

fn step(item: &Element<'_>) -> Result<Decimal, Fault> {
    Ok(decimal(item, SLIDER_STEP)?.unwrap_or(Decimal::new(1, 0)))
}

/// A number of an extension, whole or not.
fn decimal(item: &Element<'_>, url: &str) -> Result<Option<Decimal>, Fault> {
    let Some(extension) = item.extension(url)? else { return Ok(None) };
    let number = match value::read(&extension, "value")? {
        Some(Answer::Integer(number)) => Decimal::new(i64::from(number), 0),
        Some(Answer::Decimal(number)) => number,
        _ => return Err(extension.unsupported("", "it is no number")),
    };
    extension.finish(&NOTHING)?;
    Ok(Some(number))
}
