//! Questionnaires that no one here wrote: the examples of FHIR R4 and of the SDC guide (`questionnaires/SOURCES.md`).
//! Each is read, or refused by the name of the item and the reason; the outcome of each is frozen.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    unreachable_pub,
    reason = "tests"
)]

use std::{collections::BTreeMap, fs, path::Path};

use dagsform_sync::fhir::questionnaire;
use serde::Deserialize;
use serde_json::value::RawValue;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Any {
    resource_type: String,
    #[serde(default)]
    entry: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    resource: Box<RawValue>,
}

fn kind(json: &RawValue) -> Any {
    serde_json::from_str(json.get()).unwrap()
}

/// The questionnaire of a file, with the value sets that came in the same file.
fn open(path: &Path) -> (Box<RawValue>, Vec<Box<RawValue>>) {
    let json: Box<RawValue> = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let any = kind(&json);
    if any.resource_type != "Bundle" {
        return (json, Vec::new());
    }
    let of =
        |wanted| any.entry.iter().map(|entry| &entry.resource).filter(move |json| kind(json).resource_type == wanted);
    (of("Questionnaire").next().unwrap().clone(), of("ValueSet").cloned().collect())
}

/// What becomes of each file of a folder.
fn outcomes(folder: &str) -> BTreeMap<String, Result<usize, String>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/questionnaires");
    let beside: Vec<Box<RawValue>> = fs::read_dir(root.join("r4/valuesets"))
        .unwrap()
        .map(|file| serde_json::from_str(&fs::read_to_string(file.unwrap().path()).unwrap()).unwrap())
        .collect();
    let mut all = BTreeMap::new();
    for file in fs::read_dir(root.join(folder)).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let (json, mut value_sets) = open(&path);
        value_sets.extend(beside.iter().cloned());
        let outcome = questionnaire::read(&json, &value_sets).map(|read| read.items.len());
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        all.insert(name, outcome.map_err(|fault| fault.to_string()));
    }
    all
}

/// Stands for no refusal.
const READ: &str = "";

/// Compares with what is frozen: nothing for a file that is read, else a part of the refusal.
fn compare(folder: &str, expected: &[(&str, &str)]) -> usize {
    let outcomes = outcomes(folder);
    let mut wrong = Vec::new();
    for (name, outcome) in &outcomes {
        let expected = expected.iter().find(|(frozen, _)| frozen == name).map(|(_, words)| *words);
        println!("{folder}/{name}: {}", outcome.as_ref().map_or_else(String::clone, |_| "read".to_owned()));
        let right = match (outcome, expected) {
            (Ok(_), Some(words)) => words == READ,
            (Err(fault), Some(words)) => words != READ && fault.contains(words),
            (_, None) => false,
        };
        if !right {
            wrong.push(format!("{name}: {outcome:?}, not {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(outcomes.len(), expected.len());
    let read = outcomes.values().filter(|outcome| outcome.is_ok()).count();
    println!("{folder}: {read} of {} are read", outcomes.len());
    read
}

#[test]
fn the_examples_of_r4_are_read_or_refused_by_item() {
    let read = compare(
        "r4",
        &[
            // Family members, each by a reference.
            ("Bundle-ussg-fht", "item '2.1.1.0'.type: 'reference'"),
            ("Questionnaire-3141", READ),
            ("Questionnaire-bb", READ),
            ("Questionnaire-f201", READ),
            ("Questionnaire-gcs", READ),
            (
                "Questionnaire-phq-9-questionnaire",
                "item 'LittleInterest'.answerValueSet: the value set http://loinc.org/vs/LL358-3",
            ),
            ("Questionnaire-qs1", "item 'Account'.item[0].linkId: it is missing"),
            ("Questionnaire-zika-virus-exposure-assessment", READ),
        ],
    );
    assert_eq!(read, 5);
}

#[test]
fn the_examples_of_the_sdc_guide_are_read_or_refused_by_item() {
    let read = compare(
        "sdc",
        &[
            (
                "Questionnaire-anc-quick-check",
                "extension(sdc-questionnaire-itemAnswerMedia).valueAttachment.contentType",
            ),
            ("Questionnaire-demographics", "item 'relative.relationship'.answerValueSet"),
            ("Questionnaire-extract-complex-defn3", "item 'gender'.answerValueSet"),
            ("Questionnaire-extract-complex-smap", "item 'gender'.answerValueSet"),
            ("Questionnaire-extract-complex-template", "item 'gender'.answerValueSet"),
            ("Questionnaire-extract-complex-template2", "item 'gender'.answerValueSet"),
            (
                "Questionnaire-questionnaire-sdc-profile-example-PHQ9",
                "item 'H1/TS'.extension(sdc-questionnaire-calculatedExpression)",
            ),
            ("Questionnaire-questionnaire-sdc-profile-example-PHQ9-search", "sdc-questionnaire-questionnaireAdaptive"),
            ("Questionnaire-questionnaire-sdc-profile-example-context-expression", READ),
            ("Questionnaire-questionnaire-sdc-profile-example-cqf-PHQ9", "item 'LittleInterest'.answerValueSet"),
            (
                "Questionnaire-questionnaire-sdc-profile-example-framingham-hchd-lhc",
                "item 'riskPercentage'.extension(sdc-questionnaire-calculatedExpression)",
            ),
            ("Questionnaire-questionnaire-sdc-profile-example-image-options", READ),
            (
                "Questionnaire-questionnaire-sdc-profile-example-item-weight",
                "item '6'.extension(sdc-questionnaire-calculatedExpression)",
            ),
            ("Questionnaire-questionnaire-sdc-profile-example-multi-subject", "item '5.1'.type: 'reference'"),
            ("Questionnaire-questionnaire-sdc-profile-example-render", "item '3.2'.answerValueSet"),
            (
                "Questionnaire-questionnaire-sdc-profile-example-weight-height-tracking-panel",
                "item '/39156-5'.extension(sdc-questionnaire-calculatedExpression)",
            ),
            ("Questionnaire-questionnaire-sdc-test-all-data-types", "item 'id-attachment'.type: 'attachment'"),
            (
                "Questionnaire-questionnaire-sdc-test-enableWhen",
                "item '1acf93a7-0890-44cd-be48-542defb35248'.answerValueSet",
            ),
            ("Questionnaire-questionnaire-sdc-test-fhirpath-prepop-candexpr", "item 'contacts': a group that repeats"),
            ("Questionnaire-questionnaire-sdc-test-fhirpath-prepop-initialexpression", READ),
            ("Questionnaire-questionnaire-sdc-test-fhirpath-prepop-source-query", "item 'med-category'.answerValueSet"),
            (
                "Questionnaire-questionnaire-sdc-test-initialvalue",
                "item '1acf93a7-0890-44cd-be48-542defb35248'.answerValueSet",
            ),
            (
                "Questionnaire-questionnaire-sdc-test-initialvalue-multiple",
                "item '1acf93a7-0890-44cd-be48-542defb35248'.answerValueSet",
            ),
            (
                "Questionnaire-questionnaire-sdc-test-nested-groups",
                "item '34b78239-1df2-49c5-a1ab-8f5691c7ede0'.answerValueSet",
            ),
            ("Questionnaire-questionnaire-sdc-test-required-radios", "item 'radio'.answerValueSet"),
            ("Questionnaire-sdc-derivation-child", READ),
            ("Questionnaire-sdc-derivation-parent", READ),
            ("Questionnaire-sdc-modular-contact", "sdc-questionnaire-subQuestionnaire here"),
            ("Questionnaire-sdc-modular-name", "item '1'.answerOption"),
            ("Questionnaire-sdc-modular-root", "sdc-questionnaire-subQuestionnaire here"),
        ],
    );
    assert_eq!(read, 5);
}
