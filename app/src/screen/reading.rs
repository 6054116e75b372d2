//! A reading as the screens show it: its values, what puts it in doubt, how far it has come.

use dagsform_care::{
    Flag, Measured, Metric, Reading, Reason, Source, Special, Trust, Unit, Value, Verdict, shown::shown,
};
use dagsform_ui as ui;

use super::words::{moment, why};
use crate::record::{Delivery, ItemRow, ReadingRow};
use chrono::NaiveDate;

/// The values of a reading. A measurement that failed has none to show, whatever number came with it.
pub(super) fn values(reading: &Reading) -> Vec<ui::ValueView> {
    let failed = reading.quality.verdict == Verdict::Failed;
    reading.values.iter().filter_map(|measured| value(measured, failed)).collect()
}

/// What a screen calls a number; the fast and slow responses and what only accompanies a reading are for the
/// record and the nurse.
pub(super) fn quantity(metric: Metric) -> Option<ui::Quantity> {
    Some(match metric {
        Metric::OxygenSaturation => ui::Quantity::OxygenSaturation,
        Metric::PulseRate | Metric::PulseRateByCuff => ui::Quantity::PulseRate,
        Metric::Systolic => ui::Quantity::Systolic,
        Metric::Diastolic => ui::Quantity::Diastolic,
        Metric::BodyWeight => ui::Quantity::BodyWeight,
        Metric::BodyTemperature => ui::Quantity::BodyTemperature,
        Metric::PeakExpiratoryFlow => ui::Quantity::PeakExpiratoryFlow,
        Metric::ForcedExpiratoryVolume => ui::Quantity::ForcedExpiratoryVolume,
        metric if metric.is_glucose() => ui::Quantity::BloodGlucose,
        _ => return None,
    })
}

/// A unit that people here know.
pub(super) fn unit(unit: Unit) -> Option<ui::Unit> {
    Some(match unit {
        Unit::Percent => ui::Unit::Percent,
        Unit::PerMinute => ui::Unit::PerMinute,
        Unit::MillimetreOfMercury => ui::Unit::MillimetreOfMercury,
        Unit::Kilogram => ui::Unit::Kilogram,
        Unit::MillimolePerLitre => ui::Unit::MillimolePerLitre,
        Unit::DegreeCelsius => ui::Unit::DegreeCelsius,
        Unit::LitrePerMinute => ui::Unit::LitrePerMinute,
        Unit::Litre => ui::Unit::Litre,
        // No rule leads to a unit that people here know; better no number than one in the wrong unit.
        Unit::Kilopascal
        | Unit::Pound
        | Unit::MilligramPerDecilitre
        | Unit::KilogramPerSquareMetre
        | Unit::Metre
        | Unit::Inch
        | Unit::DegreeFahrenheit => return None,
    })
}

/// A value as it is shown.
pub(super) fn value(measured: &Measured, failed: bool) -> Option<ui::ValueView> {
    let quantity = quantity(measured.metric)?;
    let shown = shown(measured.metric, measured.quantity);
    let unit = unit(shown.unit)?;
    let number = match shown.value {
        _ if failed => ui::Number::Missing(ui::NoNumber::NotANumber),
        Value::Number(number) => ui::Number::Is(number.to_string()),
        Value::Special(Special::PositiveInfinity) => ui::Number::Missing(ui::NoNumber::AboveRange),
        Value::Special(Special::NegativeInfinity) => ui::Number::Missing(ui::NoNumber::BelowRange),
        Value::Special(Special::NotANumber | Special::NotAtThisResolution | Special::Reserved) => {
            ui::Number::Missing(ui::NoNumber::NotANumber)
        }
    };
    Some(ui::ValueView { quantity, number, unit })
}

/// What puts a reading in doubt, each once.
pub(super) fn doubts(reading: &Reading) -> Vec<ui::Doubt> {
    let mut doubts = Vec::new();
    let mut add = |doubt| {
        if !doubts.contains(&doubt) {
            doubts.push(doubt);
        }
    };
    for reason in &reading.quality.reasons {
        match reason {
            Reason::Flagged { flag: Flag::Demonstration | Flag::Testing } => add(ui::Doubt::TestData),
            Reason::Flagged { flag: Flag::InvalidMeasurement | Flag::MeasurementUnavailable } => {
                add(ui::Doubt::Invalid)
            }
            Reason::Flagged {
                flag:
                    Flag::InadequateSignal
                    | Flag::PoorSignal
                    | Flag::LowPerfusion
                    | Flag::ErraticSignal
                    | Flag::NonpulsatileSignal
                    | Flag::SensorInterference
                    | Flag::SensorDisplaced
                    | Flag::SensorUnconnectedToUser,
            } => add(ui::Doubt::WeakSignal),
            Reason::Flagged {
                flag:
                    Flag::EquipmentMalfunction
                    | Flag::SensorMalfunctioning
                    | Flag::SensorDisconnected
                    | Flag::UnknownSensorConnected,
            } => add(ui::Doubt::SensorTroubled),
            Reason::Flagged { flag: Flag::BodyMovement } => add(ui::Doubt::Moved),
            Reason::Flagged { flag: Flag::CuffTooLoose } => add(ui::Doubt::CuffTooLoose),
            Reason::Flagged { flag: Flag::ImproperMeasurementPosition } => add(ui::Doubt::ArmPosition),
            Reason::Flagged {
                flag:
                    Flag::SampleSizeInsufficient
                    | Flag::StripInsertionError
                    | Flag::StripTypeIncorrect
                    | Flag::ReadInterrupted,
            } => add(ui::Doubt::StripOrSample),
            Reason::Flagged { flag: Flag::ResultAboveRange | Flag::ResultBelowRange } => add(ui::Doubt::BeyondRange),
            Reason::BeforeAssignment | Reason::OtherUser | Reason::UnlikeThePatient { .. } => {
                add(ui::Doubt::PerhapsAnothers);
            }
            Reason::TimeInDoubt if reading.time.tablet_clock == Trust::Untrusted => add(ui::Doubt::TabletClockUnsure),
            Reason::TimeInDoubt => add(ui::Doubt::DeviceClockUnknown),
            Reason::Flagged { .. } | Reason::NoValue { .. } | Reason::Implausible { .. } => {
                add(ui::Doubt::Questionable);
            }
        }
    }
    doubts
}

/// Why a reading stays on the tablet, where it does.
pub(super) fn not_sent(reading: &Reading) -> Option<ui::NotSent> {
    if reading.is_whose_open() {
        Some(ui::NotSent::PerhapsAnothers)
    } else if !reading.may_be_sent() {
        Some(ui::NotSent::TestData)
    } else {
        None
    }
}

/// How far a stored reading has come.
pub(super) fn delivery(row: &ReadingRow) -> ui::Delivery {
    match &row.delivery {
        Delivery::Waiting => ui::Delivery::Waiting,
        Delivery::Delivered if row.seen.is_some() => ui::Delivery::Seen,
        Delivery::Delivered => ui::Delivery::Delivered,
        Delivery::Aside(_) => ui::Delivery::Refused,
        Delivery::Withheld(_) => ui::Delivery::NotSent(not_sent(&row.reading).unwrap_or(ui::NotSent::TakenBack)),
    }
}

/// How far something else that was said has come.
pub(super) fn item_delivery(row: &ItemRow) -> ui::Delivery {
    match &row.delivery {
        Delivery::Waiting | Delivery::Withheld(_) => ui::Delivery::Waiting,
        Delivery::Delivered if row.seen.is_some() => ui::Delivery::Seen,
        Delivery::Delivered => ui::Delivery::Delivered,
        Delivery::Aside(_) => ui::Delivery::Refused,
    }
}

/// A reading in a list.
pub(super) fn row(row: &ReadingRow, today: NaiveDate) -> ui::RowView {
    let reading = &row.reading;
    ui::RowView {
        values: values(reading),
        at: reading.time.effective.and_then(|taken| moment(taken, today)),
        delivery: delivery(row),
        by_hand: reading.source == Source::ByHand,
        doubts: doubts(reading),
        taken_back: reading.taken_back.map(|taken_back| why(taken_back.why)),
    }
}
