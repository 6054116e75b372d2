//! Code systems, and the codes of each number.

use dagsform_care::{Flag, Metric};

use super::model::{CodeableConcept, Coding};

/// ISO/IEEE 11073-10101 (MDC).
pub const MDC: &str = "urn:iso:std:iso:11073:10101";
/// LOINC.
pub const LOINC: &str = "http://loinc.org";
/// SNOMED CT.
pub const SNOMED_CT: &str = "http://snomed.info/sct";
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
/// The bits of a status word (PHD guide, ASN1ToHL7).
pub const STATUS_BITS: &str = "http://terminology.hl7.org/CodeSystem/ASN1ToHL7";
/// The kinds of a device's identifier (PHD guide, ContinuaDeviceIdentifiers).
pub const DEVICE_IDENTIFIERS: &str = "http://terminology.hl7.org/CodeSystem/ContinuaDeviceIdentifiers";
/// An IEEE EUI-64 (PHD guide, PhdDevice.identifier).
pub const EUI_64: &str = "urn:oid:1.2.840.10004.1.1.1.0.0.1.0.0.1.2680";
/// A Bluetooth address (PHD guide, PhdDevice.identifier).
pub const BLUETOOTH_ADDRESS: &str = "http://hl7.org/fhir/sid/eui-48/bluetooth";
/// Categories of observations.
pub const CATEGORY: &str = "http://terminology.hl7.org/CodeSystem/observation-category";
/// Categories of observations by personal health devices (PHD guide).
pub const PHD_CATEGORY: &str = "http://hl7.org/fhir/uv/phd/CodeSystem/PhdObservationCategories";
/// The gateway that received a measurement.
pub const GATEWAY_EXTENSION: &str = "http://hl7.org/fhir/StructureDefinition/observation-gatewayDevice";
/// The comparison of the sensor's and the gateway's clock.
pub const COINCIDENT_TIME_EXTENSION: &str =
    "http://hl7.org/fhir/uv/phd/StructureDefinition/CoincidentTimeStampReference";
/// The profile of one number from a device.
pub const NUMERIC_PROFILE: &str = "http://hl7.org/fhir/uv/phd/StructureDefinition/PhdNumericObservation";
/// The profile of a comparison of clocks.
pub const COINCIDENT_TIME_PROFILE: &str =
    "http://hl7.org/fhir/uv/phd/StructureDefinition/PhdCoincidentTimeStampObservation";
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
    CodeableConcept { coding: vec![coding(system, code, display)] }
}

/// The codes of a number: MDC always; LOINC and SNOMED CT where there is one.
///
/// LOINC 2708-6 and 8867-4 are the codes that the FHIR vital signs profiles `oxygensat` and
/// `heartrate` demand (R4, 10.1.20); 59408-5 says that the saturation is by pulse oximetry. The codes
/// of SNOMED CT are those of the Norwegian VkpObservation.
pub fn of_metric(metric: Metric) -> CodeableConcept {
    let mut codes = vec![coding(MDC, metric.mdc(), mdc_name(metric))];
    match metric {
        Metric::OxygenSaturation | Metric::OxygenSaturationFast | Metric::OxygenSaturationSlow => codes.extend([
            coding(LOINC, "59408-5", "Oxygen saturation in Arterial blood by Pulse oximetry"),
            coding(LOINC, "2708-6", "Oxygen saturation in Arterial blood"),
            coding(SNOMED_CT, "431314004", "Peripheral oxygen saturation"),
        ]),
        Metric::PulseRate | Metric::PulseRateFast | Metric::PulseRateSlow => {
            codes.extend([coding(LOINC, "8867-4", "Heart rate"), coding(SNOMED_CT, "364075005", "Heart rate")]);
        }
        Metric::PulseAmplitudeIndex => {}
    }
    CodeableConcept { coding: codes }
}

fn mdc_name(metric: Metric) -> &'static str {
    match metric {
        Metric::OxygenSaturation | Metric::OxygenSaturationFast | Metric::OxygenSaturationSlow => {
            "MDC_PULS_OXIM_SAT_O2"
        }
        Metric::PulseRate | Metric::PulseRateFast | Metric::PulseRateSlow => "MDC_PULS_OXIM_PULS_RATE",
        Metric::PulseAmplitudeIndex => "MDC_PULS_OXIM_PERF_REL",
    }
}

/// The supplemental type of a number, such as fast response.
pub fn modality(metric: Metric) -> Option<CodeableConcept> {
    let name = match metric {
        Metric::OxygenSaturationFast | Metric::PulseRateFast => "MDC_MODALITY_FAST",
        Metric::OxygenSaturationSlow | Metric::PulseRateSlow => "MDC_MODALITY_SLOW",
        Metric::OxygenSaturation | Metric::PulseRate | Metric::PulseAmplitudeIndex => return None,
    };
    metric.modality().map(|code| concept(MDC, code, name))
}

/// Whether a number is a vital sign in the sense of the FHIR profiles.
pub fn is_vital_sign(metric: Metric) -> bool {
    metric != Metric::PulseAmplitudeIndex
}

/// A bit of MDC_PULS_OXIM_DEV_STATUS (150604; PHD guide, ASN1ToHL7). The Device and Sensor Status of
/// the Pulse Oximeter Service has the same bits in the same order.
pub fn status_bit(flag: Flag) -> Option<Coding> {
    let (bit, name) = match flag {
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
        Flag::DeviceClockNotSet
        | Flag::MeasurementOngoing
        | Flag::EarlyEstimate
        | Flag::Validated
        | Flag::FullyQualified
        | Flag::FromStorage
        | Flag::Demonstration
        | Flag::Testing
        | Flag::CalibrationOngoing
        | Flag::MeasurementUnavailable
        | Flag::QuestionableMeasurement
        | Flag::InvalidMeasurement
        | Flag::ReservedBitSet => return None,
    };
    Some(coding(STATUS_BITS, format!("150604.{bit}"), name))
}
