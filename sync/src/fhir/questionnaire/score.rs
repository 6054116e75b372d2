//! Sums: `calculatedExpression`, the variables that it may name, and the names of what comes out.

use dagsform_care::questionnaire::{Band, Item, Questionnaire, Scoring, Sum, Text, Variables};

use super::{
    List,
    extensions::{CALCULATED, CQF_EXPRESSION, VARIABLE},
    text,
};
use crate::fhir::{
    element::{Element, NOTHING},
    fault::{Fault, FaultKind},
    ours,
};

/// The only language of expressions that is read.
const FHIRPATH: &str = "text/fhirpath";

/// How an item comes about.
pub(super) enum Reckoned {
    /// It is asked.
    Not,
    /// By a sum.
    BySum(Scoring),
    /// In a way that the tablet cannot reckon, and why.
    Otherwise(Fault),
}

/// How an item comes about. `list` has the variables and the bands of the whole.
pub(super) fn read(item: &Element<'_>, list: &List<'_>) -> Result<Reckoned, Fault> {
    if let Some(extension) = item.extension(CQF_EXPRESSION)? {
        return Ok(Reckoned::Otherwise(extension.unsupported("", "the tablet reckons sums in FHIRPath only")));
    }
    let Some(extension) = item.extension(CALCULATED)? else { return Ok(Reckoned::Not) };
    let Some((_, expression)) = expression(&extension)? else {
        return Ok(Reckoned::Otherwise(extension.unsupported("", "the tablet reckons sums in FHIRPath only")));
    };
    let mut known = list.variables.clone();
    known.extend(variables(item)?);
    Ok(match Sum::parse(&expression, &known) {
        Ok(sum) => Reckoned::BySum(Scoring { sum, bands: list.bands.clone() }),
        Err(no) => Reckoned::Otherwise(extension.unsupported("", no.to_string())),
    })
}

/// The variables in FHIRPath that an element defines. Others may be there for those who can read them.
pub(super) fn variables(holder: &Element<'_>) -> Result<Variables, Fault> {
    let mut variables = Variables::new();
    for extension in holder.extensions_of(VARIABLE)? {
        if let Some((Some(name), text)) = expression(&extension)? {
            variables.insert(name, text);
        }
    }
    Ok(variables)
}

/// The name, if it has one, and the text of an expression; `None` for one in another language.
fn expression(extension: &Element<'_>) -> Result<Option<(Option<String>, String)>, Fault> {
    let expression = extension.child("valueExpression")?;
    let expression = expression.ok_or_else(|| extension.missing("valueExpression", "write the expression"))?;
    if expression.text("language")?.as_deref() != Some(FHIRPATH) {
        return Ok(None);
    }
    Ok(Some((expression.text("name")?, expression.need("expression", Element::text)?)))
}

/// The names of sums, the lowest first.
pub(super) fn bands(questionnaire: &Element<'_>, language: Option<&str>) -> Result<Vec<Band>, Fault> {
    let mut bands = Vec::new();
    for extension in questionnaire.extensions_of(ours::SCORE_BAND)? {
        let from = extension.extension_value("from", "valueDecimal", Element::decimal)?;
        let to = extension.extension_value("to", "valueDecimal", Element::decimal)?;
        let name = name(&extension, language)?;
        extension.finish(&NOTHING)?;
        bands.push(Band { name, from: from.ok_or_else(|| extension.missing("from", "write the least sum"))?, to });
    }
    bands.sort_by(|a, b| a.from.compare(b.from));
    Ok(bands)
}

fn name(band: &Element<'_>, language: Option<&str>) -> Result<Text, Fault> {
    let missing = || band.missing("name", "write what sums of the span are called");
    let part = band.extension("name")?.ok_or_else(missing)?;
    let name = text::read(&part, "valueString", language)?.ok_or_else(missing)?;
    part.finish(&NOTHING)?;
    Ok(name)
}

/// Refuses bands of which nobody can say which sum they are of.
pub(super) fn check_bands(element: &Element<'_>, questionnaire: &Questionnaire, list: &List<'_>) -> Result<(), Fault> {
    let sums = count(&questionnaire.items);
    if list.bands.is_empty() || sums == 1 {
        return Ok(());
    }
    let problem = format!("it belongs to one sum, and the list has {sums}");
    Err(element.fault("extension(score-band)", FaultKind::Contradiction, problem))
}

fn count(items: &[Item]) -> usize {
    items.iter().map(|item| usize::from(item.calculated.is_some()) + count(&item.items)).sum()
}
