//! What a reading becomes: an Observation for each of its numbers, and the devices it names.

use std::collections::HashSet;

use chrono::{DateTime, FixedOffset};
use dagsform_care::{DeviceId, DeviceInformation, DeviceTime, Identity, Performer, Reading, Source, Trust, Value};

use super::{
    bundle::Resource,
    codes::{
        self, CATEGORY, COINCIDENT_TIME_EXTENSION, COINCIDENT_TIME_PROFILE, DATA_ABSENT_REASON_EXTENSION,
        GATEWAY_EXTENSION, MDC, NUMERIC_PROFILE, PHD_CATEGORY, UCUM, URI, concept,
    },
    device, instant,
    model::{CodeableConcept, Element, Extension, Identifier, Meta, Observation, Quantity, Reference, ResourceType},
    status,
};
use crate::{enrolment::Enrolment, outbox::Entry};

/// Why a reading cannot be sent as it is. Each names the field.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MappingError {
    /// No reading of a person, or perhaps someone else's.
    #[error("quality: not to be sent")]
    NotToBeSent,
    /// Another patient's.
    #[error("patient: not the patient of this tablet")]
    OtherPatient,
    /// Nothing was measured.
    #[error("values: none")]
    NoValues,
    /// The same number twice: the second would be taken for the first, sent again.
    #[error("values: {metric} stands there twice")]
    ValueTwice {
        /// Which number.
        metric: &'static str,
    },
    /// A time that FHIR cannot write.
    #[error("{field}: {time} cannot be written as a FHIR time")]
    Time {
        /// Which time.
        field: &'static str,
        /// The time.
        time: String,
    },
    /// The entry comes with another sensor than its reading names.
    #[error("source: the reading is from {reading}, the entry from {entry}")]
    OtherSensor {
        /// By the reading.
        reading: String,
        /// By the entry.
        entry: String,
    },
    /// It could not be written as JSON.
    #[error("{field}: {problem}")]
    Json {
        /// What was being written.
        field: &'static str,
        /// What went wrong.
        problem: String,
    },
}

/// An entry as FHIR resources.
#[derive(Clone, Debug)]
pub struct Mapped {
    /// The outbox's number.
    pub number: i64,
    /// The reading's identity.
    pub identity: Identity,
    /// Its own resources: one Observation for each value in order, then the comparison of clocks
    /// where the device's time was corrected.
    pub resources: Vec<Resource>,
    /// The sensor, which other entries may share.
    pub sensor: Option<Resource>,
}

impl Mapped {
    /// About how many bytes it adds to a bundle.
    pub fn size(&self) -> usize {
        self.resources.iter().chain(&self.sensor).map(Resource::size).sum()
    }
}

/// The resources of an entry. Never panics, never guesses, never leaves a number out.
pub fn map(entry: &Entry, enrolment: &Enrolment) -> Result<Mapped, MappingError> {
    let reading = &entry.reading;
    if !reading.may_be_sent() {
        return Err(MappingError::NotToBeSent);
    }
    if reading.patient != enrolment.patient {
        return Err(MappingError::OtherPatient);
    }
    if reading.values.is_empty() {
        return Err(MappingError::NoValues);
    }
    let mut seen = HashSet::new();
    if let Some(twice) = reading.values.iter().find(|measured| !seen.insert(measured.metric)) {
        return Err(MappingError::ValueTwice { metric: twice.metric.name() });
    }
    let sensor = match sensor_of(entry)? {
        Some((id, said)) => Some(device::sensor(&id, &said).map_err(json("sensor"))?),
        None => None,
    };
    let clocks = coincident_time(reading, enrolment)?;
    let base = common(reading, enrolment, clocks.as_ref())?;
    let mut resources = Vec::with_capacity(reading.values.len() + 1);
    for measured in &reading.values {
        let metric = measured.metric;
        let address = format!("urn:uuid:{}", reading.identity.of_metric(metric));
        let identifier = Identifier { kind: None, system: URI.to_owned(), value: address.clone() };
        let absent = status::data_absent_reason(reading, measured);
        let value = match (measured.quantity.value, &absent) {
            (Value::Number(value), None) => Some(Quantity {
                value,
                unit: measured.quantity.unit.ucum().to_owned(),
                system: UCUM.to_owned(),
                code: measured.quantity.unit.ucum().to_owned(),
            }),
            _ => None,
        };
        let vital_sign = codes::is_vital_sign(metric).then(|| concept(CATEGORY, "vital-signs", "Vital Signs"));
        let observation = Observation {
            identifier: vec![identifier.clone()],
            category: vital_sign.into_iter().chain(base.category.iter().cloned()).collect(),
            code: codes::of_metric(metric),
            value_quantity: value,
            data_absent_reason: absent,
            note: status::notes(reading, metric),
            component: status::components(reading, metric),
            ..base.clone()
        };
        resources.push(
            Resource::new(ResourceType::Observation, address, &identifier, &observation)
                .map_err(json(metric.name()))?,
        );
    }
    resources.extend(clocks);
    Ok(Mapped { number: entry.number, identity: reading.identity, resources, sensor })
}

/// What all numbers of a reading share.
fn common(reading: &Reading, enrolment: &Enrolment, clocks: Option<&Resource>) -> Result<Observation, MappingError> {
    let by_sensor = matches!(reading.source, Source::Sensor(_));
    let time = &reading.time;
    let effective = time.effective.map(|t| written("time.effective", t)).transpose()?;
    // A tablet clock known to be wrong says nothing of when the tablet had the reading.
    let issued = (time.tablet_clock != Trust::Untrusted).then_some(time.received);
    let refer = |url: &str, to: String| Extension {
        url: url.to_owned(),
        value_reference: Some(Reference::to(to)),
        value_code: None,
    };
    let gateway = refer(GATEWAY_EXTENSION, device::tablet_url(&enrolment.tablet));
    let compared = clocks.map(|clocks| refer(COINCIDENT_TIME_EXTENSION, clocks.full_url.clone()));
    let subject = Reference::to(enrolment.patient_reference.as_str());
    Ok(Observation {
        resource_type: ResourceType::Observation,
        // The PHD guide does not cover what is entered by hand.
        meta: by_sensor.then(|| Meta { profile: vec![NUMERIC_PROFILE.to_owned()] }),
        extension: [gateway].into_iter().chain(compared).collect(),
        identifier: Vec::new(),
        status: status::observation_status(reading).to_owned(),
        category: by_sensor.then(|| concept(PHD_CATEGORY, "phd", "PHD generated Observation")).into_iter().collect(),
        code: CodeableConcept::default(),
        performer: performer(reading.performer, &subject),
        subject,
        effective_date_time_absent: effective.is_none().then(|| absent("unknown")),
        effective_date_time: effective,
        issued: issued.map(|t| written("time.received", t)).transpose()?,
        value_quantity: None,
        value_date_time: None,
        data_absent_reason: None,
        interpretation: status::interpretation(reading),
        note: Vec::new(),
        device: match &reading.source {
            Source::Sensor(id) => Some(Reference::to(device::sensor_url(id))),
            Source::ByHand => None,
        },
        component: Vec::new(),
    })
}

/// The comparison of the sensor's clock with the tablet's, where the time was corrected by it (PHD
/// guide, PhdCoincidentTimeStampObservation, case 3): with it the service can find the original time.
fn coincident_time(reading: &Reading, enrolment: &Enrolment) -> Result<Option<Resource>, MappingError> {
    let time = &reading.time;
    let (Source::Sensor(sensor), DeviceTime::Local(said), Some(_)) =
        (&reading.source, time.device, time.correction_seconds)
    else {
        return Ok(None);
    };
    // "If the PHD does not provide an offset, the PHG adds its own": the sensor's digits stay.
    let said = said
        .and_local_timezone(*time.received.offset())
        .single()
        .ok_or_else(|| MappingError::Time { field: "time.device", time: said.to_string() })?;
    let identifier = Identifier {
        kind: None,
        system: COINCIDENT_TIME_PROFILE.to_owned(),
        value: format!("urn:uuid:{}", reading.identity),
    };
    let observation = Observation {
        resource_type: ResourceType::Observation,
        meta: Some(Meta { profile: vec![COINCIDENT_TIME_PROFILE.to_owned()] }),
        extension: Vec::new(),
        identifier: vec![identifier.clone()],
        status: "final".to_owned(),
        category: Vec::new(),
        code: concept(MDC, 67_975, "MDC_ATTR_TIME_ABS"),
        subject: Reference::to(device::sensor_url(sensor)),
        effective_date_time: Some(written("time.received", time.received)?),
        effective_date_time_absent: None,
        issued: None,
        performer: Vec::new(),
        value_quantity: None,
        value_date_time: Some(written("time.device", said)?),
        data_absent_reason: None,
        interpretation: Vec::new(),
        note: Vec::new(),
        device: Some(Reference::to(device::tablet_url(&enrolment.tablet))),
        component: Vec::new(),
    };
    let address = format!("urn:uuid:{}", reading.identity);
    Resource::new(ResourceType::Observation, address, &identifier, &observation)
        .map(Some)
        .map_err(json("time.correction_seconds"))
}

/// The sensor of an entry, with what it said of itself.
fn sensor_of(entry: &Entry) -> Result<Option<(DeviceId, DeviceInformation)>, MappingError> {
    match (&entry.reading.source, &entry.sensor) {
        (Source::Sensor(by_reading), Some((by_entry, _))) if by_reading != by_entry => {
            Err(MappingError::OtherSensor { reading: by_reading.to_string(), entry: by_entry.to_string() })
        }
        (Source::Sensor(_), Some(sensor)) => Ok(Some(sensor.clone())),
        (Source::Sensor(id), None) => Ok(Some((id.clone(), DeviceInformation::default()))),
        (Source::ByHand, _) => Ok(None),
    }
}

/// Who measured: only what someone has said (PHD guide, "Performer").
fn performer(performer: Performer, patient: &Reference) -> Vec<Reference> {
    let by_words = |kind: &str, words: &str| Reference {
        reference: None,
        kind: Some(kind.to_owned()),
        display: Some(words.to_owned()),
    };
    match performer {
        Performer::Unknown => Vec::new(),
        Performer::Patient => vec![patient.clone()],
        Performer::Relative => vec![by_words("RelatedPerson", "A relative")],
        Performer::Staff => vec![by_words("Practitioner", "Health personnel")],
    }
}

/// The mark of an element without a value.
pub(super) fn absent(reason: &str) -> Element {
    Element {
        extension: vec![Extension {
            url: DATA_ABSENT_REASON_EXTENSION.to_owned(),
            value_reference: None,
            value_code: Some(reason.to_owned()),
        }],
    }
}

fn written(field: &'static str, time: DateTime<FixedOffset>) -> Result<String, MappingError> {
    instant::write(time).ok_or_else(|| MappingError::Time { field, time: time.to_string() })
}

fn json(field: &'static str) -> impl FnOnce(serde_json::Error) -> MappingError {
    move |error| MappingError::Json { field, problem: error.to_string() }
}
