//! Bytes that no one of this project made, against what their sources say they mean.
//!
//! `vectors/gatt.json` and `vectors/more.json` hold bytes with source, class and expectation in short
//! keys of their own. The comparison is by meaning, so 2 equals 2.00; `error` means that the bytes
//! must be refused. What has no codec yet is counted, not passed over in silence.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

use std::collections::BTreeMap;

use dagsform_care::{Decimal, DeviceTime, Quantity, Special, Unit, Value as Number};
use dagsform_sensors::codec::{
    self, BloodPressureMeasurement, ConcentrationUnit, Decoded, GlucoseMeasurement, GlucoseMeasurementContext,
    PlxContinuousMeasurement, PlxSpotCheckMeasurement, RecordAccessControlPoint, TemperatureMeasurement, UserId,
    WeightMeasurement,
    blood_pressure_measurement::PulseRateRange,
    device_information::VendorIdSource,
    glucose_measurement::{GlucoseFlags, TimeOffset},
    glucose_measurement_context::ExerciseDuration,
    plx_spot_check_measurement::SpotCheckFlags,
    plx_status::SpO2Pr,
    racp::{FilterValue, Operand},
};
use serde_json::{Value, json};

#[test]
fn every_vector_with_a_codec_means_what_its_source_says() {
    let gatt = check(include_str!("vectors/gatt.json"));
    let supported: BTreeMap<&str, usize> = [
        ("2A18", 5),
        ("2A19", 3),
        ("2A1C", 2),
        ("2A34", 2),
        ("2A35", 7),
        ("2A52", 5),
        ("2A5E", 1),
        ("2A5F", 7),
        ("2A9D", 4),
        ("FLOAT", 6),
        ("SFLOAT", 7),
    ]
    .into();
    let counted: BTreeMap<&str, usize> = gatt.checked.iter().map(|(name, n)| (name.as_str(), *n)).collect();
    assert_eq!(counted, supported);
    assert_eq!(gatt.without_codec, 55);

    let more = check(include_str!("vectors/more.json"));
    assert_eq!(more.checked.values().sum::<usize>(), MORE);
    assert_eq!(more.without_codec, 0);
}
const MORE: usize = 98;

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
        let Ok(selector) = codec::by_name(name) else {
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

/// Numbers compare as numbers, all else as it is written.
fn same(one: &Value, other: &Value) -> bool {
    match (one.as_f64(), other.as_f64()) {
        (Some(one), Some(other)) => (one - other).abs() <= other.abs() * 1e-12,
        _ => one == other,
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
        other => panic!("the vectors have no words for {other:?}"),
    }
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
    if let Some(status) = m.measurement_status {
        let range = match status.pulse_rate_range() {
            PulseRateRange::Within => "within",
            PulseRateRange::Above => "above",
            PulseRateRange::Below => "below",
            PulseRateRange::Reserved => "reserved",
        };
        facts.extend([("status", status.bits().into()), ("pulse_range", range.into())]);
    }
    facts
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
