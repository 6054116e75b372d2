//! `dagsform devices`: the patient's sensors.

use std::path::Path;

use anyhow::Result;
use dagsform_care::DeviceId;

use super::ask;
use crate::{
    control::Request,
    exit::{Exit, failure},
    record::AssignedDevice,
};

/// List the patient's sensors, or take one back.
#[derive(clap::Args, Debug)]
pub(super) struct Arguments {
    /// As JSON
    #[arg(long)]
    json: bool,
    /// Take this sensor back from the patient; its readings stay
    #[arg(long, value_name = "ADDRESS")]
    remove: Option<String>,
}

pub(super) fn run(folder: &Path, arguments: Arguments) -> Result<()> {
    if let Some(address) = arguments.remove {
        let address = DeviceId::parse(&address).map_err(|e| failure(Exit::Usage, e.to_string()))?;
        ask::<()>(folder, &Request::Remove(address))?;
    }
    let devices: Vec<AssignedDevice> = ask(folder, &Request::Devices)?;
    if arguments.json {
        println!("{}", serde_json::to_string(&devices)?);
        return Ok(());
    }
    if devices.is_empty() {
        println!("No sensor is paired. Put one into pairing mode and run `dagsform pair`.");
    }
    for device in devices {
        let model = device.information.model.as_deref().unwrap_or("model unknown");
        let battery =
            device.information.battery.map_or_else(|| "battery unknown".to_owned(), |b| format!("battery {b} %"));
        println!("{}  {}  ({model}, {battery})", device.address, device.name);
    }
    Ok(())
}
