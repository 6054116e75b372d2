//! What the flow asks of the record, done beside it: the screen never waits for the disk.

use anyhow::{Context, Result};
use chrono::{Duration, NaiveTime};
use dagsform_care::{Kind, Reading, time::ZONE};
use tokio::sync::mpsc;

use super::trouble_of_record;
use crate::{
    control::Entered,
    entry,
    flow::{
        measure::RecordTrouble,
        readings::{List, Query},
        tablet::{Book, Effect, Event},
    },
    record::{Record, RecordError},
    screen::words::day,
};

/// Looks so far back for the last reading of a kind that counts, in readings.
const LAST: u32 = 10;

/// Does what is asked of the record, and tells the flow.
pub(super) struct Desk {
    pub(super) record: Record,
    pub(super) answers: mpsc::UnboundedSender<Event>,
}

impl Desk {
    /// Reads what the screens show of the record.
    pub(super) fn look(&self) {
        self.answer(|record| async move { Ok(Some(Event::Book(Box::new(book(&record).await?)))) });
    }

    /// Does what the flow asks.
    pub(super) fn take(&self, effect: Effect) {
        match effect {
            // The driver's own.
            Effect::Measure(_) => {}
            Effect::List(query) => self.answer(move |record| async move {
                let list = list(&record, query).await?;
                Ok(Some(Event::Listed(Box::new(list))))
            }),
            Effect::Enter(entered) => self.answer(|record| async move {
                let reading = enter(&record, entered).await?;
                Ok(Some(Event::Entered(Box::new(reading))))
            }),
            Effect::Claim(identity) => self.answer(move |record| async move {
                record.claim(identity).await?;
                Ok(None)
            }),
            Effect::Performer(identity, performer) => self.answer(move |record| async move {
                let reading = record.set_performer(identity, performer).await?;
                Ok(Some(Event::Changed(Box::new(reading))))
            }),
            Effect::TakeBack(identity, why) => self.answer(move |record| async move {
                record.take_back(identity, why).await?;
                Ok(None)
            }),
            Effect::Erase(identity) => self.answer(move |record| async move {
                record.erase(identity).await?;
                Ok(None)
            }),
        }
    }

    fn answer<Work: Future<Output = Result<Option<Event>>> + Send + 'static>(&self, work: impl FnOnce(Record) -> Work) {
        let (answers, work) = (self.answers.clone(), work(self.record.clone()));
        tokio::spawn(async move {
            let event = work.await.unwrap_or_else(|error| {
                tracing::error!(error = format!("{error:#}"), "the record did not do what was asked");
                let trouble = error.downcast_ref::<RecordError>().map_or(RecordTrouble::NotWritable, trouble_of_record);
                Some(Event::Failed(trouble))
            });
            if let Some(event) = event {
                // Nobody waits any more: the program is ending.
                let _ = answers.send(event);
            }
        });
    }
}

async fn enter(record: &Record, entered: Entered) -> Result<Reading> {
    let enrolment = record.enrolment().await?.ok_or(RecordError::NotEnrolled)?;
    let reading = entry::reading(record, enrolment.patient, entered.reading, entered.taken);
    record.save_by_hand(reading.clone()).await?;
    Ok(reading)
}

async fn list(record: &Record, query: Query) -> Result<List> {
    // The averages go back thirty days, whatever the trend shows.
    let days = i64::from(query.days.max(30));
    let since = record.now().0.checked_sub_signed(Duration::days(days)).context("the clock shows no possible time")?;
    Ok(List {
        query,
        rows: record.readings_of(query.kind, query.rows.saturating_add(1)).await?,
        counted: record.readings_that_count(query.kind, since).await?,
    })
}

async fn book(record: &Record) -> Result<Book> {
    let midnight = day(record.now().0).and_time(NaiveTime::MIN).and_local_timezone(ZONE).earliest();
    let midnight = midnight.context("the clock shows no possible time")?.fixed_offset();
    let mut last = Vec::new();
    for kind in Kind::ALL {
        let rows = record.readings_of(kind, LAST).await?;
        last.extend(rows.into_iter().map(|row| row.reading).find(Reading::counts));
    }
    Ok(Book {
        tasks: record.tasks().await?,
        today: record.readings_since(midnight).await?,
        last,
        in_question: record.readings_in_question().await?,
        devices: record.devices().await?,
        heard: record.last_heard().await?,
        kinds: record.kinds_measured().await?,
        last_delivered: record.last_delivered().await?,
    })
}
