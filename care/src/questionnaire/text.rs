//! Words that came with a questionnaire, in the languages they came in.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A text and its translations (the FHIR extension
/// `http://hl7.org/fhir/StructureDefinition/translation`). Languages are BCP 47 tags such as `nb` or `nb-NO`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    /// The text as its author wrote it.
    pub own: String,
    /// The language of that, where it is said (`Questionnaire.language`).
    pub language: Option<String>,
    /// Translations by language.
    pub translations: BTreeMap<String, String>,
}

/// A text as it is shown, with the language it is in, so that it can be marked and read aloud in its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Said<'a> {
    /// The words.
    pub text: &'a str,
    /// Their language; `None` where the author did not say.
    pub language: Option<&'a str>,
}

impl Text {
    /// A text without translations, in a language that is not said.
    pub fn plain(own: impl Into<String>) -> Self {
        Self { own: own.into(), language: None, translations: BTreeMap::new() }
    }

    /// The text in a language if there is one: the same tag, else the same primary language (`nb` for `nb-NO`, and
    /// `nb` for `no`), else as its author wrote it.
    pub fn in_language(&self, wanted: &str) -> Said<'_> {
        let own = Said { text: &self.own, language: self.language.as_deref() };
        let translated = self.translations.iter().map(|(language, text)| Said { text, language: Some(language) });
        let all: Vec<Said<'_>> = std::iter::once(own).chain(translated).filter(|said| !said.text.is_empty()).collect();
        let find = |same: fn(&str, &str) -> bool| {
            all.iter().find(|said| said.language.is_some_and(|language| same(language, wanted))).copied()
        };
        find(|a, b| a.eq_ignore_ascii_case(b)).or_else(|| find(|a, b| primary(a) == primary(b))).unwrap_or(own)
    }

    /// Whether it says nothing.
    pub fn is_blank(&self) -> bool {
        self.own.trim().is_empty()
    }
}

/// The primary language of a tag. `no` is written for bokmål.
fn primary(tag: &str) -> String {
    let primary = tag.split(['-', '_']).next().unwrap_or(tag).to_ascii_lowercase();
    if primary == "no" { "nb".to_owned() } else { primary }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_said_in_the_language_asked_for_or_as_it_was_written_and_says_which() {
        let text = Text {
            own: "Er du kvalm?".into(),
            language: Some("nb-NO".into()),
            translations: [("en", "Do you feel sick?"), ("nn", "Er du kvalm? (nn)"), ("se", "")]
                .map(|(language, text)| (language.to_owned(), text.to_owned()))
                .into(),
        };
        for (wanted, said, language) in [
            ("nb-NO", "Er du kvalm?", "nb-NO"),
            ("nb", "Er du kvalm?", "nb-NO"),
            ("no", "Er du kvalm?", "nb-NO"),
            ("NN", "Er du kvalm? (nn)", "nn"),
            ("en-GB", "Do you feel sick?", "en"),
            // An empty translation is none.
            ("se", "Er du kvalm?", "nb-NO"),
            ("uk", "Er du kvalm?", "nb-NO"),
        ] {
            assert_eq!(text.in_language(wanted), Said { text: said, language: Some(language) }, "{wanted}");
        }
        assert_eq!(Text::plain("Vekt").in_language("en"), Said { text: "Vekt", language: None });
    }
}
