//! A backlog of readings out of a real record, sent by the real engine to the embedded service, beside the same bundles
//! posted bare to a second empty service, one after the other within the same run.
//!
//!     cargo build -p dagsform -p dagsform-tests --bins --features dagsform/demo
//!     target/debug/sync-bench --readings 10000

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use clap::Parser;
use dagsform::record::Record;
use dagsform_care::{Identity, Kind};
use dagsform_sync::{
    Due, Engine, Enrolment, Limits, Outbox, OutboxError, Outcome, Settings,
    client::FHIR_JSON,
    engine::batch::{Assembled, take},
    fhir::{device, map, map_item, transaction},
};
use dagsform_tests::{
    county::{load::Act, tablet::Tablet},
    rest::Rest,
    service_process::{ServiceProcess, memory},
};
use rand::{SeedableRng as _, rngs::StdRng};
use tokio::{runtime::Handle, sync::mpsc, task::block_in_place};

/// The sending of a backlog beside bare posts of the same bundles.
#[derive(Parser, Debug)]
struct Arguments {
    /// How many readings
    #[arg(long, default_value_t = 10_000)]
    readings: usize,
    /// Decides what is measured
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Where record and services are [default: a new folder for temporary files]
    #[arg(long)]
    folder: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let folder = match &arguments.folder {
        Some(folder) => tempfile::tempdir_in(folder)?,
        None => tempfile::tempdir()?,
    };
    let place = |name: &str| -> Result<PathBuf> {
        let place = folder.path().join(name);
        std::fs::create_dir(&place)?;
        Ok(place)
    };
    let ours = ServiceProcess::start(&place("ours")?, None).await?;
    let beside = ServiceProcess::start(&place("beside")?, None).await?;
    let rest = Rest::new()?;
    for service in [&ours, &beside] {
        rest.add_patient(&service.base(), "p0").await?;
    }
    let tablet = Tablet::new(0, &folder.path().join("tablet"), &ours.base(), "Patient/p0".into()).await?;
    fill(&tablet, arguments.readings, arguments.seed).await?;
    let bodies = bundles(tablet.record(), tablet.enrolment(), &place("bundles")?).await?;
    let bytes: u64 = bodies.iter().map(|body| Ok(std::fs::metadata(body)?.len())).sum::<Result<u64>>()?;

    let bare = Bare::before(bodies, beside.base())?;
    let run = send(&tablet, bare).await?;
    let count = |n: usize| f64::from(u32::try_from(n).unwrap_or(u32::MAX));
    let (sent, posts) = (run.delivered, run.bare.took.len());
    ensure!(sent == arguments.readings, "{sent} of {} readings were delivered", arguments.readings);
    ensure!(run.requests == posts, "the engine made {} requests, {posts} were posted bare", run.requests);
    let has = [
        rest.search(&ours.base(), "Observation").await?.len(),
        rest.search(&beside.base(), "Observation").await?.len(),
    ];
    ensure!(has.iter().all(|one| Some(one) == has.first()), "the services have {has:?} observations");

    let bare_took: Duration = run.bare.took.iter().sum();
    let ratio = run.took.as_secs_f64() / bare_took.as_secs_f64();
    println!(
        "{sent} readings, {} observations, {posts} requests, seed {}",
        has.first().context("none")?,
        arguments.seed
    );
    println!(
        "sent by the engine in {:.2?}, the same bundles posted bare in {bare_took:.2?}: {ratio:.3} times",
        run.took
    );
    println!("{:.0} bytes of body a reading", count(usize::try_from(bytes)?) / count(sent));
    println!("memory: {} KiB before, at most {} KiB while sending", run.memory.0, run.memory.1);
    let parts = &run.parts;
    println!(
        "of it: waiting for the service and reading its answer {:.2?}, reading the record {:.2?}, settling {:.2?}, \
         counting {:.2?}, mapping and writing bundles {:.2?}",
        parts.posting,
        parts.due,
        parts.settling,
        parts.counting,
        run.took.saturating_sub(parts.posting + parts.due + parts.settling + parts.counting),
    );
    Ok(())
}

/// Measures so often, each sensor in its turn.
async fn fill(tablet: &Tablet, readings: usize, seed: u64) -> Result<()> {
    let mut random = StdRng::seed_from_u64(seed);
    let today = chrono::Utc::now().date_naive();
    // A thermometer tells no time; what it has measured has to be received at times that differ.
    let kinds = [Kind::PulseOximetry, Kind::BloodPressure, Kind::BodyWeight, Kind::BloodGlucose];
    for (number, kind) in kinds.into_iter().cycle().take(readings).enumerate() {
        let minutes = u64::try_from(readings - number)?;
        let day = today - chrono::Days::new(1 + minutes / 1440);
        let at = Duration::from_secs((1440 - minutes % 1440) % 1440 * 60);
        tablet.act(Act::Measure(kind), day, at, &mut random).await?;
    }
    let waiting = tablet.record().counts().await?.waiting;
    ensure!(usize::try_from(waiting)? == readings, "{waiting} of {readings} readings are waiting");
    Ok(())
}

/// The bundles that the engine will send, each in a file.
async fn bundles(record: &Record, enrolment: &Enrolment, folder: &Path) -> Result<Vec<PathBuf>> {
    let Limits { entries, bytes, .. } = Limits::default();
    let described = device::tablet(&enrolment.tablet)?;
    let mut files = Vec::new();
    let mut after = 0;
    loop {
        let due = record.due(after, entries).await?;
        let Some(last) = due.last() else { return Ok(files) };
        after = last.number();
        let mapped = due.iter().map(|due| match due {
            Due::Reading(entry) => map(entry, enrolment),
            Due::Item(entry) => map_item(entry, enrolment),
        });
        let mut ready = mapped.collect::<Result<Vec<_>, _>>()?;
        while !ready.is_empty() {
            let batch = take(&mut ready, entries, bytes);
            let body = serde_json::to_vec(&transaction(Assembled::of(&batch, &described).resources))?;
            let file = folder.join(format!("{}.json", files.len()));
            std::fs::write(&file, body)?;
            files.push(file);
        }
    }
}

/// Posts the bundles with nothing around it, one each time that it is asked to.
struct Bare {
    http: reqwest::Client,
    base: String,
    bodies: std::vec::IntoIter<PathBuf>,
    took: Vec<Duration>,
    /// From where on nothing else is to be counted.
    away: Duration,
}

impl Bare {
    fn before(bodies: Vec<PathBuf>, base: String) -> Result<Self> {
        let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(60)).build()?;
        Ok(Self {
            http,
            base,
            took: Vec::with_capacity(bodies.len()),
            bodies: bodies.into_iter(),
            away: Duration::ZERO,
        })
    }

    async fn post(&mut self) -> Result<()> {
        let Some(file) = self.bodies.next() else { return Ok(()) };
        let body = std::fs::read(file)?;
        let began = Instant::now();
        let answer = self.http.post(&self.base).header("content-type", FHIR_JSON).body(body).send().await?;
        let status = answer.status();
        answer.bytes().await?;
        self.took.push(began.elapsed());
        ensure!(status.is_success(), "the service answered {status}");
        Ok(())
    }
}

/// How long the parts of the sending took.
#[derive(Clone, Copy, Default)]
struct Parts {
    due: Duration,
    settling: Duration,
    counting: Duration,
    posting: Duration,
    /// When the last bundle went off.
    sent: Option<Instant>,
}

/// The record, with a watch.
struct Watched {
    record: Record,
    parts: Arc<Mutex<Parts>>,
}

impl Watched {
    async fn timed<T>(&self, work: impl Future<Output = T>, part: fn(&mut Parts) -> &mut Duration) -> T {
        let began = Instant::now();
        let done = work.await;
        *part(&mut self.parts.lock().unwrap_or_else(PoisonError::into_inner)) += began.elapsed();
        done
    }
}

impl Outbox for Watched {
    async fn due(&self, after: i64, limit: usize) -> Result<Vec<Due>, OutboxError> {
        self.timed(self.record.due(after, limit), |parts| &mut parts.due).await
    }

    async fn waiting(&self) -> Result<u64, OutboxError> {
        self.timed(Outbox::waiting(&self.record), |parts| &mut parts.counting).await
    }

    async fn settle(&self, outcomes: Vec<(i64, u32, Outcome)>) -> Result<(), OutboxError> {
        self.timed(self.record.settle(outcomes), |parts| &mut parts.settling).await
    }

    async fn confirmed(&self, limit: usize) -> Result<Vec<(String, Identity)>, OutboxError> {
        self.timed(self.record.confirmed(limit), |parts| &mut parts.due).await
    }
}

/// What came of the sending.
struct Sent {
    delivered: usize,
    requests: usize,
    /// Without the bare posts in between.
    took: Duration,
    /// Resident memory before, and at most, in KiB.
    memory: (u64, u64),
    parts: Parts,
    bare: Bare,
}

/// One pass of the engine over all that waits; after each of its bundles the same one goes bare to the other service.
async fn send(tablet: &Tablet, bare: Bare) -> Result<Sent> {
    let parts = Arc::new(Mutex::new(Parts::default()));
    let bare = Arc::new(Mutex::new((bare, Ok(()))));
    let (watch, beside, handle) = (parts.clone(), bare.clone(), Handle::current());
    let gap = move |name: &'static str| {
        let mut parts = watch.lock().unwrap_or_else(PoisonError::into_inner);
        match name {
            "before-post" => parts.sent = Some(Instant::now()),
            "after-post" => {
                let posting = parts.sent.take().map(|sent| sent.elapsed());
                parts.posting += posting.unwrap_or_default();
            }
            _ => {
                let began = Instant::now();
                let mut beside = beside.lock().unwrap_or_else(PoisonError::into_inner);
                let (bare, result) = &mut *beside;
                if result.is_ok() {
                    *result = block_in_place(|| handle.block_on(bare.post()));
                }
                bare.away += began.elapsed();
            }
        }
    };
    let settings = Settings { gap: Arc::new(gap), ..Settings::default() };
    let watched = Arc::new(Watched { record: tablet.record().clone(), parts: parts.clone() });
    let (told, _) = mpsc::unbounded_channel();
    let mut engine = Engine::new(watched, tablet.connection().await?, tablet.enrolment().clone(), settings, told)?;
    // proc(5): the highest resident memory is counted anew from here on.
    std::fs::write("/proc/self/clear_refs", "5")?;
    let before = memory("self", "VmRSS")?;
    let began = Instant::now();
    let report = engine.pass().await;
    let took = began.elapsed();
    let most = memory("self", "VmHWM")?;
    drop(engine);
    if let Some(fault) = report.fault {
        return Err(fault.into());
    }
    let parts = *parts.lock().unwrap_or_else(PoisonError::into_inner);
    let (bare, result) = Arc::into_inner(bare)
        .context("the engine still holds the gap")?
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner);
    result?;
    Ok(Sent {
        delivered: report.delivered,
        requests: report.requests,
        took: took.saturating_sub(bare.away),
        memory: (before, most),
        parts,
        bare,
    })
}
