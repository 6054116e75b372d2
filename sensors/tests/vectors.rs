//! Bytes that no one of this project made, against what their sources say they mean.
//!
//! `vectors/gatt.json` and `vectors/more.json` hold bytes with source, class and expectation in short
//! keys of their own. The comparison is by meaning, so 2 equals 2.00; `error` means that the bytes
//! must be refused. What has no codec yet is counted, not passed over in silence.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

use std::collections::BTreeMap;

use dagsform_care::{Decimal, DeviceTime, Quantity, Special, Unit, Value as Number};
use dagsform_sensors::codec::{
    self, Apdu, BloodPressureMeasurement, BodyCompositionMeasurement, CgmSpecificOpsControlPoint, ConcentrationUnit,
    Decoded, E2eCrc, GlucoseMeasurement, GlucoseMeasurementContext, HeartRateMeasurement, IntermediateCuffPressure,
    PlxContinuousMeasurement, PlxSpotCheckMeasurement, RecordAccessControlPoint, Selector, TemperatureMeasurement,
    UserControlPoint, UserId, WeightMeasurement,
    apdu::configuration::NamedValue,
    blood_pressure_measurement::{BloodPressureStatus, PulseRateRange},
    body_composition_measurement::BodyCompositionFlags,
    cgm_measurement::CgmRecord,
    cgm_specific_ops_control_point::Operand as CgmOperand,
    device_information::VendorIdSource,
    glucose_measurement::{GlucoseFlags, TimeOffset},
    glucose_measurement_context::ExerciseDuration,
    heart_rate_measurement::SensorContact,
    local_time_information::TimeZone,
    plx_spot_check_measurement::SpotCheckFlags,
    plx_status::SpO2Pr,
    racp::{FilterValue, Operand},
    reference_time_information::{SinceUpdate, TimeAccuracy},
};
use serde_json::{Value, json};

#[test]
fn every_vector_with_a_codec_means_what_its_source_says() {
    let gatt = check(include_str!("vectors/gatt.json"));
    let supported: BTreeMap<&str, usize> = [
        ("2A18", 5),
        ("2A19", 3),
        ("2A1C", 2),
        ("2A2B", 2),
        ("2A34", 2),
        ("2A35", 7),
        ("2A37", 6),
        ("2A52", 5),
        ("2A5E", 1),
        ("2A5F", 7),
        ("2A9C", 4),
        ("2A9D", 4),
        ("2AA7", 4),
        ("FLOAT", 6),
        ("IEEE11073-20601 APDU", 3),
        ("SFLOAT", 7),
    ]
    .into();
    let counted: BTreeMap<&str, usize> = gatt.checked.iter().map(|(name, n)| (name.as_str(), *n)).collect();
    assert_eq!(counted, supported);
    assert_eq!(gatt.without_codec, 36);

    let more = check(include_str!("vectors/more.json"));
    assert_eq!(more.checked.values().sum::<usize>(), MORE);
    assert_eq!(more.without_codec, 0);
}
const MORE: usize = 349;

struct Tally {
    checked: BTreeMap<String, usize>,
    without_codec: usize,
}

fn check(vectors: &str) -> Tally {
    let vectors: Vec<Value> = serde_json::from_str(vectors).unwrap();
    let mut tally = Tally { checked: BTreeMap::new(), without_codec: 0 };
    let mut wrong = Vec::new();
    for vector in &vectors {
        let name = vector["characteristic"].as_str().unwrap();
        let Ok(selector @ (Selector::Characteristic(_) | Selector::Sfloat | Selector::Float | Selector::Apdu)) =
            codec::by_name(name)
        else {
            tally.without_codec += 1;
            continue;
        };
        *tally.checked.entry(name.to_owned()).or_default() += 1;
        let bytes = hex::decode(vector["hex"].as_str().unwrap()).unwrap();
        let expected = vector["expect"].as_object().unwrap();
        match selector.decode(&bytes) {
            Err(_) if expected.contains_key("error") => {}
            Err(error) => wrong.push(format!("{vector}\n  refused: {error}")),
            Ok(decoded) => {
                let said = facts(&decoded);
                let differs =
                    |(key, value): &(&String, &Value)| !said.get(key.as_str()).is_some_and(|s| same(s, value));
                wrong.extend(expected.iter().find(differs).map(|(key, _)| format!("{vector}\n  {key}: {said:?}")));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    tally
}

/// Numbers compare as numbers, lists one by one, objects by what is expected of them, all else as it is written.
fn same(said: &Value, expected: &Value) -> bool {
    match (said, expected) {
        (Value::Array(said), Value::Array(expected)) => {
            said.len() == expected.len() && said.iter().zip(expected).all(|(said, expected)| same(said, expected))
        }
        (Value::Object(said), Value::Object(expected)) => {
            expected.iter().all(|(key, expected)| said.get(key).is_some_and(|said| same(said, expected)))
        }
        _ => match (said.as_f64(), expected.as_f64()) {
            (Some(said), Some(expected)) => (said - expected).abs() <= expected.abs() * 1e-12,
            _ => said == expected,
        },
    }
}

type Facts = BTreeMap<&'static str, Value>;

/// What was decoded, in the short keys of the vectors; what is absent has no key.
fn facts(decoded: &Decoded) -> Facts {
    match decoded {
        Decoded::Sfloat(value) | Decoded::Float(value) => [("value", number(*value))].into(),
        Decoded::BatteryLevel(b) => {
            [("percent", b.level.map_or(json!("invalid"), Value::from)), ("raw", b.raw.into())].into()
        }
        Decoded::DateTime(t) => [
            ("time", time(*t)),
            ("hours", t.hours.into()),
            ("minutes", t.minutes.into()),
            ("seconds", t.seconds.into()),
        ]
        .into(),
        Decoded::SystemId(id) => [("eui_64", id.to_string().into())].into(),
        Decoded::PnpId(id) => {
            let source = match id.vendor_id_source {
                VendorIdSource::BluetoothSig => 1,
                VendorIdSource::UsbImplementersForum => 2,
                VendorIdSource::Reserved(other) => other,
            };
            [
                ("vendor_source", source.into()),
                ("vendor", id.vendor_id.into()),
                ("product", id.product_id.into()),
                ("version", id.product_version.into()),
            ]
            .into()
        }
        Decoded::PlxFeatures(f) => {
            let mut facts = Facts::from([("features", f.supported_features.bits().into())]);
            facts.extend(f.measurement_status_support.map(|s| ("status", s.bits().into())));
            facts.extend(f.device_and_sensor_status_support.map(|s| ("sensor_status", s.bits().into())));
            facts
        }
        Decoded::RecordAccessControlPoint(point) => control_point(point),
        Decoded::PlxSpotCheckMeasurement(m) => spot_check(m),
        Decoded::PlxContinuousMeasurement(m) => continuous(m),
        Decoded::BloodPressureMeasurement(m) => blood_pressure(m),
        Decoded::WeightMeasurement(m) => weight(m),
        Decoded::GlucoseMeasurement(m) => glucose(m),
        Decoded::GlucoseMeasurementContext(c) => glucose_context(c),
        Decoded::TemperatureMeasurement(m) => temperature(m),
        Decoded::TemperatureType { temperature_type } => [("type", temperature_type.number().into())].into(),
        Decoded::IntermediateCuffPressure(m) => cuff_pressure(m),
        Decoded::HeartRateMeasurement(m) => heart_rate(m),
        Decoded::BodyCompositionMeasurement(m) => body_composition(m),
        Decoded::BodySensorLocation { body_sensor_location } => {
            [("location", body_sensor_location.number().into())].into()
        }
        Decoded::MeasurementInterval(interval) => [("seconds", interval.seconds.into())].into(),
        Decoded::BloodPressureFeature(f) => [("features", f.supported_features.bits().into())].into(),
        Decoded::GlucoseFeature(f) => [("features", f.supported_features.bits().into())].into(),
        Decoded::WeightScaleFeature(f) => [
            ("features", f.supported_features.bits().into()),
            ("mass_resolution", f.weight_resolution.number().into()),
            ("height_resolution", f.height_resolution.number().into()),
        ]
        .into(),
        Decoded::BodyCompositionFeature(f) => [
            ("features", f.supported_features.bits().into()),
            ("mass_resolution", f.mass_resolution.number().into()),
            ("height_resolution", f.height_resolution.number().into()),
        ]
        .into(),
        Decoded::CurrentTime(t) => [
            ("time", time(t.date_time)),
            ("dow", t.day_of_week.number().into()),
            ("fractions256", t.fractions_256.into()),
            ("adjust", t.adjust_reason.bits().into()),
        ]
        .into(),
        Decoded::LocalTimeInformation(i) => {
            [("zone_min", zone(i.time_zone)), ("dst", i.dst_offset.number().into())].into()
        }
        Decoded::ReferenceTimeInformation(i) => [
            ("source", i.time_source.number().into()),
            (
                "accuracy_s",
                match i.time_accuracy {
                    TimeAccuracy::Within(amount) => number(amount.value),
                    TimeAccuracy::Worse => "worse".into(),
                    TimeAccuracy::Unknown => "unknown".into(),
                },
            ),
            ("days", since(i.days_since_update)),
            ("hours", since(i.hours_since_update)),
        ]
        .into(),
        Decoded::UserControlPoint(point) => user_control(point),
        Decoded::DatabaseChangeIncrement(count) => [("increment", count.increment.into())].into(),
        Decoded::UserIndex(index) => [("user", user(index.user_id))].into(),
        Decoded::CgmMeasurement(m) => {
            [("records", m.records.iter().map(|record| json!(cgm_record(record))).collect())].into()
        }
        Decoded::CgmFeature(f) => {
            let mut facts = Facts::from([
                ("features", f.supported_features.bits().into()),
                ("type", f.sample.fluid_type.number().into()),
                ("location", f.sample.sample_location.number().into()),
            ]);
            facts.extend(crc(f.e2e_crc));
            facts
        }
        Decoded::CgmStatus(s) => {
            let mut facts = Facts::from([
                ("offset_min", s.time_offset_minutes.into()),
                ("status", s.status.bits().into()),
                ("calibration", s.calibration_temperature.bits().into()),
                ("warning", s.warning.bits().into()),
            ]);
            facts.extend(crc(s.e2e_crc));
            facts
        }
        Decoded::CgmSessionStartTime(s) => {
            let mut facts = Facts::from([
                ("time", time(s.start_time)),
                ("zone_min", zone(s.time_zone)),
                ("dst", s.dst_offset.number().into()),
            ]);
            facts.extend(crc(s.e2e_crc));
            facts
        }
        Decoded::CgmSessionRunTime(s) => {
            let mut facts = Facts::from([("hours", s.hours.into())]);
            facts.extend(crc(s.e2e_crc));
            facts
        }
        Decoded::CgmSpecificOpsControlPoint(point) => cgm_control(point),
        Decoded::Apdu(apdu) => report(apdu),
        other => panic!("the vectors have no words for {other:?}"),
    }
}

fn cuff_pressure(m: &IntermediateCuffPressure) -> Facts {
    let mut facts = Facts::from([
        ("unit", if m.current_cuff_pressure.unit == Unit::Kilopascal { "kPa" } else { "mmHg" }.into()),
        ("pressure", number(m.current_cuff_pressure.value)),
    ]);
    facts.extend(m.timestamp.map(|t| ("timestamp", time(t))));
    facts.extend(m.pulse_rate.map(|q| ("pulse", number(q.value))));
    facts.extend(m.user_id.map(|u| ("user", user(u))));
    facts.extend(m.measurement_status.into_iter().flat_map(status));
    facts
}

fn heart_rate(m: &HeartRateMeasurement) -> Facts {
    let contact = match m.sensor_contact {
        SensorContact::NotSupported => "n/a",
        SensorContact::NotDetected => "no",
        SensorContact::Detected => "yes",
    };
    let mut facts = Facts::from([("hr", number(m.heart_rate.value)), ("contact", contact.into())]);
    facts.extend(m.energy_expended_kilojoules.map(|energy| ("energy_kj", energy.into())));
    facts.insert("rr_1024", json!(m.rr_intervals_1024));
    facts
}

fn body_composition(m: &BodyCompositionMeasurement) -> Facts {
    let fat = match m.body_fat_percentage.value {
        Number::Special(Special::NotANumber) => json!("unsuccessful"),
        value => number(value),
    };
    let unit = if m.flags.contains(BodyCompositionFlags::IMPERIAL) { "lb" } else { "kg" };
    let mut facts = Facts::from([("unit", unit.into()), ("fat_pct", fat)]);
    facts.extend(m.timestamp.map(|t| ("timestamp", time(t))));
    facts.extend(m.user_id.map(|u| ("user", user(u))));
    let amounts = [
        ("bmr_kj", m.basal_metabolism),
        ("muscle_pct", m.muscle_percentage),
        ("muscle_mass", m.muscle_mass),
        ("fat_free_mass", m.fat_free_mass),
        ("soft_lean_mass", m.soft_lean_mass),
        ("body_water_mass", m.body_water_mass),
        ("impedance", m.impedance),
        ("weight", m.weight),
        ("height", m.height),
    ];
    facts.extend(amounts.into_iter().filter_map(|(key, amount)| Some((key, number(amount?.value)))));
    facts
}

fn zone(zone: TimeZone) -> Value {
    match zone {
        TimeZone::Minutes(minutes) => minutes.into(),
        TimeZone::Unknown => "unknown".into(),
        TimeZone::Reserved(_) => "reserved".into(),
    }
}

fn since(since: SinceUpdate) -> Value {
    match since {
        SinceUpdate::Exactly(count) => count.into(),
        SinceUpdate::Longer => "longer".into(),
        SinceUpdate::Reserved(_) => "reserved".into(),
    }
}

fn user_control(point: &UserControlPoint) -> Facts {
    let op = match point {
        UserControlPoint::RegisterNewUser { .. } => 1,
        UserControlPoint::Consent { .. } => 2,
        UserControlPoint::DeleteUserData => 3,
        UserControlPoint::ListAllUsers => 4,
        UserControlPoint::DeleteUsers { .. } => 5,
        UserControlPoint::Response { .. } => 32,
        UserControlPoint::Reserved { number, .. } => *number,
    };
    let mut facts = Facts::from([("op", op.into())]);
    match point {
        UserControlPoint::RegisterNewUser { consent_code } => facts.extend([("consent", (*consent_code).into())]),
        UserControlPoint::Consent { user_index, consent_code } => {
            facts.extend([("user", (*user_index).into()), ("consent", (*consent_code).into())]);
        }
        UserControlPoint::DeleteUsers { user_index } => facts.extend([("user", (*user_index).into())]),
        UserControlPoint::Response { request, result, parameter } => {
            facts.extend([("request", request.number().into()), ("result", result.number().into())]);
            facts.insert("parameter", hex::encode(parameter).into());
        }
        UserControlPoint::DeleteUserData | UserControlPoint::ListAllUsers | UserControlPoint::Reserved { .. } => {}
    }
    facts
}

fn crc(crc: Option<E2eCrc>) -> Option<(&'static str, Value)> {
    crc.map(|crc| ("crc_ok", crc.crc_ok.into()))
}

fn cgm_record(record: &CgmRecord) -> Facts {
    let mut facts = Facts::from([
        ("mg_dl", number(record.glucose_concentration.value)),
        ("offset_min", record.time_offset_minutes.into()),
    ]);
    facts.extend(record.status.map(|octet| ("status", octet.bits().into())));
    facts.extend(record.calibration_temperature.map(|octet| ("calibration", octet.bits().into())));
    facts.extend(record.warning.map(|octet| ("warning", octet.bits().into())));
    facts.extend(record.trend.map(|trend| ("trend", number(trend.value))));
    facts.extend(record.quality.map(|quality| ("quality", number(quality.value))));
    facts.extend(crc(record.e2e_crc));
    facts
}

fn cgm_control(point: &CgmSpecificOpsControlPoint) -> Facts {
    let mut facts = Facts::from([("op", point.op_code.number().into())]);
    match &point.operand {
        CgmOperand::None | CgmOperand::Unknown(_) => {}
        CgmOperand::CommunicationInterval(minutes) => facts.extend([("interval", (*minutes).into())]),
        CgmOperand::CalibrationRecordNumber(record) => facts.extend([("record", (*record).into())]),
        CgmOperand::Level(level) => facts.extend([("level", number(level.value))]),
        CgmOperand::Response { request, result } => {
            facts.extend([("request", request.number().into()), ("result", result.number().into())]);
        }
        CgmOperand::Calibration(calibration) => facts.extend([
            ("mg_dl", number(calibration.glucose_concentration.value)),
            ("time_min", calibration.time_minutes.into()),
            ("type", calibration.sample.fluid_type.number().into()),
            ("location", calibration.sample.sample_location.number().into()),
            ("next_min", calibration.next_time_minutes.into()),
            ("record", calibration.record_number.into()),
            ("status", calibration.status.bits().into()),
        ]),
    }
    facts.extend(crc(point.e2e_crc));
    facts
}

/// A report as its standard configurations read it: as a whole, the first person's part, and what is newest.
fn report(apdu: &Apdu) -> Facts {
    let values: Vec<&NamedValue> = apdu.by_standard_configuration.iter().flat_map(|named| &named.values).collect();
    let of = |wanted: &dyn Fn(&NamedValue) -> bool| named(values.iter().copied().filter(|value| wanted(value)));
    let mut facts = of(&|_| true);
    facts.insert("count", apdu.observations.len().into());
    if let Some(person) = values.first().and_then(|value| value.person) {
        facts.insert("person1", json!(of(&|value| value.person == Some(person))));
    }
    let moment = |value: &NamedValue| value.time.and_then(|t| t.date_time.time());
    if let Some(newest) = values.iter().map(|value| moment(value)).max() {
        facts.insert("newest", json!(of(&|value| moment(value) == newest)));
    }
    facts
}

fn named<'a>(values: impl Iterator<Item = &'a NamedValue>) -> Facts {
    let mut facts = Facts::new();
    for value in values {
        let key = match value.metric {
            "pulse_rate" | "pulse_rate_by_cuff" => "pulse",
            "mean_arterial_pressure" => "map",
            "body_weight" => "weight",
            "body_mass_index" => "bmi",
            other => other,
        };
        facts.entry(key).or_insert_with(|| number(value.amount.value));
        if key == "weight" {
            facts.insert("unit", if value.amount.unit == "[lb_av]" { "lb" } else { "kg" }.into());
        }
        if let Some(local) = value.time.and_then(|t| t.date_time.time()) {
            let written = local.to_string();
            facts.insert("time", written.strip_suffix(":00").unwrap_or(&written).into());
        }
    }
    facts
}

fn spot_check(m: &PlxSpotCheckMeasurement) -> Facts {
    let mut facts = pair(m.spo2pr_spot_check, "spo2", "pulse");
    facts.insert("clock_not_set", m.flags.contains(SpotCheckFlags::DEVICE_CLOCK_NOT_SET).into());
    facts.extend(m.timestamp.map(|t| ("time", time(t))));
    facts.extend(m.measurement_status.map(|s| ("status", s.bits().into())));
    facts.extend(m.device_and_sensor_status.map(|s| ("sensor_status", s.bits().into())));
    facts.extend(m.pulse_amplitude_index.map(|q| ("pai", number(q.value))));
    facts
}

fn continuous(m: &PlxContinuousMeasurement) -> Facts {
    let mut facts = pair(m.spo2pr_normal, "spo2", "pulse");
    facts.extend(m.spo2pr_fast.into_iter().flat_map(|p| pair(p, "spo2_fast", "pulse_fast")));
    facts.extend(m.spo2pr_slow.into_iter().flat_map(|p| pair(p, "spo2_slow", "pulse_slow")));
    facts.extend(m.measurement_status.map(|s| ("status", s.bits().into())));
    facts.extend(m.device_and_sensor_status.map(|s| ("sensor_status", s.bits().into())));
    facts.extend(m.pulse_amplitude_index.map(|q| ("pai", number(q.value))));
    facts
}

fn blood_pressure(m: &BloodPressureMeasurement) -> Facts {
    let mut facts = Facts::from([
        ("unit", if m.systolic.unit == Unit::Kilopascal { "kPa" } else { "mmHg" }.into()),
        ("systolic", number(m.systolic.value)),
        ("diastolic", number(m.diastolic.value)),
        ("map", number(m.mean_arterial_pressure.value)),
    ]);
    assert_eq!([m.diastolic.unit, m.mean_arterial_pressure.unit], [m.systolic.unit; 2]);
    facts.extend(m.timestamp.map(|t| ("timestamp", time(t))));
    facts.extend(m.pulse_rate.map(|q| ("pulse", number(q.value))));
    facts.extend(m.user_id.map(|u| ("user", user(u))));
    facts.extend(m.measurement_status.into_iter().flat_map(status));
    facts
}

fn status(status: BloodPressureStatus) -> Facts {
    let range = match status.pulse_rate_range() {
        PulseRateRange::Within => "within",
        PulseRateRange::Above => "above",
        PulseRateRange::Below => "below",
        PulseRateRange::Reserved => "reserved",
    };
    [("status", status.bits().into()), ("pulse_range", range.into())].into()
}

fn weight(m: &WeightMeasurement) -> Facts {
    let weight = match m.weight.value {
        Number::Special(Special::NotANumber) => json!("unsuccessful"),
        value => number(value),
    };
    let unit = if m.weight.unit == Unit::Pound { "lb" } else { "kg" };
    let mut facts = Facts::from([("unit", unit.into()), ("weight", weight)]);
    facts.extend(m.timestamp.map(|t| ("timestamp", time(t))));
    facts.extend(m.user_id.map(|u| ("user", user(u))));
    facts.extend(m.bmi.map(|b| ("bmi", number(b.value))));
    facts.extend(m.height.map(|h| {
        assert_eq!(h.unit, if unit == "lb" { Unit::Inch } else { Unit::Metre });
        ("height", number(h.value))
    }));
    facts
}

fn glucose(m: &GlucoseMeasurement) -> Facts {
    let mut facts = Facts::from([
        ("seq", m.sequence_number.into()),
        ("base_time", time(m.base_time)),
        ("context_follows", m.flags.contains(GlucoseFlags::CONTEXT_INFORMATION_FOLLOWS).into()),
    ]);
    if let DeviceTime::Local(local) = m.device_time() {
        facts.insert("time", json!(local));
    }
    if let Some(TimeOffset::Minutes(minutes)) = m.time_offset {
        facts.insert("offset_min", minutes.into());
    }
    if let Some(concentration) = m.glucose_concentration {
        facts.extend([("conc", number(concentration.value)), ("unit", concentration.unit.ucum().into())]);
        if let (Number::Number(n), ConcentrationUnit::KilogramPerLitre) = (concentration.value, concentration.unit) {
            // 1 kg/L is 100 000 mg/dL: the digits stay.
            facts.insert("mg_dl", number(Number::Number(Decimal::new(n.mantissa, n.exponent + 5))));
        }
    }
    if let Some(sample) = m.type_sample_location {
        facts.insert("type", sample.fluid_type.number().into());
        facts.insert("location", sample.sample_location.number().into());
    }
    facts.extend(m.sensor_status_annunciation.map(|s| ("status", s.bits().into())));
    facts
}

fn glucose_context(c: &GlucoseMeasurementContext) -> Facts {
    let mut facts = Facts::from([("seq", c.sequence_number.into())]);
    facts.extend(c.meal.map(|meal| ("meal", meal.number().into())));
    if let Some(ExerciseDuration::Seconds(seconds)) = c.exercise_duration {
        facts.insert("exercise_s", seconds.into());
    }
    facts.extend(c.exercise_intensity.map(|intensity| ("exercise_pct", intensity.into())));
    facts
}

fn temperature(m: &TemperatureMeasurement) -> Facts {
    let unit = if m.temperature.unit == Unit::DegreeFahrenheit { "F" } else { "C" };
    let mut facts = Facts::from([("temp", number(m.temperature.value)), ("unit", unit.into())]);
    facts.extend(m.timestamp.map(|t| ("time", time(t))));
    facts.extend(m.temperature_type.map(|place| ("type", place.number().into())));
    facts
}

fn user(user: UserId) -> Value {
    match user {
        UserId::Known(number) => number.into(),
        UserId::Unknown => json!("unknown"),
    }
}

fn pair(pair: SpO2Pr, spo2: &'static str, pulse: &'static str) -> Facts {
    let value = |quantity: Quantity| number(quantity.value);
    [(spo2, value(pair.spo2)), (pulse, value(pair.pulse_rate))].into()
}

fn control_point(point: &RecordAccessControlPoint) -> Facts {
    let mut facts = Facts::from([("op", point.op_code.number().into()), ("operator", point.operator.number().into())]);
    match &point.operand {
        Operand::None => facts.extend([("operand", "".into())]),
        Operand::NumberOfRecords(count) => facts.extend([("count", (*count).into())]),
        Operand::Response { request, result } => {
            facts.extend([("request", request.number().into()), ("result", result.number().into())]);
        }
        Operand::Filter { filter_type, values } => {
            facts.insert("filter", filter_type.number().into());
            if let [FilterValue::Number(from)] = values.as_slice() {
                facts.insert("from", (*from).into());
            }
        }
        Operand::Unknown(bytes) => facts.extend([("operand", hex::encode(bytes).into())]),
    }
    facts
}

fn time(time: codec::DateTime) -> Value {
    time.time().map_or(json!("unknown"), |time| json!(time))
}

fn number(value: Number) -> Value {
    match value {
        Number::Number(Decimal { mantissa, exponent }) => {
            format!("{mantissa}e{exponent}").parse::<f64>().unwrap().into()
        }
        Number::Special(special) => match special {
            Special::NotANumber => "NaN",
            Special::NotAtThisResolution => "NRes",
            Special::PositiveInfinity => "+INF",
            Special::NegativeInfinity => "-INF",
            Special::Reserved => "Reserved",
        }
        .into(),
    }
}
