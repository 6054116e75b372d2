//! The languages of the screens.

/// A language the whole program can speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Language {
    /// Norwegian bokmål.
    #[default]
    Nb,
    /// English.
    En,
}

impl Language {
    /// All languages, in the order the switch shows them.
    pub const ALL: [Self; 2] = [Self::Nb, Self::En];

    /// Its tag (BCP 47), which is also its folder in the catalogue.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Nb => "nb",
            Self::En => "en",
        }
    }

    /// Its name in itself. Never translated: who seeks their language must be able to read it.
    #[must_use]
    pub const fn own_name(self) -> &'static str {
        match self {
            Self::Nb => "Norsk bokmål",
            Self::En => "English",
        }
    }

    /// The language of a tag such as `nb`, `nb-NO` or `en_GB.UTF-8`; `no` means bokmål.
    #[must_use]
    pub fn from_tag(tag: &str) -> Option<Self> {
        match tag.split(['-', '_', '.']).next()? {
            "nb" | "no" => Some(Self::Nb),
            "en" => Some(Self::En),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_is_found_by_its_own_tag() {
        for language in Language::ALL {
            assert_eq!(Language::from_tag(language.tag()), Some(language));
        }
    }

    #[test]
    fn tags_of_the_operating_system_are_understood() {
        assert_eq!(Language::from_tag("nb_NO.UTF-8"), Some(Language::Nb));
        assert_eq!(Language::from_tag("no"), Some(Language::Nb));
        assert_eq!(Language::from_tag("en-GB"), Some(Language::En));
        assert_eq!(Language::from_tag("fi"), None);
    }
}
