//! The resources and data types in use, with the elements in use. Element names and meanings are
//! FHIR's own (R4, 2.24 Data Types; 10.1 Observation; 8.11 Device).

use dagsform_care::Decimal;
use serde::{Deserialize, Serialize};

/// The types of resource in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ResourceType {
    /// A collection of resources, here a transaction.
    Bundle,
    /// A message.
    Communication,
    /// A device: a sensor or a tablet.
    Device,
    /// That a medicine was taken, or not.
    MedicationStatement,
    /// A measurement.
    Observation,
    /// What a server says of an error.
    OperationOutcome,
    /// Answers to a list of questions.
    QuestionnaireResponse,
}

impl ResourceType {
    /// Its name in addresses.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bundle => "Bundle",
            Self::Communication => "Communication",
            Self::Device => "Device",
            Self::MedicationStatement => "MedicationStatement",
            Self::Observation => "Observation",
            Self::OperationOutcome => "OperationOutcome",
            Self::QuestionnaireResponse => "QuestionnaireResponse",
        }
    }
}

/// A code of a code system.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coding {
    /// The code system.
    pub system: String,
    /// The code.
    pub code: String,
    /// The code system's own words for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display: Option<String>,
}

/// A concept, by the codes of one or more systems, or in words.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeableConcept {
    /// Its codes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub coding: Vec<Coding>,
    /// The concept in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// An identifier of a resource, outside FHIR too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identifier {
    /// Its kind.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<CodeableConcept>,
    /// The space in which it is unique.
    pub system: String,
    /// The identifier.
    pub value: String,
}

/// A reference to another resource, or words for one that is not known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reference {
    /// `Patient/123`, the `urn:uuid:` of a resource of the same transaction, or `#` and the id of a contained one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// The type of what is referred to.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Its identifier, where its place at the service is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identifier: Option<Identifier>,
    /// Words for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display: Option<String>,
}

impl Reference {
    /// A reference by address.
    pub fn to(address: impl Into<String>) -> Self {
        Self { reference: Some(address.into()), ..Self::default() }
    }
}

/// An extension. Only the kinds of value in use.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Extension {
    /// Which extension.
    pub url: String,
    /// A reference as its value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value_reference: Option<Reference>,
    /// A code as its value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value_code: Option<String>,
    /// Words as its value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value_string: Option<String>,
    /// A time as its value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value_date_time: Option<String>,
}

impl Extension {
    /// One whose value is a code.
    pub fn code(url: &str, code: &str) -> Self {
        Self { url: url.to_owned(), value_code: Some(code.to_owned()), ..Self::default() }
    }

    /// One whose value is words.
    pub fn words(url: &str, words: impl Into<String>) -> Self {
        Self { url: url.to_owned(), value_string: Some(words.into()), ..Self::default() }
    }

    /// One whose value is a reference.
    pub fn refer(url: &str, to: Reference) -> Self {
        Self { url: url.to_owned(), value_reference: Some(to), ..Self::default() }
    }
}

/// The extensions of a primitive element (`_effectiveDateTime`), here the reason for its absence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Element {
    /// The extensions.
    pub extension: Vec<Extension>,
}

/// An exact amount in a UCUM unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quantity {
    /// The number, written with the precision it claims.
    #[serde(with = "exact")]
    pub value: Decimal,
    /// The unit for people.
    pub unit: String,
    /// Always `http://unitsofmeasure.org`.
    pub system: String,
    /// The UCUM code.
    pub code: String,
}

/// What a value is compared with: the patient's own limits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReferenceRange {
    /// The least value in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub low: Option<Quantity>,
    /// The greatest value in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub high: Option<Quantity>,
    /// What a value outside it is.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<CodeableConcept>,
    /// For which values it is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub applies_to: Vec<CodeableConcept>,
    /// What two ends cannot say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// A remark.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Annotation {
    /// The words.
    pub text: String,
}

/// What is known of a resource itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meta {
    /// The profiles that it claims to follow.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub profile: Vec<String>,
}

/// A part of an observation with a code and a value of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ObservationComponent {
    /// What it says something about.
    pub code: CodeableConcept,
    /// An amount as its value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value_quantity: Option<Quantity>,
    /// A concept as its value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value_codeable_concept: Option<CodeableConcept>,
    /// Yes or no as its value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value_boolean: Option<bool>,
    /// Why there is no value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_absent_reason: Option<CodeableConcept>,
    /// What the device says of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub interpretation: Vec<CodeableConcept>,
    /// The patient's limits on it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reference_range: Vec<ReferenceRange>,
}

/// A measurement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Observation {
    /// Always `Observation`.
    pub resource_type: ResourceType,
    /// By which the resource refers to it that contains it; no other has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The profiles.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meta: Option<Meta>,
    /// The comparison of clocks, where it cannot stand beside this one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contained: Vec<Observation>,
    /// The gateway, the comparison of clocks; the plan that it was judged by, what it is by that, and the measurement
    /// that it repeats.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extension: Vec<Extension>,
    /// What makes sending it twice harmless.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub identifier: Vec<Identifier>,
    /// `final`; `preliminary` for what the device itself calls an early estimate; `entered-in-error` for what was taken
    /// back.
    pub status: String,
    /// Vital signs; from a personal health device.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub category: Vec<CodeableConcept>,
    /// What was measured.
    pub code: CodeableConcept,
    /// Whose it is.
    pub subject: Reference,
    /// When it was taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effective_date_time: Option<String>,
    /// Why there is no time.
    #[serde(rename = "_effectiveDateTime", skip_serializing_if = "Option::is_none")]
    pub effective_date_time_absent: Option<Element>,
    /// When the tablet had it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issued: Option<String>,
    /// Who measured, if someone has said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub performer: Vec<Reference>,
    /// An amount as the value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value_quantity: Option<Quantity>,
    /// A time as the value: what the sensor's clock said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value_date_time: Option<String>,
    /// Why there is no value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_absent_reason: Option<CodeableConcept>,
    /// What the device says of the measurement.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub interpretation: Vec<CodeableConcept>,
    /// What no code says.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub note: Vec<Annotation>,
    /// The device that measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<Reference>,
    /// The patient's limits on it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reference_range: Vec<ReferenceRange>,
    /// Numbers that belong together; supplemental types; the bits of the sensor's status; the meal.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub component: Vec<ObservationComponent>,
}

/// A kind of device that a device follows, or supports.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Specialization {
    /// The kind.
    pub system_type: CodeableConcept,
    /// The version of the specification.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

/// A version of a part of a device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// The part.
    #[serde(rename = "type")]
    pub kind: CodeableConcept,
    /// The version.
    pub value: String,
}

/// What is so of a device at the moment: its battery, what waits on it, what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Property {
    /// What it is about.
    #[serde(rename = "type")]
    pub kind: CodeableConcept,
    /// Amounts as its value.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub value_quantity: Vec<Quantity>,
    /// Codes as its value.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub value_code: Vec<CodeableConcept>,
}

/// A sensor or a tablet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Device {
    /// Always `Device`.
    pub resource_type: ResourceType,
    /// The profiles.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meta: Option<Meta>,
    /// When it was last heard.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extension: Vec<Extension>,
    /// Its identifiers.
    pub identifier: Vec<Identifier>,
    /// `active`, where its state is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// Who made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub manufacturer: Option<String>,
    /// Why there is no maker.
    #[serde(rename = "_manufacturer", skip_serializing_if = "Option::is_none")]
    pub manufacturer_absent: Option<Element>,
    /// Its serial number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub serial_number: Option<String>,
    /// Its model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model_number: Option<String>,
    /// Why there is no model.
    #[serde(rename = "_modelNumber", skip_serializing_if = "Option::is_none")]
    pub model_number_absent: Option<Element>,
    /// Sensor or gateway.
    #[serde(rename = "type")]
    pub kind: CodeableConcept,
    /// The kinds of sensor that it is, or that it supports.
    pub specialization: Vec<Specialization>,
    /// Its versions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub version: Vec<Version>,
    /// Its state.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub property: Vec<Property>,
    /// Whose kit it belongs to, where its state is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patient: Option<Reference>,
}

/// A decimal as its text, never by way of a binary floating point number: FHIR asks for the precision
/// to be kept (R4, 2.24.0.1, decimal).
pub(super) mod exact {
    use dagsform_care::Decimal;
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};
    use serde_json::value::RawValue;

    pub(in crate::fhir) fn serialize<S: Serializer>(number: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
        RawValue::from_string(number.to_string()).map_err(ser::Error::custom)?.serialize(serializer)
    }

    pub(in crate::fhir) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
        Box::<RawValue>::deserialize(deserializer)?.get().parse().map_err(de::Error::custom)
    }
}
