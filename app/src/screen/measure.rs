//! The measuring screen.

use chrono::{DateTime, Datelike, Days, FixedOffset, NaiveDate, Timelike};
use dagsform_care::{
    DeviceId, Flag, Measured, Metric, Reading, Reason, Source, Special, Trust, Unit, Value, Verdict, shown::shown,
    time::ZONE,
};
use dagsform_sensors::RadioFault;
use dagsform_ui as ui;

use crate::flow::measure::{RecordTrouble, ServiceTrouble, Stage, State, Trouble};

/// What the screen shows of a state, at this time.
pub fn view(state: &State, now: DateTime<FixedOffset>) -> ui::MeasureView {
    let today = now.with_timezone(&ZONE).date_naive();
    let reading = state.shown.as_ref().map(|shown| shown.reading.as_ref());
    let device = match (&state.live, reading) {
        (Some((device, _)), _) => Some(device),
        (None, Some(Reading { source: Source::Sensor(device), .. })) => Some(device),
        _ => state.connected.first().or(state.sensors.first().map(|(device, _)| device)),
    };
    let values: &[Measured] = match (&state.live, reading) {
        (Some((_, values)), _) => values,
        (None, Some(reading)) => &reading.values,
        (None, None) => &[],
    };
    // A measurement that failed has no value to show, whatever number came with it.
    let failed = state.live.is_none() && reading.is_some_and(|r| r.quality.verdict == Verdict::Failed);
    let reading = if state.live.is_some() { None } else { reading };
    ui::MeasureView {
        kind: ui::Kind::PulseOximetry,
        has_sensor: true,
        by_hand: false,
        not_sent: None,
        performer: ui::Performer::Unknown,
        stage: match state.stage() {
            Stage::Looking => ui::Stage::Looking,
            Stage::Ready => ui::Stage::Ready,
            Stage::Receiving => ui::Stage::Receiving,
            Stage::Saved => ui::Stage::Saved,
            Stage::Delivered => ui::Stage::Delivered,
        },
        device_name: device.map(|device| name(state, device)).unwrap_or_default(),
        values: values.iter().filter_map(|m| value(m, failed)).collect(),
        measured_at: reading.and_then(|r| r.time.effective).and_then(|t| moment(t, today)),
        delivered_at: state.shown.as_ref().and_then(|s| s.delivered).and_then(|t| moment(t, today)),
        doubts: reading.map(doubts).unwrap_or_default(),
        faults: state.troubles.iter().map(|trouble| fault(state, trouble)).collect(),
        waiting_to_send: state.waiting,
    }
}

fn name(state: &State, device: &DeviceId) -> String {
    state.sensors.iter().find(|(known, _)| known == device).map(|(_, name)| name.clone()).unwrap_or_default()
}

/// A value as it is shown; the fast and slow responses are for the record, not for the patient.
fn value(measured: &Measured, failed: bool) -> Option<ui::ValueView> {
    let quantity = match measured.metric {
        Metric::OxygenSaturation => ui::Quantity::OxygenSaturation,
        Metric::PulseRate | Metric::PulseRateByCuff => ui::Quantity::PulseRate,
        Metric::Systolic => ui::Quantity::Systolic,
        Metric::Diastolic => ui::Quantity::Diastolic,
        Metric::BodyWeight => ui::Quantity::BodyWeight,
        Metric::BodyTemperature => ui::Quantity::BodyTemperature,
        Metric::PeakExpiratoryFlow => ui::Quantity::PeakExpiratoryFlow,
        Metric::ForcedExpiratoryVolume => ui::Quantity::ForcedExpiratoryVolume,
        metric if metric.is_glucose() => ui::Quantity::BloodGlucose,
        // What only accompanies a reading is for the record and the nurse.
        _ => return None,
    };
    let shown = shown(measured.metric, measured.quantity);
    let unit = match shown.unit {
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
    };
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

fn doubts(reading: &Reading) -> Vec<ui::Doubt> {
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

fn fault(state: &State, trouble: &Trouble) -> ui::Fault {
    let of = |device: &DeviceId, kind| ui::Fault { kind, device_name: Some(name(state, device)), detail: None };
    match trouble {
        Trouble::Radio(device, fault) => {
            let kind = match fault {
                RadioFault::AdapterOff => ui::FaultKind::BluetoothOff,
                RadioFault::NoService | RadioFault::NoAdapter | RadioFault::Failed if device.is_none() => {
                    ui::FaultKind::NoBluetooth
                }
                RadioFault::BondLost
                | RadioFault::NotInPairingMode
                | RadioFault::WrongCode
                | RadioFault::CodeNeeded
                | RadioFault::NotAllowed
                | RadioFault::Unsupported => ui::FaultKind::SensorNotPaired,
                RadioFault::Silent => ui::FaultKind::NoData,
                RadioFault::NotFound
                | RadioFault::Gone
                | RadioFault::Timeout
                | RadioFault::Failed
                | RadioFault::NoService
                | RadioFault::NoAdapter => ui::FaultKind::SensorNotFound,
            };
            match device {
                Some(device) => of(device, kind),
                None => ui::Fault::new(kind),
            }
        }
        Trouble::Record(why) => ui::Fault::new(match why {
            RecordTrouble::Full => ui::FaultKind::RecordFull,
            RecordTrouble::NotWritable => ui::FaultKind::RecordNotWritable,
            RecordTrouble::Damaged => ui::FaultKind::RecordDamaged,
            RecordTrouble::Newer => ui::FaultKind::RecordTooNew,
            RecordTrouble::InUse => ui::FaultKind::RecordInUse,
        }),
        Trouble::Service(ServiceTrouble::Away) => ui::Fault::new(ui::FaultKind::ServiceAway),
        Trouble::Service(ServiceTrouble::Refuses(said)) => {
            ui::Fault { detail: Some(said.clone()), ..ui::Fault::new(ui::FaultKind::ServiceRefuses) }
        }
        Trouble::NotUnderstood(device) => of(device, ui::FaultKind::PacketNotUnderstood),
        Trouble::SetAside(readings, said) => ui::Fault {
            detail: Some(said.clone()),
            ..ui::Fault::new(ui::FaultKind::ReadingSetAside { readings: *readings })
        },
        Trouble::BatteryLow(device, percent) => of(device, ui::FaultKind::SensorBatteryLow { percent: Some(*percent) }),
        Trouble::NotEnrolled => ui::Fault::new(ui::FaultKind::NotSetUp),
    }
}

/// A time as one says it, in the patient's zone.
fn moment(time: DateTime<FixedOffset>, today: NaiveDate) -> Option<ui::Moment> {
    let local = time.with_timezone(&ZONE);
    let date = local.date_naive();
    let day = if date == today {
        ui::Day::Today
    } else if date.checked_add_days(Days::new(1)) == Some(today) {
        ui::Day::Yesterday
    } else {
        ui::Day::Date {
            day: u8::try_from(date.day()).ok()?,
            month: u8::try_from(date.month()).ok()?,
            year: u16::try_from(date.year()).ok()?,
        }
    };
    Some(ui::Moment { day, hour: u8::try_from(local.hour()).ok()?, minute: u8::try_from(local.minute()).ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::measure::{Event, update};
    use dagsform_care::{Decimal, DeviceTime, Kind, Observed, PatientId, Quantity, Reception, User};

    fn at(text: &str) -> DateTime<FixedOffset> {
        DateTime::parse_from_rfc3339(text).unwrap()
    }
    fn device() -> DeviceId {
        DeviceId::parse("F0:F1:F2:F3:F4:F5").unwrap()
    }
    fn reading(value: Value, flags: &[Flag]) -> Box<Reading> {
        let observed = Observed {
            kind: Kind::PulseOximetry,
            values: vec![Measured {
                metric: Metric::OxygenSaturation,
                quantity: Quantity { value, unit: Unit::Percent },
            }],
            flags: flags.iter().copied().collect(),
            time: DeviceTime::Absent,
            sequence: None,
            user: User::Unsaid,
            meal: None,
            canonical: vec![],
        };
        let reception = Reception {
            patient: PatientId("p".into()),
            device: device(),
            assigned: None,
            at: at("2026-11-23T08:05:00+01:00"),
            tablet_clock: Trust::Trusted,
            from_storage: false,
            ordinal: 0,
            zone: ZONE,
            user: None,
            usual_weight: None,
        };
        Box::new(Reading::received(observed, &reception))
    }
    fn shown(reading: Box<Reading>) -> ui::MeasureView {
        let (state, _) = update(State::default(), Event::Sensors(vec![(device(), "Oksymeter".into())]));
        let (state, _) = update(state, Event::Saved(reading));
        view(&state, at("2026-11-24T06:00:00+00:00"))
    }
    fn number(n: i64) -> Value {
        Value::Number(Decimal::new(n, 0))
    }

    #[test]
    fn a_saved_reading_is_shown_with_its_sensor_value_and_time_and_is_not_called_delivered() {
        let view = shown(reading(number(97), &[]));
        assert_eq!(view.stage, ui::Stage::Saved);
        assert_eq!(view.device_name, "Oksymeter");
        assert_eq!(view.values[0].number, ui::Number::Is("97".into()));
        assert_eq!(view.measured_at, Some(ui::Moment { day: ui::Day::Yesterday, hour: 8, minute: 5 }));
        assert_eq!(view.delivered_at, None);
    }

    #[test]
    fn a_failed_measurement_shows_no_number_even_if_one_came() {
        let view = shown(reading(number(97), &[Flag::InvalidMeasurement]));
        assert_eq!(view.values[0].number, ui::Number::Missing(ui::NoNumber::NotANumber));
        assert_eq!(view.doubts, [ui::Doubt::Invalid]);
    }

    #[test]
    fn an_infinity_is_said_in_words() {
        let view = shown(reading(Value::Special(Special::PositiveInfinity), &[]));
        assert!(matches!(view.values[0].number, ui::Number::Missing(_)));
    }

    #[test]
    fn several_reasons_of_one_kind_are_one_doubt() {
        let view = shown(reading(number(97), &[Flag::PoorSignal, Flag::LowPerfusion]));
        assert_eq!(view.doubts, [ui::Doubt::WeakSignal]);
    }
}
