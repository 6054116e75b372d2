//! The real rig: a virtual machine with Debian's kernel and its bluetoothd, on an emulated radio.
//!
//! `tests/rigs/setup` prepares it once. The host's root is the guest's, read-only, so programs
//! built here run there. A machine runs one job, a shell script, and ends; its disk, with the
//! tablet's record and BlueZ's bonds, can be given to the next one, also after [`Machine::kill`].

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

/// What a machine is to do.
#[derive(Clone, Debug)]
pub struct Order {
    /// A folder for what goes in and comes out; the rig's log and the devices' bonds stay in it.
    pub share: PathBuf,
    /// The disk's image, made when absent.
    pub disk: PathBuf,
    /// The job, in shell. `$ROOM_CONTROL` is the control socket, `$DAGSFORM_DATA` a folder on the
    /// disk, `/mnt` the shared folder.
    pub job: String,
    /// How long the job may take; then it is ended.
    pub within: Duration,
    /// Ports of this machine's loopback that the guest reaches as its own.
    pub ports: Vec<u16>,
}

/// A running machine; killed when dropped.
#[derive(Debug)]
pub struct Machine {
    qemu: Child,
    share: PathBuf,
}

/// What a machine left behind.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The exit status of the job, or the stage that was not reached.
    pub result: String,
    /// The job's standard output.
    pub stdout: String,
    /// Everything that could tell why, for messages.
    pub account: String,
}

/// The guest's kernel came upon a fault of its own: what Bluetooth does there from then on says nothing of the program.
///
/// Linux 6.1.192 of Debian 12 does so in two runs of three where encryption fails: "list_del corruption" in
/// `hci_chan_del`. `tests/rigs/setup` therefore takes another.
#[derive(Debug)]
pub struct KernelBroke {
    /// What the kernel said, from there on.
    said: String,
}

impl std::error::Error for KernelBroke {}

impl std::fmt::Display for KernelBroke {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the kernel of the virtual machine broke:\n{}", self.said)
    }
}

impl Machine {
    /// Starts a machine. It is not up yet when this returns.
    ///
    /// # Errors
    /// The rig was not set up, or QEMU does not start.
    pub fn boot(order: &Order) -> Result<Self> {
        std::fs::create_dir_all(&order.share).context("making the shared folder")?;
        std::fs::write(order.share.join("job"), &order.job).context("writing the job")?;
        let console = File::create(order.share.join("console.log"))?;
        let qemu = Command::new(rigs().join("boot"))
            .arg(&order.share)
            .arg(&order.disk)
            .arg(order.within.as_secs().to_string())
            .args(order.ports.iter().map(u16::to_string))
            .stdin(Stdio::null())
            .stderr(console.try_clone()?)
            .stdout(console)
            .spawn()
            .context("starting the virtual machine")?;
        Ok(Self { qemu, share: order.share.clone() })
    }

    /// Waits for the end of the job.
    ///
    /// # Errors
    /// The machine did not end in time (and was killed), or left no result; the message holds what
    /// it left. [`KernelBroke`], and it was killed.
    pub fn wait(mut self, within: Duration) -> Result<Outcome> {
        let end = Instant::now() + within;
        loop {
            let ended = self.qemu.try_wait()?.is_some();
            if let Some(said) = kernel_fault(&read(&self.share, "console.log").unwrap_or_default()) {
                return Err(KernelBroke { said: said.to_owned() }.into());
            }
            if ended {
                break;
            }
            if Instant::now() >= end {
                bail!("the virtual machine did not end within {within:?}\n{}", account(&self.share));
            }
            std::thread::sleep(Duration::from_millis(500));
        }
        let Some(result) = read(&self.share, "result") else {
            bail!("the virtual machine left no result\n{}", account(&self.share));
        };
        let stdout = read(&self.share, "job.stdout").unwrap_or_default();
        Ok(Outcome { result: result.trim().to_owned(), stdout, account: account(&self.share) })
    }

    /// Waits until something is so.
    ///
    /// # Errors
    /// It was not so in time, or the machine ended before.
    pub fn wait_until(&mut self, what: &str, within: Duration, wanted: impl Fn() -> Result<bool>) -> Result<()> {
        let end = Instant::now() + within;
        while !wanted()? {
            if self.qemu.try_wait()?.is_some() || Instant::now() >= end {
                bail!("no {what} within {within:?}\n{}", account(&self.share));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// Takes the power away (SIGKILL): what the guest had not written to its disk is gone.
    ///
    /// # Errors
    /// The process cannot be killed.
    pub fn kill(mut self) -> Result<()> {
        self.qemu.kill().context("killing the virtual machine")?;
        self.qemu.wait().map(drop).context("waiting for the virtual machine")
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        self.qemu.kill().ok();
        self.qemu.wait().ok();
    }
}

/// The folder with the rig's scripts.
#[must_use]
pub fn rigs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("rigs")
}

fn read(share: &Path, name: &str) -> Option<String> {
    std::fs::read(share.join(name)).ok().map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

/// The console from the first fault of the kernel on.
fn kernel_fault(console: &str) -> Option<&str> {
    let signs =
        ["list_del corruption", "list_add corruption", "kernel BUG at", "BUG: ", "Oops: ", "general protection"];
    let at = signs.iter().filter_map(|sign| console.find(sign)).min()?;
    console.get(at..)
}

fn account(share: &Path) -> String {
    let names = ["stages", "console.log", "job.stdout", "job.stderr", "room.log", "bluetoothd.log"];
    let parts = names.iter().map(|name| format!("--- {name}\n{}", read(share, name).unwrap_or_default()));
    parts.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_of_the_kernel_is_found_on_the_console_and_nothing_else_is_taken_for_one() {
        assert_eq!(kernel_fault("[4.27] up: 6.1.0-56-amd64\n[10.29] bus\n[1238.10] job: 1\n"), None);
        let broken =
            "[4.27] up\n[  329.87] list_del corruption, ff3a->prev\n[  329.87] kernel BUG at lib/list_debug.c:56!\n";
        assert!(kernel_fault(broken).is_some_and(|said| said.starts_with("list_del corruption, ff3a")));
    }
}
