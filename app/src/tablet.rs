//! The tablet at work, without a window: sensors, record and sending, side by side.

use std::{sync::Arc, time::Duration};

use anyhow::{Context, Result};
use dagsform_care::DeviceId;
use dagsform_sensors::{
    CollectorEvent,
    collector::{Assignment, Collector, Options, Security},
    radio::Radio,
};
use dagsform_sync::{Engine, SyncEvent, Wake, engine::Settings};
use futures::{Stream, StreamExt};
use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
    time::timeout,
};
use tokio_stream::wrappers::{ReceiverStream, UnboundedReceiverStream};

use crate::{
    clock, enrolment, gaps,
    intake::Intake,
    record::{AssignedDevice, Enrolment, LinkKind, Record},
};

/// How long the parts may take to end in order.
const ENDING: Duration = Duration::from_secs(10);

/// What happens on the tablet, told after the fact.
#[derive(Clone, Debug)]
pub enum TabletEvent {
    /// The kit, when the tablet starts.
    Sensors(Vec<(DeviceId, String)>),
    /// The tablet has no patient yet: nothing is collected, nothing sent.
    NotEnrolled,
    /// Radio and sensors.
    Collector(CollectorEvent),
    /// The sending.
    Sync(SyncEvent),
    /// So many readings wait to be sent.
    Waiting(u32),
}

/// What runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parts {
    /// Whether readings are sent.
    pub sending: bool,
}

/// The running parts.
pub struct Tablet {
    tasks: JoinSet<()>,
    stop: watch::Sender<bool>,
    wake: mpsc::Sender<Wake>,
}

impl Tablet {
    /// Starts all parts. Events arrive in the order in which they happened; the receiver has no limit,
    /// since no part may wait for the screen.
    pub async fn start(
        record: Record,
        radio: Arc<dyn Radio>,
        parts: Parts,
    ) -> Result<(Self, mpsc::UnboundedReceiver<TabletEvent>)> {
        let (events, received) = mpsc::unbounded_channel();
        let (stop, stopped) = watch::channel(false);
        let (wake, woken) = mpsc::channel(4);
        let mut tablet = Self { tasks: JoinSet::new(), stop, wake };
        let Some(enrolment) = record.enrolment().await.context("the record could not be read")? else {
            let _ = events.send(TabletEvent::NotEnrolled);
            return Ok((tablet, received));
        };
        let devices = record.devices().await.context("the record could not be read")?;
        let names = devices.iter().map(|d| (d.address.clone(), d.name.clone())).collect();
        let _ = events.send(TabletEvent::Sensors(names));
        let intake = Intake::open(record.clone()).await.context("the record could not be brought up to date")?;

        let (collected, collector_events) = mpsc::channel(64);
        let assignments = watch::Sender::new(devices.iter().filter_map(assignment).collect());
        let collector = Collector {
            radio,
            sink: Arc::new(intake),
            assignments: assignments.subscribe(),
            events: collected,
            options: Options { gaps: Arc::new(gaps::pass), clock: Arc::new(clock::now), ..Options::default() },
        };
        let mut until = stopped.clone();
        tablet.tasks.spawn(async move {
            // Kept as long as the collector runs: the kit may change meanwhile.
            let _assignments = assignments;
            let stop = async move {
                // A sender that is gone means the same.
                let _ = until.wait_for(|stop| *stop).await;
            };
            collector.run(stop).await;
        });
        tablet.tasks.spawn(pass_on(ReceiverStream::new(collector_events), events.clone(), TabletEvent::Collector));

        if parts.sending {
            let (told, sync_events) = mpsc::unbounded_channel();
            let engine = sending(record.clone(), &enrolment, told)?;
            tablet.tasks.spawn(engine.run(woken));
            tablet.tasks.spawn(pass_on(UnboundedReceiverStream::new(sync_events), events.clone(), TabletEvent::Sync));
        }
        tablet.tasks.spawn(watch_record(record, tablet.wake.clone(), events, stopped));
        Ok((tablet, received))
    }

    /// Has the sending try now.
    pub fn send_now(&self) {
        // A full queue means that it will try anyway.
        let _ = self.wake.try_send(Wake::Now);
    }

    /// Ends all parts in order; one that does not end in time is broken off, which loses nothing.
    pub async fn stop(self) {
        let Self { mut tasks, stop, wake } = self;
        let _ = stop.send(true);
        drop(wake);
        if timeout(ENDING, async { while tasks.join_next().await.is_some() {} }).await.is_err() {
            tracing::warn!("a part of the tablet did not end in time");
            tasks.shutdown().await;
        }
    }
}

/// The sending of this record's outbox.
pub fn sending(
    record: Record,
    enrolment: &Enrolment,
    events: mpsc::UnboundedSender<SyncEvent>,
) -> Result<Engine<Record>> {
    let settings = Settings { gap: Arc::new(gaps::pass), ..Settings::default() };
    Ok(Engine::new(Arc::new(record), enrolment::for_sync(enrolment)?, None, settings, events)?)
}

/// Counts what waits, and wakes the sending, each time the record has changed.
async fn watch_record(
    record: Record,
    wake: mpsc::Sender<Wake>,
    events: mpsc::UnboundedSender<TabletEvent>,
    mut stopped: watch::Receiver<bool>,
) {
    let mut changes = record.changes();
    let mut before = None;
    loop {
        match record.counts().await {
            Ok(counts) if before != Some(counts.waiting) => {
                if before.is_some_and(|before| counts.waiting > before) {
                    let _ = wake.try_send(Wake::New);
                }
                before = Some(counts.waiting);
                if events.send(TabletEvent::Waiting(counts.waiting)).is_err() {
                    return;
                }
            }
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "the outbox could not be counted"),
        }
        tokio::select! {
            changed = changes.changed() => if changed.is_err() { return },
            _ = stopped.wait_for(|stop| *stop) => return,
        }
    }
}

async fn pass_on<T: Send + 'static>(
    mut from: impl Stream<Item = T> + Unpin,
    to: mpsc::UnboundedSender<TabletEvent>,
    wrap: fn(T) -> TabletEvent,
) {
    while let Some(event) = from.next().await {
        if to.send(wrap(event)).is_err() {
            return;
        }
    }
}

/// How the collector is to treat a sensor; `None` for one that is switched off.
fn assignment(device: &AssignedDevice) -> Option<Assignment> {
    let security = match device.link {
        LinkKind::Bonded => Security::Bonded,
        LinkKind::Advertised => Security::AdvertiseOnly,
    };
    device.enabled.then(|| Assignment { device: device.address.clone(), security })
}
