//! A tablet or a sensor is replaced: the patient's readings go on where they stopped, nothing is doubled.

use std::time::Duration;

use anyhow::{Result, ensure};
use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeDelta, Utc};
use dagsform_tests::{
    facts,
    follow_up::{FollowUp, Which},
    rig::{
        FastRig,
        blood_pressure::BloodPressure,
        description::Record,
        devices,
        glucose::{Context, Glucose},
        log,
        month::Sensor,
        plx::SpotCheck,
    },
    tablet::{SOON, Tablet, measure, wait_for_events},
};

/// The kit of these tests: two sensors that keep what they have sent, and one that sends what it believes was not
/// received.
const KIT: [Sensor; 3] = [Sensor::Oximeter, Sensor::GlucoseMeter, Sensor::Cuff];
const NEW_OXIMETER: &str = "F0:F1:F2:F3:F4:11";
const ENDING: Duration = Duration::from_secs(30);

fn noon() -> DateTime<Utc> {
    (devices::noon() - TimeDelta::hours(1)).and_utc()
}

fn yesterday(hour: u32) -> NaiveDateTime {
    let day = NaiveDate::from_ymd_opt(2026, 11, 22);
    day.and_then(|day| day.and_hms_opt(hour, 0, 5)).unwrap_or_default()
}

fn stored(sensor: Sensor) -> Vec<Record> {
    [7_u16, 12, 18]
        .map(|hour| {
            let at = yesterday(hour.into());
            match sensor {
                Sensor::GlucoseMeter => {
                    let context = (hour == 7).then(|| Context { meal: Some(3), ..Context::default() });
                    Glucose { context, ..Glucose::at(hour, at, 61) }.record()
                }
                Sensor::Cuff => BloodPressure { user_id: Some(1), ..BloodPressure::at(at, 131, 82, 70) }.record(),
                _ => SpotCheck::at(at, 94, 66).record(),
            }
        })
        .into()
}

/// A room with the kit, whose sensors hold what they held yesterday, and a tablet of the patient.
fn tablet(rig: &FastRig, service: &FollowUp) -> Result<Tablet> {
    let tablet = Tablet::new(rig, noon())?;
    tablet.enrol(service.base(), service)?;
    for sensor in KIT {
        rig.control().add_device(&sensor.device())?;
        tablet.pair(sensor)?;
        rig.control().ask(&sensor.holds(stored(sensor)))?;
    }
    Ok(tablet)
}

async fn a_new_tablet_doubles_nothing(which: Which) -> Result<()> {
    let service = FollowUp::start(which).await?;
    // Each tablet has a Bluetooth stack of its own, that knows nothing of the other's bonds.
    let (old_room, new_room) = (FastRig::start()?, FastRig::start()?);
    let old = tablet(&old_room, &service)?;
    let mut collecting = old.collect()?;
    wait_for_events(&mut collecting, "saved", 9)?;
    let live = SpotCheck::at(devices::noon(), 96, 71).record();
    measure(old_room.control(), Sensor::Oximeter.address(), devices::SPOT_CHECK, &live)?;
    wait_for_events(&mut collecting, "saved", 10)?;
    collecting.stop(ENDING)?;
    old.deliver()?;
    let before = service.holds().await?;

    let new = tablet(&new_room, &service)?;
    // The oximeter has kept what it sent live.
    let kept = stored(Sensor::Oximeter).into_iter().chain([live]).collect();
    new_room.control().ask(&Sensor::Oximeter.holds(kept))?;
    let mut collecting = new.collect()?;
    wait_for_events(&mut collecting, "saved", 10)?;
    collecting.stop(ENDING)?;
    new.deliver()?;
    facts::same("the service after the new tablet", &before, &service.holds().await?)?;

    let (to_old, to_new) = (log::deliveries(&old_room.log()?), log::deliveries(&new_room.log()?));
    ensure!(to_old.len() >= 10 && to_new.len() >= 10, "{} and {} were sent", to_old.len(), to_new.len());
    facts::same("the service", &facts::sent(&[to_old, to_new].concat())?, &service.holds().await?)?;
    let devices = service.search("Device").await?.len();
    ensure!(devices == KIT.len() + 2, "{devices} devices: three sensors and two tablets were expected");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_tablet_that_fetches_all_memories_again_doubles_nothing_at_either_service() -> Result<()> {
    for which in Which::BOTH {
        a_new_tablet_doubles_nothing(which).await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_sensor_of_the_same_kind_goes_on_where_the_old_one_stopped() -> Result<()> {
    let service = FollowUp::start(Which::Embedded).await?;
    let rig = FastRig::start()?;
    let tablet = tablet(&rig, &service)?;
    let mut collecting = tablet.collect()?;
    wait_for_events(&mut collecting, "saved", 9)?;
    collecting.stop(ENDING)?;

    tablet.command(&["devices", "--remove", Sensor::Oximeter.address()])?;
    rig.control().add_device(&devices::oximeter(NEW_OXIMETER, 654_321))?;
    tablet.command(&["pair", NEW_OXIMETER, "--passkey", "654321", "--json"])?;
    let links = rig.control().device(Sensor::Oximeter.address())?.links;
    let mut collecting = tablet.collect()?;
    tablet.set_clock(noon())?;
    let live = SpotCheck::at(devices::noon(), 95, 68).record();
    rig.control().wait_until_subscribed(NEW_OXIMETER, devices::SPOT_CHECK, SOON)?;
    measure(rig.control(), NEW_OXIMETER, devices::SPOT_CHECK, &live)?;
    wait_for_events(&mut collecting, "saved", 1)?;
    collecting.stop(ENDING)?;
    tablet.deliver()?;

    ensure!(rig.control().device(Sensor::Oximeter.address())?.links == links, "the old oximeter was not left alone");
    facts::same("the service", &facts::sent(&log::deliveries(&rig.log()?))?, &service.holds().await?)
}
