//! Questionnaires that no one here wrote: the examples of FHIR R4 and of the SDC guide (`questionnaires/SOURCES.md`).
//! Each is read and answered to its end, or refused by the name of the item and the reason; the outcome of each is
//! frozen.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    unreachable_pub,
    reason = "tests"
)]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use chrono::{DateTime, FixedOffset};
use dagsform_care::{
    Decimal,
    questionnaire::{
        AllGiven, Answer, Answered, Coding, Filling, Item, ItemKind, Number, Questionnaire,
        filling::{Effect, Event, Stage, update},
    },
};
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

fn now() -> DateTime<FixedOffset> {
    "2026-11-23T08:30:00+01:00".parse().unwrap()
}

/// An answer that fits a question.
fn fitting(item: &Item) -> Answer {
    let least = |number: &Number| number.bounds.min.unwrap_or(Decimal::new(1, 0));
    let words =
        |most: Option<u32>| "Som før".chars().take(most.map_or(usize::MAX, |most| most.try_into().unwrap())).collect();
    match &item.kind {
        ItemKind::Group | ItemKind::Display => panic!("'{}' is no question", item.link_id),
        ItemKind::Boolean => Answer::Boolean(true),
        ItemKind::Choice(options) => options[0].value.clone(),
        ItemKind::OpenChoice(options) => {
            options.first().map_or_else(|| Answer::Text(words(None)), |first| first.value.clone())
        }
        ItemKind::Integer(number) => Answer::Integer(least(number).to_string().parse().unwrap()),
        ItemKind::Decimal(number) => Answer::Decimal(least(number)),
        ItemKind::Quantity { number, units } => {
            let own_word = || Coding { system: None, code: "uker".to_owned(), display: None };
            let unit = units.first().map_or_else(own_word, |unit| unit.coding.clone());
            Answer::Quantity { value: least(number), unit }
        }
        ItemKind::String { max_length } | ItemKind::Text { max_length } => Answer::Text(words(*max_length)),
        ItemKind::Date(bounds) => Answer::Date(bounds.min.unwrap_or(now().date_naive())),
        ItemKind::DateTime(bounds) => Answer::DateTime(bounds.min.unwrap_or(now())),
        ItemKind::Time(bounds) => Answer::Time(bounds.min.unwrap_or(now().time())),
    }
}

/// Answers every question that is asked, one after the other, and sends the answers in; how many there were.
fn answer(name: &str, questionnaire: Questionnaire) -> usize {
    let checked = questionnaire.check().unwrap();
    let mut filling = Filling::begin(&checked);
    let mut asked = AllGiven::new();
    let mut passed = BTreeSet::new();
    while let Stage::Asking { at, .. } = filling.stage.clone() {
        assert!(passed.insert(at.clone()), "{name} comes to '{at}' twice");
        let item = *checked.way_to(&at).last().unwrap();
        if item.is_question() {
            let (answered, effect) = update(&checked, filling, Event::Answer(vec![fitting(item)]));
            assert_eq!(answered.unfit, None, "{name}: '{at}'");
            assert_eq!(effect, Some(Effect::StoreDraft), "{name}: '{at}'");
            asked.insert(at.clone(), answered.given[&at].clone());
            filling = answered;
        }
        filling = update(&checked, filling, Event::Next).0;
    }
    assert_eq!(filling.stage, Stage::Summary, "{name}");
    let steps = checked.steps(&filling.given).into_iter().filter(|item| item.is_question());
    let steps: BTreeSet<_> = steps.map(|item| &item.link_id).collect();
    assert_eq!(asked.keys().collect::<BTreeSet<_>>(), steps, "{name}");

    let (filling, effect) = update(&checked, filling, Event::Submit(now()));
    let Some(Effect::Submit(response)) = effect else { panic!("{name} is not sent in: {effect:?}, {filling:?}") };
    assert_eq!((&response.questionnaire, response.authored), (&checked.questionnaire().canonical, now()), "{name}");
    let mut sent = AllGiven::new();
    gather(&response.items, &mut sent);
    for (question, given) in &asked {
        assert_eq!(sent.get(question), Some(given), "{name}: '{question}'");
    }
    assert_eq!(update(&checked, filling, Event::Stored).0.stage, Stage::Submitted, "{name}");
    asked.len()
}

/// What a response holds, by question.
fn gather(items: &[Answered], into: &mut AllGiven) {
    for item in items {
        if let Some(given) = &item.given {
            assert_eq!(into.insert(item.link_id.clone(), given.clone()), None, "'{}' stands twice", item.link_id);
        }
        gather(&item.items, into);
    }
}

/// What becomes of each file of a folder: how many questions were answered, or why it is refused.
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
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let outcome = questionnaire::read(&json, &value_sets).map(|read| answer(&name, read));
        all.insert(name, outcome.map_err(|fault| fault.to_string()));
    }
    all
}

/// Stands for no refusal.
const ANSWERED: &str = "";

/// Compares with what is frozen: nothing for a file that is answered, else a part of the refusal. How many are answered,
/// and how many there are.
fn compare(folder: &str, expected: &[(&str, &str)]) -> (usize, usize) {
    let outcomes = outcomes(folder);
    let mut wrong = Vec::new();
    for (name, outcome) in &outcomes {
        let expected = expected.iter().find(|(frozen, _)| frozen == name).map(|(_, words)| *words);
        println!(
            "{folder}/{name}: {}",
            match outcome {
                Ok(questions) => format!("{questions} questions are answered"),
                Err(fault) => fault.clone(),
            }
        );
        let right = match (outcome, expected) {
            (Ok(questions), Some(words)) => words == ANSWERED && *questions > 0,
            (Err(fault), Some(words)) => words != ANSWERED && fault.contains(words),
            (_, None) => false,
        };
        if !right {
            wrong.push(format!("{name}: {outcome:?}, not {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(outcomes.len(), expected.len());
    let answered = outcomes.values().filter(|outcome| outcome.is_ok()).count();
    println!("{folder}: {answered} of {} are answered", outcomes.len());
    (answered, outcomes.len())
}

#[test]
fn the_examples_of_r4_are_answered_or_refused_by_item() {
    let answered = compare(
        "r4",
        &[
            // Family members, each by a reference.
            ("Bundle-ussg-fht", "item '2.1.1.0'.type: 'reference'"),
            ("Questionnaire-3141", ANSWERED),
            ("Questionnaire-bb", ANSWERED),
            ("Questionnaire-f201", ANSWERED),
            ("Questionnaire-gcs", ANSWERED),
            (
                "Questionnaire-phq-9-questionnaire",
                "item 'LittleInterest'.answerValueSet: the value set http://loinc.org/vs/LL358-3",
            ),
            ("Questionnaire-qs1", "item 'Account'.item[0].linkId: it is missing"),
            ("Questionnaire-zika-virus-exposure-assessment", ANSWERED),
        ],
    );
    assert_eq!(answered, (5, 8));
}

#[test]
fn the_examples_of_the_sdc_guide_are_answered_or_refused_by_item() {
    let answered = compare(
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
            ("Questionnaire-questionnaire-sdc-profile-example-context-expression", ANSWERED),
            ("Questionnaire-questionnaire-sdc-profile-example-cqf-PHQ9", "item 'LittleInterest'.answerValueSet"),
            (
                "Questionnaire-questionnaire-sdc-profile-example-framingham-hchd-lhc",
                "item 'riskPercentage'.extension(sdc-questionnaire-calculatedExpression)",
            ),
            ("Questionnaire-questionnaire-sdc-profile-example-image-options", ANSWERED),
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
            ("Questionnaire-questionnaire-sdc-test-fhirpath-prepop-initialexpression", ANSWERED),
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
            ("Questionnaire-sdc-derivation-child", ANSWERED),
            ("Questionnaire-sdc-derivation-parent", ANSWERED),
            ("Questionnaire-sdc-modular-contact", "sdc-questionnaire-subQuestionnaire here"),
            ("Questionnaire-sdc-modular-name", "item '1'.answerOption"),
            ("Questionnaire-sdc-modular-root", "sdc-questionnaire-subQuestionnaire here"),
        ],
    );
    assert_eq!(answered, (5, 30));
}
