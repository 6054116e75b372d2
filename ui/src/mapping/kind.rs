//! The words for each kind of reading.

use crate::generated::KindItem;
use crate::view::Kind;
use crate::words::Words;

/// A kind as the screens name it.
pub(super) fn item(kind: Kind, words: Words) -> KindItem {
    KindItem { kind: kind.into(), name: name(kind, words).into(), doing: doing(kind, words).into() }
}

/// "Blood pressure"
pub(super) fn name(kind: Kind, words: Words) -> String {
    match kind {
        Kind::PulseOximetry => words.text("kind", "Oxygen and pulse", &[]),
        Kind::BloodPressure => words.text("kind", "Blood pressure", &[]),
        Kind::BodyWeight => words.text("kind", "Weight", &[]),
        Kind::BloodGlucose => words.text("kind", "Blood sugar", &[]),
        Kind::BodyTemperature => words.text("kind", "Temperature", &[]),
        Kind::Spirometry => words.text("kind", "Breathing test", &[]),
    }
}

/// "Measure the blood pressure": what a button does.
fn doing(kind: Kind, words: Words) -> String {
    match kind {
        Kind::PulseOximetry => words.text("kind", "Measure oxygen and pulse", &[]),
        Kind::BloodPressure => words.text("kind", "Measure the blood pressure", &[]),
        Kind::BodyWeight => words.text("kind", "Weigh yourself", &[]),
        Kind::BloodGlucose => words.text("kind", "Measure the blood sugar", &[]),
        Kind::BodyTemperature => words.text("kind", "Measure the temperature", &[]),
        Kind::Spirometry => words.text("kind", "Take the breathing test", &[]),
    }
}

/// The first thing to do with the sensor.
pub(super) fn begin(kind: Kind, words: Words) -> String {
    match kind {
        Kind::PulseOximetry => words.text("measure", "Put the clip on your finger", &[]),
        Kind::BloodPressure => words.text("measure", "Put the cuff on your upper arm", &[]),
        Kind::BodyWeight => words.text("measure", "Step on the scale", &[]),
        Kind::BloodGlucose => words.text("measure", "Measure your blood sugar", &[]),
        Kind::BodyTemperature => words.text("measure", "Measure your temperature", &[]),
        Kind::Spirometry => words.text("measure", "Blow into the device", &[]),
    }
}

/// How to go on.
pub(super) fn how(kind: Kind, words: Words) -> String {
    match kind {
        Kind::PulseOximetry => words.text("measure", "Sit still. The measuring starts by itself.", &[]),
        Kind::BloodPressure => {
            words.text("measure", "Rest your arm on the table and sit still. Then press the button on the device.", &[])
        }
        Kind::BodyWeight => words.text("measure", "Stand still until the number no longer changes.", &[]),
        Kind::BloodGlucose | Kind::BodyTemperature | Kind::Spirometry => {
            words.text("measure", "Do as you usually do. The number comes here by itself.", &[])
        }
    }
}

/// What to do until the values are complete.
pub(super) fn meanwhile(kind: Kind, words: Words) -> String {
    match kind {
        Kind::PulseOximetry => words.text("measure", "Keep your hand still until it is finished.", &[]),
        Kind::BloodPressure => words.text("measure", "Sit still until it is finished.", &[]),
        Kind::BodyWeight => words.text("measure", "Stand still until it is finished.", &[]),
        Kind::BloodGlucose | Kind::BodyTemperature | Kind::Spirometry => {
            words.text("measure", "Wait until it is finished.", &[])
        }
    }
}
