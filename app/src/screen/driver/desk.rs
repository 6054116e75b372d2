//! What the flow asks of the record, done beside it: the screen never waits for the disk.

use std::{collections::BTreeSet, sync::Arc};

use anyhow::{Context, Result};
use chrono::{Duration, NaiveTime};
use dagsform_care::{Identity, Kind, Reading, time::ZONE};
use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
};
use uuid::Uuid;

use super::trouble_of_record;
use crate::{
    entry,
    flow::{
        measure::{self, RecordTrouble},
        planned, questions,
        readings::{List, Query},
        tablet::{Book, Effect, Event},
    },
    record::{Delivery, Draft, Record, RecordError},
    said,
    screen::words::day,
    today,
};

/// Looks so far back for the last reading of a kind that counts, in readings.
const LAST: u32 = 10;

/// Does what is asked of the record, and tells the flow.
pub(super) struct Desk {
    record: Record,
    answers: mpsc::UnboundedSender<Event>,
    work: JoinSet<()>,
    /// Of the work that goes in order: whose turn it is, and the next turn to be given.
    order: Arc<watch::Sender<u64>>,
    turns: u64,
}

impl Desk {
    pub(super) fn new(record: Record, answers: mpsc::UnboundedSender<Event>) -> Self {
        Self { record, answers, work: JoinSet::new(), order: Arc::new(watch::Sender::new(0)), turns: 0 }
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
            Effect::Claim(identity) => self.answer(async move {
                Some(match record.claim(identity).await {
                    Ok(reading) => Event::Claimed(Box::new(reading)),
                    Err(error) => Event::NotChanged(trouble_of_record(&error)),
                })
            }),
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
            Effect::Begin(list, occurrence) => self.answer(async move {
                let canonical = list.questionnaire().canonical.clone();
                let drafts = record.drafts().await.unwrap_or_default();
                let same = |draft: &Draft| draft.filling.questionnaire == canonical && draft.occurrence == occurrence;
                let draft = drafts.into_iter().find(same);
                let new = Identity::by_hand(Uuid::now_v7());
                let list = questions::State::begin(list, draft, occurrence, new, day(record.now().0));
                Some(Event::Begun(Box::new(list)))
            }),
            // In the order in which they were given: an older draft must not take the place of a newer one.
            Effect::KeepDraft(draft) => self.in_order(move |record, answers| async move {
                if let Err(error) = record.keep_draft(*draft).await {
                    let _ = answers.send(Event::NotKept(trouble_of_record(&error)));
                }
            }),
            Effect::Say(item) => self.in_order(move |record, answers| async move {
                let identity = item.identity();
                let _ = answers.send(match record.say(*item).await {
                    Ok(_) => Event::Said(identity),
                    Err(error) => Event::NotSaid(identity, trouble_of_record(&error)),
                });
            }),
            Effect::Write(new) => self.answer(async move {
                Some(match said::write(&record, new).await {
                    Ok(_) => Event::Wrote,
                    Err(error) => Event::NotWritten(trouble(&error)),
                })
            }),
            Effect::Medicine(new) => self.answer(async move {
                said::medicine(&record, new).await.err().map(|error| Event::NotKept(trouble(&error)))
            }),
            Effect::Repeats { second, first } => self.answer(async move {
                let linked = record.set_repeats(second, first).await;
                linked.err().map(|error| Event::NotKept(trouble_of_record(&error)))
            }),
            Effect::Read(reference) => self.change(async move { record.mark_read(reference).await }),
        }
    }

    /// A change of the record that is seen at the next look.
    fn change(&mut self, change: impl Future<Output = Result<(), RecordError>> + Send + 'static) {
        self.answer(async move { change.await.err().map(|error| Event::NotChanged(trouble_of_record(&error))) });
    }

    /// Work that must not overtake the one before it.
    fn in_order<Work>(&mut self, work: impl FnOnce(Record, mpsc::UnboundedSender<Event>) -> Work)
    where
        Work: Future<Output = ()> + Send + 'static,
    {
        let (before, answers) = (Arc::clone(&self.order), self.answers.clone());
        let work = work(self.record.clone(), answers);
        let turn = self.turns;
        self.turns = self.turns.wrapping_add(1);
        self.work.spawn(async move {
            let mut served = before.subscribe();
            // The sender lives as long as the work does.
            let _ = served.wait_for(|served| *served == turn).await;
            work.await;
            before.send_replace(turn.wrapping_add(1));
        });
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

/// The plan with all that stands around it. A list that cannot be asked any more is left out: what it was when it came
/// has been checked.
async fn planned(record: &Record) -> Result<planned::Book> {
    let (now, trust) = record.now();
    let since = now.checked_sub_signed(today::BACK).unwrap_or(now);
    let in_force = match record.plan().await {
        Err(RecordError::Unreadable(_)) => {
            tracing::error!("the plan in the record cannot be read");
            None
        }
        in_force => in_force?,
    };
    let mut lists = Vec::new();
    let agreed = in_force.iter().flat_map(|in_force| &in_force.plan.lists).map(|list| list.questionnaire.clone());
    let drafts = record.drafts().await?;
    let begun = drafts.iter().map(|draft| draft.filling.questionnaire.clone());
    for canonical in agreed.chain(begun).collect::<BTreeSet<_>>() {
        let list = record.questionnaire(canonical).await.ok().flatten();
        lists.extend(list.and_then(|list| list.check().ok()).map(Arc::new));
    }
    Ok(planned::Book {
        patient: record.enrolment().await?.map(|enrolment| enrolment.patient),
        followed_since: record.followed_since().await?,
        checked_at: record.plan_checked().await?,
        refused: record.refused_plan().await?,
        readings: record.readings_since(since).await?,
        said: record.items_since(since).await?,
        messages: record.messages().await?,
        received: record.received().await?,
        put_off: record.put_offs().await?,
        in_force,
        lists,
        drafts,
        trust,
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
    let plan = planned(record).await?;
    Ok(Book {
        plan,
        today: record.readings_since(midnight).await?,
        last,
        in_question: record.readings_in_question().await?,
        devices: record.devices().await?,
        heard: record.last_heard().await?,
        kinds: record.kinds_measured().await?,
        last_delivered: record.last_delivered().await?,
    })
}
