//! Guided measuring.

use slint::SharedString;

use super::{kind, model, said};
use crate::fault::Fault;
use crate::generated::{MarkLine, MarkState, MeasureScreenState, MeasureShape, Notice, ValueTile};
use crate::view::{MeasureView, Stage};
use crate::words::Words;

pub(super) fn apply(screen: &MeasureScreenState<'_>, view: &MeasureView, words: Words) {
    let blocking = blocking(view);
    screen.set_shape(shape(view, blocking));
    screen.set_kind(view.kind.into());
    screen.set_device_name(view.device_name.as_str().into());
    screen.set_begin(kind::begin(view.kind, words).into());
    screen.set_how(kind::how(view.kind, words).into());
    screen.set_meanwhile(kind::meanwhile(view.kind, words).into());
    screen.set_values(model(values(view, blocking, words)));
    screen.set_measured_at(measured_at(view, words));
    screen.set_marks(model(marks(view, blocking, words)));
    screen.set_doubts(model(doubts(view, blocking, words)));
    screen.set_advice(advice(view, words).into());
    screen.set_blocking(blocking.map(|fault| said::notice(fault, 0, &view.device_name, words)).unwrap_or_default());
    screen.set_asks_performer(is_done(view));
    screen.set_performer(view.performer.into());
    screen.set_may_enter_by_hand(may_enter_by_hand(view));
    screen.set_may_retry(may_retry(view));
    screen.set_is_done(is_done(view));
}

/// The faults that stand beside the content, with their places in the view.
pub(super) fn notices(view: &MeasureView, words: Words) -> Vec<Notice> {
    let beside = view.faults.iter().enumerate().filter(|(_, fault)| !fault.kind.blocks());
    beside.map(|(place, fault)| said::notice(fault, place, &view.device_name, words)).collect()
}

/// The reading on the screen is left out: its own mark says that it is not delivered yet.
pub(super) fn others_waiting(view: &MeasureView) -> u32 {
    let this_one = view.stage == Stage::Saved && view.not_sent.is_none() && blocking(view).is_none();
    view.waiting_to_send.saturating_sub(u32::from(this_one))
}

/// What concerns the sensor stands in nobody's way who types.
fn blocking(view: &MeasureView) -> Option<&Fault> {
    let typed = view.by_hand || !view.has_sensor;
    view.faults.iter().find(|fault| fault.kind.blocks() && (!typed || fault.kind.is_of_the_record()))
}

fn may_retry(view: &MeasureView) -> bool {
    blocking(view).is_some_and(|fault| fault.kind.may_be_retried())
}

/// The reading is stored: there is nothing more to wait for.
fn is_done(view: &MeasureView) -> bool {
    blocking(view).is_none() && view.stage >= Stage::Saved
}

/// Always possible while no reading is in hand, unless it could not be stored.
fn may_enter_by_hand(view: &MeasureView) -> bool {
    view.stage < Stage::Receiving && !blocking(view).is_some_and(|fault| fault.kind.is_of_the_record())
}

fn shape(view: &MeasureView, blocking: Option<&Fault>) -> MeasureShape {
    match (blocking, view.stage) {
        (Some(_), _) => MeasureShape::Blocked,
        (None, Stage::Looking | Stage::Ready) if !view.has_sensor => MeasureShape::NoSensor,
        (None, Stage::Looking) => MeasureShape::Looking,
        (None, Stage::Ready) => MeasureShape::Ready,
        (None, Stage::Receiving) => MeasureShape::Receiving,
        (None, Stage::Received | Stage::Saved | Stage::Delivered) => MeasureShape::Finished,
    }
}

/// A fault that keeps the reading from being stored shows the values, to be written down by hand.
fn values_shown(view: &MeasureView, blocking: Option<&Fault>) -> bool {
    match blocking {
        Some(fault) => fault.kind.threatens_reading() && view.stage < Stage::Saved,
        None => view.stage >= Stage::Receiving,
    }
}

fn values(view: &MeasureView, blocking: Option<&Fault>, words: Words) -> Vec<ValueTile> {
    if !values_shown(view, blocking) {
        return Vec::new();
    }
    view.values.iter().map(|value| said::tile(value, words)).collect()
}

fn measured_at(view: &MeasureView, words: Words) -> SharedString {
    match view.measured_at {
        Some(moment) if view.stage >= Stage::Received => {
            words.text("measure", "Measured {}", &[&moment.text(words)]).into()
        }
        _ => SharedString::default(),
    }
}

/// The three marks. Before a reading is complete there are none to give.
fn marks(view: &MeasureView, blocking: Option<&Fault>, words: Words) -> Vec<MarkLine> {
    if blocking.is_some() || view.stage < Stage::Received {
        return Vec::new();
    }
    let line = said::line;
    let received = if view.by_hand {
        line(MarkState::Done, words.text("mark", "Entered by hand", &[]))
    } else {
        line(MarkState::Done, words.text("mark", "Received from the sensor", &[]))
    };
    let saved = if view.stage >= Stage::Saved {
        line(MarkState::Done, words.text("mark", "Saved on the tablet", &[]))
    } else {
        line(MarkState::Now, words.text("mark", "Saving on the tablet …", &[]))
    };
    let delivered = match (view.stage, view.delivered_at) {
        (Stage::Delivered, Some(moment)) => {
            line(MarkState::Done, words.text("mark", "Delivered to the follow-up service {}", &[&moment.text(words)]))
        }
        (Stage::Delivered, None) => {
            line(MarkState::Done, words.text("mark", "Delivered to the follow-up service", &[]))
        }
        _ => match view.not_sent {
            Some(why) => said::not_sent(why, words),
            None => line(MarkState::NotYet, words.text("mark", "Not yet delivered", &[])),
        },
    };
    vec![received, saved, delivered]
}

fn doubts(view: &MeasureView, blocking: Option<&Fault>, words: Words) -> Vec<SharedString> {
    if blocking.is_some() || view.stage < Stage::Received {
        return Vec::new();
    }
    said::doubts(&view.doubts, words).collect()
}

/// What the person may do now. Says only what the stage makes true, and never that someone watches.
fn advice(view: &MeasureView, words: Words) -> String {
    let sending_stopped = view.faults.iter().any(|fault| fault.kind.stops_sending());
    match view.stage {
        Stage::Saved | Stage::Delivered if !view.doubts.is_empty() => {
            words.text("measure", "You may measure once more. Both readings are kept.", &[])
        }
        Stage::Saved if view.not_sent.is_none() && !sending_stopped => {
            words.text("measure", "You need do nothing more. It is sent by itself.", &[])
        }
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::FaultKind;
    use crate::language::Language;
    use crate::moment::{Day, Moment};
    use crate::value::{Number, Quantity, Unit, ValueView};
    use crate::view::{Kind, NotSent};

    const WORDS: Words = Words::in_language(Language::En);
    const STAGES: [Stage; 6] =
        [Stage::Looking, Stage::Ready, Stage::Receiving, Stage::Received, Stage::Saved, Stage::Delivered];

    fn view(stage: Stage) -> MeasureView {
        MeasureView {
            stage,
            values: vec![ValueView {
                quantity: Quantity::PulseRate,
                number: Number::Is("72".to_owned()),
                unit: Unit::PerMinute,
            }],
            delivered_at: Some(Moment { day: Day::Today, hour: 8, minute: 5 }),
            ..MeasureView::looking_for(Kind::PulseOximetry, "Nonin")
        }
    }

    fn with(stage: Stage, kind: FaultKind) -> MeasureView {
        MeasureView { faults: vec![Fault::new(kind)], ..view(stage) }
    }

    fn done(view: &MeasureView) -> usize {
        marks(view, blocking(view), WORDS).iter().filter(|mark| mark.state == MarkState::Done).count()
    }

    #[test]
    fn each_mark_is_given_only_when_its_stage_is_reached() {
        assert_eq!(STAGES.map(|stage| done(&view(stage))), [0, 0, 0, 1, 2, 3]);
    }

    #[test]
    fn a_time_of_delivery_alone_delivers_nothing() {
        let marks = marks(&view(Stage::Saved), None, WORDS);
        assert_eq!(marks[2].state, MarkState::NotYet);
        assert_eq!(marks[2].text, "Not yet delivered");
    }

    #[test]
    fn values_of_an_earlier_reading_are_not_shown_before_the_next_one() {
        let shown = STAGES.map(|stage| values(&view(stage), None, WORDS).len());
        assert_eq!(shown, [0, 0, 1, 1, 1, 1]);
    }

    #[test]
    fn the_big_button_is_there_when_there_is_something_to_touch() {
        assert_eq!(STAGES.map(|stage| is_done(&view(stage))), [false, false, false, false, true, true]);
        let (retried, done) = (may_retry, is_done);
        let off = with(Stage::Saved, FaultKind::BluetoothOff);
        assert_eq!((retried(&off), done(&off)), (true, false));
        assert!(!may_retry(&with(Stage::Saved, FaultKind::RecordDamaged)));
        assert!(!may_retry(&with(Stage::Ready, FaultKind::ServiceAway)));
    }

    #[test]
    fn entry_by_hand_is_offered_until_values_come_and_also_without_bluetooth() {
        let offered = STAGES.map(|stage| may_enter_by_hand(&view(stage)));
        assert_eq!(offered, [true, true, false, false, false, false]);
        assert!(may_enter_by_hand(&with(Stage::Looking, FaultKind::BluetoothOff)));
        assert!(!may_enter_by_hand(&with(Stage::Looking, FaultKind::RecordFull)));
    }

    #[test]
    fn who_types_is_not_held_up_by_the_sensor() {
        let mut view = with(Stage::Looking, FaultKind::BluetoothOff);
        view.has_sensor = false;
        assert_eq!(shape(&view, blocking(&view)), MeasureShape::NoSensor);
        view.faults = vec![Fault::new(FaultKind::RecordFull)];
        assert_eq!(shape(&view, blocking(&view)), MeasureShape::Blocked);
    }

    #[test]
    fn a_typed_reading_was_not_received_from_a_sensor() {
        let view = MeasureView { by_hand: true, ..view(Stage::Saved) };
        assert_eq!(marks(&view, None, WORDS)[0].text, "Entered by hand");
    }

    #[test]
    fn a_reading_that_stays_here_says_why_and_is_not_promised_to_be_sent() {
        let view = MeasureView { not_sent: Some(NotSent::TestData), waiting_to_send: 1, ..view(Stage::Saved) };
        assert_eq!(marks(&view, None, WORDS)[2].text, "A trial. It is not sent.");
        assert_eq!(advice(&view, WORDS), "");
        assert_eq!(others_waiting(&view), 1);
    }

    #[test]
    fn nothing_is_promised_to_be_sent_by_itself_while_a_person_has_to_help() {
        assert!(advice(&view(Stage::Saved), WORDS).contains("by itself"));
        for kind in FaultKind::ALL.into_iter().filter(|kind| kind.stops_sending()) {
            assert_eq!(advice(&with(Stage::Saved, kind), WORDS), "");
        }
    }

    #[test]
    fn a_notice_keeps_its_place_among_all_faults() {
        let mut view = with(Stage::Ready, FaultKind::BluetoothOff);
        view.faults.push(Fault::new(FaultKind::PacketNotUnderstood));
        let notices = notices(&view, WORDS);
        assert_eq!(notices.iter().map(|notice| notice.place).collect::<Vec<_>>(), [1]);
    }

    #[test]
    fn the_reading_on_the_screen_is_not_counted_among_those_that_wait() {
        let waiting = |stage| others_waiting(&MeasureView { waiting_to_send: 2, ..view(stage) });
        assert_eq!(waiting(Stage::Ready), 2);
        assert_eq!(waiting(Stage::Saved), 1);
    }
}
