//! What people say of readings, while the tablet program runs and collects: a reading is taken back after the
//! service has it, a visitor's is kept apart and erased, one is entered by hand.

use std::{fs, path::Path, time::Duration};

use anyhow::{Context as _, Result, ensure};
use chrono::{DateTime, TimeDelta, Utc};
use dagsform_tests::{
    follow_up::{FollowUp, Which},
    rig::{FastRig, blood_pressure::BloodPressure, devices, month::Sensor, program::Collecting, weight::Weighing},
    tablet::{Tablet, measure, wait_for_events},
};
use serde_json::Value;

const ENDING: Duration = Duration::from_secs(30);

/// Noon at the patient's, whatever the day of the test is.
fn noon() -> DateTime<Utc> {
    (devices::noon() - TimeDelta::hours(1)).and_utc()
}

/// A tablet with one sensor, which is collecting.
fn collecting(rig: &FastRig, service: &FollowUp, sensor: Sensor) -> Result<(Tablet, Collecting)> {
    rig.control().add_device(&sensor.device())?;
    let tablet = Tablet::new(rig, noon())?;
    tablet.enrol(service.base(), service)?;
    tablet.pair(sensor)?;
    let collecting = tablet.collect()?;
    Ok((tablet, collecting))
}

fn identity(reading: &Value) -> Result<String> {
    Ok(reading["identity"].as_str().context("a reading without an identity")?.to_owned())
}

async fn taken_back(which: Which) -> Result<()> {
    let rig = FastRig::start()?;
    let service = FollowUp::start(which).await?;
    let sensor = Sensor::Cuff;
    let (tablet, mut program) = collecting(&rig, &service, sensor)?;
    let record = BloodPressure { user_id: Some(1), ..BloodPressure::at(devices::noon(), 218, 76, 91) }.record();
    measure(rig.control(), sensor.address(), sensor.characteristic(), &record)?;
    wait_for_events(&mut program, "delivered", 1)?;
    let before = service.search(&format!("Observation?patient={}", service.patient())).await?;
    ensure!(!before.is_empty() && before.iter().all(|one| one["status"] == "final"), "{before:?}");

    let reading = identity(tablet.readings()?.first().context("no reading")?)?;
    tablet.command(&["reading", "performer", &reading, "relative"])?;
    wait_for_events(&mut program, "delivered", 2)?;
    tablet.command(&["reading", "take-back", &reading, "--why", "measuring-error"])?;
    wait_for_events(&mut program, "delivered", 3)?;
    let after = service.search(&format!("Observation?patient={}", service.patient())).await?;
    ensure!(after.len() == before.len(), "{} Observations, before {}", after.len(), before.len());
    for one in &after {
        ensure!(one["status"] == "entered-in-error", "still {}: {one}", one["status"]);
    }
    let readings = tablet.readings()?;
    let [here] = readings.as_slice() else { anyhow::bail!("{} readings in the record", readings.len()) };
    for (place, says) in
        [("/taken_back/why", "measuring-error"), ("/performer", "relative"), ("/delivery/state", "delivered")]
    {
        ensure!(here.pointer(place).is_some_and(|value| value == says), "not {says}: {here}");
    }
    if which == Which::Embedded {
        let patient = service.patient().rsplit('/').next().unwrap_or_default().to_owned();
        let page = service.page(&format!("patient/{patient}")).await?;
        ensure!(page.contains("Taken back"), "the nurse's page does not say so: {page}");
    }
    program.stop(ENDING).map(drop)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reading_that_is_taken_back_after_delivery_shows_so_on_both_sides() -> Result<()> {
    for which in Which::BOTH {
        taken_back(which).await.with_context(|| format!("{which:?}"))?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_visitor_on_the_scale_is_kept_apart_and_leaves_nothing_once_erased() -> Result<()> {
    let rig = FastRig::start()?;
    let service = FollowUp::start(Which::NotOurs).await?;
    let sensor = Sensor::Scale;
    let (tablet, mut program) = collecting(&rig, &service, sensor)?;
    let weighed =
        |hundredths: u16, seconds| Weighing::at(devices::noon() + TimeDelta::seconds(seconds), hundredths * 2).record();
    let own = weighed(8120, 0);
    measure(rig.control(), sensor.address(), sensor.characteristic(), &own)?;
    wait_for_events(&mut program, "delivered", 1)?;
    let visitors = weighed(6235, 20);
    measure(rig.control(), sensor.address(), sensor.characteristic(), &visitors)?;
    wait_for_events(&mut program, "saved", 2)?;
    let readings = tablet.readings()?;
    let apart = readings.last().context("no reading")?;
    ensure!(apart["delivery"]["reason"] == "unlike-the-patient", "{apart}");
    let folder = tablet.folder();
    ensure!(contains(&folder, "62.350")?, "the value would be found if it were there");

    let own = identity(readings.first().context("no reading")?)?;
    let refused = tablet.command(&["reading", "erase", &own]);
    ensure!(refused.is_err(), "the patient's own reading was erased");
    tablet.command(&["reading", "erase", &identity(apart)?])?;
    ensure!(!contains(&folder, "62.350")?, "the value is still in the folder");
    // The scale believes that it was not received, and sends it once more.
    measure(rig.control(), sensor.address(), sensor.characteristic(), &visitors)?;
    wait_for_events(&mut program, "known", 1)?;
    program.stop(ENDING)?;
    tablet.deliver()?;
    ensure!(!contains(&folder, "62.350")?, "the value is in the folder again");
    ensure!(tablet.readings()?.len() == 1, "not one reading in the record");
    let held = service.holds().await?;
    ensure!(held.len() == 1, "the service holds {held:?}");
    Ok(())
}

/// Whether a file of the folder has a number in it, in figures. The bytes of the sensor are searched for by
/// the record's own tests.
fn contains(folder: &Path, needle: &str) -> Result<bool> {
    let digits = needle.replace('.', "");
    for file in fs::read_dir(folder)? {
        let path = file?.path();
        if path.is_file() {
            let bytes = fs::read(path)?;
            let found = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
            if found(needle) || found(&digits) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_that_is_given_while_the_tablet_runs_is_handed_to_it_or_says_why_not() -> Result<()> {
    let rig = FastRig::start()?;
    let service = FollowUp::start(Which::Embedded).await?;
    let (tablet, mut program) = collecting(&rig, &service, Sensor::Scale)?;
    tablet.command(&["enter", "blood-pressure", "128", "82", "71", "--by", "relative"])?;
    wait_for_events(&mut program, "delivered", 1)?;
    // The pressure as one Observation, the pulse as another.
    let held = service.search(&format!("Observation?patient={}", service.patient())).await?;
    ensure!(held.len() == 2, "the service holds {held:?}");
    // What is paired while it runs is collected from at once.
    rig.control().add_device(&Sensor::Cuff.device())?;
    tablet.pair(Sensor::Cuff)?;
    let record = BloodPressure { user_id: Some(1), ..BloodPressure::at(devices::noon(), 131, 79, 70) }.record();
    measure(rig.control(), Sensor::Cuff.address(), Sensor::Cuff.characteristic(), &record)?;
    wait_for_events(&mut program, "delivered", 2)?;
    // What needs the record for itself says who has it.
    let refused = tablet.command(&["collect", "--seconds", "1"]).err().context("a second program collects")?;
    ensure!(refused.to_string().contains("in use by another Dagsform program"), "{refused}");
    // What cannot be right is refused by name.
    let refused = tablet.command(&["enter", "body-weight", "8"]).err().context("8 kg was taken")?;
    ensure!(refused.to_string().contains("too low to be right"), "{refused}");
    program.stop(ENDING).map(drop)
}
