//! The control protocol of both rigs: JSON lines over a Unix socket, one reply to each request.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use serde::{Deserialize, Serialize};

use super::description::{Device, Memory, Pour, Record};
use super::log::Entry;

/// What can be asked of a rig. Devices are named by address, characteristics by UUID.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub enum Request {
    /// Brings a device into the room.
    AddDevice {
        /// What it is.
        device: Box<Device>,
    },
    /// Takes a device away for good, together with its own end of the bond.
    RemoveDevice {
        /// The device.
        device: String,
    },
    /// Brings a device into or out of range; out of range, a link dies after a moment.
    SetPresent {
        /// The device.
        device: String,
        /// Whether it is in range.
        present: bool,
    },
    /// Puts a device into or out of pairing mode.
    SetPairingMode {
        /// The device.
        device: String,
        /// Whether it accepts a new bond.
        on: bool,
    },
    /// Makes the device, not the tablet, forget its bond.
    ForgetBond {
        /// The device.
        device: String,
    },
    /// Replaces the device's memory.
    SetMemory {
        /// The device.
        device: String,
        /// The new memory.
        memory: Memory,
    },
    /// Replaces what the device pours out after the next connection.
    SetPour {
        /// The device.
        device: String,
        /// The new records; `null` for none.
        pour: Option<Pour>,
    },
    /// Changes the value that a read gives, for example the battery's.
    SetValue {
        /// The device.
        device: String,
        /// The characteristic.
        characteristic: String,
        /// The value, as hex.
        bytes: String,
    },
    /// Changes the service data that the device advertises, as one does that is never connected to.
    Advertise {
        /// The device.
        device: String,
        /// Service UUID to bytes, as hex.
        service_data: BTreeMap<String, String>,
    },
    /// Indicates or notifies a live value now. The reply comes after the confirmation.
    Send {
        /// The device.
        device: String,
        /// The characteristic.
        characteristic: String,
        /// The value and its meaning.
        record: Record,
    },
    /// The device ends the connection.
    DropLink {
        /// The device.
        device: String,
    },
    /// Switches the tablet's Bluetooth on or off.
    SetPower {
        /// Whether it is on.
        on: bool,
    },
    /// Pulls or plugs the tablet's adapter; plugged in, it is on.
    SetPlugged {
        /// Whether it is plugged in.
        plugged: bool,
    },
    /// Ends the tablet's Bluetooth service (bluetoothd) and starts it again; the reply comes when it is back and on.
    RestartService,
    /// Stops or resumes all D-Bus signals, as when an event stream dies silently (emulator only).
    Mute {
        /// Whether signals are held back; those held back are lost.
        on: bool,
    },
    /// Asks for a [`State`].
    State,
    /// Asks for the lines of the rig's log after line `after`.
    Log {
        /// A line's number; 0 for all.
        after: u64,
    },
    /// Ends the rig.
    ShutDown,
}

/// The answer to a request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reply {
    /// Why the request failed; absent when it was carried out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// For [`Request::Send`]: whether the value left, and for an indication was confirmed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent: Option<bool>,
    /// For [`Request::State`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<State>,
    /// For [`Request::Log`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<Vec<Entry>>,
}

impl Reply {
    /// Done, with nothing to say.
    pub const DONE: Self = Self { error: None, sent: None, state: None, log: None };
}

/// How things stand at the devices' end.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// The devices by address.
    pub devices: BTreeMap<String, DeviceState>,
    /// Whether the tablet is searching; `null` where the rig cannot know.
    #[serde(default)]
    pub searching: Option<bool>,
}

/// How things stand at one device.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceState {
    /// In range and advertising.
    pub present: bool,
    /// Accepts a new bond.
    pub pairing_mode: bool,
    /// The tablet is connected to it.
    pub connected: bool,
    /// It holds a bond.
    pub bonded: bool,
    /// Characteristics switched on over the present link, short UUIDs.
    pub subscribed: Vec<String>,
    /// How many times a link has come up.
    pub links: u64,
    /// How many stored records it holds.
    pub records: usize,
}

/// A typed client of a rig. Every call has a deadline.
#[derive(Clone, Debug)]
pub struct Control {
    socket: PathBuf,
}

const REPLY_WITHIN: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(10);

impl Control {
    /// A client of the rig that listens on this socket.
    #[must_use]
    pub fn new(socket: &Path) -> Self {
        Self { socket: socket.to_owned() }
    }

    /// Sends any request; the other methods are this one with names.
    ///
    /// # Errors
    /// The rig does not answer in time, or says that it cannot.
    pub fn ask(&self, request: &Request) -> Result<Reply> {
        let name = || format!("{request:?}").chars().take(80).collect::<String>();
        let reply = self.exchange(request).with_context(|| format!("asking the rig for {}", name()))?;
        if let Some(error) = &reply.error {
            bail!("the rig refused {}: {error}", name());
        }
        Ok(reply)
    }

    fn exchange(&self, request: &Request) -> Result<Reply> {
        let mut stream = UnixStream::connect(&self.socket)
            .with_context(|| format!("connecting to the control socket {}", self.socket.display()))?;
        stream.set_read_timeout(Some(REPLY_WITHIN))?;
        stream.set_write_timeout(Some(REPLY_WITHIN))?;
        let mut line = serde_json::to_vec(request)?;
        line.push(b'\n');
        stream.write_all(&line)?;
        let mut answer = String::new();
        BufReader::new(stream).read_line(&mut answer)?;
        serde_json::from_str(&answer).with_context(|| format!("the reply {answer:?}"))
    }

    /// Brings a device into the room.
    ///
    /// # Errors
    /// As [`Control::ask`]; the same for every method below.
    pub fn add_device(&self, device: &Device) -> Result<()> {
        self.ask(&Request::AddDevice { device: Box::new(device.clone()) }).map(drop)
    }

    /// Brings a device into or out of range.
    ///
    /// # Errors
    /// As [`Control::ask`].
    pub fn set_present(&self, device: &str, present: bool) -> Result<()> {
        self.ask(&Request::SetPresent { device: device.to_owned(), present }).map(drop)
    }

    /// Puts a device into or out of pairing mode.
    ///
    /// # Errors
    /// As [`Control::ask`].
    pub fn set_pairing_mode(&self, device: &str, on: bool) -> Result<()> {
        self.ask(&Request::SetPairingMode { device: device.to_owned(), on }).map(drop)
    }

    /// Replaces the device's memory.
    ///
    /// # Errors
    /// As [`Control::ask`].
    pub fn set_memory(&self, device: &str, memory: Memory) -> Result<()> {
        self.ask(&Request::SetMemory { device: device.to_owned(), memory }).map(drop)
    }

    /// Indicates or notifies a live value; whether it left (and was confirmed, if indicated).
    ///
    /// # Errors
    /// As [`Control::ask`].
    pub fn send(&self, device: &str, characteristic: &str, record: &Record) -> Result<bool> {
        let (device, characteristic) = (device.to_owned(), characteristic.to_owned());
        let reply = self.ask(&Request::Send { device, characteristic, record: record.clone() })?;
        reply.sent.context("the rig did not say whether the value was sent")
    }

    /// The device ends the connection.
    ///
    /// # Errors
    /// As [`Control::ask`].
    pub fn drop_link(&self, device: &str) -> Result<()> {
        self.ask(&Request::DropLink { device: device.to_owned() }).map(drop)
    }

    /// Switches the tablet's Bluetooth on or off.
    ///
    /// # Errors
    /// As [`Control::ask`].
    pub fn set_power(&self, on: bool) -> Result<()> {
        self.ask(&Request::SetPower { on }).map(drop)
    }

    /// How things stand.
    ///
    /// # Errors
    /// As [`Control::ask`].
    pub fn state(&self) -> Result<State> {
        self.ask(&Request::State)?.state.context("the rig gave no state")
    }

    /// How things stand at one device.
    ///
    /// # Errors
    /// As [`Control::ask`], or there is no such device.
    pub fn device(&self, device: &str) -> Result<DeviceState> {
        self.state()?.devices.remove(device).with_context(|| format!("the rig has no device {device}"))
    }

    /// The rig's log after a line.
    ///
    /// # Errors
    /// As [`Control::ask`].
    pub fn log(&self, after: u64) -> Result<Vec<Entry>> {
        self.ask(&Request::Log { after })?.log.context("the rig gave no log")
    }

    /// Waits until a device is as wanted.
    ///
    /// # Errors
    /// As [`Control::ask`], or it was not so within the time; the message says how it was.
    pub fn wait_for(
        &self,
        device: &str,
        within: Duration,
        wanted: impl Fn(&DeviceState) -> bool,
    ) -> Result<DeviceState> {
        let end = Instant::now() + within;
        loop {
            let state = self.device(device)?;
            if wanted(&state) {
                return Ok(state);
            }
            ensure!(Instant::now() < end, "{device} did not come into the wanted state within {within:?}: {state:?}");
            std::thread::sleep(POLL);
        }
    }

    /// Waits until a characteristic is switched on, which is when a live value can be sent.
    ///
    /// # Errors
    /// As [`Control::wait_for`].
    pub fn wait_until_subscribed(&self, device: &str, characteristic: &str, within: Duration) -> Result<()> {
        let wanted = super::description::short_uuid(characteristic);
        self.wait_for(device, within, |state| state.subscribed.contains(&wanted)).map(drop)
    }

    /// Waits until the rig answers at all.
    ///
    /// # Errors
    /// It did not within the time.
    pub fn wait_until_up(&self, within: Duration) -> Result<()> {
        let end = Instant::now() + within;
        loop {
            match self.state() {
                Ok(_) => return Ok(()),
                Err(error) if Instant::now() >= end => {
                    return Err(error.context(format!("the rig did not come up within {within:?}")));
                }
                Err(_) => std::thread::sleep(POLL),
            }
        }
    }
}
