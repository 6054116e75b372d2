//! A sensor that comes back into reach of a tablet that has been running all the time.

use std::time::Duration;

use anyhow::Result;
use chrono::TimeDelta;
use dagsform_tests::{
    facts,
    follow_up::{FollowUp, Which},
    rig::{FastRig, blood_pressure::BloodPressure, devices, log, month::Sensor},
    tablet::{SOON, Tablet, wait_for_events},
};

/// BlueZ switches the measurements on again by itself as soon as a link to a bonded device stands, and such a
/// device sends at once: the program has to listen by then.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_cuff_sends_as_soon_as_it_is_back_is_not_lost() -> Result<()> {
    let rig = FastRig::start()?;
    let service = FollowUp::start(Which::Embedded).await?;
    let cuff = Sensor::Cuff;
    rig.control().add_device(&cuff.device())?;
    let tablet = Tablet::new(&rig, (devices::noon() - TimeDelta::hours(1)).and_utc())?;
    tablet.enrol(service.base(), &service)?;
    tablet.pair(cuff)?;
    let mut collecting = tablet.collect()?;
    rig.control().wait_until_subscribed(cuff.address(), cuff.characteristic(), SOON)?;
    for (number, hour) in [(1, 9), (2, 10), (3, 11)] {
        rig.control().set_present(cuff.address(), false)?;
        wait_for_events(&mut collecting, "disconnected", number)?;
        let at = devices::noon() - TimeDelta::hours(24 - hour);
        let measured = BloodPressure { user_id: Some(1), ..BloodPressure::at(at, 131, 82, 70) };
        rig.control().ask(&cuff.holds(vec![measured.record()]))?;
        rig.control().set_present(cuff.address(), true)?;
        rig.control().wait_for(cuff.address(), SOON, |cuff| cuff.connected)?;
        wait_for_events(&mut collecting, "saved", number)?;
    }
    collecting.stop(Duration::from_secs(30))?;
    tablet.deliver()?;
    facts::same("the service", &facts::sent(&log::deliveries(&rig.log()?))?, &service.holds().await?)
}
