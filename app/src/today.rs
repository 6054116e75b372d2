//! What the plan asks for today, from the record.

use anyhow::Result;
use chrono::{DateTime, Duration, FixedOffset};
use dagsform_care::{
    agenda::{About, Agenda, Doing, Done, agenda},
    item::Item,
    plan::Plan,
    time::ZONE,
    timing::{Clock, Occurrence, OccurrenceId, PutOff, Standing},
};
use serde_json::{Value, json};

use crate::record::{ItemRow, ReadingRow, Record};

/// What was done so long ago can still be what a task of today was done by.
pub const BACK: Duration = Duration::days(8);

/// What was done, oldest first.
pub fn done(readings: &[ReadingRow], items: &[ItemRow]) -> Vec<Done> {
    let measured = readings.iter().filter(|row| row.reading.counts()).filter_map(|row| {
        let reading = &row.reading;
        Some(Done { what: Doing::Measured(reading.kind), at: reading.time.effective?, identity: reading.identity })
    });
    let said = items.iter().filter_map(|row| match &row.item {
        Item::Answers(answers) if answers.taken_back.is_none() => Some(Done {
            what: Doing::Answered(answers.response.questionnaire.clone(), answers.occurrence.clone()),
            at: answers.response.authored,
            identity: answers.identity,
        }),
        Item::Medicine(said) => {
            let what = Doing::Medicine { id: said.medicine.clone(), due: said.due };
            Some(Done { what, at: said.said, identity: said.identity })
        }
        Item::Answers(_) | Item::Message(_) | Item::Plan(_) => None,
    });
    let mut done: Vec<Done> = measured.chain(said).collect();
    done.sort_by_key(|done| done.at);
    done
}

/// Reminders that were put off, of those that are asked for.
pub fn put_off(agenda: &Agenda<'_>, stored: &[(String, DateTime<FixedOffset>)]) -> Vec<PutOff> {
    let until = |id: &OccurrenceId| {
        let name = id.to_string();
        stored.iter().find(|(stored, _)| *stored == name).map(|(_, until)| *until)
    };
    let ids = agenda.tasks.iter().map(|task| task.occurrence.id.clone());
    ids.filter_map(|occurrence| Some(PutOff { until: until(&occurrence)?, occurrence })).collect()
}

/// The agenda of a plan by the record.
pub async fn by_record<'p>(record: &Record, plan: &'p Plan) -> Result<Agenda<'p>> {
    let (now, trust) = record.now();
    let since = now.checked_sub_signed(BACK).unwrap_or(now);
    let done = done(&record.readings_since(since).await?, &record.items_since(since).await?);
    let followed = record.followed_since().await?.unwrap_or(now);
    Ok(agenda(plan, &done, followed, Clock { now, trust }, ZONE))
}

/// What is asked for today, as one JSON value.
pub async fn told(record: &Record) -> Result<Value> {
    let now = record.now().0;
    let Some(in_force) = record.plan().await? else {
        return Ok(json!({ "plan": null, "tasks": [] }));
    };
    let plan: &Plan = &in_force.plan;
    let agenda = by_record(record, plan).await?;
    let put_off = put_off(&agenda, &record.put_offs().await?);
    let reminder = agenda.next_reminder(plan, &put_off, now, ZONE);
    let tasks: Vec<Value> = agenda
        .tasks
        .iter()
        .map(|task| {
            let (what, name) = match task.about {
                About::Measurement(measurement) => ("measurement", measurement.kind.name()),
                About::List(list) => ("questions", list.title.as_str()),
                About::Medicine(medicine) => ("medicine", medicine.name.as_str()),
            };
            let Occurrence { id, begins, ends } = &task.occurrence;
            json!({
                "what": what, "name": name, "agreement": task.about.id(), "occurrence": id.to_string(),
                "begins": begins, "ends": ends, "standing": word(task.standing),
                "done_by": task.done.map(|identity| identity.to_string()),
            })
        })
        .collect();
    Ok(json!({
        "plan": plan.version,
        "now": now,
        "tasks": tasks,
        "extra": agenda.extra.len(),
        "reminder": reminder.map(|reminder| json!({
            "at": reminder.at,
            "of": reminder.occurrences.iter().map(ToString::to_string).collect::<Vec<_>>(),
        })),
    }))
}

fn word(standing: Standing) -> &'static str {
    match standing {
        Standing::Due => "later",
        Standing::Open => "due",
        Standing::Late => "late",
        Standing::Done(_) => "done",
        Standing::Paused => "paused",
        Standing::ClockInDoubt => "clock-in-doubt",
    }
}
