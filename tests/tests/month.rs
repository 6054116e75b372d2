//! A month of one patient with all five sensors, as often as the final evaluation of Norwegian digital home
//! follow-up counted, with a week without a network, days on which the sensors are used where the tablet is
//! not, and days on which it is switched off. At the end the service holds exactly what the sensors' own log
//! says, each reading once.
//!
//! The seed of month and days: `DAGSFORM_SEED`.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use dagsform_tests::{
    facts,
    follow_up::{FollowUp, Which},
    rig::{
        FastRig,
        control::Control,
        description::Record,
        log,
        month::{self, Measurement, Sensor},
        program::Collecting,
    },
    scripted_service::{Behave, ScriptedService},
    tablet::{SOON, Tablet, measure},
};
use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use serde_json::Value;

/// Days of the month without a network.
const OFFLINE: Range<i64> = 10..17;
/// Days on which the tablet is switched off.
const SWITCHED_OFF: [i64; 2] = [5, 21];
/// On one day of so many the sensors are used elsewhere.
const ELSEWHERE: u32 = 4;
const ENDING: Duration = Duration::from_secs(30);

/// A winter month: the device's clock and the patient's are an hour ahead of UTC all the time.
fn start() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, 2).unwrap_or_default()
}

fn utc(at_home: NaiveDateTime) -> DateTime<Utc> {
    (at_home - TimeDelta::hours(1)).and_utc()
}

fn on(day: i64, hour: i64) -> NaiveDateTime {
    start().and_time(NaiveTime::MIN) + TimeDelta::days(day) + TimeDelta::hours(hour)
}

fn seed() -> u64 {
    std::env::var("DAGSFORM_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(20_261_102)
}

/// What the sensors hold.
#[derive(Default)]
struct Memories {
    held: BTreeMap<Sensor, Vec<Record>>,
}

impl Memories {
    /// A measurement that the tablet has not been sent.
    fn keep(&mut self, measurement: &Measurement) {
        self.held.entry(measurement.sensor).or_default().push(measurement.record.clone());
    }

    /// Fills the sensors with what they hold; those that pour it out hold nothing any more then.
    fn fill(&mut self, room: &Control) -> Result<()> {
        for (sensor, records) in &mut self.held {
            let records = if sensor.is_asked() { records.clone() } else { std::mem::take(records) };
            room.ask(&sensor.holds(records))?;
        }
        Ok(())
    }
}

/// A tablet that collects, and what has come of it since it was switched on.
struct Day {
    collecting: Collecting,
    saved: usize,
}

impl Day {
    fn begin(tablet: &Tablet) -> Result<Self> {
        Ok(Self { collecting: tablet.collect()?, saved: 0 })
    }

    /// Waits until so many more readings are saved.
    fn saves(&mut self, more: usize) -> Result<()> {
        self.saved += more;
        let enough = |events: &[Value]| identities(events, "saved").len() >= self.saved;
        self.collecting.wait_for(&format!("{} saved readings", self.saved), SOON, enough)
    }

    /// Waits until all that was saved is delivered. Only then the clock may go on: the service's word of what
    /// time it is has been heard by then.
    fn delivers(&mut self) -> Result<()> {
        let all = |events: &[Value]| identities(events, "delivered").is_superset(&identities(events, "saved"));
        self.collecting.wait_for("delivery of all that was saved", SOON, all)
    }
}

fn identities(events: &[Value], kind: &str) -> BTreeSet<String> {
    let of_kind = events.iter().filter(|event| event["event"] == kind);
    of_kind.map(|event| event["identity"].to_string()).collect()
}

async fn lives_through_a_month(which: Which) -> Result<()> {
    let seed = seed();
    println!("seed {seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let month = month::month(seed, start());
    let rig = FastRig::start()?;
    let room = rig.control();
    let service = FollowUp::start(which).await?;
    let road = ScriptedService::before(service.port()?)?;
    let tablet = Tablet::new(&rig, utc(on(0, 5)))?;
    tablet.enrol(&road.base(), &service)?;
    for sensor in Sensor::ALL {
        room.add_device(&sensor.device())?;
        tablet.pair(sensor)?;
    }

    let mut memories = Memories::default();
    let mut day = Day::begin(&tablet)?;
    for number in 0..i64::from(month::DAYS) {
        let today: Vec<&Measurement> =
            month.iter().filter(|one| one.at.date() == start() + TimeDelta::days(number)).collect();
        // What waits since the days offline goes with the first new reading.
        let measured = !today.is_empty();
        let online = !OFFLINE.contains(&number);
        road.always(if online { Behave::Well } else { Behave::HangUp });
        if SWITCHED_OFF.contains(&number) {
            day.collecting.stop(ENDING)?;
            today.iter().for_each(|measurement| memories.keep(measurement));
            memories.fill(room)?;
            tablet.set_clock(utc(on(number, 22)))?;
            day = Day::begin(&tablet)?;
            day.saves(today.len())?;
        } else if random.random_range(0..ELSEWHERE) == 0 || number == OFFLINE.start + 1 {
            bring(room, false)?;
            today.iter().for_each(|measurement| memories.keep(measurement));
            memories.fill(room)?;
            tablet.set_clock(utc(on(number, 22)))?;
            bring(room, true)?;
            day.saves(today.len())?;
        } else {
            for measurement in today {
                let sensor = measurement.sensor;
                tablet.set_clock(utc(measurement.at))?;
                measure(room, sensor.address(), sensor.characteristic(), &measurement.record)?;
                day.saves(1).with_context(|| format!("{sensor:?} at {}", measurement.at))?;
                if sensor.is_asked() {
                    memories.keep(measurement);
                }
                if online {
                    day.delivers()?;
                }
            }
        }
        if online && measured {
            day.delivers().with_context(|| format!("day {number}"))?;
        }
    }
    day.collecting.stop(ENDING)?;
    tablet.deliver()?;

    let deliveries = log::deliveries(&rig.log()?);
    let records: BTreeSet<_> = deliveries.iter().map(|one| (&one.sent.device, &one.sent.bytes)).collect();
    ensure!(records.len() == month.len(), "{} measured, {} sent", month.len(), records.len());
    let readings = tablet.readings()?.len();
    ensure!(readings == month.len(), "{} measured, {readings} in the record", month.len());
    let sent = facts::sent(&deliveries)?;
    facts::same("the service", &sent, &service.holds().await?)?;
    println!("{} measurements, {} transmissions, {} Observations", month.len(), deliveries.len(), sent.len());
    Ok(())
}

/// Brings all sensors into or out of the tablet's reach.
fn bring(room: &Control, present: bool) -> Result<()> {
    for sensor in Sensor::ALL {
        room.set_present(sensor.address(), present)?;
    }
    if !present {
        for sensor in Sensor::ALL {
            room.wait_for(sensor.address(), SOON, |device| !device.connected)?;
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_month_a_service_that_we_did_not_write_holds_each_reading_once() -> Result<()> {
    lives_through_a_month(Which::NotOurs).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_month_the_embedded_service_holds_each_reading_once() -> Result<()> {
    lives_through_a_month(Which::Embedded).await
}
