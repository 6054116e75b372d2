//! The one catalogue of words against all that use it. What the screens lack stops the build already;
//! here are the Rust sources of the whole program, and words that nobody uses.
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a test may fail")]

#[path = "../build/catalogue.rs"]
mod catalogue;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use catalogue::{Key, Locales, Texts};

fn inside(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn locales() -> Locales {
    catalogue::read(&inside("../assets/translations")).expect("the PO files")
}

/// Every `.text("context", "id"` and `.count("context", "one", "many"` in the program's sources.
fn used_by_programs() -> BTreeSet<Key> {
    let mut used = BTreeSet::new();
    for room in ["src", "../app/src", "../sync/src/service"] {
        for file in catalogue::files(&inside(room), "rs").unwrap_or_default() {
            let source = fs::read_to_string(&file).expect("a source file");
            // Tests may ask for words that do not exist.
            let source = source.split("#[cfg(test)]").next().unwrap_or_default();
            used.extend(calls(source, ".text(", false));
            used.extend(calls(source, ".count(", true));
        }
    }
    used
}

fn calls(source: &str, call: &str, counts: bool) -> Vec<Key> {
    let mut found = Vec::new();
    for rest in source.split(call).skip(1) {
        let Some((context, rest)) = argument(rest) else { continue };
        let Some((id, rest)) = argument(rest) else { continue };
        let plural = if counts { argument(rest).map(|(plural, _)| plural) } else { None };
        found.push(Key { context, id, plural });
    }
    found
}

/// A string literal followed by a comma. Two literals with a comma after each are taken for words.
fn argument(source: &str) -> Option<(String, &str)> {
    let (text, rest) = catalogue::literal(source)?;
    Some((text, rest.trim_start().strip_prefix(',')?))
}

#[test]
fn every_language_has_every_word_with_the_same_placeholders() {
    let mut used = catalogue::used_by_screens(&inside("ui")).expect("the screens");
    used.extend(used_by_programs());
    let faults = catalogue::faults(&locales(), &used);
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn no_word_is_left_that_nobody_uses() {
    let mut used = catalogue::used_by_screens(&inside("ui")).expect("the screens");
    used.extend(used_by_programs());
    assert!(used.len() > 40, "the search for words finds them: {}", used.len());
    for (language, texts) in locales() {
        let unused: Vec<_> = texts.keys().filter(|key| !used.contains(key)).collect();
        assert!(unused.is_empty(), "{language}: {unused:#?}");
    }
}

#[test]
fn norwegian_words_are_norwegian_and_written_whole() {
    let nb = &locales()["nb"];
    let text: String = nb.values().flatten().map(String::as_str).collect();
    for letter in ['æ', 'ø', 'å'] {
        assert!(text.contains(letter), "{letter} is nowhere");
    }
    for forms in nb.values() {
        for form in forms {
            assert!(!form.contains("  "), "two spaces: {form:?}");
            assert_eq!(form.trim(), form, "spaces at the end: {form:?}");
            assert!(!form.contains(['“', '”', '"']), "English quotation marks: {form:?}");
        }
    }
}

fn key(id: &str) -> Key {
    Key { context: "test".to_owned(), id: id.to_owned(), plural: None }
}

fn one_language(id: &str, form: &str) -> Locales {
    let texts = Texts::from([(key(id), vec![form.to_owned()])]);
    Locales::from([("nb".to_owned(), texts)])
}

#[test]
fn what_is_wrong_with_a_catalogue_is_found() {
    let none = BTreeSet::new();
    assert!(catalogue::faults(&one_language("Hello {}", "Hei {}"), &none).is_empty());
    assert!(catalogue::faults(&one_language("Hello {}", "Hei {0}"), &none).is_empty());
    assert_eq!(catalogue::faults(&one_language("Hello {}", "Hei"), &none).len(), 1);
    assert_eq!(catalogue::faults(&one_language("Hello", "Hei {}"), &none).len(), 1);
    let used = BTreeSet::from([key("Bye")]);
    assert_eq!(catalogue::faults(&one_language("Hello", "Hei"), &used).len(), 1);
    let mut two = one_language("Hello", "Hei");
    two.insert("en".to_owned(), Texts::new());
    assert_eq!(catalogue::faults(&two, &none).len(), 1);
}
