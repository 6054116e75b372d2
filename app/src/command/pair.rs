//! `dagsform pair`: bonds with a sensor and gives it to the patient.

use std::{
    io::{BufRead, IsTerminal, Write},
    path::Path,
    sync::Arc,
    time::Duration,
};

use anyhow::Result;
use async_trait::async_trait;
use chrono::{DateTime, FixedOffset, NaiveDate, NaiveTime};
use dagsform_care::{DeviceId, time::ZONE};
use dagsform_sensors::{
    RadioFault,
    pairing::{self, Code, Installer},
};
use serde_json::json;

use super::runtime;
use crate::{
    control::{Control, Request},
    exit::{Exit, failure},
    record::{Earlier, LinkKind, NewDevice, RecordError},
};

/// How long the room is searched when no address is given.
const LOOK_AROUND: Duration = Duration::from_secs(15);

/// Pair a sensor and give it to the patient.
#[derive(clap::Args, Debug)]
pub(super) struct Arguments {
    /// The sensor's Bluetooth address; without it, the sensors in the room are listed
    address: Option<String>,
    /// The code that the sensor shows or that is printed on it
    #[arg(long, value_name = "CODE")]
    passkey: Option<String>,
    /// What people call the sensor
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Whose are the measurements in its memory from before today? `mine`: the patient's; `aside`: perhaps
    /// someone else's, they are kept and not sent; a date such as 2026-11-01: the patient's from that day on
    /// [default: aside, or as it was when the sensor is paired anew]
    #[arg(long, value_name = "WHOSE", value_parser = earlier)]
    earlier: Option<Before>,
    /// The patient's place among the users of the sensor; what its other users measure is kept apart
    #[arg(long, value_name = "NUMBER")]
    user: Option<u8>,
    /// As JSON
    #[arg(long)]
    json: bool,
}

/// Whose the memory from before is.
#[derive(Clone, Copy, Debug)]
enum Before {
    Whole(Earlier),
    Since(NaiveDate),
}

fn earlier(text: &str) -> Result<Before, String> {
    match text {
        "mine" => Ok(Before::Whole(Earlier::Mine)),
        "aside" => Ok(Before::Whole(Earlier::Aside)),
        date => {
            date.parse().map(Before::Since).map_err(|_| "give mine, aside, or a date such as 2026-11-01".to_owned())
        }
    }
}

/// The beginning of a day in the patient's zone.
fn midnight(day: NaiveDate) -> Option<DateTime<FixedOffset>> {
    day.and_time(NaiveTime::MIN).and_local_timezone(ZONE).earliest().map(|time| time.fixed_offset())
}

pub(super) fn run(folder: &Path, arguments: Arguments) -> Result<()> {
    let runtime = runtime()?;
    let Some(address) = &arguments.address else {
        return runtime.block_on(list(arguments.json));
    };
    let address = DeviceId::parse(address).map_err(|e| failure(Exit::Usage, e.to_string()))?;
    let code = arguments.passkey.as_deref().map(Code::parse).transpose();
    let code = code.map_err(|e| failure(Exit::Usage, e.to_string()))?;
    let device = runtime.block_on(pair(folder, &address, code, &arguments))?;
    if arguments.json {
        println!("{}", json!({ "device": device }));
    } else {
        println!("{} ({}) is paired and belongs to the patient now.", device.name, device.address);
    }
    Ok(())
}

async fn pair(
    folder: &Path,
    address: &DeviceId,
    code: Option<Code>,
    arguments: &Arguments,
) -> Result<crate::record::AssignedDevice> {
    // The record first: a sensor is not bonded for a tablet that cannot keep it. It is let go while the
    // radio and people take their time.
    if !Control::open(folder)?.ask::<bool>(&Request::IsEnrolled).await? {
        return Err(RecordError::NotEnrolled.into());
    }
    let installer: Arc<dyn Installer> =
        if std::io::stdin().is_terminal() { Arc::new(AtTheTerminal) } else { Arc::new(pairing::Nobody) };
    let bond = match pairing::pair(address, code, installer).await {
        Ok(bond) => bond,
        Err(fault) => {
            if arguments.json {
                println!("{}", json!({ "fault": { "kind": fault, "device": address } }));
            }
            return Err(failure(exit_of(fault), format!("{address}: {fault}; {}", way_out(fault))));
        }
    };
    let (earlier, since) = match arguments.earlier {
        None => (None, None),
        Some(Before::Whole(earlier)) => (Some(earlier), None),
        Some(Before::Since(day)) => (Some(Earlier::Aside), midnight(day)),
    };
    let name = arguments.name.clone().or(bond.name).unwrap_or_else(|| bond.device.to_string());
    let new = NewDevice {
        address: bond.device,
        name,
        link: LinkKind::Bonded,
        kinds: bond.kinds,
        earlier,
        since,
        user: arguments.user,
    };
    Control::open(folder)?.ask(&Request::Assign(new)).await
}

async fn list(json: bool) -> Result<()> {
    let found = pairing::scan(LOOK_AROUND).await;
    let found = found.map_err(|fault| failure(exit_of(fault), format!("{fault}; {}", way_out(fault))))?;
    for candidate in found {
        let name = candidate.name.as_deref().unwrap_or("without a name");
        if json {
            println!(
                "{}",
                json!({ "address": candidate.device, "name": name, "rssi": candidate.rssi, "bonded": candidate.bonded })
            );
        } else {
            println!("{}  {name}{}", candidate.device, if candidate.bonded { "  (paired)" } else { "" });
        }
    }
    Ok(())
}

fn exit_of(fault: RadioFault) -> Exit {
    match fault {
        RadioFault::WrongCode | RadioFault::CodeNeeded => Exit::Data,
        RadioFault::Timeout | RadioFault::NotInPairingMode => Exit::TryAgain,
        _ => Exit::Unavailable,
    }
}

/// What the installer can do about it.
fn way_out(fault: RadioFault) -> &'static str {
    match fault {
        RadioFault::NoService => "start bluetoothd",
        RadioFault::NoAdapter => "check that the tablet's Bluetooth works",
        RadioFault::AdapterOff => "switch Bluetooth on",
        RadioFault::NotFound => "switch the sensor on, bring it close, and check the address",
        RadioFault::NotInPairingMode => "put the sensor into its pairing mode and try again",
        RadioFault::WrongCode => "read the code once more and try again",
        RadioFault::CodeNeeded => "give it with --passkey",
        RadioFault::Gone => "keep the sensor on and close, and try again",
        RadioFault::Timeout => "switch the sensor off and on, and try again",
        RadioFault::BondLost => "remove the tablet from the sensor's memory, and pair anew",
        RadioFault::Silent => "take a measurement, and try again",
        RadioFault::NotAllowed => "use a sensor that can be paired",
        RadioFault::Unsupported => "use a sensor from the list of supported ones",
        RadioFault::Failed => "switch Bluetooth off and on, and try again",
    }
}

/// Asks the person at the terminal.
struct AtTheTerminal;

impl AtTheTerminal {
    async fn ask(question: String) -> Option<String> {
        let answer = tokio::task::spawn_blocking(move || {
            let mut out = std::io::stderr();
            write!(out, "{question} ").and_then(|()| out.flush()).ok()?;
            let mut line = String::new();
            std::io::stdin().lock().read_line(&mut line).ok()?;
            Some(line.trim().to_owned())
        });
        answer.await.ok().flatten().filter(|line| !line.is_empty())
    }
}

#[async_trait]
impl Installer for AtTheTerminal {
    async fn code(&self, device: &DeviceId) -> Option<Code> {
        Code::parse(&Self::ask(format!("The code of {device}:")).await?).ok()
    }
    async fn confirm(&self, device: &DeviceId, shown: &str) -> bool {
        Self::ask(format!("Does {device} show {shown}? (yes/no)")).await.is_some_and(|answer| answer == "yes")
    }
    fn show(&self, device: &DeviceId, code: &str) {
        eprintln!("Type {code} on {device}.");
    }
}
