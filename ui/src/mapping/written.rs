//! In which language the service's words are, told where the screen speaks another (brief R34).

use crate::words::Words;

/// The language in words, where it differs from the screen's.
pub(super) fn other_language(tag: Option<&str>, words: Words) -> Option<String> {
    let primary = tag?.split(['-', '_']).next()?.to_ascii_lowercase();
    let norwegian = |tag: &str| matches!(tag, "nb" | "nn" | "no");
    let screen = words.language().tag();
    if primary == screen || norwegian(&primary) && norwegian(screen) {
        return None;
    }
    Some(match primary.as_str() {
        "nb" | "nn" | "no" => words.text("language", "Norwegian", &[]),
        "en" => words.text("language", "English", &[]),
        "se" => words.text("language", "Northern Sámi", &[]),
        _ => words.text("language", "another language", &[]),
    })
}

/// The line under the plan's words; empty where it is in the screen's language.
pub(super) fn plan(tag: Option<&str>, words: Words) -> String {
    let language = other_language(tag, words);
    language.map(|language| words.text("language", "The plan is written in {}.", &[&language])).unwrap_or_default()
}

/// The line under a question; empty where it is in the screen's language.
pub(super) fn questions(tag: Option<&str>, words: Words) -> String {
    let language = other_language(tag, words);
    language
        .map(|language| words.text("language", "The questions are written in {}.", &[&language]))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Language;

    #[test]
    fn only_another_language_than_the_screens_is_told() {
        let (nb, en) = (Words::in_language(Language::Nb), Words::in_language(Language::En));
        for (tag, words, told) in [
            (None, nb, None),
            (Some("nb-NO"), nb, None),
            (Some("no"), nb, None),
            (Some("nn"), nb, None),
            (Some("en-GB"), en, None),
            (Some("nb"), en, Some("Norwegian")),
            (Some("EN"), nb, Some("engelsk")),
            (Some("se"), nb, Some("nordsamisk")),
            (Some("pl"), nb, Some("et annet språk")),
        ] {
            assert_eq!(other_language(tag, words).as_deref(), told, "{tag:?}");
        }
    }
}
