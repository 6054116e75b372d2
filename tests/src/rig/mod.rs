//! Bluetooth rigs: a room with simulated devices for the program under test.
//!
//! | rig | what is real | start |
//! |---|---|---|
//! | fast | btleplug and D-Bus; `org.bluez` is emulated on a private bus | [`FastRig::start`] |
//! | virtual machine | also bluetoothd and the kernel's Bluetooth stack; controller and radio are emulated | [`machine`], after `tests/rigs/setup` |
//!
//! Both speak the [`control`] protocol, take the same [`description`] of devices and write the same
//! [`log`]. A test of the fast rig:
//!
//! ```no_run
//! use dagsform_tests::rig::{FastRig, devices, plx, program::Program};
//! use std::time::Duration;
//!
//! # fn main() -> anyhow::Result<()> {
//! let rig = FastRig::start()?;
//! let mut oximeter = devices::oximeter("F0:F1:F2:F3:F4:F5", 123_456);
//! oximeter.memory = Some(devices::memory(plx::many(1, 5, devices::noon())));
//! rig.control().add_device(&oximeter)?;
//!
//! let data = tempfile::tempdir()?;
//! let program = Program::on(&rig.bus_address(), data.path())?;
//! program.run(&["pair", &oximeter.address, "--passkey", "123456", "--json"], Duration::from_secs(40))?;
//! let mut collecting = program.collect(&["--idle", "3"])?;
//! collecting.wait_for("the five records", Duration::from_secs(30), |events| {
//!     events.iter().filter(|event| event["event"] == "saved").count() == 5
//! })?;
//! collecting.finish(Duration::from_secs(20))?;
//! assert_eq!(dagsform_tests::rig::log::deliveries(&rig.log()?).len(), 5);
//! # Ok(())
//! # }
//! ```
//!
//! Any other process can be put on the rig with `DBUS_SYSTEM_BUS_ADDRESS=`[`FastRig::bus_address`].

pub mod blood_pressure;
pub mod bus;
pub mod client;
pub mod control;
pub mod description;
pub mod devices;
pub mod emulator;
mod fields;
pub mod glucose;
pub mod kit;
pub mod log;
pub mod machine;
pub mod mi_scale;
pub mod month;
pub mod number;
pub mod plx;
pub mod program;
pub mod racp;
pub mod scenario;
pub mod temperature;
pub mod weight;

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use tempfile::TempDir;

use bus::Bus;
use control::Control;
use emulator::{Emulator, Options, Pace};
use log::Entry;

/// A private bus with an emulated `org.bluez` on it; everything goes when it is dropped.
#[derive(Debug)]
pub struct FastRig {
    // Fields are dropped in this order.
    _emulator: Emulator,
    bus: Bus,
    control: Control,
    folder: TempDir,
}

impl FastRig {
    /// Starts a rig without devices at the pace of [`Pace::quick`].
    ///
    /// # Errors
    /// `dbus-daemon` is not installed, or something did not start in time.
    pub fn start() -> Result<Self> {
        Self::start_at(Pace::quick())
    }

    /// Starts a rig without devices at a pace of one's choice.
    ///
    /// # Errors
    /// As [`FastRig::start`].
    pub fn start_at(pace: Pace) -> Result<Self> {
        let folder =
            tempfile::Builder::new().prefix("dagsform-rig").tempdir().context("making a folder for the rig")?;
        let bus = Bus::start(folder.path())?;
        let control = folder.path().join("control");
        let options =
            Options { bus: bus.address(), control: control.clone(), log: log_in(&folder), devices: vec![], pace };
        let emulator = Emulator::start(options)?;
        Ok(Self { _emulator: emulator, bus, control: Control::new(&control), folder })
    }

    /// The value of `DBUS_SYSTEM_BUS_ADDRESS` for programs on this rig.
    #[must_use]
    pub fn bus_address(&self) -> String {
        self.bus.address()
    }

    /// The control of the rig.
    #[must_use]
    pub fn control(&self) -> &Control {
        &self.control
    }

    /// The path of the control socket, for other processes.
    #[must_use]
    pub fn control_socket(&self) -> PathBuf {
        self.folder.path().join("control")
    }

    /// The path of the rig's log.
    #[must_use]
    pub fn log_path(&self) -> PathBuf {
        log_in(&self.folder)
    }

    /// The rig's log so far.
    ///
    /// # Errors
    /// The log cannot be read.
    pub fn log(&self) -> Result<Vec<Entry>> {
        log::read(&self.log_path())
    }
}

fn log_in(folder: &TempDir) -> PathBuf {
    folder.path().join("log.jsonl")
}
