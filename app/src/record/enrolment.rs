//! Whose tablet this is, and how it says so to the service.

use chrono::{DateTime, FixedOffset};
use dagsform_care::PatientId;
use dagsform_sync::BodyForm;
use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;

use super::{Record, RecordError, read_time, stored};

/// The patient of this tablet and the service that follows along.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enrolment {
    /// The patient, by an opaque id.
    pub patient: PatientId,
    /// The service.
    pub at: Enrolling,
    /// This tablet.
    pub tablet: Uuid,
    /// When it was enrolled.
    pub enrolled_at: DateTime<FixedOffset>,
}

/// What is known of the service once it has taken the tablet in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enrolling {
    /// The patient at the service, a FHIR reference such as `Patient/123`.
    pub patient_reference: String,
    /// The base address of the service.
    pub service: String,
    /// The tablet's client id and what it may do there (SMART scopes); `None` where the service asks nobody who they
    /// are.
    pub client: Option<(String, String)>,
    /// What its certificate is checked against, as the enrolment file writes it; `None`: what the system trusts.
    pub trust: Option<String>,
    /// In which form it takes what is sent.
    pub form: BodyForm,
}

impl Enrolling {
    /// At a service that asks nobody who they are.
    pub fn open(patient_reference: &str, service: &str) -> Self {
        Self {
            patient_reference: patient_reference.to_owned(),
            service: service.to_owned(),
            client: None,
            trust: None,
            form: BodyForm::Fhir,
        }
    }
}

/// What the tablet proves itself by: its id and its private key (PKCS #8).
#[derive(Clone)]
pub struct Proof {
    /// This tablet.
    pub tablet: Uuid,
    /// The key.
    pub key: Vec<u8>,
}

impl Record {
    /// The enrolment, if there is one.
    pub async fn enrolment(&self) -> Result<Option<Enrolment>, RecordError> {
        self.ask(|connection| read(connection)).await
    }

    /// Whether the tablet may register at a service, where it gets a new name: asked before a code is used up there.
    ///
    /// # Errors
    /// Something was said or measured for another service.
    pub async fn may_register_at(&self, service: String) -> Result<(), RecordError> {
        self.ask(move |connection| {
            let elsewhere = read(connection)?.is_some_and(|before| before.at.service != service);
            if elsewhere && is_used(connection)? { Err(RecordError::OtherService) } else { Ok(()) }
        })
        .await
    }

    /// Gives the tablet to a patient, or follows the patient's service to another address, where it knows the tablet by
    /// the same name.
    ///
    /// # Errors
    /// Another patient: one tablet, one patient (brief R29). Another service once something was said or measured: there
    /// the same reference may be someone else's, and what is on its way belongs to the one before.
    pub async fn enrol(&self, at: Enrolling) -> Result<Enrolment, RecordError> {
        let (now, _) = self.now();
        let enrolment = self
            .ask(move |connection| {
                let transaction = connection.transaction()?;
                let before = read(&transaction)?;
                if before.as_ref().is_some_and(|e| e.at.patient_reference != at.patient_reference) {
                    return Err(RecordError::OtherPatient);
                }
                let moved = before.as_ref().is_some_and(|e| e.at.service != at.service && e.at.client != at.client);
                if moved && is_used(&transaction)? {
                    return Err(RecordError::OtherService);
                }
                let proven = proof(&transaction)?.map(|proof| proof.tablet);
                let enrolment = Enrolment {
                    patient: PatientId(at.patient_reference.clone()),
                    tablet: before.map(|e| e.tablet).or(proven).unwrap_or_else(Uuid::now_v7),
                    enrolled_at: now,
                    at,
                };
                let Enrolling { patient_reference, service, client, trust, form } = &enrolment.at;
                let (client, scope) = client.clone().unzip();
                transaction.execute(
                    "INSERT INTO enrolment (one, patient, patient_reference, service, tablet, enrolled_at, client, \
                     scope, trust, form) VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) \
                     ON CONFLICT (one) DO UPDATE SET service = excluded.service, client = excluded.client, \
                     scope = excluded.scope, trust = excluded.trust, form = excluded.form",
                    params![
                        enrolment.patient.0,
                        patient_reference,
                        service,
                        enrolment.tablet.to_string(),
                        stored(&enrolment.enrolled_at),
                        client,
                        scope,
                        trust,
                        form.name(),
                    ],
                )?;
                transaction.commit()?;
                Ok(enrolment)
            })
            .await?;
        self.tell_change();
        Ok(enrolment)
    }

    /// What the tablet proves itself by, if it was made.
    pub async fn proof(&self) -> Result<Option<Proof>, RecordError> {
        self.ask(|connection| proof(connection)).await
    }

    /// Keeps a new key in the place of `damaged`, or if there is none yet; what is kept then. It is kept before any
    /// service hears of it: a registration whose answer was lost can be asked for once more.
    pub async fn keep_proof(&self, key: Vec<u8>, damaged: Option<Vec<u8>>) -> Result<Proof, RecordError> {
        self.ask(move |connection| {
            let transaction = connection.transaction()?;
            let tablet = read(&transaction)?.map_or_else(Uuid::now_v7, |enrolment| enrolment.tablet);
            transaction.execute(
                "INSERT INTO sign_in (one, tablet, key) VALUES (1, ?1, ?2) \
                 ON CONFLICT (one) DO UPDATE SET key = excluded.key WHERE key = ?3",
                params![tablet.to_string(), key, damaged],
            )?;
            let kept = proof(&transaction)?.ok_or(RecordError::NotEnrolled)?;
            transaction.commit()?;
            Ok(kept)
        })
        .await
    }
}

/// Whether something was said or measured.
fn is_used(connection: &Connection) -> Result<bool, RecordError> {
    Ok(connection.query_row("SELECT EXISTS (SELECT 1 FROM outbox)", [], |row| row.get(0))?)
}

fn proof(connection: &Connection) -> Result<Option<Proof>, RecordError> {
    let row: Option<(String, Vec<u8>)> =
        connection.query_row("SELECT tablet, key FROM sign_in", [], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    row.map(|(tablet, key)| Ok(Proof { tablet: tablet_id(&tablet)?, key })).transpose()
}

fn tablet_id(text: &str) -> Result<Uuid, RecordError> {
    text.parse().map_err(|_| RecordError::Unreadable(format!("'{text}' is not a tablet's id")))
}

/// Reads the enrolment.
pub(super) fn read(connection: &Connection) -> Result<Option<Enrolment>, RecordError> {
    struct Row {
        at: Enrolling,
        patient: String,
        tablet: String,
        enrolled_at: String,
    }
    let row = connection
        .prepare_cached(
            "SELECT patient, patient_reference, service, tablet, enrolled_at, client, scope, trust, form FROM enrolment",
        )?
        .query_row([], |row| {
            let client: (Option<String>, Option<String>) = (row.get(5)?, row.get(6)?);
            let form: String = row.get(8)?;
            let at = Enrolling {
                patient_reference: row.get(1)?,
                service: row.get(2)?,
                client: client.0.zip(client.1),
                trust: row.get(7)?,
                // The table takes no other name.
                form: BodyForm::of_name(&form).unwrap_or_default(),
            };
            Ok(Row { at, patient: row.get(0)?, tablet: row.get(3)?, enrolled_at: row.get(4)? })
        })
        .optional()?;
    let Some(Row { at, patient, tablet, enrolled_at }) = row else { return Ok(None) };
    Ok(Some(Enrolment {
        at,
        patient: PatientId(patient),
        tablet: tablet_id(&tablet)?,
        enrolled_at: read_time(&enrolled_at)?,
    }))
}
