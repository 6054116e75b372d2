//! The README's table of supported devices is the one that the code makes: `DAGSFORM_UPDATE=1` writes it anew.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::{fmt::Write as _, path::Path};

use dagsform_care::Kind;
use dagsform_sensors::{device, services};

const BEGIN: &str = "<!-- supported devices: made by sensors/tests/supported.rs -->\n";
const END: &str = "<!-- end of supported devices -->\n";

#[test]
fn the_readme_lists_the_devices_that_the_code_knows() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md");
    let readme = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = readme.split_once(BEGIN).unwrap();
    let (_, after) = rest.split_once(END).unwrap();
    let made = format!("{before}{BEGIN}{}{END}{after}", table());
    if std::env::var_os("DAGSFORM_UPDATE").is_some() {
        std::fs::write(path, made).unwrap();
    } else {
        assert!(made == readme, "the table is not that of the code; DAGSFORM_UPDATE=1 writes it anew");
    }
}

fn table() -> String {
    let mut table = String::from("| device | measures | how it is known |\n|---|---|---|\n");
    for (service, name) in services::MEASURING {
        let kind = services::kind_of(service).map(word).unwrap_or_default();
        writeln!(
            table,
            "| any with the {name} service (0x{service:04X}) | {kind} | the specification; simulated devices; vectors |"
        )
        .unwrap();
    }
    let mut models: Vec<_> = device::models().collect();
    models.sort_by_key(|model| model.name.to_lowercase());
    for model in models {
        let kinds: Vec<&str> = model.kinds.iter().copied().map(word).collect();
        writeln!(table, "| {} | {} | {} |", model.name, kinds.join(", "), model.known).unwrap();
    }
    table
}

fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::PulseOximetry => "oxygen saturation, pulse",
        Kind::BloodPressure => "blood pressure, pulse",
        Kind::BodyWeight => "weight",
        Kind::BloodGlucose => "blood glucose",
        Kind::BodyTemperature => "temperature",
        Kind::Spirometry => "PEF, FEV1",
    }
}
