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
//! - A device is named by its address, or is the only one of its kind that is heard: of two none is guessed.
//! - A bond outlives this program, bluetoothd and the tablet's being switched off: it counts as made only when
//!   BlueZ keeps its keys (`Bonded`), and the device is trusted, so that it may come back by itself. BlueZ keeps
//!   them for the adapter: another stick has no bonds.
//! - A failed pairing is removed whole from BlueZ. A bond that was there before is kept if it still works
//!   or cannot be tried now; if the device refuses it, it is replaced.

mod refusal;
mod search;

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use dagsform_care::{DeviceId, Kind};
use tokio::{
    sync::Notify,
    time::{sleep, timeout},
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
use refusal::{Attempt, failure, invites, may_have_gone};
use search::{LOOK, blamed, find, while_on};

/// How long a device is looked for.
pub const SEARCH: Duration = Duration::from_secs(30);
/// How long pairing may take, the person included.
pub const PAIR: Duration = Duration::from_secs(60);
/// How long trying an old bond may take, as a whole.
const TRY_BOND: Duration = Duration::from_secs(40);
/// How long a device that could not be connected to is listened for.
const STILL_THERE: Duration = Duration::from_secs(5);

const AGENT_PATH: ObjectPath<'static> = ObjectPath::from_static_str_unchecked("/no/dagsform/agent");
const MANAGER_PATH: ObjectPath<'static> = ObjectPath::from_static_str_unchecked("/org/bluez");
const MANAGER: &str = "org.bluez.AgentManager1";

/// The device that is to be paired.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// The one with this address.
    Address(DeviceId),
    /// The only one in the room that measures this, by the services that it advertises.
    Only(Kind),
}

/// Why nothing was paired.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{fault}")]
pub struct NotPaired {
    /// What was in the way.
    pub fault: RadioFault,
    /// The device that it was about; `None`: it did not come so far.
    pub device: Option<DeviceId>,
    /// Those among which none is chosen ([`RadioFault::TwoAlike`]), the one that is heard best first.
    pub alike: Vec<Candidate>,
}

impl From<RadioFault> for NotPaired {
    fn from(fault: RadioFault) -> Self {
        Self { fault, device: None, alike: Vec::new() }
    }
}

impl RadioFault {
    fn of(self, device: &DeviceId) -> NotPaired {
        NotPaired { device: Some(device.clone()), ..self.into() }
    }
}

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

impl Bond {
    /// What stands for the bond of a device that cannot be paired: it measures by advertising.
    pub fn none(device: DeviceId) -> Self {
        Self { device, name: None, kinds: Vec::new(), by_code: false, already: false }
    }
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
    /// What it measures, as far as those services say.
    pub kinds: Vec<Kind>,
    /// How strongly it is heard, in dBm; `None` if it is not.
    pub rssi: Option<i16>,
    /// It is bonded already.
    pub bonded: bool,
}

impl From<Known> for Candidate {
    fn from(known: Known) -> Self {
        let Known { device, name, services, rssi, paired: bonded, .. } = known;
        Self { device, name, kinds: kinds(&services), services, rssi, bonded }
    }
}

/// Lists the devices that are heard within `duration`, the strongest first. Ends at once if the adapter goes.
pub async fn scan(duration: Duration) -> Result<Vec<Candidate>, RadioFault> {
    let bluez = Bluez::connect().await?;
    let adapter = bluez.objects().await?.powered()?.path.clone();
    let heard = search::all(&bluez, &adapter, duration).await?;
    let mut candidates: Vec<Candidate> = heard.into_iter().map(Candidate::from).collect();
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
/// else `installer` is asked. Ends at once if the adapter goes.
///
/// May be dropped at any point: BlueZ then ends the pairing, and nothing of it stays.
pub async fn pair(wanted: &Wanted, given: Option<Code>, installer: Arc<dyn Installer>) -> Result<Bond, NotPaired> {
    find_and_pair(wanted, given, installer).await.map_err(|not| match wanted {
        Wanted::Address(device) => not.fault.of(device),
        Wanted::Only(_) => not,
    })
}

async fn find_and_pair(wanted: &Wanted, given: Option<Code>, installer: Arc<dyn Installer>) -> Result<Bond, NotPaired> {
    let bluez = Bluez::connect().await?;
    let objects = bluez.objects().await?;
    let adapter = objects.powered()?.path.clone();
    let found = match wanted {
        // A bond is tried before the device is heard: BlueZ connects as soon as it is.
        Wanted::Address(device) => objects.device(device).filter(|known| known.paired).cloned(),
        Wanted::Only(_) => None,
    };
    let found = match found {
        Some(found) => found,
        None => find(&bluez, &adapter, wanted, SEARCH).await?,
    };
    pair_with(&bluez, &adapter, &found, given, installer).await.map_err(|fault| fault.of(&found.device))
}

async fn pair_with(
    bluez: &Bluez,
    adapter: &OwnedObjectPath,
    found: &Known,
    given: Option<Code>,
    installer: Arc<dyn Installer>,
) -> Result<Bond, RadioFault> {
    if !found.paired {
        return pair_anew(bluez, adapter, found, false, given, installer).await;
    }
    match while_on(bluez, adapter, try_bond(bluez, found)).await? {
        Ok(()) => Ok(bond(found, false, true)),
        Err(RadioFault::BondLost) => {
            remove(bluez, found).await.map_err(|error| error.fault())?;
            let wanted = Wanted::Address(found.device.clone());
            let heard = find(bluez, adapter, &wanted, SEARCH).await.map_err(|not| not.fault)?;
            pair_anew(bluez, adapter, &heard, true, given, installer).await
        }
        Err(fault) => Err(blamed(bluez, adapter, fault).await),
    }
}

/// Pairs with a device that is heard, or leaves nothing of it behind.
async fn pair_anew(
    bluez: &Bluez,
    adapter: &OwnedObjectPath,
    found: &Known,
    was_bonded: bool,
    given: Option<Code>,
    installer: Arc<dyn Installer>,
) -> Result<Bond, RadioFault> {
    let mut undo = Undo(Some((bluez.clone(), found.clone())));
    let made = while_on(bluez, adapter, pair_found(bluez, adapter, found, was_bonded, given, installer)).await;
    match made.flatten() {
        Ok(by_code) => {
            undo.0 = None;
            let objects = bluez.objects().await?;
            let now = objects.devices.iter().find(|known| known.path == found.path);
            Ok(bond(now.unwrap_or(found), by_code, false))
        }
        Err(fault) => {
            undo.now().await;
            Err(fault)
        }
    }
}

fn bond(known: &Known, by_code: bool, already: bool) -> Bond {
    let Known { device, name, services, .. } = known.clone();
    Bond { device, name, kinds: kinds(&services), by_code, already }
}

fn kinds(of_services: &[u16]) -> Vec<Kind> {
    let mut kinds: Vec<Kind> = of_services.iter().filter_map(|service| services::kind_of(*service)).collect();
    kinds.sort_unstable();
    kinds.dedup();
    kinds
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
    adapter: &OwnedObjectPath,
    found: &Known,
    was_bonded: bool,
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
            let mut attempt = Attempt { asked, was_bonded, still_heard: false, invites: invites(found) };
            if may_have_gone(&error, asked) {
                let wanted = Wanted::Address(found.device.clone());
                attempt.still_heard = find(bluez, adapter, &wanted, STILL_THERE).await.is_ok();
            }
            Err(blamed(bluez, adapter, failure(&error, attempt)).await)
        }
    };
    let _: Result<(), _> = bluez.call(&MANAGER_PATH, MANAGER, "UnregisterAgent", &(&AGENT_PATH,), ANSWER).await;
    let _ = bluez.bus.object_server().remove::<Agent, _>(&AGENT_PATH).await;
    outcome.map(|()| asked.answered)
}

/// Makes sure that BlueZ keeps the bond beyond this link and beyond the next start, and lets the device reconnect
/// by itself.
async fn confirm_bond(bluez: &Bluez, found: &Known) -> Result<(), RadioFault> {
    // The keys are stored just before or just after `Pair` is answered.
    let kept = async {
        loop {
            let objects = bluez.objects().await?;
            match objects.devices.iter().find(|known| known.path == found.path && known.paired) {
                Some(known) if known.kept => return Ok(()),
                Some(_) => sleep(LOOK).await,
                None => return Err(RadioFault::Failed),
            }
        }
    };
    // A device that pairs for one link alone would have to be paired for every measurement.
    timeout(ANSWER, kept).await.unwrap_or(Err(RadioFault::Unsupported))?;
    trust(bluez, found).await
}

async fn trust(bluez: &Bluez, known: &Known) -> Result<(), RadioFault> {
    let trusted = bluez.set(&known.path, DEVICE, "Trusted", Value::from(true)).await;
    trusted.map_err(|error| error.fault())
}

/// Tries whether a bond still works: connects, and reads what may be encrypted.
async fn try_bond(bluez: &Bluez, known: &Known) -> Result<(), RadioFault> {
    timeout(TRY_BOND, use_bond(bluez, known)).await.unwrap_or(Err(RadioFault::Timeout))?;
    // Another program may have made it.
    trust(bluez, known).await
}

async fn use_bond(bluez: &Bluez, known: &Known) -> Result<(), RadioFault> {
    let connected: Result<(), BusError> = bluez.call(&known.path, DEVICE, "Connect", &(), TRY_BOND).await;
    connected.map_err(|error| error.fault())?;
    let objects = resolved(bluez, known).await?;
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
