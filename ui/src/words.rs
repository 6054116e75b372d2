//! The one catalogue of words, for everything that is not a `.slint` file.
//!
//! The texts live in `assets/translations/<language>/LC_MESSAGES/dagsform-ui.po`. The build reads
//! them for the screens and for this table alike, and stops when a language lacks one.

use crate::language::Language;

/// The texts of one language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Words {
    language: Language,
}

struct Entry {
    context: &'static str,
    id: &'static str,
    forms: &'static [&'static str],
}

mod table {
    use super::Entry;
    include!(concat!(env!("OUT_DIR"), "/catalogue.rs"));
}

impl Words {
    /// The words of this language.
    #[must_use]
    pub const fn in_language(language: Language) -> Self {
        Self { language }
    }

    /// The language they are in.
    #[must_use]
    pub const fn language(self) -> Language {
        self.language
    }

    /// The text of this context and English wording, with `{}`, `{0}`, `{1}` … filled in.
    ///
    /// A text that is not in the catalogue (a test looks for such calls) comes back in English.
    #[must_use]
    pub fn text(self, context: &str, id: &str, arguments: &[&str]) -> String {
        let text = self.forms(context, id).and_then(|forms| forms.first().copied()).unwrap_or(id);
        filled(text, arguments, None)
    }

    /// As [`Words::text`] for a number of things: `one` and `many` are the English wordings, `{n}` the number.
    #[must_use]
    pub fn count(self, context: &str, one: &str, many: &str, number: u32, arguments: &[&str]) -> String {
        let form = usize::from(number != 1);
        let text = self
            .forms(context, one)
            .and_then(|forms| forms.get(form).or(forms.last()).copied())
            .unwrap_or(if form == 0 { one } else { many });
        filled(text, arguments, Some(number))
    }

    /// A decimal number (`97`, `-36.6`) as it is written in this language; `None` if it is not one.
    #[must_use]
    pub fn number(self, number: &str) -> Option<String> {
        let (sign, size) = match number.strip_prefix('-') {
            Some(size) => ("\u{2212}", size),
            None => ("", number),
        };
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        let separator = self.decimal_mark();
        match size.split_once('.') {
            None if digits(size) => Some(format!("{sign}{size}")),
            Some((whole, decimals)) if digits(whole) && digits(decimals) => {
                Some(format!("{sign}{whole}{separator}{decimals}"))
            }
            _ => None,
        }
    }

    /// What stands before the decimals in this language.
    pub(crate) const fn decimal_mark(self) -> &'static str {
        match self.language {
            Language::Nb => ",",
            Language::En => ".",
        }
    }

    fn forms(self, context: &str, id: &str) -> Option<&'static [&'static str]> {
        let table = match self.language {
            Language::Nb => table::NB,
            Language::En => table::EN,
        };
        table
            .binary_search_by(|entry| (entry.context, entry.id).cmp(&(context, id)))
            .ok()
            .and_then(|at| table.get(at))
            .map(|entry| entry.forms)
    }
}

/// Fills placeholders as Slint's `@tr` does.
fn filled(text: &str, arguments: &[&str], number: Option<u32>) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut unnamed = 0;
    let mut rest = text;
    while let Some((before, tail)) = rest.split_once('{') {
        let Some((name, after)) = tail.split_once('}') else { break };
        filled.push_str(before);
        let at = if name.is_empty() {
            unnamed += 1;
            Some(unnamed - 1)
        } else {
            name.parse::<usize>().ok()
        };
        match (name, number, at.and_then(|at| arguments.get(at))) {
            ("n", Some(number), _) => filled.push_str(&number.to_string()),
            (_, _, Some(argument)) => filled.push_str(argument),
            _ => {
                filled.push('{');
                filled.push_str(name);
                filled.push('}');
            }
        }
        rest = after;
    }
    filled.push_str(rest);
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    const NB: Words = Words::in_language(Language::Nb);
    const EN: Words = Words::in_language(Language::En);

    #[test]
    fn numbers_have_a_comma_in_norwegian_and_a_point_in_english() {
        assert_eq!(NB.number("36.6").as_deref(), Some("36,6"));
        assert_eq!(EN.number("36.6").as_deref(), Some("36.6"));
        assert_eq!(NB.number("97").as_deref(), Some("97"));
        assert_eq!(NB.number("-0.5").as_deref(), Some("\u{2212}0,5"));
    }

    #[test]
    fn placeholders_are_filled_by_order_and_by_number() {
        assert_eq!(filled("{} and {}", &["a", "b"], None), "a and b");
        assert_eq!(filled("{1} before {0}", &["a", "b"], None), "b before a");
        assert_eq!(filled("{n} of {}", &["them"], Some(3)), "3 of them");
        assert_eq!(filled("{} is missing", &[], None), "{} is missing");
        assert_eq!(filled("an open { brace", &["a"], None), "an open { brace");
    }

    #[test]
    fn an_argument_is_never_read_as_a_placeholder() {
        assert_eq!(filled("{} {}", &["{1}", "b"], None), "{1} b");
    }

    #[test]
    fn an_unknown_text_comes_back_in_english() {
        assert_eq!(NB.text("nowhere", "Not there", &[]), "Not there");
    }
}
