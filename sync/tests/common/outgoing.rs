//! All that is sent: the examples in `golden/`, and a few hundred readings and items by chance, in both forms.

use std::path::Path;

use dagsform_care::Source;
use dagsform_sync::{BodyForm, Enrolment, Entry, fhir, outbox::ItemEntry};
use proptest::{
    strategy::{Strategy, ValueTree},
    test_runner::TestRunner,
};
use serde_json::value::RawValue;

use super::{
    SERVICE,
    any::{any_item, any_reading},
    enrolment, entry,
};

/// So many readings and so many items of each form.
const EACH: usize = 200;

/// JSON texts: Bundles as they are posted, and the single resources of the examples.
pub fn everything() -> Vec<String> {
    let mut all = examples();
    for form in [BodyForm::Fhir, BodyForm::Pmd] {
        all.extend(by_chance(form));
    }
    all
}

/// The resources and bundles of the examples.
fn examples() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let mut all = Vec::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        match serde_json::from_str::<Vec<Box<RawValue>>>(&text) {
            Ok(several) => all.extend(several.iter().map(|one| one.get().to_owned())),
            Err(_) => all.push(text),
        }
    }
    assert!(all.len() > 20);
    all
}

/// Bundles of made-up readings and items. The same in every run.
fn by_chance(form: BodyForm) -> Vec<String> {
    let enrolment = Enrolment { form, ..enrolment(SERVICE) };
    let tablet = fhir::device::tablet(&enrolment.tablet).unwrap();
    let posted = |mapped: fhir::Mapped| {
        let resources = [&tablet].into_iter().chain(&mapped.sensor).chain(&mapped.resources);
        let bundle = match form {
            BodyForm::Fhir => fhir::transaction(resources),
            BodyForm::Pmd => fhir::batch(resources),
        };
        serde_json::to_string(&bundle).unwrap()
    };
    // Numbers beyond what a double holds are FHIR, but no device sends them and few programs read them.
    let is_common = |text: &String| serde_json::from_str::<serde_json::Value>(text).is_ok();
    let mut runner = TestRunner::deterministic();
    let mut all = Vec::new();
    // Most of any readings are refused: they have a number twice, or a time that nobody can write.
    while all.len() < EACH {
        let reading = any_reading().new_tree(&mut runner).unwrap().current();
        let sent_before = all.len() % 3 == 0;
        let sensor = entry(1, reading.clone()).sensor.filter(|_| reading.source != Source::ByHand);
        let entry = Entry { sent_before, sensor, ..entry(1, reading) };
        all.extend(fhir::map(&entry, &enrolment).ok().map(posted).filter(is_common));
    }
    for n in 0..EACH {
        let item = any_item().new_tree(&mut runner).unwrap().current();
        let entry = ItemEntry { number: 1, version: 1, item, sent_before: n % 3 == 0 };
        all.push(posted(fhir::map_item(&entry, &enrolment).unwrap()));
    }
    all
}
