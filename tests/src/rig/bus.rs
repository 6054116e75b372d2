//! A system bus of one's own: a `dbus-daemon` in a temporary folder that dies with its guard.

use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

/// A running private bus.
#[derive(Debug)]
pub struct Bus {
    socket: PathBuf,
    words: PathBuf,
    keeper: Child,
}

const UP_WITHIN: Duration = Duration::from_secs(10);
const DOWN_WITHIN: Duration = Duration::from_secs(5);

/// The daemon lives as long as somebody holds the other end of the keeper's standard input, so it
/// goes too when the test is killed.
const KEEPER: &str = r#"dbus-daemon --config-file="$1" --nofork --nopidfile & read -r _; kill $!; wait $!"#;

impl Bus {
    /// Starts a bus whose socket and configuration are in `folder`.
    ///
    /// # Errors
    /// `dbus-daemon` is not installed, or did not listen within ten seconds.
    pub fn start(folder: &Path) -> Result<Self> {
        let socket = folder.join("bus");
        let (configuration, words) = (folder.join("bus.conf"), folder.join("bus.stderr"));
        std::fs::write(&configuration, configuration_for(&socket)).context("writing the bus configuration")?;
        let keeper = Command::new("sh")
            .args(["-c", KEEPER, "sh"])
            .arg(&configuration)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(&words)?)
            .spawn()
            .context("starting dbus-daemon")?;
        let mut bus = Self { socket, words, keeper };
        bus.wait_until_up()?;
        Ok(bus)
    }

    /// The value for `DBUS_SYSTEM_BUS_ADDRESS`.
    #[must_use]
    pub fn address(&self) -> String {
        format!("unix:path={}", self.socket.display())
    }

    fn wait_until_up(&mut self) -> Result<()> {
        let end = Instant::now() + UP_WITHIN;
        while UnixStream::connect(&self.socket).is_err() {
            if Instant::now() >= end || self.keeper.try_wait()?.is_some() {
                let words = std::fs::read_to_string(&self.words).unwrap_or_default();
                bail!("dbus-daemon did not listen on {} within {UP_WITHIN:?}; it said: {words}", self.socket.display());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }
}

impl Drop for Bus {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        let end = Instant::now() + DOWN_WITHIN;
        while matches!(self.keeper.try_wait(), Ok(None)) && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(5));
        }
        // Only a keeper that would not go is still there to be killed and reaped.
        self.keeper.kill().ok();
        self.keeper.wait().ok();
    }
}

fn configuration_for(socket: &Path) -> String {
    let socket = socket.display();
    format!(
        r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path={socket}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/>
    <allow own="*"/>
    <allow send_destination="*"/>
    <allow receive_sender="*"/>
  </policy>
</busconfig>
"#
    )
}
