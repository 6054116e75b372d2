//! What the layouts of the oximeters have in common: two numbers, either of which may be missing.

use dagsform_care::{Decimal, Kind, Metric, Quantity, Special, Unit, Value};

use super::{Said, Seen, Standing};
use crate::codec::{PlxContinuousMeasurement, PlxSpotCheckMeasurement};

/// Whether it has the standard's Pulse Oximeter Service, and so needs no ways of its own.
pub(super) fn keeps_to_the_standard(seen: &Seen<'_>) -> bool {
    seen.has(PlxSpotCheckMeasurement::CHARACTERISTIC) || seen.has(PlxContinuousMeasurement::CHARACTERISTIC)
}

/// The number, or that there is none.
pub(super) fn unless(missing: bool, number: impl Into<i64>) -> Value {
    match missing {
        true => Value::Special(Special::NotANumber),
        false => Value::Number(Decimal::new(number.into(), 0)),
    }
}

/// Oxygen saturation and pulse. They are a reading once `settled`, and if both are there.
pub(super) fn oximetry(settled: bool, saturation: Value, pulse: Value) -> Said {
    let whole = saturation.number().is_some() && pulse.number().is_some();
    let standing = match settled && whole {
        true => Standing::Reading(Kind::PulseOximetry),
        false => Standing::Interim(Kind::PulseOximetry),
    };
    Said::new(standing)
        .quantity(Metric::OxygenSaturation, Quantity { value: saturation, unit: Unit::Percent })
        .quantity(Metric::PulseRate, Quantity { value: pulse, unit: Unit::PerMinute })
}
