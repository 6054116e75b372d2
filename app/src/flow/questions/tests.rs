use dagsform_care::{
    PatientId, Performer,
    item::Item as Said,
    questionnaire::{Bounds, Canonical, Coding, QuantityUnit, Questionnaire, Slider, Text},
};
use uuid::Uuid;

use super::*;

fn coded(code: &str) -> Answer {
    Answer::Coded(Coding { system: None, code: code.into(), display: None })
}

fn option(code: &str, exclusive: bool) -> ChoiceOption {
    ChoiceOption { value: coded(code), text: Text::plain(code), ordinal: None, exclusive, media: None }
}

fn number(min: &str, max: &str, slider: bool) -> Number {
    Number {
        bounds: Bounds { min: min.parse().ok(), max: max.parse().ok() },
        slider: slider.then(|| Slider { step: Decimal::new(1, 0), low: None, high: None }),
        ..Number::default()
    }
}

/// One question of each kind, in this order.
fn list() -> Arc<Checked> {
    let mg = Coding { system: Some("http://unitsofmeasure.org".into()), code: "mg".into(), display: None };
    let mut several =
        Item::new("several", "", ItemKind::Choice(vec![option("a", false), option("b", false), option("none", true)]));
    several.repeats = true;
    let mut worse = Item::new("worse", "", ItemKind::Boolean);
    worse.required = true;
    let items = vec![
        worse,
        Item::new("one", "", ItemKind::Choice(vec![option("a", false), option("b", false)])),
        several,
        Item::new("breath", "", ItemKind::Integer(number("1", "10", true))),
        Item::new(
            "dose",
            "",
            ItemKind::Quantity {
                number: number("0", "100", false),
                units: vec![QuantityUnit { coding: mg, text: Text::plain("mg") }],
            },
        ),
        Item::new("open", "", ItemKind::OpenChoice(vec![option("a", false)])),
        Item::new("words", "", ItemKind::Text { max_length: Some(20) }),
        Item::new("day", "", ItemKind::Date(Bounds::default())),
    ];
    let named = |mut item: Item| {
        item.text = Some(Text::plain(item.link_id.0.clone()));
        item
    };
    let canonical = Canonical { url: "https://example.org/q".into(), version: Some("1".into()) };
    let items = items.into_iter().map(named).collect();
    Arc::new(Questionnaire { canonical, title: None, standard: true, items }.check().unwrap())
}

fn around() -> Circumstances {
    let now = chrono::DateTime::parse_from_rfc3339("2026-11-23T08:00:00+01:00").unwrap();
    Circumstances { patient: PatientId("Patient/1".into()), plan: None, now }
}

fn begun() -> State {
    let today = "2026-11-23".parse().unwrap();
    State::begin(list(), None, None, Identity::by_hand(Uuid::from_u128(1)), today)
}

fn after(state: State, events: &[Event]) -> State {
    events.iter().fold(state, |state, event| update(state, event.clone(), &around()).0)
}

/// The list at a page, with nothing answered.
fn at(name: &str) -> State {
    let mut state = begun();
    while state.item().is_some_and(|item| item.link_id.0 != name) {
        state = after(state, &[Event::Next]);
    }
    assert_eq!(state.item().unwrap().link_id.0, name);
    state
}

fn page(state: &State) -> String {
    state.item().map_or_else(|| format!("{:?}", state.answering.filling.stage), |item| item.link_id.0.clone())
}

fn given(state: &State, name: &str) -> Option<Vec<Answer>> {
    state.given(&name.into()).map(|given| given.answers().to_vec())
}

#[test]
fn each_event_leads_to_the_page_drawn_above() {
    use Event as E;
    let typed = |text: &str| E::Typed(text.into());
    type Row = (&'static str, Vec<E>, &'static str, Option<Vec<Answer>>);
    let rows: Vec<Row> = vec![
        ("worse", vec![E::YesNo(true)], "one", Some(vec![Answer::Boolean(true)])),
        ("worse", vec![E::DontKnow], "one", Some(vec![])),
        ("worse", vec![E::Next], "one", None),
        ("one", vec![E::Choose(1)], "several", Some(vec![coded("b")])),
        ("one", vec![E::Choose(9)], "one", None),
        ("several", vec![E::Choose(0), E::Choose(1)], "several", Some(vec![coded("a"), coded("b")])),
        ("several", vec![E::Choose(0), E::Choose(0)], "several", None),
        ("several", vec![E::Choose(0), E::Choose(2)], "several", Some(vec![coded("none")])),
        ("several", vec![E::Choose(2), E::Choose(1)], "several", Some(vec![coded("b")])),
        ("breath", vec![E::Slide(2)], "breath", Some(vec![Answer::Integer(3)])),
        ("breath", vec![E::Slide(99)], "breath", None),
        ("breath", vec![E::Slide(2), E::Next], "dose", Some(vec![Answer::Integer(3)])),
        ("dose", vec![E::Digit(2), E::Point, E::Digit(5), E::Delete, E::Delete, E::Next], "open", None),
        ("dose", vec![E::Digit(9), E::Digit(9), E::Digit(9), E::Next], "dose", None),
        ("open", vec![E::Choose(0)], "words", Some(vec![coded("a")])),
        ("open", vec![typed("noe annet"), E::Next], "words", Some(vec![Answer::Text("noe annet".into())])),
        ("words", vec![typed("hei"), E::Next], "day", Some(vec![Answer::Text("hei".into())])),
        ("words", vec![typed("altfor mange ord til det feltet"), E::Next], "words", None),
        ("words", vec![typed("hei"), E::Back], "open", Some(vec![Answer::Text("hei".into())])),
        ("words", vec![E::Next], "day", None),
        (
            "day",
            vec![E::Turn(Part::Day, false), E::Turn(Part::Month, true), E::ThisDay],
            "Summary",
            Some(vec![Answer::Date("2026-12-22".parse().unwrap())]),
        ),
        ("day", vec![E::Next], "Summary", None),
    ];
    for (place, (from, events, to, answers)) in rows.into_iter().enumerate() {
        let state = after(at(from), &events);
        assert_eq!(page(&state), to, "row {place}: {from} {events:?}");
        let expected = if from == "dose" && to == "open" { Some(vec![mg("2")]) } else { answers };
        assert_eq!(given(&state, from), expected, "row {place}: {from} {events:?}");
    }
}

fn mg(value: &str) -> Answer {
    let unit = Coding { system: Some("http://unitsofmeasure.org".into()), code: "mg".into(), display: None };
    Answer::Quantity { value: value.parse().unwrap(), unit }
}

#[test]
fn going_back_before_the_first_question_leaves_the_list_and_keeps_what_was_answered() {
    let state = after(begun(), &[Event::YesNo(false), Event::Back]);
    assert!(!state.left);
    assert_eq!(page(&state), "worse");
    let state = after(state, &[Event::Back]);
    assert!(state.left);
    assert_eq!(given(&state, "worse"), Some(vec![Answer::Boolean(false)]));
}

#[test]
fn what_is_missing_is_asked_before_it_is_sent_and_a_change_leads_back_to_the_summary() {
    let to_summary = vec![Event::Next; 8];
    let summary = after(begun(), &to_summary);
    assert_eq!(page(&summary), "Summary");
    let asked = after(summary, &[Event::Send]);
    assert_eq!(page(&asked), "worse");
    let summary = after(asked, &[Event::YesNo(true)]);
    assert_eq!(page(&summary), "Summary");
    let changed = after(summary, &[Event::Change(1)]);
    assert_eq!(page(&changed), "one");
    let summary = after(changed, &[Event::Choose(0)]);
    let (saving, effects) = update(summary, Event::Send, &around());
    let [Effect::Say(item)] = effects.as_slice() else { panic!("{effects:?}") };
    let Said::Answers(answers) = &**item else { panic!() };
    assert_eq!((answers.by, answers.response.items.len()), (Performer::Patient, 2));
    assert_eq!(page(&saving), "Submitting");
    let failed = after(saving.clone(), &[Event::NotSaid(item.identity())]);
    assert_eq!(page(&failed), "Summary");
    assert_eq!(page(&after(saving, &[Event::Said(item.identity())])), "Submitted");
}

#[test]
fn a_page_that_comes_up_again_shows_what_was_given_and_tells_its_field_to_take_it() {
    let state = after(at("words"), &[Event::Typed("hei".into()), Event::Next]);
    let edition = state.typed.edition;
    let state = after(state, &[Event::Back]);
    assert_eq!(state.typed.text, "hei");
    assert_ne!(state.typed.edition, edition);
}

#[test]
fn a_line_has_its_places_and_one_that_is_too_long_has_none() {
    let ten = places(&number("1", "10", true)).unwrap();
    assert_eq!(
        (ten.len(), ten.first().unwrap().to_string(), ten.last().unwrap().to_string()),
        (10, "1".into(), "10".into())
    );
    assert_eq!(places(&number("0", "100", true)).unwrap().len(), 101);
    assert_eq!(places(&number("0", "1000", true)), None);
    assert_eq!(places(&number("0", "10", false)), None);
}
