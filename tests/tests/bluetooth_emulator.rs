//! The emulator behaves as BlueZ does towards btleplug and towards a pairing agent, so that what is
//! tested on it means something.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use btleplug::api::bleuuid::uuid_from_u16;
use btleplug::api::{
    Central as _, CentralEvent, Manager as _, Peripheral as _, ScanFilter, ValueNotification, WriteType,
};
use btleplug::platform::{Adapter, Manager, Peripheral};
use chrono::TimeDelta;
use dagsform_tests::rig::blood_pressure::{BloodPressure, PressureUnit};
use dagsform_tests::rig::control::{Control, Request};
use dagsform_tests::rig::description::{Device, Pairing, Pour, Record, Refusal};
use dagsform_tests::rig::glucose::{Context as MealContext, Glucose};
use dagsform_tests::rig::log::{self, Event, Origin};
use dagsform_tests::rig::machine::{Machine, Order};
use dagsform_tests::rig::number::Sfloat;
use dagsform_tests::rig::temperature::{Temperature, TemperatureUnit};
use dagsform_tests::rig::weight::{Build, System, UNSUCCESSFUL, Weighing};
use dagsform_tests::rig::{FastRig, devices, plx};
use futures::{Stream, StreamExt as _};
use std::pin::Pin;
use tokio::time::timeout;
use zbus::zvariant::{ObjectPath, OwnedObjectPath};

const ADDRESS: &str = "F0:F1:F2:F3:F4:F5";
const PASSKEY: u32 = 123_456;
/// The code of an agent that should not be asked for one.
const UNASKED: u32 = 0;
const SPOT_CHECK: u16 = 0x2A5E;
const CONTROL_POINT: u16 = 0x2A52;
/// Deadlines are those of the virtual machine; the emulator does not use them up.
const SOON: Duration = Duration::from_secs(30);
const STEP_WITHIN: Duration = Duration::from_secs(120);

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
/// process, so the tests of this file are steps on one rig.
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

    /// Pairs, with an agent that has a code or without any agent. The name of the error that BlueZ
    /// gives, or none.
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
            let (control, tablet) = ($control, Tablet::new().await?);
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
    let Some(control) = rig() else { return on_the_fast_rig("each_kind_of_sensor_serves_btleplug_on_the_emulator") };
    steps!(
        control,
        a_cuff_pours_its_records_in_order_and_then_measures,
        a_scale_with_a_passkey_pours_its_records_in_order_and_then_measures,
        a_thermometer_pours_its_records_in_order_and_then_measures,
        each_record_of_a_glucose_meter_is_followed_by_its_context,
    )
}

#[test]
#[ignore = "boots a virtual machine: minutes; tests/run runs it"]
fn each_kind_of_sensor_serves_btleplug_on_the_real_stack() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let program = std::env::current_exe()?;
    let order = Order {
        share: folder.path().join("share"),
        disk: folder.path().join("disk.img"),
        job: format!(
            "ON_RIG=\"$ROOM_CONTROL\" {} --exact each_kind_of_sensor_serves_btleplug_on_the_emulator --nocapture",
            program.display()
        ),
        port: None,
    };
    let outcome = Machine::boot(&order)?.wait(Duration::from_secs(900))?;
    println!("{}", outcome.stdout);
    ensure!(outcome.result == "0", "the job ended with {}\n{}", outcome.result, outcome.account);
    Ok(())
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

async fn just_works_needs_an_agent_but_no_code_and_is_not_enough_for_a_control_point(
    control: &Control,
    tablet: &Tablet,
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

async fn records_pour_out_of_a_device_without_a_control_point(control: &Control, tablet: &Tablet) -> Result<()> {
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

async fn what_a_broken_link_kept_back_is_poured_over_the_next_one(control: &Control, tablet: &Tablet) -> Result<()> {
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

async fn a_cuff_pours_its_records_in_order_and_then_measures(control: &Control, tablet: &Tablet) -> Result<()> {
    let time = |minutes| devices::noon() + TimeDelta::minutes(minutes);
    let records = [
        BloodPressure::at(time(0), 131, 82, 71),
        BloodPressure { user_id: Some(2), measurement_status: Some(0x25), ..BloodPressure::at(time(3), 144, 88, 77) },
        BloodPressure::failed(time(5)),
        BloodPressure {
            systolic: Sfloat::tenths(165),
            diastolic: Sfloat::tenths(115),
            unit: PressureUnit::Kilopascal,
            ..BloodPressure::at(time(9), 0, 0, 68)
        },
    ];
    let records = records.map(|pressure| pressure.record());
    let live = BloodPressure::at(time(12), 128, 79, 66).record();
    let pour = Some(devices::pour(devices::BLOOD_PRESSURE, records.to_vec()));
    let device = Device { pour, ..devices::cuff("F0:00:00:00:04:01", Pairing::JustWorks) };
    pours_and_measures(control, tablet, &device, &live).await
}

async fn a_scale_with_a_passkey_pours_its_records_in_order_and_then_measures(
    control: &Control,
    tablet: &Tablet,
) -> Result<()> {
    let time = |minutes| devices::noon() + TimeDelta::minutes(minutes);
    let build = Some(Build { body_mass_index: 277, height: 1_720 });
    let records = [
        Weighing { user_id: Some(1), build, ..Weighing::at(time(0), 16_400) },
        Weighing { system: System::Imperial, ..Weighing::at(time(1), 18_060) },
        Weighing::at(time(2), UNSUCCESSFUL),
    ];
    let records = records.map(|weighing| weighing.record());
    let live = Weighing { user_id: Some(1), ..Weighing::at(time(4), 16_420) }.record();
    let pour = Some(devices::pour(devices::WEIGHT, records.to_vec()));
    let device = Device { pour, ..devices::scale("F0:00:00:00:04:02", Pairing::Passkey { passkey: PASSKEY }) };
    pours_and_measures(control, tablet, &device, &live).await
}

async fn a_thermometer_pours_its_records_in_order_and_then_measures(control: &Control, tablet: &Tablet) -> Result<()> {
    let time = |minutes| devices::noon() + TimeDelta::minutes(minutes);
    let fahrenheit = Temperature { unit: TemperatureUnit::Fahrenheit, ..Temperature::at(time(2), 993) };
    let records = [Temperature::at(time(0), 368).record(), fahrenheit.record()];
    let live = Temperature { temperature_type: Some(6), ..Temperature::at(time(4), 371) }.record();
    let pour = Some(devices::pour(devices::TEMPERATURE, records.to_vec()));
    let device = Device { pour, ..devices::thermometer("F0:00:00:00:04:03") };
    pours_and_measures(control, tablet, &device, &live).await
}

/// Pairs, takes what the device pours until it hangs up, and then a measurement over a second link.
async fn pours_and_measures(control: &Control, tablet: &Tablet, device: &Device, live: &Record) -> Result<()> {
    let Pour { characteristic: measurement, records, .. } = device.pour.as_ref().context("it has nothing to pour")?;
    let address = &device.address;
    let uuid = u16::from_str_radix(measurement, 16)?;
    let code = match device.pairing {
        Pairing::Passkey { passkey } => passkey,
        Pairing::JustWorks | Pairing::None => UNASKED,
    };
    control.add_device(device)?;
    let peripheral = tablet.find(address).await?;
    assert_eq!(tablet.pair(&peripheral, Some(code)).await?, None);
    peripheral.connect().await?;
    peripheral.discover_services().await?;
    for given in device.services.iter().flat_map(|service| &service.characteristics).filter(|part| part.is("read")) {
        let uuid = u16::from_str_radix(&given.uuid, 16)?;
        let value = peripheral.read(&characteristic(&peripheral, uuid)?).await?;
        assert_eq!(hex::encode(value), given.value, "{}", given.uuid);
    }
    let mut values = peripheral.notifications().await?;
    peripheral.subscribe(&characteristic(&peripheral, uuid)?).await?;
    let received = timeout(SOON, values.by_ref().take(records.len()).collect::<Vec<_>>()).await?;
    assert!(received.iter().all(|value| value.uuid == uuid_from_u16(uuid)));
    assert_eq!(received.into_iter().map(|value| hex::encode(value.value)).collect::<Vec<_>>(), bytes(records));
    control.wait_for(address, SOON, |state| !state.connected)?;

    peripheral.connect().await?;
    peripheral.discover_services().await?;
    let mut values = peripheral.notifications().await?;
    peripheral.subscribe(&characteristic(&peripheral, uuid)?).await?;
    control.wait_until_subscribed(address, measurement, SOON)?;
    assert!(control.send(address, measurement, live)?, "it was not confirmed");
    let value = timeout(SOON, values.next()).await?.context("the stream ended")?;
    assert_eq!(hex::encode(value.value), live.bytes);
    let deliveries = log::deliveries(&control.log(0)?);
    let told: Vec<_> = deliveries
        .iter()
        .filter(|delivery| delivery.sent.device == *address)
        .map(|delivery| (delivery.sent.record, delivery.sent.meaning.as_ref(), delivery.confirmed))
        .collect();
    let expected = (1..).map(Some).zip(records).chain([(None, live)]);
    let expected: Vec<_> = expected.map(|(place, record)| (place, record.meaning.as_ref(), true)).collect();
    assert_eq!(told, expected);
    peripheral.disconnect().await?;
    control.set_present(address, false)?;
    Ok(())
}

async fn each_record_of_a_glucose_meter_is_followed_by_its_context(control: &Control, tablet: &Tablet) -> Result<()> {
    let address = "F0:00:00:00:04:04";
    let time = |minutes| devices::noon() + TimeDelta::minutes(minutes);
    let after_meal = Some(MealContext { meal: Some(2), ..MealContext::default() });
    let full = MealContext {
        carbohydrate: Some((1, Sfloat { mantissa: 60, exponent: -3 })),
        meal: Some(3),
        tester_health: Some((1, 5)),
        ..MealContext::default()
    };
    let records = [
        Glucose { context: after_meal.clone(), ..Glucose::at(700, time(0), 92) },
        Glucose { time_offset: Some(60), sensor_status_annunciation: Some(1), ..Glucose::at(701, time(40), 41) },
        Glucose { context: Some(full), ..Glucose::at(702, time(600), 66) },
    ];
    let records = records.map(|glucose| glucose.record());
    let frames = |records: &[Record]| -> Vec<(u16, String)> {
        let frames = records.iter().flat_map(|record| {
            let context = record.followed_by.iter().map(|frame| (0x2A34, frame.bytes.clone()));
            [(0x2A18, record.bytes.clone())].into_iter().chain(context)
        });
        frames.collect()
    };
    let memory = Some(devices::glucose_memory(records.to_vec()));
    control.add_device(&Device { memory, ..devices::glucose_meter(address, PASSKEY) })?;
    let peripheral = tablet.find(address).await?;
    assert_eq!(tablet.pair(&peripheral, Some(PASSKEY)).await?, None);
    peripheral.connect().await?;
    peripheral.discover_services().await?;
    let features = peripheral.read(&characteristic(&peripheral, 0x2A51)?).await?;
    assert_eq!(features, [0xFF, 0x03]);
    let mut values = peripheral.notifications().await?;
    for uuid in [0x2A18, 0x2A34, CONTROL_POINT] {
        peripheral.subscribe(&characteristic(&peripheral, uuid)?).await?;
    }
    for (operation, expected) in
        [(&[1, 1][..], &records[..]), (&[1, 3, 1, 0xBE, 0x02], &records[2..]), (&[1, 6], &records[2..])]
    {
        let control_point = characteristic(&peripheral, CONTROL_POINT)?;
        peripheral.write(&control_point, operation, WriteType::WithResponse).await?;
        let mut expected: Vec<(u16, String)> = frames(expected);
        expected.push((CONTROL_POINT, "06000101".to_owned()));
        assert_eq!(next(&mut values, expected.len()).await?, expected, "after {operation:?}");
    }
    let live = Glucose { context: after_meal, ..Glucose::at(703, time(700), 88) }.record();
    let before = control.log(0)?.last().map_or(0, |entry| entry.n);
    assert!(control.send(address, "2A18", &live)?);
    assert_eq!(next(&mut values, 2).await?, frames(std::slice::from_ref(&live)));
    let deliveries = log::deliveries(&control.log(before)?);
    let [delivery] = deliveries.as_slice() else { bail!("a record and its context are one: {deliveries:?}") };
    let context: Vec<_> = delivery.followed_by.iter().map(|frame| (&frame.bytes, &frame.meaning)).collect();
    assert_eq!((&delivery.sent.bytes, &delivery.sent.meaning), (&live.bytes, &live.meaning));
    assert_eq!(context, live.followed_by.iter().map(|frame| (&frame.bytes, &frame.meaning)).collect::<Vec<_>>());
    peripheral.disconnect().await?;
    control.set_present(address, false)?;
    Ok(())
}

/// The next values, each with the short UUID of its characteristic.
async fn next(values: &mut Values, count: usize) -> Result<Vec<(u16, String)>> {
    let mut found = Vec::new();
    for _ in 0..count {
        let value = timeout(SOON, values.next()).await.context("no value")?.context("the stream ended")?;
        let (head, ..) = value.uuid.as_fields();
        found.push((u16::try_from(head)?, hex::encode(value.value)));
    }
    Ok(found)
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
