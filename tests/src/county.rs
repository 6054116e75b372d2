//! A county of tablets and one follow-up service.
//!
//! Each tablet is the real engine and fetcher on a real record in a folder of its own; its person measures and answers
//! as the table in [`load`] says. The service is the embedded one, as a process of its own. The county's time runs
//! faster than the machine's ([`clock`]): engine and fetcher sleep by it, through their port `Timing`.
//!
//! What does not follow the county's time: the deadlines of a connection (10 s and 60 s), and the fetcher's comparison
//! of all parts of a plan, which it makes when it starts and every quarter of an hour of the machine's time.

pub mod clock;
pub mod figures;
pub mod load;
pub mod tablet;

use std::{collections::BTreeMap, ops::Range, path::Path, sync::Arc, time::Duration};

use anyhow::{Context as _, Result, anyhow, ensure};
use chrono::{Days, Utc};
use dagsform_care::time::ZONE;
use rand::{Rng, SeedableRng as _, rngs::StdRng};
use rustix::process::{Resource, getrlimit, setrlimit};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::{
    sync::Semaphore,
    task::JoinSet,
    time::{sleep, timeout},
};

use self::{
    clock::Clock,
    figures::{Figures, Report},
    tablet::{Around, Tablet},
};
use crate::{
    rest::Rest,
    service_process::{ServiceProcess, memory},
};

/// So many records are made at once.
const MADE_AT_ONCE: usize = 8;
/// So many patients go into the service in one transaction.
const PATIENTS_AT_ONCE: usize = 200;
/// Files that a tablet holds open: the record, its log and its shared memory, its lock, connections.
const FILES: u64 = 8;
/// Within so long after the end all must have been sent, by the county's time.
const AFTERWARDS: Duration = Duration::from_secs(2 * 3600);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

/// What happens, by the county's time since midnight.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// When the first tablet is switched on; the last one half way to `from`.
    pub begins: Duration,
    /// From when on is counted.
    pub from: Duration,
    /// Until when.
    pub to: Duration,
    /// When the service is down.
    pub down: Option<Range<Duration>>,
    /// How long the parts are in which the requests are told.
    pub part: Duration,
}

impl Scenario {
    /// A normal day.
    #[must_use]
    pub fn day() -> Self {
        Self { begins: Duration::ZERO, from: HOUR / 2, to: 24 * HOUR, down: None, part: HOUR }
    }

    /// The morning, when most measure.
    #[must_use]
    pub fn peak() -> Self {
        Self {
            begins: 6 * HOUR + 20 * MINUTE,
            from: 6 * HOUR + 40 * MINUTE,
            to: 9 * HOUR + 20 * MINUTE,
            down: None,
            part: 10 * MINUTE,
        }
    }

    /// The service is down for two hours of the morning, and the hour after.
    #[must_use]
    pub fn outage() -> Self {
        Self {
            begins: 6 * HOUR + 30 * MINUTE,
            from: 6 * HOUR + 50 * MINUTE,
            to: 10 * HOUR,
            down: Some(7 * HOUR..9 * HOUR),
            part: 5 * MINUTE,
        }
    }
}

/// A run.
#[derive(Clone, Debug)]
pub struct Run {
    /// How many tablets.
    pub tablets: usize,
    /// What happens.
    pub scenario: Scenario,
    /// So many times as fast as the machine's time, at most.
    pub factor: f64,
    /// Decides what is measured and when.
    pub seed: u64,
    /// The county's time stands still while so many engines and fetchers are at work.
    pub at_once: usize,
    /// One look of a tablet for plan and messages stands for so many, which are not made.
    pub thinning: u32,
    /// After so long of the machine's time it is broken off.
    pub within: Duration,
}

/// What a run has shown.
#[derive(Debug, Serialize)]
pub struct Outcome {
    /// What was counted.
    pub report: Report,
    /// How many times as fast as the machine's the county's time has run, on average.
    pub factor: f64,
    /// How long the run took, in seconds of the machine's time.
    pub took: f64,
    /// Memory of this process, in KiB a tablet: with the record alone, and at the end.
    pub memory_per_tablet: (u64, u64),
    /// The most memory of the service's process, in KiB.
    pub service_memory: u64,
    /// Resources that the tablets have sent and the service has, by type; each exactly once.
    pub compared: BTreeMap<String, usize>,
}

impl Run {
    /// Runs it in a folder, and compares what the tablets have saved with what the service has.
    ///
    /// # Errors
    /// Something is lost, doubled or invented; it takes too long; the machine does not bear it.
    pub async fn run(&self, folder: &Path) -> Result<Outcome> {
        let work = Box::pin(self.work(folder));
        timeout(self.within, work).await.with_context(|| format!("the run was not over within {:?}", self.within))?
    }

    async fn work(&self, folder: &Path) -> Result<Outcome> {
        allow_files(self.tablets)?;
        let clock = Clock::at(self.scenario.begins, self.at_once);
        let figures = Arc::new(Figures::of(clock.clone(), self.tablets));
        let counted = figures.clone();
        let mut service =
            ServiceProcess::start(folder, Some(Arc::new(move |request| counted.request(request)))).await?;
        self.patients(&service.base()).await?;
        let bare = memory("self", "VmRSS")?;
        let tablets = self.make(folder, &service.base()).await?;
        let each = |memory: u64| memory.saturating_sub(bare) / u64::try_from(self.tablets).unwrap_or(1).max(1);
        let with_record = memory("self", "VmRSS")?;

        let yesterday = Utc::now().with_timezone(&ZONE).date_naive() - Days::new(1);
        let around = Around { clock: clock.clone(), figures: figures.clone(), day: yesterday, thinning: self.thinning };
        let mut tasks = JoinSet::new();
        let mut random = StdRng::seed_from_u64(self.seed);
        for tablet in &tablets {
            let spread = (self.scenario.from - self.scenario.begins) / 2;
            let at = self.scenario.begins + spread.mul_f64(random.random());
            let acts = load::day(&mut random).into_iter().filter(|(when, _)| (at..self.scenario.to).contains(when));
            let own = StdRng::seed_from_u64(random.random());
            tablet.begin(at, acts.collect(), own, &around, &mut tasks).await?;
        }
        let began = std::time::Instant::now();
        let happens = async {
            self.happen(&clock, &figures, &mut service).await?;
            anyhow::Ok((began.elapsed(), clock.now().saturating_sub(self.scenario.begins)))
        };
        let broken = async {
            match tasks.join_next().await {
                Some(Ok(Err(fault))) => fault,
                Some(Err(fault)) => fault.into(),
                Some(Ok(Ok(()))) | None => anyhow!("a tablet has ended by itself"),
            }
        };
        let (took, passed) = tokio::select! {
            happened = happens => happened?,
            broken = broken => return Err(broken),
            never = clock.run(self.factor) => match never {},
        };
        let at_end = memory("self", "VmRSS")?;
        tasks.shutdown().await;
        Ok(Outcome {
            report: figures.report(self.scenario.from, self.scenario.to, self.scenario.part),
            factor: passed.as_secs_f64() / took.as_secs_f64(),
            took: took.as_secs_f64(),
            memory_per_tablet: (each(with_record), each(at_end)),
            service_memory: service.peak_memory()?,
            compared: compare(&tablets, &service.base()).await?,
        })
    }

    /// What happens to the service, until the end and until all is sent.
    async fn happen(&self, clock: &Clock, figures: &Figures, service: &mut ServiceProcess) -> Result<()> {
        clock.join();
        if let Some(down) = &self.scenario.down {
            clock.sleep_until(down.start).await;
            service.kill()?;
            clock.sleep_until(down.end).await;
            service.restart().await?;
            figures.restored();
        }
        clock.sleep_until(self.scenario.to).await;
        let done = || figures.left() == 0 && (self.scenario.down.is_none() || figures.all_up_to_date());
        while !done() && clock.now() < self.scenario.to + AFTERWARDS {
            clock.sleep(MINUTE / 4).await;
        }
        clock.leave();
        // What has been answered is still being read.
        sleep(Duration::from_millis(200)).await;
        ensure!(done(), "{AFTERWARDS:?} after the end {} still wait, or have not fetched", figures.left());
        Ok(())
    }

    /// The patients at the service, each with a plan.
    async fn patients(&self, base: &str) -> Result<()> {
        let rest = Rest::new()?;
        let numbers: Vec<usize> = (0..self.tablets).collect();
        for numbers in numbers.chunks(PATIENTS_AT_ONCE) {
            let resources = numbers.iter().flat_map(|number| [patient(*number), plan(*number)]);
            let entry: Vec<Value> = resources
                .map(|resource| {
                    let text = |name| resource.get(name).and_then(Value::as_str).unwrap_or_default();
                    let place = format!("{}/{}", text("resourceType"), text("id"));
                    json!({ "fullUrl": format!("{base}/{place}"), "resource": resource,
                            "request": { "method": "PUT", "url": place } })
                })
                .collect();
            let bundle = json!({ "resourceType": "Bundle", "type": "transaction", "entry": entry });
            rest.transaction(base, &bundle).await?;
        }
        Ok(())
    }

    async fn make(&self, folder: &Path, base: &str) -> Result<Vec<Tablet>> {
        let places = Arc::new(Semaphore::new(MADE_AT_ONCE));
        let mut making = JoinSet::new();
        for number in 0..self.tablets {
            let (places, base, folder) = (places.clone(), base.to_owned(), folder.join(format!("tablet-{number}")));
            making.spawn(async move {
                let _place = places.acquire().await?;
                Tablet::new(number, &folder, &base, format!("Patient/p{number}")).await
            });
        }
        let mut tablets = Vec::with_capacity(self.tablets);
        while let Some(tablet) = making.join_next().await {
            tablets.push(tablet??);
        }
        tablets.sort_by_key(Tablet::number);
        Ok(tablets)
    }
}

fn patient(number: usize) -> Value {
    json!({ "resourceType": "Patient", "id": format!("p{number}"), "name": [{ "text": format!("Nr. {number}") }] })
}

fn plan(number: usize) -> Value {
    json!({ "resourceType": "CarePlan", "id": format!("c{number}"), "status": "active", "intent": "plan",
            "title": "Plan", "subject": { "reference": format!("Patient/p{number}") } })
}

/// Each tablet needs some open files; how many a process may have is set as high as it can be.
fn allow_files(tablets: usize) -> Result<()> {
    let needed = FILES * u64::try_from(tablets)? + 500;
    let mut limit = getrlimit(Resource::Nofile);
    if limit.current.is_none_or(|current| current >= needed) {
        return Ok(());
    }
    limit.current = Some(needed);
    limit.maximum = limit.maximum.map(|most| most.max(needed));
    setrlimit(Resource::Nofile, limit)
        .with_context(|| format!("{tablets} tablets need {needed} open files: allow them with `ulimit -n {needed}`"))
}

/// That the service has all that the tablets have saved, each once, and of these types nothing else.
async fn compare(tablets: &[Tablet], base: &str) -> Result<BTreeMap<String, usize>> {
    let mut expected: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for tablet in tablets {
        for (kind, name) in tablet.sent().await? {
            expected.entry(kind.name()).or_default().push(name);
        }
    }
    let rest = Rest::new()?;
    let mut compared = BTreeMap::new();
    for (kind, mut expected) in expected {
        let mut found: Vec<String> = rest.search(base, kind).await?.iter().map(identifier).collect();
        expected.sort();
        found.sort();
        let lacks = expected.iter().find(|name| found.binary_search(name).is_err());
        let invented = found.iter().find(|name| expected.binary_search(name).is_err());
        ensure!(
            expected == found,
            "{kind}: {} saved, {} at the service; the service lacks {lacks:?}, and has invented {invented:?}",
            expected.len(),
            found.len(),
        );
        compared.insert(kind.to_owned(), found.len());
    }
    Ok(compared)
}

/// The first identifier of a resource, `system|value`; of some types there is one alone, not a list.
fn identifier(resource: &Value) -> String {
    let identifier = resource.pointer("/identifier/0").or(resource.get("identifier"));
    let text =
        |name| identifier.and_then(|identifier| identifier.get(name)).and_then(Value::as_str).unwrap_or("nothing");
    format!("{}|{}", text("system"), text("value"))
}
