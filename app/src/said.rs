//! What is said on the tablet beside readings and answers: messages, and that a medicine was taken or not.

use anyhow::Result;
use dagsform_care::{
    Identity, Performer,
    agenda::About,
    item::Item,
    medicine::MedicineTaken,
    message::{Message, MessageKind},
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    exit::{Exit, failure},
    record::{Record, RecordError},
    today,
};

/// A message that is to be written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NewMessage {
    /// What it is.
    pub kind: MessageKind,
    /// The words; may be empty where the kind says all.
    pub text: String,
    /// Who writes.
    pub by: Performer,
    /// The message of the service that it answers.
    pub answers: Option<String>,
}

/// A word on a medicine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NewMedicine {
    /// The plan's id of it.
    pub medicine: String,
    /// For which of the agreed times, by its id; `None`: as needed.
    pub occurrence: Option<String>,
    /// It was taken.
    pub taken: bool,
    /// Who says so.
    pub by: Performer,
}

/// Commits a message, which then is on its way.
///
/// # Errors
/// It is empty or too long.
pub async fn write(record: &Record, new: NewMessage) -> Result<Message> {
    let patient = record.enrolment().await?.ok_or(RecordError::NotEnrolled)?.patient;
    let NewMessage { kind, text, by, answers } = new;
    let identity = Identity::by_hand(Uuid::now_v7());
    let text = text.trim().to_owned();
    let message = Message { identity, patient, kind, text, written: record.now().0, by, answers };
    message.check().map_err(|fault| failure(Exit::Data, fault.to_string()))?;
    record.say(Item::Message(message.clone())).await?;
    Ok(message)
}

/// Commits that a medicine was taken, or not.
///
/// # Errors
/// The plan has no such medicine, or it has no such time today.
pub async fn medicine(record: &Record, new: NewMedicine) -> Result<MedicineTaken> {
    let patient = record.enrolment().await?.ok_or(RecordError::NotEnrolled)?.patient;
    let plan = record.plan().await?.ok_or_else(|| failure(Exit::Data, "there is no plan on this tablet yet"))?.plan;
    let known = plan.medicines.iter().find(|medicine| medicine.id == new.medicine).ok_or_else(|| {
        let known: Vec<&str> = plan.medicines.iter().map(|medicine| medicine.id.as_str()).collect();
        failure(Exit::Usage, format!("the plan has no medicine '{}'; it has {}", new.medicine, known.join(", ")))
    })?;
    let due = match &new.occurrence {
        None => None,
        Some(name) => {
            let agenda = today::by_record(record, &plan).await?;
            let named = agenda.tasks.iter().find(|task| task.occurrence.id.to_string() == *name);
            let of_it = named.filter(|task| matches!(task.about, About::Medicine(medicine) if medicine.id == known.id));
            let text = format!("'{name}' is not a time of this medicine today; `dagsform today` lists them");
            Some(of_it.ok_or_else(|| failure(Exit::Usage, text))?.occurrence.begins)
        }
    };
    let said = record.now().0;
    let taken = MedicineTaken {
        identity: Identity::by_hand(Uuid::now_v7()),
        patient,
        medicine: known.id.clone(),
        name: known.name.clone(),
        due,
        at: said,
        said,
        taken: new.taken,
        by: new.by,
        plan: Some(plan.version.clone()),
    };
    Ok(record.say_of_medicine(taken).await?)
}
