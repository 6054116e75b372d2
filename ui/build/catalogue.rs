//! Reads the PO files and says what is wrong with them. Used by the build and by a test.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fs;
use std::path::Path;

use rspolib::TranslatedEntry;

/// The place of one text in the catalogue.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    pub(crate) context: String,
    pub(crate) id: String,
    /// The English plural, for texts that count something.
    pub(crate) plural: Option<String>,
}

/// One language: its forms for each text (one, or one for each plural form).
pub(crate) type Texts = BTreeMap<Key, Vec<String>>;

/// All languages by their folder's name.
pub(crate) type Locales = BTreeMap<String, Texts>;

/// Reads `<folder>/<language>/LC_MESSAGES/dagsform-ui.po` for every language.
pub(crate) fn read(folder: &Path) -> Result<Locales, Box<dyn Error>> {
    let mut locales = Locales::new();
    for language in fs::read_dir(folder)? {
        let language = language?;
        let file = language.path().join("LC_MESSAGES/dagsform-ui.po");
        let catalogue = rspolib::pofile(file.as_path()).map_err(|error| format!("{}: {error}", file.display()))?;
        let mut texts = Texts::new();
        for entry in catalogue.entries {
            if entry.obsolete {
                continue;
            }
            let forms = match (entry.translated(), &entry.msgid_plural) {
                (false, _) => Vec::new(),
                (true, Some(_)) => entry.msgstr_plural.clone(),
                (true, None) => entry.msgstr.clone().into_iter().collect(),
            };
            let key = Key { context: entry.msgctxt.unwrap_or_default(), id: entry.msgid, plural: entry.msgid_plural };
            if texts.insert(key.clone(), forms).is_some() {
                return Err(format!("{}: twice: {key:?}", file.display()).into());
            }
        }
        locales.insert(language.file_name().to_string_lossy().into_owned(), texts);
    }
    Ok(locales)
}

/// What is wrong: a text not in every language, not translated, with other placeholders, or used but absent.
pub(crate) fn faults(locales: &Locales, used: &BTreeSet<Key>) -> Vec<String> {
    let mut faults = Vec::new();
    let everything: BTreeSet<&Key> = locales.values().flat_map(Texts::keys).chain(used).collect();
    for key in everything {
        for (language, texts) in locales {
            let name = format!("{language}: [{}] {:?}", key.context, key.id);
            match texts.get(key).map(Vec::as_slice) {
                None => faults.push(format!("{name} is missing")),
                Some([]) => faults.push(format!("{name} is not translated")),
                Some(forms) => faults.extend(
                    forms
                        .iter()
                        .filter(|form| !same_placeholders(key, form))
                        .map(|form| format!("{name} has other placeholders than {form:?}")),
                ),
            }
        }
    }
    faults
}

/// The singular may leave the number out ("one reading"), so `{n}` is not compared there.
fn same_placeholders(key: &Key, form: &str) -> bool {
    let mut wanted = placeholders(&key.id);
    let mut found = placeholders(form);
    if key.plural.is_some() {
        wanted.remove("n");
        found.remove("n");
    }
    wanted == found
}

fn placeholders(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut unnamed = 0;
    let mut rest = text;
    while let Some((_, tail)) = rest.split_once('{') {
        let Some((name, tail)) = tail.split_once('}') else { break };
        if name.is_empty() {
            found.insert(unnamed.to_string());
            unnamed += 1;
        } else {
            found.insert(name.to_owned());
        }
        rest = tail;
    }
    found
}

/// Every `@tr("context" => "id" | "plural" % n)` in the screens under `folder`.
pub(crate) fn used_by_screens(folder: &Path) -> Result<BTreeSet<Key>, Box<dyn Error>> {
    let mut used = BTreeSet::new();
    for file in files(folder, "slint")? {
        let source = fs::read_to_string(&file)?;
        for call in source.split("@tr(").skip(1) {
            let (context, rest) = literal(call)
                .and_then(|(text, rest)| Some((text, rest.trim_start().strip_prefix("=>")?)))
                .ok_or_else(|| format!("{}: @tr without a context", file.display()))?;
            let (id, rest) = literal(rest).ok_or_else(|| format!("{}: @tr without a text", file.display()))?;
            let plural = rest.trim_start().strip_prefix('|').and_then(literal);
            used.insert(Key { context, id, plural: plural.map(|(text, _)| text) });
        }
    }
    Ok(used)
}

/// Every file with this extension under `folder`.
pub(crate) fn files(folder: &Path, extension: &str) -> std::io::Result<Vec<std::path::PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path, extension)?);
        } else if path.extension().is_some_and(|e| e == extension) {
            found.push(path);
        }
    }
    Ok(found)
}

/// The string literal that `source` begins with, and what follows it.
pub(crate) fn literal(source: &str) -> Option<(String, &str)> {
    let body = source.trim_start().strip_prefix('"')?;
    let mut text = String::new();
    let mut characters = body.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return body.get(at + 1..).map(|rest| (text, rest)),
            '\\' => match characters.next()?.1 {
                'n' => text.push('\n'),
                other => text.push(other),
            },
            other => text.push(other),
        }
    }
    None
}
