//! Views to test with.
#![allow(dead_code, reason = "each test file uses its part")]

use dagsform_ui::{
    Day, Doubt, Fault, FaultKind, Kind, MeasureView, Moment, NoNumber, Number, Quantity, Stage, Unit, ValueView,
};

/// The stages in order, with a name each.
pub(crate) const STAGES: [(&str, Stage); 6] = [
    ("looking", Stage::Looking),
    ("ready", Stage::Ready),
    ("receiving", Stage::Receiving),
    ("received", Stage::Received),
    ("saved", Stage::Saved),
    ("delivered", Stage::Delivered),
];

pub(crate) fn value(quantity: Quantity, number: &str) -> ValueView {
    let unit = match quantity {
        Quantity::OxygenSaturation => Unit::Percent,
        Quantity::PulseRate => Unit::PerMinute,
        Quantity::Systolic | Quantity::Diastolic => Unit::MillimetreOfMercury,
        Quantity::BodyWeight => Unit::Kilogram,
        Quantity::BloodGlucose => Unit::MillimolePerLitre,
        Quantity::BodyTemperature => Unit::DegreeCelsius,
        Quantity::PeakExpiratoryFlow => Unit::LitrePerMinute,
        Quantity::ForcedExpiratoryVolume => Unit::Litre,
    };
    ValueView { quantity, number: Number::Is(number.to_owned()), unit }
}

/// A pulse oximeter at this stage, nothing wrong.
pub(crate) fn view(stage: Stage) -> MeasureView {
    let mut view = MeasureView::looking_for(Kind::PulseOximetry, "Nonin 3230");
    view.stage = stage;
    if stage >= Stage::Receiving {
        view.values = vec![value(Quantity::OxygenSaturation, "97"), value(Quantity::PulseRate, "104")];
    }
    if stage >= Stage::Received {
        view.measured_at = Some(Moment { day: Day::Today, hour: 8, minute: 5 });
    }
    view.delivered_at = Some(Moment { day: Day::Today, hour: 8, minute: 6 });
    view.waiting_to_send = if stage == Stage::Ready { 3 } else { u32::from(stage == Stage::Saved) };
    view
}

pub(crate) fn doubtful() -> MeasureView {
    let mut view = view(Stage::Saved);
    view.doubts = vec![Doubt::Questionable, Doubt::DeviceClockUnknown];
    view
}

pub(crate) fn without_a_number() -> MeasureView {
    let mut view = view(Stage::Saved);
    view.values = vec![
        ValueView {
            quantity: Quantity::OxygenSaturation,
            number: Number::Missing(NoNumber::NotANumber),
            unit: Unit::Percent,
        },
        value(Quantity::PulseRate, "72"),
    ];
    view.doubts = vec![Doubt::WeakSignal];
    view
}

pub(crate) fn with_fault(stage: Stage, kind: FaultKind) -> MeasureView {
    let mut view = view(stage);
    view.faults = vec![Fault::new(kind)];
    view
}
