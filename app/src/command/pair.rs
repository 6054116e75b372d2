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
use dagsform_care::{DeviceId, Kind, time::ZONE};
use dagsform_sensors::{
    RadioFault,
    device::Key,
    pairing::{self, Bond, Candidate, Code, Installer, NotPaired, Wanted},
};
use serde_json::{Value, json};

use super::{enter, runtime};
use crate::{
    control::{Control, Request},
    exit::{Exit, failure},
    record::{Earlier, LinkKind, NewDevice, RecordError},
};

/// How long the room is searched when no sensor is named.
const LOOK_AROUND: Duration = Duration::from_secs(15);

/// Pair a sensor and give it to the patient.
#[derive(clap::Args, Debug)]
pub(super) struct Arguments {
    /// The sensor's Bluetooth address; without it and --kind, the sensors in the room are listed
    address: Option<String>,
    /// The only sensor in the room that measures this, such as blood-pressure
    #[arg(long, value_name = "KIND", value_parser = enter::kind, conflicts_with = "address")]
    kind: Option<Kind>,
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
    /// The code that opens that place, for a sensor that asks for one: 0 to 9999
    #[arg(long, value_name = "CODE", requires = "user", value_parser = clap::value_parser!(u16).range(0..=9999))]
    user_code: Option<u16>,
    /// The sensor cannot be paired: it sends what it measures to everybody. Give its key, or say that anyone nearby may
    /// send in its name
    #[arg(long, requires = "address", conflicts_with = "passkey")]
    advertised: bool,
    /// The key by which it encrypts what it sends: 32 hexadecimal digits
    #[arg(long, value_name = "HEX", requires = "advertised")]
    key: Option<Key>,
    /// Take what it sends unencrypted, though anyone nearby could send in its name
    #[arg(long, requires = "advertised", conflicts_with = "key")]
    unencrypted: bool,
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
    let wanted = match (&arguments.address, arguments.kind) {
        (None, None) => return runtime.block_on(list(arguments.json)),
        (Some(address), _) => {
            Wanted::Address(DeviceId::parse(address).map_err(|e| failure(Exit::Usage, e.to_string()))?)
        }
        (None, Some(kind)) => Wanted::Only(kind),
    };
    if arguments.advertised && arguments.key.is_none() && !arguments.unencrypted {
        let either = "give the sensor's key with --key, or say --unencrypted: anyone nearby can then send in its name";
        return Err(failure(Exit::Usage, either.to_owned()));
    }
    let code = arguments.passkey.as_deref().map(Code::parse).transpose();
    let code = code.map_err(|e| failure(Exit::Usage, e.to_string()))?;
    let device = runtime.block_on(pair(folder, &wanted, code, &arguments))?;
    if arguments.json {
        println!("{}", json!({ "device": device }));
    } else {
        let paired = if arguments.advertised { "" } else { "is paired and " };
        println!("{} ({}) {paired}belongs to the patient now.", device.name, device.address);
    }
    Ok(())
}

async fn pair(
    folder: &Path,
    wanted: &Wanted,
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
    let bond = match (arguments.advertised, wanted) {
        (true, Wanted::Address(device)) => Bond::none(device.clone()),
        _ => pairing::pair(wanted, code, installer).await.map_err(|not| told(&not, arguments.json))?,
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
        link: if arguments.advertised { LinkKind::Advertised } else { LinkKind::Bonded },
        kinds: bond.kinds,
        earlier,
        since,
        user: arguments.user,
        key: arguments.key,
        unencrypted: arguments.unencrypted,
        consent_code: arguments.user_code,
    };
    Control::open(folder)?.ask(&Request::Assign(new)).await
}

async fn list(json: bool) -> Result<()> {
    let found = pairing::scan(LOOK_AROUND).await.map_err(|fault| told(&fault.into(), json))?;
    for candidate in found {
        if json {
            println!("{}", as_json(&candidate));
        } else {
            println!("{}{}", as_words(&candidate), if candidate.bonded { "  (paired)" } else { "" });
        }
    }
    Ok(())
}

fn as_json(candidate: &Candidate) -> Value {
    let Candidate { device, name, kinds, rssi, bonded, .. } = candidate;
    let name = name.as_deref().unwrap_or("without a name");
    json!({ "address": device, "name": name, "kinds": kinds, "rssi": rssi, "bonded": bonded })
}

fn as_words(candidate: &Candidate) -> String {
    let name = candidate.name.as_deref().unwrap_or("without a name");
    let kinds = candidate.kinds.iter().map(|kind| kind.name());
    let heard = candidate.rssi.map(|rssi| format!("{rssi} dBm"));
    let more: Vec<String> = kinds.map(str::to_owned).chain(heard).collect();
    let more = if more.is_empty() { String::new() } else { format!("  ({})", more.join(", ")) };
    format!("{}  {name}{more}", candidate.device)
}

/// Tells why nothing was paired.
fn told(not: &NotPaired, json: bool) -> anyhow::Error {
    if json {
        println!("{}", not_paired(not));
    }
    failure(exit_of(not.fault), account(not))
}

/// Why nothing was paired, for programs.
fn not_paired(not: &NotPaired) -> Value {
    let alike: Vec<Value> = not.alike.iter().map(as_json).collect();
    json!({ "fault": { "kind": not.fault, "device": not.device, "alike": alike } })
}

/// Why nothing was paired, and what to do about it.
fn account(not: &NotPaired) -> String {
    let whose = not.device.as_ref().map(|device| format!("{device}: ")).unwrap_or_default();
    let alike: String = not.alike.iter().map(|candidate| format!("\n  {}", as_words(candidate))).collect();
    format!("{whose}{}; {}{alike}", not.fault, way_out(not.fault))
}

fn exit_of(fault: RadioFault) -> Exit {
    match fault {
        RadioFault::WrongCode
        | RadioFault::CodeNeeded
        | RadioFault::KeyNeeded
        | RadioFault::WrongKey
        | RadioFault::ConsentRefused
        | RadioFault::TwoAlike => Exit::Data,
        RadioFault::Timeout | RadioFault::NotInPairingMode | RadioFault::BondedElsewhere | RadioFault::BondLost => {
            Exit::TryAgain
        }
        RadioFault::NoService
        | RadioFault::NoAdapter
        | RadioFault::AdapterGone
        | RadioFault::AdapterOff
        | RadioFault::NotFound
        | RadioFault::Gone
        | RadioFault::Silent
        | RadioFault::NotAllowed
        | RadioFault::Unsupported
        | RadioFault::Failed => Exit::Unavailable,
    }
}

/// What the installer can do about it.
fn way_out(fault: RadioFault) -> &'static str {
    match fault {
        RadioFault::NoService => "start bluetoothd",
        RadioFault::NoAdapter => "check that the tablet's Bluetooth works",
        RadioFault::AdapterGone => "put the adapter back in, and try again",
        RadioFault::AdapterOff => "switch Bluetooth on",
        RadioFault::NotFound => "switch the sensor on or into its pairing mode, bring it close, and check the address",
        RadioFault::TwoAlike => "switch the other one off or take it away, or give the address of the right one:",
        RadioFault::NotInPairingMode => {
            "put the sensor into its pairing mode and try again; if a phone is paired with it, remove it there first"
        }
        RadioFault::BondedElsewhere => {
            "remove the sensor from that phone or tablet, put it into its pairing mode, and try again"
        }
        RadioFault::WrongCode => "read the code once more and try again",
        RadioFault::CodeNeeded => "give it with --passkey",
        RadioFault::Gone => "keep the sensor on and close, and try again",
        RadioFault::Timeout => "switch the sensor off and on, and try again",
        RadioFault::BondLost => "put the sensor into its pairing mode, and pair it anew",
        RadioFault::Silent => "take a measurement, and try again",
        RadioFault::NotAllowed => {
            "use a sensor that can be paired, or take what it sends to everybody: --advertised --unencrypted"
        }
        RadioFault::KeyNeeded => "give the key that the maker's own program shows: --advertised --key",
        RadioFault::WrongKey => "read the key in the maker's own program once more; pairing there makes a new one",
        RadioFault::ConsentRefused => {
            "read the code of the patient's place on the sensor once more, and give it anew: --user-code"
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(address: &str, name: Option<&str>, rssi: i16) -> Candidate {
        Candidate {
            device: DeviceId::parse(address).unwrap(),
            name: name.map(str::to_owned),
            services: vec![0x1810],
            kinds: vec![Kind::BloodPressure],
            rssi: Some(rssi),
            bonded: false,
        }
    }

    #[test]
    fn of_two_sensors_that_fit_both_are_named_so_that_a_person_can_choose() {
        let alike = vec![candidate("F0:F1:F2:F3:F4:01", Some("BM85"), -51), candidate("F0:F1:F2:F3:F4:02", None, -78)];
        let not = NotPaired { alike, ..RadioFault::TwoAlike.into() };
        assert_eq!(
            account(&not),
            "two devices of this kind are heard; switch the other one off or take it away, or give the address of \
             the right one:\n  F0:F1:F2:F3:F4:01  BM85  (blood-pressure, -51 dBm)\
             \n  F0:F1:F2:F3:F4:02  without a name  (blood-pressure, -78 dBm)"
        );
        let told = not_paired(&not);
        assert_eq!(told["fault"]["kind"], "two_alike");
        assert_eq!(told["fault"]["alike"][1]["rssi"], -78);
        assert_eq!(exit_of(not.fault), Exit::Data);
    }

    #[test]
    fn every_fault_is_told_with_a_way_out_on_one_line() {
        for fault in RadioFault::ALL {
            let device = Some(DeviceId::parse("F0:F1:F2:F3:F4:F5").unwrap());
            let not = NotPaired { device, ..fault.into() };
            let said = account(&not);
            assert!(said.starts_with(&format!("F0:F1:F2:F3:F4:F5: {fault}; ")), "{said}");
            assert!(!said.contains('\n') && way_out(fault).len() > 10, "{said}");
            assert_eq!(not_paired(&not), json!({ "fault": { "kind": fault, "device": not.device, "alike": [] } }));
        }
    }
}
