//! The emulator behaves as BlueZ does towards btleplug and towards a pairing agent, so that what is
//! tested on it means something.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use btleplug::api::bleuuid::uuid_from_u16;
use btleplug::api::{CentralEvent, Peripheral as _, WriteType};
use dagsform_tests::rig::client::{CONTROL_POINT, Client, SOON, UNASKED, characteristic, listen, operate};
use dagsform_tests::rig::control::{Control, Request};
use dagsform_tests::rig::description::{Device, Pairing, Pour, Record, Refusal};
use dagsform_tests::rig::log::{self, Event, Origin};
use dagsform_tests::rig::{FastRig, devices, plx};
use futures::StreamExt as _;
use tokio::time::timeout;

const ADDRESS: &str = "F0:F1:F2:F3:F4:F5";
const PASSKEY: u32 = 123_456;
const SPOT_CHECK: u16 = 0x2A5E;
/// What is listened to of an oximeter.
const OXIMETERS: [u16; 2] = [SPOT_CHECK, CONTROL_POINT];
const STEP_WITHIN: Duration = Duration::from_secs(120);

fn oximeter(address: &str) -> Device {
    devices::oximeter(address, PASSKEY)
}

fn bytes(records: &[Record]) -> Vec<String> {
    records.iter().map(|record| record.bytes.clone()).collect()
}

/// Runs the steps of a test on a rig of their own: one process has one bus, and setting the environment
/// of a running process is unsafe, so the test is started anew with it.
fn on_the_fast_rig(test: &str) -> Result<()> {
    let rig = FastRig::start()?;
    let status = std::process::Command::new(std::env::current_exe()?)
        .args(["--exact", test, "--nocapture"])
        .env("DBUS_SYSTEM_BUS_ADDRESS", rig.bus_address())
        .env("ON_RIG", rig.control_socket())
        .status()?;
    ensure!(status.success(), "the steps on the rig failed, see above");
    Ok(())
}

/// The control socket of the rig that this process was started on, if any.
fn rig() -> Option<Control> {
    std::env::var_os("ON_RIG").map(|socket| Control::new(std::path::Path::new(&socket)))
}

/// Carries out steps, which are functions of a rig's control and a tablet.
macro_rules! steps {
    ($control:expr, $($step:ident),* $(,)?) => {
        tokio::runtime::Runtime::new()?.block_on(async {
            let (control, tablet) = ($control, Client::new().await?);
            $(
                let started = Instant::now();
                let result = timeout(STEP_WITHIN, $step(&control, &tablet)).await;
                result.context("it took too long").and_then(|result| result).context(stringify!($step))?;
                println!("{:5} ms  {}", started.elapsed().as_millis(), stringify!($step));
            )*
            Ok(())
        })
    };
}

/// The emulator is put to use by a client that knows nothing of it.
#[test]
fn btleplug_and_an_agent_work_on_the_emulator_as_on_bluez() -> Result<()> {
    let Some(control) = rig() else {
        return on_the_fast_rig("btleplug_and_an_agent_work_on_the_emulator_as_on_bluez");
    };
    steps!(
        control,
        a_wrong_code_is_refused_and_the_right_one_makes_a_bond_that_lasts,
        stored_records_arrive_whole_and_go_on_after_a_drop,
        a_live_value_is_confirmed_and_logged_with_its_meaning,
        two_devices_are_served_at_once,
        just_works_needs_an_agent_but_no_code_and_is_not_enough_for_a_control_point,
        records_pour_out_of_a_device_without_a_control_point,
        power_and_range_end_links_and_a_lost_bond_shows,
        two_thousand_records_arrive_once_each_and_in_order,
        a_device_outside_its_pairing_mode_says_no_in_its_own_way,
        what_a_broken_link_kept_back_is_poured_over_the_next_one,
        a_muted_bus_is_silent_though_calls_are_answered
    )
}

#[test]
fn each_kind_of_sensor_serves_btleplug_on_the_emulator() -> Result<()> {
    let rig = FastRig::start()?;
    let status = std::process::Command::new(env!("CARGO_BIN_EXE_bluetooth-client"))
        .arg(rig.control_socket())
        .env("DBUS_SYSTEM_BUS_ADDRESS", rig.bus_address())
        .status()?;
    ensure!(status.success(), "the steps on the rig failed, see above");
    Ok(())
}

async fn a_wrong_code_is_refused_and_the_right_one_makes_a_bond_that_lasts(
    control: &Control,
    tablet: &Client,
) -> Result<()> {
    control.add_device(&oximeter(ADDRESS))?;
    let peripheral = tablet.find(ADDRESS).await?;
    let properties = peripheral.properties().await?.context("no properties")?;
    assert_eq!(properties.services, [uuid_from_u16(0x1822)]);
    peripheral.connect().await?;
    peripheral.discover_services().await?;
    let features = characteristic(&peripheral, 0x2A60)?;
    assert!(peripheral.read(&features).await.is_err(), "features were read without a bond");
    assert_eq!(tablet.pair(&peripheral, Some(1)).await?.as_deref(), Some("org.bluez.Error.AuthenticationFailed"));
    assert_eq!(tablet.pair(&peripheral, Some(PASSKEY)).await?, None);
    assert_eq!(tablet.pair(&peripheral, Some(PASSKEY)).await?.as_deref(), Some("org.bluez.Error.AlreadyExists"));
    peripheral.discover_services().await?;
    assert_eq!(peripheral.read(&features).await?, [7, 0]);
    peripheral.disconnect().await?;
    control.set_pairing_mode(ADDRESS, false)?;
    peripheral.connect().await?;
    peripheral.discover_services().await?;
    assert_eq!(peripheral.read(&features).await?, [7, 0]);
    peripheral.disconnect().await?;
    Ok(())
}

async fn stored_records_arrive_whole_and_go_on_after_a_drop(control: &Control, tablet: &Client) -> Result<()> {
    let records = plx::many(3, 5, devices::noon());
    let mut memory = devices::memory(records.clone());
    memory.drop_before_records = vec![3];
    control.set_memory(ADDRESS, memory)?;
    let peripheral = tablet.find(ADDRESS).await?;
    let mut events = tablet.events().await?;
    let mut values = listen(&peripheral, &OXIMETERS).await?;
    assert_eq!(operate(&peripheral, &mut values, &[4, 1]).await?.1, [5, 0, 5, 0]);
    peripheral.write(&characteristic(&peripheral, CONTROL_POINT)?, &[1, 1], WriteType::WithResponse).await?;
    timeout(SOON, async {
        while let Some(event) = events.next().await {
            if matches!(event, CentralEvent::DeviceDisconnected(_)) {
                return Ok(());
            }
        }
        bail!("the events ended")
    })
    .await??;
    let mut values = listen(&peripheral, &OXIMETERS).await?;
    let (received, answer) = operate(&peripheral, &mut values, &[1, 3, 1, 3, 0]).await?;
    assert_eq!(
        (received.as_slice(), answer.as_slice()),
        (bytes(&records).split_off(2).as_slice(), [6, 0, 1, 1].as_slice())
    );
    assert_eq!(operate(&peripheral, &mut values, &[1, 3, 1, 6, 0]).await?.1, [6, 0, 1, 6]);
    assert_eq!(operate(&peripheral, &mut values, &[9, 1]).await?.1, [6, 0, 9, 2]);
    let stored: Vec<Option<usize>> =
        log::deliveries(&control.log(0)?).iter().map(|delivery| delivery.sent.record).collect();
    assert_eq!(stored, [1, 2, 3, 4, 5].map(Some));
    peripheral.disconnect().await?;
    Ok(())
}

async fn a_live_value_is_confirmed_and_logged_with_its_meaning(control: &Control, tablet: &Client) -> Result<()> {
    let record = plx::SpotCheck::at(devices::noon(), 96, 71).record();
    assert!(!control.send(ADDRESS, "2A5E", &record)?, "a value left without a link");
    let peripheral = tablet.find(ADDRESS).await?;
    let mut values = listen(&peripheral, &OXIMETERS).await?;
    control.wait_until_subscribed(ADDRESS, "2A5E", SOON)?;
    let before = control.log(0)?.last().map_or(0, |entry| entry.n);
    assert!(control.send(ADDRESS, "2A5E", &record)?);
    let value = timeout(SOON, values.next()).await?.context("the stream ended")?;
    assert_eq!(hex::encode(value.value), record.bytes);
    let entries = control.log(before)?;
    let delivery = log::deliveries(&entries).pop().context("nothing was logged")?;
    assert_eq!((delivery.sent.origin, delivery.confirmed), (Origin::Live, true));
    assert_eq!(delivery.sent.meaning, record.meaning);
    peripheral.disconnect().await?;
    Ok(())
}

async fn two_devices_are_served_at_once(control: &Control, tablet: &Client) -> Result<()> {
    let second = "F0:F1:F2:F3:F4:02";
    control.add_device(&oximeter(second))?;
    control.set_pairing_mode(ADDRESS, true)?;
    let (one, two) = (tablet.find(ADDRESS).await?, tablet.find(second).await?);
    assert_eq!(tablet.pair(&two, Some(PASSKEY)).await?, None);
    let (mut from_one, mut from_two) = (listen(&one, &OXIMETERS).await?, listen(&two, &OXIMETERS).await?);
    for (number, address, values) in [(1, ADDRESS, &mut from_one), (2, second, &mut from_two)] {
        let record = plx::SpotCheck::at(devices::noon(), 90 + number, 60).record();
        assert!(control.send(address, "2A5E", &record)?);
        let value = timeout(SOON, values.next()).await?.context("the stream ended")?;
        assert_eq!(hex::encode(value.value), record.bytes);
    }
    one.disconnect().await?;
    two.disconnect().await?;
    tablet.forget(&two).await?;
    assert!(control.device(second)?.bonded, "the device itself should not have noticed");
    control.ask(&Request::RemoveDevice { device: second.to_owned() })?;
    Ok(())
}

async fn a_device_outside_its_pairing_mode_says_no_in_its_own_way(control: &Control, tablet: &Client) -> Result<()> {
    let cases = [
        (Refusal::Failed, "org.bluez.Error.AuthenticationFailed"),
        (Refusal::Rejected, "org.bluez.Error.AuthenticationRejected"),
        (Refusal::Unreachable, "org.bluez.Error.ConnectionAttemptFailed"),
    ];
    for (number, (refusal, name)) in cases.into_iter().enumerate() {
        let address = format!("F0:00:00:00:01:0{number}");
        control.add_device(&Device { pairing_mode: false, refusal, ..oximeter(&address) })?;
        let peripheral = tablet.find(&address).await?;
        assert_eq!(tablet.pair(&peripheral, Some(PASSKEY)).await?.as_deref(), Some(name));
        control.set_present(&address, false)?;
    }
    let address = "F0:00:00:00:01:10";
    control.add_device(&oximeter(address))?;
    let without_agent = tablet.pair(&tablet.find(address).await?, None).await?;
    assert_eq!(without_agent.as_deref(), Some("org.bluez.Error.AuthenticationFailed"));
    control.set_present(address, false)?;
    Ok(())
}

async fn just_works_needs_an_agent_but_no_code_and_is_not_enough_for_a_control_point(
    control: &Control,
    tablet: &Client,
) -> Result<()> {
    let address = "F0:00:00:00:02:01";
    control.add_device(&Device { pairing: Pairing::JustWorks, ..oximeter(address) })?;
    let peripheral = tablet.find(address).await?;
    let without_agent = tablet.pair(&peripheral, None).await?;
    assert_eq!(without_agent.as_deref(), Some("org.bluez.Error.AuthenticationFailed"));
    assert_eq!(tablet.pair(&peripheral, Some(UNASKED)).await?, None);
    peripheral.connect().await?;
    peripheral.discover_services().await?;
    assert_eq!(peripheral.read(&characteristic(&peripheral, 0x2A60)?).await?, [7, 0]);
    assert!(peripheral.subscribe(&characteristic(&peripheral, CONTROL_POINT)?).await.is_err());
    peripheral.disconnect().await?;
    control.set_present(address, false)?;
    Ok(())
}

async fn records_pour_out_of_a_device_without_a_control_point(control: &Control, tablet: &Client) -> Result<()> {
    let address = "F0:00:00:00:03:01";
    let records = plx::many(4, 4, devices::noon());
    let mut device = oximeter(address);
    device.pairing = Pairing::JustWorks;
    device.memory = None;
    device.pour = Some(Pour { delay_ms: 20, gap_ms: 5, ..devices::pour("2A5E", records.clone()) });
    control.add_device(&device)?;
    let peripheral = tablet.find(address).await?;
    peripheral.connect().await?;
    peripheral.discover_services().await?;
    let mut values = peripheral.notifications().await?;
    peripheral.subscribe(&characteristic(&peripheral, SPOT_CHECK)?).await?;
    let received: Vec<String> =
        timeout(SOON, values.by_ref().take(4).map(|value| hex::encode(value.value)).collect()).await?;
    assert_eq!(received, bytes(&records));
    control.wait_for(address, SOON, |state| !state.connected)?;
    control.set_present(address, false)?;
    Ok(())
}

async fn power_and_range_end_links_and_a_lost_bond_shows(control: &Control, tablet: &Client) -> Result<()> {
    let peripheral = tablet.find(ADDRESS).await?;
    for end in [Request::SetPower { on: false }, Request::SetPresent { device: ADDRESS.to_owned(), present: false }] {
        peripheral.connect().await?;
        assert!(peripheral.is_connected().await?);
        control.ask(&end)?;
        control.wait_for(ADDRESS, SOON, |state| !state.connected)?;
        assert!(!peripheral.is_connected().await?);
        control.set_power(true)?;
        control.set_present(ADDRESS, true)?;
    }
    control.ask(&Request::ForgetBond { device: ADDRESS.to_owned() })?;
    let before = control.log(0)?.last().map_or(0, |entry| entry.n);
    // btleplug waits on for services that will not come.
    timeout(Duration::from_secs(1), peripheral.connect()).await.ok();
    control.wait_for(ADDRESS, SOON, |state| !state.connected && state.links > 0)?;
    let reasons: Vec<String> = control
        .log(before)?
        .into_iter()
        .filter_map(|entry| match entry.event {
            Event::Disconnected { reason, .. } => Some(reason),
            _ => None,
        })
        .collect();
    assert_eq!(reasons, ["the device holds no bond"]);
    tablet.forget(&peripheral).await?;
    Ok(())
}

async fn two_thousand_records_arrive_once_each_and_in_order(control: &Control, tablet: &Client) -> Result<()> {
    let records = plx::many(5, 2_000, devices::noon());
    control.set_memory(ADDRESS, devices::memory(records.clone()))?;
    let peripheral = tablet.find(ADDRESS).await?;
    assert_eq!(tablet.pair(&peripheral, Some(PASSKEY)).await?, None);
    let mut values = listen(&peripheral, &OXIMETERS).await?;
    let (received, answer) = operate(&peripheral, &mut values, &[1, 1]).await?;
    assert_eq!(answer, [6, 0, 1, 1]);
    assert!(received == bytes(&records), "{} of 2000 arrived", received.len());
    peripheral.disconnect().await?;
    Ok(())
}

async fn what_a_broken_link_kept_back_is_poured_over_the_next_one(control: &Control, tablet: &Client) -> Result<()> {
    let address = "F0:00:00:00:03:02";
    let records = plx::many(6, 6, devices::noon());
    let mut device = oximeter(address);
    device.pairing = Pairing::JustWorks;
    device.memory = None;
    device.pour = Some(Pour { gap_ms: 50, ..devices::pour("2A5E", records.clone()) });
    control.add_device(&device)?;
    let peripheral = tablet.find(address).await?;
    let mut received = Vec::new();
    for (part, then) in [(2, Some(Request::DropLink { device: address.to_owned() })), (4, None)] {
        peripheral.connect().await?;
        peripheral.discover_services().await?;
        let mut values = peripheral.notifications().await?;
        peripheral.subscribe(&characteristic(&peripheral, SPOT_CHECK)?).await?;
        for _ in 0..part {
            let value = timeout(SOON, values.next()).await?.context("the stream ended")?;
            received.push(hex::encode(value.value));
        }
        if let Some(request) = then {
            control.ask(&request)?;
        }
        control.wait_for(address, SOON, |state| !state.connected)?;
    }
    assert_eq!(received, bytes(&records));
    let places: Vec<Option<usize>> = log::deliveries(&control.log(0)?)
        .iter()
        .filter(|delivery| delivery.sent.device == address)
        .map(|delivery| delivery.sent.record)
        .collect();
    assert_eq!(places, [1, 2, 3, 4, 5, 6].map(Some));
    control.set_present(address, false)?;
    Ok(())
}

async fn a_muted_bus_is_silent_though_calls_are_answered(control: &Control, tablet: &Client) -> Result<()> {
    let peripheral = tablet.find(ADDRESS).await?;
    let mut values = listen(&peripheral, &OXIMETERS).await?;
    control.ask(&Request::Mute { on: true })?;
    let record = plx::SpotCheck::at(devices::noon(), 95, 70).record();
    assert!(control.send(ADDRESS, "2A5E", &record)?, "the device should believe that it was heard");
    assert!(timeout(Duration::from_millis(300), values.next()).await.is_err(), "a signal came through");
    assert_eq!(peripheral.read(&characteristic(&peripheral, 0x2A60)?).await?, [7, 0]);
    control.ask(&Request::Mute { on: false })?;
    assert!(control.send(ADDRESS, "2A5E", &record)?);
    timeout(SOON, values.next()).await?.context("the stream ended")?;
    peripheral.disconnect().await?;
    Ok(())
}
