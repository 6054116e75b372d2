//! `dagsform collect`: readings without a window, one JSON line an event.

use std::{io::Write, path::Path, sync::Arc, time::Duration};

use anyhow::{Context, Result};
use dagsform_sensors::{CollectorEvent, Taken, radio::bluetooth::Bluetooth};
use dagsform_sync::SyncEvent;
use serde_json::{Value, json};
use tokio::{
    sync::mpsc::UnboundedReceiver,
    time::{Instant, sleep_until},
};

use super::{export, open, runtime};
use crate::{
    exit::{Exit, failure},
    record::RecordError,
    tablet::{Parts, Tablet, TabletEvent},
};

/// Collect readings without a window.
#[derive(clap::Args, Debug)]
pub(super) struct Arguments {
    /// Stop after so many seconds
    #[arg(long, value_name = "SECONDS")]
    seconds: Option<u64>,
    /// Stop when nothing new has happened for so many seconds
    #[arg(long, value_name = "SECONDS")]
    idle: Option<u64>,
    /// Do not send anything
    #[arg(long)]
    no_sync: bool,
}

pub(super) fn run(folder: &Path, arguments: &Arguments) -> Result<()> {
    let record = open(folder)?;
    runtime()?.block_on(async {
        if record.enrolment().await?.is_none() {
            return Err(RecordError::NotEnrolled.into());
        }
        let radio = Arc::new(Bluetooth::new());
        let parts = Parts { sending: !arguments.no_sync };
        let (tablet, events) = Tablet::start(record, radio, parts).await?;
        let ended = tell(events, arguments).await;
        tablet.stop().await;
        ended
    })
}

/// Writes events until it is time to stop.
async fn tell(mut events: UnboundedReceiver<TabletEvent>, arguments: &Arguments) -> Result<()> {
    let far = Duration::from_secs(100 * 365 * 24 * 3600);
    let seconds = |n: Option<u64>| n.map_or(far, Duration::from_secs);
    let end = Instant::now() + seconds(arguments.seconds);
    let mut idle = Instant::now() + seconds(arguments.idle);
    let mut stop = std::pin::pin!(asked_to_stop());
    loop {
        tokio::select! {
            event = events.recv() => {
                let Some(event) = event else { break };
                if is_news(&event) {
                    idle = Instant::now() + seconds(arguments.idle);
                }
                if let Some(line) = line(&event) {
                    write(&line)?;
                }
            }
            () = sleep_until(end) => break,
            () = sleep_until(idle) => break,
            signal = &mut stop => { signal?; break }
        }
    }
    write(&json!({ "event": "stopped" }))
}

/// Waits for SIGTERM or SIGINT.
pub(super) async fn asked_to_stop() -> Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate()).context("signals cannot be received")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("signals cannot be received")?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

fn write(line: &Value) -> Result<()> {
    let mut out = std::io::stdout().lock();
    // Flushed line by line: whoever reads this acts on it.
    writeln!(out, "{line}")
        .and_then(|()| out.flush())
        .map_err(|e| failure(Exit::InputOutput, format!("standard output could not be written: {e}")))
}

/// Whether something has come of it, as opposed to a sensor that comes and goes.
fn is_news(event: &TabletEvent) -> bool {
    match event {
        TabletEvent::Collector(event) => !matches!(event, CollectorEvent::Live(..)),
        TabletEvent::Sync(event) => matches!(event, SyncEvent::Delivered { .. } | SyncEvent::SetAside { .. }),
        _ => false,
    }
}

/// The line for an event, if it has one.
fn line(event: &TabletEvent) -> Option<Value> {
    Some(match event {
        TabletEvent::Sensors(_) | TabletEvent::Changed => return None,
        TabletEvent::NotEnrolled => json!({ "event": "fault", "kind": "not_enrolled" }),
        TabletEvent::Waiting(waiting) => json!({ "event": "waiting", "count": waiting }),
        TabletEvent::Collector(event) => collected(event),
        TabletEvent::Sync(event) => synced(event)?,
    })
}

fn collected(event: &CollectorEvent) -> Value {
    use CollectorEvent as E;
    match event {
        E::Ready => json!({ "event": "ready" }),
        E::Appeared(device) => json!({ "event": "appeared", "device": device }),
        E::Connected(device) => json!({ "event": "connected", "device": device }),
        E::Described(device, information) => {
            json!({ "event": "battery", "device": device, "information": information })
        }
        E::TransferStarted(device, count) => {
            json!({ "event": "transfer", "state": "started", "device": device, "count": count })
        }
        E::TransferComplete(device, count) => {
            json!({ "event": "transfer", "state": "complete", "device": device, "count": count })
        }
        E::TransferInterrupted(device, count) => {
            json!({ "event": "transfer", "state": "interrupted", "device": device, "count": count })
        }
        E::Live(device, observed) => {
            json!({ "event": "live", "device": device, "values": export::values(&observed.values) })
        }
        E::Taken(device, Taken::Saved(reading)) => json!({
            "event": "saved", "device": device, "identity": reading.identity.to_string(), "reading": export::reading(reading),
        }),
        E::Taken(device, Taken::Known(identity)) => {
            json!({ "event": "known", "device": device, "identity": identity.to_string() })
        }
        E::Taken(device, Taken::Undecodable { reason }) => {
            json!({ "event": "fault", "kind": "undecodable", "device": device, "text": reason })
        }
        E::NotTaken(device, error) => {
            json!({ "event": "fault", "kind": "not_taken", "device": device, "text": error.to_string() })
        }
        E::Disconnected(device) => json!({ "event": "disconnected", "device": device }),
        E::Fault(device, fault) => {
            json!({ "event": "fault", "kind": fault, "device": device, "text": fault.to_string() })
        }
        E::FaultEnded(device, fault) => json!({ "event": "fault_ended", "kind": fault, "device": device }),
        E::ClockSet { device, was_off_seconds } => {
            json!({ "event": "clock", "state": "set", "device": device, "off_seconds": was_off_seconds })
        }
        E::ClockOff { device, off_seconds } => {
            json!({ "event": "clock", "state": "off", "device": device, "off_seconds": off_seconds })
        }
        E::Restarted => json!({ "event": "restarted" }),
    }
}

fn synced(event: &SyncEvent) -> Option<Value> {
    Some(match event {
        SyncEvent::Delivered { identity, .. } => json!({ "event": "delivered", "identity": identity.to_string() }),
        SyncEvent::SetAside { identity, reason, .. } => {
            json!({ "event": "set_aside", "identity": identity.to_string(), "text": reason })
        }
        SyncEvent::Fault(fault) => json!({ "event": "fault", "kind": "service", "text": fault.to_string() }),
        SyncEvent::FaultEnded => json!({ "event": "fault_ended", "kind": "service" }),
        SyncEvent::Idle { .. } | SyncEvent::ServiceClock { .. } => return None,
    })
}
