//! The numbers of measurements that can have limits.

/// A number of a measurement that can have limits.
#[derive(Debug)]
pub(crate) struct Measurable {
    /// Its name in forms.
    pub(crate) key: &'static str,
    /// LOINC codes of the measurement that is ordered; a new order has the first.
    pub(crate) codes: &'static [&'static str],
    /// LOINC's display of the first.
    pub(crate) display: &'static str,
    /// LOINC code and display of the part of it.
    pub(crate) component: Option<(&'static str, &'static str)>,
    /// The unit for people.
    pub(crate) unit: &'static str,
    /// The unit in UCUM.
    pub(crate) ucum: &'static str,
    /// It usually has limits of its own, so they can be set where there are none.
    pub(crate) usual: bool,
}

const BLOOD_PRESSURE: (&[&str], &str) = (&["85354-9"], "Blood pressure panel with all children optional");
const OXIMETRY: (&[&str], &str) = (&["59408-5", "2708-6"], "Oxygen saturation in Arterial blood by Pulse oximetry");
const HEART_RATE: (&str, &str) = ("8867-4", "Heart rate");

const fn whole(
    key: &'static str,
    (codes, display): (&'static [&'static str], &'static str),
    (unit, ucum): (&'static str, &'static str),
) -> Measurable {
    Measurable { key, codes, display, component: None, unit, ucum, usual: true }
}

const fn part(
    key: &'static str,
    (codes, display): (&'static [&'static str], &'static str),
    component: (&'static str, &'static str),
    (unit, ucum): (&'static str, &'static str),
    usual: bool,
) -> Measurable {
    Measurable { key, codes, display, component: Some(component), unit, ucum, usual }
}

const PER_MINUTE: (&str, &str) = ("/min", "/min");
const MMHG: (&str, &str) = ("mmHg", "mm[Hg]");

/// All of them. LOINC codes as in VkpObservation and the FHIR vital signs profiles.
pub(crate) const MEASURABLES: &[Measurable] = &[
    whole("oxygen-saturation", OXIMETRY, ("%", "%")),
    part("pulse-by-oximeter", OXIMETRY, HEART_RATE, PER_MINUTE, false),
    whole("pulse", (&[HEART_RATE.0], HEART_RATE.1), PER_MINUTE),
    part("systolic", BLOOD_PRESSURE, ("8480-6", "Systolic blood pressure"), MMHG, true),
    part("diastolic", BLOOD_PRESSURE, ("8462-4", "Diastolic blood pressure"), MMHG, true),
    part("pulse-by-cuff", BLOOD_PRESSURE, HEART_RATE, PER_MINUTE, false),
    whole("weight", (&["29463-7"], "Body weight"), ("kg", "kg")),
    whole("glucose", (&["15074-8", "14749-6"], "Glucose [Moles/volume] in Blood"), ("mmol/L", "mmol/L")),
    whole("temperature", (&["8310-5"], "Body temperature"), ("°C", "Cel")),
    whole(
        "peak-flow",
        (&["19935-6"], "Maximum expiratory gas flow Respiratory system airway by Peak flow meter"),
        ("L/min", "L/min"),
    ),
    whole("fev1", (&["20150-9"], "FEV1"), ("L", "L")),
];
