//! What several screens say in the same words.

use crate::doubt::Doubt;
use crate::fault::{Fault, FaultKind};
use crate::generated::{MarkLine, MarkState, Notice, NoticeIcon, ValueTile};
use crate::moment::Moment;
use crate::value::ValueView;
use crate::view::{Delivery, NotSent};
use crate::words::Words;

pub(super) fn tile(value: &ValueView, words: Words) -> ValueTile {
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

pub(super) fn line(state: MarkState, text: String) -> MarkLine {
    MarkLine { state, text: text.into() }
}

/// How far a stored reading has come.
pub(super) fn delivery(delivery: Delivery, words: Words) -> MarkLine {
    match delivery {
        Delivery::Waiting => line(MarkState::NotYet, words.text("mark", "Not yet delivered", &[])),
        Delivery::Delivered => line(MarkState::Done, words.text("mark", "Delivered to the follow-up service", &[])),
        Delivery::Seen => line(MarkState::Done, words.text("mark", "Seen by the follow-up service", &[])),
        Delivery::Refused => {
            line(MarkState::NotYet, words.text("mark", "Could not be delivered. It is kept on the tablet.", &[]))
        }
        Delivery::NotSent(why) => not_sent(why, words),
    }
}

/// How far answers or a message have come.
pub(super) fn way(delivery: Delivery, words: Words) -> MarkLine {
    match delivery {
        Delivery::Waiting => {
            line(MarkState::NotYet, words.text("mark", "Saved on the tablet. Not yet delivered.", &[]))
        }
        Delivery::Delivered => line(MarkState::Done, words.text("mark", "Delivered to the follow-up service", &[])),
        Delivery::Seen => line(MarkState::Done, words.text("mark", "Seen by the follow-up service", &[])),
        Delivery::Refused => {
            line(MarkState::NotYet, words.text("mark", "Could not be delivered. Call the follow-up service.", &[]))
        }
        Delivery::NotSent(_) => line(MarkState::NotYet, words.text("mark", "Stays on the tablet.", &[])),
    }
}

pub(super) fn not_sent(why: NotSent, words: Words) -> MarkLine {
    let text = match why {
        NotSent::TakenBack => words.text("mark", "Taken back. It is not sent.", &[]),
        NotSent::PerhapsAnothers => words.text("mark", "Not sent until you have said whose it is.", &[]),
        NotSent::TestData => words.text("mark", "A trial. It is not sent.", &[]),
    };
    line(MarkState::NotYet, text)
}

/// "Measured today at 08.05", or that nobody knows when.
pub(super) fn measured(at: Option<Moment>, words: Words) -> String {
    match at {
        Some(moment) => words.text("measure", "Measured {}", &[&moment.text(words)]),
        None => words.text("measure", "It is not known when this was measured", &[]),
    }
}

/// "From Nonin 3230", or that it was typed.
pub(super) fn source(by_hand: bool, device_name: &str, words: Words) -> String {
    match (by_hand, device_name) {
        (true, _) => words.text("measure", "Entered by hand", &[]),
        (false, "") => String::new(),
        (false, name) => words.text("measure", "From {}", &[name]),
    }
}

pub(super) fn doubts(doubts: &[Doubt], words: Words) -> impl Iterator<Item = slint::SharedString> {
    doubts.iter().map(move |doubt| doubt.text(words).into())
}

/// Puts phrases one after the other, each with its full stop.
pub(super) fn sentences(phrases: &[&str]) -> String {
    let mut text = String::new();
    for phrase in phrases.iter().filter(|phrase| !phrase.is_empty()) {
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(phrase);
        if !phrase.ends_with(['.', '…', '?', '!']) {
            text.push('.');
        }
    }
    text
}

/// A fault in words, with its place among the view's faults. `sensor` is the screen's own.
pub(super) fn notice(fault: &Fault, place: usize, sensor: &str, words: Words) -> Notice {
    Notice {
        what: fault.what(words, sensor).into(),
        what_to_do: fault.what_to_do(words).into(),
        detail: fault.detail.as_deref().unwrap_or_default().into(),
        icon: icon(fault.kind),
        can_be_put_away: fault.kind.may_be_put_away(),
        may_be_retried: fault.kind.may_be_retried(),
        place: i32::try_from(place).unwrap_or(i32::MAX),
    }
}

fn icon(kind: FaultKind) -> NoticeIcon {
    match kind {
        FaultKind::BluetoothOff | FaultKind::NoBluetooth | FaultKind::BluetoothGone => NoticeIcon::Bluetooth,
        FaultKind::SensorNotPaired
        | FaultKind::SensorNotInPairingMode
        | FaultKind::SensorPairedElsewhere
        | FaultKind::WrongCode
        | FaultKind::CodeNeeded
        | FaultKind::TwoAlike
        | FaultKind::SendsToEverybody
        | FaultKind::KeyNeeded
        | FaultKind::WrongKey
        | FaultKind::UserCodeRefused
        | FaultKind::SensorUnsupported
        | FaultKind::SensorNotFound
        | FaultKind::SensorGone
        | FaultKind::NoData
        | FaultKind::PacketNotUnderstood => NoticeIcon::Sensor,
        FaultKind::RecordFull
        | FaultKind::RecordNotWritable
        | FaultKind::RecordDamaged
        | FaultKind::RecordTooNew
        | FaultKind::RecordInUse => NoticeIcon::Tablet,
        FaultKind::ServiceAway | FaultKind::SignInRefused | FaultKind::ReadingSetAside { .. } => NoticeIcon::Sending,
        FaultKind::ServiceRefuses | FaultKind::TabletRevoked | FaultKind::ServiceNotProven | FaultKind::NotSetUp => {
            NoticeIcon::Phone
        }
        FaultKind::ClockWrong | FaultKind::ClockStopsSending => NoticeIcon::Tablet,
        FaultKind::SensorBatteryLow { .. } => NoticeIcon::Battery,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Language;

    #[test]
    fn only_what_was_delivered_has_the_mark_of_it() {
        let words = Words::in_language(Language::En);
        let others = [
            Delivery::Waiting,
            Delivery::Refused,
            Delivery::NotSent(NotSent::TakenBack),
            Delivery::NotSent(NotSent::PerhapsAnothers),
            Delivery::NotSent(NotSent::TestData),
        ];
        for delivered in [Delivery::Delivered, Delivery::Seen] {
            assert_eq!(delivery(delivered, words).state, MarkState::Done);
            assert_eq!(way(delivered, words).state, MarkState::Done);
        }
        for other in others {
            assert_eq!(delivery(other, words).state, MarkState::NotYet, "{other:?}");
            assert_eq!(way(other, words).state, MarkState::NotYet, "{other:?}");
        }
    }

    #[test]
    fn phrases_become_sentences_without_a_second_full_stop() {
        assert_eq!(sentences(&["One", "", "Two.", "Three?", "Four"]), "One. Two. Three? Four.");
        assert_eq!(sentences(&[]), "");
    }
}
