//! Draws the real screens in every stage, language and size of words, for people to look at, and
//! checks that nothing is out of sight where it has to fit.
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a test may fail")]

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use dagsform_ui::{FaultKind, Language, MeasureView, Picture, Screen, Stage, TextScale, Window, headless};

/// Tablets in use, both ways up, and the largest words with which the six stages need no scrolling.
const DISPLAYS: [(u32, u32, TextScale); 4] = [
    (1280, 800, TextScale::Largest),
    (800, 1280, TextScale::Largest),
    (1920, 1200, TextScale::Largest),
    (1024, 600, TextScale::Large),
];

fn views() -> Vec<(String, MeasureView)> {
    let mut views: Vec<_> =
        common::STAGES.iter().map(|(name, stage)| ((*name).to_owned(), common::view(*stage))).collect();
    views.push(("doubtful".to_owned(), common::doubtful()));
    views.push(("without-a-number".to_owned(), common::without_a_number()));
    for kind in FaultKind::ALL {
        let stage = if kind.blocks() { Stage::Received } else { Stage::Ready };
        let name = format!("{kind:?}");
        let name = name.split([' ', '{']).next().unwrap_or_default().to_owned();
        views.push((format!("fault-{name}"), common::with_fault(stage, kind)));
    }
    let mut all_at_once = common::doubtful();
    all_at_once.faults = common::with_fault(Stage::Saved, FaultKind::ServiceAway).faults;
    views.push(("doubtful-and-service-away".to_owned(), all_at_once));
    views
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
    for (width, height, largest) in DISPLAYS {
        window.resize(width, height);
        for scale in TextScale::ALL {
            window.set_text_scale(scale);
            for language in Language::ALL {
                window.set_language(language).expect("its words");
                for (name, view) in views().into_iter().filter(|(name, _)| wanted(width, name)) {
                    window.show(&Screen::Measure(view.clone()));
                    let picture = Picture::of(&window).expect("a picture");
                    assert_eq!((picture.width, picture.height), (width, height));
                    let tag = language.tag();
                    let file = format!("{name}-{tag}-{width}x{height}-{}.png", scale.percent());
                    if kept(width, language, scale) {
                        picture.save(&folder.join(&file)).expect("the picture on disk");
                    }
                    let plain = view.faults.is_empty() && view.doubts.is_empty();
                    if plain && scale.percent() <= largest.percent() {
                        assert!(window.hidden_below() < 1.0, "{file} needs scrolling");
                    }
                }
            }
        }
    }
}

/// All screens at one size and the stages at the others, to save time, unless asked for more.
fn wanted(width: u32, name: &str) -> bool {
    width == 1280
        || all_wanted()
        || common::STAGES.iter().any(|(stage, _)| *stage == name)
        || name == "doubtful-and-service-away"
}

/// Compressing a picture takes ten times as long as drawing it.
fn kept(width: u32, language: Language, scale: TextScale) -> bool {
    all_wanted() || width == 1280 && language == Language::Nb && scale != TextScale::Large
}

fn all_wanted() -> bool {
    std::env::var_os("DAGSFORM_ALL_PICTURES").is_some()
}
