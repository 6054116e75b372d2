//! What the screens say and what touching them does, found as a screen reader finds it.
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a test may fail")]

mod common;
#[path = "screens/plan.rs"]
mod plan;

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use common::{doubtful, view, with_fault, without_a_number};
use dagsform_ui::{
    Action, AfterStep, Answer, Delivery, EntryStage, EntryView, Fault, FaultKind, Key, Kind, Language, Meal,
    MeasureView, MessagesStage, NotSent, Performer, Place, ReadingsView, Screen, Span, Stage, SummaryStage, TakingBack,
    TaskState, TodayView, WhoseStage, Why, Window, Words,
};
use i_slint_backend_testing::{AccessibleRole, ElementHandle, ElementRoot};

thread_local! {
    static DISPLAY: () = i_slint_backend_testing::init_no_event_loop();
}

/// A window in memory. Each test runs on a thread of its own, with a display of its own.
fn window(language: Language) -> Window {
    DISPLAY.with(|()| ());
    let window = Window::new(language).expect("a window");
    window.resize(1280, 800);
    window
}

/// Everything a screen reader would read, in order.
fn labels(window: &Window) -> Vec<String> {
    // Conditional parts come into being when time passes.
    i_slint_backend_testing::mock_elapsed_time(Duration::from_millis(16));
    let query = window.elements().root_element().query_descendants();
    let read = query
        .find_all()
        .into_iter()
        .filter(|element| element.accessible_role().is_some_and(|role| role != AccessibleRole::None));
    read.filter_map(|element| element.accessible_label())
        .map(|label| label.to_string())
        .filter(|label| !label.is_empty())
        .collect()
}

fn shown(language: Language, view: &MeasureView) -> Vec<String> {
    let window = window(language);
    window.show(&Screen::Measure(view.clone()));
    labels(&window)
}

/// What touching these, one after the other, asks of the program.
fn asked(screen: &Screen, touches: &[&str]) -> Vec<Action> {
    let window = window(Language::Nb);
    // So high that nothing has to be scrolled to: what is out of view is not found.
    window.resize(1280, 6000);
    let asked = Rc::new(RefCell::new(Vec::new()));
    window.on_action({
        let asked = Rc::clone(&asked);
        move |action| asked.borrow_mut().push(action)
    });
    window.show(screen);
    for label in touches {
        touch(&window, label);
    }
    asked.take()
}

fn read(screen: &Screen) -> Vec<String> {
    let window = window(Language::Nb);
    window.resize(1280, 6000);
    window.show(screen);
    labels(&window)
}

fn touch(window: &Window, label: &str) {
    i_slint_backend_testing::mock_elapsed_time(Duration::from_millis(16));
    let found: Vec<ElementHandle> = ElementHandle::find_by_accessible_label(window.elements(), label)
        .filter(|element| element.accessible_role() != Some(AccessibleRole::None))
        .collect();
    // A word that stands as text too is touched where it can be.
    let touchable = |element: &&ElementHandle| element.accessible_role() != Some(AccessibleRole::Text);
    let found: Vec<_> = found.iter().filter(touchable).collect();
    assert_eq!(found.len(), 1, "one element to touch is called {label:?}");
    found[0].invoke_accessible_default_action();
}

/// Checks that all of `expected` is read, and each once.
fn assert_reads(labels: &[String], expected: &[&str]) {
    for text in expected {
        let times = labels.iter().filter(|label| label == text).count();
        assert_eq!(times, 1, "{text:?} in {labels:#?}");
    }
}

fn assert_silent_about(labels: &[String], words: &[&str]) {
    for label in labels {
        let lower = label.to_lowercase();
        for word in words {
            assert!(!lower.contains(word), "{word:?} in {label:?}");
        }
    }
}

#[test]
fn looking_tells_which_sensor_is_looked_for() {
    let labels = shown(Language::Nb, &view(Stage::Looking));
    assert_reads(
        &labels,
        &[
            "Sett klypen på fingeren",
            "Sitt rolig. Målingen starter av seg selv.",
            "Nettbrettet leter etter Nonin 3230.",
        ],
    );
}

#[test]
fn looking_for_a_sensor_without_a_name_leaves_no_hole() {
    let labels = shown(Language::Nb, &MeasureView::looking_for(Kind::PulseOximetry, ""));
    assert_reads(&labels, &["Nettbrettet leter etter måleren."]);
}

#[test]
fn ready_tells_what_to_do_and_what_waits() {
    let labels = shown(Language::En, &view(Stage::Ready));
    assert_reads(
        &labels,
        &["Put the clip on your finger", "Nonin 3230 is ready.", "3 readings are waiting to be sent."],
    );
    assert_silent_about(&labels, &["97"]);
}

#[test]
fn one_waiting_reading_is_one_reading() {
    let mut view = view(Stage::Ready);
    view.waiting_to_send = 1;
    assert_reads(&shown(Language::Nb, &view), &["Én måling venter på å bli sendt."]);
}

#[test]
fn receiving_shows_values_and_claims_nothing_in_norwegian() {
    let labels = shown(Language::Nb, &view(Stage::Receiving));
    assert_reads(&labels, &["Måler …", "Oksygen i blodet: 97 prosent", "Puls: 104 i minuttet"]);
    assert_silent_about(&labels, &["lagr", "lever", "mottatt", "ferdig med"]);
}

#[test]
fn receiving_shows_values_and_claims_nothing_in_english() {
    let labels = shown(Language::En, &view(Stage::Receiving));
    assert_reads(&labels, &["Measuring …", "Oxygen in the blood: 97 percent"]);
    assert_silent_about(&labels, &["sav", "deliver", "received", "stored"]);
}

#[test]
fn received_does_not_claim_to_be_saved() {
    let labels = shown(Language::Nb, &view(Stage::Received));
    assert_reads(&labels, &["Mottatt fra måleren", "Lagres på nettbrettet …", "Ikke levert ennå"]);
    assert_silent_about(&labels, &["lagret", "levert til"]);
}

#[test]
fn saved_says_so_and_that_it_is_not_delivered() {
    let labels = shown(Language::Nb, &view(Stage::Saved));
    assert_reads(
        &labels,
        &[
            "Målt i\u{a0}dag\u{a0}kl.\u{a0}08.05",
            "Mottatt fra måleren",
            "Lagret på nettbrettet",
            "Ikke levert ennå",
            "Ferdig",
        ],
    );
    assert_silent_about(&labels, &["levert til", "venter på å bli sendt"]);
}

#[test]
fn delivered_says_when_and_does_not_claim_that_anyone_has_seen_it() {
    let labels = shown(Language::En, &view(Stage::Delivered));
    assert_reads(&labels, &["Saved on the tablet", "Delivered to the follow-up service today\u{a0}at\u{a0}08.06"]);
    assert_silent_about(&labels, &["seen", "nurse", "watch", "not yet"]);
}

#[test]
fn the_safety_line_is_on_every_screen() {
    let window = window(Language::Nb);
    let line = "Dette er ikke en nødtjeneste. Legevakt: ring\u{a0}116\u{a0}117. Fare for liv: ring\u{a0}113.";
    for (_, stage) in common::STAGES {
        window.show(&Screen::Measure(view(stage)));
        assert_reads(&labels(&window), &[line]);
    }
    for kind in FaultKind::ALL {
        window.show(&Screen::Measure(with_fault(Stage::Ready, kind)));
        assert_reads(&labels(&window), &[line]);
    }
}

#[test]
fn a_doubtful_reading_says_why_and_keeps_its_marks() {
    let labels = shown(Language::Nb, &doubtful());
    assert_reads(
        &labels,
        &[
            "Måleren er ikke helt sikker på denne målingen.",
            "Klokken i måleren er ikke stilt. Tidspunktet kan være feil.",
            "Du kan gjerne måle en gang til. Begge målingene blir tatt vare på.",
            "Lagret på nettbrettet",
        ],
    );
}

#[test]
fn no_number_is_said_in_words() {
    let labels = shown(Language::Nb, &without_a_number());
    assert_reads(&labels, &["Oksygen i blodet: Måleren ga ikke noe tall"]);
    assert_silent_about(&labels, &["nan", "2047", "prosent"]);
}

#[test]
fn a_fault_in_the_way_replaces_the_guidance() {
    let window = window(Language::Nb);
    for kind in FaultKind::ALL.into_iter().filter(|kind| kind.blocks()) {
        window.show(&Screen::Measure(with_fault(Stage::Ready, kind)));
        let labels = labels(&window);
        let words = Words::in_language(Language::Nb);
        let fault = Fault::new(kind);
        assert_reads(&labels, &[&fault.what(words, "Nonin 3230"), &fault.what_to_do(words)]);
        assert_silent_about(&labels, &["sett klypen på fingeren"]);
        let retry = labels.iter().any(|label| label == "Prøv igjen");
        assert_eq!(retry, kind.may_be_retried(), "{kind:?}");
    }
}

#[test]
fn a_fault_beside_the_way_leaves_the_guidance() {
    let window = window(Language::En);
    for kind in FaultKind::ALL.into_iter().filter(|kind| !kind.blocks()) {
        window.show(&Screen::Measure(with_fault(Stage::Ready, kind)));
        let labels = labels(&window);
        let words = Words::in_language(Language::En);
        let fault = Fault::new(kind);
        assert_reads(
            &labels,
            &[&fault.what(words, "Nonin 3230"), &fault.what_to_do(words), "Put the clip on your finger"],
        );
    }
}

#[test]
fn values_that_could_not_be_stored_are_shown_to_be_written_down() {
    let labels = shown(Language::Nb, &with_fault(Stage::Received, FaultKind::RecordFull));
    assert_reads(&labels, &["Oksygen i blodet: 97 prosent", "Puls: 104 i minuttet"]);
    assert_silent_about(&labels, &["lagret", "mottatt"]);
}

#[test]
fn nothing_promises_to_be_sent_by_itself_while_the_service_refuses_the_tablet() {
    let labels = shown(Language::Nb, &with_fault(Stage::Saved, FaultKind::ServiceRefuses));
    assert_silent_about(&labels, &["av seg selv"]);
}

#[test]
fn the_language_changes_on_the_spot_and_the_program_is_told() {
    let window = window(Language::Nb);
    let told = Rc::new(Cell::new(None));
    window.on_language({
        let told = Rc::clone(&told);
        move |language| told.set(Some(language))
    });
    let mut saved = view(Stage::Saved);
    saved.faults = vec![Fault::new(FaultKind::ServiceAway)];
    window.show(&Screen::Measure(saved));
    assert_reads(&labels(&window), &["Lagret på nettbrettet"]);

    touch(&window, "English");

    assert_eq!(told.get(), Some(Language::En));
    assert_eq!(window.language(), Language::En);
    let labels = labels(&window);
    assert_reads(&labels, &["Saved on the tablet", "The tablet cannot send right now.", "Done"]);
    assert_silent_about(&labels, &["lagret", "nettbrettet"]);
}

#[test]
fn touches_reach_the_program_as_what_they_mean() {
    let window = window(Language::Nb);
    let asked = Rc::new(RefCell::new(Vec::new()));
    window.on_action({
        let asked = Rc::clone(&asked);
        move |action| asked.borrow_mut().push(action)
    });
    window.show(&Screen::Measure(view(Stage::Saved)));
    touch(&window, "Ferdig");
    window.show(&Screen::Measure(with_fault(Stage::Ready, FaultKind::BluetoothOff)));
    touch(&window, "Prøv igjen");
    let mut set_aside = with_fault(Stage::Ready, FaultKind::ServiceAway);
    set_aside.faults.push(Fault::new(FaultKind::ReadingSetAside { readings: 1 }));
    window.show(&Screen::Measure(set_aside));
    touch(&window, "Jeg har lest det");
    assert_eq!(*asked.borrow(), [Action::Done, Action::Retry, Action::Understood(1)]);
}

#[test]
fn every_button_is_large_enough_for_a_trembling_finger() {
    let window = window(Language::Nb);
    for (width, height) in [(1280, 800), (800, 1280), (1024, 600), (1920, 1200)] {
        window.resize(width, height);
        window.show(&Screen::Measure(with_fault(Stage::Saved, FaultKind::PacketNotUnderstood)));
        let _ = labels(&window);
        let query = window.elements().root_element().query_descendants();
        let buttons: Vec<_> = query
            .find_all()
            .into_iter()
            .filter(|element| {
                matches!(element.accessible_role(), Some(AccessibleRole::Button | AccessibleRole::RadioButton))
            })
            .collect();
        assert!(buttons.len() >= 4, "found {}", buttons.len());
        for button in buttons {
            let size = button.size();
            assert!(size.height >= 72.0 && size.width >= 72.0, "{size:?}");
        }
    }
}

const PLACES: [&str; 4] = ["I dag", "Målinger", "Meldinger", "Utstyr"];

fn tabs(screen: &Screen) -> Vec<String> {
    let window = window(Language::Nb);
    window.show(screen);
    let _ = labels(&window);
    let query = window.elements().root_element().query_descendants();
    let tabs = query.find_all().into_iter().filter(|element| element.accessible_role() == Some(AccessibleRole::Tab));
    tabs.filter_map(|tab| tab.accessible_label()).map(|label| label.to_string()).collect()
}

#[test]
fn the_places_lead_to_each_other_and_the_other_screens_lead_back() {
    let places = [
        Screen::Today(common::today()),
        Screen::Readings(common::readings()),
        Screen::Messages(common::messages::messages(MessagesStage::Reading)),
        Screen::Equipment(common::equipment()),
    ];
    for screen in places {
        assert_eq!(tabs(&screen), PLACES);
        assert!(!read(&screen).contains(&"Tilbake".to_owned()));
    }
    let others = [
        Screen::Measure(view(Stage::Looking)),
        Screen::Entry(common::entry()),
        Screen::Reading(common::reading(TakingBack::Possible)),
        Screen::Whose(common::whose(WhoseStage::Asking)),
        Screen::After(common::after::after(AfterStep::Advice)),
        Screen::Question(common::questions::yes_no()),
        Screen::Summary(common::questions::summary(SummaryStage::Looking)),
        Screen::Messages(common::messages::messages(MessagesStage::TooMuch)),
    ];
    for screen in others {
        assert_eq!(tabs(&screen), Vec::<String>::new());
        assert_eq!(asked(&screen, &["Tilbake"]), [Action::Back]);
    }
    let go = asked(&Screen::Today(common::plain_today()), &PLACES);
    assert_eq!(go, [Place::Today, Place::Readings, Place::Messages, Place::Equipment].map(Action::Go));
}

#[test]
fn safety_line_and_languages_are_on_every_screen() {
    let screens = [
        Screen::Today(common::today()),
        Screen::Entry(common::entry()),
        Screen::Readings(common::readings()),
        Screen::Reading(common::reading(TakingBack::Asking)),
        Screen::Whose(common::whose(WhoseStage::Erase)),
        Screen::Equipment(common::equipment()),
        Screen::After(common::after::red(AfterStep::RealOrError)),
        Screen::Question(common::questions::yes_no()),
        Screen::Summary(common::questions::summary(SummaryStage::Looking)),
        Screen::Messages(common::messages::messages(MessagesStage::Reading)),
    ];
    let line = "Dette er ikke en nødtjeneste. Legevakt: ring\u{a0}116\u{a0}117. Fare for liv: ring\u{a0}113.";
    for screen in screens {
        assert_reads(&read(&screen), &[line, "Norsk bokmål", "English"]);
    }
}

#[test]
fn today_says_what_is_to_be_done_and_what_has_come_of_the_rest() {
    let labels = read(&Screen::Today(common::today()));
    assert_reads(
        &labels,
        &[
            "Mandag 23. november",
            "Nå",
            "Blodtrykk. Fram til kl. 11.00",
            "Vekt. Ikke målt ennå",
            "Senere i dag",
            "Blodtrykk. Mellom kl. 18.00 og 21.00",
            "Oksygen og puls. Målt i\u{a0}dag\u{a0}kl.\u{a0}08.05. Levert til oppfølgingstjenesten.",
            "Temperatur. Målt i\u{a0}dag\u{a0}kl.\u{a0}09.05. Ikke levert ennå.",
            "Mål noe annet",
            "Én måling: er den din?",
            "Én måling venter på å bli sendt.",
        ],
    );
    assert_silent_about(&labels, &["glemt", "for sent", "skulle"]);
}

#[test]
fn today_leads_to_the_measurements_and_to_the_question() {
    let touches = ["Mål blodtrykket", "Vei deg", "Mål blodsukkeret", "Svar"];
    let actions = asked(&Screen::Today(common::today()), &touches);
    let expected = [Action::Task(1), Action::Task(0), Action::Measure(Kind::BloodGlucose), Action::AskWhose];
    assert_eq!(actions, expected);
}

#[test]
fn today_claims_no_delivery_of_a_reading_that_stays_here() {
    for why in [NotSent::TakenBack, NotSent::PerhapsAnothers, NotSent::TestData] {
        let state = TaskState::Done { at: common::at(8, 5), delivery: Delivery::NotSent(why) };
        let tasks = vec![common::task(Kind::BodyWeight, 7, 9, state)];
        let labels = read(&Screen::Today(TodayView { tasks, ..common::plain_today() }));
        assert_reads(&labels, &["Alt er gjort for i dag."]);
        assert_silent_about(&labels, &["levert"]);
    }
}

#[test]
fn a_fault_that_blocks_measuring_does_not_block_the_day() {
    let mut view = common::plain_today();
    view.faults = vec![Fault::new(FaultKind::ServiceAway), Fault::new(FaultKind::BluetoothOff)];
    let screen = Screen::Today(view);
    assert_reads(&read(&screen), &["Bluetooth er slått av.", "Nettbrettet får ikke sendt akkurat nå."]);
    let actions = asked(&screen, &["Prøv igjen", "Mål blodtrykket"]);
    assert_eq!(actions, [Action::Retry, Action::Task(0)]);
}

#[test]
fn each_kind_has_guidance_of_its_own_or_is_typed() {
    for (kind, begin) in [
        (Kind::BloodPressure, "Sett mansjetten på overarmen"),
        (Kind::BodyWeight, "Still deg på vekten"),
        (Kind::Spirometry, "Blås i måleren"),
    ] {
        let looking = MeasureView::looking_for(kind, "Måleren");
        assert_reads(&read(&Screen::Measure(looking.clone())), &[begin]);
        assert_eq!(asked(&Screen::Measure(looking.clone()), &["Skriv inn selv"]), [Action::ByHand(kind)]);
        let without = Screen::Measure(MeasureView { has_sensor: false, ..looking });
        assert_silent_about(&read(&without), &["leter", &begin.to_lowercase()]);
        assert_eq!(asked(&without, &["Skriv inn selv"]), [Action::ByHand(kind)]);
    }
}

#[test]
fn who_measured_is_asked_once_the_reading_is_saved() {
    let question = "Hvem målte?".to_owned();
    for (_, stage) in common::STAGES {
        let labels = read(&Screen::Measure(view(stage)));
        assert_eq!(labels.contains(&question), stage >= Stage::Saved, "{stage:?}");
    }
    let actions = asked(&Screen::Measure(view(Stage::Saved)), &["Jeg selv", "Pårørende", "Helsepersonell"]);
    assert_eq!(actions, [Performer::Patient, Performer::Relative, Performer::Staff].map(Action::Performer));
}

#[test]
fn a_reading_that_stays_on_the_tablet_says_why() {
    let staying = MeasureView { not_sent: Some(NotSent::PerhapsAnothers), ..view(Stage::Saved) };
    let labels = read(&Screen::Measure(staying));
    assert_reads(&labels, &["Sendes ikke før du har sagt hvem som målte seg.", "Lagret på nettbrettet"]);
    assert_silent_about(&labels, &["ikke levert ennå", "av seg selv"]);
}

#[test]
fn keys_and_questions_of_the_entry_reach_the_program() {
    let touches =
        ["1", "0", "Komma", "Slett", "Før mat", "Jeg selv", "Et kvarter tidligere", "Et kvarter senere", "Lagre"];
    let actions = asked(&Screen::Entry(common::glucose_entry()), &touches);
    let expected = [
        Action::Key(Key::Digit(1)),
        Action::Key(Key::Digit(0)),
        Action::Key(Key::Decimal),
        Action::Key(Key::Delete),
        Action::Meal(Some(Meal::Before)),
        Action::Performer(Performer::Patient),
        Action::Earlier,
        Action::Later,
        Action::Save,
    ];
    assert_eq!(actions, expected);
    let actions = asked(&Screen::Entry(common::entry()), &["Overtrykk, millimeter kvikksølv"]);
    assert_eq!(actions, [Action::Field(0)]);
}

#[test]
fn a_meal_that_is_touched_again_is_taken_back() {
    let view = EntryView { meal: Some(Meal::After), ..common::glucose_entry() };
    assert_eq!(asked(&Screen::Entry(view), &["Etter mat"]), [Action::Meal(None)]);
}

#[test]
fn what_was_measured_now_cannot_be_moved_later() {
    assert_eq!(asked(&Screen::Entry(common::entry()), &["Et kvarter senere"]), []);
}

#[test]
fn an_entry_says_what_is_wrong_at_the_number() {
    let labels = read(&Screen::Entry(common::wrong_entry()));
    assert_reads(&labels, &["Undertrykk, millimeter kvikksølv. Tallet er for lavt. Se på det en gang til."]);
}

#[test]
fn an_unusual_number_is_asked_about_and_nothing_is_claimed_before_it_is_stored() {
    let at = |stage| Screen::Entry(EntryView { stage, ..common::glucose_entry() });
    let check = at(EntryStage::Check);
    assert_reads(&read(&check), &["Stemmer dette?", "Blodsukker: 5,6 millimol per liter"]);
    assert_eq!(asked(&check, &["Ja", "Nei, skriv på nytt"]), [Action::Right, Action::Correct]);
    for stage in [EntryStage::Typing, EntryStage::Check, EntryStage::Saving] {
        assert_silent_about(&read(&at(stage)), &["lagret på", "levert", "mottatt"]);
    }
    assert_reads(&read(&at(EntryStage::Saving)), &["Lagres på nettbrettet …"]);
}

#[test]
fn the_list_is_chosen_by_kind_and_span_and_opens_its_rows() {
    let screen = Screen::Readings(common::readings());
    let row = "Overtrykk: 128 millimeter kvikksølv, Undertrykk: 82 millimeter kvikksølv, Puls: 71 i minuttet. \
               Målt i\u{a0}dag\u{a0}kl.\u{a0}08.05. Ikke levert ennå. Skrevet inn for hånd.";
    let actions = asked(&screen, &["Vekt", "30 dager", row, "Vis flere"]);
    assert_eq!(actions, [Action::List(Kind::BodyWeight), Action::Span(Span::Month), Action::Open(1), Action::More]);
}

#[test]
fn a_trend_and_its_averages_are_told_in_words_too() {
    let labels = read(&Screen::Readings(common::readings()));
    assert_reads(
        &labels,
        &[
            "Overtrykk: 6 målinger. Skalaen går fra 100 til 160.",
            "Overtrykk: 128 millimeter kvikksølv. Snitt av 6 målinger siste 7 dager.",
            "Overtrykk: 131 millimeter kvikksølv. Én måling siste 30 dager.",
        ],
    );
    let none = ReadingsView { rows: Vec::new(), trend: Vec::new(), averages: Vec::new(), ..common::readings() };
    assert_reads(&read(&Screen::Readings(none)), &["Ingen målinger ennå."]);
}

#[test]
fn a_reading_is_taken_back_for_a_reason_and_is_told_to_the_service_only_when_it_is() {
    let at = |stage| Screen::Reading(common::reading(stage));
    assert_eq!(asked(&at(TakingBack::Possible), &["Trekk tilbake"]), [Action::TakeBack]);
    let reasons = asked(&at(TakingBack::Asking), &["Målingen er ikke min", "Målingen ble feil"]);
    assert_eq!(reasons, [Why::WrongPerson, Why::MeasuringError].map(Action::TakeBackBecause));
    let told = "Målingen er trukket tilbake. Oppfølgingstjenesten har fått beskjed.";
    assert_reads(&read(&at(TakingBack::Done)), &[told]);
    assert_silent_about(&read(&at(TakingBack::ServiceNotTold)), &["har fått beskjed"]);
    let mut unsent = common::reading(TakingBack::Done);
    unsent.row.delivery = Delivery::NotSent(NotSent::TakenBack);
    assert_silent_about(&read(&Screen::Reading(unsent)), &["har fått beskjed", "levert"]);
}

#[test]
fn only_a_typed_reading_can_be_mistyped() {
    let mut view = common::reading(TakingBack::Asking);
    assert_silent_about(&read(&Screen::Reading(view.clone())), &["jeg skrev feil tall"]);
    view.row.by_hand = true;
    assert_eq!(asked(&Screen::Reading(view), &["Jeg skrev feil tall"]), [Action::TakeBackBecause(Why::Mistyped)]);
}

#[test]
fn whose_a_reading_is_has_three_answers_and_erasing_is_asked_for_itself() {
    let at = |stage| Screen::Whose(common::whose(stage));
    let answers = asked(&at(WhoseStage::Asking), &["Ja, den er min", "Nei, en annens", "Vet ikke ennå"]);
    assert_eq!(answers, [Answer::Mine, Answer::Anothers, Answer::NotSure].map(Action::Whose));
    assert_silent_about(&read(&at(WhoseStage::Asking)), &["slett"]);
    let erase = asked(&at(WhoseStage::Erase), &["Slett for godt", "Behold den"]);
    assert_eq!(erase, [Action::Erase, Action::Keep]);
}

#[test]
fn the_equipment_tells_of_each_sensor_in_one_breath() {
    let labels = read(&Screen::Equipment(common::equipment()));
    assert_reads(
        &labels,
        &[
            "Oksygenmåleren. Oksygen og puls. Koblet til nå. Batteri: 80 %. \
             Sist i kontakt i\u{a0}dag\u{a0}kl.\u{a0}08.05.",
            "Vekten. Vekt. Hviler til du bruker den. Sist i kontakt i\u{a0}dag\u{a0}kl.\u{a0}07.40.",
            "Ukjent måler. Trenger hjelp. Se meldingen øverst. Batteri: 5 %.",
            "Sist levert til oppfølgingstjenesten i\u{a0}dag\u{a0}kl.\u{a0}08.06",
            "2 målinger venter på å bli sendt.",
            "Dagsform, utgave 0.1.0",
        ],
    );
}

#[test]
fn everything_that_can_be_touched_on_the_new_screens_is_large_enough() {
    let window = window(Language::Nb);
    let screens = [
        Screen::Today(common::today()),
        Screen::Entry(common::glucose_entry()),
        Screen::Readings(common::readings()),
        Screen::Reading(common::reading(TakingBack::Asking)),
        Screen::Whose(common::whose(WhoseStage::Asking)),
        Screen::Equipment(common::equipment()),
    ];
    for (width, height) in [(1280, 6000), (800, 6000), (1024, 6000)] {
        window.resize(width, height);
        for screen in &screens {
            window.show(screen);
            assert_eq!(hard_to_touch(&window, width), [""; 0]);
        }
    }
}

/// What can be touched and is smaller than a finger needs, or not inside this width.
fn hard_to_touch(window: &Window, width: u32) -> Vec<String> {
    let _ = labels(window);
    let query = window.elements().root_element().query_descendants();
    let touched = query.find_all().into_iter().filter(|element| {
        use AccessibleRole::{Button, Checkbox, RadioButton, Slider, Tab, TextInput};
        matches!(element.accessible_role(), Some(Button | Checkbox | RadioButton | Slider | Tab | TextInput))
    });
    let hard = touched.filter(|element| {
        let (size, left) = (element.size(), element.absolute_position().x);
        let inside = left >= 0.0 && f64::from(left + size.width) <= f64::from(width);
        size.height < 72.0 || size.width < 72.0 || !inside
    });
    hard.map(|element| format!("{:?}: {:?}, {width}", element.accessible_label(), element.size())).collect()
}
