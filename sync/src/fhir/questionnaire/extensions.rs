//! The extensions of questionnaires that are read, and those that may be left unread.

use crate::fhir::ours;

/// A text in another language.
pub(super) const TRANSLATION: &str = "http://hl7.org/fhir/StructureDefinition/translation";
/// How an item is drawn.
pub(super) const ITEM_CONTROL: &str = "http://hl7.org/fhir/StructureDefinition/questionnaire-itemControl";
/// From one place of a slider to the next.
pub(super) const SLIDER_STEP: &str = "http://hl7.org/fhir/StructureDefinition/questionnaire-sliderStepValue";
/// Never shown.
pub(super) const HIDDEN: &str = "http://hl7.org/fhir/StructureDefinition/questionnaire-hidden";
/// The least answer.
pub(super) const MIN_VALUE: &str = "http://hl7.org/fhir/StructureDefinition/minValue";
/// The greatest answer.
pub(super) const MAX_VALUE: &str = "http://hl7.org/fhir/StructureDefinition/maxValue";
/// So many decimals at most.
pub(super) const MAX_DECIMAL_PLACES: &str = "http://hl7.org/fhir/StructureDefinition/maxDecimalPlaces";
/// The unit of a number.
pub(super) const UNIT: &str = "http://hl7.org/fhir/StructureDefinition/questionnaire-unit";
/// One of the units of a quantity.
pub(super) const UNIT_OPTION: &str = "http://hl7.org/fhir/StructureDefinition/questionnaire-unitOption";
/// What an option counts in a sum.
pub(super) const ORDINAL_VALUE: &str = "http://hl7.org/fhir/StructureDefinition/ordinalValue";
/// The same, by the name that later versions give it.
pub(super) const ITEM_WEIGHT: &str = "http://hl7.org/fhir/StructureDefinition/itemWeight";
/// No other option beside it.
pub(super) const OPTION_EXCLUSIVE: &str = "http://hl7.org/fhir/StructureDefinition/questionnaire-optionExclusive";
/// So many answers at least.
pub(super) const MIN_OCCURS: &str = "http://hl7.org/fhir/StructureDefinition/questionnaire-minOccurs";
/// So many answers at most.
pub(super) const MAX_OCCURS: &str = "http://hl7.org/fhir/StructureDefinition/questionnaire-maxOccurs";
/// A picture, a sound or a film to a question.
pub(super) const ITEM_MEDIA: &str = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-itemMedia";
/// The same to an option.
pub(super) const ANSWER_MEDIA: &str =
    "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-itemAnswerMedia";
/// An item that is reckoned.
pub(super) const CALCULATED: &str =
    "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-calculatedExpression";
/// The same by any expression, in older lists.
pub(super) const CQF_EXPRESSION: &str = "http://hl7.org/fhir/StructureDefinition/cqf-expression";
/// A name for an expression.
pub(super) const VARIABLE: &str = "http://hl7.org/fhir/StructureDefinition/variable";

/// How words look.
const RENDERING: [&str; 4] = ["rendering-style", "rendering-styleSensitive", "rendering-xhtml", "rendering-markdown"];

/// On items: how they look; hints; what fills in beforehand, for then it is asked; and what others take out of the
/// answers afterwards.
const OF_ITEMS: [&str; 38] = [
    "designNote",
    "entryFormat",
    "preferredTerminologyServer",
    "questionnaire-baseType",
    "questionnaire-choiceOrientation",
    "questionnaire-definitionBased",
    "questionnaire-displayCategory",
    "questionnaire-fhirType",
    "questionnaire-optionPrefix",
    "questionnaire-supportLink",
    "sdc-questionnaire-candidateExpression",
    "sdc-questionnaire-choiceColumn",
    "sdc-questionnaire-collapsible",
    "sdc-questionnaire-columnCount",
    "sdc-questionnaire-contextExpression",
    "sdc-questionnaire-definitionExtract",
    "sdc-questionnaire-definitionExtractValue",
    "sdc-questionnaire-extractAllocateId",
    "sdc-questionnaire-initialExpression",
    "sdc-questionnaire-itemExtractionContext",
    "sdc-questionnaire-itemPopulationContext",
    "sdc-questionnaire-keyboard",
    "sdc-questionnaire-lookupQuestionnaire",
    "sdc-questionnaire-observation-extract-category",
    "sdc-questionnaire-observationExtract",
    "sdc-questionnaire-observationLinkPeriod",
    "sdc-questionnaire-openLabel",
    "sdc-questionnaire-optionalDisplay",
    "sdc-questionnaire-preferredTerminologyServer",
    "sdc-questionnaire-shortText",
    "sdc-questionnaire-sourceQueries",
    "sdc-questionnaire-targetStructureMap",
    "sdc-questionnaire-templateExtract",
    "sdc-questionnaire-templateExtractContext",
    "sdc-questionnaire-templateExtractValue",
    "sdc-questionnaire-width",
    "valueset-label",
    "variable",
];

/// On the whole: what fills in beforehand, what is taken out afterwards, who answers as a rule, and where it is from.
const OF_THE_WHOLE: [&str; 21] = [
    "artifact-versionAlgorithm",
    "cqf-library",
    "extension-Questionnaire.versionAlgorithm[x]",
    "preferredTerminologyServer",
    "sdc-questionnaire-definitionExtract",
    "sdc-questionnaire-endpoint",
    "sdc-questionnaire-extractAllocateId",
    "sdc-questionnaire-itemExtractionContext",
    "sdc-questionnaire-itemPopulationContext",
    "sdc-questionnaire-launchContext",
    "sdc-questionnaire-observation-extract-category",
    "sdc-questionnaire-observationExtract",
    "sdc-questionnaire-observationLinkPeriod",
    "sdc-questionnaire-performerType",
    "sdc-questionnaire-preferredTerminologyServer",
    "sdc-questionnaire-sourceQueries",
    "sdc-questionnaire-sourceStructureMap",
    "sdc-questionnaire-targetStructureMap",
    "sdc-questionnaire-templateExtract",
    "sdc-questionnaire-templateExtractBundle",
    "questionnaire-derivationType",
];

/// Whether an extension of a text may be left unread.
pub(super) fn of_texts(url: &str) -> bool {
    is_harmless(url, &[&RENDERING])
}

/// Whether an extension of an item, an option or a condition may be left unread.
pub(super) fn of_items(url: &str) -> bool {
    is_harmless(url, &[&RENDERING, &OF_ITEMS])
}

/// Whether an extension of a code may be left unread; what it counts is read with the option that it is of.
pub(super) fn of_codes(url: &str) -> bool {
    [ORDINAL_VALUE, ITEM_WEIGHT].contains(&url) || of_items(url)
}

/// Whether an extension of the whole list may be left unread.
pub(super) fn of_the_whole(url: &str) -> bool {
    is_harmless(url, &[&RENDERING, &OF_THE_WHOLE])
}

/// By R4 no extension changes what an element means; but HL7's own for questionnaires say how to ask, so of those only
/// the named may be left unread, and of ours none.
fn is_harmless(url: &str, names: &[&[&str]]) -> bool {
    let Some(of_hl7) = url.strip_prefix("http://hl7.org/fhir/") else { return !url.starts_with(ours::EXTENSIONS) };
    let name = of_hl7.rsplit_once("StructureDefinition/").map(|(_, name)| name);
    name.is_some_and(|name| names.iter().any(|names| names.contains(&name)))
}
