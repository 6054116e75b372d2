//! What the flow asks of the record, done beside it: the screen never waits for the disk.

use anyhow::{Context, Result};
use chrono::{Duration, NaiveTime};
use dagsform_care::{Identity, Kind, Reading, time::ZONE};
use tokio::{sync::mpsc, task::JoinSet};

use super::trouble_of_record;
use crate::{
    entry,
    flow::{
        measure::{self, RecordTrouble},
        readings::{List, Query},
        tablet::{Book, Effect, Event},
    },
    record::{Delivery, Record, RecordError},
    screen::words::day,
};

/// Looks so far back for the last reading of a kind that counts, in readings.
const LAST: u32 = 10;

/// Does what is asked of the record, and tells the flow.
pub(super) struct Desk {
    record: Record,
    answers: mpsc::UnboundedSender<Event>,
    work: JoinSet<()>,
}

impl Desk {
    pub(super) fn new(record: Record, answers: mpsc::UnboundedSender<Event>) -> Self {
        Self { record, answers, work: JoinSet::new() }
    }

    /// Reads what the screens show of the record. What cannot be read now is read at the next look.
    pub(super) fn look(&mut self) {
        let record = self.record.clone();
        self.answer(async move {
            match book(&record).await {
                Ok(book) => Some(Event::Book(Box::new(book))),
                Err(error) => {
                    tracing::error!(trouble = ?trouble(&error), "the record could not be read for the screens");
                    None
                }
            }
        });
    }

    /// The service has confirmed a version of a reading. Delivered is only what has not changed since.
    pub(super) fn confirm(&mut self, identity: Identity) {
        let record = self.record.clone();
        self.answer(async move {
            let row = record.reading(identity).await.ok().flatten()?;
            let delivered = measure::Event::Delivered(identity, record.now().0);
            (row.delivery == Delivery::Delivered).then_some(Event::Measure(delivered))
        });
    }

    /// Does what the flow asks.
    pub(super) fn take(&mut self, effect: Effect) {
        let record = self.record.clone();
        match effect {
            // The driver's own.
            Effect::Measure(_) => {}
            Effect::List(query) => self.answer(async move {
                match list(&record, query).await {
                    Ok(list) => Some(Event::Listed(Box::new(list))),
                    Err(error) => {
                        tracing::error!(trouble = ?trouble(&error), "the record could not be read for the list");
                        None
                    }
                }
            }),
            Effect::Enter(entered) => self.answer(async move {
                Some(match entry::enter(&record, entered).await {
                    Ok(reading) => Event::Entered(Box::new(reading)),
                    Err(error) => Event::NotEntered(trouble(&error)),
                })
            }),
            Effect::Claim(identity) => self.change(async move { record.claim(identity).await.map(drop) }),
            Effect::Performer(identity, performer) => self.answer(async move {
                Some(match record.set_performer(identity, performer).await {
                    Ok(reading) => Event::Changed(Box::new(reading)),
                    Err(error) => Event::NotChanged(trouble_of_record(&error)),
                })
            }),
            Effect::TakeBack(identity, why) => {
                self.change(async move { record.take_back(identity, why).await.map(drop) });
            }
            Effect::Erase(identity) => self.change(async move { record.erase(identity).await }),
        }
    }

    /// A change of the record that is seen at the next look.
    fn change(&mut self, change: impl Future<Output = Result<(), RecordError>> + Send + 'static) {
        self.answer(async move { change.await.err().map(|error| Event::NotChanged(trouble_of_record(&error))) });
    }

    fn answer(&mut self, work: impl Future<Output = Option<Event>> + Send + 'static) {
        while self.work.try_join_next().is_some() {}
        let answers = self.answers.clone();
        self.work.spawn(async move {
            if let Some(event) = work.await {
                // Nobody waits any more: the program is ending.
                let _ = answers.send(event);
            }
        });
    }

    /// Waits for what is under way: the record is closed only then.
    pub(super) async fn finish(mut self) {
        while self.work.join_next().await.is_some() {}
    }
}

fn trouble(error: &anyhow::Error) -> RecordTrouble {
    error.downcast_ref::<RecordError>().map_or(RecordTrouble::NotWritable, trouble_of_record)
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
