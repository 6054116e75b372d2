//! What is done about a request.

use anyhow::Result;
use serde_json::{Value, json};

use super::Request;
use crate::{
    answers,
    command::export,
    enrol, entry,
    exit::{Exit, failure},
    hand_over,
    record::{Record, RecordError},
    said, today,
};

/// The plan in force, and how fresh it is.
async fn plan(record: &Record) -> Result<Value> {
    let refused = record.refused_plan().await?;
    let refused = refused.map(|refused| json!({ "version": refused.version, "problem": refused.problem }));
    let in_force = record.plan().await?;
    Ok(json!({
        "plan": in_force.as_ref().map(|in_force| &*in_force.plan),
        "taken_at": in_force.as_ref().map(|in_force| in_force.taken_at),
        "checked_at": record.plan_checked().await?,
        "refused": refused,
        "versions": record.plan_versions().await?,
        "ending": hand_over::stage(record).await?,
    }))
}

/// Does what is asked. `send` has the sending try now, and says whether there is one.
pub(super) async fn answer(
    record: &Record,
    request: Request,
    send: &(dyn Fn() -> bool + Send + Sync),
) -> Result<Value> {
    Ok(match request {
        Request::IsEnrolled => json!(record.enrolment().await?.is_some()),
        Request::Enrol(file) => {
            let at = enrol::enrol(record, &file).await?.at;
            json!([at.patient_reference, at.service])
        }
        Request::Key => enrol::public_key(record).await?,
        Request::OfferAgain => {
            let offered = record.offer_again().await?;
            let _ = send();
            json!(offered)
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
        Request::ExportSaid => record.items().await?.iter().map(export::said).collect(),
        Request::ExportReceived => record.received().await?.iter().map(export::received).collect(),
        Request::Plan => plan(record).await?,
        Request::Today => today::told(record).await?,
        Request::Answer(answering) => answers::answer(record, answering).await?,
        Request::TakeBackAnswers(identity, why) => {
            record.take_back_answers(identity, why).await?;
            let row = record.item(identity).await?.ok_or(RecordError::NoSuchAnswers(identity))?;
            export::said(&row)
        }
        Request::Message(new) => serde_json::to_value(said::write(record, new).await?)?,
        Request::Medicine(new) => serde_json::to_value(said::medicine(record, new).await?)?,
        Request::Repeats { second, first } => export::reading(&record.set_repeats(second, first).await?),
        Request::PutOff(occurrence, until) => serde_json::to_value(record.put_off(occurrence, until).await?)?,
        Request::HandOver(folder) => serde_json::to_value(hand_over::hand_over(record, &folder).await?)?,
        Request::Send => {
            if !send() {
                let text = "the running Dagsform program does not send: it was told not to, or has no patient";
                return Err(failure(Exit::TryAgain, text));
            }
            serde_json::to_value(record.counts().await?)?
        }
    })
}
