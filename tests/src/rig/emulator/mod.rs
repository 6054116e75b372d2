//! `org.bluez` on a private bus: any client of BlueZ works on it unchanged.
//!
//! Where it departs from BlueZ (known, and compared with the real one by the scenarios):
//! * an unbonded access to a secured characteristic fails at once and leaves the link; BlueZ tries to
//!   pair by itself, and without an agent the link ended half a minute later (seen once);
//! * `Pair` is always answered. On the real stack, after `Connect` and a failed attempt in the same
//!   client, a second `Pair` was not answered within a minute though the bond was made (cause unknown);
//! * BlueZ itself subscribes to the battery level of every device;
//! * Just Works pairing needs an agent but does not ask it, as BlueZ does when it is the one that begins;
//! * there are no discovery filters beyond service UUIDs, and no `AcquireWrite`/`AcquireNotify`;
//! * advertisements and confirmations are never lost, and records leave as fast as the bus takes them
//!   unless their description gives them a pace.

mod adapter;
mod answer;
mod dispatch;
mod gatt;
mod link;
mod objects;
mod pairing;
mod service;
mod world;

use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow};
use tokio::sync::{mpsc, oneshot};

use super::description::Device;
use world::Shared;

/// How to start an emulator.
#[derive(Clone, Debug)]
pub struct Options {
    /// The bus to appear on, as in `DBUS_SYSTEM_BUS_ADDRESS`.
    pub bus: String,
    /// Where to listen for control requests.
    pub control: PathBuf,
    /// Where to log.
    pub log: PathBuf,
    /// The devices in the room from the start.
    pub devices: Vec<Device>,
    /// How long things take.
    pub pace: Pace,
}

/// How long things take. [`Pace::default`] is what was seen of the real stack; [`Pace::quick`] is
/// for tests in which the waits themselves play no part.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// From a call of `Connect` to the link.
    pub connect: Duration,
    /// From the link to `ServicesResolved`.
    pub resolve: Duration,
    /// BlueZ waits before it carries out `Disconnect`.
    pub disconnect: Duration,
    /// How long `Connect` looks for a device that is out of range.
    pub connect_timeout: Duration,
    /// From the device's leaving the range to the end of the link.
    pub supervision: Duration,
    /// From the last advertisement of a device without a bond to the removal of its object.
    pub forget: Duration,
    /// One exchange of the pairing protocol.
    pub pairing_step: Duration,
    /// How long bluetoothd is away when it is restarted.
    pub service_restart: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            connect: Duration::from_millis(60),
            resolve: Duration::from_millis(150),
            disconnect: Duration::from_secs(2),
            connect_timeout: Duration::from_secs(20),
            supervision: Duration::from_millis(700),
            forget: Duration::from_secs(30),
            pairing_step: Duration::from_millis(60),
            service_restart: Duration::from_secs(1),
        }
    }
}

impl Pace {
    /// As little waiting as leaves the order of things as it is.
    #[must_use]
    pub fn quick() -> Self {
        Self {
            connect: Duration::from_millis(5),
            resolve: Duration::from_millis(10),
            disconnect: Duration::from_millis(50),
            connect_timeout: Duration::from_secs(3),
            supervision: Duration::from_millis(100),
            forget: Duration::from_secs(5),
            pairing_step: Duration::from_millis(5),
            service_restart: Duration::from_millis(100),
        }
    }
}

/// A running emulator; it leaves the bus when dropped.
#[derive(Debug)]
pub struct Emulator {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<Result<()>>>,
}

const UP_WITHIN: Duration = Duration::from_secs(10);

impl Emulator {
    /// Starts an emulator in a thread of its own and waits until it has its name on the bus and
    /// listens for control requests.
    ///
    /// # Errors
    /// The bus cannot be reached, or a file or socket cannot be made.
    pub fn start(options: Options) -> Result<Self> {
        let (stop, stopped) = oneshot::channel();
        let (up, is_up) = std::sync::mpsc::channel();
        let thread = std::thread::Builder::new().name("bluez-emulator".to_owned()).spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async {
                let (shut_down, asked) = mpsc::unbounded_channel();
                let started = service::start(options, shut_down).await;
                let shared = match started {
                    Ok(shared) => shared,
                    Err(error) => {
                        up.send(Err(anyhow!("{error:#}"))).ok();
                        return Err(error);
                    }
                };
                up.send(Ok(())).ok();
                until_stopped(stopped, asked, &shared).await;
                Ok(())
            })
        })?;
        let emulator = Self { stop: Some(stop), thread: Some(thread) };
        is_up.recv_timeout(UP_WITHIN).context("the emulator did not come up in time")??;
        Ok(emulator)
    }

    /// Waits until the emulator is told to shut down over its control socket.
    ///
    /// # Errors
    /// The emulator failed.
    pub fn wait(mut self) -> Result<()> {
        self.join()
    }

    fn join(&mut self) -> Result<()> {
        let Some(thread) = self.thread.take() else { return Ok(()) };
        thread.join().map_err(|_| anyhow!("the emulator panicked"))?
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            stop.send(()).ok();
        }
        if let Err(error) = self.join() {
            eprintln!("the Bluetooth emulator failed: {error:#}");
        }
    }
}

async fn until_stopped(stopped: oneshot::Receiver<()>, mut asked: mpsc::UnboundedReceiver<()>, shared: &Arc<Shared>) {
    tokio::select! {
        _ = stopped => {}
        _ = asked.recv() => {}
    }
    shared.flush().await;
}
