//! The own button: what fires it and what does not.
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a test may fail")]

// Code written by a machine.
#[allow(
    missing_docs,
    unreachable_pub,
    clippy::all,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::panic,
    clippy::todo,
    clippy::unimplemented,
    clippy::unreachable,
    unsafe_code
)]
mod trial {
    slint::slint! {
        import { BigButton } from "../ui/widgets/button.slint";

        export component Trial inherits Window {
            in property <bool> enabled;
            in-out property <int> touches;
            width: 400px;
            height: 200px;
            BigButton {
                text: "Go";
                enabled: root.enabled;
                touched => { root.touches += 1; }
            }
        }
    }
}

use i_slint_backend_testing::{AccessibleRole, ElementHandle};
use slint::ComponentHandle;
use slint::platform::{Key, PointerEventButton, WindowEvent};
use trial::Trial;

fn trial(enabled: bool) -> (Trial, ElementHandle) {
    i_slint_backend_testing::init_no_event_loop();
    let trial = Trial::new().expect("a window");
    trial.set_enabled(enabled);
    trial.show().expect("shown in memory");
    let button = ElementHandle::find_by_accessible_label(&trial, "Go")
        .find(|element| element.accessible_role() == Some(AccessibleRole::Button))
        .expect("the button");
    (trial, button)
}

fn touch_in_every_way(trial: &Trial, button: &ElementHandle) {
    button.invoke_accessible_default_action();
    button.mock_single_click(PointerEventButton::Left);
    for key in [Key::Tab, Key::Return, Key::Space] {
        let text: slint::SharedString = key.into();
        trial.window().dispatch_event(WindowEvent::KeyPressed { text: text.clone() });
        trial.window().dispatch_event(WindowEvent::KeyReleased { text });
    }
}

#[test]
fn an_enabled_button_answers_finger_keys_and_screen_reader() {
    let (trial, button) = trial(true);
    assert_eq!(button.accessible_enabled(), Some(true));
    touch_in_every_way(&trial, &button);
    assert_eq!(trial.get_touches(), 4);
}

#[test]
fn a_disabled_button_answers_none_of_them() {
    let (trial, button) = trial(false);
    assert_eq!(button.accessible_enabled(), Some(false));
    touch_in_every_way(&trial, &button);
    assert_eq!(trial.get_touches(), 0);
}
