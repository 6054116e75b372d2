//! The Bluetooth emulator as a process of its own.
//!
//! `bluez-emulator CONTROL_SOCKET LOG [DEVICES.json]` appears as `org.bluez` on the bus that
//! `DBUS_SYSTEM_BUS_ADDRESS` names and runs until it is told to shut down.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use dagsform_tests::rig::emulator::{Emulator, Options, Pace};

fn main() -> Result<()> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let usage = "usage: bluez-emulator CONTROL_SOCKET LOG [DEVICES.json]";
    let control = arguments.next().context(usage)?;
    let log = arguments.next().context(usage)?;
    let devices = match arguments.next() {
        Some(path) => {
            let text = std::fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
            serde_json::from_str(&text).with_context(|| format!("in {}", path.display()))?
        }
        None => vec![],
    };
    let bus = std::env::var("DBUS_SYSTEM_BUS_ADDRESS").context("DBUS_SYSTEM_BUS_ADDRESS is not set")?;
    let emulator = Emulator::start(Options { bus, control, log, devices, pace: Pace::default() })?;
    println!("ready");
    emulator.wait()
}
