//! The table of what is sent: each element, where it comes from, and which rule asks for it. `MAPPING.md` is written from
//! it, and a test fails on an element that is sent and not in it, or in it and never sent.

use std::fmt::Write;

/// Elements of a resource that is sent, of one source and by one rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its path; an extension by the last part of its address (`Observation.extension:zone.valueCode`).
    pub path: &'static str,
    /// The elements below the path that the row is about; none: the element itself.
    pub below: &'static [&'static str],
    /// Where it comes from, in the words of `dagsform-care`.
    pub source: &'static str,
    /// What asks for it.
    pub rule: &'static str,
}

impl Row {
    /// The paths of its elements.
    pub fn paths(&self) -> Vec<String> {
        if self.below.is_empty() {
            return vec![self.path.to_owned()];
        }
        self.below.iter().map(|below| format!("{}.{below}", self.path)).collect()
    }
}

/// The table as Markdown, a line for each element.
pub fn markdown() -> String {
    let mut text = HEAD.to_owned();
    for row in ROWS {
        for path in row.paths() {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "| `{path}` | {} | {} |", row.source, row.rule);
        }
    }
    text
}

const HEAD: &str = "# What Dagsform sends

Written from `src/fhir/rules.rs` by a test, which also compares it with all that the tests send. *Source* is in the words
of `dagsform-care`. *Rule*: R4 is FHIR 4.0.1; PHD the HL7 Personal Health Device guide; VKP the profiles of HL7 Norway
(VkpObservation, PmdBundle); *own* what this program decided, for the reason that the code gives. An element marked
`pmd` or `fhir` is sent in that form of body alone. A contained resource is listed as what it is.

| Element | Source | Rule |
|---|---|---|
";

const fn row(path: &'static str, below: &'static [&'static str], source: &'static str, rule: &'static str) -> Row {
    Row { path, below, source, rule }
}

/// The parts of a Coding.
const CODING: &[&str] = &["system", "code", "display"];
/// The parts of a Quantity.
const QUANTITY: &[&str] = &["value", "unit", "system", "code"];
/// The parts of an Identifier.
const IDENTIFIER: &[&str] = &["system", "value"];
/// Who said or did something.
const PERSON: &[&str] = &["reference", "type", "display"];

const DEVICE_IN_BATCH: &[&str] = &["type", "identifier.system", "identifier.value", "display"];
const NO_REFERENCES: &str = "pmd: R4 3.1.0.11.1, entries of a batch may not refer to each other";
const GUIDE_CODES: &str =
    "PHD, PhdBaseObservation: MDC first; R4 vital signs: LOINC; VKP, VkpObservation: SNOMED CT, NPU";
const AS_MEASURED: &str =
    "R4 2.24.0.1: the decimal keeps its precision; PHD: the unit is UCUM; own: the unit that was measured in";
const LIMITS: &str = "own (brief R3): the patient's limits travel with the reading; R4 Observation.referenceRange";
const NO_VALUE: &str = "R4 obs-6; PHD, PhdBaseObservation, Measurement Status and FLOATs";

/// All of them.
pub const ROWS: &[Row] = &[
    // Bundles.
    row(
        "Bundle.type",
        &[],
        "the form of enrolment: `transaction` or `batch`",
        "R4 3.1.0.11; VKP, PmdBundleObservation: batch",
    ),
    row(
        "Bundle.entry.fullUrl",
        &[],
        "identity and version; device: its address",
        "R4 bdl-7; VKP, PmdBundleObservation: in every entry, the answer is tied by it",
    ),
    row("Bundle.entry.resource", &[], "what is sent", "R4 bdl-5"),
    row(
        "Bundle.entry.request.method",
        &[],
        "new: POST; perhaps sent before: PUT",
        "R4 bdl-3; VKP, PmdBundleRequests: POST or PUT",
    ),
    row("Bundle.entry.request.url", &[], "the type; for PUT with the identifier", "R4 3.1.0.4.3, conditional update"),
    row(
        "Bundle.entry.request.ifNoneExist",
        &[],
        "the identifier",
        "R4 3.1.0.8.1, conditional create; PHD, Conditional Create",
    ),
    // Readings.
    row("Observation.id", &[], "a contained comparison of clocks: `clocks`", "R4 dom-3"),
    row(
        "Observation.meta.profile",
        &[],
        "by a sensor: of the PHD guide; pmd: VkpObservation",
        "PHD, profiles; VKP, VkpObservation",
    ),
    row("Observation.contained", &[], "the comparison of clocks", NO_REFERENCES),
    row(
        "Observation.extension:observation-gatewayDevice",
        &["url"],
        "the tablet",
        "PHD, PhdBaseObservation: gatewayDevice",
    ),
    row(
        "Observation.extension:observation-gatewayDevice.valueReference",
        &["reference"],
        "the tablet",
        "fhir: R4 Bundle, references within a transaction",
    ),
    row(
        "Observation.extension:observation-gatewayDevice.valueReference",
        DEVICE_IN_BATCH,
        "the tablet: its UUID and name",
        NO_REFERENCES,
    ),
    row(
        "Observation.extension:CoincidentTimeStampReference",
        &["url", "valueReference.reference"],
        "a device's time that was corrected",
        "PHD, CoincidentTimeStampReference",
    ),
    row("Observation.extension:plan-version", &["url", "valueString"], "`judged.plan`", "own (brief R3)"),
    row(
        "Observation.extension:zone",
        &["url", "valueCode"],
        "the worst level of `judged.findings` on these numbers",
        "own (brief R3)",
    ),
    row(
        "Observation.extension:observation-sequelTo",
        &["url", "valueReference.type", "valueReference.identifier.system", "valueReference.identifier.value"],
        "`repeats`: the reading that was measured once more",
        "own (brief R2); R4 extension observation-sequelTo",
    ),
    row(
        "Observation.identifier",
        IDENTIFIER,
        "`identity` with the metric or the panel",
        "PHD, Observation Identifier; own: a UUID of all that the device reported",
    ),
    row(
        "Observation.status",
        &[],
        "`taken_back`: entered-in-error; `EarlyEstimate`, `MeasurementOngoing`: preliminary; else final",
        "R4 Observation.status; PHD, PhdBaseObservation.status",
    ),
    row(
        "Observation.category.coding",
        CODING,
        "by a sensor: phd; metric and unit of a vital sign: vital-signs",
        "PHD, PhdObservationCategories; R4 10.1.20, vital signs",
    ),
    row("Observation.code.coding", CODING, "metric and unit, or the panel", GUIDE_CODES),
    row(
        "Observation.subject.reference",
        &[],
        "the patient of enrolment; of a comparison of clocks in a transaction the sensor",
        "VKP, VkpObservation: 1..1, the service adds the national number; PHD, PhdCoincidentTimeStampObservation",
    ),
    row("Observation.subject", DEVICE_IN_BATCH, "of a contained comparison of clocks: the sensor", NO_REFERENCES),
    row("Observation.effectiveDateTime", &[], "`time.effective`", "R4 vs-1; PHD, PhdBaseObservation.effective"),
    row(
        "Observation._effectiveDateTime.extension:data-absent-reason",
        &["url", "valueCode"],
        "no `time.effective`",
        "R4 extension data-absent-reason; own: a time in doubt is not guessed",
    ),
    row(
        "Observation.issued",
        &[],
        "`time.received`, corrected; not by a clock known to be wrong",
        "R4 Observation.issued; own (brief R31)",
    ),
    row(
        "Observation.performer",
        PERSON,
        "`performer`, if someone has said",
        "PHD, Performer; VKP, VkpObservation: Patient or RelatedPerson",
    ),
    row("Observation.valueQuantity", QUANTITY, "the quantity", AS_MEASURED),
    row(
        "Observation.valueDateTime",
        &[],
        "a comparison of clocks: `time.device`",
        "PHD, PhdCoincidentTimeStampObservation",
    ),
    row("Observation.dataAbsentReason.coding", CODING, "`quality`, flags and special values", NO_VALUE),
    row(
        "Observation.interpretation.coding",
        CODING,
        "flags, `quality`, infinite values",
        "PHD, PhdBaseObservation.interpretation; R4 Observation.interpretation",
    ),
    row(
        "Observation.note.text",
        &[],
        "by hand; from memory; claimed; taken back; what the sensor says of its clock; implausible; time in doubt or corrected",
        "PHD, Measurement Status: manually entered: a note; own",
    ),
    row(
        "Observation.device.reference",
        &[],
        "`source`: the sensor",
        "PHD, PhdBaseObservation.device; fhir: R4 Bundle, references within a transaction",
    ),
    row(
        "Observation.device",
        DEVICE_IN_BATCH,
        "`source`: the sensor; of a contained comparison of clocks the tablet",
        NO_REFERENCES,
    ),
    row("Observation.referenceRange.low", QUANTITY, "`judged.limits`", LIMITS),
    row("Observation.referenceRange.high", QUANTITY, "`judged.limits`", LIMITS),
    row(
        "Observation.referenceRange.type",
        &["coding.system", "coding.code", "text"],
        "`judged.limits`: what a value outside it is",
        LIMITS,
    ),
    row("Observation.referenceRange.appliesTo.coding", CODING, "`judged.limits`: the meal", LIMITS),
    row("Observation.referenceRange.text", &[], "`judged.limits`: a change", LIMITS),
    row("Observation.component.code.coding", CODING, "metric, supplemental type, meal, bit of the status", GUIDE_CODES),
    row("Observation.component.valueQuantity", QUANTITY, "the quantity", AS_MEASURED),
    row(
        "Observation.component.valueCodeableConcept.coding",
        CODING,
        "modality of the metric; `meal`",
        "PHD, Supplemental Types; PHD, coded enumeration",
    ),
    row("Observation.component.valueBoolean", &[], "`flags`", "PHD, ASN1ToHL7: only set bits are told"),
    row(
        "Observation.component.dataAbsentReason.coding",
        CODING,
        "`quality`, flags and special values; a pressure that is missing",
        NO_VALUE,
    ),
    row(
        "Observation.component.interpretation.coding",
        CODING,
        "flags, infinite values",
        "PHD, PhdBaseObservation.interpretation",
    ),
    row("Observation.component.referenceRange.low", QUANTITY, "`judged.limits`", LIMITS),
    row("Observation.component.referenceRange.high", QUANTITY, "`judged.limits`", LIMITS),
    row(
        "Observation.component.referenceRange.type",
        &["coding.system", "coding.code", "text"],
        "`judged.limits`: what a value outside it is",
        LIMITS,
    ),
    // Tablet and sensors.
    row("Device.meta.profile", &[], "sensor: PhdDevice; tablet: PhgDevice", "PHD, profiles"),
    row("Device.extension:last-contact", &["url", "valueDateTime"], "the sensor's `last_contact`", "own (brief R28)"),
    row(
        "Device.identifier",
        IDENTIFIER,
        "Bluetooth address and System ID; the tablet's UUID",
        "PHD, PhdDevice.identifier",
    ),
    row("Device.identifier.type.coding", CODING, "which of the two", "PHD, ContinuaDeviceIdentifiers"),
    row("Device.status", &[], "it belongs to the kit", "R4 Device.status; own (brief R28)"),
    row("Device.manufacturer", &[], "Manufacturer Name String", "PHD, PhdDevice.manufacturer"),
    row(
        "Device._manufacturer.extension:data-absent-reason",
        &["url", "valueCode"],
        "none is known",
        "PHD, PhdDevice.manufacturer: 1..1; R4 extension data-absent-reason",
    ),
    row("Device.serialNumber", &[], "Serial Number String", "PHD, PhdDevice.serialNumber"),
    row("Device.modelNumber", &[], "Model Number String", "PHD, PhdDevice.modelNumber"),
    row(
        "Device._modelNumber.extension:data-absent-reason",
        &["url", "valueCode"],
        "none is known",
        "PHD, PhdDevice.modelNumber: 1..1; R4 extension data-absent-reason",
    ),
    row("Device.type.coding", CODING, "sensor or tablet", "PHD, PhdDevice.type, PhgDevice.type"),
    row("Device.specialization.systemType.coding", CODING, "the kind; the tablet's kinds", "PHD, DeviceTypes11073MDC"),
    row("Device.specialization.version", &[], "always 1", "PHD, PhdDevice.specialization: 1..1"),
    row("Device.version.type.coding", CODING, "firmware, software, hardware", "PHD, PhdDevice.version"),
    row(
        "Device.version.value",
        &[],
        "Firmware, Software and Hardware Revision String; the program's version",
        "PHD, PhdDevice.version",
    ),
    row(
        "Device.property.type.coding",
        CODING,
        "battery, charging, free space, what waits, what is set aside, a fault",
        "R4 Device.property; own (brief R28)",
    ),
    row(
        "Device.property.valueQuantity",
        QUANTITY,
        "Battery Level in %; MiB; numbers of entries",
        "R4 Device.property; own (brief R28)",
    ),
    row(
        "Device.property.valueCode.coding",
        CODING,
        "charging: yes or no; a fault: which",
        "R4 Device.property; own (brief R28)",
    ),
    row("Device.patient.reference", &[], "the patient of enrolment", "R4 Device.patient; own (brief R28)"),
    // Answers.
    row("QuestionnaireResponse.extension:plan-version", &["url", "valueString"], "`plan`", "own (brief R3)"),
    row("QuestionnaireResponse.identifier", IDENTIFIER, "`identity`", "R4 QuestionnaireResponse.identifier: 0..1"),
    row(
        "QuestionnaireResponse.questionnaire",
        &[],
        "`response.questionnaire`: address and version",
        "R4 QuestionnaireResponse.questionnaire (brief R14)",
    ),
    row(
        "QuestionnaireResponse.status",
        &[],
        "`taken_back`: entered-in-error; else completed",
        "R4 QuestionnaireResponse.status (brief R30)",
    ),
    row("QuestionnaireResponse.subject.reference", &[], "the patient of enrolment", "R4 QuestionnaireResponse.subject"),
    row("QuestionnaireResponse.authored", &[], "`response.authored`", "R4 QuestionnaireResponse.authored"),
    row(
        "QuestionnaireResponse.source",
        PERSON,
        "`by`, if someone has said",
        "R4 QuestionnaireResponse.source (brief R26)",
    ),
    row("QuestionnaireResponse.item.linkId", &[], "`link_id`", "R4 QuestionnaireResponse.item.linkId: 1..1"),
    row(
        "QuestionnaireResponse.item.extension:data-absent-reason",
        &["url", "valueCode"],
        "\"don't know\": asked-unknown",
        "R4 extension data-absent-reason (brief R14)",
    ),
    row(
        "QuestionnaireResponse.item.answer",
        &["valueBoolean", "valueInteger", "valueDecimal", "valueString", "valueDate", "valueDateTime", "valueTime"],
        "`given`",
        "R4 QuestionnaireResponse.item.answer.value[x]",
    ),
    row(
        "QuestionnaireResponse.item.answer.valueCoding",
        CODING,
        "`given`: a choice",
        "R4 QuestionnaireResponse.item.answer.value[x]",
    ),
    row(
        "QuestionnaireResponse.item.answer.valueQuantity",
        QUANTITY,
        "`given`: a number with a unit",
        "R4 qty-3; R4 2.24.0.1: the decimal keeps its precision",
    ),
    // Messages.
    row("Communication.extension:wish", &["url", "valueCode"], "what would be less", "own (brief R12)"),
    row(
        "Communication.extension:plan-version",
        &["url", "valueString"],
        "the plan that was taken or refused",
        "own (brief R19)",
    ),
    row("Communication.identifier", IDENTIFIER, "`identity`", "R4 Communication.identifier"),
    row("Communication.inResponseTo.reference", &[], "`answers`", "R4 Communication.inResponseTo"),
    row("Communication.status", &[], "always completed", "R4 Communication.status: 1..1"),
    row(
        "Communication.category.coding",
        CODING,
        "`kind`; a plan taken or refused",
        "own (brief R12, R23); R4 Communication.category",
    ),
    row("Communication.subject.reference", &[], "the patient of enrolment", "R4 Communication.subject"),
    row("Communication.about.reference", &[], "the plan", "R4 Communication.about"),
    row("Communication.sent", &[], "`written`; `at`", "R4 Communication.sent"),
    row("Communication.recipient", &["type", "display"], "the follow-up service", "R4 Communication.recipient"),
    row("Communication.sender.reference", &[], "the patient of enrolment", "R4 Communication.sender"),
    row("Communication.payload.contentString", &[], "`text`; why a plan was refused", "R4 Communication.payload"),
    row("Communication.note.text", &[], "`by`: a relative or staff", "own (brief R26)"),
    // Medicines.
    row("MedicationStatement.extension:plan-version", &["url", "valueString"], "`plan`", "own (brief R3)"),
    row("MedicationStatement.identifier", IDENTIFIER, "`identity`", "R4 MedicationStatement.identifier"),
    row("MedicationStatement.basedOn.reference", &[], "`medicine`", "R4 MedicationStatement.basedOn"),
    row("MedicationStatement.status", &[], "`taken`: completed; else not-taken", "R4 MedicationStatement.status: 1..1"),
    row(
        "MedicationStatement.medicationCodeableConcept.text",
        &[],
        "`name`",
        "R4 MedicationStatement.medication[x]: 1..1",
    ),
    row(
        "MedicationStatement.subject.reference",
        &[],
        "the patient of enrolment",
        "R4 MedicationStatement.subject: 1..1",
    ),
    row("MedicationStatement.effectiveDateTime", &[], "`at`", "R4 MedicationStatement.effective[x]"),
    row("MedicationStatement.dateAsserted", &[], "`said`", "R4 MedicationStatement.dateAsserted"),
    row(
        "MedicationStatement.informationSource",
        PERSON,
        "`by`, if someone has said",
        "R4 MedicationStatement.informationSource (brief R26)",
    ),
];
