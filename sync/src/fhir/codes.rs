//! Code systems, and the codes of each number.

use dagsform_care::{Flag, Kind, Meal, Metric, Unit};

use super::model::{CodeableConcept, Coding};

/// ISO/IEEE 11073-10101 (MDC).
pub const MDC: &str = "urn:iso:std:iso:11073:10101";
/// LOINC.
pub const LOINC: &str = "http://loinc.org";
/// SNOMED CT.
pub const SNOMED_CT: &str = "http://snomed.info/sct";
/// NPU, by the Norwegian laboratory code list (VkpObservation, `Observation.code`).
pub const NPU: &str = "urn:oid:2.16.578.1.12.4.1.1.7280";
/// UCUM.
pub const UCUM: &str = "http://unitsofmeasure.org";
/// URIs as identifiers, here `urn:uuid:`.
pub const URI: &str = "urn:ietf:rfc:3986";
/// Why a value is absent.
pub const DATA_ABSENT_REASON: &str = "http://terminology.hl7.org/CodeSystem/data-absent-reason";
/// The same, as an extension of a primitive element.
pub const DATA_ABSENT_REASON_EXTENSION: &str = "http://hl7.org/fhir/StructureDefinition/data-absent-reason";
/// What a device says of a measurement (PHD guide, PhdBaseObservation.interpretation).
pub const MEASUREMENT_STATUS: &str = "http://hl7.org/fhir/uv/pocd/CodeSystem/measurement-status";
/// How a value stands to what could be measured or is expected.
pub const INTERPRETATION: &str = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation";
/// The bits of a status word (PHD guide, ASN1ToHL7).
pub const STATUS_BITS: &str = "http://terminology.hl7.org/CodeSystem/ASN1ToHL7";
/// The kinds of a device's identifier (PHD guide, ContinuaDeviceIdentifiers).
pub const DEVICE_IDENTIFIERS: &str = "http://terminology.hl7.org/CodeSystem/ContinuaDeviceIdentifiers";
/// An IEEE EUI-64 (PHD guide, PhdDevice.identifier).
pub const EUI_64: &str = "urn:oid:1.2.840.10004.1.1.1.0.0.1.0.0.1.2680";
/// A Bluetooth address (PHD guide, PhdDevice.identifier).
pub const BLUETOOTH_ADDRESS: &str = "http://hl7.org/fhir/sid/eui-48/bluetooth";
/// Yes and no (HL7 Version 2, table 0136).
pub const YES_NO: &str = "http://terminology.hl7.org/CodeSystem/v2-0136";
/// Categories of observations.
pub const CATEGORY: &str = "http://terminology.hl7.org/CodeSystem/observation-category";
/// Categories of observations by personal health devices (PHD guide).
pub const PHD_CATEGORY: &str = "http://hl7.org/fhir/uv/phd/CodeSystem/PhdObservationCategories";
/// The gateway that received a measurement.
pub const GATEWAY_EXTENSION: &str = "http://hl7.org/fhir/StructureDefinition/observation-gatewayDevice";
/// The comparison of the sensor's and the gateway's clock.
pub const COINCIDENT_TIME_EXTENSION: &str =
    "http://hl7.org/fhir/uv/phd/StructureDefinition/CoincidentTimeStampReference";
/// The measurement that another repeats.
pub const SEQUEL_EXTENSION: &str = "http://hl7.org/fhir/StructureDefinition/observation-sequelTo";
/// The profile of one number from a device.
pub const NUMERIC_PROFILE: &str = "http://hl7.org/fhir/uv/phd/StructureDefinition/PhdNumericObservation";
/// The profile of several numbers from a device that belong together.
pub const COMPOUND_PROFILE: &str = "http://hl7.org/fhir/uv/phd/StructureDefinition/PhdCompoundNumericObservation";
/// The profile of a measurement from a device without numbers of its own.
pub const BASE_PROFILE: &str = "http://hl7.org/fhir/uv/phd/StructureDefinition/PhdBaseObservation";
/// The profile of a comparison of clocks.
pub const COINCIDENT_TIME_PROFILE: &str =
    "http://hl7.org/fhir/uv/phd/StructureDefinition/PhdCoincidentTimeStampObservation";
/// The Norwegian profile of any measurement (HL7 Norway, VkpObservation). Its profiles of the single vital signs ask for
/// the performer to be a Practitioner, which nobody at home is.
pub const VKP_PROFILE: &str = "http://hl7.no/fhir/vkpobservation/StructureDefinition/vkp-Observation";
/// The profile of a sensor.
pub const PHD_PROFILE: &str = "http://hl7.org/fhir/uv/phd/StructureDefinition/PhdDevice";
/// The profile of a gateway.
pub const PHG_PROFILE: &str = "http://hl7.org/fhir/uv/phd/StructureDefinition/PhgDevice";

/// A code with the system's words for it.
pub fn coding(system: &str, code: impl ToString, display: &str) -> Coding {
    Coding { system: system.to_owned(), code: code.to_string(), display: Some(display.to_owned()) }
}

/// A concept of one code.
pub fn concept(system: &str, code: impl ToString, display: &str) -> CodeableConcept {
    coded(vec![coding(system, code, display)])
}

/// A concept of several codes.
pub fn coded(coding: Vec<Coding>) -> CodeableConcept {
    CodeableConcept { coding, text: None }
}

/// A blood pressure as a whole (MDC_PRESS_BLD_NONINV).
pub const BLOOD_PRESSURE: u32 = 150_020;
/// A glucose of which the meter tells no more than that it is beyond its range (MDC_CONC_GLU_GEN; ISO/IEEE 11073-10101
/// as published in open implementations of it).
pub const GLUCOSE: u32 = 160_020;

/// The codes of a number in a unit: MDC always; LOINC, SNOMED CT and NPU where there is one.
///
/// - LOINC 2708-6, 8867-4, 8480-6, 8462-4, 29463-7, 39156-5, 8302-2 and 8310-5 are the codes that the FHIR vital signs
///   profiles demand (R4, 10.1.20); 59408-5 says that the saturation is by pulse oximetry, 8478-0 stands in the examples
///   of VkpObservation.
/// - SNOMED CT, and the three codes of glucose in blood, are those of the Norwegian VkpObservation (HL7 Norway, scope of
///   stage 1; its list prints 29563-7 for body weight, its example the right 29463-7). What it does not name has no
///   code of SNOMED CT here.
/// - LOINC tells a mass from an amount of substance, NPU has the latter only. Of capillary, venous and arterial samples
///   LOINC's general code is used, as VkpObservation does; MDC tells them apart.
/// - NPU02192 (plasma), and LOINC's codes of interstitial fluid, flow and volume are from published uses of them, not
///   from a profile for this purpose.
pub fn of_metric(metric: Metric, unit: Unit) -> CodeableConcept {
    let mut codes = vec![coding(MDC, metric.mdc(), mdc_name(metric))];
    match metric {
        Metric::OxygenSaturation | Metric::OxygenSaturationFast | Metric::OxygenSaturationSlow => codes.extend([
            coding(LOINC, "59408-5", "Oxygen saturation in Arterial blood by Pulse oximetry"),
            coding(LOINC, "2708-6", "Oxygen saturation in Arterial blood"),
            coding(SNOMED_CT, "431314004", "Peripheral oxygen saturation"),
        ]),
        Metric::PulseRate | Metric::PulseRateFast | Metric::PulseRateSlow | Metric::PulseRateByCuff => {
            codes.extend([coding(LOINC, "8867-4", "Heart rate"), coding(SNOMED_CT, "364075005", "Heart rate")]);
        }
        Metric::PulseAmplitudeIndex | Metric::GlucoseControlSolution => {}
        Metric::Systolic => codes.extend([
            coding(LOINC, "8480-6", "Systolic blood pressure"),
            coding(SNOMED_CT, "271649006", "Systolic blood pressure"),
        ]),
        Metric::Diastolic => codes.extend([
            coding(LOINC, "8462-4", "Diastolic blood pressure"),
            coding(SNOMED_CT, "271650006", "Diastolic blood pressure"),
        ]),
        Metric::MeanArterialPressure => codes.push(coding(LOINC, "8478-0", "Mean blood pressure")),
        Metric::BodyWeight => {
            codes.extend([coding(LOINC, "29463-7", "Body weight"), coding(SNOMED_CT, "27113001", "Body weight")]);
        }
        Metric::BodyMassIndex => codes.push(coding(LOINC, "39156-5", "Body mass index (BMI) [Ratio]")),
        Metric::BodyHeight => codes.push(coding(LOINC, "8302-2", "Body height")),
        Metric::GlucoseCapillaryWholeBlood
        | Metric::GlucoseVenousWholeBlood
        | Metric::GlucoseArterialWholeBlood
        | Metric::GlucoseUndeterminedWholeBlood => codes.extend(match unit {
            Unit::MilligramPerDecilitre => vec![
                coding(LOINC, "2339-0", "Glucose [Mass/volume] in Blood"),
                coding(SNOMED_CT, "434912009", "Blood glucose concentration"),
            ],
            _ => glucose_in_blood(),
        }),
        Metric::GlucoseCapillaryPlasma
        | Metric::GlucoseVenousPlasma
        | Metric::GlucoseArterialPlasma
        | Metric::GlucoseUndeterminedPlasma => codes.extend(match unit {
            Unit::MilligramPerDecilitre => vec![coding(LOINC, "2345-7", "Glucose [Mass/volume] in Serum or Plasma")],
            _ => vec![
                coding(LOINC, "14749-6", "Glucose [Moles/volume] in Serum or Plasma"),
                coding(NPU, "NPU02192", "P—Glucose"),
            ],
        }),
        Metric::GlucoseInterstitialFluid => codes.push(match unit {
            Unit::MilligramPerDecilitre => coding(LOINC, "99504-3", "Glucose [Mass/volume] in Interstitial fluid"),
            _ => coding(LOINC, "105272-9", "Glucose [Moles/volume] in Interstitial fluid"),
        }),
        Metric::BodyTemperature => codes.extend([
            coding(LOINC, "8310-5", "Body temperature"),
            coding(SNOMED_CT, "276885007", "Core body temperature"),
        ]),
        Metric::PeakExpiratoryFlow => codes.push(coding(
            LOINC,
            "19935-6",
            "Maximum expiratory gas flow Respiratory system airway by Peak flow meter",
        )),
        Metric::ForcedExpiratoryVolume => codes.push(coding(LOINC, "20150-9", "FEV1")),
    }
    coded(codes)
}

/// The codes of a blood pressure as a whole. NPU has none.
pub fn of_blood_pressure() -> CodeableConcept {
    coded(vec![
        coding(MDC, BLOOD_PRESSURE, "MDC_PRESS_BLD_NONINV"),
        coding(LOINC, "85354-9", "Blood pressure panel with all children optional"),
        coding(SNOMED_CT, "75367002", "Blood pressure"),
    ])
}

/// The codes of a glucose of which nothing is known but that it is beyond the meter's range.
pub fn of_glucose() -> CodeableConcept {
    let mut codes = vec![coding(MDC, GLUCOSE, "MDC_CONC_GLU_GEN")];
    codes.extend(glucose_in_blood());
    coded(codes)
}

fn glucose_in_blood() -> Vec<Coding> {
    vec![
        coding(LOINC, "15074-8", "Glucose [Moles/volume] in Blood"),
        coding(SNOMED_CT, "434912009", "Blood glucose concentration"),
        coding(NPU, "NPU02187", "B—Glucose"),
    ]
}

fn mdc_name(metric: Metric) -> &'static str {
    match metric {
        Metric::OxygenSaturation | Metric::OxygenSaturationFast | Metric::OxygenSaturationSlow => {
            "MDC_PULS_OXIM_SAT_O2"
        }
        Metric::PulseRate | Metric::PulseRateFast | Metric::PulseRateSlow => "MDC_PULS_OXIM_PULS_RATE",
        Metric::PulseAmplitudeIndex => "MDC_PULS_OXIM_PERF_REL",
        Metric::Systolic => "MDC_PRESS_BLD_NONINV_SYS",
        Metric::Diastolic => "MDC_PRESS_BLD_NONINV_DIA",
        Metric::MeanArterialPressure => "MDC_PRESS_BLD_NONINV_MEAN",
        Metric::PulseRateByCuff => "MDC_PULS_RATE_NON_INV",
        Metric::BodyWeight => "MDC_MASS_BODY_ACTUAL",
        Metric::BodyMassIndex => "MDC_RATIO_MASS_BODY_LEN_SQ",
        Metric::BodyHeight => "MDC_LEN_BODY_ACTUAL",
        Metric::GlucoseCapillaryWholeBlood => "MDC_CONC_GLU_CAPILLARY_WHOLEBLOOD",
        Metric::GlucoseCapillaryPlasma => "MDC_CONC_GLU_CAPILLARY_PLASMA",
        Metric::GlucoseVenousWholeBlood => "MDC_CONC_GLU_VENOUS_WHOLEBLOOD",
        Metric::GlucoseVenousPlasma => "MDC_CONC_GLU_VENOUS_PLASMA",
        Metric::GlucoseArterialWholeBlood => "MDC_CONC_GLU_ARTERIAL_WHOLEBLOOD",
        Metric::GlucoseArterialPlasma => "MDC_CONC_GLU_ARTERIAL_PLASMA",
        Metric::GlucoseControlSolution => "MDC_CONC_GLU_CONTROL",
        Metric::GlucoseInterstitialFluid => "MDC_CONC_GLU_ISF",
        Metric::GlucoseUndeterminedWholeBlood => "MDC_CONC_GLU_UNDETERMINED_WHOLEBLOOD",
        Metric::GlucoseUndeterminedPlasma => "MDC_CONC_GLU_UNDETERMINED_PLASMA",
        Metric::BodyTemperature => "MDC_TEMP_BODY",
        Metric::PeakExpiratoryFlow => "MDC_FLOW_AWAY_EXP_FORCED_PEAK",
        Metric::ForcedExpiratoryVolume => "MDC_VOL_AWAY_EXP_FORCED_1S",
    }
}

/// The kind of sensor that gives such readings (PHD guide, DeviceTypes11073MDC).
pub fn specialization(kind: Kind) -> CodeableConcept {
    let (code, name) = match kind {
        Kind::PulseOximetry => (528_388, "MDC_DEV_SPEC_PROFILE_PULS_OXIM"),
        Kind::BloodPressure => (528_391, "MDC_DEV_SPEC_PROFILE_BP"),
        Kind::BodyWeight => (528_399, "MDC_DEV_SPEC_PROFILE_SCALE"),
        Kind::BloodGlucose => (528_401, "MDC_DEV_SPEC_PROFILE_GLUCOSE"),
        Kind::BodyTemperature => (528_392, "MDC_DEV_SPEC_PROFILE_TEMP"),
        Kind::Spirometry => (528_405, "MDC_DEV_SPEC_PROFILE_PEFM"),
    };
    concept(MDC, code, name)
}

/// How a glucose stands to a meal (PHD guide, example of a compound glucose observation; the terms of ISO/IEEE
/// 11073-10417 in partition 128). Bedtime is 29300 in three of four open lists of the terms, and could not be checked
/// against the standard.
pub fn meal(meal: Meal) -> (CodeableConcept, CodeableConcept) {
    let (code, name) = match meal {
        Meal::Preprandial => (8_417_868, "MDC_CTXT_GLU_MEAL_PREPRANDIAL"),
        Meal::Postprandial => (8_417_872, "MDC_CTXT_GLU_MEAL_POSTPRANDIAL"),
        Meal::Fasting => (8_417_876, "MDC_CTXT_GLU_MEAL_FASTING"),
        Meal::Casual => (8_417_880, "MDC_CTXT_GLU_MEAL_CASUAL"),
        Meal::Bedtime => (8_417_908, "MDC_CTXT_GLU_MEAL_BEDTIME"),
    };
    (concept(MDC, 8_417_864, "MDC_CTXT_GLU_MEAL"), concept(MDC, code, name))
}

/// The supplemental type of a number, such as fast response.
pub fn modality(metric: Metric) -> Option<CodeableConcept> {
    let name = match metric {
        Metric::OxygenSaturationFast | Metric::PulseRateFast => "MDC_MODALITY_FAST",
        Metric::OxygenSaturationSlow | Metric::PulseRateSlow => "MDC_MODALITY_SLOW",
        _ => return None,
    };
    metric.modality().map(|code| concept(MDC, code, name))
}

/// Whether a number in a unit is a vital sign in the sense of the FHIR profiles (R4, 10.1.20), which name the units
/// that they take.
pub fn is_vital_sign(metric: Metric, unit: Unit) -> bool {
    match metric {
        Metric::OxygenSaturation | Metric::OxygenSaturationFast | Metric::OxygenSaturationSlow => unit == Unit::Percent,
        Metric::PulseRate | Metric::PulseRateFast | Metric::PulseRateSlow | Metric::PulseRateByCuff => {
            unit == Unit::PerMinute
        }
        Metric::Systolic | Metric::Diastolic | Metric::MeanArterialPressure => unit == Unit::MillimetreOfMercury,
        Metric::BodyWeight => matches!(unit, Unit::Kilogram | Unit::Pound),
        Metric::BodyMassIndex => unit == Unit::KilogramPerSquareMetre,
        // cm and [in_i] only.
        Metric::BodyHeight => unit == Unit::Inch,
        Metric::BodyTemperature => matches!(unit, Unit::DegreeCelsius | Unit::DegreeFahrenheit),
        _ => false,
    }
}

/// A bit of the status word of a kind of sensor (PHD guide, ASN1ToHL7). The Bluetooth services have the same bits in
/// the same order.
pub fn status_bit(kind: Kind, flag: Flag) -> Option<Coding> {
    let (word, (bit, name)) = match kind {
        Kind::PulseOximetry => (150_604, oximeter_bit(flag)?),
        Kind::BloodPressure => (8_410_608, cuff_bit(flag)?),
        Kind::BloodGlucose => (8_417_752, glucose_meter_bit(flag)?),
        Kind::BodyWeight | Kind::BodyTemperature | Kind::Spirometry => return None,
    };
    Some(coding(STATUS_BITS, format!("{word}.{bit}"), name))
}

/// MDC_PULS_OXIM_DEV_STATUS.
fn oximeter_bit(flag: Flag) -> Option<(u8, &'static str)> {
    Some(match flag {
        Flag::SensorDisconnected => (0, "sensor-disconnected"),
        Flag::SensorMalfunctioning => (1, "sensor-malfunction"),
        Flag::SensorDisplaced => (2, "sensor-displaced"),
        Flag::UnknownSensorConnected => (3, "sensor-unsupported"),
        Flag::SensorUnconnectedToUser => (4, "sensor-off"),
        Flag::SensorInterference => (5, "sensor-interference"),
        Flag::SignalAnalysisOngoing => (6, "signal-searching"),
        Flag::QuestionablePulse => (7, "signal-pulse-questionable"),
        Flag::NonpulsatileSignal => (8, "signal-non-pulsatile"),
        Flag::ErraticSignal => (9, "signal-erratic"),
        Flag::LowPerfusion => (10, "signal-low-perfusion"),
        Flag::PoorSignal => (11, "signal-poor"),
        Flag::InadequateSignal => (12, "signal-inadequate"),
        Flag::SignalProcessingIrregularity => (13, "signal-processing-irregularity"),
        Flag::EquipmentMalfunction => (14, "device-equipment-malfunction"),
        Flag::ExtendedDisplayUpdate => (15, "device-extended-update"),
        _ => return None,
    })
}

/// MDC_BLOOD_PRESSURE_MEASUREMENT_STATUS.
fn cuff_bit(flag: Flag) -> Option<(u8, &'static str)> {
    Some(match flag {
        Flag::BodyMovement => (0, "body-movement"),
        Flag::CuffTooLoose => (1, "cuff-too-loose"),
        Flag::IrregularPulse => (2, "irregular-pulse"),
        Flag::PulseRateAboveRange => (3, "pulse-over-range-limit"),
        Flag::PulseRateBelowRange => (4, "pulse-under-range-limit"),
        Flag::ImproperMeasurementPosition => (5, "improper-body-position"),
        _ => return None,
    })
}

/// MDC_GLU_METER_DEV_STATUS. Bit 11 (temperature out of range) is the service's time fault, which a note tells.
fn glucose_meter_bit(flag: Flag) -> Option<(u8, &'static str)> {
    Some(match flag {
        Flag::BatteryLow => (0, "device-battery-low"),
        Flag::SensorMalfunctioning => (1, "sensor-malfunction"),
        Flag::SampleSizeInsufficient => (2, "sensor-sample-size-insufficient"),
        Flag::StripInsertionError => (3, "sensor-strip-insertion"),
        Flag::StripTypeIncorrect => (4, "sensor-strip-type-incorrect"),
        Flag::ResultAboveRange => (5, "sensor-result-too-high"),
        Flag::ResultBelowRange => (6, "sensor-result-too-low"),
        Flag::SensorTooWarm => (7, "sensor-temp-too-high"),
        Flag::SensorTooCold => (8, "sensor-temp-too-low"),
        Flag::ReadInterrupted => (9, "sensor-read-interrupt"),
        Flag::GeneralDeviceFault => (10, "device-gen-fault"),
        _ => return None,
    })
}
