//! What a reading becomes: an Observation for each of its numbers, one for those that belong together, and the devices
//! it names.
//!
//! In the form of *Pasientens måledata* each Observation stands alone: it names devices by what the service knows them
//! by, and contains the comparison of clocks, which says nothing without it.

use std::collections::HashSet;

use chrono::{DateTime, Duration, FixedOffset};
use dagsform_care::{
    DeviceId, DeviceInformation, DeviceTime, Flag, Identity, Kind, Measured, Metric, Performer, Reading, ReadingTime,
    Source, Trust,
};

use super::{
    bundle::{Resource, address},
    codes::{
        self, BASE_PROFILE, CATEGORY, COINCIDENT_TIME_EXTENSION, COINCIDENT_TIME_PROFILE, COMPOUND_PROFILE,
        DATA_ABSENT_REASON, DATA_ABSENT_REASON_EXTENSION, GATEWAY_EXTENSION, MDC, NUMERIC_PROFILE, PHD_CATEGORY, UCUM,
        URI, VKP_PROFILE, concept,
    },
    device, instant, judged,
    model::{
        CodeableConcept, Element, Extension, Identifier, Meta, Observation, ObservationComponent, Quantity, Reference,
        ResourceType,
    },
    status,
};
use crate::{
    enrolment::{BodyForm, Enrolment},
    outbox::Entry,
};

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
    /// Which version of the reading this is.
    pub version: u32,
    /// The reading's identity.
    pub identity: Identity,
    /// Its own resources: an Observation for each value in order (a blood pressure in one), then, where each does not
    /// stand alone, the comparison of clocks where the device's time was corrected.
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
///
/// All versions of a reading have the same resources, save that a comparison of clocks may come last in a later one: the
/// first was received by a clock that was not believed, with which nothing can be compared.
pub fn map(entry: &Entry, enrolment: &Enrolment) -> Result<Mapped, MappingError> {
    let reading = &entry.reading;
    if !reading.may_be_sent() || reading.value(Metric::GlucoseControlSolution).is_some() {
        return Err(MappingError::NotToBeSent);
    }
    if reading.patient != enrolment.patient {
        return Err(MappingError::OtherPatient);
    }
    let mut seen = HashSet::new();
    if let Some(twice) = reading.values.iter().find(|measured| !seen.insert(measured.metric)) {
        return Err(MappingError::ValueTwice { metric: twice.metric.name() });
    }
    let said = sensor_of(entry)?;
    let sensor = match &said {
        Some((id, said)) => Some(device::sensor(id, said, reading.kind).map_err(json("sensor"))?),
        None => None,
    };
    let measured_by = said.map(|(id, said)| device::refer_to_sensor(&id, &said, enrolment.form));
    let clocks = match &measured_by {
        Some(sensor) => coincident_time(reading, sensor, enrolment)?,
        None => None,
    };
    let at_clocks = address(reading.identity, entry.version);
    let mut base = common(reading, measured_by, enrolment)?;
    let beside = match (clocks, enrolment.form) {
        (None, _) => None,
        (Some((identifier, clocks)), BodyForm::Fhir) => {
            base.extension.push(Extension::refer(COINCIDENT_TIME_EXTENSION, Reference::to(at_clocks.clone())));
            let beside = Resource::new(ResourceType::Observation, at_clocks, &identifier, &clocks);
            Some(beside.map_err(json("time.correction_seconds"))?)
        }
        (Some((_, clocks)), BodyForm::Pmd) => {
            base.extension.push(Extension::refer(COINCIDENT_TIME_EXTENSION, Reference::to(format!("#{CLOCKS}"))));
            base.contained.push(Observation { id: Some(CLOCKS.to_owned()), ..clocks });
            None
        }
    };
    let mut resources = Vec::with_capacity(reading.values.len() + 1);
    for (identity, name, observation) in observations(reading, &base)? {
        let identifier = Identifier { kind: None, system: URI.to_owned(), value: format!("urn:uuid:{identity}") };
        let observation = Observation { identifier: vec![identifier.clone()], ..observation };
        let at = address(identity, entry.version);
        resources.push(Resource::new(ResourceType::Observation, at, &identifier, &observation).map_err(json(name))?);
    }
    resources.extend(beside);
    if entry.sent_before {
        resources = resources.into_iter().map(Resource::update).collect();
    }
    Ok(Mapped { number: entry.number, version: entry.version, identity: reading.identity, resources, sensor })
}

/// The id of a contained comparison of clocks.
const CLOCKS: &str = "clocks";

/// An Observation with its identity and a name for it.
type Named = (Identity, &'static str, Observation);

/// The Observations of a reading, in the order of its values.
fn observations(reading: &Reading, base: &Observation) -> Result<Vec<Named>, MappingError> {
    let is_pressure = |metric| matches!(metric, Metric::Systolic | Metric::Diastolic | Metric::MeanArterialPressure);
    if reading.values.is_empty() {
        let beyond = [Flag::ResultAboveRange, Flag::ResultBelowRange];
        let tells = reading.kind == Kind::BloodGlucose && beyond.iter().any(|flag| reading.flags.contains(flag));
        return if tells { Ok(vec![glucose_without_value(reading, base)]) } else { Err(MappingError::NoValues) };
    }
    let mut panel = Some(blood_pressure(reading, base));
    let of_value = |measured: &Measured| {
        if is_pressure(measured.metric) { panel.take() } else { Some(single(reading, measured, base)) }
    };
    Ok(reading.values.iter().filter_map(of_value).collect())
}

/// One number.
fn single(reading: &Reading, measured: &Measured, base: &Observation) -> Named {
    let metric = measured.metric;
    let (value, absent) = value(reading, measured);
    let observation = Observation {
        meta: profiles(reading, NUMERIC_PROFILE, base),
        extension: extensions(reading, &[metric], base, |identity| identity.of_metric(metric)),
        category: category(reading, codes::is_vital_sign(metric, measured.quantity.unit)),
        code: codes::of_metric(metric, measured.quantity.unit),
        value_quantity: value,
        data_absent_reason: absent,
        interpretation: [status::off_scale(reading, Some(measured.quantity.value)), status::interpretation(reading)]
            .concat(),
        note: status::notes(reading, &[metric]),
        reference_range: judged::ranges(reading, metric),
        component: status::components(reading, Some(metric)),
        ..base.clone()
    };
    (reading.identity.of_metric(metric), metric.name(), observation)
}

/// A blood pressure: one Observation with its numbers as components (PHD guide, PhdCompoundNumericObservation; FHIR
/// vital signs profile `bp`, which wants systolic and diastolic always, if only to say that one is missing).
fn blood_pressure(reading: &Reading, base: &Observation) -> Named {
    let metrics = [Metric::Systolic, Metric::Diastolic, Metric::MeanArterialPressure];
    let measured = |metric| reading.values.iter().find(|measured| measured.metric == metric);
    let unit = metrics.iter().find_map(|metric| measured(*metric)).map(|measured| measured.quantity.unit);
    let component = |metric| match (measured(metric), unit) {
        (Some(measured), _) => {
            let (value_quantity, data_absent_reason) = value(reading, measured);
            Some(ObservationComponent {
                code: codes::of_metric(metric, measured.quantity.unit),
                value_quantity,
                data_absent_reason,
                interpretation: status::off_scale(reading, Some(measured.quantity.value)),
                reference_range: judged::ranges(reading, metric),
                ..ObservationComponent::default()
            })
        }
        (None, Some(unit)) if metric.is_main() => Some(ObservationComponent {
            code: codes::of_metric(metric, unit),
            data_absent_reason: Some(concept(DATA_ABSENT_REASON, "unknown", "Unknown")),
            ..ObservationComponent::default()
        }),
        (None, _) => None,
    };
    let in_its_unit =
        |metric: &Metric| measured(*metric).is_none_or(|m| codes::is_vital_sign(m.metric, m.quantity.unit));
    let observation = Observation {
        meta: profiles(reading, COMPOUND_PROFILE, base),
        extension: extensions(reading, &metrics, base, |identity| identity.of_panel(codes::BLOOD_PRESSURE)),
        category: category(reading, metrics.iter().all(in_its_unit)),
        code: codes::of_blood_pressure(),
        interpretation: status::interpretation(reading),
        note: status::notes(reading, &metrics),
        component: metrics.into_iter().filter_map(component).chain(status::components(reading, None)).collect(),
        ..base.clone()
    };
    (reading.identity.of_panel(codes::BLOOD_PRESSURE), "blood_pressure", observation)
}

/// A glucose that is beyond the meter's range, from a meter that then sends no number at all.
fn glucose_without_value(reading: &Reading, base: &Observation) -> Named {
    let observation = Observation {
        meta: profiles(reading, BASE_PROFILE, base),
        extension: extensions(reading, &[], base, |identity| identity.of_panel(codes::GLUCOSE)),
        category: category(reading, false),
        code: codes::of_glucose(),
        data_absent_reason: Some(concept(DATA_ABSENT_REASON, "unknown", "Unknown")),
        interpretation: [status::off_scale(reading, None), status::interpretation(reading)].concat(),
        note: status::notes(reading, &[]),
        component: status::components(reading, None),
        ..base.clone()
    };
    (reading.identity.of_panel(codes::GLUCOSE), "glucose", observation)
}

/// The extensions of all Observations of the reading, then those of this one; `own` gives its identity.
fn extensions(
    reading: &Reading,
    metrics: &[Metric],
    base: &Observation,
    own: impl FnOnce(Identity) -> Identity,
) -> Vec<Extension> {
    let repeated = reading.repeats.map(|earlier| judged::repeats(own(earlier)));
    let of_all = base.extension.iter().cloned().chain(judged::plan(reading));
    of_all.chain(judged::zone(reading, metrics)).chain(repeated).collect()
}

/// The amount, exactly as measured and in its unit, or why there is none.
fn value(reading: &Reading, measured: &Measured) -> (Option<Quantity>, Option<CodeableConcept>) {
    let absent = status::data_absent_reason(reading, measured);
    let unit = measured.quantity.unit.ucum();
    let value = measured.quantity.value.number().filter(|_| absent.is_none()).map(|value| Quantity {
        value,
        unit: unit.to_owned(),
        system: UCUM.to_owned(),
        code: unit.to_owned(),
    });
    (value, absent)
}

/// The profiles that all of the reading's Observations follow, and that of the PHD guide, which does not cover what is
/// entered by hand.
fn profiles(reading: &Reading, by_sensor: &str, base: &Observation) -> Option<Meta> {
    let by_sensor = (reading.source != Source::ByHand).then(|| by_sensor.to_owned());
    let profile: Vec<String> = base.meta.iter().flat_map(|meta| &meta.profile).cloned().chain(by_sensor).collect();
    (!profile.is_empty()).then_some(Meta { profile })
}

fn category(reading: &Reading, vital_sign: bool) -> Vec<CodeableConcept> {
    let vital_sign = vital_sign.then(|| concept(CATEGORY, "vital-signs", "Vital Signs"));
    let by_sensor = reading.source != Source::ByHand;
    let by_sensor = by_sensor.then(|| concept(PHD_CATEGORY, "phd", "PHD generated Observation"));
    vital_sign.into_iter().chain(by_sensor).collect()
}

/// What all Observations of a reading share.
fn common(
    reading: &Reading,
    measured_by: Option<Reference>,
    enrolment: &Enrolment,
) -> Result<Observation, MappingError> {
    let time = &reading.time;
    let effective = time.effective.map(|t| written("time.effective", t)).transpose()?;
    // A tablet clock known to be wrong says nothing of when the tablet had the reading.
    let issued = (time.tablet_clock != Trust::Untrusted).then(|| reception(time));
    let tablet = device::refer_to_tablet(&enrolment.tablet, enrolment.form);
    let national = (enrolment.form == BodyForm::Pmd).then(|| Meta { profile: vec![VKP_PROFILE.to_owned()] });
    let subject = Reference::to(enrolment.patient_reference.as_str());
    Ok(Observation {
        resource_type: ResourceType::Observation,
        id: None,
        meta: national,
        contained: Vec::new(),
        extension: vec![Extension::refer(GATEWAY_EXTENSION, tablet)],
        identifier: Vec::new(),
        status: status::observation_status(reading).to_owned(),
        category: Vec::new(),
        code: CodeableConcept::default(),
        performer: performer(reading.performer, &subject),
        subject,
        effective_date_time_absent: effective.is_none().then(|| absent("unknown")),
        effective_date_time: effective,
        issued: issued.map(|t| written("time.received", t)).transpose()?,
        value_quantity: None,
        value_date_time: None,
        data_absent_reason: None,
        interpretation: Vec::new(),
        note: Vec::new(),
        reference_range: Vec::new(),
        device: measured_by,
        component: Vec::new(),
    })
}

/// When the tablet received the reading, by a right clock.
fn reception(time: &ReadingTime) -> DateTime<FixedOffset> {
    let corrected = || {
        let received = time.received.checked_add_signed(Duration::try_seconds(time.tablet_correction_seconds?)?)?;
        // The clock may have been in another season, with another offset.
        Some(time.effective.map_or(received, |effective| received.with_timezone(effective.offset())))
    };
    corrected().unwrap_or(time.received)
}

/// The comparison of the sensor's clock with the tablet's, where the time was corrected by it (PHD
/// guide, PhdCoincidentTimeStampObservation, case 3): with it the service can find the original time.
fn coincident_time(
    reading: &Reading,
    sensor: &Reference,
    enrolment: &Enrolment,
) -> Result<Option<(Identifier, Observation)>, MappingError> {
    let time = &reading.time;
    let (DeviceTime::Local(said), Some(_), Trust::Trusted | Trust::Unverified) =
        (time.device, time.correction_seconds, time.tablet_clock)
    else {
        return Ok(None);
    };
    let received = reception(time);
    // "If the PHD does not provide an offset, the PHG adds its own": the sensor's digits stay.
    let said = said
        .and_local_timezone(*received.offset())
        .single()
        .ok_or_else(|| MappingError::Time { field: "time.device", time: said.to_string() })?;
    let identifier = Identifier {
        kind: None,
        system: COINCIDENT_TIME_PROFILE.to_owned(),
        value: format!("urn:uuid:{}", reading.identity),
    };
    let observation = Observation {
        resource_type: ResourceType::Observation,
        id: None,
        meta: Some(Meta { profile: vec![COINCIDENT_TIME_PROFILE.to_owned()] }),
        contained: Vec::new(),
        extension: Vec::new(),
        identifier: vec![identifier.clone()],
        status: "final".to_owned(),
        category: Vec::new(),
        code: concept(MDC, 67_975, "MDC_ATTR_TIME_ABS"),
        subject: sensor.clone(),
        effective_date_time: Some(written("time.received", received)?),
        effective_date_time_absent: None,
        issued: None,
        performer: Vec::new(),
        value_quantity: None,
        value_date_time: Some(written("time.device", said)?),
        data_absent_reason: None,
        interpretation: Vec::new(),
        note: Vec::new(),
        reference_range: Vec::new(),
        device: Some(device::refer_to_tablet(&enrolment.tablet, enrolment.form)),
        component: Vec::new(),
    };
    Ok(Some((identifier, observation)))
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
pub(super) fn performer(performer: Performer, patient: &Reference) -> Vec<Reference> {
    let by_words = |kind: &str, words: &str| Reference {
        kind: Some(kind.to_owned()),
        display: Some(words.to_owned()),
        ..Reference::default()
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
    Element { extension: vec![Extension::code(DATA_ABSENT_REASON_EXTENSION, reason)] }
}

pub(super) fn written(field: &'static str, time: DateTime<FixedOffset>) -> Result<String, MappingError> {
    instant::write(time).ok_or_else(|| MappingError::Time { field, time: time.to_string() })
}

pub(super) fn json(field: &'static str) -> impl FnOnce(serde_json::Error) -> MappingError {
    move |error| MappingError::Json { field, problem: error.to_string() }
}
