//! Lists of questions, as R4 writes them (14.10 Questionnaire; SDC 3.0.0 for its extensions).
//!
//! What the tablet cannot ask as its author meant it is refused by the item's name when the list arrives: an element, or
//! an extension of HL7's or of ours, that is neither read here nor in one of the lists of what may be left unread
//! (`extensions.rs`), and any `modifierExtension`. Extensions of others must not change a meaning (R4, 2.4).
//!
//! Read on purpose otherwise than it stands:
//!
//! - `status` is not looked at, but for `retired` and `unknown`: what is used is decided by the order that names the
//!   list. With `url` and `version` it is a standard list, which never changes; else it is this patient's.
//! - Without a `url` its name is `Questionnaire/<id>`.
//! - A question without `text` is asked with the display of its first `code`, else its `prefix`, else its `linkId`.
//! - Value sets are contained, or come beside the list; their codes are enumerated or expanded.
//! - What was to be filled in beforehand (`initialExpression` and its like) is asked.
//! - A question that is hidden or read-only, not required, and to be reckoned in a way that is no sum is left out.
//! - `questionnaire-itemControl` says how an item is drawn; but for `slider`, `lower` and `upper` that is ours to say.

mod condition;
mod extensions;
mod item;
mod media;
mod number;
mod options;
mod score;
mod text;
mod value;

use dagsform_care::questionnaire::{Canonical, Fault as CareFault, Questionnaire, Refused, Variables};
use serde_json::value::RawValue;

use self::options::ValueSets;
use super::{
    element::{Element, Harmless},
    fault::{Fault, FaultKind},
};

/// What tells where a list comes from, and for whom it is.
const HARMLESS: Harmless = Harmless {
    members: &[
        "meta",
        "text",
        "identifier",
        "name",
        "derivedFrom",
        "experimental",
        "subjectType",
        "date",
        "publisher",
        "contact",
        "description",
        "useContext",
        "jurisdiction",
        "purpose",
        "copyright",
        "approvalDate",
        "lastReviewDate",
        "effectivePeriod",
        "code",
    ],
    extension: extensions::of_the_whole,
};

/// What all items of a list share.
struct List<'a> {
    language: Option<String>,
    value_sets: ValueSets<'a>,
    variables: Variables,
    bands: Vec<dagsform_care::questionnaire::Band>,
}

/// Reads a list of questions that can be answered on the tablet. `value_sets`: those that came beside it.
///
/// # Errors
/// The first item with something that the tablet cannot ask, or that contradicts itself.
pub fn read(resource: &RawValue, value_sets: &[Box<RawValue>]) -> Result<Questionnaire, Fault> {
    let element = Element::resource(resource, "Questionnaire")?;
    element.need("status", |element, name| element.code(name, &[("active", ()), ("draft", ())]))?;
    let (canonical, standard) = name(&element)?;
    let language = element.text("language")?;
    let list = List {
        bands: score::bands(&element, language.as_deref())?,
        value_sets: ValueSets::of(&element, value_sets)?,
        variables: score::variables(&element)?,
        language,
    };
    let title = text::read(&element, "title", list.language.as_deref())?;
    let items = item::read_all(&element, &list)?;
    element.finish(&HARMLESS)?;
    let questionnaire = Questionnaire { canonical, title, standard, items };
    score::check_bands(&element, &questionnaire, &list)?;
    questionnaire.clone().check().map_err(|refused| refusal(&element, &refused))?;
    Ok(questionnaire)
}

/// What the list is called, and whether it is a standard list.
fn name(element: &Element<'_>) -> Result<(Canonical, bool), Fault> {
    let (id, version) = (element.text("id")?, element.text("version")?);
    if let Some(url) = element.text("url")? {
        let standard = version.is_some();
        return Ok((Canonical { url, version }, standard));
    }
    let id = id.ok_or_else(|| element.missing("url", "a list is named by it"))?;
    Ok((Canonical { url: format!("Questionnaire/{id}"), version }, false))
}

/// The value sets that a list needs and does not contain, as it names them.
pub fn value_sets(resource: &RawValue) -> Vec<String> {
    let mut names = Vec::new();
    if let Ok(element) = Element::resource(resource, "Questionnaire") {
        collect(&element, &mut names);
    }
    names.sort_unstable();
    names.dedup();
    names
}

fn collect(holder: &Element<'_>, names: &mut Vec<String>) {
    for item in holder.list("item").unwrap_or_default() {
        let named = item.text("answerValueSet").ok().flatten();
        names.extend(named.filter(|name| !name.starts_with('#')));
        collect(&item, names);
    }
}

/// The faults that our own check has found, by the first of them.
fn refusal(element: &Element<'_>, refused: &Refused) -> Fault {
    let Some(first) = refused.0.first() else {
        return element.fault("", FaultKind::Contradiction, "it cannot be answered");
    };
    let kind = match first.fault {
        CareFault::Unsupported(_) => FaultKind::Unsupported,
        CareFault::Contradiction(_) | CareFault::Initial(_) => FaultKind::Contradiction,
    };
    let member = first.item.as_ref().map_or_else(String::new, |item| format!("item '{item}'"));
    let others: String = refused.0.iter().skip(1).map(|refusal| format!("; {refusal}")).collect();
    element.fault(&member, kind, format!("{}{others}", first.fault))
}
