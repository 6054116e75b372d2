//! One tablet of the county: the real record, engine and fetcher, and the person who measures.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use anyhow::{Context as _, Result, anyhow, bail};
use chrono::{DateTime, FixedOffset, NaiveDate};
use dagsform::{
    enrolment::{connection, for_sync},
    intake::Intake,
    record::{Earlier, Enrolling, Enrolment as Enrolled, NewDevice, Record},
};
use dagsform_care::{DeviceInformation, Reading, ReadingTime, Source};
use dagsform_sensors::{FrameSink as _, Taken};
use dagsform_sync::{
    Client, Engine, Enrolment, Entry, Fetcher, ItemEntry, Settings, SyncEvent, Timing, Wake,
    fhir::{map, map_item, model::ResourceType},
};
use rand::rngs::StdRng;
use tokio::{sync::mpsc, task::JoinSet};
use uuid::Uuid;

use super::{
    clock::Clock,
    figures::{Figures, Part},
    load::{self, Act},
};

/// When all goes well the fetcher asks for chance within this, to spread the tablets; after a failure within others.
const SPREAD: Duration = Duration::from_secs(20);

/// What all tablets share.
#[derive(Clone)]
pub struct Around {
    /// The county's time.
    pub clock: Clock,
    /// Where is counted.
    pub figures: Arc<Figures>,
    /// The day that it is in the county; over by the machine's clock.
    pub day: NaiveDate,
    /// One look for plan and messages stands for so many, which are not made.
    pub thinning: u32,
}

/// A tablet in a folder of its own. Clones share it.
#[derive(Clone)]
pub struct Tablet {
    number: usize,
    record: Record,
    intake: Intake,
    enrolled: Enrolled,
    enrolment: Enrolment,
}

impl Tablet {
    /// A new tablet of this patient (`Patient/…`), with the whole kit.
    ///
    /// # Errors
    /// The record cannot be made.
    pub async fn new(number: usize, folder: &Path, base: &str, patient: String) -> Result<Self> {
        let folder = folder.to_owned();
        let record = tokio::task::spawn_blocking(move || Record::open(&folder)).await??;
        let enrolled = record.enrol(Enrolling::open(&patient, base)).await?;
        // What a sensor of the county has measured is the patient's, whatever day it was.
        let since: DateTime<FixedOffset> = "2020-01-01T00:00:00+01:00".parse()?;
        for kind in load::SENT {
            let address = load::sensor(kind)?.context("a sensor without address")?;
            let new = NewDevice {
                kinds: vec![kind],
                earlier: Some(Earlier::Mine),
                since: Some(since),
                ..NewDevice::bonded(address, kind.name())
            };
            record.assign(new).await?;
        }
        let enrolment = for_sync(&enrolled)?;
        let intake = Intake::open(record.clone()).await?;
        Ok(Self { number, record, intake, enrolled, enrolment })
    }

    /// Its number in the county, from 0.
    #[must_use]
    pub fn number(&self) -> usize {
        self.number
    }

    /// Its record.
    #[must_use]
    pub fn record(&self) -> &Record {
        &self.record
    }

    /// Its connection to the service.
    ///
    /// # Errors
    /// It cannot be set up.
    pub async fn connection(&self) -> Result<Client> {
        connection(&self.record, &self.enrolled).await
    }

    /// As its engine knows it.
    #[must_use]
    pub fn enrolment(&self) -> &Enrolment {
        &self.enrolment
    }

    /// Has it switched on at a moment, and its person do what is to be done from then on.
    ///
    /// # Errors
    /// The connection cannot be set up.
    pub async fn begin(
        &self,
        at: Duration,
        acts: Vec<(Duration, Act)>,
        random: StdRng,
        around: &Around,
        tasks: &mut JoinSet<Result<()>>,
    ) -> Result<()> {
        let client = self.connection().await?;
        let (told, events) = mpsc::unbounded_channel();
        let settings = Settings { timing: self.sending_time(around), ..Settings::default() };
        let record = Arc::new(self.record.clone());
        let engine = Engine::new(record.clone(), client.clone(), self.enrolment.clone(), settings, told)?;
        let fetcher = Fetcher::new(record, client, self.enrolment.clone(), self.fetching_time(around));
        let (wake, woken) = mpsc::channel(4);
        let (fetch, fetch_woken) = mpsc::channel(4);
        let mut person = Person { tablet: self.clone(), random, around: around.clone(), wake, _fetch: fetch };
        tasks.spawn(listen(self.number, around.figures.clone(), events));
        // All three begin at once, as on a tablet that is switched on.
        let clock = around.clock.clone();
        clock.join();
        tasks.spawn(async move {
            clock.sleep_until(at).await;
            clock.join();
            clock.join();
            let sending = async {
                engine.run(woken).await;
                clock.leave();
            };
            let fetching = async {
                fetcher.run(fetch_woken).await;
                clock.leave();
            };
            let ((), (), done) = tokio::join!(Box::pin(sending), Box::pin(fetching), Box::pin(person.live(acts)));
            done
        });
        Ok(())
    }

    /// Does something on the tablet, at a time after midnight of this day: it is committed, and waits to be sent.
    ///
    /// # Errors
    /// It is not saved.
    pub async fn act(&self, act: Act, day: NaiveDate, at: Duration, random: &mut StdRng) -> Result<()> {
        let kind = match act {
            Act::Measure(kind) => kind,
            Act::Answer(questions) => {
                self.record.say(load::answers(self.enrolled.patient.clone(), questions, random)).await?;
                return Ok(());
            }
        };
        if let Some(frame) = load::frame(kind, day, at, random)? {
            return match self.intake.take(frame).await? {
                Taken::Saved(_) => Ok(()),
                other => Err(anyhow!("a measurement was not saved: {other:?}")),
            };
        }
        let (now, trust) = self.record.now();
        let time = ReadingTime::by_hand(now, now, trust);
        let reading = Reading::by_hand(Uuid::now_v7(), self.enrolled.patient.clone(), load::peak_flow(random)?, time);
        self.record.save_by_hand(reading).await?;
        Ok(())
    }

    fn sending_time(&self, around: &Around) -> Timing {
        let (clock, figures) = (around.clock.clone(), around.figures.clone());
        Timing {
            sleep: Arc::new(move |duration| Box::pin(clock.sleep(duration))),
            jitter: Arc::new(move |most| {
                figures.retry(Part::Engine);
                most.mul_f64(rand::random::<f64>())
            }),
        }
    }

    /// By what chance the fetcher asks for it tells whether it has failed.
    fn fetching_time(&self, around: &Around) -> Timing {
        let failed = Arc::new(AtomicBool::new(false));
        let (clock, figures, number, thinning) =
            (around.clock.clone(), around.figures.clone(), self.number, around.thinning.max(1));
        let (has_failed, counted) = (failed.clone(), figures.clone());
        Timing {
            sleep: Arc::new(move |duration| {
                let succeeded = !has_failed.swap(false, Ordering::Relaxed);
                if succeeded {
                    figures.fetched(number);
                }
                let thinned = if succeeded { duration * thinning } else { duration };
                Box::pin(clock.sleep(thinned))
            }),
            jitter: Arc::new(move |most| {
                if most != SPREAD {
                    failed.store(true, Ordering::Relaxed);
                    counted.retry(Part::Fetcher);
                }
                most.mul_f64(rand::random::<f64>())
            }),
        }
    }

    /// By what the service knows all that was saved, and of which type it is.
    ///
    /// # Errors
    /// The record cannot be read.
    pub async fn sent(&self) -> Result<Vec<(ResourceType, String)>> {
        let mut names = Vec::new();
        for row in self.record.readings().await? {
            let sensor = match &row.reading.source {
                Source::Sensor(address) => Some((address.clone(), DeviceInformation::default())),
                Source::ByHand => None,
            };
            let entry = Entry { number: 1, version: 1, reading: row.reading, sensor, sent_before: false };
            names.extend(map(&entry, &self.enrolment)?.resources);
        }
        for row in self.record.items().await? {
            let entry = ItemEntry { number: 1, version: 1, item: row.item, sent_before: false };
            names.extend(map_item(&entry, &self.enrolment)?.resources);
        }
        Ok(names.into_iter().map(|resource| (resource.kind, resource.identifier)).collect())
    }
}

/// Follows what the engine tells.
async fn listen(number: usize, figures: Arc<Figures>, mut events: mpsc::UnboundedReceiver<SyncEvent>) -> Result<()> {
    while let Some(event) = events.recv().await {
        match event {
            SyncEvent::Idle { waiting } => figures.waiting(number, waiting),
            SyncEvent::SetAside { identity, reason, .. } => bail!("tablet {number} set {identity} aside: {reason}"),
            _ => {}
        }
    }
    Ok(())
}

/// Who uses a tablet.
struct Person {
    tablet: Tablet,
    random: StdRng,
    around: Around,
    wake: mpsc::Sender<Wake>,
    /// The fetcher ends when nobody can wake it any more.
    _fetch: mpsc::Sender<Wake>,
}

impl Person {
    async fn live(&mut self, acts: Vec<(Duration, Act)>) -> Result<()> {
        let Self { tablet, random, around, .. } = self;
        for (at, act) in acts {
            around.clock.sleep_until(at).await;
            tablet.act(act, around.day, at, random).await.with_context(|| format!("tablet {}", tablet.number))?;
            around.figures.saved();
            // What the program's own watcher of the record does.
            around.figures.waiting(tablet.number, u64::from(tablet.record.counts().await?.waiting));
            let _ = self.wake.try_send(Wake::New);
        }
        around.clock.leave();
        std::future::pending().await
    }
}
