//! The agent that BlueZ asks while it pairs (org.bluez.Agent1, BlueZ `doc/org.bluez.Agent.rst`).

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use dagsform_care::DeviceId;
use tokio::{sync::Notify, time::timeout};
use zbus::{interface, message::Header, zvariant::OwnedObjectPath};

/// How long a person may take to answer. The pairing protocol itself ends after 30 s without a step
/// (Core 5.4, Vol 3, Part H, 3.4).
const PERSON: Duration = Duration::from_secs(60);

/// The code of a device: six digits for LE, up to sixteen for what is older.
#[derive(Clone, PartialEq, Eq)]
pub struct Code(String);

/// Why a text is not the code of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a code has one to sixteen digits, most often six")]
pub struct NotACode;

impl Code {
    /// Reads a code; blanks between the digits are left out.
    pub fn parse(text: &str) -> Result<Self, NotACode> {
        let digits: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        let well_formed = (1..=16).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
        well_formed.then_some(Self(digits)).ok_or(NotACode)
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The LE passkey, 0 to 999 999 (Core 5.4, Vol 3, Part H, 2.3.5.3).
    pub fn passkey(&self) -> Option<u32> {
        self.0.parse().ok().filter(|key| *key <= 999_999)
    }
}

impl std::fmt::Debug for Code {
    /// A code does not belong in a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Code(..)")
    }
}

/// The person at the tablet while a device is being paired. By default there is nobody.
#[async_trait]
pub trait Installer: Send + Sync + 'static {
    /// The device asks for its code. `None` ends the pairing.
    async fn code(&self, _device: &DeviceId) -> Option<Code> {
        None
    }
    /// The device shows a number: is it this one?
    async fn confirm(&self, _device: &DeviceId, _shown: &str) -> bool {
        false
    }
    /// This code is to be typed on the device.
    fn show(&self, _device: &DeviceId, _code: &str) {}
}

/// Nobody is there to be asked.
#[derive(Clone, Copy, Debug)]
pub struct Nobody;

#[async_trait]
impl Installer for Nobody {}

/// What the device asked for during pairing; tells failures apart afterwards.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Asked {
    /// A code was asked for, or was to be confirmed.
    pub(crate) asked: bool,
    /// It was given, or confirmed.
    pub(crate) answered: bool,
}

/// Answers for one device during one pairing, and to bluetoothd alone.
pub(crate) struct Agent {
    pub(crate) device: DeviceId,
    pub(crate) path: OwnedObjectPath,
    /// bluetoothd's unique name on the bus.
    pub(crate) owner: String,
    pub(crate) given: Option<Code>,
    pub(crate) installer: Arc<dyn Installer>,
    pub(crate) asked: Arc<Mutex<Asked>>,
    pub(crate) cancelled: Arc<Notify>,
}

#[derive(Debug, zbus::DBusError)]
#[zbus(prefix = "org.bluez.Error")]
pub(crate) enum Refusal {
    #[zbus(error)]
    Bus(zbus::Error),
    Rejected(String),
    Canceled(String),
}

impl Agent {
    /// Refuses whoever is not bluetoothd, and every device but ours.
    fn ours(&self, header: &Header<'_>, device: &OwnedObjectPath) -> Result<(), Refusal> {
        let by_bluetoothd = header.sender().is_some_and(|sender| sender.as_str() == self.owner);
        if by_bluetoothd && *device == self.path {
            return Ok(());
        }
        tracing::warn!(device = %device.as_str(), by_bluetoothd, "refused a pairing that nobody asked for");
        Err(Refusal::Rejected("not being paired".to_owned()))
    }

    fn note(&self, answered: bool) {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.asked = true;
        asked.answered |= answered;
    }

    /// Asks the installer until bluetoothd calls it off.
    async fn ask<T>(&self, question: impl Future<Output = T> + Send) -> Result<T, Refusal> {
        tokio::select! {
            answer = timeout(PERSON, question) => answer.map_err(|_| Refusal::Canceled("no answer".to_owned())),
            () = self.cancelled.notified() => Err(Refusal::Canceled("called off".to_owned())),
        }
    }

    async fn code(&self) -> Result<Code, Refusal> {
        self.note(false);
        let code = match &self.given {
            Some(code) => Some(code.clone()),
            None => self.ask(self.installer.code(&self.device)).await?,
        };
        let code = code.ok_or_else(|| Refusal::Canceled("no code".to_owned()))?;
        self.note(true);
        Ok(code)
    }
}

#[interface(name = "org.bluez.Agent1")]
impl Agent {
    fn release(&self) {}

    async fn request_pin_code(
        &self,
        #[zbus(header)] header: Header<'_>,
        device: OwnedObjectPath,
    ) -> Result<String, Refusal> {
        self.ours(&header, &device)?;
        Ok(self.code().await?.as_str().to_owned())
    }

    async fn request_passkey(
        &self,
        #[zbus(header)] header: Header<'_>,
        device: OwnedObjectPath,
    ) -> Result<u32, Refusal> {
        self.ours(&header, &device)?;
        let code = self.code().await?;
        code.passkey().ok_or_else(|| Refusal::Canceled("not a passkey".to_owned()))
    }

    async fn display_pin_code(
        &self,
        #[zbus(header)] header: Header<'_>,
        device: OwnedObjectPath,
        code: String,
    ) -> Result<(), Refusal> {
        self.ours(&header, &device)?;
        self.installer.show(&self.device, &code);
        Ok(())
    }

    async fn display_passkey(
        &self,
        #[zbus(header)] header: Header<'_>,
        device: OwnedObjectPath,
        passkey: u32,
        _entered: u16,
    ) -> Result<(), Refusal> {
        self.ours(&header, &device)?;
        self.installer.show(&self.device, &format!("{passkey:06}"));
        Ok(())
    }

    async fn request_confirmation(
        &self,
        #[zbus(header)] header: Header<'_>,
        device: OwnedObjectPath,
        passkey: u32,
    ) -> Result<(), Refusal> {
        self.ours(&header, &device)?;
        self.note(false);
        let shown = format!("{passkey:06}");
        // LE numeric comparison protects only if a person compares: a code that was given beforehand
        // answers another question and is not used here.
        if self.ask(self.installer.confirm(&self.device, &shown)).await? {
            self.note(true);
            return Ok(());
        }
        Err(Refusal::Rejected("not confirmed".to_owned()))
    }

    /// Just Works: our device, while we pair it, is what the installer asked for.
    async fn request_authorization(
        &self,
        #[zbus(header)] header: Header<'_>,
        device: OwnedObjectPath,
    ) -> Result<(), Refusal> {
        self.ours(&header, &device)
    }

    /// No service of this machine is for a sensor.
    async fn authorize_service(&self, _device: OwnedObjectPath, _service: String) -> Result<(), Refusal> {
        Err(Refusal::Rejected("no service for devices".to_owned()))
    }

    fn cancel(&self) {
        self.cancelled.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_digits_and_never_logged() {
        assert_eq!(Code::parse("012 345").unwrap().passkey(), Some(12_345));
        assert_eq!(Code::parse("1234567").unwrap().passkey(), None);
        assert_eq!(Code::parse(""), Err(NotACode));
        assert_eq!(Code::parse("12a456"), Err(NotACode));
        assert_eq!(format!("{:?}", Code::parse("123456").unwrap()), "Code(..)");
    }
}
