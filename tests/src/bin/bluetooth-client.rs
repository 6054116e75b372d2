//! A client that knows nothing of the program uses one sensor of each kind, on whichever rig this process is.
//!
//! `bluetooth-client CONTROL_SOCKET`; the status is 0 when all was as the sensors were described.

use std::fmt::Debug;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use btleplug::api::{Peripheral as _, WriteType};
use chrono::TimeDelta;
use dagsform_tests::rig::blood_pressure::{BloodPressure, PressureUnit};
use dagsform_tests::rig::client::{CONTROL_POINT, Client, SOON, UNASKED, characteristic, connect, listen, next};
use dagsform_tests::rig::control::Control;
use dagsform_tests::rig::description::{Device, Pairing, Pour, Record};
use dagsform_tests::rig::glucose::{Context as MealContext, Glucose};
use dagsform_tests::rig::number::Sfloat;
use dagsform_tests::rig::temperature::{Temperature, TemperatureUnit};
use dagsform_tests::rig::weight::{Build, System, UNSUCCESSFUL, Weighing};
use dagsform_tests::rig::{devices, log};

const PASSKEY: u32 = 123_456;
const STEP_WITHIN: Duration = Duration::from_secs(240);

/// Carries out steps, which are functions of a rig's control and a client.
macro_rules! steps {
    ($control:expr, $client:expr, $($step:ident),* $(,)?) => {
        $(
            let started = Instant::now();
            let result = tokio::time::timeout(STEP_WITHIN, $step($control, $client)).await;
            result.context("it took too long").and_then(|result| result).context(stringify!($step))?;
            println!("{:5} ms  {}", started.elapsed().as_millis(), stringify!($step));
        )*
    };
}

#[tokio::main]
async fn main() -> Result<()> {
    let socket = std::env::args_os().nth(1).context("usage: bluetooth-client CONTROL_SOCKET")?;
    let (control, client) = (Control::new(Path::new(&socket)), Client::new().await?);
    steps!(
        &control,
        &client,
        a_cuff_pours_its_records_in_order_and_then_measures,
        a_scale_with_a_passkey_pours_its_records_in_order_and_then_measures,
        a_thermometer_pours_its_records_in_order_and_then_measures,
        each_record_of_a_glucose_meter_is_followed_by_its_context,
    );
    Ok(())
}

async fn a_cuff_pours_its_records_in_order_and_then_measures(control: &Control, client: &Client) -> Result<()> {
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
    pours_and_measures(control, client, &device, &live).await
}

async fn a_scale_with_a_passkey_pours_its_records_in_order_and_then_measures(
    control: &Control,
    client: &Client,
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
    pours_and_measures(control, client, &device, &live).await
}

async fn a_thermometer_pours_its_records_in_order_and_then_measures(control: &Control, client: &Client) -> Result<()> {
    let time = |minutes| devices::noon() + TimeDelta::minutes(minutes);
    let fahrenheit = Temperature { unit: TemperatureUnit::Fahrenheit, ..Temperature::at(time(2), 993) };
    let records = [Temperature::at(time(0), 368).record(), fahrenheit.record()];
    let live = Temperature { temperature_type: Some(6), ..Temperature::at(time(4), 371) }.record();
    let pour = Some(devices::pour(devices::TEMPERATURE, records.to_vec()));
    let device = Device { pour, ..devices::thermometer("F0:00:00:00:04:03") };
    pours_and_measures(control, client, &device, &live).await
}

/// Pairs, takes what the device pours until it hangs up, and then a measurement over a second link.
async fn pours_and_measures(control: &Control, client: &Client, device: &Device, live: &Record) -> Result<()> {
    let Pour { characteristic: measurement, records, .. } = device.pour.as_ref().context("it has nothing to pour")?;
    let address = &device.address;
    let uuid = u16::from_str_radix(measurement, 16)?;
    let code = match device.pairing {
        Pairing::Passkey { passkey } => passkey,
        Pairing::JustWorks | Pairing::None => UNASKED,
    };
    control.add_device(device)?;
    let peripheral = client.find(address).await?;
    same(&client.pair(&peripheral, Some(code)).await?, &None)?;
    connect(&peripheral).await?;
    for given in device.services.iter().flat_map(|service| &service.characteristics).filter(|part| part.is("read")) {
        let uuid = u16::from_str_radix(&given.uuid, 16)?;
        let value = peripheral.read(&characteristic(&peripheral, uuid)?).await?;
        same(&hex::encode(value), &given.value).with_context(|| given.uuid.clone())?;
    }
    let mut values = peripheral.notifications().await?;
    peripheral.subscribe(&characteristic(&peripheral, uuid)?).await?;
    let expected: Vec<(u16, String)> = records.iter().map(|record| (uuid, record.bytes.clone())).collect();
    same(&next(&mut values, records.len()).await?, &expected)?;
    control.wait_for(address, SOON, |state| !state.connected)?;

    let mut values = listen(&peripheral, &[uuid]).await?;
    control.wait_until_subscribed(address, measurement, SOON)?;
    ensure!(control.send(address, measurement, live)?, "it was not confirmed");
    same(&next(&mut values, 1).await?, &vec![(uuid, live.bytes.clone())])?;
    let deliveries = log::deliveries(&control.log(0)?);
    let told: Vec<_> = deliveries
        .iter()
        .filter(|delivery| delivery.sent.device == *address)
        .map(|delivery| (delivery.sent.record, delivery.sent.meaning.as_ref(), delivery.confirmed))
        .collect();
    let expected = (1..).map(Some).zip(records).chain([(None, live)]);
    let expected: Vec<_> = expected.map(|(place, record)| (place, record.meaning.as_ref(), true)).collect();
    same(&told, &expected)?;
    peripheral.disconnect().await?;
    control.set_present(address, false)?;
    Ok(())
}

async fn each_record_of_a_glucose_meter_is_followed_by_its_context(control: &Control, client: &Client) -> Result<()> {
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
    let peripheral = client.find(address).await?;
    same(&client.pair(&peripheral, Some(PASSKEY)).await?, &None)?;
    connect(&peripheral).await?;
    let features = peripheral.read(&characteristic(&peripheral, 0x2A51)?).await?;
    same(&features, &vec![0xFF, 0x03])?;
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
        same(&next(&mut values, expected.len()).await?, &expected).with_context(|| format!("after {operation:?}"))?;
    }
    let live = Glucose { context: after_meal, ..Glucose::at(703, time(700), 88) }.record();
    let before = control.log(0)?.last().map_or(0, |entry| entry.n);
    ensure!(control.send(address, "2A18", &live)?, "it was not sent");
    same(&next(&mut values, 2).await?, &frames(std::slice::from_ref(&live)))?;
    let deliveries = log::deliveries(&control.log(before)?);
    let [delivery] = deliveries.as_slice() else { bail!("a record and its context are one: {deliveries:?}") };
    let context: Vec<_> = delivery.followed_by.iter().map(|frame| (&frame.bytes, &frame.meaning)).collect();
    same(&(&delivery.sent.bytes, &delivery.sent.meaning), &(&live.bytes, &live.meaning))?;
    same(&context, &live.followed_by.iter().map(|frame| (&frame.bytes, &frame.meaning)).collect())?;
    peripheral.disconnect().await?;
    control.set_present(address, false)?;
    Ok(())
}

fn same<T: PartialEq + Debug>(found: &T, expected: &T) -> Result<()> {
    ensure!(found == expected, "expected {expected:?}, found {found:?}");
    Ok(())
}
