//! Each transition of the flow of answering.

use dagsform_care::questionnaire::{
    Condition, EnableWhen, Filling, Operator, Unfit,
    filling::{Effect, Event, NotTakenUp, Stage, update},
};

use super::*;

fn at() -> DateTime<FixedOffset> {
    instant("2026-11-23T08:00:00+01:00")
}

/// Three questions of which the second is asked after a yes, and the third must be answered.
fn list() -> Checked {
    let condition = Condition::Compare(Operator::Equal, Answer::Boolean(true));
    checked(vec![
        yes_or_no("a"),
        Item { enable_when: vec![EnableWhen { question: "a".into(), condition }], ..line("b") },
        Item { required: true, ..integer("c") },
    ])
}

fn asking(at: &str) -> Stage {
    Stage::Asking { at: at.into(), errand: None }
}

fn errand(at: &str, left: &[&str]) -> Stage {
    Stage::Asking { at: at.into(), errand: Some(left.iter().map(|name| (*name).into()).collect()) }
}

fn yes() -> Event {
    Event::Answer(vec![Answer::Boolean(true)])
}

fn no() -> Event {
    Event::Answer(vec![Answer::Boolean(false)])
}

fn number(n: i32) -> Event {
    Event::Answer(vec![Answer::Integer(n)])
}

fn change(name: &str) -> Event {
    Event::Change(name.into())
}

/// The state after the events, and the last one's effect.
fn after(list: &Checked, events: Vec<Event>) -> (Filling, Option<Effect>) {
    events.into_iter().fold((Filling::begin(list), None), |(state, _), event| update(list, state, event))
}

#[test]
fn each_event_leads_to_the_stage_drawn_at_the_head_of_the_flow() {
    use Event::*;
    let rows: Vec<(Vec<Event>, Stage)> = vec![
        (vec![], asking("a")),
        // Moving, with and without answers.
        (vec![Next], asking("c")),
        (vec![yes(), Next], asking("b")),
        (vec![no(), Next], asking("c")),
        (vec![DontKnow, Next], asking("c")),
        (vec![yes(), Clear, Next], asking("c")),
        (vec![yes(), Next, Next], asking("c")),
        (vec![Next, Next], Stage::Summary),
        (vec![Back], asking("a")),
        (vec![yes(), Next, Next, Back], asking("b")),
        (vec![Next, Back], asking("a")),
        (vec![ToSummary], Stage::Summary),
        (vec![ToSummary, Back], asking("c")),
        // Changing an answer leads back to the summary, by way of what the change brought up.
        (vec![ToSummary, change("a")], errand("a", &[])),
        (vec![ToSummary, change("a"), no(), Next], Stage::Summary),
        (vec![ToSummary, change("a"), yes()], errand("a", &["b"])),
        (vec![ToSummary, change("a"), yes(), Next], errand("b", &["b"])),
        (vec![ToSummary, change("a"), yes(), Next, Next], Stage::Summary),
        (vec![ToSummary, change("a"), yes(), no(), Next], Stage::Summary),
        (vec![ToSummary, change("c"), Back], errand("a", &[])),
        (vec![ToSummary, change("a"), ToSummary], Stage::Summary),
        (vec![ToSummary, change("b")], Stage::Summary),
        (vec![ToSummary, change("z")], Stage::Summary),
        // What is missing is named and leads back.
        (vec![ToSummary, Submit(at())], errand("c", &["c"])),
        (vec![ToSummary, Submit(at()), Back], errand("a", &["c"])),
        (vec![ToSummary, Submit(at()), Back, Next], errand("c", &["c"])),
        (vec![ToSummary, Submit(at()), Next], Stage::Summary),
        (vec![ToSummary, Submit(at()), number(3), Next], Stage::Summary),
        (vec![Next, DontKnow, Next, Submit(at())], Stage::Submitting),
        (vec![Next, number(3), Next, Submit(at())], Stage::Submitting),
        (vec![Next, number(3), Next, Submit(at()), NotStored], Stage::Summary),
        (vec![Next, number(3), Next, Submit(at()), NotStored, Submit(at())], Stage::Submitting),
        (vec![Next, number(3), Next, Submit(at()), Stored], Stage::Submitted),
        // What does not belong to the stage does nothing.
        (vec![Submit(at())], asking("a")),
        (vec![Stored], asking("a")),
        (vec![NotStored], asking("a")),
        (vec![change("c")], asking("a")),
        (vec![ToSummary, Next], Stage::Summary),
        (vec![ToSummary, yes()], Stage::Summary),
        (vec![ToSummary, Stored], Stage::Summary),
        (vec![Next, number(3), Next, Submit(at()), Back], Stage::Submitting),
        (vec![Next, number(3), Next, Submit(at()), Submit(at())], Stage::Submitting),
        (vec![Next, number(3), Next, Submit(at()), Stored, Submit(at())], Stage::Submitted),
        (vec![Next, number(3), Next, Submit(at()), Stored, Back], Stage::Submitted),
    ];
    for (events, stage) in rows {
        assert_eq!(after(&list(), events.clone()).0.stage, stage, "{events:?}");
    }
}

#[test]
fn each_change_of_the_answers_is_stored_as_a_draft_and_nothing_else_is() {
    use Event::*;
    for (events, stores) in [
        (vec![yes()], true),
        (vec![DontKnow], true),
        (vec![yes(), Clear], true),
        (vec![number(3)], false),
        (vec![yes(), Next], false),
        (vec![yes(), ToSummary], false),
        (vec![ToSummary, DontKnow], false),
    ] {
        let (_, effect) = after(&list(), events.clone());
        assert_eq!(effect == Some(Effect::StoreDraft), stores, "{events:?}");
    }
}

#[test]
fn an_answer_that_does_not_fit_is_said_and_the_one_before_stands() {
    let (state, _) = after(&list(), vec![yes(), number(3)]);
    assert_eq!(state.unfit, Some(Unfit::Type));
    assert_eq!(state.given, given([("a", Answer::Boolean(true))]));
    for event in [no(), Event::DontKnow, Event::Next, Event::ToSummary] {
        assert_eq!(update(&list(), state.clone(), event).0.unfit, None);
    }
}

#[test]
fn words_that_stand_alone_take_no_answer() {
    let list = checked(vec![words("w"), yes_or_no("a")]);
    for event in [yes(), Event::DontKnow, Event::Clear] {
        assert_eq!(after(&list, vec![event]), (Filling::begin(&list), None));
    }
    assert_eq!(after(&list, vec![Event::Next]).0.stage, asking("a"));
}

#[test]
fn an_answer_that_is_no_longer_asked_for_stays_in_the_draft_and_is_not_submitted() {
    let words = Event::Answer(vec![Answer::Text("Three pillows".into())]);
    let events = vec![yes(), Event::Next, words, Event::Next, number(3), Event::ToSummary, change("a"), no()];
    let (state, _) = after(&list(), events);
    assert!(state.given.contains_key(&"b".into()));
    let (state, _) = update(&list(), state, Event::Next);
    let (submitting, effect) = update(&list(), state, Event::Submit(at()));
    let Some(Effect::Submit(response)) = effect else { panic!("{submitting:?}") };
    let names: Vec<_> = response.items.iter().map(|item| item.link_id.0.as_str()).collect();
    assert_eq!(names, ["a", "c"]);
    // Changed back, it is there again.
    let (state, _) = update(&list(), submitting, Event::NotStored);
    let (state, _) = update(&list(), state, change("a"));
    let (state, _) = update(&list(), state, yes());
    assert_eq!(list().answered(&state.given).len(), 3);
    // It has been answered, so it is not asked once more.
    assert_eq!(update(&list(), state, Event::Next).0.stage, Stage::Summary);
}

#[test]
fn a_response_carries_the_list_its_version_and_its_time() {
    let (_, effect) = after(&list(), vec![Event::Next, number(3), Event::Next, Event::Submit(at())]);
    let Some(Effect::Submit(response)) = effect else { panic!("{effect:?}") };
    assert_eq!(response.questionnaire, list().questionnaire().canonical);
    assert_eq!(response.questionnaire.to_string(), "https://example.org/list|1");
    assert_eq!(response.authored, at());
    assert_eq!(response.items[0].given, Some(Given::Answers(vec![Answer::Integer(3)])));
}

#[test]
fn initial_values_are_given_from_the_beginning_and_can_be_taken_away() {
    let list = checked(vec![Item { required: true, initial: vec![Answer::Integer(5)], ..integer("a") }]);
    assert_eq!(Filling::begin(&list).given, given([("a", Answer::Integer(5))]));
    assert_eq!(list.missing(&Filling::begin(&list).given), []);
    let (state, _) = after(&list, vec![Event::Clear, Event::ToSummary, Event::Submit(at())]);
    assert_eq!(state.stage, errand("a", &["a"]));
}

#[test]
fn a_list_without_questions_for_the_person_begins_at_the_summary() {
    let list = checked(vec![Item { hidden: true, initial: vec![Answer::Boolean(true)], ..yes_or_no("a") }]);
    assert_eq!(Filling::begin(&list).stage, Stage::Summary);
    let (_, effect) = after(&list, vec![Event::Submit(at())]);
    assert!(matches!(effect, Some(Effect::Submit(response)) if response.items.len() == 1));
}

#[test]
fn a_draft_is_taken_up_where_it_stopped() {
    use Event::*;
    for (events, stage) in [
        (vec![yes()], asking("a")),
        (vec![yes(), Next], asking("b")),
        (vec![ToSummary, change("a"), yes()], errand("a", &["b"])),
        (vec![yes(), Next, ToSummary], Stage::Summary),
        // Not known to be in the record.
        (vec![Next, number(3), Next, Submit(at())], Stage::Summary),
    ] {
        let (draft, _) = after(&list(), events);
        let taken_up = Filling::take_up(&list(), draft.clone()).unwrap();
        assert_eq!(taken_up, Filling { stage, ..draft });
    }
}

#[test]
fn a_draft_of_another_version_is_not_applied_but_said() {
    let (draft, _) = after(&list(), vec![yes()]);
    let mut newer = list().questionnaire().clone();
    newer.canonical.version = Some("2".into());
    let newer = newer.check().unwrap();
    let refused = Filling::take_up(&newer, draft.clone()).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "the draft answers https://example.org/list|1, and the questionnaire is https://example.org/list|2 now"
    );
    assert_eq!(update(&newer, draft.clone(), no()), (draft, None));
}

#[test]
fn a_draft_whose_answers_do_not_belong_to_the_list_is_not_applied() {
    let (draft, _) = after(&list(), vec![yes()]);
    let unknown = checked(vec![yes_or_no("other")]);
    assert_eq!(Filling::take_up(&unknown, draft.clone()), Err(NotTakenUp::NotAsked("a".into())));
    let fixed = checked(vec![Item { read_only: true, ..yes_or_no("a") }]);
    assert_eq!(Filling::take_up(&fixed, draft.clone()), Err(NotTakenUp::NotAsked("a".into())));
    let other_type = checked(vec![integer("a")]);
    let why = Unfit::Type;
    assert_eq!(Filling::take_up(&other_type, draft.clone()), Err(NotTakenUp::Unfit { item: "a".into(), why }));
    // The place is gone, the answers fit: it goes on from the beginning.
    let (at_b, _) = update(&list(), draft, Event::Next);
    let shorter = checked(vec![words("w"), yes_or_no("a")]);
    let taken_up = Filling::take_up(&shorter, at_b.clone()).unwrap();
    assert_eq!(taken_up, Filling { stage: asking("w"), ..at_b });
}

#[test]
fn a_draft_that_is_stored_reads_back_equal() {
    let (draft, _) = after(&list(), vec![yes(), Event::ToSummary, change("c"), number(3)]);
    let stored = serde_json::to_string(&draft).unwrap();
    assert_eq!(serde_json::from_str::<Filling>(&stored).unwrap(), draft);
}
