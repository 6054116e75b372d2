//! What is done about a request.

use anyhow::Result;
use serde_json::{Value, json};

use super::Request;
use crate::{
    command::export,
    entry,
    exit::{Exit, failure},
    record::{Record, RecordError},
};

/// Does what is asked. `send` has the sending try now, and says whether there is one.
pub(super) async fn answer(
    record: &Record,
    request: Request,
    send: &(dyn Fn() -> bool + Send + Sync),
) -> Result<Value> {
    Ok(match request {
        Request::IsEnrolled => json!(record.enrolment().await?.is_some()),
        Request::Enrol { patient, service } => {
            let enrolment = record.enrol(patient, service).await?;
            json!([enrolment.patient_reference, enrolment.service])
        }
        Request::Devices => serde_json::to_value(record.devices().await?)?,
        Request::Assign(device) => serde_json::to_value(record.assign(device).await?)?,
        Request::Remove(address) => serde_json::to_value(record.remove_device(address).await?)?,
        Request::Export => record.readings().await?.iter().map(export::line).collect(),
        Request::Enter(entered) => {
            let identity = entry::enter(record, entered).await?.identity;
            let saved = record.reading(identity).await?.ok_or(RecordError::NoSuchReading(identity))?;
            export::line(&saved)
        }
        Request::Claim(identity) => export::reading(&record.claim(identity).await?),
        Request::Performer(identity, performer) => export::reading(&record.set_performer(identity, performer).await?),
        Request::TakeBack(identity, why) => export::reading(&record.take_back(identity, why).await?),
        Request::Erase(identity) => serde_json::to_value(record.erase(identity).await?)?,
        Request::Send => {
            if !send() {
                let text = "the running Dagsform program does not send: it was told not to, or has no patient";
                return Err(failure(Exit::TryAgain, text));
            }
            serde_json::to_value(record.counts().await?)?
        }
    })
}
