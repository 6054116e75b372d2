//! What becomes of a measurement in the words of `dagsform-care`.

use std::collections::BTreeSet;

use dagsform_care::{
    Decimal, DeviceTime, Flag, Kind, Meal, Measured, Metric, Observed, Quality, Special, Unit, User, Verdict,
};
use proptest::{collection::vec, option, prelude::*};

use super::{
    measurement_tests::{Layout, float_word, frame, sfloat, steps},
    *,
};

fn observed(characteristic: u16, hex: &str) -> Observed {
    with_context(characteristic, hex, None)
}

fn with_context(characteristic: u16, hex: &str, context: Option<&[u8]>) -> Observed {
    observe(characteristic, &hex::decode(hex).unwrap(), context).unwrap().unwrap()
}

/// "systolic 127 mm[Hg]", or the special value in place of the number.
fn words(observed: &Observed) -> Vec<String> {
    let word = |Measured { metric, quantity }: &Measured| {
        let value = match quantity.value {
            Value::Number(number) => number.to_string(),
            Value::Special(special) => format!("{special:?}"),
        };
        format!("{} {value} {}", metric.name(), quantity.unit.ucum())
    };
    observed.values.iter().map(word).collect()
}

/// Of the bytes in `tests/vectors/gatt.json`: kind, numbers, flags, time, record number, user.
#[test]
fn what_real_devices_and_other_programs_send_is_told_in_our_words() {
    type Row = (u16, &'static str, Kind, &'static [&'static str], &'static [Flag], &'static str, Option<u32>, User);
    let rows: &[Row] = &[
        (
            0x2A35,
            "def6f416f3ff07e4070114082b00b2f2018000",
            Kind::BloodPressure,
            &[
                "systolic 127.0 mm[Hg]",
                "diastolic 79.0 mm[Hg]",
                "mean_arterial_pressure NotANumber mm[Hg]",
                "pulse_rate_by_cuff 69.0 /min",
            ],
            &[Flag::ReservedBitSet],
            "2020-01-20T08:43:00",
            None,
            User::Index(1),
        ),
        (
            0x2A35,
            "1f790051006a00e40705150a1e2d4800010600",
            Kind::BloodPressure,
            &["systolic 121 kPa", "diastolic 81 kPa", "mean_arterial_pressure 106 kPa", "pulse_rate_by_cuff 72 /min"],
            &[Flag::CuffTooLoose, Flag::IrregularPulse],
            "2020-05-21T10:30:45",
            None,
            User::Index(1),
        ),
        (
            0x2A35,
            "167c0056006100e807060f11111b33001000",
            Kind::BloodPressure,
            &[
                "systolic 124 mm[Hg]",
                "diastolic 86 mm[Hg]",
                "mean_arterial_pressure 97 mm[Hg]",
                "pulse_rate_by_cuff 51 /min",
            ],
            &[Flag::PulseRateBelowRange],
            "2024-06-15T17:17:27",
            None,
            User::Unsaid,
        ),
        (
            0x2A35,
            "0848005100400001",
            Kind::BloodPressure,
            &["systolic 72 mm[Hg]", "diastolic 81 mm[Hg]", "mean_arterial_pressure 64 mm[Hg]"],
            &[],
            "absent",
            None,
            User::Index(1),
        ),
        (
            0x2A9D,
            "08b036f500d606",
            Kind::BodyWeight,
            &["body_weight 70.000 kg", "body_mass_index 24.5 kg/m2", "body_height 1.750 m"],
            &[],
            "absent",
            None,
            User::Unsaid,
        ),
        (
            0x2A9D,
            "0f543de7070c190e1e2d03f500a802",
            Kind::BodyWeight,
            &["body_weight 157.00 [lb_av]", "body_mass_index 24.5 kg/m2", "body_height 68.0 [in_i]"],
            &[],
            "2023-12-25T14:30:45",
            None,
            User::Index(3),
        ),
        (0x2A9D, "00ffff", Kind::BodyWeight, &["body_weight NotANumber kg"], &[], "absent", None, User::Unsaid),
        (
            0x2A18,
            "1b0400e407070e0b06055a0277b0f80000",
            Kind::BloodGlucose,
            &["glucose_undetermined_plasma 119 mg/dL"],
            &[],
            "2020-07-14T21:08:05",
            Some(4),
            User::Unsaid,
        ),
        (0x2A18, "000100e40705150a1e2d", Kind::BloodGlucose, &[], &[], "2020-05-21T10:30:45", Some(1), User::Unsaid),
        (
            0x2A1C,
            "00ffff7f00",
            Kind::BodyTemperature,
            &["body_temperature NotANumber Cel"],
            &[],
            "absent",
            None,
            User::Unsaid,
        ),
    ];
    for (characteristic, hex, kind, values, flags, time, sequence, user) in rows {
        let seen = observed(*characteristic, hex);
        assert_eq!(words(&seen), *values, "{hex}");
        assert_eq!(seen.flags, flags.iter().copied().collect(), "{hex}");
        let expected = if *time == "absent" { DeviceTime::Absent } else { DeviceTime::Local(time.parse().unwrap()) };
        assert_eq!(
            (seen.kind, seen.time, seen.sequence, seen.user, seen.meal),
            (*kind, expected, *sequence, *user, None),
            "{hex}"
        );
    }
}

#[test]
fn glucose_moves_its_exponent_and_keeps_its_digits() {
    // 66 × 10⁻⁴ mol/L, 660 × 10⁻⁵ mol/L, 119 × 10⁻⁵ kg/L, 1190 × 10⁻⁶ kg/L.
    for (flags, concentration, value, unit) in [
        (6, [0x42, 0xC0], "6.6", Unit::MillimolePerLitre),
        (6, [0x94, 0xB2], "6.60", Unit::MillimolePerLitre),
        (2, [119, 0xB0], "119", Unit::MilligramPerDecilitre),
        (2, [0xA6, 0xA4], "119.0", Unit::MilligramPerDecilitre),
    ] {
        let bytes = [&[flags, 1, 0, 0xEA, 7, 11, 23, 8, 0, 0], &concentration[..], &[0x11]].concat();
        let seen = observe(0x2A18, &bytes, None).unwrap().unwrap();
        let quantity = seen.values[0].quantity;
        assert_eq!((quantity.value.number().unwrap().to_string(), quantity.unit), (value.to_owned(), unit));
    }
    // "Below what can be expressed" stays that in either unit.
    for (flags, unit) in [("06", Unit::MillimolePerLitre), ("02", Unit::MilligramPerDecilitre)] {
        let low = observed(0x2A18, &format!("{flags}0100ea070b17080000020811")).values[0].quantity;
        assert_eq!((low.value, low.unit), (Value::Special(Special::NegativeInfinity), unit));
    }
}

#[test]
fn a_result_beyond_the_meters_range_is_a_reading_without_a_concentration_too() {
    for (status, flag) in [("2000", Flag::ResultAboveRange), ("4000", Flag::ResultBelowRange)] {
        let seen = observed(0x2A18, &format!("080700ea070b17080000{status}"));
        assert_eq!((seen.values.len(), &seen.flags), (0, &BTreeSet::from([flag])));
        assert_eq!(Quality::assess(&seen.values, &seen.flags).verdict, Verdict::Doubtful);
    }
}

#[test]
fn each_fluid_is_a_metric_of_its_own_and_control_solution_is_no_reading_of_a_person() {
    let seen = |sample: u8| observed(0x2A18, &format!("060700ea070b1708000042c0{sample:02x}"));
    let metrics = [
        Metric::GlucoseCapillaryWholeBlood,
        Metric::GlucoseCapillaryPlasma,
        Metric::GlucoseVenousWholeBlood,
        Metric::GlucoseVenousPlasma,
        Metric::GlucoseArterialWholeBlood,
        Metric::GlucoseArterialPlasma,
        Metric::GlucoseUndeterminedWholeBlood,
        Metric::GlucoseUndeterminedPlasma,
        Metric::GlucoseInterstitialFluid,
        Metric::GlucoseControlSolution,
    ];
    for (number, metric) in (1..).zip(metrics) {
        assert_eq!(seen(0x10 + number).values[0].metric, metric);
    }
    assert_eq!(seen(0x11).flags, BTreeSet::new());
    // As the type, as the sample location, as both.
    for sample in [0x1A, 0x41, 0x4A] {
        let seen = seen(sample);
        assert_eq!(seen.flags, BTreeSet::from([Flag::ControlSolution]), "{sample:02x}");
        assert_eq!(Quality::assess(&seen.values, &seen.flags).verdict, Verdict::NotAReading);
    }
    let reserved = seen(0x1B);
    assert_eq!(reserved.values[0].metric, Metric::GlucoseUndeterminedPlasma);
    assert_eq!(reserved.flags, BTreeSet::from([Flag::ReservedBitSet]));
}

#[test]
fn the_context_tells_the_meal_of_its_own_record_only() {
    let record = "160700ea070b1708000042c011";
    for (context, meal) in [
        (None, None),
        (Some(&[2, 7, 0, 1][..]), Some(Meal::Preprandial)),
        (Some(&[2, 7, 0, 2]), Some(Meal::Postprandial)),
        (Some(&[2, 7, 0, 3]), Some(Meal::Fasting)),
        (Some(&[2, 7, 0, 4]), Some(Meal::Casual)),
        (Some(&[2, 7, 0, 5]), Some(Meal::Bedtime)),
        (Some(&[2, 7, 0, 6]), None),
        (Some(&[0, 7, 0]), None),
        // Of another record; cut short; nothing.
        (Some(&[2, 8, 0, 1]), None),
        (Some(&[2, 7, 0]), None),
        (Some(&[]), None),
    ] {
        assert_eq!(with_context(0x2A18, record, context).meal, meal, "{context:?}");
    }
}

#[test]
fn a_user_that_the_device_does_not_know_is_not_one_that_it_has_not_told() {
    let user = |hex: &str| observed(0x2A9D, hex).user;
    assert_eq!(user("04b036ff"), User::Unknown);
    assert_eq!(user("04b03600"), User::Index(0));
    assert_eq!(user("00b036"), User::Unsaid);
}

#[test]
fn a_temperature_keeps_the_unit_that_was_sent() {
    assert_eq!(words(&observed(0x2A1C, "00720100ff")), ["body_temperature 37.0 Cel"]);
    assert_eq!(words(&observed(0x2A1C, "01da0300ff")), ["body_temperature 98.6 [degF]"]);
}

#[test]
fn a_clock_with_a_fault_says_so_and_its_time_is_kept() {
    let seen = observed(0x2A18, "080700ea070b170800000008");
    assert_eq!(seen.flags, BTreeSet::from([Flag::DeviceClockFault]));
    assert_eq!(seen.time, DeviceTime::Local("2026-11-23T08:00:00".parse().unwrap()));
}

/// The field that a number came from, and its bytes written anew.
fn written(Measured { metric, quantity }: &Measured) -> (&'static str, Vec<u8>) {
    let value = quantity.value;
    match metric {
        Metric::Systolic => ("systolic", sfloat(value)),
        Metric::Diastolic => ("diastolic", sfloat(value)),
        Metric::MeanArterialPressure => ("mean_arterial_pressure", sfloat(value)),
        Metric::PulseRateByCuff => ("pulse_rate", sfloat(value)),
        Metric::BodyWeight if quantity.unit == Unit::Pound => ("weight", steps(value, -2, 1)),
        Metric::BodyWeight => ("weight", steps(value, -3, 5)),
        Metric::BodyMassIndex => ("bmi", steps(value, -1, 1)),
        Metric::BodyHeight if quantity.unit == Unit::Inch => ("height", steps(value, -1, 1)),
        Metric::BodyHeight => ("height", steps(value, -3, 1)),
        Metric::BodyTemperature => ("temperature", float_word(value, 32, 8).to_le_bytes().to_vec()),
        glucose => {
            assert!(glucose.is_glucose());
            let powers = if quantity.unit == Unit::MillimolePerLitre { 3 } else { 5 };
            let sent = |number: Decimal| Decimal::new(number.mantissa, number.exponent - powers);
            ("glucose_concentration", sfloat(value.number().map_or(value, |number| Value::Number(sent(number)))))
        }
    }
}

fn field<'a>(layout: &Layout, frame: &'a [u8], name: &str) -> &'a [u8] {
    let ends = layout.ends(frame);
    let at = ends.iter().position(|(field, _)| *field == name).unwrap();
    &frame[ends[at - 1].1..ends[at].1]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(5000))]

    #[test]
    fn every_number_is_kept_exactly((layout, frame) in frame()) {
        let Some(seen) = observe(layout.characteristic, &frame, None).unwrap() else {
            prop_assert!([0x2A34, 0x2A9C].contains(&layout.characteristic));
            return Ok(());
        };
        for measured in &seen.values {
            let (name, bytes) = written(measured);
            prop_assert_eq!(field(&layout, &frame, name), bytes, "{}", name);
        }
        let numbers = ["systolic", "diastolic", "mean_arterial_pressure", "pulse_rate", "weight", "bmi", "height",
            "temperature", "glucose_concentration"];
        let sent = layout.ends(&frame).iter().filter(|(name, _)| numbers.contains(name)).count();
        prop_assert_eq!(seen.values.len(), sent);
    }

    #[test]
    fn a_reading_is_the_same_with_any_context_and_without(
        (layout, frame) in frame(), context in option::of(vec(any::<u8>(), 0..20)),
    ) {
        let without = observe(layout.characteristic, &frame, None).unwrap();
        let Some(mut with) = observe(layout.characteristic, &frame, context.as_deref()).unwrap() else { return Ok(()) };
        with.meal = None;
        prop_assert_eq!(Some(with), without);
    }

    #[test]
    fn only_whether_a_context_follows_is_left_out_of_the_canonical_frame((layout, frame) in frame()) {
        let Some(seen) = observe(layout.characteristic, &frame, None).unwrap() else { return Ok(()) };
        let bit = if layout.characteristic == 0x2A18 { 1 << 4 } else { 0 };
        prop_assert_eq!(seen.canonical[0], frame[0] & !bit);
        prop_assert_eq!(&seen.canonical[1..], &frame[1..]);
        let again = observe(layout.characteristic, &seen.canonical, None).unwrap();
        prop_assert_eq!(again, Some(seen));
    }

    #[test]
    fn no_bytes_and_no_context_bring_an_observation_down(
        bytes in vec(any::<u8>(), 0..40), context in option::of(vec(any::<u8>(), 0..20)),
    ) {
        for characteristic in [0x2A18, 0x2A1C, 0x2A35, 0x2A5E, 0x2A5F, 0x2A9D] {
            if let Ok(seen) = observe(characteristic, &bytes, context.as_deref()) {
                prop_assert!(seen.is_some());
            }
        }
    }
}
