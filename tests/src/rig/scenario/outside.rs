//! What somebody does at the tablet's Bluetooth beside the program.

use anyhow::{Context as _, Result};
use btleplug::api::Peripheral as _;
use serde_json::{Value, json};

use crate::rig::client::{self, Client};

/// Connects to a device and reads a characteristic: its value, or that it was refused.
pub(super) fn read(device: &str, uuid: u16) -> Result<Value> {
    at_bluez(async |bluez| {
        let peripheral = bluez.find(device).await?;
        client::connect(&peripheral).await?;
        let value = peripheral.read(&client::characteristic(&peripheral, uuid)?).await;
        // BlueZ may have ended the link when it was refused.
        peripheral.disconnect().await.ok();
        Ok(match value {
            Ok(value) => json!({ "value": hex::encode(value) }),
            Err(_) => json!({ "refused": true }),
        })
    })
}

/// The data of a service that a device advertises, other than `before`.
pub(super) fn hear(device: &str, service: u16, before: Option<&str>) -> Result<Value> {
    let before = before.map(hex::decode).transpose().context("what it advertised before is not hex")?;
    at_bluez(async |bluez| {
        let data = bluez.hear(device, service, before.as_deref()).await?;
        Ok(json!({ "data": hex::encode(data) }))
    })
}

/// Makes BlueZ forget a device.
pub(super) fn lose_bond(device: &str) -> Result<()> {
    at_bluez(async |bluez| bluez.forget(&bluez.find(device).await?).await)
}

fn at_bluez<T>(work: impl AsyncFnOnce(&Client) -> Result<T>) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    runtime.block_on(async { work(&Client::new().await?).await })
}
