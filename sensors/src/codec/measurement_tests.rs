//! Properties of the measurements whose fields are announced bit by bit in a Flags field, against
//! layouts and encoders written apart from the decoders.

use dagsform_care::{Decimal, Quantity, Special, Value};
use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::json;

use super::{
    glucose_measurement::{TimeOffset, TypeSampleLocation},
    glucose_measurement_context::{CarbohydrateId, ExerciseDuration, Health, Meal, MedicationId, Tester, TesterHealth},
    *,
};

/// One characteristic as its service lists it: the bits that are reserved, and the fields after the
/// Flags with the bit that announces each and its size.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    pub(super) characteristic: u16,
    /// How many bytes the Flags have.
    flags: usize,
    reserved: u16,
    fields: &'static [(Option<u8>, &'static str, usize)],
}

const LAYOUTS: &[Layout] = &[
    Layout {
        characteristic: 0x2A18,
        flags: 1,
        reserved: 0b1110_0000,
        fields: &[
            (None, "sequence_number", 2),
            (None, "base_time", 7),
            (Some(0), "time_offset", 2),
            (Some(1), "glucose_concentration", 2),
            (Some(1), "type_sample_location", 1),
            (Some(3), "sensor_status_annunciation", 2),
        ],
    },
    Layout {
        characteristic: 0x2A1C,
        flags: 1,
        reserved: 0b1111_1000,
        fields: &[(None, "temperature", 4), (Some(1), "timestamp", 7), (Some(2), "temperature_type", 1)],
    },
    Layout {
        characteristic: 0x2A34,
        flags: 1,
        reserved: 0,
        fields: &[
            (None, "sequence_number", 2),
            (Some(7), "extended_flags", 1),
            (Some(0), "carbohydrate_id", 1),
            (Some(0), "carbohydrate", 2),
            (Some(1), "meal", 1),
            (Some(2), "tester_health", 1),
            (Some(3), "exercise_duration", 2),
            (Some(3), "exercise_intensity", 1),
            (Some(4), "medication_id", 1),
            (Some(4), "medication", 2),
            (Some(6), "hba1c", 2),
        ],
    },
    Layout {
        characteristic: 0x2A35,
        flags: 1,
        reserved: 0b1110_0000,
        fields: &[
            (None, "systolic", 2),
            (None, "diastolic", 2),
            (None, "mean_arterial_pressure", 2),
            (Some(1), "timestamp", 7),
            (Some(2), "pulse_rate", 2),
            (Some(3), "user_id", 1),
            (Some(4), "measurement_status", 2),
        ],
    },
    Layout {
        characteristic: 0x2A9C,
        flags: 2,
        reserved: 0b1110_0000_0000_0000,
        fields: &[
            (None, "body_fat_percentage", 2),
            (Some(1), "timestamp", 7),
            (Some(2), "user_id", 1),
            (Some(3), "basal_metabolism", 2),
            (Some(4), "muscle_percentage", 2),
            (Some(5), "muscle_mass", 2),
            (Some(6), "fat_free_mass", 2),
            (Some(7), "soft_lean_mass", 2),
            (Some(8), "body_water_mass", 2),
            (Some(9), "impedance", 2),
            (Some(10), "weight", 2),
            (Some(11), "height", 2),
        ],
    },
    Layout {
        characteristic: 0x2A9D,
        flags: 1,
        reserved: 0b1111_0000,
        fields: &[
            (None, "weight", 2),
            (Some(1), "timestamp", 7),
            (Some(2), "user_id", 1),
            (Some(3), "bmi", 2),
            (Some(3), "height", 2),
        ],
    },
];

impl Layout {
    /// The fields of a frame with these flags, and where each of them ends.
    pub(super) fn ends(&self, frame: &[u8]) -> Vec<(&'static str, usize)> {
        let flags = self.flags_of(frame);
        let mut end = self.flags;
        let present = |bit: &Option<u8>| bit.is_none_or(|bit| flags & (1 << bit) != 0);
        let fields = self.fields.iter().filter(|(bit, ..)| present(bit));
        let after = fields.map(|(_, name, size)| {
            end += size;
            (*name, end)
        });
        std::iter::once(("flags", self.flags)).chain(after).collect()
    }

    fn flags_of(&self, frame: &[u8]) -> u16 {
        let high = if self.flags == 2 { frame[1] } else { 0 };
        u16::from_le_bytes([frame[0], high])
    }

    /// The frame with these flags in place of its own.
    fn with_flags(&self, flags: u16, frame: &[u8]) -> Vec<u8> {
        [&flags.to_le_bytes()[..self.flags], &frame[self.flags..]].concat()
    }
}

/// A layout, and a frame of random fields that follows it.
pub(super) fn frame() -> impl Strategy<Value = (Layout, Vec<u8>)> {
    // Special words are rare among random ones, so some bytes are all ones or all zeros.
    let byte = prop_oneof![3 => any::<u8>(), 1 => select(vec![0, 0x7F, 0x80, 0xFF])];
    (select(LAYOUTS), any::<u16>(), vec(byte, 32)).prop_map(|(layout, flags, bytes)| {
        let mut bytes = layout.with_flags(flags & !layout.reserved, &bytes);
        bytes.truncate(layout.ends(&bytes).last().unwrap().1);
        (layout, bytes)
    })
}

/// The bits that make up a number of `bits` bits with an exponent above a mantissa.
pub(super) fn float_word(value: Value, bits: u32, exponent_bits: u32) -> u32 {
    let mantissa_bits = bits - exponent_bits;
    let half = 1i64 << (mantissa_bits - 1);
    let (mantissa, exponent) = match value {
        Value::Number(Decimal { mantissa, exponent }) => (mantissa, i64::from(exponent)),
        Value::Special(Special::NotANumber) => (half - 1, 0),
        Value::Special(Special::PositiveInfinity) => (half - 2, 0),
        Value::Special(Special::NotAtThisResolution) => (half, 0),
        Value::Special(Special::Reserved) => (half + 1, 0),
        Value::Special(Special::NegativeInfinity) => (half + 2, 0),
    };
    let mantissa = mantissa.rem_euclid(2 * half);
    u32::try_from(exponent.rem_euclid(1 << exponent_bits) * 2 * half + mantissa).unwrap()
}

pub(super) fn sfloat(value: Value) -> Vec<u8> {
    u16::try_from(float_word(value, 16, 4)).unwrap().to_le_bytes().to_vec()
}

fn time(t: DateTime) -> Vec<u8> {
    let [low, high] = t.year.to_le_bytes();
    vec![low, high, t.month, t.day, t.hours, t.minutes, t.seconds]
}

pub(super) fn steps(value: Value, exponent: i16, per_step: i64) -> Vec<u8> {
    let steps = match value {
        Value::Number(number) => {
            assert_eq!((number.exponent, number.mantissa % per_step), (exponent, 0));
            u16::try_from(number.mantissa / per_step).unwrap()
        }
        Value::Special(special) => {
            assert_eq!(special, Special::NotANumber);
            0xFFFF
        }
    };
    steps.to_le_bytes().to_vec()
}

fn user(user: UserId) -> Vec<u8> {
    match user {
        UserId::Known(number) => vec![number],
        UserId::Unknown => vec![255],
    }
}

/// Writes what was decoded as a frame again.
fn encode(decoded: &Decoded) -> Vec<u8> {
    let number = |quantity: Quantity| sfloat(quantity.value);
    let word = |bits: u16| bits.to_le_bytes().to_vec();
    let (flags, fields): (Vec<u8>, Vec<Option<Vec<u8>>>) = match decoded {
        Decoded::BloodPressureMeasurement(m) => (
            vec![m.flags.bits()],
            vec![
                Some(number(m.systolic)),
                Some(number(m.diastolic)),
                Some(number(m.mean_arterial_pressure)),
                m.timestamp.map(time),
                m.pulse_rate.map(number),
                m.user_id.map(user),
                m.measurement_status.map(|s| word(s.bits())),
            ],
        ),
        Decoded::WeightMeasurement(m) => (
            vec![m.flags.bits()],
            vec![
                Some(if m.flags.bits() & 1 == 1 { steps(m.weight.value, -2, 1) } else { steps(m.weight.value, -3, 5) }),
                m.timestamp.map(time),
                m.user_id.map(user),
                m.bmi.map(|b| steps(b.value, -1, 1)),
                m.height.map(|h| steps(h.value, if m.flags.bits() & 1 == 1 { -1 } else { -3 }, 1)),
            ],
        ),
        Decoded::BodyCompositionMeasurement(m) => {
            let imperial = m.flags.bits() & 1 == 1;
            let mass = |a: Amount| if imperial { steps(a.value, -2, 1) } else { steps(a.value, -3, 5) };
            (
                word(m.flags.bits()),
                vec![
                    Some(steps(m.body_fat_percentage.value, -1, 1)),
                    m.timestamp.map(time),
                    m.user_id.map(user),
                    m.basal_metabolism.map(|a| steps(a.value, 0, 1)),
                    m.muscle_percentage.map(|a| steps(a.value, -1, 1)),
                    m.muscle_mass.map(mass),
                    m.fat_free_mass.map(mass),
                    m.soft_lean_mass.map(mass),
                    m.body_water_mass.map(mass),
                    m.impedance.map(|a| steps(a.value, -1, 1)),
                    m.weight.map(mass),
                    m.height.map(|a| steps(a.value, if imperial { -1 } else { -3 }, 1)),
                ],
            )
        }
        Decoded::GlucoseMeasurement(m) => (
            vec![m.flags.bits()],
            vec![
                Some(word(m.sequence_number)),
                Some(time(m.base_time)),
                m.time_offset.map(|offset| match offset {
                    TimeOffset::Minutes(minutes) => minutes.to_le_bytes().to_vec(),
                    TimeOffset::Overrun => vec![0xFF, 0x7F],
                    TimeOffset::Underrun => vec![0x00, 0x80],
                }),
                m.glucose_concentration.map(|c| sfloat(c.value)),
                m.type_sample_location.map(|TypeSampleLocation { fluid_type, sample_location }| {
                    vec![fluid_type.number() + 16 * sample_location.number()]
                }),
                m.sensor_status_annunciation.map(|s| word(s.bits())),
            ],
        ),
        Decoded::GlucoseMeasurementContext(m) => (
            vec![m.flags.bits()],
            vec![
                Some(word(m.sequence_number)),
                m.extended_flags.map(|e| vec![e.bits()]),
                m.carbohydrate_id.map(|c| vec![c.number()]),
                m.carbohydrate.map(number),
                m.meal.map(|meal| vec![meal.number()]),
                m.tester_health.map(|TesterHealth { tester, health }| vec![tester.number() + 16 * health.number()]),
                m.exercise_duration.map(|duration| match duration {
                    ExerciseDuration::Seconds(seconds) => word(seconds),
                    ExerciseDuration::Overrun => vec![0xFF, 0xFF],
                }),
                m.exercise_intensity.map(|intensity| vec![intensity]),
                m.medication_id.map(|id| vec![id.number()]),
                m.medication.map(|medication| sfloat(medication.value)),
                m.hba1c.map(number),
            ],
        ),
        Decoded::TemperatureMeasurement(m) => (
            vec![m.flags.bits()],
            vec![
                Some(float_word(m.temperature.value, 32, 8).to_le_bytes().to_vec()),
                m.timestamp.map(time),
                m.temperature_type.map(|place| vec![place.number()]),
            ],
        ),
        other => panic!("no encoder for {other:?}"),
    };
    [flags].into_iter().chain(fields.into_iter().flatten()).flatten().collect()
}

fn json_of(characteristic: u16, bytes: &[u8]) -> serde_json::Value {
    serde_json::to_value(decode(characteristic, bytes).unwrap()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(5000))]

    #[test]
    fn what_was_decoded_is_written_back_as_the_same_bytes((layout, frame) in frame()) {
        let decoded = decode(layout.characteristic, &frame).unwrap();
        prop_assert_eq!(encode(&decoded), frame);
    }

    #[test]
    fn a_field_is_there_exactly_when_its_bit_says_so((layout, frame) in frame()) {
        let json = json_of(layout.characteristic, &frame);
        let present = layout.ends(&frame);
        for (_, name, _) in layout.fields {
            let there = json.get(name).is_some_and(|value| !value.is_null());
            prop_assert_eq!(there, present.iter().any(|(field, _)| field == name), "{}", name);
        }
    }

    #[test]
    fn every_shorter_frame_is_refused_with_the_field_that_is_cut((layout, frame) in frame()) {
        for length in 0..frame.len() {
            let (name, end) = layout.ends(&frame).into_iter().find(|(_, end)| length < *end).unwrap();
            match decode(layout.characteristic, &frame[..length]) {
                Err(DecodeError::Truncated { field, missing, .. }) => prop_assert_eq!((field, missing), (name, end - length)),
                other => return Err(TestCaseError::fail(format!("{length} bytes of {frame:02x?}: {other:?}"))),
            }
        }
    }

    #[test]
    fn a_longer_frame_is_refused_unless_a_reserved_bit_may_have_announced_it(
        (layout, frame) in frame(), surplus in vec(any::<u8>(), 1..5), reserved in 1u16..,
    ) {
        let longer = |flags: u16| [layout.with_flags(flags, &frame), surplus.clone()].concat();
        let flags = layout.flags_of(&frame);
        let extended = layout.characteristic == 0x2A34 && frame[0] & 0x80 != 0 && frame[3] != 0;
        if !extended {
            match decode(layout.characteristic, &longer(flags)) {
                Err(DecodeError::LeftOver { offset, count, .. }) => {
                    prop_assert_eq!((offset, count), (frame.len(), surplus.len()));
                }
                other => return Err(TestCaseError::fail(format!("{other:?}"))),
            }
        }
        let reserved = reserved & layout.reserved;
        if extended || reserved != 0 {
            let json = json_of(layout.characteristic, &longer(flags | reserved));
            prop_assert_eq!(&json["additional_data"], &json!(surplus));
            let mut plain = json_of(layout.characteristic, &frame);
            for key in ["flags", "additional_data"] {
                plain[key] = json[key].clone();
            }
            prop_assert_eq!(json, plain);
        }
    }
}

#[test]
fn every_code_keeps_its_number() {
    for number in 0..=u8::MAX {
        assert_eq!(TemperatureType::from(number).number(), number);
        assert_eq!(CarbohydrateId::from(number).number(), number);
        assert_eq!(Meal::from(number).number(), number);
        assert_eq!(MedicationId::from(number).number(), number);
        let TypeSampleLocation { fluid_type, sample_location } = number.into();
        assert_eq!((fluid_type.number(), sample_location.number()), (number % 16, number / 16));
        let TesterHealth { tester, health } = number.into();
        assert_eq!((tester.number(), health.number()), (number % 16, number / 16));
    }
}

#[test]
fn the_codes_are_named_as_the_services_list_them() {
    let names = |of: &dyn Fn(u8) -> serde_json::Value, numbers: std::ops::RangeInclusive<u8>| -> Vec<String> {
        let name = |number| of(number).as_str().map_or("-", |name| name).to_owned();
        numbers.map(name).collect()
    };
    macro_rules! names {
        ($code:ty, $numbers:expr) => {
            names(&|number| serde_json::to_value(<$code>::from(number)).unwrap(), $numbers).join(" ")
        };
    }
    assert_eq!(
        names!(TemperatureType, 0..=10),
        "- armpit body ear finger gastro-intestinal-tract mouth rectum toe tympanum -"
    );
    assert_eq!(
        names!(glucose_measurement::FluidType, 0..=11),
        "- capillary-whole-blood capillary-plasma venous-whole-blood venous-plasma arterial-whole-blood \
         arterial-plasma undetermined-whole-blood undetermined-plasma interstitial-fluid control-solution -"
    );
    assert_eq!(
        names!(glucose_measurement::SampleLocation, 0..=15),
        "- finger alternate-site-test earlobe control-solution - - - - - - - - - - not-available"
    );
    assert_eq!(names!(CarbohydrateId, 0..=8), "- breakfast lunch dinner snack drink supper brunch -");
    assert_eq!(names!(Meal, 0..=6), "- preprandial postprandial fasting casual bedtime -");
    assert_eq!(
        names!(Tester, 0..=15),
        "- one-self health-care-professional lab-test - - - - - - - - - - - not-available"
    );
    assert_eq!(
        names!(Health, 0..=15),
        "- minor-health-issues major-health-issues during-menses under-stress no-health-issues \
         - - - - - - - - - not-available"
    );
    assert_eq!(
        names!(MedicationId, 0..=6),
        "- rapid-acting-insulin short-acting-insulin intermediate-acting-insulin long-acting-insulin \
         pre-mixed-insulin -"
    );
}

#[test]
fn the_unit_is_the_one_that_the_flags_name() {
    let unit = |characteristic, field: &str, bytes: &[u8]| json_of(characteristic, bytes)[field]["unit"].clone();
    assert_eq!(unit(0x2A35, "systolic", &[0, 120, 0, 80, 0, 90, 0]), "mm[Hg]");
    assert_eq!(unit(0x2A35, "systolic", &[1, 16, 0, 10, 0, 12, 0]), "kPa");
    for field in ["diastolic", "mean_arterial_pressure"] {
        assert_eq!(unit(0x2A35, field, &[1, 16, 0, 10, 0, 12, 0]), "kPa");
    }
    for (flags, weight, height) in [(8, "kg", "m"), (9, "[lb_av]", "[in_i]")] {
        assert_eq!(unit(0x2A9D, "weight", &[flags, 1, 0, 2, 0, 3, 0]), weight);
        assert_eq!(unit(0x2A9D, "bmi", &[flags, 1, 0, 2, 0, 3, 0]), "kg/m2");
        assert_eq!(unit(0x2A9D, "height", &[flags, 1, 0, 2, 0, 3, 0]), height);
    }
    for (flags, concentration) in [(2, "kg/L"), (6, "mol/L")] {
        let bytes = [flags, 1, 0, 0xEA, 7, 11, 23, 8, 0, 0, 119, 0xB0, 0x11];
        assert_eq!(unit(0x2A18, "glucose_concentration", &bytes), concentration);
    }
    for (flags, medication) in [(0x10, "kg"), (0x30, "L")] {
        assert_eq!(unit(0x2A34, "medication", &[flags, 1, 0, 1, 5, 0xA0]), medication);
    }
    assert_eq!(unit(0x2A1C, "temperature", &[0, 0x72, 1, 0, 0xFF]), "Cel");
    assert_eq!(unit(0x2A1C, "temperature", &[1, 0xDA, 3, 0, 0xFF]), "[degF]");
}

#[test]
fn a_blood_pressure_as_json_keeps_what_the_device_did_not_know() {
    let bytes = [0x1A, 0xFF, 7, 0xFF, 7, 0xFF, 7, 0, 0, 4, 17, 20, 41, 59, 0xFF, 0x20, 0x80];
    assert_eq!(
        json_of(0x2A35, &bytes),
        json!({
            "characteristic": "blood-pressure-measurement",
            "flags": {
                "bits": 0x1A,
                "set": ["timestamp-present", "user-id-present", "measurement-status-present"],
                "reserved": 0,
            },
            "systolic": {"special": "not-a-number", "unit": "mm[Hg]"},
            "diastolic": {"special": "not-a-number", "unit": "mm[Hg]"},
            "mean_arterial_pressure": {"special": "not-a-number", "unit": "mm[Hg]"},
            "timestamp": {
                "year": 0, "month": 4, "day": 17, "hours": 20, "minutes": 41, "seconds": 59,
                "time": null, "validity": "unknown",
            },
            "pulse_rate": null,
            "user_id": "unknown",
            "measurement_status": {"bits": 0x8020, "set": ["improper-measurement-position"], "reserved": 0x8000},
        })
    );
}

#[test]
fn a_glucose_record_as_json_keeps_digits_and_codes() {
    let bytes = [0x1B, 4, 0, 0xE4, 7, 7, 14, 11, 6, 5, 0x5A, 2, 119, 0xB0, 0xF8, 0, 0];
    let json = json_of(0x2A18, &bytes);
    assert_eq!(json["sequence_number"], 4);
    assert_eq!(json["time_offset"], json!({"minutes": 602}));
    assert_eq!(
        json["glucose_concentration"],
        json!({"value": "0.00119", "mantissa": 119, "exponent": -5, "unit": "kg/L"})
    );
    assert_eq!(
        json["type_sample_location"],
        json!({"fluid_type": "undetermined-plasma", "sample_location": "not-available"})
    );
    let ketone = json_of(0x2A34, &[2, 4, 0, 6]);
    assert_eq!(ketone["meal"], json!({"reserved": 6}));
    assert_eq!(json_of(0x2A1D, &[3])["temperature_type"], "ear");
}
