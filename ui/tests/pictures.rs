//! Draws the real screens in every stage, language and size of words, for people to look at, and
//! checks that nothing is out of sight where it has to fit.
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a test may fail")]

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::{after, messages, questions};
use dagsform_ui::{
    AfterStep, Delivery, EntryStage, EntryView, Fault, FaultKind, Kind, Language, MeasureView, MessagesStage,
    Performer, Picture, QuestionView, Screen, Stage, SummaryStage, TakingBack, TextScale, TodayView, WhoseStage,
    Window, headless,
};

/// Tablets in use, both ways up, and the largest words with which the six stages need no scrolling.
const DISPLAYS: [(u32, u32, TextScale); 4] = [
    (1280, 800, TextScale::Largest),
    (800, 1280, TextScale::Largest),
    (1920, 1200, TextScale::Largest),
    (1024, 600, TextScale::Normal),
];

/// A screen by its name, and whether it has to fit where the six stages do.
struct View {
    name: String,
    screen: Screen,
    fits: bool,
}

fn measuring() -> Vec<(String, MeasureView)> {
    let mut views: Vec<_> =
        common::STAGES.iter().map(|(name, stage)| ((*name).to_owned(), common::view(*stage))).collect();
    views.push(("doubtful".to_owned(), common::doubtful()));
    views.push(("without-a-number".to_owned(), common::without_a_number()));
    for kind in FaultKind::ALL {
        let stage = match kind {
            // The values are there, and are to be written down.
            FaultKind::RecordFull | FaultKind::RecordNotWritable => Stage::Received,
            _ if kind.blocks() => Stage::Looking,
            _ => Stage::Ready,
        };
        let name = format!("{kind:?}");
        let name = name.split([' ', '{']).next().unwrap_or_default().to_owned();
        views.push((format!("fault-{name}"), common::with_fault(stage, kind)));
    }
    let mut all_at_once = common::doubtful();
    all_at_once.faults = common::with_fault(Stage::Saved, FaultKind::ServiceAway).faults;
    views.push(("doubtful-and-service-away".to_owned(), all_at_once));
    for kind in Kind::ALL {
        let view = MeasureView::looking_for(kind, "Måleren");
        views.push((format!("looking-{kind:?}"), view.clone()));
        views.push((format!("without-a-sensor-{kind:?}"), MeasureView { has_sensor: false, ..view }));
    }
    for (name, stage) in common::STAGES {
        views.push((format!("blood-pressure-{name}"), common::blood_pressure_view(stage)));
    }
    let performer = MeasureView { performer: Performer::Patient, by_hand: true, ..common::view(Stage::Saved) };
    views.push(("entered-by-hand".to_owned(), performer));
    views
}

fn others() -> Vec<(&'static str, Screen)> {
    let away = || vec![Fault::new(FaultKind::BluetoothOff), Fault::new(FaultKind::ServiceAway)];
    let entry = |stage| Screen::Entry(EntryView { stage, ..common::entry() });
    let mut taken_back = common::reading(TakingBack::Asking);
    taken_back.row.by_hand = true;
    let mut equipment = common::equipment();
    equipment.faults = away();
    vec![
        ("today", Screen::Today(common::today())),
        ("today-plain", Screen::Today(common::plain_today())),
        ("today-empty", Screen::Today(TodayView { tasks: Vec::new(), ..common::plain_today() })),
        ("today-faults", Screen::Today(TodayView { faults: away(), ..common::today() })),
        ("entry", Screen::Entry(common::entry())),
        ("entry-glucose", Screen::Entry(common::glucose_entry())),
        ("entry-wrong", Screen::Entry(common::wrong_entry())),
        ("entry-check", entry(EntryStage::Check)),
        ("entry-saving", entry(EntryStage::Saving)),
        ("whose", Screen::Whose(common::whose(WhoseStage::Asking))),
        ("whose-erase", Screen::Whose(common::whose(WhoseStage::Erase))),
        ("equipment", Screen::Equipment(common::equipment())),
        ("equipment-faults", Screen::Equipment(equipment)),
        ("readings", Screen::Readings(common::readings())),
        ("reading", Screen::Reading(common::reading(TakingBack::Possible))),
        ("reading-asking", Screen::Reading(taken_back)),
        ("reading-taken-back", Screen::Reading(common::reading(TakingBack::ServiceNotTold))),
    ]
}

/// The screens of a plan.
fn planned() -> Vec<(&'static str, Screen)> {
    let question = |view: QuestionView| Screen::Question(view);
    let dont_know = QuestionView { dont_know: true, ..questions::number(&["mg", "tabletter"]) };
    let foreign = QuestionView { written_in: Some("pl".to_owned()), ..questions::one() };
    let resting = AfterStep::Resting { left: 215, of: 300 };
    vec![
        ("today-planned", Screen::Today(common::planned_today())),
        ("today-medicine", Screen::Today(common::medicine_today())),
        ("today-paused", Screen::Today(common::paused_today())),
        ("today-ended", Screen::Today(common::ended_today())),
        ("after-real-or-error", Screen::After(after::after(AfterStep::RealOrError))),
        ("after-resting", Screen::After(after::after(resting))),
        ("after-measure-again", Screen::After(after::after(AfterStep::MeasureAgain))),
        ("after-advice", Screen::After(after::after(AfterStep::Advice))),
        ("after-fine", Screen::After(after::after(AfterStep::Fine))),
        ("after-red", Screen::After(after::red(AfterStep::RealOrError))),
        ("after-red-advice", Screen::After(after::red(AfterStep::Advice))),
        ("question-yes-no", question(questions::yes_no())),
        ("question-missing", question(questions::missing())),
        ("question-one", question(questions::one())),
        ("question-foreign", question(foreign)),
        ("question-several", question(questions::several())),
        ("question-open-choice", question(questions::open_choice())),
        ("question-number", question(questions::number(&["mg"]))),
        ("question-number-units", question(dont_know)),
        ("question-few-places", question(questions::few_places())),
        ("question-line", question(questions::line())),
        ("question-words", question(questions::words())),
        ("question-day", question(questions::day(false))),
        ("question-day-too-early", question(questions::day(true))),
        ("question-read", question(questions::read())),
        ("summary", Screen::Summary(questions::summary(SummaryStage::Looking))),
        ("summary-incomplete", Screen::Summary(questions::incomplete())),
        ("summary-saved", Screen::Summary(questions::summary(questions::saved(Delivery::Seen)))),
        ("messages", Screen::Messages(messages::messages(MessagesStage::Reading))),
        ("messages-none", Screen::Messages(messages::none())),
        ("messages-too-much", Screen::Messages(messages::messages(MessagesStage::TooMuch))),
    ]
}

/// These have all they need in sight with words of the usual size.
const IN_SIGHT: [&str; 21] = [
    "today-plain",
    "today-empty",
    "today-medicine",
    "today-paused",
    "entry",
    "entry-glucose",
    "entry-check",
    "whose",
    "whose-erase",
    "reading",
    "after-real-or-error",
    "after-resting",
    "after-measure-again",
    "after-fine",
    "question-yes-no",
    "question-number",
    "question-few-places",
    "question-line",
    "question-words",
    "question-day",
    "messages-too-much",
];

fn views() -> Vec<View> {
    let measuring = measuring().into_iter().map(|(name, view)| View {
        fits: view.faults.is_empty() && view.doubts.is_empty(),
        screen: Screen::Measure(view),
        name,
    });
    let others = others().into_iter().chain(planned()).map(|(name, screen)| View {
        name: name.to_owned(),
        screen,
        fits: IN_SIGHT.contains(&name),
    });
    measuring.chain(others).collect()
}

/// Whether this screen has to fit with these words on a display whose largest are those. The smallest display
/// has room for the stages of a measurement only; English takes more room, and scrolls with the largest words.
fn has_to_fit(view: &View, height: u32, language: Language, scale: TextScale, largest: TextScale) -> bool {
    let enough = match (&view.screen, language) {
        (Screen::Measure(_), Language::Nb) => scale.percent() <= largest.percent(),
        (Screen::Measure(_), Language::En) => scale.percent() <= largest.percent() && scale != TextScale::Largest,
        _ => scale == TextScale::Normal && height >= 800,
    };
    view.fits && enough
}

fn folder() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("pictures");
    fs::create_dir_all(&folder).expect("a folder for the pictures");
    folder
}

#[test]
fn every_screen_can_be_drawn_in_every_language_and_size() {
    headless::install().expect("a display in memory");
    let window = Window::new(Language::Nb).expect("a window");
    let folder = folder();
    let mut too_tall = Vec::new();
    for (width, height, largest) in DISPLAYS {
        window.resize(width, height);
        for scale in TextScale::ALL {
            window.set_text_scale(scale);
            for language in Language::ALL {
                window.set_language(language).expect("its words");
                for view in views().into_iter().filter(|view| wanted(width, &view.name)) {
                    window.show(&view.screen);
                    let picture = Picture::of(&window).expect("a picture");
                    assert_eq!((picture.width, picture.height), (width, height));
                    let tag = language.tag();
                    let file = format!("{}-{tag}-{width}x{height}-{}.png", view.name, scale.percent());
                    if kept(width, language, scale) {
                        picture.save(&folder.join(&file)).expect("the picture on disk");
                    }
                    if has_to_fit(&view, height, language, scale, largest) && window.hidden_below() >= 1.0 {
                        too_tall.push(file);
                    }
                }
            }
        }
    }
    assert!(too_tall.is_empty(), "these need scrolling: {too_tall:#?}");
}

/// All screens at one size and the stages at the others, to save time, unless asked for more.
fn wanted(width: u32, name: &str) -> bool {
    width == 1280
        || all_wanted()
        || common::STAGES.iter().any(|(stage, _)| *stage == name)
        || name == "doubtful-and-service-away"
        || others().iter().chain(&planned()).any(|(other, _)| *other == name)
}

/// Compressing a picture takes ten times as long as drawing it.
fn kept(width: u32, language: Language, scale: TextScale) -> bool {
    let both_ways_up = match width {
        1280 => scale != TextScale::Large,
        800 => scale == TextScale::Normal,
        _ => false,
    };
    all_wanted() || both_ways_up && language == Language::Nb
}

fn all_wanted() -> bool {
    std::env::var_os("DAGSFORM_ALL_PICTURES").is_some()
}
