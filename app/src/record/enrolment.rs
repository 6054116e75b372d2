//! Whose tablet this is.

use chrono::{DateTime, FixedOffset};
use dagsform_care::PatientId;
use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;

use super::{Record, RecordError, read_time, stored};

/// The patient of this tablet and the service that follows along.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enrolment {
    /// The patient, by an opaque id.
    pub patient: PatientId,
    /// The patient at the service, a FHIR reference such as `Patient/123`.
    pub patient_reference: String,
    /// The base address of the service.
    pub service: String,
    /// This tablet.
    pub tablet: Uuid,
    /// When it was enrolled.
    pub enrolled_at: DateTime<FixedOffset>,
}

impl Record {
    /// The enrolment, if there is one.
    pub async fn enrolment(&self) -> Result<Option<Enrolment>, RecordError> {
        self.ask(|connection| read(connection)).await
    }

    /// Gives the tablet to a patient, or moves it to another address of the same patient's service.
    /// Another patient is refused: one tablet, one patient (brief R29).
    pub async fn enrol(&self, patient_reference: String, service: String) -> Result<Enrolment, RecordError> {
        let (now, _) = self.now();
        let enrolment = self
            .ask(move |connection| {
                let transaction = connection.transaction()?;
                let before = read(&transaction)?;
                if before.as_ref().is_some_and(|e| e.patient_reference != patient_reference) {
                    return Err(RecordError::OtherPatient);
                }
                let enrolment = Enrolment {
                    patient: PatientId(patient_reference.clone()),
                    patient_reference,
                    service,
                    tablet: before.map_or_else(Uuid::now_v7, |e| e.tablet),
                    enrolled_at: now,
                };
                transaction.execute(
                    "INSERT INTO enrolment (one, patient, patient_reference, service, tablet, enrolled_at) \
                 VALUES (1, ?1, ?2, ?3, ?4, ?5) ON CONFLICT (one) DO UPDATE SET service = excluded.service",
                    params![
                        enrolment.patient.0,
                        enrolment.patient_reference,
                        enrolment.service,
                        enrolment.tablet.to_string(),
                        stored(&enrolment.enrolled_at)
                    ],
                )?;
                transaction.commit()?;
                Ok(enrolment)
            })
            .await?;
        self.tell_change();
        Ok(enrolment)
    }
}

/// Reads the enrolment.
pub(super) fn read(connection: &Connection) -> Result<Option<Enrolment>, RecordError> {
    let row = connection
        .prepare_cached("SELECT patient, patient_reference, service, tablet, enrolled_at FROM enrolment")?
        .query_row([], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get::<_, String>(3)?, row.get::<_, String>(4)?))
        })
        .optional()?;
    let Some((patient, patient_reference, service, tablet, enrolled_at)) = row else { return Ok(None) };
    Ok(Some(Enrolment {
        patient: PatientId(patient),
        patient_reference,
        service,
        tablet: tablet.parse().map_err(|_| RecordError::Unreadable(format!("'{tablet}' is not a tablet's id")))?,
        enrolled_at: read_time(&enrolled_at)?,
    }))
}
