use dagsform_care::questionnaire::{Answer, Canonical, Item as Question, ItemKind, Questionnaire};
use uuid::Uuid;

use super::*;

fn list(version: &str) -> Arc<Checked> {
    let mut worse = Question::new("worse", "Er formen dårligere?", ItemKind::Boolean);
    worse.required = true;
    let canonical = Canonical { url: "https://example.org/q".into(), version: Some(version.into()) };
    let items = vec![worse, Question::new("words", "Noe mer?", ItemKind::Text { max_length: None })];
    Arc::new(Questionnaire { canonical, title: None, standard: true, items }.check().unwrap())
}

fn around() -> Circumstances {
    Circumstances {
        patient: PatientId("Patient/1".into()),
        plan: Some(PlanVersion("CarePlan/1/_history/4".into())),
        now: DateTime::parse_from_rfc3339("2026-11-23T08:00:00+01:00").unwrap(),
    }
}

fn new(n: u128) -> Identity {
    Identity::by_hand(Uuid::from_u128(n))
}

fn begun() -> State {
    State::begin(list("1"), None, Some("l/2026-11-23/0".into()), new(1))
}

fn given(events: &[filling::Event]) -> (State, Option<Effect>) {
    events.iter().fold((begun(), None), |(state, _), event| update(state, Event::Filling(event.clone()), &around()))
}

fn yes() -> filling::Event {
    filling::Event::Answer(vec![Answer::Boolean(true)])
}

#[test]
fn each_answer_is_kept_as_a_draft_of_the_answers_that_it_becomes() {
    let (state, effect) = given(&[yes()]);
    let Some(Effect::KeepDraft(draft)) = effect else { panic!("{effect:?}") };
    assert_eq!((draft.identity, draft.occurrence.as_deref()), (new(1), Some("l/2026-11-23/0")));
    assert_eq!(draft.filling, state.filling);
}

#[test]
fn a_draft_is_taken_up_as_what_it_was_and_one_of_another_version_or_time_is_not() {
    let (_, effect) = given(&[yes()]);
    let Some(Effect::KeepDraft(draft)) = effect else { panic!("{effect:?}") };
    let this_time = || Some("l/2026-11-23/0".to_owned());
    let again = State::begin(list("1"), Some((*draft).clone()), this_time(), new(2));
    assert_eq!((again.identity(), again.filling.given.len()), (new(1), 1));
    // What was answered yesterday is not what is answered today.
    let next = State::begin(list("1"), Some((*draft).clone()), Some("l/2026-11-24/0".into()), new(2));
    assert_eq!((next.identity(), next.filling.given.len()), (new(2), 0));
    let other = State::begin(list("2"), Some(*draft), this_time(), new(2));
    assert_eq!((other.identity(), other.filling.given.len()), (new(2), 0));
}

#[test]
fn sent_in_is_only_what_the_record_has() {
    let at_end = [yes(), filling::Event::ToSummary, filling::Event::Submit(around().now)];
    let (state, effect) = given(&at_end);
    let Some(Effect::Say(item)) = effect else { panic!("{effect:?}") };
    let Item::Answers(answers) = *item else { panic!() };
    assert_eq!(answers.plan, around().plan);
    assert_eq!(state.filling.stage, Stage::Submitting);
    // A word about another list changes nothing.
    let (same, _) = update(state.clone(), Event::Said(new(9)), &around());
    assert_eq!(same.filling.stage, Stage::Submitting);
    let (failed, _) = update(state.clone(), Event::NotSaid(new(1)), &around());
    assert_eq!((failed.filling.stage, failed.sent), (Stage::Summary, None));
    let (stored, _) = update(state, Event::Said(new(1)), &around());
    assert_eq!(stored.filling.stage, Stage::Submitted);
    assert!(stored.sent.is_some());
}

#[test]
fn who_answers_goes_with_the_draft_and_the_answers() {
    let (state, effect) = update(begun(), Event::By(Performer::Relative), &around());
    assert!(matches!(effect, Some(Effect::KeepDraft(draft)) if draft.by == Performer::Relative));
    assert_eq!(state.by, Performer::Relative);
}
