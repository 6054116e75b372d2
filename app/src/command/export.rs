//! `dagsform export`: every reading, or all else that was said, as one JSON line.

use std::{
    io::{BufWriter, Write},
    path::Path,
};

use anyhow::{Context, Result};
use dagsform_care::{DeviceTime, Measured, Source, Value};
use serde_json::json;

use super::ask;
use crate::{
    control::Request,
    record::{ItemRow, ReadingRow, ReceivedRow},
};

/// Write what is in the record, one JSON line each.
#[derive(clap::Args, Debug)]
pub(super) struct Arguments {
    /// What to write
    #[arg(value_enum, default_value_t = What::Readings)]
    what: What,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum What {
    /// All readings
    Readings,
    /// Answers, messages, medicines taken, what became of the plans
    Said,
    /// Messages from the service
    Received,
}

pub(super) fn run(folder: &Path, arguments: &Arguments) -> Result<()> {
    let request = match arguments.what {
        What::Readings => Request::Export,
        What::Said => Request::ExportSaid,
        What::Received => Request::ExportReceived,
    };
    let lines: Vec<serde_json::Value> = ask(folder, &request)?;
    let mut out = BufWriter::new(std::io::stdout().lock());
    for line in lines {
        writeln!(out, "{line}").context("standard output could not be written")?;
    }
    out.flush().context("standard output could not be written")
}

/// A reading as the exports and the events of `collect` write it.
pub(crate) fn line(row: &ReadingRow) -> serde_json::Value {
    let mut line = reading(&row.reading);
    if let Some(object) = line.as_object_mut() {
        object.insert("saved_at".into(), json!(row.saved_at));
        object.insert("delivery".into(), json!(row.delivery));
        object.insert("seen".into(), json!(row.seen));
    }
    line
}

/// Something that was said, as the exports write it.
pub(crate) fn said(row: &ItemRow) -> serde_json::Value {
    json!({
        "identity": row.item.identity().to_string(),
        "kind": row.item.name(),
        "at": row.item.at(),
        "said": row.item,
        "saved_at": row.saved_at,
        "delivery": row.delivery,
        "seen": row.seen,
    })
}

/// A message of the service, as the exports write it.
pub(crate) fn received(row: &ReceivedRow) -> serde_json::Value {
    json!({ "message": row.message, "received_at": row.received_at, "read_at": row.read_at })
}

/// Numbers as they were measured.
pub(crate) fn values(measured: &[Measured]) -> Vec<serde_json::Value> {
    let value = |m: &Measured| {
        let number = m.quantity.value.number().map(|n| n.to_string());
        let special = match m.quantity.value {
            Value::Special(special) => Some(special),
            Value::Number(_) => None,
        };
        json!({
            "code": m.metric.name(), "mdc": m.metric.mdc(),
            "value": number, "special": special, "unit": m.quantity.unit.ucum(),
        })
    };
    measured.iter().map(value).collect()
}

/// A reading without what became of it.
pub(crate) fn reading(reading: &dagsform_care::Reading) -> serde_json::Value {
    let device = match &reading.source {
        Source::Sensor(address) => Some(address.as_str()),
        Source::ByHand => None,
    };
    let device_time = match reading.time.device {
        DeviceTime::Local(local) => Some(local),
        DeviceTime::Absent | DeviceTime::Unknown => None,
    };
    json!({
        "identity": reading.identity.to_string(),
        "device": device,
        "kind": reading.kind.name(),
        "values": values(&reading.values),
        "flags": reading.flags,
        "quality": reading.quality,
        "device_time": device_time,
        "time": reading.time,
        "sequence": reading.sequence,
        "performer": reading.performer,
        "user": reading.user,
        "meal": reading.meal,
        "taken_back": reading.taken_back,
        "judged": reading.judged,
        "repeats": reading.repeats.map(|identity| identity.to_string()),
    })
}
