//! Compiles the screens and the one catalogue of words; a word missing in a language stops the build.

#[path = "build/catalogue.rs"]
mod catalogue;
#[path = "build/table.rs"]
mod table;

use std::error::Error;
use std::path::PathBuf;

const TRANSLATIONS: &str = "../assets/translations";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={TRANSLATIONS}");
    println!("cargo::rerun-if-changed=ui");
    println!("cargo::rerun-if-changed=../assets/fonts");
    println!("cargo::rerun-if-changed=../assets/icons");

    let locales = catalogue::read(TRANSLATIONS.as_ref())?;
    let faults = catalogue::faults(&locales, &catalogue::used_by_screens("ui".as_ref())?);
    if !faults.is_empty() {
        return Err(format!("the catalogue of words:\n  {}", faults.join("\n  ")).into());
    }
    let out = PathBuf::from(std::env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?);
    std::fs::write(out.join("catalogue.rs"), table::source(&locales)?)?;

    let configuration = slint_build::CompilerConfiguration::new()
        .with_bundled_translations(TRANSLATIONS)
        .with_default_translation_context(slint_build::DefaultTranslationContext::None)
        .embed_resources(slint_build::EmbedResourcesKind::EmbedFiles);
    slint_build::compile_with_config("ui/main.slint", configuration)?;
    Ok(())
}
