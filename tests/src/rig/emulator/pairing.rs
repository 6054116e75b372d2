//! Agents, and the making of bonds through them.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use zbus::zvariant::{ObjectPath, OwnedObjectPath};

use super::answer::{Call, Outcome, Refusal};
use super::link::{NotReached, begin_connecting, bring_up, end_link};
use super::objects::{DEVICE_INTERFACE, Properties, value};
use super::world::{Agent, PairingAttempt, Shared};
use crate::rig::description::{Pairing, Refusal as Answered};
use crate::rig::log::Event;

/// The security manager's own time limit.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);
const RESOLVED_WITHIN: Duration = Duration::from_secs(10);

/// Answers a call to the agent manager.
pub(super) fn manager(shared: &Arc<Shared>, call: &Call) -> Outcome {
    let mut world = shared.world();
    let agents = &mut world.agents;
    match call.member.as_str() {
        "RegisterAgent" => {
            let (path, capability): (OwnedObjectPath, String) = call.arguments()?;
            if agents.registered.contains_key(&call.client) {
                return Err(Refusal::already_exists());
            }
            let known = ["", "DisplayOnly", "DisplayYesNo", "KeyboardOnly", "NoInputNoOutput", "KeyboardDisplay"];
            if !known.contains(&capability.as_str()) {
                return Err(Refusal::invalid_arguments("Invalid arguments in method call"));
            }
            let agent = Agent { client: call.client.clone(), path, capability };
            agents.registered.insert(call.client.clone(), agent);
        }
        "UnregisterAgent" => {
            let path: OwnedObjectPath = call.arguments()?;
            if agents.registered.get(&call.client).is_none_or(|agent| agent.path != path) {
                return Err(Refusal::does_not_exist());
            }
            agents.registered.remove(&call.client);
            agents.default.take_if(|client| *client == call.client);
        }
        "RequestDefaultAgent" => {
            if !agents.registered.contains_key(&call.client) {
                return Err(Refusal::does_not_exist());
            }
            agents.default = Some(call.client.clone());
        }
        _ => return Err(Refusal::unknown_method(call)),
    }
    call.done()
}

/// Forgets the agent of a client that left the bus, and gives up what it was pairing.
pub(super) fn client_left(shared: &Shared, client: &str) {
    let mut world = shared.world();
    world.agents.registered.remove(client);
    world.agents.default.take_if(|default| default == client);
    for peer in world.devices.values() {
        if let Some(attempt) = peer.pairing.as_ref().filter(|attempt| attempt.client == client) {
            attempt.cancel.notify_one();
        }
    }
}

/// Answers `Pair`.
pub(super) fn pair(shared: &Arc<Shared>, call: &Call) -> Outcome {
    let cancel = Arc::new(Notify::new());
    {
        let mut world = shared.world();
        if !world.ready() {
            return Err(Refusal::not_ready());
        }
        let peer = world.devices.get_mut(&call.path).ok_or_else(Refusal::does_not_exist)?;
        if peer.bonded {
            return Err(Refusal::already_exists());
        }
        if peer.pairing.is_some() {
            return Err(Refusal::in_progress());
        }
        peer.pairing = Some(PairingAttempt { client: call.client.clone(), cancel: cancel.clone() });
        peer.temporary = false;
    }
    let (shared_later, path, client) = (shared.clone(), call.path.clone(), call.client.clone());
    call.later(shared, async move {
        let result = tokio::select! {
            result = make_bond(&shared_later, &path, &client) => result,
            () = cancel.notified() => Err(Refusal::authentication_canceled()),
        };
        let mut world = shared_later.world();
        if let Some(peer) = world.devices.get_mut(&path) {
            peer.pairing = None;
            let device = peer.spec.address.clone();
            if let Err(refusal) = &result {
                world.log(Event::PairingFailed { device, reason: format!("{refusal:?}") });
                end_link(&mut world, &path, "pairing failed");
            }
        }
        result
    })
}

/// Answers `CancelPairing`.
pub(super) fn cancel(shared: &Arc<Shared>, call: &Call) -> Outcome {
    let world = shared.world();
    let attempt = world.devices.get(&call.path).and_then(|peer| peer.pairing.as_ref());
    attempt.ok_or_else(Refusal::does_not_exist)?.cancel.notify_one();
    call.done()
}

async fn make_bond(shared: &Arc<Shared>, path: &str, client: &str) -> Result<(), Refusal> {
    let (pairing, answered, refused) = {
        let world = shared.world();
        let peer = world.devices.get(path).ok_or_else(Refusal::does_not_exist)?;
        (peer.spec.pairing.clone(), peer.spec.refusal, !peer.spec.pairing_mode)
    };
    if refused && answered == Answered::Unreachable {
        tokio::time::sleep(shared.pace.connect_timeout).await;
        return Err(Refusal::connection_attempt_failed());
    }
    begin_connecting(shared, path)?;
    bring_up(shared, path).await.map_err(|NotReached| Refusal::connection_attempt_failed())?;
    tokio::time::sleep(shared.pace.pairing_step).await;
    if refused {
        return Err(match answered {
            Answered::Rejected => Refusal::authentication_rejected(),
            _ => Refusal::authentication_failed(),
        });
    }
    match pairing {
        Pairing::None => return Err(Refusal::authentication_failed()),
        // BlueZ wants an agent to be there, though it does not ask it when it is the one that begins.
        Pairing::JustWorks => drop(agent_of(shared, client).ok_or_else(Refusal::authentication_failed)?),
        Pairing::Passkey { passkey } => {
            if ask_passkey(shared, path, client).await? != passkey {
                tokio::time::sleep(shared.pace.pairing_step).await;
                return Err(Refusal::authentication_failed());
            }
        }
    }
    tokio::time::sleep(shared.pace.pairing_step).await;
    {
        let mut world = shared.world();
        let peer = world.devices.get_mut(path).ok_or_else(Refusal::does_not_exist)?;
        if !peer.connected {
            return Err(Refusal::authentication_failed());
        }
        peer.bonded = true;
        peer.holds_bond = true;
        let device = peer.spec.address.clone();
        world.log(Event::Paired { device });
        let changed = Properties::from([("Paired", value(true)), ("Bonded", value(true))]);
        world.properties_changed(path, DEVICE_INTERFACE, &changed, &[]);
    }
    // BlueZ answers `Pair` when it has also looked up the services.
    shared.wait_for(RESOLVED_WITHIN, |world| world.devices.get(path)?.resolved.then_some(())).await;
    Ok(())
}

/// The client's own agent, else the default one.
fn agent_of(shared: &Shared, client: &str) -> Option<Agent> {
    let agents = &shared.world().agents;
    let own = agents.registered.get(client);
    own.or_else(|| agents.registered.get(agents.default.as_ref()?)).cloned()
}

async fn ask_passkey(shared: &Shared, path: &str, client: &str) -> Result<u32, Refusal> {
    let has_keys = |agent: &Agent| matches!(agent.capability.as_str(), "" | "KeyboardOnly" | "KeyboardDisplay");
    let agent = agent_of(shared, client).filter(has_keys).ok_or_else(Refusal::authentication_failed)?;
    let device = (ObjectPath::try_from(path).unwrap_or_default(),);
    let asked = call_agent(shared, &agent, "RequestPasskey", &device);
    match tokio::time::timeout(ANSWER_WITHIN, asked).await {
        Ok(Ok(reply)) => reply.body().deserialize().map_err(|_| Refusal::authentication_failed()),
        Ok(Err(_)) => Err(Refusal::authentication_failed()),
        Err(_) => {
            call_agent(shared, &agent, "Cancel", &()).await.ok();
            Err(Refusal::authentication_timeout())
        }
    }
}

async fn call_agent<B: serde::Serialize + zbus::zvariant::DynamicType>(
    shared: &Shared,
    agent: &Agent,
    member: &str,
    body: &B,
) -> zbus::Result<zbus::Message> {
    let destination = Some(agent.client.as_str());
    shared.connection.call_method(destination, &agent.path, Some("org.bluez.Agent1"), member, body).await
}
