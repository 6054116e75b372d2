//! The emulator behaves as BlueZ does towards btleplug and towards a pairing agent, so that what is
//! tested on it means something.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use btleplug::api::bleuuid::uuid_from_u16;
use btleplug::api::{
    Central as _, CentralEvent, Manager as _, Peripheral as _, ScanFilter, ValueNotification, WriteType,
};
use btleplug::platform::{Adapter, Manager, Peripheral};
use dagsform_tests::rig::control::{Control, Request};
use dagsform_tests::rig::description::{Device, Pairing, Refusal};
use dagsform_tests::rig::log::{self, Event, Origin};
use dagsform_tests::rig::{FastRig, devices, plx};
use futures::{Stream, StreamExt as _};
use std::pin::Pin;
use tokio::time::timeout;
use zbus::zvariant::{ObjectPath, OwnedObjectPath};

const ADDRESS: &str = "F0:F1:F2:F3:F4:F5";
const PASSKEY: u32 = 123_456;
const SPOT_CHECK: u16 = 0x2A5E;
const CONTROL_POINT: u16 = 0x2A52;
const SOON: Duration = Duration::from_secs(5);
const STEP_WITHIN: Duration = Duration::from_secs(20);

/// An agent that gives one code to all who ask.
struct Agent(u32);

#[zbus::interface(name = "org.bluez.Agent1")]
impl Agent {
    fn release(&self) {}
    fn request_passkey(&self, _device: OwnedObjectPath) -> u32 {
        self.0
    }
    fn cancel(&self) {}
}

/// A tablet with btleplug and an agent. btleplug looks for its bus in the environment of the
/// process, so all tests of this file are one test on one rig.
struct Tablet {
    bus: zbus::Connection,
    adapter: Adapter,
}

impl Tablet {
    async fn new() -> Result<Self> {
        let manager = Manager::new().await?;
        let adapter = manager.adapters().await?.into_iter().next().context("there is no adapter")?;
        Ok(Self { bus: zbus::Connection::system().await?, adapter })
    }

    async fn find(&self, address: &str) -> Result<Peripheral> {
        self.adapter.start_scan(ScanFilter::default()).await?;
        let end = Instant::now() + SOON;
        let found = loop {
            let all = self.adapter.peripherals().await?;
            if let Some(found) = all.into_iter().find(|peripheral| peripheral.address().to_string() == address) {
                break found;
            }
            ensure!(Instant::now() < end, "{address} was not found");
            tokio::time::sleep(Duration::from_millis(10)).await;
        };
        self.adapter.stop_scan().await?;
        Ok(found)
    }

    /// The name of the error that BlueZ gives, or none.
    async fn pair(&self, peripheral: &Peripheral, code: Option<u32>) -> Result<Option<String>> {
        let manager = zbus::Proxy::new(&self.bus, "org.bluez", "/org/bluez", "org.bluez.AgentManager1").await?;
        let path = ObjectPath::try_from("/agent")?;
        if let Some(code) = code {
            self.bus.object_server().at(&path, Agent(code)).await?;
            manager.call::<_, _, ()>("RegisterAgent", &(&path, "KeyboardDisplay")).await?;
        }
        let device = format!("/org/bluez/{}", peripheral.id());
        let device = zbus::Proxy::new(&self.bus, "org.bluez", device, "org.bluez.Device1").await?;
        let result = timeout(SOON, device.call::<_, _, ()>("Pair", &())).await?;
        if code.is_some() {
            manager.call::<_, _, ()>("UnregisterAgent", &(&path,)).await?;
            self.bus.object_server().remove::<Agent, _>(&path).await?;
        }
        match result {
            Ok(()) => Ok(None),
            Err(zbus::Error::MethodError(name, ..)) => Ok(Some(name.to_string())),
            Err(error) => Err(error.into()),
        }
    }

    async fn unpair(&self, peripheral: &Peripheral) -> Result<()> {
        let adapter = zbus::Proxy::new(&self.bus, "org.bluez", "/org/bluez/hci0", "org.bluez.Adapter1").await?;
        let device = format!("/org/bluez/{}", peripheral.id());
        Ok(adapter.call("RemoveDevice", &(ObjectPath::try_from(device)?,)).await?)
    }
}

type Values = Pin<Box<dyn Stream<Item = ValueNotification> + Send>>;

/// Connects, looks up the services and switches on records and answers.
async fn open(peripheral: &Peripheral) -> Result<Values> {
    peripheral.connect().await?;
    peripheral.discover_services().await?;
    let values = peripheral.notifications().await?;
    for uuid in [SPOT_CHECK, CONTROL_POINT] {
        peripheral.subscribe(&characteristic(peripheral, uuid)?).await?;
    }
    Ok(values)
}

fn characteristic(peripheral: &Peripheral, uuid: u16) -> Result<btleplug::api::Characteristic> {
    let wanted = uuid_from_u16(uuid);
    let mut all = peripheral.characteristics().into_iter();
    all.find(|candidate| candidate.uuid == wanted).with_context(|| format!("there is no characteristic {uuid:04X}"))
}

/// Writes to the control point; the records up to its answer, and the answer.
async fn operate(peripheral: &Peripheral, values: &mut Values, operation: &[u8]) -> Result<(Vec<String>, Vec<u8>)> {
    peripheral.write(&characteristic(peripheral, CONTROL_POINT)?, operation, WriteType::WithResponse).await?;
    let mut records = Vec::new();
    loop {
        let value = timeout(SOON, values.next()).await.context("no answer")?.context("the stream ended")?;
        if value.uuid == uuid_from_u16(CONTROL_POINT) {
            return Ok((records, value.value));
        }
        records.push(hex::encode(value.value));
    }
}

fn oximeter(address: &str) -> Device {
    devices::oximeter(address, PASSKEY)
}

fn bytes(records: &[dagsform_tests::rig::description::Record]) -> Vec<String> {
    records.iter().map(|record| record.bytes.clone()).collect()
}

/// The emulator is put to use by a client that knows nothing of it. One process has one bus, so the
/// steps are functions of one test.
#[test]
fn btleplug_and_an_agent_work_on_the_emulator_as_on_bluez() -> Result<()> {
    let Some(socket) = std::env::var_os("ON_RIG") else {
        // Setting the environment of a running process is unsafe; a child gets it from the start.
        let rig = FastRig::start()?;
        let status = std::process::Command::new(std::env::current_exe()?)
            .args(["--exact", "btleplug_and_an_agent_work_on_the_emulator_as_on_bluez", "--nocapture"])
            .env("DBUS_SYSTEM_BUS_ADDRESS", rig.bus_address())
            .env("ON_RIG", rig.control_socket())
            .status()?;
        ensure!(status.success(), "the steps on the rig failed, see above");
        return Ok(());
    };
    let control = Control::new(std::path::Path::new(&socket));
    tokio::runtime::Runtime::new()?.block_on(async {
        let tablet = Tablet::new().await?;
        macro_rules! steps {
            ($($step:ident),*) => {$(
                let started = Instant::now();
                let result = timeout(STEP_WITHIN, $step(&control, &tablet)).await;
                result.context("it took too long").and_then(|result| result).context(stringify!($step))?;
                println!("{:5} ms  {}", started.elapsed().as_millis(), stringify!($step));
            )*};
        }
        steps!(
            a_wrong_code_is_refused_and_the_right_one_makes_a_bond_that_lasts,
            stored_records_arrive_whole_and_go_on_after_a_drop,
            a_live_value_is_confirmed_and_logged_with_its_meaning,
            two_devices_are_served_at_once,
            just_works_needs_no_agent_and_is_not_enough_for_a_control_point,
            records_pour_out_of_a_device_without_a_control_point,
            power_and_range_end_links_and_a_lost_bond_shows,
            two_thousand_records_arrive_once_each_and_in_order,
            a_device_outside_its_pairing_mode_says_no_in_its_own_way,
            a_muted_bus_is_silent_though_calls_are_answered
        );
        Ok(())
    })
}

async fn a_wrong_code_is_refused_and_the_right_one_makes_a_bond_that_lasts(
    control: &Control,
    tablet: &Tablet,
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

async fn stored_records_arrive_whole_and_go_on_after_a_drop(control: &Control, tablet: &Tablet) -> Result<()> {
    let records = plx::many(3, 5, devices::noon());
    let mut memory = devices::memory(records.clone());
    memory.drop_before_record = Some(3);
    control.set_memory(ADDRESS, memory)?;
    let peripheral = tablet.find(ADDRESS).await?;
    let mut events = tablet.adapter.events().await?;
    let mut values = open(&peripheral).await?;
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
    let mut values = open(&peripheral).await?;
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

async fn a_live_value_is_confirmed_and_logged_with_its_meaning(control: &Control, tablet: &Tablet) -> Result<()> {
    let record = plx::SpotCheck::at(devices::noon(), 96, 71).record();
    assert!(!control.send(ADDRESS, "2A5E", &record)?, "a value left without a link");
    let peripheral = tablet.find(ADDRESS).await?;
    let mut values = open(&peripheral).await?;
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

async fn two_devices_are_served_at_once(control: &Control, tablet: &Tablet) -> Result<()> {
    let second = "F0:F1:F2:F3:F4:02";
    control.add_device(&oximeter(second))?;
    control.set_pairing_mode(ADDRESS, true)?;
    let (one, two) = (tablet.find(ADDRESS).await?, tablet.find(second).await?);
    assert_eq!(tablet.pair(&two, Some(PASSKEY)).await?, None);
    let (mut from_one, mut from_two) = (open(&one).await?, open(&two).await?);
    for (number, address, values) in [(1, ADDRESS, &mut from_one), (2, second, &mut from_two)] {
        let record = plx::SpotCheck::at(devices::noon(), 90 + number, 60).record();
        assert!(control.send(address, "2A5E", &record)?);
        let value = timeout(SOON, values.next()).await?.context("the stream ended")?;
        assert_eq!(hex::encode(value.value), record.bytes);
    }
    one.disconnect().await?;
    two.disconnect().await?;
    tablet.unpair(&two).await?;
    assert!(control.device(second)?.bonded, "the device itself should not have noticed");
    control.ask(&Request::RemoveDevice { device: second.to_owned() })?;
    Ok(())
}

async fn a_device_outside_its_pairing_mode_says_no_in_its_own_way(control: &Control, tablet: &Tablet) -> Result<()> {
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

async fn just_works_needs_no_agent_and_is_not_enough_for_a_control_point(
    control: &Control,
    tablet: &Tablet,
) -> Result<()> {
    let address = "F0:00:00:00:02:01";
    control.add_device(&Device { pairing: Pairing::JustWorks, ..oximeter(address) })?;
    let peripheral = tablet.find(address).await?;
    assert_eq!(tablet.pair(&peripheral, None).await?, None);
    peripheral.discover_services().await?;
    assert_eq!(peripheral.read(&characteristic(&peripheral, 0x2A60)?).await?, [7, 0]);
    assert!(peripheral.subscribe(&characteristic(&peripheral, CONTROL_POINT)?).await.is_err());
    peripheral.disconnect().await?;
    control.set_present(address, false)?;
    Ok(())
}

async fn records_pour_out_of_a_device_without_a_control_point(control: &Control, tablet: &Tablet) -> Result<()> {
    let address = "F0:00:00:00:03:01";
    let records = plx::many(4, 4, devices::noon());
    let mut device = oximeter(address);
    device.pairing = Pairing::JustWorks;
    device.memory = None;
    device.pour = Some(dagsform_tests::rig::description::Pour {
        characteristic: "2A5E".to_owned(),
        records: records.clone(),
        delay_ms: 20,
        gap_ms: 5,
        hang_up: true,
    });
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

async fn power_and_range_end_links_and_a_lost_bond_shows(control: &Control, tablet: &Tablet) -> Result<()> {
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
    tablet.unpair(&peripheral).await?;
    Ok(())
}

async fn two_thousand_records_arrive_once_each_and_in_order(control: &Control, tablet: &Tablet) -> Result<()> {
    let records = plx::many(5, 2_000, devices::noon());
    control.set_memory(ADDRESS, devices::memory(records.clone()))?;
    let peripheral = tablet.find(ADDRESS).await?;
    assert_eq!(tablet.pair(&peripheral, Some(PASSKEY)).await?, None);
    let mut values = open(&peripheral).await?;
    let (received, answer) = operate(&peripheral, &mut values, &[1, 1]).await?;
    assert_eq!(answer, [6, 0, 1, 1]);
    assert!(received == bytes(&records), "{} of 2000 arrived", received.len());
    peripheral.disconnect().await?;
    Ok(())
}

async fn a_muted_bus_is_silent_though_calls_are_answered(control: &Control, tablet: &Tablet) -> Result<()> {
    let peripheral = tablet.find(ADDRESS).await?;
    let mut values = open(&peripheral).await?;
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
