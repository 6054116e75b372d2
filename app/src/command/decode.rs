//! `dagsform decode`: what the bytes of a characteristic say.

use anyhow::Result;
use dagsform_sensors::codec;

use crate::exit::{Exit, failure};

/// Decode the bytes of a characteristic.
#[derive(clap::Args, Debug)]
pub(super) struct Arguments {
    /// The characteristic: its number (2A5E) or name (plx-spot-check-measurement); also sfloat, float, date-time
    characteristic: String,
    /// Its bytes in hexadecimal, the first on the air first; spaces, colons and hyphens are ignored
    hex: Vec<String>,
}

pub(super) fn run(arguments: &Arguments) -> Result<()> {
    let selector = codec::by_name(&arguments.characteristic).map_err(|e| failure(Exit::Usage, e.to_string()))?;
    let digits: String = arguments.hex.concat().chars().filter(|c| !matches!(c, ' ' | ':' | '-')).collect();
    let bytes = hex::decode(&digits)
        .map_err(|e| failure(Exit::Data, format!("'{}' is not hexadecimal: {e}", arguments.hex.join(" "))))?;
    let decoded = selector.decode(&bytes).map_err(|e| failure(Exit::Data, e.to_string()))?;
    println!("{}", serde_json::to_string_pretty(&decoded)?);
    Ok(())
}
