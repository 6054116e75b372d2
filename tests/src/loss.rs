//! The great loss test: stored readings flow from sensors through the real program and a bad road to a service, people
//! answer and write meanwhile, program and service are killed again and again; then everything that was sent and said
//! is looked up in the record and at the service, by identity and by value.
//!
//! ```text
//! sensors' memories --BlueZ emulator--> dagsform collect --fault proxy--> dagsform service
//!     dagsform answer, message, medicine --^  SIGKILL ^                      ^ SIGKILL
//! ```
//!
//! A run goes in blocks. In a block the memories fill up while the program is killed; then it is left alone until it
//! has fetched them, and the sensors forget them. What waits goes over the bad road as well; only at the very end is
//! the road good.

#![allow(clippy::indexing_slicing, reason = "JSON: a member that is not there is null")]

mod findings;
mod places;
mod round;
mod sayings;
mod sensors;
mod table;

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use rand::{Rng as _, SeedableRng as _, rngs::StdRng, seq::index};
use serde_json::Value;
use tokio::runtime::Runtime;

use crate::{
    demo_patient::DemoPatient,
    fault_proxy::{Badness, FaultProxy},
    follow_up::{FollowUp, Which},
    rig::{FastRig, log},
    tablet::{SOON, Tablet},
};

pub use places::Place;
pub use table::table;

use sayings::{Diary, Saying};
use sensors::Sensors;

/// Rounds in a block: so many times at most a sensor sends the same records.
const BLOCK: usize = 20;
/// The times of the stored readings: a winter, so that the sensors' clocks are never set.
const FIRST_READING: (i32, u32, u32) = (2030, 11, 4);
/// What the tablet's clock shows at the start: after all of them.
const NOW: &str = "2031-03-24T07:00:00Z";
/// So often the tablet tries to send what waits before the next block begins.
const TRIES: usize = 40;
/// How long a transfer of all memories may take.
const TRANSFERS: Duration = Duration::from_secs(300);
/// How long a service is without power, at most.
const OFF: u64 = 400;

/// How much of everything.
#[derive(Clone, Debug)]
pub struct Size {
    /// Readings in the sensors' memories, all in all.
    pub readings: usize,
    /// Lists of questions answered; none at a service that takes none. For ten of them a message is written and a
    /// medicine taken.
    pub answers: usize,
    /// Kills of the program.
    pub kills: usize,
    /// Kills of the service.
    pub service_kills: usize,
    /// Decides everything.
    pub seed: u64,
    /// Which service.
    pub which: Which,
    /// How far the service's clock is ahead of the tablet's.
    pub skew: TimeDelta,
}

/// What a run that lost nothing consisted of.
#[derive(Clone, Debug)]
pub struct Report {
    /// What was asked for.
    pub size: Size,
    /// Observations at the service, each compared.
    pub observations: usize,
    /// Answers, messages, medicines, each compared.
    pub said: usize,
    /// Records that the sensors sent, those sent again among them.
    pub transmissions: usize,
    /// Kills of the program by where it was.
    pub killed: BTreeMap<Place, usize>,
    /// What befell the requests.
    pub requests: BTreeMap<&'static str, usize>,
    /// Readings and said things that went over the bad road.
    pub by_bad_road: u64,
    /// How long it took.
    pub took: Duration,
}

/// One run, with all that takes part in it.
struct Run {
    random: StdRng,
    rig: FastRig,
    tablet: Tablet,
    proxy: FaultProxy,
    sensors: Sensors,
    diary: Diary,
    killed: BTreeMap<Place, usize>,
    /// How often the program was started to be killed.
    lives: usize,
}

/// Runs it.
///
/// # Errors
/// Something was lost, doubled, altered or invented; or a part of the rig failed.
pub fn run(size: &Size) -> Result<Report> {
    let began = Instant::now();
    let runtime = Runtime::new()?;
    let mut service = runtime.block_on(FollowUp::start(size.which))?;
    let now: DateTime<Utc> = NOW.parse()?;
    runtime.block_on(DemoPatient::Copd.enter(&service, now.date_naive()))?;
    let proxy = FaultProxy::before(service.port()?, size.seed, Badness { skew: size.skew, ..Badness::default() })?;
    proxy.calm();
    let rig = FastRig::start()?;
    let tablet = Tablet::new(&rig, now)?;
    tablet.enrol(&proxy.base(), &service)?;
    let mut random = StdRng::seed_from_u64(size.seed);
    let (year, month, day) = FIRST_READING;
    let first = NaiveDate::from_ymd_opt(year, month, day).unwrap_or_default();
    let sensors = Sensors::new(size.readings, first, now.date_naive(), &mut random);
    sensors.enter(rig.control(), &tablet)?;
    // The plan with its list of questions, while the road is good.
    tablet.deliver()?;
    proxy.set(Badness { skew: size.skew, ..Badness::default() });

    // The service that we did not write finds no QuestionnaireResponse by its identifier, so it takes no answers.
    let answers = size.which != Which::NotOurs;
    let diary = Diary::new(size.answers, answers, &mut random);
    let places = places::spread(size.kills, answers, &mut random);
    let cuts = index::sample(&mut random, size.kills.max(1), size.service_kills.min(size.kills)).into_vec();
    let mut run = Run { random, rig, tablet, proxy, sensors, diary, killed: BTreeMap::new(), lives: 0 };
    let blocks = size.kills.div_ceil(BLOCK).max(1);
    for block in 0..blocks {
        let rounds = places.iter().enumerate().skip(block * BLOCK).take(BLOCK);
        for (number, place) in rounds {
            run.sensors.fill(run.rig.control(), block, blocks, number % BLOCK + 1)?;
            let due = run.diary.due(number, size.kills, place.is_answering());
            let cut = cuts.contains(&number);
            run.round(*place, due, cut.then_some((&runtime, &mut service)))
                .with_context(|| format!("seed {}, round {number}, {place:?}", size.seed))?;
        }
        run.sensors.fill(run.rig.control(), block, blocks, BLOCK)?;
        run.fetch_all().with_context(|| format!("seed {}, block {block}", size.seed))?;
        eprintln!("block {} of {blocks}: {} lives, {:?}", block + 1, run.lives, began.elapsed());
    }
    run.diary.rest(&run.tablet)?;
    let before = run.delivered()?;
    run.proxy.calm();
    run.tablet.deliver()?;

    let deliveries = log::deliveries(&run.rig.log()?);
    let clocks_differ = !size.skew.is_zero();
    let found = findings::compare(&run.tablet, &service, &run.sensors, &run.diary, &deliveries, clocks_differ);
    let found = runtime.block_on(found)?;
    Ok(Report {
        size: size.clone(),
        observations: found.observations,
        said: found.said,
        transmissions: deliveries.len(),
        killed: run.killed,
        requests: run.proxy.counts(),
        by_bad_road: before,
        took: began.elapsed(),
    })
}

impl Run {
    /// A round: the program is killed at this place once; meanwhile people say what is due, and the service may lose
    /// its power.
    fn round(&mut self, place: Place, due: Vec<Saying>, cut: Option<(&Runtime, &mut FollowUp)>) -> Result<()> {
        std::thread::scope(|scope| {
            let back = cut.map(|(runtime, service)| {
                let mut moment = || Duration::from_millis(self.random.random_range(0..OFF));
                let (until, off) = (moment(), moment());
                scope.spawn(move || {
                    std::thread::sleep(until);
                    runtime.block_on(service.lose_power(off))
                })
            });
            self.kill_at(place, due)?;
            match back.map(std::thread::ScopedJoinHandle::join) {
                Some(Ok(result)) => result,
                Some(Err(_)) => anyhow::bail!("the service's thread panicked"),
                None => Ok(()),
            }
        })
    }

    /// The program is left alone until it has all that the sensors hold; then it sends, over the bad road.
    fn fetch_all(&mut self) -> Result<()> {
        let mut collecting = self.tablet.collect()?;
        let sensors = self.sensors.addresses();
        collecting.wait_for("the end of all memories", TRANSFERS, |events| {
            let complete = |address: &&str| {
                let of_it = |event: &&Value| event["event"] == "transfer" && event["device"] == **address;
                events.iter().filter(of_it).any(|event| event["state"] == "complete")
            };
            sensors.iter().all(complete)
        })?;
        collecting.stop(SOON)?;
        for _ in 0..TRIES {
            // It fails as often as something befalls it.
            if self.tablet.command(&["sync", "--json"]).is_ok() {
                break;
            }
        }
        Ok(())
    }

    /// How many readings and said things the service has confirmed.
    fn delivered(&self) -> Result<u64> {
        let delivered =
            |lines: Vec<Value>| lines.iter().filter(|line| line["delivery"]["state"] == "delivered").count();
        let (readings, said) = (self.tablet.readings()?, self.tablet.said()?);
        let all = readings.len() + said.len();
        let delivered = delivered(readings) + delivered(said);
        ensure!(delivered <= all, "more delivered than there is");
        Ok(u64::try_from(delivered)?)
    }
}
