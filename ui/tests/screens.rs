//! What the screens say and what touching them does, found as a screen reader finds it.
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a test may fail")]

mod common;

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use common::{doubtful, view, with_fault, without_a_number};
use dagsform_ui::{Action, Fault, FaultKind, Kind, Language, MeasureView, Screen, Stage, Window, Words};
use i_slint_backend_testing::{AccessibleRole, ElementHandle, ElementRoot};

/// A window in memory. Each test runs on a thread of its own, with a display of its own.
fn window(language: Language) -> Window {
    i_slint_backend_testing::init_no_event_loop();
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

fn touch(window: &Window, label: &str) {
    i_slint_backend_testing::mock_elapsed_time(Duration::from_millis(16));
    let found: Vec<ElementHandle> = ElementHandle::find_by_accessible_label(window.elements(), label)
        .filter(|element| element.accessible_role() != Some(AccessibleRole::None))
        .collect();
    assert_eq!(found.len(), 1, "one element is called {label:?}");
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
    window.show(&Screen::Measure(saved.clone()));
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
    window.show(&Screen::Measure(set_aside.clone()));
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
