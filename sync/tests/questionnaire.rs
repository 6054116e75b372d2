//! Lists of questions as R4 writes them: read, or refused by the item and what it has.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    unreachable_pub,
    reason = "tests"
)]

use std::{fs, path::Path};

use dagsform_care::{
    Decimal,
    questionnaire::{
        Answer, Behavior, Bounds, ChoiceOption, Coding, Condition, Item, ItemKind, MediaSource, Operator,
        Questionnaire, Summed,
    },
};
use dagsform_sync::fhir::{Fault, FaultKind, questionnaire};
use serde_json::{Value as Json, json, value::RawValue};

const HL7: &str = "http://hl7.org/fhir/StructureDefinition";
const OUR: &str = "https://dagsform.example/fhir/StructureDefinition";
const SDC: &str = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire";

fn raw(json: &Json) -> Box<RawValue> {
    RawValue::from_string(json.to_string()).unwrap()
}

/// A list of these items.
fn list(items: Json) -> Json {
    json!({
        "resourceType": "Questionnaire", "id": "q", "url": "https://x.example/q", "version": "1", "status": "active",
        "language": "nb", "item": items,
    })
}

fn read(json: &Json) -> Result<Questionnaire, Fault> {
    questionnaire::read(&raw(json), &[])
}

/// A list with this item, and what it becomes.
fn item(json: Json) -> Item {
    read(&list(json!([json]))).unwrap_or_else(|fault| panic!("{fault}")).items.remove(0)
}

/// The fault of a list with this item.
fn refused(json: Json) -> Fault {
    read(&list(json!([json.clone()]))).map(drop).expect_err(&json.to_string())
}

fn extension(url: &str, kind: &str, value: Json) -> Json {
    json!({ "url": url, kind: value })
}

fn control(code: &str) -> Json {
    let coding = json!([{ "system": "http://hl7.org/fhir/questionnaire-item-control", "code": code }]);
    extension(&format!("{HL7}/questionnaire-itemControl"), "valueCodeableConcept", json!({ "coding": coding }))
}

fn translated(language: &str, text: &str) -> Json {
    let parts = json!([{ "url": "lang", "valueCode": language }, { "url": "content", "valueString": text }]);
    json!({ "extension": [{ "url": format!("{HL7}/translation"), "extension": parts }] })
}

fn options(kind: &ItemKind) -> &[ChoiceOption] {
    match kind {
        ItemKind::Choice(options) | ItemKind::OpenChoice(options) => options,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_list_with_address_and_version_is_a_standard_one() {
    let question = json!([{ "linkId": "a", "type": "boolean", "text": "Er du kvalm?" }]);
    let whole = list(question);
    let read_whole = read(&whole).unwrap();
    assert_eq!(read_whole.canonical.to_string(), "https://x.example/q|1");
    assert!(read_whole.standard);
    let mut own = whole.clone();
    own.as_object_mut().unwrap().remove("version");
    assert!(!read(&own).unwrap().standard);
    own.as_object_mut().unwrap().remove("url");
    let own = read(&own).unwrap();
    assert_eq!((own.canonical.to_string().as_str(), own.standard), ("Questionnaire/q", false));
}

#[test]
fn texts_keep_their_translations_and_their_own_language() {
    let mut whole = list(json!([
        {
            "linkId": "a", "type": "boolean", "prefix": "1.", "text": "Er du kvalm?",
            "_text": translated("en", "Do you feel sick?"),
        },
    ]));
    whole["title"] = json!("I dag");
    whole["_title"] = translated("nn", "I dag (nn)");
    let read = read(&whole).unwrap();
    assert_eq!(read.title.unwrap().in_language("nn").text, "I dag (nn)");
    let text = read.items[0].text.as_ref().unwrap();
    assert_eq!((text.in_language("en").text, text.in_language("nb").text), ("Do you feel sick?", "Er du kvalm?"));
    assert_eq!(text.language.as_deref(), Some("nb"));
    assert_eq!(read.items[0].prefix.as_ref().unwrap().own, "1.");
}

#[test]
fn a_question_without_text_is_asked_with_its_code_its_prefix_or_its_name() {
    let coded =
        json!({ "linkId": "a", "type": "integer", "code": [{ "code": "x", "display": "Eyes" }], "prefix": "1." });
    assert_eq!(item(coded).text.unwrap().own, "Eyes");
    assert_eq!(item(json!({ "linkId": "a", "type": "integer", "prefix": "1." })).text.unwrap().own, "1.");
    assert_eq!(item(json!({ "linkId": "a", "type": "integer" })).text.unwrap().own, "a");
}

#[test]
fn every_type_that_can_be_asked_is_read() {
    let of = |json: Json| item(json).kind;
    assert_eq!(of(json!({ "linkId": "a", "type": "boolean" })), ItemKind::Boolean);
    assert_eq!(of(json!({ "linkId": "a", "type": "display", "text": "Hei" })), ItemKind::Display);
    assert_eq!(
        of(json!({ "linkId": "a", "type": "string", "maxLength": 9 })),
        ItemKind::String { max_length: Some(9) }
    );
    assert_eq!(of(json!({ "linkId": "a", "type": "text" })), ItemKind::Text { max_length: None });
    // All that is left of an open choice without options.
    assert_eq!(of(json!({ "linkId": "a", "type": "open-choice" })), ItemKind::String { max_length: None });
    assert!(matches!(of(json!({ "linkId": "a", "type": "dateTime" })), ItemKind::DateTime(_)));
    let group = item(json!({ "linkId": "g", "type": "group", "item": [{ "linkId": "a", "type": "boolean" }] }));
    assert_eq!((group.kind, group.text, group.items.len()), (ItemKind::Group, None, 1));
    let bounds = |kind: &str, min: &str, max: &str| {
        json!([
            extension(&format!("{HL7}/minValue"), kind, json!(min)),
            extension(&format!("{HL7}/maxValue"), kind, json!(max))
        ])
    };
    let dates = bounds("valueDate", "2026-01-01", "2026-12-31");
    let ItemKind::Date(span) = of(json!({ "linkId": "a", "type": "date", "extension": dates })) else { panic!() };
    assert_eq!(
        (span.min.unwrap().to_string(), span.max.unwrap().to_string()),
        ("2026-01-01".into(), "2026-12-31".into())
    );
    let times = bounds("valueTime", "08:00:00", "20:00:00");
    let ItemKind::Time(span) = of(json!({ "linkId": "a", "type": "time", "extension": times })) else { panic!() };
    assert_eq!(span.max.unwrap().to_string(), "20:00:00");
}

#[test]
fn numbers_have_bounds_decimals_and_units() {
    let unit = |name: &str| {
        let coding = json!({ "system": "http://unitsofmeasure.org", "code": "mg", "display": "milligram" });
        extension(&format!("{HL7}/{name}"), "valueCoding", coding)
    };
    let extensions = json!([
        extension(&format!("{HL7}/minValue"), "valueInteger", json!(0)),
        extension(&format!("{HL7}/maxValue"), "valueDecimal", json!(99.5)),
        extension(&format!("{HL7}/maxDecimalPlaces"), "valueInteger", json!(1)),
        unit("questionnaire-unit"),
    ]);
    let decimal = item(json!({ "linkId": "a", "type": "decimal", "extension": extensions }));
    let ItemKind::Decimal(number) = decimal.kind else { panic!() };
    assert_eq!(number.bounds, Bounds { min: Some(Decimal::new(0, 0)), max: Some(Decimal::new(995, -1)) });
    assert_eq!((number.decimals, number.unit.unwrap().own.as_str()), (Some(1), "milligram"));
    let quantity = json!({ "linkId": "a", "type": "quantity", "extension": [unit("questionnaire-unitOption")] });
    let ItemKind::Quantity { units, .. } = item(quantity).kind else { panic!() };
    assert_eq!((units[0].coding.code.as_str(), units[0].text.own.as_str()), ("mg", "milligram"));
}

#[test]
fn a_slider_has_a_step_and_words_at_both_ends() {
    let end = |name: &str, text: &str| {
        let drawn = json!([control(name)]);
        json!({ "linkId": name, "type": "display", "text": text, "extension": drawn })
    };
    let extensions = json!([
        control("slider"),
        extension(&format!("{HL7}/questionnaire-sliderStepValue"), "valueInteger", json!(1)),
        extension(&format!("{HL7}/minValue"), "valueInteger", json!(1)),
        extension(&format!("{HL7}/maxValue"), "valueInteger", json!(10)),
    ]);
    let ends = json!([end("lower", "1 = ikke"), end("upper", "10 = verst tenkelig")]);
    let read = item(
        json!({ "linkId": "a", "type": "integer", "text": "Tung i pusten?", "extension": extensions, "item": ends }),
    );
    let ItemKind::Integer(number) = read.kind else { panic!() };
    let slider = number.slider.unwrap();
    assert_eq!(slider.step, Decimal::new(1, 0));
    assert_eq!((slider.low.unwrap().own, slider.high.unwrap().own), ("1 = ikke".into(), "10 = verst tenkelig".into()));
    // The ends belong to the slider and are no words to read of their own.
    assert!(read.items.is_empty());
}

#[test]
fn options_are_codes_numbers_words_or_days_and_may_count_or_exclude() {
    let ordinal = extension(&format!("{HL7}/ordinalValue"), "valueDecimal", json!(3));
    let exclusive = extension(&format!("{HL7}/questionnaire-optionExclusive"), "valueBoolean", json!(true));
    let read = item(json!({
        "linkId": "a", "type": "choice", "text": "Hva?", "repeats": true,
        "answerOption": [
            {
                "valueCoding": { "system": "s", "code": "x", "display": "Ja", "_display": translated("en", "Yes") },
                "extension": [ordinal],
            },
            { "valueCoding": { "code": "none" }, "extension": [exclusive], "initialSelected": true },
            { "valueInteger": 4 },
            { "valueString": "Kanskje" },
            { "valueDate": "2026-11-23" },
        ],
    }));
    let options = options(&read.kind);
    let texts: Vec<&str> = options.iter().map(|option| option.text.own.as_str()).collect();
    assert_eq!(texts, ["Ja", "none", "4", "Kanskje", "2026-11-23"]);
    assert_eq!(options[0].text.in_language("en").text, "Yes");
    assert_eq!((options[0].ordinal, options[1].exclusive), (Some(Decimal::new(3, 0)), true));
    let none = Answer::Coded(Coding { system: None, code: "none".into(), display: None });
    assert_eq!(read.initial, [none]);
}

#[test]
fn a_value_set_is_contained_or_comes_beside_and_is_enumerated_or_expanded() {
    let ordinal = extension(&format!("{HL7}/ordinalValue"), "valueDecimal", json!(1));
    let concept = json!([
        { "code": "y", "display": "Ja", "extension": [ordinal] },
        { "code": "n", "designation": [{ "language": "en", "value": "No" }] },
    ]);
    let compose = json!({ "include": [{ "system": "s", "concept": concept }] });
    let set = json!({ "resourceType": "ValueSet", "id": "vs", "status": "active", "compose": compose });
    let mut whole = list(json!([{ "linkId": "a", "type": "choice", "text": "?", "answerValueSet": "#vs" }]));
    whole["contained"] = json!([set]);
    let read_whole = read(&whole).unwrap();
    let of_set = options(&read_whole.items[0].kind);
    assert_eq!(
        of_set[0].value,
        Answer::Coded(Coding { system: Some("s".into()), code: "y".into(), display: Some("Ja".into()) })
    );
    assert_eq!(of_set[0].ordinal, Some(Decimal::new(1, 0)));
    assert_eq!(of_set[1].text.in_language("en").text, "No");

    let outside =
        list(json!([{ "linkId": "a", "type": "choice", "text": "?", "answerValueSet": "https://x.example/vs|2" }]));
    assert_eq!(questionnaire::value_sets(&raw(&outside)), ["https://x.example/vs|2"]);
    assert!(questionnaire::value_sets(&raw(&whole)).is_empty());
    let fault = read(&outside).unwrap_err();
    assert!(
        fault.to_string().contains("item 'a'.answerValueSet: the value set https://x.example/vs|2 is not here"),
        "{fault}"
    );
    let contains = json!([
        { "abstract": true, "display": "Svar", "contains": [{ "system": "s", "code": "y" }] },
        { "system": "s", "code": "old", "inactive": true },
    ]);
    let mut expanded = json!({
        "resourceType": "ValueSet", "url": "https://x.example/vs", "version": "2",
        "expansion": { "contains": contains },
    });
    let beside = questionnaire::read(&raw(&outside), &[raw(&expanded)]).unwrap();
    assert_eq!(options(&beside.items[0].kind).len(), 1);
    expanded["version"] = json!("1");
    assert!(questionnaire::read(&raw(&outside), &[raw(&expanded)]).is_err());
}

#[test]
fn conditions_have_every_operator_and_all_or_any_of_them_hold() {
    for (operator, read_as) in [
        ("=", Operator::Equal),
        ("!=", Operator::NotEqual),
        (">", Operator::Greater),
        ("<", Operator::Less),
        (">=", Operator::GreaterOrEqual),
        ("<=", Operator::LessOrEqual),
    ] {
        let when = json!({ "question": "n", "operator": operator, "answerInteger": 3 });
        let whole = list(json!([
            { "linkId": "n", "type": "integer" },
            { "linkId": "a", "type": "boolean", "enableWhen": [when] },
        ]));
        let condition = read(&whole).unwrap().items[1].enable_when[0].condition.clone();
        assert_eq!(condition, Condition::Compare(read_as, Answer::Integer(3)));
    }
    let both = json!([
        { "question": "n", "operator": "exists", "answerBoolean": true },
        { "question": "n", "operator": ">", "answerInteger": 3 },
    ]);
    let mut whole = list(json!([
        { "linkId": "n", "type": "integer" },
        { "linkId": "a", "type": "boolean", "enableWhen": both, "enableBehavior": "any" },
    ]));
    let asked = &read(&whole).unwrap().items[1];
    assert_eq!((asked.enable_behavior, &asked.enable_when[0].condition), (Behavior::Any, &Condition::Exists(true)));
    whole["item"][1].as_object_mut().unwrap().remove("enableBehavior");
    assert!(read(&whole).unwrap_err().to_string().contains("item 'a'.enableBehavior: it is missing"));
}

#[test]
fn media_come_by_address_or_in_the_list() {
    let with = |attachment: Json| {
        let media = extension(&format!("{SDC}-itemMedia"), "valueAttachment", attachment);
        json!({ "linkId": "a", "type": "boolean", "extension": [media] })
    };
    let shown = item(with(json!({ "contentType": "image/png", "url": "https://x.example/a.png", "title": "Et bein" })));
    let shown = shown.media.unwrap();
    assert_eq!(shown.source, MediaSource::Url("https://x.example/a.png".into()));
    assert_eq!(shown.title.unwrap().own, "Et bein");
    let shown = item(with(json!({ "contentType": "image/png", "data": "iVBORw==" })));
    assert_eq!(shown.media.unwrap().source, MediaSource::Data(vec![0x89, b'P', b'N', b'G']));
    let fault = refused(with(json!({ "contentType": "image/png", "data": "?" })));
    assert_eq!(fault.kind, FaultKind::Unreadable);
}

fn scored(expression: &str, hidden: bool) -> Json {
    let ordinal = |n: i64| json!([extension(&format!("{HL7}/ordinalValue"), "valueDecimal", json!(n))]);
    let calculated = extension(
        &format!("{SDC}-calculatedExpression"),
        "valueExpression",
        json!({ "language": "text/fhirpath", "expression": expression }),
    );
    list(json!([
        {
            "linkId": "a", "type": "choice", "text": "?",
            "answerOption": [
                { "valueCoding": { "code": "0" }, "extension": ordinal(0) },
                { "valueCoding": { "code": "1" }, "extension": ordinal(1) },
            ],
        },
        {
            "linkId": "sum", "type": "decimal", "text": "Sum", "readOnly": true, "required": !hidden,
            "extension": [calculated, extension(&format!("{HL7}/questionnaire-hidden"), "valueBoolean", json!(hidden))],
        },
    ]))
}

#[test]
fn a_sum_comes_with_its_bands_and_other_reckonings_are_refused_or_left_out() {
    let band = |name: &str, from: f64, to: f64| {
        let parts = json!([
            { "url": "name", "valueString": name, "_valueString": translated("en", "low") },
            { "url": "from", "valueDecimal": from },
            { "url": "to", "valueDecimal": to },
        ]);
        json!({ "url": "https://dagsform.example/fhir/StructureDefinition/score-band", "extension": parts })
    };
    let mut whole = scored("%resource.repeat(item).answer.value.ordinal().sum() * 1.25", false);
    whole["extension"] = json!([band("mye", 1.0, 2.0), band("lite", 0.0, 0.0)]);
    let read_whole = read(&whole).unwrap();
    let scoring = read_whole.items[1].calculated.as_ref().unwrap();
    assert_eq!((&scoring.sum.of, scoring.sum.times), (&Summed::AllChoices, Decimal::new(125, -2)));
    let names: Vec<&str> = scoring.bands.iter().map(|band| band.name.own.as_str()).collect();
    assert_eq!(names, ["lite", "mye"]);

    let fault = read(&scored("(1 - %a).exp()", false)).unwrap_err();
    assert!(fault.to_string().contains("item 'sum'.extension(sdc-questionnaire-calculatedExpression)"), "{fault}");
    // Nobody sees it and nobody must answer it.
    assert_eq!(read(&scored("(1 - %a).exp()", true)).unwrap().items.len(), 1);
    let mut without_sum = list(json!([{ "linkId": "a", "type": "boolean" }]));
    without_sum["extension"] = json!([band("lite", 0.0, 1.0)]);
    assert_eq!(read(&without_sum).unwrap_err().kind, FaultKind::Contradiction);
}

#[test]
fn what_cannot_be_asked_as_it_was_meant_is_refused_by_the_item() {
    use FaultKind::*;
    let with = |members: Json| {
        let mut item = json!({ "linkId": "a", "type": "string", "text": "Hva?" });
        item.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        item
    };
    let rule = json!({ "language": "text/fhirpath", "expression": "true" });
    let dynamic = extension(&format!("{HL7}/cqf-expression"), "valueExpression", rule.clone());
    let extended = |url: String, kind: &str, value: Json| with(json!({ "extension": [extension(&url, kind, value)] }));
    let bounded = |kind: &str, name: &str, value: i32| {
        let bound = extension(&format!("{HL7}/{name}"), "valueInteger", json!(value));
        with(json!({ "type": kind, "extension": [bound] }))
    };
    for (item, kind, words) in [
        (
            with(json!({ "modifierExtension": [{ "url": "https://x.example/not", "valueBoolean": true }] })),
            Unsupported,
            "item 'a'.modifierExtension",
        ),
        (with(json!({ "type": "attachment" })), Unsupported, "item 'a'.type: 'attachment'"),
        (with(json!({ "type": "reference" })), Unsupported, "item 'a'.type: 'reference'"),
        (with(json!({ "type": "url" })), Unsupported, "item 'a'.type: 'url'"),
        (
            extended(format!("{HL7}/regex"), "valueString", json!("[a-z]")),
            Unsupported,
            "item 'a'.extension: the tablet does not use http://hl7.org/fhir/StructureDefinition/regex here",
        ),
        (
            extended(format!("{SDC}-enableWhenExpression"), "valueExpression", rule.clone()),
            Unsupported,
            "enableWhenExp",
        ),
        (extended(format!("{SDC}-answerExpression"), "valueExpression", rule.clone()), Unsupported, "answerExpression"),
        (extended(format!("{HL7}/questionnaire-constraint"), "extension", json!([])), Unsupported, "constraint here"),
        (extended(format!("{OUR}/order"), "valuePositiveInt", json!(1)), Unsupported, "order here"),
        (bounded("string", "minLength", 3), Unsupported, "minLength here"),
        (bounded("string", "minValue", 3), Unsupported, "minValue here"),
        (bounded("integer", "questionnaire-sliderStepValue", 3), Unsupported, "questionnaire-sliderStepValue here"),
        (bounded("string", "questionnaire-maxOccurs", 2), Unsupported, "item 'a'.extension(questionnaire-maxOccurs)"),
        (bounded("string", "questionnaire-minOccurs", 1), Unsupported, "item 'a'.extension(questionnaire-minOccurs)"),
        (with(json!({ "extension": [control("slider")] })), Unsupported, "a slider is for an integer or a decimal"),
        (with(json!({ "_text": { "extension": [dynamic] } })), Unsupported, "item 'a'._text.extension"),
        (with(json!({ "answerOption": [{ "valueString": "ja" }] })), Unsupported, "item 'a'.answerOption"),
        (with(json!({ "type": "choice", "required": true })), Contradiction, "item 'a': there are no options"),
        (
            with(json!({ "type": "choice", "answerOption": [{ "valueCoding": { "display": "Ja" } }] })),
            Missing,
            "item 'a'.answerOption[0].valueCoding.code",
        ),
        (
            with(json!({ "type": "choice", "answerOption": [{ "valueReference": { "reference": "Patient/1" } }] })),
            Unsupported,
            "item 'a'.answerOption[0].valueReference",
        ),
        (
            with(json!({ "type": "choice", "answerOption": [{ "valueInteger": 1 }], "answerValueSet": "#vs" })),
            Contradiction,
            "item 'a'.answerValueSet",
        ),
        (
            with(json!({ "type": "date", "initial": [{ "valueDate": "2026-11" }] })),
            Unreadable,
            "item 'a'.initial[0].valueDate",
        ),
        (
            with(json!({ "type": "integer", "initial": [{ "valueString": "tre" }] })),
            Contradiction,
            "item 'a': its initial value does not fit",
        ),
        (
            with(json!({ "type": "integer", "initial": [{ "valueInteger": 3.5 }] })),
            Unreadable,
            "item 'a'.initial[0].valueInteger: 3.5",
        ),
        (
            with(json!({ "enableWhen": [{ "question": "b", "operator": "=", "answerBoolean": true }] })),
            Contradiction,
            "item 'a': its condition names 'b'",
        ),
        (
            with(json!({ "enableWhen": [{ "question": "a", "operator": "~", "answerBoolean": true }] })),
            Unsupported,
            "item 'a'.enableWhen[0].operator: '~'",
        ),
        (
            with(json!({ "enableWhen": [{ "question": "a", "operator": "=", "answerReference": {} }] })),
            Unsupported,
            "item 'a'.enableWhen[0].answerReference",
        ),
        (
            with(json!({ "enableWhen": [{ "question": "a", "operator": "=" }] })),
            Missing,
            "item 'a'.enableWhen[0].answer[x]",
        ),
        (
            json!({ "linkId": "g", "type": "group", "repeats": true, "item": [with(json!({}))] }),
            Unsupported,
            "item 'g': a group that repeats",
        ),
        (json!({ "linkId": "g", "type": "group", "item": [{ "type": "string" }] }), Missing, "item 'g'.item[0].linkId"),
    ] {
        let fault = refused(item.clone());
        assert!(fault.to_string().contains(words), "{item}: {fault}");
        assert_eq!(fault.kind, kind, "{fault}");
    }
}

#[test]
fn what_only_says_how_it_looks_or_is_filled_in_beforehand_is_left_unread() {
    let expression = json!({ "language": "text/fhirpath", "expression": "%patient.birthDate" });
    let extensions = json!([
        extension(&format!("{HL7}/rendering-style"), "valueString", json!("color: red")),
        extension(&format!("{HL7}/questionnaire-choiceOrientation"), "valueCode", json!("horizontal")),
        extension(&format!("{SDC}-initialExpression"), "valueExpression", expression),
        extension("https://other.example/colour", "valueString", json!("mauve")),
        control("drop-down"),
    ]);
    let read = item(json!({
        "linkId": "a", "type": "date", "text": "Født?", "definition": "https://x.example#d",
        "extension": extensions,
    }));
    assert!(read.initial.is_empty());
}

#[test]
fn a_list_that_is_no_longer_in_use_is_refused_and_so_is_one_with_nothing_to_know_it_by() {
    let mut whole = list(json!([{ "linkId": "a", "type": "boolean" }]));
    whole["status"] = json!("retired");
    assert!(read(&whole).unwrap_err().to_string().starts_with("Questionnaire/q: status: 'retired'"));
    whole["status"] = json!("draft");
    assert!(read(&whole).is_ok());
    whole["implicitRules"] = json!("https://x.example");
    assert!(read(&whole).unwrap_err().to_string().contains("implicitRules"));
    let nameless =
        json!({ "resourceType": "Questionnaire", "status": "active", "item": [{ "linkId": "a", "type": "boolean" }] });
    assert_eq!(read(&nameless).unwrap_err().kind, FaultKind::Missing);
}

#[test]
fn items_that_nest_without_end_are_refused() {
    let deep = (0..5000).fold("{\"linkId\":\"a\",\"type\":\"boolean\"}".to_owned(), |inner, n| {
        format!("{{\"linkId\":\"{n}\",\"type\":\"group\",\"item\":[{inner}]}}")
    });
    let text = format!("{{\"resourceType\":\"Questionnaire\",\"id\":\"q\",\"status\":\"active\",\"item\":[{deep}]}}");
    let raw = RawValue::from_string(text);
    // `serde_json` itself may refuse it; what it lets through is refused here.
    let refused = raw.map_or(true, |raw| questionnaire::read(&raw, &[]).is_err());
    assert!(refused);
    let some = (0..70).fold("{\"linkId\":\"a\",\"type\":\"boolean\"}".to_owned(), |inner, n| {
        format!("{{\"linkId\":\"{n}\",\"type\":\"group\",\"item\":[{inner}]}}")
    });
    let text = format!("{{\"resourceType\":\"Questionnaire\",\"id\":\"q\",\"status\":\"active\",\"item\":[{some}]}}");
    let fault = questionnaire::read(&RawValue::from_string(text).unwrap(), &[]).unwrap_err();
    assert!(fault.to_string().contains("it nests too deep"), "{fault}");
}

#[test]
fn the_lists_of_the_demonstration_are_read() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets/demo/questionnaires");
    let mut count = 0;
    for file in fs::read_dir(folder).unwrap() {
        let json: Box<RawValue> = serde_json::from_str(&fs::read_to_string(file.unwrap().path()).unwrap()).unwrap();
        let read = questionnaire::read(&json, &[]).unwrap_or_else(|fault| panic!("{fault}"));
        assert!(read.standard && read.title.is_some());
        count += 1;
    }
    assert_eq!(count, 4);
}
