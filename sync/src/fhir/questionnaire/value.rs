//! Values: of options, of conditions, and those that an item begins with.

use dagsform_care::questionnaire::{Answer, Coding};

use crate::fhir::{
    element::{Element, Harmless},
    fault::Fault,
};

use super::extensions;

/// The value of a choice of types, `valueCoding` of `value`.
pub(super) fn read(holder: &Element<'_>, prefix: &str) -> Result<Option<Answer>, Fault> {
    let Some(name) = holder.choice(prefix)? else { return Ok(None) };
    let kind = name.strip_prefix(prefix).unwrap_or_default();
    let answer = match kind {
        "Boolean" => holder.boolean(&name)?.map(Answer::Boolean),
        "Integer" => holder.integer(&name)?.map(Answer::Integer),
        "Decimal" => holder.decimal(&name)?.map(Answer::Decimal),
        "String" => holder.text(&name)?.map(Answer::Text),
        "DateTime" => holder.instant(&name)?.map(Answer::DateTime),
        "Time" => holder.time(&name)?.map(Answer::Time),
        "Date" => holder.date(&name)?.map(Answer::Date),
        "Coding" => holder.child(&name)?.map(|element| coding(&element)).transpose()?.map(Answer::Coded),
        "Quantity" => holder.child(&name)?.map(|element| quantity(&element)).transpose()?,
        other => return Err(holder.unsupported(&name, format!("the tablet has no answers of type {other}"))),
    };
    Ok(answer)
}

/// A code. Its display is read apart, for it may have translations.
pub(super) fn coding(element: &Element<'_>) -> Result<Coding, Fault> {
    let code = element.text("code")?.ok_or_else(|| element.missing("code", "an answer is known by its code"))?;
    let coding = Coding { system: element.text("system")?, code, display: element.text("display")? };
    element.finish(&Harmless { members: &["version", "userSelected", "_display"], extension: extensions::of_codes })?;
    Ok(coding)
}

fn quantity(element: &Element<'_>) -> Result<Answer, Fault> {
    let value = element.need("value", Element::decimal)?;
    let code = element.text("code")?.ok_or_else(|| element.missing("code", "write the code of the unit"))?;
    let unit = Coding { system: element.text("system")?, code, display: element.text("unit")? };
    element.finish(&Harmless { members: &[], extension: |_| false })?;
    Ok(Answer::Quantity { value, unit })
}
