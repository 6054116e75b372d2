//! `dagsform decode`: what the bytes of a characteristic, or of a maker's own layout, say.

use anyhow::Result;
use dagsform_care::DeviceId;
use dagsform_sensors::{
    codec,
    device::{self, Key, Secrets},
};

use crate::exit::{Exit, failure};

/// Decode the bytes of a characteristic, or of a maker's own layout.
#[derive(clap::Args, Debug)]
#[command(after_help = selectors())]
pub(super) struct Arguments {
    /// What they are: a characteristic's number (2A5E) or name, or a layout; the list is below. Case and hyphens do
    /// not matter, nor what stands before a colon or in brackets
    selector: String,
    /// The bytes in hexadecimal, the first on the air first; spaces, colons and hyphens are ignored
    hex: Vec<String>,
    /// The device's key, 32 hexadecimal digits, for a layout that is encrypted
    #[arg(long, value_name = "HEX")]
    key: Option<Key>,
    /// The device's address, for a layout that is encrypted
    #[arg(long, value_name = "ADDRESS", value_parser = DeviceId::parse)]
    mac: Option<DeviceId>,
}

fn selectors() -> String {
    let characteristics = codec::known().map(|known| format!("  {:6}{}", number(known), known.name));
    let layouts = device::layouts().map(|layout| match layout.aliases {
        [] => format!("  {}", layout.name),
        aliases => format!("  {} (also {})", layout.name, aliases.join(", ")),
    });
    let lines = ["Characteristics and number formats:".to_owned()].into_iter().chain(characteristics);
    lines.chain(["Makers' own layouts:".to_owned()]).chain(layouts).collect::<Vec<_>>().join("\n")
}

fn number(known: &codec::Known) -> String {
    match known.selector {
        codec::Selector::Characteristic(number) => format!("{number:04X}"),
        _ => String::new(),
    }
}

pub(super) fn run(arguments: &Arguments) -> Result<()> {
    let selector = codec::by_name(&arguments.selector).map_err(|e| failure(Exit::Usage, e.to_string()))?;
    let digits: String = arguments.hex.concat().chars().filter(|c| !matches!(c, ' ' | ':' | '-')).collect();
    let bytes = hex::decode(&digits)
        .map_err(|e| failure(Exit::Data, format!("'{}' is not hexadecimal: {e}", arguments.hex.join(" "))))?;
    let secrets = Secrets { key: arguments.key.as_ref(), address: arguments.mac.as_ref() };
    let decoded = selector.decode_with(&bytes, &secrets).map_err(|e| failure(Exit::Data, e.to_string()))?;
    println!("{}", serde_json::to_string_pretty(&decoded)?);
    Ok(())
}
