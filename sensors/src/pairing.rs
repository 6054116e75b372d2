//! Pairing: makes a bond with one device, in the words of the installer.
//!
//! btleplug cannot pair, so this speaks to BlueZ itself, over a system-bus connection of its own for
//! every operation: when that connection ends, whatever the reason, BlueZ ends what was begun on it
//! (search, pairing, agent).
//!
//! Decisions:
//! - A device that asks for a code gets the one that was given, or the installer is asked.
//! - Numeric comparison (a number on both displays) is for a person: the installer confirms, or it fails.
//! - Just Works is accepted for the device that is being paired; [`Bond::by_code`] says that nothing
//!   proved who the device is.
//! - A failed pairing is removed whole from BlueZ. A bond that was there before is kept if it still works
//!   or cannot be tried now; if the device refuses it, it is replaced.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use dagsform_care::{DeviceId, Kind};
use tokio::{
    sync::Notify,
    time::{Instant, sleep, timeout},
};
use zbus::zvariant::{ObjectPath, OwnedObjectPath, Value};

pub use crate::radio::agent::{Code, Installer, Nobody, NotACode};
use crate::{
    event::RadioFault,
    radio::{
        agent::{Agent, Asked},
        bluez::{ADAPTER, ANSWER, Bluez, BusError, CHARACTERISTIC, DEVICE, Known, Objects},
    },
    services,
};

/// How long a device is looked for.
pub const SEARCH: Duration = Duration::from_secs(30);
/// How long pairing may take, the person included.
pub const PAIR: Duration = Duration::from_secs(60);
/// How long trying an old bond may take.
const TRY_BOND: Duration = Duration::from_secs(40);
/// How long a device that could not be connected to is listened for.
const STILL_THERE: Duration = Duration::from_secs(5);
/// How often BlueZ is asked what it has found.
const LOOK: Duration = Duration::from_millis(500);

const AGENT_PATH: ObjectPath<'static> = ObjectPath::from_static_str_unchecked("/no/dagsform/agent");
const MANAGER_PATH: ObjectPath<'static> = ObjectPath::from_static_str_unchecked("/org/bluez");
const MANAGER: &str = "org.bluez.AgentManager1";

/// A bond that was made, or was there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bond {
    /// The identity address, which may differ from the address that was paired.
    pub device: DeviceId,
    /// What the device calls itself.
    pub name: Option<String>,
    /// What it measures, as far as its services say.
    pub kinds: Vec<Kind>,
    /// A code or a comparison proved the device; otherwise Just Works, which proves nothing.
    pub by_code: bool,
    /// The bond was there before, and works.
    pub already: bool,
}

/// A device that BlueZ has heard of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The address.
    pub device: DeviceId,
    /// What it calls itself; not to be relied on.
    pub name: Option<String>,
    /// The services that it advertises, by their 16-bit assigned numbers.
    pub services: Vec<u16>,
    /// How strongly it is heard, in dBm; `None` if it is not.
    pub rssi: Option<i16>,
    /// It is bonded already.
    pub bonded: bool,
}

impl From<Known> for Candidate {
    fn from(known: Known) -> Self {
        let Known { device, name, services, rssi, paired: bonded, .. } = known;
        Self { device, name, services, rssi, bonded }
    }
}

/// Lists the devices that are heard within `duration`, the strongest first.
pub async fn scan(duration: Duration) -> Result<Vec<Candidate>, RadioFault> {
    let bluez = Bluez::connect().await?;
    let adapter = bluez.objects().await?.powered()?.path.clone();
    start_search(&bluez, &adapter).await?;
    sleep(duration).await;
    let objects = bluez.objects().await;
    stop_search(&bluez, &adapter).await;
    let heard = objects?.devices.into_iter().filter(|known| known.rssi.is_some());
    let mut candidates: Vec<Candidate> = heard.map(Candidate::from).collect();
    candidates.sort_by_key(|candidate| std::cmp::Reverse(candidate.rssi));
    Ok(candidates)
}

/// Lists the bonds of this machine, whoever made them.
pub async fn bonded() -> Result<Vec<Candidate>, RadioFault> {
    let objects = Bluez::connect().await?.objects().await?;
    objects.adapter()?;
    let bonded = objects.devices.into_iter().filter(|known| known.paired);
    Ok(bonded.map(Candidate::from).collect())
}

/// Removes the bond, and all that BlueZ knows of the device.
pub async fn unpair(device: &DeviceId) -> Result<(), RadioFault> {
    let bluez = Bluez::connect().await?;
    let objects = bluez.objects().await?;
    objects.adapter()?;
    let known = objects.device(device).ok_or(RadioFault::NotFound)?;
    remove(&bluez, known).await.map_err(|error| error.fault())
}

/// Finds a device, pairs with it and trusts it. `given` answers the device if it asks for a code;
/// else `installer` is asked.
///
/// May be dropped at any point: BlueZ then ends the pairing, and nothing of it stays.
pub async fn pair(device: &DeviceId, given: Option<Code>, installer: Arc<dyn Installer>) -> Result<Bond, RadioFault> {
    let bluez = Bluez::connect().await?;
    let objects = bluez.objects().await?;
    objects.powered()?;
    if let Some(known) = objects.device(device).filter(|known| known.paired) {
        match try_bond(&bluez, known).await {
            Ok(()) => return Ok(bond(known, false, true)),
            Err(RadioFault::BondLost) => remove(&bluez, known).await.map_err(|error| error.fault())?,
            Err(fault) => return Err(fault),
        }
    }
    let found = search(&bluez, device, SEARCH).await?;
    let mut undo = Undo(Some((bluez.clone(), found.clone())));
    let outcome = pair_found(&bluez, &found, given, installer).await;
    match outcome {
        Ok(by_code) => {
            undo.0 = None;
            let objects = bluez.objects().await?;
            let now = objects.devices.iter().find(|known| known.path == found.path);
            Ok(bond(now.unwrap_or(&found), by_code, false))
        }
        Err(fault) => {
            undo.now().await;
            Err(fault)
        }
    }
}

fn bond(known: &Known, by_code: bool, already: bool) -> Bond {
    let mut kinds: Vec<Kind> = known.services.iter().filter_map(|service| services::kind_of(*service)).collect();
    kinds.sort_unstable();
    kinds.dedup();
    Bond { device: known.device.clone(), name: known.name.clone(), kinds, by_code, already }
}

/// Looks for a device until it is heard.
async fn search(bluez: &Bluez, device: &DeviceId, within: Duration) -> Result<Known, RadioFault> {
    let adapter = bluez.objects().await?.powered()?.path.clone();
    start_search(bluez, &adapter).await?;
    let until = Instant::now() + within;
    let found = loop {
        let objects = bluez.objects().await;
        let found = match &objects {
            // The one without a signal is a memory of BlueZ's.
            Ok(objects) => objects.device(device).filter(|known| known.rssi.is_some() || known.connected),
            Err(fault) => break Err(*fault),
        };
        if let Some(found) = found {
            break Ok(found.clone());
        }
        if objects.and_then(|objects| objects.powered().map(|_| ())).is_err() {
            break Err(RadioFault::AdapterOff);
        }
        if Instant::now() >= until {
            break Err(RadioFault::NotFound);
        }
        sleep(LOOK).await;
    };
    // Many adapters cannot search and connect at once.
    stop_search(bluez, &adapter).await;
    found
}

async fn start_search(bluez: &Bluez, adapter: &OwnedObjectPath) -> Result<(), RadioFault> {
    let filter = std::collections::HashMap::from([("Transport", Value::from("le")), ("DuplicateData", true.into())]);
    let filtered: Result<(), _> = bluez.call(adapter, ADAPTER, "SetDiscoveryFilter", &(filter,), ANSWER).await;
    let started: Result<(), _> = bluez.call(adapter, ADAPTER, "StartDiscovery", &(), ANSWER).await;
    filtered.and(started).map_err(|error| error.fault())
}

async fn stop_search(bluez: &Bluez, adapter: &OwnedObjectPath) {
    let _: Result<(), _> = bluez.call(adapter, ADAPTER, "StopDiscovery", &(), ANSWER).await;
}

async fn remove(bluez: &Bluez, known: &Known) -> Result<(), BusError> {
    let Some(adapter) = &known.adapter else {
        return Ok(());
    };
    bluez.call(adapter, ADAPTER, "RemoveDevice", &(&known.path,), ANSWER).await
}

/// Pairs with a device that was found; true if a code was answered.
async fn pair_found(
    bluez: &Bluez,
    found: &Known,
    given: Option<Code>,
    installer: Arc<dyn Installer>,
) -> Result<bool, RadioFault> {
    let asked = Arc::new(Mutex::new(Asked::default()));
    let agent = Agent {
        device: found.device.clone(),
        path: found.path.clone(),
        owner: bluez.owner().await?,
        given,
        installer,
        asked: asked.clone(),
        cancelled: Arc::new(Notify::new()),
    };
    let served = bluez.bus.object_server().at(&AGENT_PATH, agent).await;
    served.map_err(|error| BusError::from(error).fault())?;
    let registered: Result<(), BusError> =
        bluez.call(&MANAGER_PATH, MANAGER, "RegisterAgent", &(&AGENT_PATH, "KeyboardDisplay"), ANSWER).await;
    registered.map_err(|error| error.fault())?;
    let paired: Result<(), BusError> = bluez.call(&found.path, DEVICE, "Pair", &(), PAIR).await;
    let asked = *asked.lock().unwrap_or_else(PoisonError::into_inner);
    let outcome = match paired {
        Ok(()) => confirm_bond(bluez, found).await,
        Err(error) if error.kind() == "AlreadyExists" => try_bond(bluez, found).await,
        Err(error) => {
            tracing::debug!(%error, ?asked, "pairing failed");
            // Some devices let no stranger connect while they are not in their pairing mode. Such a one is
            // still heard; one that went away is not.
            let lets_nobody_in =
                error.kind() == "ConnectionAttemptFailed" && search(bluez, &found.device, STILL_THERE).await.is_ok();
            Err(if lets_nobody_in { RadioFault::NotInPairingMode } else { failure(&error, asked) })
        }
    };
    let _: Result<(), _> = bluez.call(&MANAGER_PATH, MANAGER, "UnregisterAgent", &(&AGENT_PATH,), ANSWER).await;
    let _ = bluez.bus.object_server().remove::<Agent, _>(&AGENT_PATH).await;
    outcome.map(|()| asked.answered)
}

/// Makes sure that BlueZ has the bond, and lets the device reconnect by itself.
async fn confirm_bond(bluez: &Bluez, found: &Known) -> Result<(), RadioFault> {
    let objects = bluez.objects().await?;
    let bonded = objects.devices.iter().any(|known| known.path == found.path && known.paired);
    if !bonded {
        return Err(RadioFault::Failed);
    }
    let trusted = bluez.set(&found.path, DEVICE, "Trusted", Value::from(true)).await;
    trusted.map_err(|error| error.fault())
}

/// What a failed `Pair` means (BlueZ `src/device.c`, `new_authentication_return`). A device that is not in
/// its pairing mode refuses before it asks for anything.
fn failure(error: &BusError, asked: Asked) -> RadioFault {
    let unanswered = asked.asked && !asked.answered;
    match error.kind() {
        "AuthenticationFailed" | "AuthenticationRejected" | "AuthenticationCanceled" | "AuthenticationTimeout"
            if unanswered =>
        {
            RadioFault::CodeNeeded
        }
        "AuthenticationFailed" | "AuthenticationRejected" if asked.answered => RadioFault::WrongCode,
        "AuthenticationFailed" | "AuthenticationRejected" => RadioFault::NotInPairingMode,
        "AuthenticationCanceled" | "ConnectionAttemptFailed" => RadioFault::Gone,
        "AuthenticationTimeout" => RadioFault::Timeout,
        "UnknownObject" | "DoesNotExist" => RadioFault::Gone,
        _ => error.fault(),
    }
}

/// Tries whether a bond still works: connects, and reads what may be encrypted.
async fn try_bond(bluez: &Bluez, known: &Known) -> Result<(), RadioFault> {
    let connected: Result<(), BusError> = bluez.call(&known.path, DEVICE, "Connect", &(), TRY_BOND).await;
    connected.map_err(|error| error.fault())?;
    let objects = timeout(TRY_BOND, resolved(bluez, known)).await.map_err(|_| RadioFault::Timeout)??;
    let prefix = format!("{}/", known.path.as_str());
    for (path, flags) in &objects.characteristics {
        if !path.as_str().starts_with(&prefix) || !flags.iter().any(|flag| flag == "read") {
            continue;
        }
        let options = std::collections::HashMap::<&str, Value<'_>>::new();
        let read: Result<Vec<u8>, _> = bluez.call(path, CHARACTERISTIC, "ReadValue", &(options,), ANSWER).await;
        if read.is_err_and(|error| error.fault() == RadioFault::BondLost) {
            return Err(RadioFault::BondLost);
        }
    }
    Ok(())
}

/// Waits until the services are known. A link that falls before that was refused: BlueZ encrypts the
/// link to a bonded device before anything else.
async fn resolved(bluez: &Bluez, wanted: &Known) -> Result<Objects, RadioFault> {
    loop {
        let objects = bluez.objects().await?;
        match objects.devices.iter().find(|known| known.path == wanted.path) {
            Some(known) if !known.connected => return Err(RadioFault::BondLost),
            Some(known) if known.resolved => return Ok(objects),
            Some(_) => sleep(LOOK).await,
            None => return Err(RadioFault::Gone),
        }
    }
}

/// Takes a pairing back that did not come to its end, also when nobody waits for it any longer.
struct Undo(Option<(Bluez, Known)>);

impl Undo {
    async fn now(&mut self) {
        if let Some((bluez, known)) = self.0.take() {
            take_back(bluez, known).await;
        }
    }
}

impl Drop for Undo {
    fn drop(&mut self) {
        if let (Some((bluez, known)), Ok(runtime)) = (self.0.take(), tokio::runtime::Handle::try_current()) {
            runtime.spawn(take_back(bluez, known));
        }
    }
}

async fn take_back(bluez: Bluez, known: Known) {
    let _: Result<(), _> = bluez.call(&known.path, DEVICE, "CancelPairing", &(), ANSWER).await;
    let _: Result<(), _> = bluez.call(&MANAGER_PATH, MANAGER, "UnregisterAgent", &(&AGENT_PATH,), ANSWER).await;
    match remove(&bluez, &known).await {
        Ok(()) => {}
        Err(error) if error.fault() == RadioFault::NotFound => {}
        Err(error) => {
            tracing::warn!(%error, device = %known.device, "what is left of the pairing could not be removed")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_pairing_is_named_by_what_was_asked_and_answered() {
        let silent = Asked { asked: false, answered: false };
        let unanswered = Asked { asked: true, answered: false };
        let answered = Asked { asked: true, answered: true };
        for (kind, asked, fault) in [
            ("AuthenticationFailed", answered, RadioFault::WrongCode),
            ("AuthenticationFailed", unanswered, RadioFault::CodeNeeded),
            ("AuthenticationFailed", silent, RadioFault::NotInPairingMode),
            ("AuthenticationRejected", silent, RadioFault::NotInPairingMode),
            ("AuthenticationCanceled", silent, RadioFault::Gone),
            ("AuthenticationCanceled", answered, RadioFault::Gone),
            ("AuthenticationCanceled", unanswered, RadioFault::CodeNeeded),
            ("AuthenticationTimeout", silent, RadioFault::Timeout),
            ("ConnectionAttemptFailed", silent, RadioFault::Gone),
            ("NotReady", silent, RadioFault::AdapterOff),
            ("Failed", silent, RadioFault::Failed),
        ] {
            let error = BusError { name: format!("org.bluez.Error.{kind}"), message: String::new() };
            assert_eq!(failure(&error, asked), fault, "{kind} {asked:?}");
        }
    }
}
