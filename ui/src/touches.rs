//! Every touch of every screen becomes an [`Action`] here.

use std::rc::Rc;

use crate::generated::Actions;
use crate::view::{Action, Key};

/// Calls `asked` for each touch.
pub(crate) fn connect(actions: &Actions<'_>, asked: impl Fn(Action) + 'static) {
    let asked: Rc<dyn Fn(Action)> = Rc::new(asked);
    let plain = |action: Action| {
        let asked = Rc::clone(&asked);
        move || asked(action.clone())
    };
    actions.on_retry(plain(Action::Retry));
    actions.on_done(plain(Action::Done));
    actions.on_back(plain(Action::Back));
    actions.on_decimal(plain(Action::Key(Key::Decimal)));
    actions.on_delete(plain(Action::Key(Key::Delete)));
    actions.on_earlier(plain(Action::Earlier));
    actions.on_later(plain(Action::Later));
    actions.on_save(plain(Action::Save));
    actions.on_right(plain(Action::Right));
    actions.on_correct(plain(Action::Correct));
    actions.on_more(plain(Action::More));
    actions.on_take_back(plain(Action::TakeBack));
    actions.on_ask_whose(plain(Action::AskWhose));
    actions.on_erase(plain(Action::Erase));
    actions.on_keep(plain(Action::Keep));
    actions.on_after_real(plain(Action::AfterReal));
    actions.on_after_error(plain(Action::AfterError));
    actions.on_after_again(plain(Action::AfterAgain));
    actions.on_after_words(plain(Action::AfterWords));
    actions.on_this_day(plain(Action::ThisDay));
    actions.on_dont_know(plain(Action::DontKnow));
    actions.on_next(plain(Action::Next));
    actions.on_send_answers(plain(Action::SendAnswers));
    actions.on_send_message(plain(Action::SendMessage));
    actions.on_please_contact_me(plain(Action::PleaseContactMe));
    actions.on_too_much(plain(Action::TooMuch));
    actions.on_go(chosen(&asked, Action::Go));
    actions.on_measure(chosen(&asked, Action::Measure));
    actions.on_by_hand(chosen(&asked, Action::ByHand));
    actions.on_performer(chosen(&asked, Action::Performer));
    actions.on_meal(chosen(&asked, Action::Meal));
    actions.on_list(chosen(&asked, Action::List));
    actions.on_span(chosen(&asked, Action::Span));
    actions.on_take_back_because(chosen(&asked, Action::TakeBackBecause));
    actions.on_whose(chosen(&asked, Action::Whose));
    actions.on_yes_no(chosen(&asked, Action::YesNo));
    actions.on_date_up(chosen(&asked, Action::DateUp));
    actions.on_date_down(chosen(&asked, Action::DateDown));
    actions.on_typed(chosen(&asked, Action::Typed));
    actions.on_wish(chosen(&asked, Action::Wish));
    actions.on_task(at(&asked, Action::Task));
    actions.on_medicine_taken(at(&asked, Action::MedicineTaken));
    actions.on_medicine_not_taken(at(&asked, Action::MedicineNotTaken));
    actions.on_open_list(at(&asked, Action::OpenList));
    actions.on_choose(at(&asked, Action::Choose));
    actions.on_unit(at(&asked, Action::Unit));
    actions.on_slide(at(&asked, Action::Slide));
    actions.on_change(at(&asked, Action::Change));
    actions.on_understood(at(&asked, Action::Understood));
    actions.on_field(at(&asked, Action::Field));
    actions.on_open(at(&asked, Action::Open));
    actions.on_digit(at(&asked, |digit| Action::Key(Key::Digit(digit))));
}

/// The touched choice, as the program names it.
fn chosen<Drawn: Into<Named>, Named>(
    asked: &Rc<dyn Fn(Action)>,
    action: impl Fn(Named) -> Action + 'static,
) -> impl Fn(Drawn) + 'static {
    let asked = Rc::clone(asked);
    move |drawn| asked(action(drawn.into()))
}

/// The touched place or number.
fn at<Number: TryFrom<i32>>(
    asked: &Rc<dyn Fn(Action)>,
    action: impl Fn(Number) -> Action + 'static,
) -> impl Fn(i32) + 'static {
    let asked = Rc::clone(asked);
    move |place| {
        if let Ok(place) = Number::try_from(place) {
            asked(action(place));
        }
    }
}
