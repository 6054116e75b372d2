//! From a method call to the one who answers it.

use std::sync::Arc;

use futures::StreamExt as _;
use zbus::message::Type;
use zbus::zvariant::{OwnedValue, Value};

use super::answer::{Call, Outcome, Refusal};
use super::objects::{
    self, ADAPTER_INTERFACE, CHARACTERISTIC_INTERFACE, DESCRIPTOR_INTERFACE, DEVICE_INTERFACE, MANAGER_INTERFACE,
    Properties, value,
};
use super::world::{Shared, World};
use super::{adapter, gatt, link, pairing};

/// Answers every call that comes in, until the bus goes away.
pub(super) async fn run(shared: Arc<Shared>, mut messages: zbus::MessageStream) {
    while let Some(message) = messages.next().await {
        let Ok(message) = message else { return };
        if message.message_type() != Type::MethodCall {
            continue;
        }
        let Some(call) = Call::new(message) else { continue };
        let outcome = answer(&shared, &call);
        call.settle(&shared, outcome);
    }
}

fn answer(shared: &Arc<Shared>, call: &Call) -> Outcome {
    match call.interface.as_str() {
        "org.freedesktop.DBus.Peer" if call.member == "Ping" => return call.done(),
        "org.freedesktop.DBus.ObjectManager" if call.path == "/" && call.member == "GetManagedObjects" => {
            return call.with(&objects::all(&shared.world()));
        }
        "org.freedesktop.DBus.Introspectable" if call.member == "Introspect" => {
            let description = objects::introspection(&shared.world(), &call.path);
            return call.with(&description.ok_or_else(|| Refusal::unknown_object(&call.path))?);
        }
        _ => {}
    }
    let interfaces = objects::interfaces_of(&shared.world(), &call.path);
    let interfaces = interfaces.ok_or_else(|| Refusal::unknown_object(&call.path))?;
    if call.interface == "org.freedesktop.DBus.Properties" {
        return properties(shared, call, &interfaces);
    }
    if !interfaces.contains_key(call.interface.as_str()) {
        return Err(Refusal::unknown_method(call));
    }
    match call.interface.as_str() {
        MANAGER_INTERFACE => pairing::manager(shared, call),
        ADAPTER_INTERFACE => adapter::answer(shared, call),
        DEVICE_INTERFACE => match call.member.as_str() {
            "Connect" => link::connect(shared, call),
            "Disconnect" => link::disconnect(shared, call),
            "Pair" => pairing::pair(shared, call),
            "CancelPairing" => pairing::cancel(shared, call),
            _ => Err(Refusal::unknown_method(call)),
        },
        CHARACTERISTIC_INTERFACE => gatt::answer(shared, call),
        DESCRIPTOR_INTERFACE => gatt::answer_descriptor(shared, call),
        _ => Err(Refusal::unknown_method(call)),
    }
}

fn properties(shared: &Arc<Shared>, call: &Call, interfaces: &objects::Interfaces) -> Outcome {
    let unknown = |name: &str| Refusal::invalid_arguments(&format!("No such property '{name}'"));
    match call.member.as_str() {
        "GetAll" => {
            let interface: String = call.arguments()?;
            call.with(interfaces.get(interface.as_str()).ok_or_else(|| unknown(&interface))?)
        }
        "Get" => {
            let (interface, name): (String, String) = call.arguments()?;
            let found = interfaces.get(interface.as_str()).and_then(|properties| properties.get(name.as_str()));
            call.with(found.ok_or_else(|| unknown(&name))?)
        }
        "Set" => {
            let (interface, name, wanted): (String, String, OwnedValue) = call.arguments()?;
            set(shared, call, &interface, &name, &wanted)
        }
        _ => Err(Refusal::unknown_method(call)),
    }
}

fn set(shared: &Arc<Shared>, call: &Call, interface: &str, name: &str, wanted: &OwnedValue) -> Outcome {
    let wrong = || Refusal::invalid_arguments("Invalid arguments in method call");
    match (interface, name, &**wanted) {
        (ADAPTER_INTERFACE, "Powered", Value::Bool(on)) => adapter::set_power(shared, *on),
        (ADAPTER_INTERFACE, "Alias", Value::Str(alias)) => {
            let mut world = shared.world();
            world.adapter.alias = alias.to_string();
            world.properties_changed(&call.path, interface, &Properties::from([("Alias", value(alias.as_str()))]), &[]);
        }
        // BlueZ takes these too; nothing here depends on them.
        (ADAPTER_INTERFACE, "Discoverable" | "Pairable", Value::Bool(_)) => {}
        (DEVICE_INTERFACE, "Alias", Value::Str(_)) => {}
        (DEVICE_INTERFACE, "Trusted", Value::Bool(on)) => {
            mark(&mut shared.world(), &call.path, "Trusted", *on);
        }
        (DEVICE_INTERFACE, "Blocked", Value::Bool(on)) => {
            mark(&mut shared.world(), &call.path, "Blocked", *on);
        }
        _ => return Err(wrong()),
    }
    call.done()
}

fn mark(world: &mut World, path: &str, name: &'static str, on: bool) {
    if let Some(peer) = world.devices.get_mut(path) {
        match name {
            "Trusted" => peer.trusted = on,
            _ => peer.blocked = on,
        }
    }
    world.properties_changed(path, DEVICE_INTERFACE, &Properties::from([(name, value(on))]), &[]);
}
