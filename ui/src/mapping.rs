//! The one place where a view becomes the properties of the screen.

use std::rc::Rc;

use slint::{ModelRc, SharedString, VecModel};

use crate::fault::{Fault, FaultKind};
use crate::generated::{MarkLine, MarkState, MeasureScreenState, Notice, NoticeIcon, ScreenShape, ValueTile};
use crate::value::ValueView;
use crate::view::{Action, MeasureView, Stage};
use crate::words::Words;

/// What stands on the one big button, if there is one.
pub(crate) fn primary_action(view: &MeasureView) -> Option<Action> {
    match (blocking(view), view.stage) {
        (Some(fault), _) => fault.kind.may_be_retried().then_some(Action::Retry),
        (None, Stage::Saved | Stage::Delivered) => Some(Action::Done),
        (None, _) => None,
    }
}

/// Hands a view to the screen.
pub(crate) fn apply(screen: &MeasureScreenState<'_>, view: &MeasureView, words: Words) {
    let blocking = blocking(view);
    screen.set_shape(shape(view, blocking));
    screen.set_device_name(view.device_name.as_str().into());
    screen.set_values(model(values(view, blocking, words)));
    screen.set_measured_at(measured_at(view, words));
    screen.set_marks(model(marks(view, blocking, words)));
    screen.set_doubts(model(doubts(view, blocking, words)));
    screen.set_advice(advice(view, words).into());
    screen.set_blocking(blocking.map(|fault| notice(fault, 0, view, words)).unwrap_or_default());
    screen.set_notices(model(notices(view, words)));
    screen.set_waiting_to_send(i32::try_from(others_waiting(view)).unwrap_or(i32::MAX));
    screen.set_primary(match primary_action(view) {
        Some(Action::Retry) => words.text("button", "Try again", &[]).into(),
        Some(Action::Done) => words.text("button", "Done", &[]).into(),
        _ => SharedString::default(),
    });
}

fn blocking(view: &MeasureView) -> Option<&Fault> {
    view.faults.iter().find(|fault| fault.kind.blocks())
}

fn shape(view: &MeasureView, blocking: Option<&Fault>) -> ScreenShape {
    match (blocking, view.stage) {
        (Some(_), _) => ScreenShape::Blocked,
        (None, Stage::Looking) => ScreenShape::Looking,
        (None, Stage::Ready) => ScreenShape::Ready,
        (None, Stage::Receiving) => ScreenShape::Receiving,
        (None, Stage::Received | Stage::Saved | Stage::Delivered) => ScreenShape::Finished,
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
    view.values.iter().map(|value| tile(value, words)).collect()
}

fn tile(value: &ValueView, words: Words) -> ValueTile {
    let (number, unit, why_not) = match value.written(words) {
        Ok(number) => (number, value.unit.text(words), String::new()),
        Err(why) => (String::new(), String::new(), why),
    };
    ValueTile {
        label: value.quantity.text(words).into(),
        number: number.into(),
        unit: unit.into(),
        why_not: why_not.into(),
        spoken: value.spoken(words).into(),
    }
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
    let line = |state, text: String| MarkLine { state, text: text.into() };
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
        _ => line(MarkState::NotYet, words.text("mark", "Not yet delivered", &[])),
    };
    vec![line(MarkState::Done, words.text("mark", "Received from the sensor", &[])), saved, delivered]
}

fn doubts(view: &MeasureView, blocking: Option<&Fault>, words: Words) -> Vec<SharedString> {
    if blocking.is_some() || view.stage < Stage::Received {
        return Vec::new();
    }
    view.doubts.iter().map(|doubt| doubt.text(words).into()).collect()
}

/// What the person may do now. Says only what the stage makes true, and never that someone watches.
fn advice(view: &MeasureView, words: Words) -> String {
    let sending_stopped = view.faults.iter().any(|fault| fault.kind.stops_sending());
    match view.stage {
        Stage::Saved | Stage::Delivered if !view.doubts.is_empty() => {
            words.text("measure", "You may measure once more. Both readings are kept.", &[])
        }
        Stage::Saved if !sending_stopped => {
            words.text("measure", "You need do nothing more. It is sent by itself.", &[])
        }
        _ => String::new(),
    }
}

/// The reading on the screen is left out: its own mark says that it is not delivered yet.
fn others_waiting(view: &MeasureView) -> u32 {
    let this_one = u32::from(view.stage == Stage::Saved && blocking(view).is_none());
    view.waiting_to_send.saturating_sub(this_one)
}

/// The faults that stand beside the content, with their places in the view.
fn notices(view: &MeasureView, words: Words) -> Vec<Notice> {
    let beside = view.faults.iter().enumerate().filter(|(_, fault)| !fault.kind.blocks());
    beside.map(|(place, fault)| notice(fault, place, view, words)).collect()
}

fn notice(fault: &Fault, place: usize, view: &MeasureView, words: Words) -> Notice {
    Notice {
        what: fault.what(words, &view.device_name).into(),
        what_to_do: fault.what_to_do(words).into(),
        detail: fault.detail.as_deref().unwrap_or_default().into(),
        icon: icon(fault.kind),
        can_be_put_away: fault.kind.may_be_put_away(),
        place: i32::try_from(place).unwrap_or(i32::MAX),
    }
}

fn icon(kind: FaultKind) -> NoticeIcon {
    match kind {
        FaultKind::BluetoothOff | FaultKind::NoBluetooth => NoticeIcon::Bluetooth,
        FaultKind::SensorNotPaired | FaultKind::SensorNotFound | FaultKind::NoData | FaultKind::PacketNotUnderstood => {
            NoticeIcon::Sensor
        }
        FaultKind::RecordFull
        | FaultKind::RecordNotWritable
        | FaultKind::RecordDamaged
        | FaultKind::RecordTooNew
        | FaultKind::RecordInUse => NoticeIcon::Tablet,
        FaultKind::ServiceAway | FaultKind::ReadingSetAside { .. } => NoticeIcon::Sending,
        FaultKind::ServiceRefuses | FaultKind::NotSetUp => NoticeIcon::Phone,
        FaultKind::SensorBatteryLow { .. } => NoticeIcon::Battery,
    }
}

fn model<T: Clone + 'static>(items: Vec<T>) -> ModelRc<T> {
    Rc::new(VecModel::from(items)).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Language;
    use crate::moment::{Day, Moment};
    use crate::value::{Number, Quantity, Unit};
    use crate::view::Kind;

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
    fn the_one_big_button_is_there_when_there_is_something_to_touch() {
        use Action::{Done, Retry};
        let actions = STAGES.map(|stage| primary_action(&view(stage)));
        assert_eq!(actions, [None, None, None, None, Some(Done), Some(Done)]);
        assert_eq!(primary_action(&with(Stage::Saved, FaultKind::BluetoothOff)), Some(Retry));
        assert_eq!(primary_action(&with(Stage::Saved, FaultKind::RecordDamaged)), None);
        assert_eq!(primary_action(&with(Stage::Ready, FaultKind::ServiceAway)), None);
    }

    #[test]
    fn nothing_is_promised_to_be_sent_by_itself_while_a_person_has_to_help() {
        assert!(advice(&view(Stage::Saved), WORDS).contains("by itself"));
        for kind in [FaultKind::ServiceRefuses, FaultKind::NotSetUp] {
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
