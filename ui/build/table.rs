//! Writes the catalogue as a sorted table of constants.

use std::fmt::{Error, Write};

use crate::catalogue::Locales;

/// One `static` for each language, sorted by context and id for a binary search.
pub(crate) fn source(locales: &Locales) -> Result<String, Error> {
    let mut source = String::new();
    for (language, texts) in locales {
        writeln!(source, "pub(super) static {}: &[Entry] = &[", language.to_uppercase())?;
        for (key, forms) in texts {
            writeln!(source, "    Entry {{ context: {:?}, id: {:?}, forms: &{forms:?} }},", key.context, key.id)?;
        }
        writeln!(source, "];")?;
    }
    Ok(source)
}
