//! The tablet's clock is wrong (a flat battery, months in a drawer): what is measured then is in doubt until the
//! follow-up service says what time it is, is then put right, and keeps what the clock had shown.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use chrono::{DateTime, TimeDelta, Utc};
use dagsform_tests::{
    follow_up::{FollowUp, Which},
    rig::{FastRig, devices, month::Sensor, plx::SpotCheck},
    scripted_service::{Behave, ScriptedService},
    tablet::{Tablet, measure, wait_for_events},
};
use serde_json::Value;

const TWO_YEARS: TimeDelta = TimeDelta::seconds(63_072_000);
const ENDING: Duration = Duration::from_secs(30);
/// How long the test may take from the measurement to the service's word.
const ABOUT: TimeDelta = TimeDelta::minutes(3);

fn noon() -> DateTime<Utc> {
    (devices::noon() - TimeDelta::hours(1)).and_utc()
}

async fn is_put_right(which: Which) -> Result<()> {
    let rig = FastRig::start()?;
    let service = FollowUp::start(which).await?;
    let road = ScriptedService::before(service.port()?)?;
    road.always(Behave::HangUp);
    rig.control().add_device(&Sensor::Oximeter.device())?;
    let tablet = Tablet::new(&rig, noon())?;
    tablet.set_clocks(noon() - TWO_YEARS, noon())?;
    tablet.enrol(&road.base(), &service)?;
    tablet.pair(Sensor::Oximeter)?;

    // One by an oximeter whose clock is right, and one without a time.
    let mut collecting = tablet.collect()?;
    tablet.set_clocks(noon() - TWO_YEARS, noon())?;
    let timed = SpotCheck::at(devices::noon(), 96, 71);
    let untimed = SpotCheck { device_time: None, ..SpotCheck::at(devices::noon(), 93, 84) };
    for (number, check) in [(1, timed), (2, untimed)] {
        measure(rig.control(), Sensor::Oximeter.address(), devices::SPOT_CHECK, &check.record())?;
        wait_for_events(&mut collecting, "saved", number)?;
    }
    collecting.stop(ENDING)?;
    for reading in tablet.readings()? {
        ensure!(reading.pointer("/time/tablet_clock").is_some_and(|trust| trust == "untrusted"), "{reading}");
        let doubt = reading.pointer("/quality/reasons").and_then(Value::as_array).into_iter().flatten();
        ensure!(doubt.clone().any(|reason| reason["because"] == "time-in-doubt"), "no doubt of {reading}");
    }
    ensure!(service.search("Observation").await?.is_empty(), "something got through");

    road.always(Behave::Well);
    tablet.deliver()?;
    let observations = service.search(&format!("Observation?patient={}", service.patient())).await?;
    ensure!(observations.len() == 4, "{} Observations of two saturations and two pulses", observations.len());
    for observation in &observations {
        let effective = time(observation, "/effectiveDateTime")?;
        let off = (effective - noon()).abs();
        ensure!(off < ABOUT, "{off} off: {observation}");
        // Put right by the comparison with the sensor's own clock, to the second.
        let timed = ["96", "71"].iter().any(|number| is(observation, number));
        ensure!(!timed || effective == noon(), "{effective}, not noon: {observation}");
        let issued = (time(observation, "/issued")? - noon()).abs();
        ensure!(issued < ABOUT, "issued {issued} off: {observation}");
        let notes = observation["note"].to_string();
        ensure!(notes.contains("corrected later") && !notes.contains("in doubt"), "{notes}");
    }
    for reading in tablet.readings()? {
        let received = (time(&reading, "/time/received")? - (noon() - TWO_YEARS)).abs();
        ensure!(received < ABOUT, "what the clock had shown is not kept: {reading}");
        let behind = reading.pointer("/time/tablet_correction_seconds").and_then(Value::as_i64);
        let behind = behind.with_context(|| format!("not put right: {reading}"))?;
        ensure!((behind - TWO_YEARS.num_seconds()).abs() <= 2, "put right by {behind} seconds: {reading}");
        ensure!(reading.pointer("/delivery/state").is_some_and(|state| state == "delivered"), "{reading}");
    }
    // Once more, by a tablet that has heard it: nothing comes of that.
    tablet.deliver()?;
    let again = service.search(&format!("Observation?patient={}", service.patient())).await?;
    ensure!(again == observations, "the second sending changed something");
    Ok(())
}

fn is(observation: &Value, number: &str) -> bool {
    let value = observation.pointer("/valueQuantity/value").map(ToString::to_string).unwrap_or_default();
    value.trim_end_matches(".0") == number
}

fn time(holder: &Value, pointer: &str) -> Result<DateTime<Utc>> {
    let text = holder.pointer(pointer).and_then(Value::as_str);
    let text = text.with_context(|| format!("no {pointer} in {holder}"))?;
    Ok(DateTime::parse_from_rfc3339(text)?.to_utc())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_measured_two_years_behind_arrives_with_its_right_time_at_either_service() -> Result<()> {
    for which in Which::BOTH {
        is_put_right(which).await.with_context(|| format!("{which:?}"))?;
    }
    Ok(())
}
