//! Sensors and tablet.

use super::{kind, model, said};
use crate::generated::{EquipmentScreenState, MarkState, SensorItem};
use crate::view::{EquipmentView, SensorState, SensorView};
use crate::words::Words;

pub(super) fn apply(screen: &EquipmentScreenState<'_>, view: &EquipmentView, words: Words) {
    screen.set_sensors(model(view.sensors.iter().map(|sensor| item(sensor, words))));
    screen.set_tablet(model(tablet(view, words).map(Into::into)));
}

fn item(sensor: &SensorView, words: Words) -> SensorItem {
    let measures = sensor.kind.map(|measured| kind::name(measured, words)).unwrap_or_default();
    let (mark, state) = state(sensor.state, words);
    let battery = sensor.battery.map(|percent| words.text("equipment", "Battery: {} %", &[&percent.to_string()]));
    let battery = battery.unwrap_or_default();
    let last_heard = sensor.last_heard.map(|at| words.text("equipment", "Last in touch {}", &[&at.text(words)]));
    let last_heard = last_heard.unwrap_or_default();
    SensorItem {
        has_kind: sensor.kind.is_some(),
        kind: sensor.kind.map(Into::into).unwrap_or_default(),
        spoken: said::sentences(&[&sensor.name, &measures, &state, &battery, &last_heard]).into(),
        name: sensor.name.as_str().into(),
        measures: measures.into(),
        mark,
        state: state.into(),
        battery: battery.into(),
        last_heard: last_heard.into(),
    }
}

/// Most sensors rest until they are used: that is nothing to worry about.
fn state(state: SensorState, words: Words) -> (MarkState, String) {
    match state {
        SensorState::Connected => (MarkState::Done, words.text("equipment", "Connected now", &[])),
        SensorState::Resting => (MarkState::NotYet, words.text("equipment", "Resting until you use it", &[])),
        SensorState::Faulty => {
            (MarkState::NotYet, words.text("equipment", "Needs help. See the message at the top.", &[]))
        }
    }
}

fn tablet(view: &EquipmentView, words: Words) -> [String; 3] {
    let delivered = match view.last_delivered {
        Some(at) => words.text("equipment", "Last delivered to the follow-up service {}", &[&at.text(words)]),
        None => words.text("equipment", "Nothing has been delivered yet.", &[]),
    };
    let waiting = match view.waiting_to_send {
        0 => words.text("equipment", "Nothing is waiting to be sent.", &[]),
        readings => words.count(
            "measure",
            "One reading is waiting to be sent.",
            "{n} readings are waiting to be sent.",
            readings,
            &[],
        ),
    };
    [delivered, waiting, words.text("equipment", "Dagsform, version {}", &[&view.version])]
}
