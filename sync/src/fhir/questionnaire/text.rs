//! Texts with their translations.

use std::collections::BTreeMap;

use dagsform_care::questionnaire::Text;

use super::extensions::{self, TRANSLATION};
use crate::fhir::{
    element::{Element, Harmless, NOTHING},
    fault::Fault,
};

/// The text of a member, with the translations that stand beside it (`_text`).
pub(super) fn read(holder: &Element<'_>, name: &str, language: Option<&str>) -> Result<Option<Text>, Fault> {
    let Some(own) = holder.text(name)? else { return Ok(None) };
    let translations = match holder.child(&format!("_{name}"))? {
        Some(beside) => translations(&beside)?,
        None => BTreeMap::new(),
    };
    Ok(Some(Text { own, language: language.map(str::to_owned), translations }))
}

fn translations(beside: &Element<'_>) -> Result<BTreeMap<String, String>, Fault> {
    let mut all = BTreeMap::new();
    for translation in beside.extensions_of(TRANSLATION)? {
        let language = translation.extension_value("lang", "valueCode", Element::text)?;
        let language = language.ok_or_else(|| translation.missing("lang", "write the language of the text"))?;
        let content = match translation.extension("content")? {
            Some(content) => {
                // R4 has a string here, and markdown for long texts.
                let name = if content.has("valueMarkdown") { "valueMarkdown" } else { "valueString" };
                let text = content.need(name, Element::text)?;
                content.finish(&NOTHING)?;
                text
            }
            None => return Err(translation.missing("content", "write the text")),
        };
        translation.finish(&NOTHING)?;
        all.insert(language, content);
    }
    beside.finish(&Harmless { members: &[], extension: extensions::of_texts })?;
    Ok(all)
}
